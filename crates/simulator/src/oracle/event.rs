//! Semantics §1: a line of text becomes a record, or says why not.

use std::collections::BTreeMap;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::config::{CHANNELS, Config, millionths};

mod identifiers;

/// What one known field of a record states.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// An explicit null: "no value".
    Null,
    /// A string.
    Text(String),
    /// Milliseconds, an instant in UTC milliseconds, or millionths.
    Whole(i64),
    /// A boolean.
    Flag(bool),
    /// A list of strings.
    List(Vec<String>),
}

/// An identifier's value, after normalisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Identifier {
    /// What names somebody.
    pub value: String,
    /// The source made sure of it.
    pub verified: bool,
}

/// Of two statements the one with the greater version stands (§1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `updated_at`, UTC milliseconds.
    pub updated_at: i64,
    /// Rank of the source.
    pub rank: i64,
    /// XXH3-64 of the text.
    pub hash: u64,
    /// XXH3-64 of the identifiers' text, for equal hashes.
    pub identifiers: u64,
}

/// An accepted line: an event or a signal.
#[derive(Clone, Debug)]
pub struct Record {
    /// A signal, not an event.
    pub is_signal: bool,
    /// Its channel; a signal may have none.
    pub channel: Option<String>,
    /// The system that speaks.
    pub source: String,
    /// Its name within channel and source.
    pub event_id: String,
    /// The event's kind, or the signal's name.
    pub kind: String,
    /// UTC milliseconds.
    pub occurred_at: i64,
    /// What it says against other records.
    pub version: Version,
    /// One identifier per type.
    pub identifiers: BTreeMap<String, Identifier>,
    /// Every mail address that is stated, trimmed and in lower case, whoever it means.
    pub addresses: Vec<String>,
    /// Every known field that is stated, attributes as `attributes.NAME`.
    pub fields: BTreeMap<String, Field>,
}

impl Record {
    /// The stated text of a field; absent and null are both none.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.fields.get(name) {
            Some(Field::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The stated number of a field; absent and null are both none.
    pub fn whole(&self, name: &str) -> Option<i64> {
        match self.fields.get(name) {
            Some(Field::Whole(number)) => Some(*number),
            _ => None,
        }
    }
}

/// What became of a line.
#[derive(Debug)]
pub enum Decoded {
    /// It is used.
    Accepted(Box<Record>),
    /// It is no mistake, and of no use.
    Ignored(&'static str),
    /// It cannot be used.
    Rejected(&'static str),
}

#[derive(Clone, Copy)]
enum Shape {
    Text,
    OneOf(&'static [&'static str]),
    Channel,
    Flag,
    Time,
    Length,
    Money,
    List,
    Identifiers,
    Attributes,
}

/// Fields of an event, in the order in which they are checked.
const EVENT_FIELDS: &[(&str, Shape)] = &[
    ("tenant", Shape::Text),
    ("channel", Shape::Channel),
    ("event_id", Shape::Text),
    ("source", Shape::Text),
    ("kind", Shape::Text),
    ("occurred_at", Shape::Time),
    ("updated_at", Shape::Time),
    ("contact_id", Shape::Text),
    ("root_contact_id", Shape::Text),
    ("thread_id", Shape::Text),
    ("related_contact_ids", Shape::List),
    ("identifiers", Shape::Identifiers),
    ("direction", Shape::OneOf(&["inbound", "outbound"])),
    (
        "initiation",
        Shape::OneOf(&["customer", "brand", "scheduled", "transfer"]),
    ),
    ("automatic", Shape::Flag),
    ("medium", Shape::Text),
    ("started_at", Shape::Time),
    ("ended_at", Shape::Time),
    ("outcome", Shape::OneOf(OUTCOMES)),
    ("wait_ms", Shape::Length),
    ("handle_ms", Shape::Length),
    ("reason", Shape::Text),
    (
        "reason_source",
        Shape::OneOf(&["qualified", "declared", "queue", "page"]),
    ),
    ("reason_code", Shape::Text),
    ("queue", Shape::Text),
    ("agent", Shape::Text),
    ("team", Shape::Text),
    ("site", Shape::Text),
    ("tier", Shape::Text),
    ("may_contact", Shape::Flag),
    ("party", Shape::Text),
    ("url", Shape::Text),
    ("page", Shape::Text),
    ("step", Shape::Text),
    (
        "step_status",
        Shape::OneOf(&["started", "completed", "failed"]),
    ),
    ("disposition", Shape::Text),
    ("due_at", Shape::Time),
    ("extra_cost", Shape::Money),
    ("attributes", Shape::Attributes),
];

/// Fields of a signal, in the order in which they are checked.
const SIGNAL_FIELDS: &[(&str, Shape)] = &[
    ("tenant", Shape::Text),
    ("signal", Shape::Text),
    ("channel", Shape::Channel),
    ("event_id", Shape::Text),
    ("source", Shape::Text),
    ("occurred_at", Shape::Time),
    ("contact_id", Shape::Text),
    ("root_contact_id", Shape::Text),
    ("thread_id", Shape::Text),
    ("identifiers", Shape::Identifiers),
    ("due_at", Shape::Time),
    ("purpose", Shape::Text),
    ("amount", Shape::Money),
    ("score", Shape::Money),
    ("scale", Shape::Money),
    ("attributes", Shape::Attributes),
];

const OUTCOMES: &[&str] = &[
    "handled",
    "abandoned",
    "short",
    "contained",
    "unanswered",
    "failed",
];

const SIGNALS: &[&str] = &[
    "notified",
    "delivered",
    "bounced",
    "promised",
    "csat",
    "nps",
    "ces",
    "ordered",
    "churned",
    "compensated",
    "linked",
    "unlinked",
    "erase",
    "marker",
];

/// A null in these is the same as their absence: they have a default, or name the contact's key.
const NOT_NULLABLE: &[&str] = &[
    "tenant",
    "channel",
    "source",
    "updated_at",
    "contact_id",
    "root_contact_id",
    "thread_id",
    "reason_source",
    "step_status",
    "identifiers",
    "attributes",
];

/// 1990-01-01T00:00:00Z. A time before is an impossible clock.
const EARLIEST: i64 = 631_152_000_000;

/// Reads one line that is not blank. `run_start` and `until` are UTC milliseconds.
pub fn decode(line: &str, config: &Config, run_start: Option<i64>, until: Option<i64>) -> Decoded {
    let record = match read(line, config) {
        Ok(record) => record,
        Err(Refusal::Ignored(why)) => return Decoded::Ignored(why),
        Err(Refusal::Rejected(reason)) => return Decoded::Rejected(reason),
    };
    let clocks = [
        "occurred_at",
        "updated_at",
        "started_at",
        "ended_at",
        "due_at",
    ];
    if clocks
        .iter()
        .any(|name| record.whole(name).is_some_and(|at| at < EARLIEST))
    {
        return Decoded::Rejected("impossible_clock");
    }
    if run_start.is_some_and(|start| record.occurred_at > start + config.future_drift_max_ms) {
        return Decoded::Rejected("impossible_clock");
    }
    if until.is_some_and(|until| record.occurred_at > until) {
        return Decoded::Ignored("after_until");
    }
    Decoded::Accepted(Box::new(record))
}

enum Refusal {
    Ignored(&'static str),
    Rejected(&'static str),
}

use Refusal::Rejected;

fn read(line: &str, config: &Config) -> Result<Record, Refusal> {
    let object = match serde_json::from_str(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err(Rejected("not_json")),
        Err(error) if error.is_eof() => return Err(Rejected("truncated")),
        Err(_) => return Err(Rejected("not_json")),
    };
    let names = |name: &str| object.get(name).is_some_and(|value| !value.is_null());
    let is_signal = names("signal") && !names("kind");
    let required: &[&str] = if is_signal {
        &["signal", "event_id", "occurred_at"]
    } else {
        &["channel", "event_id", "kind", "occurred_at"]
    };
    let mut fields = BTreeMap::new();
    let mut identifiers = BTreeMap::new();
    let mut addresses = Vec::new();
    for (name, shape) in if is_signal {
        SIGNAL_FIELDS
    } else {
        EVENT_FIELDS
    } {
        let value = object.get(*name);
        let says_nothing = |value: &Value| value.is_null() || value.as_str() == Some("");
        if value.is_none_or(says_nothing) {
            if required.contains(name) {
                return Err(Rejected("missing_field"));
            }
            if value.is_some() && !is_signal && !NOT_NULLABLE.contains(name) {
                fields.insert((*name).to_string(), Field::Null);
            }
            continue;
        }
        let value = value.expect("a null or absent value was passed over above");
        match shape {
            Shape::Identifiers => {
                identifiers = identifiers::read(value, config)?;
                addresses = identifiers::addresses(value);
            }
            Shape::Attributes => fields.extend(read_attributes(value)?),
            _ => drop(fields.insert((*name).to_string(), read_field(value, *shape)?)),
        }
        check_value(name, &fields, config)?;
    }
    let has_device = identifiers.contains_key("device");
    let has_contact = fields.contains_key("contact_id");
    let has_channel = fields.contains_key("channel");
    let is_web = fields.get("channel") == Some(&Field::Text("web".into()));
    let is_placed = if is_signal {
        has_channel || !has_contact
    } else {
        has_contact || (is_web && has_device)
    };
    if !is_placed {
        return Err(Rejected("missing_field"));
    }
    let record = finish(is_signal, fields, identifiers, config);
    Ok(Record {
        addresses,
        ..record
    })
}

fn check_value(
    name: &str,
    fields: &BTreeMap<String, Field>,
    config: &Config,
) -> Result<(), Refusal> {
    let Some(Field::Text(text)) = fields.get(name) else {
        return Ok(());
    };
    match name {
        "tenant" if *text != config.tenant => Err(Rejected("other_tenant")),
        "signal" if !SIGNALS.contains(&text.as_str()) => Err(Refusal::Ignored("unknown_signal")),
        _ => Ok(()),
    }
}

/// Defaults (§1.1), then the text and its hash (§1.3).
fn finish(
    is_signal: bool,
    mut fields: BTreeMap<String, Field>,
    identifiers: BTreeMap<String, Identifier>,
    config: &Config,
) -> Record {
    let occurred_at = fields["occurred_at"].clone();
    fields
        .entry("tenant".into())
        .or_insert_with(|| Field::Text(config.tenant.clone()));
    fields
        .entry("source".into())
        .or_insert_with(|| Field::Text("default".into()));
    if !is_signal {
        fields.entry("updated_at".into()).or_insert(occurred_at);
    }
    if let Some(Field::Text(url)) = fields.get_mut("url") {
        let cut_at = url.find(['?', '#']).unwrap_or(url.len());
        url.truncate(cut_at);
    }
    let text = |name: &str| match fields.get(name) {
        Some(Field::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let whole = |name: &str| match fields.get(name) {
        Some(Field::Whole(number)) => *number,
        _ => 0,
    };
    let source = text("source").unwrap_or_default();
    Record {
        is_signal,
        channel: text("channel"),
        event_id: text("event_id").unwrap_or_default(),
        kind: if is_signal {
            text("signal").unwrap_or_default()
        } else {
            known_kind(text("channel").as_deref(), text("kind").unwrap_or_default())
        },
        occurred_at: whole("occurred_at"),
        version: Version {
            updated_at: whole(if is_signal {
                "occurred_at"
            } else {
                "updated_at"
            }),
            rank: config.rank(&source),
            hash: xxh3_64(text_of(&fields).as_bytes()),
            identifiers: xxh3_64(text_of_identifiers(&identifiers).as_bytes()),
        },
        source,
        identifiers,
        addresses: Vec::new(),
        fields,
    }
}

/// A kind that is not in its channel's list is plain activity.
fn known_kind(channel: Option<&str>, kind: String) -> String {
    let kinds: &[&str] = match channel {
        Some("phone") => &["offered", "queued", "answered", "transferred", "ended"],
        Some("chat") => &[
            "started",
            "queued",
            "accepted",
            "message",
            "transferred",
            "ended",
        ],
        Some("email") => &["received", "sent", "closed"],
        Some("video") => &[
            "scheduled",
            "invited",
            "joined",
            "answered",
            "dropped",
            "ended",
        ],
        _ => &["page_view", "step", "login"],
    };
    let is_known = kinds.contains(&kind.as_str()) || kind == "contact" || kind == "qualified";
    if is_known {
        kind
    } else {
        format!("unknown {kind}")
    }
}

/// One line for each stated field, in bytewise order of its name. The reason stands under the name of
/// its provenance, which is no line of its own without a code.
fn text_of(fields: &BTreeMap<String, Field>) -> String {
    let mut fields = fields.clone();
    if let Some(reason) = fields.remove("reason") {
        let provenance = match fields.get("reason_source") {
            Some(Field::Text(provenance)) => provenance.clone(),
            _ => "qualified".to_string(),
        };
        fields.insert(format!("reason.{provenance}"), reason);
    }
    if !fields.contains_key("reason_code") {
        fields.remove("reason_source");
    }
    let value = |field: &Field| match field {
        Field::Null => "null".to_string(),
        Field::Text(text) => text.clone(),
        Field::Whole(number) => number.to_string(),
        Field::Flag(flag) => flag.to_string(),
        Field::List(list) => list.join(","),
    };
    fields
        .iter()
        .map(|(name, field)| format!("{name}={}\n", value(field)))
        .collect()
}

fn text_of_identifiers(identifiers: &BTreeMap<String, Identifier>) -> String {
    let line = |(of_type, identifier): (&String, &Identifier)| {
        format!("{of_type}:{}:{}\n", identifier.value, identifier.verified)
    };
    identifiers.iter().map(line).collect()
}

fn read_field(value: &Value, shape: Shape) -> Result<Field, Refusal> {
    match shape {
        Shape::Text => text(value).map(Field::Text),
        Shape::Channel => match text(value)? {
            channel if CHANNELS.contains(&channel.as_str()) => Ok(Field::Text(channel)),
            _ => Err(Rejected("unknown_channel")),
        },
        Shape::OneOf(allowed) => match text(value)? {
            word if allowed.contains(&word.as_str()) => Ok(Field::Text(word)),
            _ => Err(Rejected("bad_value")),
        },
        Shape::Flag => value
            .as_bool()
            .map(Field::Flag)
            .ok_or(Rejected("wrong_type")),
        Shape::Time => time(value).map(Field::Whole),
        Shape::Length => match value.as_i64() {
            Some(length) if length >= 0 => Ok(Field::Whole(length)),
            Some(_) => Err(Rejected("bad_value")),
            None => Err(Rejected("wrong_type")),
        },
        Shape::Money => match value.as_f64() {
            Some(amount) if amount.abs() < 1e12 => Ok(Field::Whole(millionths(amount))),
            Some(_) => Err(Rejected("bad_value")),
            None => Err(Rejected("wrong_type")),
        },
        Shape::List => {
            let list = value.as_array().ok_or(Rejected("wrong_type"))?;
            list.iter()
                .map(text)
                .collect::<Result<_, _>>()
                .map(Field::List)
        }
        Shape::Identifiers | Shape::Attributes => Err(Rejected("wrong_type")),
    }
}

fn text(value: &Value) -> Result<String, Refusal> {
    value
        .as_str()
        .map(str::to_string)
        .ok_or(Rejected("wrong_type"))
}

/// RFC 3339 with an offset, or epoch milliseconds, both as UTC milliseconds.
fn time(value: &Value) -> Result<i64, Refusal> {
    let instant = match value {
        Value::String(text) if has_shape_of_rfc3339(text) => stated_instant(text),
        Value::Number(number) => number.as_i64(),
        Value::String(_) => None,
        _ => return Err(Rejected("wrong_type")),
    };
    let [end, last] = ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999-23:59"]
        .map(|text| stated_instant(text).expect("it is an instant"));
    instant
        .filter(|at| (-end..=last).contains(at))
        .map(|at| at.min(end))
        .ok_or(Rejected("bad_time"))
}

/// The instant of a local time with its offset, UTC milliseconds: the year 9999 ends a day later than
/// the library's own instants do.
fn stated_instant(text: &str) -> Option<i64> {
    let from_day = text.find(['T', 't'])?;
    let offset_at = from_day + text[from_day..].find(['Z', 'z', '+', '-'])?;
    let local: jiff::civil::DateTime = text[..offset_at].parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let local_ms = local.duration_since(epoch).as_millis();
    let mut numbers = text[offset_at..].get(1..)?.split(':');
    let mut number = || {
        numbers
            .next()
            .map_or(Some(0), |text| text.parse::<i64>().ok())
    };
    let offset_minutes = match text[offset_at..].get(1..)? {
        "" => 0,
        _ => {
            let (hours, minutes) = (number()?, number()?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            hours * 60 + minutes
        }
    };
    let ahead = if text[offset_at..].starts_with('-') {
        -offset_minutes
    } else {
        offset_minutes
    };
    Some(i64::try_from(local_ms).ok()? - ahead * 60_000)
}

/// `2026-03-01T10:00:00` with an optional fraction, then `Z` or `+01:00`.
fn has_shape_of_rfc3339(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else {
                c.to_ascii_uppercase()
            }
        })
        .collect();
    let Some(rest) = shape.strip_prefix("9999-99-99T99:99:99") else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('9') => fraction.trim_start_matches('9'),
        Some(_) => return false,
        None => rest,
    };
    matches!(offset, "Z" | "+99:99" | "-99:99")
}

fn read_attributes(value: &Value) -> Result<BTreeMap<String, Field>, Refusal> {
    let object = value.as_object().ok_or(Rejected("wrong_type"))?;
    let attribute = |(name, value): (&String, &Value)| {
        let field = if value.is_null() || value.as_str() == Some("") {
            Field::Null
        } else {
            match value {
                Value::String(text) => Field::Text(text.clone()),
                Value::Number(number) => Field::Text(number.to_string()),
                Value::Bool(truth) => Field::Text(truth.to_string()),
                _ => return Err(Rejected("wrong_type")),
            }
        };
        Ok((format!("attributes.{name}"), field))
    };
    object.iter().map(attribute).collect()
}
