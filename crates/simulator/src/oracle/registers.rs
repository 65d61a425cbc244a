//! Semantics §1.3: events with their versions, and the registers over them.
//!
//! A register holds the value of the greatest version, among all versions of all events under its
//! scope, that states it. Here that is said directly: filter, then take the greatest.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Config;
use super::event::{Field, Identifier, Record};

/// All distinct versions of one event (or signal) under one key, at least one, least first.
#[derive(Clone, Debug)]
pub struct Event {
    /// The versions.
    pub versions: Vec<Record>,
}

impl Event {
    /// The greatest version: it says kind, time and step.
    pub fn greatest(&self) -> &Record {
        self.versions
            .last()
            .expect("an event is made with its first version")
    }

    /// The kind, or a signal's name.
    pub fn kind(&self) -> &str {
        &self.greatest().kind
    }

    /// UTC milliseconds.
    pub fn occurred_at(&self) -> i64 {
        self.greatest().occurred_at
    }

    /// The leg, mail or visit that it speaks of: the greatest version that names one.
    pub fn contact_id(&self) -> Option<&str> {
        self.versions
            .iter()
            .rev()
            .find_map(|record| record.text("contact_id"))
    }
}

/// The statement of the greatest version that makes one.
pub fn statement<'a, T>(
    events: &[&'a Event],
    stated: impl Fn(&'a Record) -> Option<T>,
) -> Option<T> {
    let records = events.iter().flat_map(|event| &event.versions);
    let statements = records.filter_map(|record| Some((&record.version, stated(record)?)));
    statements
        .max_by(|a, b| a.0.cmp(b.0))
        .map(|(_, value)| value)
}

/// The register of a field; a stated null empties it.
pub fn register<'a>(events: &[&'a Event], name: &str) -> Option<&'a Field> {
    statement(events, |record| record.fields.get(name)).filter(|field| **field != Field::Null)
}

/// A register that holds text.
pub fn text(events: &[&Event], name: &str) -> Option<String> {
    match register(events, name) {
        Some(Field::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A register that holds an instant, a length of time or an amount.
pub fn whole(events: &[&Event], name: &str) -> Option<i64> {
    match register(events, name) {
        Some(Field::Whole(number)) => Some(*number),
        _ => None,
    }
}

/// A register that holds a boolean.
pub fn flag(events: &[&Event], name: &str) -> Option<bool> {
    match register(events, name) {
        Some(Field::Flag(flag)) => Some(*flag),
        _ => None,
    }
}

/// One register per type.
pub fn identifiers(events: &[&Event]) -> BTreeMap<String, Identifier> {
    let records = events.iter().flat_map(|event| &event.versions);
    let types: BTreeSet<&String> = records
        .flat_map(|record| record.identifiers.keys())
        .collect();
    let held = |of_type: &String| statement(events, |record| record.identifiers.get(of_type));
    types
        .into_iter()
        .filter_map(|of_type| Some((of_type.clone(), held(of_type)?.clone())))
        .collect()
}

/// One register per name.
pub fn attributes(events: &[&Event]) -> BTreeMap<String, String> {
    let records = events.iter().flat_map(|event| &event.versions);
    let names: BTreeSet<&String> = records.flat_map(|record| record.fields.keys()).collect();
    let attributes = names.into_iter().filter_map(|name| {
        Some((
            name.strip_prefix("attributes.")?.to_string(),
            text(events, name)?,
        ))
    });
    attributes.collect()
}

/// The union over all events.
pub fn related_contact_ids(events: &[&Event]) -> BTreeSet<String> {
    let records = events.iter().flat_map(|event| &event.versions);
    let lists = records.filter_map(|record| match record.fields.get("related_contact_ids") {
        Some(Field::List(list)) => Some(list.clone()),
        _ => None,
    });
    lists.flatten().collect()
}

/// Who says a reason, least trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// The visit before.
    Page,
    /// A configured table of queues.
    Queue,
    /// An IVR or a form.
    Declared,
    /// An agent.
    Qualified,
}

/// All provenances, most trusted first.
pub const PROVENANCES: [Provenance; 4] = [
    Provenance::Qualified,
    Provenance::Declared,
    Provenance::Queue,
    Provenance::Page,
];

impl Provenance {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Provenance::Page => "page",
            Provenance::Queue => "queue",
            Provenance::Declared => "declared",
            Provenance::Qualified => "qualified",
        }
    }
}

/// What a record states about the reason under one provenance: a path, or that there is none.
fn stated_reason(
    record: &Record,
    provenance: Provenance,
    config: &Config,
) -> Option<Option<String>> {
    let own_source = record.text("reason_source").unwrap_or("qualified");
    if own_source == provenance.name()
        && let Some(own) = own_reason(record, config)
    {
        return Some(own);
    }
    let queue = record
        .text("queue")
        .filter(|_| provenance == Provenance::Queue)?;
    let rows = &config.tables.queues;
    let row = of_source(rows, &record.source, |row| {
        (&row.source, row.queue == queue)
    })?;
    Some(Some(row.reason.clone()))
}

/// The reason that a record states by itself, by path or by code; an inner none is a stated null.
pub fn own_reason(record: &Record, config: &Config) -> Option<Option<String>> {
    match record.fields.get("reason") {
        Some(Field::Text(path)) => Some(Some(path.clone())),
        Some(_) => Some(None),
        None => mapped_reason_code(record, config)?.map(Some),
    }
}

/// None without a code; an inner none is a code that is not mapped.
pub fn mapped_reason_code(record: &Record, config: &Config) -> Option<Option<String>> {
    let code = record.text("reason_code")?;
    let rows = &config.tables.reasons;
    let row = of_source(rows, &record.source, |row| (&row.source, row.code == code));
    Some(row.map(|row| row.reason.clone()))
}

/// A stated disposition in the tenant's words.
pub fn disposition(record: &Record, config: &Config) -> Option<Option<String>> {
    let code = match record.fields.get("disposition")? {
        Field::Text(code) => code,
        _ => return Some(None),
    };
    let rows = &config.tables.dispositions;
    let row = of_source(rows, &record.source, |row| (&row.source, row.code == *code));
    Some(Some(
        row.map_or(code.clone(), |row| row.disposition.clone()),
    ))
}

/// The matching row of the record's own source, else the matching row of every source.
fn of_source<'a, Row>(
    rows: &'a [Row],
    source: &str,
    matches: impl Fn(&'a Row) -> (&'a String, bool),
) -> Option<&'a Row> {
    let find = |wanted: &str| {
        rows.iter().find(|row| {
            let (row_source, fits) = matches(row);
            fits && row_source == wanted
        })
    };
    find(source).or_else(|| find(""))
}

/// The reason under the greatest of these provenances that holds a value.
pub fn reason(
    events: &[&Event],
    provenances: &[Provenance],
    config: &Config,
) -> Option<(Provenance, String)> {
    provenances.iter().find_map(|provenance| {
        let held = statement(events, |record| stated_reason(record, *provenance, config));
        Some((*provenance, held.flatten()?))
    })
}

/// The end that a record's kind implies if the record does not state one (§2.1).
fn implied_end(record: &Record) -> Option<i64> {
    if matches!(record.fields.get("ended_at"), Some(field) if *field != Field::Null) {
        return None;
    }
    let has_legs = matches!(record.channel.as_deref(), Some("phone" | "chat" | "video"));
    match record.kind.as_str() {
        "contact" => Some(record.whole("started_at").unwrap_or(record.occurred_at)),
        "ended" | "dropped" if has_legs => Some(record.occurred_at),
        _ => None,
    }
}

/// The stated end; where there is none, or a null that is older, the latest implied one.
pub fn end(events: &[&Event]) -> Option<i64> {
    let stated = statement(events, |record| {
        record.fields.get("ended_at")?;
        Some((record.version.clone(), record.whole("ended_at")))
    });
    let implied = statement(events, |record| {
        Some((record.version.clone(), implied_end(record)?))
    });
    match (stated, implied) {
        (Some((_, Some(at))), _) => Some(at),
        (Some((null, None)), Some((version, at))) => (version >= null).then_some(at),
        (None, Some((_, at))) => Some(at),
        (_, None) => None,
    }
}

/// The score of the latest version of a survey that states one.
pub fn satisfaction(signals: &[&Event]) -> Option<i64> {
    let is_survey = |signal: &&&Event| matches!(signal.kind(), "csat" | "nps" | "ces");
    let surveys: Vec<&Event> = signals.iter().filter(is_survey).copied().collect();
    whole(&surveys, "score")
}

/// The sum of the amounts of the compensations; none without a compensation that says its amount.
pub fn compensations(signals: &[&Event]) -> Option<i64> {
    let compensated = signals
        .iter()
        .filter(|signal| signal.kind() == "compensated");
    sum(compensated.map(|signal| whole(&[signal], "amount")))
}

/// The sum of what is known; none if nothing is.
pub fn sum(amounts: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    amounts
        .flatten()
        .fold(None, |sum, amount| Some(sum.unwrap_or(0) + amount))
}
