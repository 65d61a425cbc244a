//! Semantics §1.4: identifiers are normalised, and those that mean nobody are left out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Refusal::{self, Rejected};
use super::{Identifier, text};
use crate::oracle::config::Config;

/// The first of each type that is not blocked.
pub(super) fn read(
    value: &Value,
    config: &Config,
) -> Result<BTreeMap<String, Identifier>, Refusal> {
    let mut identifiers = BTreeMap::new();
    for entry in value.as_array().ok_or(Rejected("wrong_type"))? {
        let entry = entry.as_object().ok_or(Rejected("wrong_type"))?;
        let of_type = member(entry, "type")?;
        let value = member(entry, "value")?;
        let verified = match entry.get("verified") {
            None | Some(Value::Null) => false,
            Some(verified) => verified.as_bool().ok_or(Rejected("wrong_type"))?,
        };
        if !is_in_use(&of_type, config) {
            continue;
        }
        if let Some(value) = normalise(&of_type, &value, config) {
            identifiers
                .entry(of_type)
                .or_insert(Identifier { value, verified });
        }
    }
    Ok(identifiers)
}

/// §1.4: a type that the tenant does not use states nothing; a visit always needs its device.
fn is_in_use(of_type: &str, config: &Config) -> bool {
    let mut types = config.unique.iter().chain(&config.handles);
    of_type == "device" || types.any(|used| used == of_type)
}

/// The mail addresses of identifiers that [`read`] has found to be well formed.
pub(super) fn addresses(value: &Value) -> Vec<String> {
    let entries = value.as_array().into_iter().flatten();
    let of_mail = entries.filter(|entry| entry["type"] == "email");
    of_mail
        .filter_map(|entry| Some(entry["value"].as_str()?.trim().to_lowercase()))
        .collect()
}

fn member(entry: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    match entry.get(name) {
        None | Some(Value::Null) => Err(Rejected("missing_field")),
        Some(value) => text(value),
    }
}

/// §1.4: the normalised value, or none if it means nobody.
fn normalise(of_type: &str, raw: &str, config: &Config) -> Option<String> {
    let value = normalise_unblocked(of_type, raw, config)?;
    let blocks = |blocked: &String| normalise_unblocked(of_type, blocked, config);
    let is_blocked = config
        .block
        .iter()
        .any(|blocked| blocks(blocked).as_ref() == Some(&value));
    (!is_blocked).then_some(value)
}

fn normalise_unblocked(of_type: &str, raw: &str, config: &Config) -> Option<String> {
    let bare = if of_type == "phone" {
        without_uri(raw.trim())
    } else {
        raw.trim()
    };
    if means_nobody(bare) {
        return None;
    }
    let value = match of_type {
        "phone" => phone(bare, config)?,
        "email" => bare.to_lowercase(),
        _ => bare.to_string(),
    };
    (!means_nobody(&value)).then_some(value)
}

/// The number in a `tel:` or `sip:` URI.
fn without_uri(text: &str) -> &str {
    let is_uri = |scheme: &str| {
        text.get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    if !is_uri("tel:") && !is_uri("sip:") {
        return text;
    }
    let number = &text[4..];
    number[..number.find(['@', ';']).unwrap_or(number.len())].trim()
}

fn means_nobody(value: &str) -> bool {
    const NOBODY: &[&str] = &[
        "anonymous",
        "unknown",
        "withheld",
        "private",
        "restricted",
        "unavailable",
        "null",
        "none",
        "n/a",
    ];
    let bare = value.replace(['+', ' ', '-'], "");
    NOBODY.contains(&value.to_lowercase().as_str()) || bare.chars().all(|c| c == '0')
}

/// E.164, or the digits with a leading `+` if it cannot be read as a number.
fn phone(text: &str, config: &Config) -> Option<String> {
    if let Ok(number) = phonenumber::parse(config.country, text) {
        return Some(number.format().mode(phonenumber::Mode::E164).to_string());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.starts_with('+') { "+" } else { "" };
    (!digits.is_empty()).then(|| format!("{plus}{digits}"))
}
