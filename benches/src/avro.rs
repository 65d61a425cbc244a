//! Canonical JSON records as Avro records, by the schemas that sources are told to use.

use anyhow::{Context, Result, bail};
use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use serde_json::Value;

/// The channels' names with the texts of their schemas.
pub const SCHEMAS: [(&str, &str); 5] = [
    ("phone", include_str!("../../schemas/input/phone.avsc")),
    ("chat", include_str!("../../schemas/input/chat.avsc")),
    ("email", include_str!("../../schemas/input/email.avsc")),
    ("video", include_str!("../../schemas/input/video.avsc")),
    ("web", include_str!("../../schemas/input/web.avsc")),
];

/// Fields of records that hold an instant.
pub const TIMES: [&str; 3] = ["occurred_at", "started_at", "ended_at"];

/// The schemas of [`SCHEMAS`], in their order.
///
/// # Errors
/// One of them is no Avro schema.
pub fn schemas() -> Result<Vec<Schema>> {
    let texts = SCHEMAS.iter();
    texts
        .map(|(channel, text)| {
            Schema::parse_str(text).with_context(|| format!("schema of {channel}"))
        })
        .collect()
}

/// A canonical record as typed by its channel's schema: place of the channel in [`SCHEMAS`], record.
///
/// # Errors
/// It is no canonical record.
pub fn record(schemas: &[Schema], json: &[u8]) -> Result<(usize, Avro)> {
    let mut json: Value = serde_json::from_slice(json)?;
    let channel = json["channel"].as_str().context("a record has a channel")?;
    let known = SCHEMAS.iter().position(|(name, _)| *name == channel);
    let Some(place) = known else {
        bail!("channel {channel}: not one of the five");
    };
    for field in TIMES {
        if let Some(time) = json.get_mut(field) {
            *time = millis(time)?.into();
        }
    }
    Ok((place, untyped(json).resolve(&schemas[place])?))
}

/// The milliseconds since 1970 of a time as a text.
///
/// # Errors
/// It is none.
pub fn millis(time: &Value) -> Result<i64> {
    let text = time.as_str().context("a time is a text")?;
    let time: jiff::Timestamp = text.parse()?;
    Ok(time.as_millisecond())
}

/// A JSON value as it would be typed without a schema.
fn untyped(json: Value) -> Avro {
    match json {
        Value::Null => Avro::Null,
        Value::Bool(bool) => Avro::Boolean(bool),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Avro::Long(whole),
            None => Avro::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Avro::String(text),
        Value::Array(items) => Avro::Array(items.into_iter().map(untyped).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Avro::Map(fields.map(|(name, value)| (name, untyped(value))).collect())
        }
    }
}
