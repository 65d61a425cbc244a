//! A record's known fields, and what they come to.

use crate::names::FIELD_COUNT;
use crate::values::{
    Many, Raw, read_duration, read_money, read_text, read_time, read_word, required, words_of,
};
use crate::{Decoded, Fault, FieldName, quoted};
use model::{
    Channel, Event, Field, Identifier, IgnoredWhy, Kind, Millis, Money, Provenance, RejectedReason,
    Signal, SignalName, Text, Value,
};

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
                words_of(Channel::ALL),
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
