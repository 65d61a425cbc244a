//! Single values: as they were found, and what they come to.

use crate::time::{STATED_MAX, TIME_MAX, read_time_text, shown};
use crate::{Fault, FieldName, quoted};
use model::{
    Channel, Direction, Identifier, Initiation, Millis, Money, Outcome, Provenance, RejectedReason,
    StepStatus, Text,
};
use std::borrow::Cow;

/// More identifiers than this in one record are refused.
pub(crate) const IDENTIFIERS_MAX: usize = 64;
/// More attributes than this in one record are refused.
pub(crate) const ATTRIBUTES_MAX: usize = 256;
/// More related contact ids than this in one record are refused.
pub(crate) const RELATED_CONTACT_IDS_MAX: usize = 1_024;
/// Longest duration that a record can state, milliseconds: sums of such cannot overflow.
const DURATION_MAX_MS: i64 = 1_000_000_000_000_000;
/// Whole numbers up to here are exact in a floating-point number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A field's value as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Raw<'a> {
    /// The record does not name the field.
    #[default]
    Absent,
    /// Explicitly no value.
    Null,
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// What no single field is; named for the refusal.
    Other(&'static str),
}

impl Raw<'_> {
    /// What it is, for a refusal; never its value.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Raw::Absent => "nothing",
            Raw::Null => "null",
            Raw::Bool(_) => "a boolean",
            Raw::Int(_) | Raw::Float(_) => "a number",
            Raw::Text(_) => "a text",
            Raw::Other(what) => what,
        }
    }
}

/// A field of several values as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Many<T> {
    /// The record does not name the field, or states no value.
    #[default]
    Absent,
    /// Its values.
    List(Vec<T>),
    /// It cannot be used.
    Wrong(Box<Fault>),
}

impl<T> Many<T> {
    /// Adds what was read of one more value, up to a bound; the first fault stands.
    pub(crate) fn add(&mut self, field: FieldName, max: usize, read: Result<Option<T>, Fault>) {
        let Many::List(list) = self else { return };
        match read {
            Ok(Some(_)) if list.len() >= max => {
                let detail = format!("{}: expected at most {max} values", field.name());
                *self = Many::Wrong(Box::new(Fault::new(RejectedReason::BadValue, detail)));
            }
            Ok(Some(value)) => list.push(value),
            Ok(None) => {}
            Err(fault) => *self = Many::Wrong(Box::new(fault)),
        }
    }

    pub(crate) fn take(self) -> Result<Vec<T>, Fault> {
        match self {
            Many::Absent => Ok(Vec::new()),
            Many::List(list) => Ok(list),
            Many::Wrong(fault) => Err(*fault),
        }
    }
}

pub(crate) fn required<T>(field: FieldName, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::new(RejectedReason::MissingField, field.name()))
}

/// A text that is not empty.
pub(crate) fn read_text<'a>(field: FieldName, raw: Raw<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    match raw {
        Raw::Absent | Raw::Null => Ok(None),
        Raw::Text(text) => Ok((!text.is_empty()).then_some(text)),
        other => Err(Fault::wrong_type(field.name(), "a text", other.what())),
    }
}

pub(crate) fn read_time(field: FieldName, raw: Raw<'_>) -> Result<Option<Millis>, Fault> {
    let read = match &raw {
        Raw::Absent | Raw::Null => return Ok(None),
        Raw::Text(text) if text.is_empty() => return Ok(None),
        Raw::Text(text) => read_time_text(text),
        Raw::Int(at) => epoch(*at),
        Raw::Float(at) => whole(*at).map_or(Err("it is no whole number"), epoch),
        other => return Err(Fault::wrong_type(field.name(), "a time", other.what())),
    };
    read.map(Some).map_err(|why| {
        let found = match &raw {
            Raw::Text(text) => shown(text).unwrap_or("a text"),
            other => other.what(),
        };
        let detail = format!(
            "{}: expected RFC 3339 with offset or epoch milliseconds, found {found}: {why}",
            field.name()
        );
        Fault::new(RejectedReason::BadTime, detail)
    })
}

/// The instant that epoch milliseconds state.
fn epoch(at_ms: i64) -> Result<Millis, &'static str> {
    if (-TIME_MAX.0..=STATED_MAX.0).contains(&at_ms) {
        Ok(Millis(at_ms).min(TIME_MAX))
    } else {
        Err("it is past the year 9999; are these milliseconds?")
    }
}

pub(crate) fn read_duration(field: FieldName, raw: Raw<'_>) -> Result<i64, Fault> {
    let read = match raw {
        Raw::Int(duration_ms) => Some(duration_ms),
        Raw::Float(duration_ms) => whole(duration_ms),
        _ => None,
    };
    match read {
        Some(duration_ms @ 0..=DURATION_MAX_MS) => Ok(duration_ms),
        Some(_) => {
            let detail = format!(
                "{}: expected 0 to {DURATION_MAX_MS} milliseconds",
                field.name()
            );
            Err(Fault::new(RejectedReason::BadValue, detail))
        }
        None => Err(Fault::wrong_type(
            field.name(),
            "whole milliseconds",
            raw.what(),
        )),
    }
}

pub(crate) fn read_money(field: FieldName, raw: Raw<'_>) -> Result<Option<Money>, Fault> {
    let units = match raw {
        Raw::Absent | Raw::Null => return Ok(None),
        Raw::Text(text) if text.is_empty() => return Ok(None),
        Raw::Int(units) => units as f64,
        Raw::Float(units) => units,
        other => return Err(Fault::wrong_type(field.name(), "a number", other.what())),
    };
    Money::from_units(units).map(Some).ok_or_else(|| {
        let detail = format!("{}: expected less than nine million millions", field.name());
        Fault::new(RejectedReason::BadValue, detail)
    })
}

/// A word out of a closed list.
pub(crate) trait Word: Copy + 'static {
    const WORDS: &'static [Self];
    fn word(self) -> &'static str;
    fn find(word: &str) -> Option<Self>;
}

macro_rules! closed_lists {
    ($($name:ident)+) => { $(
        impl Word for $name {
            const WORDS: &'static [Self] = $name::ALL;
            fn word(self) -> &'static str {
                self.name()
            }
            fn find(word: &str) -> Option<Self> {
                $name::from_name(word)
            }
        }
    )+ };
}

closed_lists!(Channel Direction Initiation Outcome Provenance StepStatus);

pub(crate) fn words_of<T: Word>(words: &[T]) -> String {
    words
        .iter()
        .map(|word| word.word())
        .collect::<Vec<_>>()
        .join(" or ")
}

pub(crate) fn read_word<T: Word>(field: FieldName, raw: Raw<'_>) -> Result<Option<T>, Fault> {
    let Some(text) = read_text(field, raw)? else {
        return Ok(None);
    };
    T::find(&text).map(Some).ok_or_else(|| {
        let (name, expected) = (field.name(), words_of(T::WORDS));
        let detail = format!("{name}: expected {expected}, found {}", quoted(&text));
        Fault::new(RejectedReason::BadValue, detail)
    })
}

/// The whole number that a floating-point number is, if it is one and exact.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

/// An identifier out of its members. `None` if its value is null: it means nobody.
pub(crate) fn identifier(
    kind: Raw<'_>,
    value: Raw<'_>,
    verified: Raw<'_>,
) -> Result<Option<Identifier>, Fault> {
    let kind = match kind {
        Raw::Text(kind) if !kind.is_empty() => Text::from(kind),
        Raw::Absent | Raw::Null | Raw::Text(_) => {
            return Err(Fault::new(RejectedReason::MissingField, "identifiers.type"));
        }
        other => {
            return Err(Fault::wrong_type(
                "identifiers.type",
                "a text",
                other.what(),
            ));
        }
    };
    let verified = match verified {
        Raw::Absent | Raw::Null => false,
        Raw::Bool(verified) => verified,
        other => {
            return Err(Fault::wrong_type(
                "identifiers.verified",
                "a boolean",
                other.what(),
            ));
        }
    };
    let value = match value {
        Raw::Text(value) => Text::from(value),
        Raw::Int(number) => decimal(number),
        Raw::Float(number) => match whole(number) {
            Some(number) => decimal(number),
            // Two customers must not become one by rounding.
            None => {
                let (expected, found) = ("a text", "a number that is not exact");
                return Err(Fault::wrong_type("identifiers.value", expected, found));
            }
        },
        Raw::Null => return Ok(None),
        Raw::Absent => {
            return Err(Fault::new(
                RejectedReason::MissingField,
                "identifiers.value",
            ));
        }
        other => {
            return Err(Fault::wrong_type(
                "identifiers.value",
                "a text",
                other.what(),
            ));
        }
    };
    Ok(Some(Identifier {
        kind,
        value,
        verified,
    }))
}

/// A related contact id; `None` for an empty one.
pub(crate) fn related_contact_id(raw: Raw<'_>) -> Result<Option<Text>, Fault> {
    match raw {
        Raw::Text(id) => Ok((!id.is_empty()).then(|| id.into())),
        other => Err(Fault::wrong_type(
            "related_contact_ids",
            "texts",
            other.what(),
        )),
    }
}

/// The value of an attribute: a text, a number or boolean as text; `None` removes it.
pub(crate) fn attribute(raw: Raw<'_>) -> Result<Option<Text>, Fault> {
    match raw {
        Raw::Absent | Raw::Null => Ok(None),
        Raw::Text(text) => Ok((!text.is_empty()).then(|| text.into())),
        Raw::Int(number) => Ok(Some(decimal(number))),
        Raw::Float(number) => Ok(Some(number.to_string().into())),
        Raw::Bool(truth) => Ok(Some(if truth { "true" } else { "false" }.into())),
        Raw::Other(what) => Err(Fault::wrong_type("attributes", "texts", what)),
    }
}

fn decimal(number: i64) -> Text {
    number.to_string().into()
}
