//! What a line of a story states, as fields of a canonical record.

use crate::times;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// Facts with a text: how they are told, and the field. The first that fits is taken.
const TEXTS: &[(&str, &str)] = &[
    ("reason code", "reason_code"),
    ("reason", "reason"),
    ("queue", "queue"),
    ("agent", "agent"),
    ("team", "team"),
    ("site", "site"),
    ("tier", "tier"),
    ("party", "party"),
    ("page", "page"),
    ("url", "url"),
    ("medium", "medium"),
    ("disposition", "disposition"),
    ("source", "source"),
    ("thread", "thread_id"),
    ("leg of", "root_contact_id"),
    ("event", "event_id"),
    ("outcome", "outcome"),
    ("purpose", "purpose"),
    ("tenant", "tenant"),
];

const IDENTIFIERS: &[(&str, &str)] = &[
    ("customer", "customer_id"),
    ("loyalty", "loyalty"),
    ("mail", "email"),
    ("number", "phone"),
    ("device", "device"),
];

/// Reasons that somebody else than the agent states.
const REASONS: &[(&str, &str)] = &[
    ("declared reason", "declared"),
    ("queue reason", "queue"),
    ("page reason", "page"),
];

const TIMES: &[(&str, &str)] = &[
    ("until", "ended_at"),
    ("started", "started_at"),
    ("due", "due_at"),
    ("told", "updated_at"),
];

const LENGTHS: &[(&str, &str)] = &[("waited", "wait_ms"), ("handling", "handle_ms")];

const NUMBERS: &[(&str, &str)] = &[
    ("extra cost", "extra_cost"),
    ("amount", "amount"),
    ("score", "score"),
];

/// Facts without a value.
fn flag(fact: &str) -> Option<(&'static str, Value)> {
    Some(match fact {
        "outbound" | "inbound" => ("direction", json!(fact)),
        "by appointment" => ("initiation", json!("scheduled")),
        "by the brand" => ("initiation", json!("brand")),
        "by transfer" => ("initiation", json!("transfer")),
        "automatic" => ("automatic", json!(true)),
        "not automatic" => ("automatic", json!(false)),
        "may be contacted" => ("may_contact", json!(true)),
        "may not be contacted" => ("may_contact", json!(false)),
        "failed" | "completed" | "started" => ("step_status", json!(fact)),
        _ => return None,
    })
}

/// Where and when the facts stand.
pub(crate) struct Context<'a> {
    pub zone: &'a TimeZone,
    pub date: Date,
}

/// Adds a fact to a record.
pub(crate) fn add(record: &mut Map<String, Value>, fact: &str, context: &Context<'_>) {
    if let Some((field, value)) = flag(fact) {
        record.insert(field.into(), value);
        return;
    }
    let after = |words: &str| fact.strip_prefix(words)?.strip_prefix(' ').map(str::trim);
    let find = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find_map(|(words, field)| Some((*field, after(words)?)))
    };
    if let Some((kind, value)) = find(IDENTIFIERS) {
        identifier(record, kind, value);
    } else if let Some((field, value)) = find(TIMES) {
        let mut words: Vec<&str> = value.split_whitespace().collect();
        let at = times::take(&mut words, context.zone, Some(context.date));
        assert!(words.is_empty(), "`{fact}`: {words:?} is too much");
        record.insert(field.into(), json!(at));
    } else if let Some((field, value)) = find(LENGTHS) {
        record.insert(field.into(), json!(times::length_ms(value)));
    } else if let Some((field, value)) = find(NUMBERS) {
        record.insert(field.into(), json!(value.parse::<f64>().unwrap()));
    } else if let Some((provenance, path)) = find(REASONS) {
        record.insert("reason".into(), json!(path));
        record.insert("reason_source".into(), json!(provenance));
    } else if let Some((field, value)) = find(TEXTS) {
        record.insert(field.into(), json!(value));
    } else if let Some(ids) = after("same as") {
        record.insert("related_contact_ids".into(), ids.split(' ').collect());
    } else if let Some(contact) = after("of") {
        let (channel, id) = contact
            .split_once(' ')
            .expect("`of` is followed by channel and id");
        record.insert("channel".into(), json!(channel));
        record.insert("contact_id".into(), json!(id));
    } else if let Some(attribute) = after("attribute") {
        let (name, value) = attribute
            .split_once('=')
            .expect("an attribute is told as name=value");
        let value = if value.is_empty() {
            Value::Null
        } else {
            json!(value)
        };
        let attributes = record.entry("attributes").or_insert_with(|| json!({}));
        attributes[name] = value;
    } else if let Some(what) = after("no") {
        let all = TEXTS.iter().chain(TIMES).chain(LENGTHS).chain(NUMBERS);
        let field = all.into_iter().find(|(words, _)| *words == what);
        let (_, field) = field.unwrap_or_else(|| panic!("`{fact}`: nothing is told as `{what}`"));
        record.insert((*field).into(), Value::Null);
    } else {
        panic!("nothing is told as `{fact}`");
    }
}

fn identifier(record: &mut Map<String, Value>, kind: &str, value: &str) {
    let (value, verified) = match value.strip_suffix(" verified") {
        Some(value) => (value, true),
        None => (value, false),
    };
    let list = record.entry("identifiers").or_insert_with(|| json!([]));
    let list = list.as_array_mut().expect("identifiers are a list");
    list.push(json!({ "type": kind, "value": value, "verified": verified }));
}
