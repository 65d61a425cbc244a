//! Mappings of input files whose columns are not the canonical ones.

use super::Check;
use super::stages::Types;
use crate::keys::dotted;
use crate::nearest::did_you_mean;
use crate::typed;
use jiff::tz::TimeZone;
use model::{Channel, Direction, Initiation, Kind, Outcome, Provenance, StepStatus};

/// The fields of contact events and signals that a column can hold.
const FIELDS: &[&str] = &[
    "tenant",
    "channel",
    "event_id",
    "source",
    "kind",
    "occurred_at",
    "updated_at",
    "contact_id",
    "root_contact_id",
    "thread_id",
    "related_contact_ids",
    "direction",
    "initiation",
    "automatic",
    "medium",
    "started_at",
    "ended_at",
    "outcome",
    "wait_ms",
    "handle_ms",
    "reason",
    "reason_source",
    "reason_code",
    "queue",
    "agent",
    "team",
    "site",
    "tier",
    "may_contact",
    "party",
    "url",
    "page",
    "step",
    "step_status",
    "disposition",
    "due_at",
    "extra_cost",
    "signal",
    "purpose",
    "amount",
    "score",
    "scale",
    "identifiers",
    "attributes",
    "cleared",
];

/// `[import.NAME]`, as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its name.
    pub name: String,
    /// Glob over the names of input files.
    pub matches: String,
    /// What separates the columns of CSV: one ASCII character, or `tab`.
    pub separator: String,
    /// WHATWG name of the encoding.
    pub encoding: String,
    /// IANA name of the zone of times without an offset.
    pub time_zone: String,
    /// How times are written, in the letters of `strftime`; `None`: RFC 3339 or epoch milliseconds.
    pub time_format: Option<String>,
    /// Channel of every row.
    pub channel: Option<Channel>,
    /// Source of every row.
    pub source: Option<String>,
    /// Kind of every row.
    pub kind: Option<String>,
    /// Columns of the file and the canonical field, or type of identifier, that each holds.
    pub columns: Vec<(String, String)>,
    /// For canonical fields, values of the file and what each means.
    pub values: Vec<(String, Vec<(String, String)>)>,
}

/// Reads the imports.
pub(super) fn imports(check: &mut Check<'_>, types: &Types) -> Vec<Import> {
    let typed = &check.typed.import.0;
    typed
        .iter()
        .map(|(name, import)| meant(check, types, name, import))
        .collect()
}

fn meant(check: &mut Check<'_>, types: &Types, name: &str, import: &typed::Import) -> Import {
    let key = dotted("import", name);
    if let Err(error) = globset::Glob::new(&import.r#match) {
        let what = format!("`{}` is no glob: {}", import.r#match, error.kind());
        check.wrong(&format!("{key}.match"), what);
    }
    let separator = import.separator.as_bytes();
    let one = |byte: &u8| byte.is_ascii() && !b"\"\r\n".contains(byte);
    if separator != b"tab" && !matches!(separator, [byte] if one(byte)) {
        let what = format!(
            "found `{}`; allowed: one ASCII character, or tab",
            import.separator
        );
        check.wrong(&format!("{key}.separator"), what);
    }
    if encoding_rs::Encoding::for_label(import.encoding.as_bytes()).is_none() {
        let what = format!(
            "found `{}`; allowed: a WHATWG name such as utf-8, windows-1252",
            import.encoding
        );
        check.wrong(&format!("{key}.encoding"), what);
    }
    let time_zone = import
        .time_zone
        .as_ref()
        .unwrap_or(&check.typed.time_zone)
        .clone();
    if import.time_zone.is_some() && TimeZone::get(&time_zone).is_err() {
        let what = format!("found `{time_zone}`; allowed: an IANA name such as Europe/Paris");
        check.wrong(&format!("{key}.time_zone"), what);
    }
    if let Some(format) = &import.time_format
        && let Some(what) = time_format_problem(format)
    {
        let what = format!("found `{format}`, {what}; for example %d/%m/%Y %H:%M:%S");
        check.wrong(&format!("{key}.time_format"), what);
    }
    if let Some(kind) = &import.kind {
        let unknown = |channel| matches!(Kind::from_name(channel, kind), Kind::Other(_));
        let channels = import
            .channel
            .map_or(Channel::ALL.to_vec(), |one| vec![one]);
        if channels.into_iter().all(unknown) {
            check.note(format!(
                "{key}.kind: `{kind}` is an unknown kind: its rows are kept as plain activity"
            ));
        }
    }
    columns(check, types, &key, import);
    values(check, types, &key, import);
    Import {
        name: name.to_owned(),
        matches: import.r#match.clone(),
        separator: import.separator.clone(),
        encoding: import.encoding.clone(),
        time_zone,
        time_format: import.time_format.clone(),
        channel: import.channel,
        source: import.source.clone(),
        kind: import.kind.clone(),
        columns: import.columns.0.clone(),
        values: import
            .values
            .0
            .iter()
            .map(|(name, of)| (name.clone(), of.0.clone()))
            .collect(),
    }
}

/// What is wrong with a format of times, if anything: a time that is written in it has to be read as
/// the same date again.
fn time_format_problem(format: &str) -> Option<&'static str> {
    let sample = jiff::civil::date(2026, 3, 21).at(16, 45, 30, 0);
    let Ok(sample) = sample.to_zoned(TimeZone::UTC) else {
        return None;
    };
    let Ok(written) = jiff::fmt::strtime::format(format, &sample) else {
        return Some("which has a letter that strftime does not know");
    };
    let Ok(read) = jiff::fmt::strtime::parse(format, &written) else {
        return Some("in which times can be written, but not read");
    };
    let date = match read.to_timestamp() {
        Ok(at) => at.to_zoned(TimeZone::UTC).date(),
        Err(_) => match read.to_date() {
            Ok(date) => date,
            Err(_) => return Some("which says no date"),
        },
    };
    (date != sample.date()).then_some("which says no date")
}

/// What is wrong with the name of a field, if anything.
fn unknown_field(types: &Types, field: &str) -> Option<String> {
    let types = types.all();
    let attribute = field
        .strip_prefix("attributes.")
        .is_some_and(|name| !name.is_empty());
    if attribute || FIELDS.contains(&field) || types.contains(&field) {
        return None;
    }
    let near = did_you_mean(field, FIELDS.iter().chain(&types).copied());
    Some(format!(
        "`{field}` is no field of an event and no type of identifier{near}"
    ))
}

fn columns(check: &mut Check<'_>, types: &Types, key: &str, import: &typed::Import) {
    let columns = &import.columns.0;
    for (index, (column, field)) in columns.iter().enumerate() {
        let key = dotted(&format!("{key}.columns"), column);
        if let Some(what) = unknown_field(types, field) {
            check.wrong(&key, what);
        }
        // A record may state several identifiers of a type, but a field only once.
        let before = columns[..index].iter().find(|(_, before)| before == field);
        if let Some((before, _)) = before.filter(|_| FIELDS.contains(&field.as_str())) {
            check.wrong(&key, format!("column `{before}` holds {field} already"));
        }
    }
}

fn values(check: &mut Check<'_>, types: &Types, key: &str, import: &typed::Import) {
    for (field, values) in &import.values.0 {
        let key = dotted(&format!("{key}.values"), field);
        if let Some(what) = unknown_field(types, field) {
            check.wrong(&key, what);
        }
        let Some(words) = closed_words(field) else {
            continue;
        };
        for (value, meant) in &values.0 {
            if !meant.is_empty() && !words.contains(&meant.as_str()) {
                let near = did_you_mean(meant, words.iter().copied());
                let what = format!("found `{meant}`; allowed: {}{near}", words.join(", "));
                check.wrong(&dotted(&key, value), what);
            }
        }
    }
}

/// The words that a field takes, where the list is closed.
fn closed_words(field: &str) -> Option<Vec<&'static str>> {
    Some(match field {
        "channel" => Channel::ALL.iter().map(|word| word.name()).collect(),
        "direction" => Direction::ALL.iter().map(|word| word.name()).collect(),
        "initiation" => Initiation::ALL.iter().map(|word| word.name()).collect(),
        "outcome" => Outcome::ALL.iter().map(|word| word.name()).collect(),
        "reason_source" => Provenance::ALL.iter().map(|word| word.name()).collect(),
        "step_status" => StepStatus::ALL.iter().map(|word| word.name()).collect(),
        _ => return None,
    })
}
