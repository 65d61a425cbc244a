//! A record's known fields as they were found, and what they come to.

use crate::names::FIELD_COUNT;
use crate::time::{TIME_MAX, parse_time};
use crate::{Decoded, Fault, FieldName, quoted};
use model::{
    Channel, Direction, Event, Field, Identifier, IgnoredWhy, Initiation, Kind, Millis, Money,
    Outcome, Provenance, RejectedReason, Signal, SignalName, StepStatus, Text, Value,
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
    fn what(&self) -> &'static str {
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

    fn take(self) -> Result<Vec<T>, Fault> {
        match self {
            Many::Absent => Ok(Vec::new()),
            Many::List(list) => Ok(list),
            Many::Wrong(fault) => Err(*fault),
        }
    }
}

/// A record's known fields as they were found. Each is held once: the last one stated.
#[derive(Debug)]
pub struct Record<'a> {
    scalars: [Raw<'a>; FIELD_COUNT],
    /// A bit for each field that is not absent.
    stated: u64,
    /// Who the customer is.
    pub identifiers: Many<Identifier>,
    /// Other ids of the same contact.
    pub related_contact_ids: Many<Text>,
    /// Free attributes; `None` removes one.
    pub attributes: Many<(Text, Option<Text>)>,
}

const _: () = assert!(
    FIELD_COUNT <= 64,
    "a record's fields no longer fit the bits of `stated`"
);

impl Default for Record<'_> {
    fn default() -> Self {
        Record {
            scalars: [const { Raw::Absent }; FIELD_COUNT],
            stated: 0,
            identifiers: Many::Absent,
            related_contact_ids: Many::Absent,
            attributes: Many::Absent,
        }
    }
}

impl<'a> Record<'a> {
    /// States a field. Of a field stated twice the last holds.
    pub fn set(&mut self, field: FieldName, value: Raw<'a>) {
        self.stated |= 1 << field as u32;
        self.scalars[field as usize] = value;
    }

    /// What the record comes to.
    #[must_use]
    pub fn finish(mut self) -> Decoded {
        let is_signal = self.is_silent(FieldName::Kind) && !self.is_silent(FieldName::Signal);
        let read = if is_signal {
            self.signal()
        } else {
            self.event()
        };
        read.unwrap_or_else(Decoded::from)
    }

    /// Whether the field is absent, null or empty.
    fn is_silent(&self, field: FieldName) -> bool {
        match &self.scalars[field as usize] {
            Raw::Absent | Raw::Null => true,
            Raw::Text(text) => text.is_empty(),
            Raw::Bool(_) | Raw::Int(_) | Raw::Float(_) | Raw::Other(_) => false,
        }
    }

    fn take(&mut self, field: FieldName) -> Raw<'a> {
        self.stated &= !(1 << field as u32);
        std::mem::take(&mut self.scalars[field as usize])
    }

    fn event(&mut self) -> Result<Decoded, Fault> {
        let channel = required(FieldName::Channel, self.channel()?)?;
        let event_id = required(FieldName::EventId, self.text(FieldName::EventId)?)?;
        let kind = required(FieldName::Kind, self.kind(channel)?)?;
        let occurred_at = required(FieldName::OccurredAt, self.time(FieldName::OccurredAt)?)?;
        let contact_id = self.text(FieldName::ContactId)?;
        if channel != Channel::Web {
            required(FieldName::ContactId, contact_id.as_ref())?;
        }
        Ok(Decoded::Event(Box::new(Event {
            tenant: self.text(FieldName::Tenant)?.unwrap_or_default(),
            channel,
            source: self.text(FieldName::Source)?.unwrap_or_default(),
            event_id,
            kind,
            occurred_at,
            updated_at: self.time(FieldName::UpdatedAt)?.unwrap_or(occurred_at),
            contact_id: contact_id.unwrap_or_default(),
            root_contact_id: self.text(FieldName::RootContactId)?.unwrap_or_default(),
            thread_id: self.text(FieldName::ThreadId)?.unwrap_or_default(),
            related_contact_ids: std::mem::take(&mut self.related_contact_ids).take()?,
            identifiers: std::mem::take(&mut self.identifiers).take()?,
            fields: self.fields()?,
            attributes: std::mem::take(&mut self.attributes).take()?,
        })))
    }

    fn signal(&mut self) -> Result<Decoded, Fault> {
        let name = required(FieldName::Signal, self.text(FieldName::Signal)?)?;
        let Some(name) = SignalName::from_name(&name) else {
            return Ok(Decoded::Ignored {
                why: IgnoredWhy::UnknownSignal,
            });
        };
        let channel = self.channel()?;
        let event_id = required(FieldName::EventId, self.text(FieldName::EventId)?)?;
        let occurred_at = required(FieldName::OccurredAt, self.time(FieldName::OccurredAt)?)?;
        let contact_id = self.text(FieldName::ContactId)?;
        if contact_id.is_some() {
            required(FieldName::Channel, channel)?;
        }
        Ok(Decoded::Signal(Box::new(Signal {
            tenant: self.text(FieldName::Tenant)?.unwrap_or_default(),
            name,
            event_id,
            occurred_at,
            source: self.text(FieldName::Source)?.unwrap_or_default(),
            channel,
            contact_id: contact_id.unwrap_or_default(),
            root_contact_id: self.text(FieldName::RootContactId)?.unwrap_or_default(),
            thread_id: self.text(FieldName::ThreadId)?.unwrap_or_default(),
            identifiers: std::mem::take(&mut self.identifiers).take()?,
            due_at: self.time(FieldName::DueAt)?,
            purpose: self.text(FieldName::Purpose)?.unwrap_or_default(),
            amount: self.money(FieldName::Amount)?,
            score: self.money(FieldName::Score)?,
            scale: self.money(FieldName::Scale)?,
            attributes: std::mem::take(&mut self.attributes).take()?,
        })))
    }

    fn channel(&mut self) -> Result<Option<Channel>, Fault> {
        let Some(text) = read_text(FieldName::Channel, self.take(FieldName::Channel))? else {
            return Ok(None);
        };
        Channel::from_name(&text).map(Some).ok_or_else(|| {
            let detail = format!(
                "channel: expected {}, found {}",
                words_of(CHANNELS),
                quoted(&text)
            );
            Fault::new(RejectedReason::UnknownChannel, detail)
        })
    }

    fn kind(&mut self, channel: Channel) -> Result<Option<Kind>, Fault> {
        let text = read_text(FieldName::Kind, self.take(FieldName::Kind))?;
        Ok(text.map(|text| Kind::from_name(channel, &text)))
    }

    fn text(&mut self, field: FieldName) -> Result<Option<Text>, Fault> {
        Ok(read_text(field, self.take(field))?.map(Text::from))
    }

    fn time(&mut self, field: FieldName) -> Result<Option<Millis>, Fault> {
        read_time(field, self.take(field))
    }

    fn money(&mut self, field: FieldName) -> Result<Option<Money>, Fault> {
        read_money(field, self.take(field))
    }

    /// What the record states of the fields that are registers.
    fn fields(&mut self) -> Result<Vec<(Field, Value)>, Fault> {
        let mut fields = Vec::with_capacity(self.stated.count_ones() as usize);
        self.reason(&mut fields)?;
        let mut left = self.stated;
        while left != 0 {
            let name = FieldName::ALL[left.trailing_zeros() as usize];
            left &= left - 1;
            let Some((field, shape)) = register(name) else {
                continue;
            };
            let raw = std::mem::take(&mut self.scalars[name as usize]);
            // An empty text is no value, whatever the field.
            let is_null = match &raw {
                Raw::Null => true,
                Raw::Text(text) => text.is_empty(),
                _ => false,
            };
            match shape {
                // It has a default, so that "no value" is the default too.
                Shape::StepStatus if is_null => {}
                _ if is_null => fields.push((field, Value::Null)),
                _ => fields.push((field, read_value(name, shape, raw)?)),
            }
        }
        Ok(fields)
    }

    /// The reason stands in a register for each provenance. A code keeps its provenance beside it
    /// until the door maps it.
    fn reason(&mut self, fields: &mut Vec<(Field, Value)>) -> Result<(), Fault> {
        let stated = read_word(FieldName::ReasonSource, self.take(FieldName::ReasonSource))?;
        let provenance = stated.unwrap_or(Provenance::Qualified);
        let field = match provenance {
            Provenance::Page => Field::ReasonPage,
            Provenance::Queue => Field::ReasonQueue,
            Provenance::Declared => Field::ReasonDeclared,
            Provenance::Qualified => Field::ReasonQualified,
        };
        let raw = self.take(FieldName::Reason);
        if raw != Raw::Absent {
            let path = read_text(FieldName::Reason, raw)?;
            fields.push((
                field,
                path.map_or(Value::Null, |path| Value::Text(path.into())),
            ));
        }
        if stated.is_some() && self.stated & (1 << FieldName::ReasonCode as u32) != 0 {
            fields.push((Field::ReasonSource, Value::Text(provenance.name().into())));
        }
        Ok(())
    }
}

const CHANNELS: &[Channel] = Channel::ALL;

/// How a register's value is read.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Time,
    Duration,
    Money,
    Direction,
    Initiation,
    Outcome,
    StepStatus,
}

/// The register that a field states, and how it is read; `None` for the fields around them.
fn register(name: FieldName) -> Option<(Field, Shape)> {
    Some(match name {
        FieldName::Direction => (Field::Direction, Shape::Direction),
        FieldName::Initiation => (Field::Initiation, Shape::Initiation),
        FieldName::Automatic => (Field::Automatic, Shape::Bool),
        FieldName::Medium => (Field::Medium, Shape::Text),
        FieldName::StartedAt => (Field::StartedAt, Shape::Time),
        FieldName::EndedAt => (Field::EndedAt, Shape::Time),
        FieldName::Outcome => (Field::Outcome, Shape::Outcome),
        FieldName::WaitMs => (Field::WaitMs, Shape::Duration),
        FieldName::HandleMs => (Field::HandleMs, Shape::Duration),
        FieldName::ReasonCode => (Field::ReasonCode, Shape::Text),
        FieldName::Queue => (Field::Queue, Shape::Text),
        FieldName::Agent => (Field::Agent, Shape::Text),
        FieldName::Team => (Field::Team, Shape::Text),
        FieldName::Site => (Field::Site, Shape::Text),
        FieldName::Tier => (Field::Tier, Shape::Text),
        FieldName::MayContact => (Field::MayContact, Shape::Bool),
        FieldName::Party => (Field::Party, Shape::Text),
        FieldName::Url => (Field::Url, Shape::Text),
        FieldName::Page => (Field::Page, Shape::Text),
        FieldName::Step => (Field::Step, Shape::Text),
        FieldName::StepStatus => (Field::StepStatus, Shape::StepStatus),
        FieldName::Disposition => (Field::Disposition, Shape::Text),
        FieldName::DueAt => (Field::DueAt, Shape::Time),
        FieldName::ExtraCost => (Field::ExtraCost, Shape::Money),
        FieldName::Tenant
        | FieldName::Channel
        | FieldName::Source
        | FieldName::EventId
        | FieldName::Kind
        | FieldName::Signal
        | FieldName::OccurredAt
        | FieldName::UpdatedAt
        | FieldName::ContactId
        | FieldName::RootContactId
        | FieldName::ThreadId
        | FieldName::RelatedContactIds
        | FieldName::Identifiers
        | FieldName::Reason
        | FieldName::ReasonSource
        | FieldName::Purpose
        | FieldName::Amount
        | FieldName::Score
        | FieldName::Scale
        | FieldName::Attributes
        | FieldName::Cleared => return None,
    })
}

/// The value of a register that is stated and not null.
fn read_value(name: FieldName, shape: Shape, raw: Raw<'_>) -> Result<Value, Fault> {
    let value = match shape {
        Shape::Text => read_text(name, raw)?.map(|text| Value::Text(text.into())),
        Shape::Bool => match raw {
            Raw::Bool(truth) => Some(Value::Bool(truth)),
            other => return Err(Fault::wrong_type(name.name(), "a boolean", other.what())),
        },
        Shape::Time => read_time(name, raw)?.map(Value::Time),
        Shape::Duration => Some(Value::Int(read_duration(name, raw)?)),
        Shape::Money => read_money(name, raw)?.map(Value::Money),
        Shape::Direction => read_word(name, raw)?.map(Value::Direction),
        Shape::Initiation => read_word(name, raw)?.map(Value::Initiation),
        Shape::Outcome => read_word(name, raw)?.map(Value::Outcome),
        Shape::StepStatus => read_word(name, raw)?.map(Value::StepStatus),
    };
    Ok(value.unwrap_or(Value::Null))
}

fn required<T>(field: FieldName, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::new(RejectedReason::MissingField, field.name()))
}

/// A text that is not empty.
fn read_text<'a>(field: FieldName, raw: Raw<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    match raw {
        Raw::Absent | Raw::Null => Ok(None),
        Raw::Text(text) => Ok((!text.is_empty()).then_some(text)),
        other => Err(Fault::wrong_type(field.name(), "a text", other.what())),
    }
}

fn read_time(field: FieldName, raw: Raw<'_>) -> Result<Option<Millis>, Fault> {
    let read = match &raw {
        Raw::Absent | Raw::Null => return Ok(None),
        Raw::Text(text) if text.is_empty() => return Ok(None),
        Raw::Text(text) => parse_time(text),
        Raw::Int(at) => Some(Millis(*at)),
        Raw::Float(at) => whole(*at).map(Millis),
        other => return Err(Fault::wrong_type(field.name(), "a time", other.what())),
    };
    let in_range = |at: &Millis| (-TIME_MAX.0..=TIME_MAX.0).contains(&at.0);
    read.filter(in_range).map(Some).ok_or_else(|| {
        let found = raw.what();
        let detail = format!(
            "{}: expected RFC 3339 with offset or epoch milliseconds, found {found}",
            field.name()
        );
        Fault::new(RejectedReason::BadTime, detail)
    })
}

fn read_duration(field: FieldName, raw: Raw<'_>) -> Result<i64, Fault> {
    let read = match raw {
        Raw::Int(duration_ms) => Some(duration_ms),
        Raw::Float(duration_ms) => whole(duration_ms),
        _ => None,
    };
    match read {
        Some(duration_ms @ 0..=DURATION_MAX_MS) => Ok(duration_ms),
        Some(_) => {
            let detail = format!("{}: expected 0 milliseconds or more", field.name());
            Err(Fault::new(RejectedReason::BadValue, detail))
        }
        None => Err(Fault::wrong_type(
            field.name(),
            "whole milliseconds",
            raw.what(),
        )),
    }
}

fn read_money(field: FieldName, raw: Raw<'_>) -> Result<Option<Money>, Fault> {
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
trait Word: Copy + 'static {
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

fn words_of<T: Word>(words: &[T]) -> String {
    words
        .iter()
        .map(|word| word.word())
        .collect::<Vec<_>>()
        .join(" or ")
}

fn read_word<T: Word>(field: FieldName, raw: Raw<'_>) -> Result<Option<T>, Fault> {
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
