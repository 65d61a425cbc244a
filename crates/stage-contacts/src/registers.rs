//! A register for each field: the value that the greatest version states.

use model::{Direction, Initiation, Version};
use model::{Event, Field, Identifier, Millis, Money, Outcome, Provenance, Reason, Text, Value};

/// An event, all versions of it included, with its version.
pub(crate) type Heard = (Version, Event);

/// The registers of a group of events: of a leg, a mail, a visit, a whole contact.
pub(crate) struct Registers<'a> {
    slots: [Option<(Version, &'a Value)>; Field::ALL.len()],
}

impl<'a> Registers<'a> {
    pub(crate) fn of(events: impl Iterator<Item = &'a Heard>) -> Registers<'a> {
        let mut registers = Registers {
            slots: [None; Field::ALL.len()],
        };
        for (version, event) in events {
            for (field, value) in &event.fields {
                registers.state(*field, *version, value);
            }
        }
        registers
    }

    /// A further statement.
    pub(crate) fn state(&mut self, field: Field, version: Version, value: &'a Value) {
        let slot = &mut self.slots[field as usize];
        if slot.is_none_or(|(known, _)| known < version) {
            *slot = Some((version, value));
        }
    }

    fn value(&self, field: Field) -> Option<&'a Value> {
        self.slots[field as usize].map(|(_, value)| value)
    }

    /// Who states the field, whatever it says.
    pub(crate) fn version(&self, field: Field) -> Option<Version> {
        self.slots[field as usize].map(|(version, _)| version)
    }

    pub(crate) fn text(&self, field: Field) -> Text {
        match self.value(field) {
            Some(Value::Text(text)) => text.clone(),
            _ => Text::default(),
        }
    }

    pub(crate) fn time(&self, field: Field) -> Option<Millis> {
        match self.value(field) {
            Some(Value::Time(at)) => Some(*at),
            _ => None,
        }
    }

    pub(crate) fn duration_ms(&self, field: Field) -> Option<i64> {
        match self.value(field) {
            Some(Value::Int(duration_ms)) => Some(*duration_ms),
            _ => None,
        }
    }

    pub(crate) fn truth(&self, field: Field) -> Option<bool> {
        match self.value(field) {
            Some(Value::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }

    pub(crate) fn money(&self, field: Field) -> Option<Money> {
        match self.value(field) {
            Some(Value::Money(amount)) => Some(*amount),
            _ => None,
        }
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.value(Field::Outcome) {
            Some(Value::Outcome(outcome)) => Some(*outcome),
            _ => None,
        }
    }

    pub(crate) fn direction(&self) -> Option<Direction> {
        match self.value(Field::Direction) {
            Some(Value::Direction(direction)) => Some(*direction),
            _ => None,
        }
    }

    pub(crate) fn initiation(&self) -> Option<Initiation> {
        match self.value(Field::Initiation) {
            Some(Value::Initiation(initiation)) => Some(*initiation),
            _ => None,
        }
    }

    /// The reason of the greatest provenance that states one.
    pub(crate) fn reason(&self) -> Option<Reason> {
        const BY_PROVENANCE: [(Field, Provenance); 4] = [
            (Field::ReasonQualified, Provenance::Qualified),
            (Field::ReasonDeclared, Provenance::Declared),
            (Field::ReasonQueue, Provenance::Queue),
            (Field::ReasonPage, Provenance::Page),
        ];
        BY_PROVENANCE.iter().find_map(|(field, provenance)| {
            let (version, value) = self.slots[*field as usize]?;
            let Value::Text(path) = value else {
                return None;
            };
            Some(Reason {
                path: path.clone(),
                provenance: *provenance,
                version,
            })
        })
    }
}

/// The newest version of each event: it says the event's kind and time.
pub(crate) fn newest<'a>(events: &[&'a Heard]) -> Vec<&'a Heard> {
    let mut newest: Vec<&Heard> = events.to_vec();
    if newest.len() > 1 {
        newest.sort_unstable_by(|(a_version, a), (b_version, b)| {
            (&a.event_id, &a.source, b_version).cmp(&(&b.event_id, &b.source, a_version))
        });
        newest.dedup_by(|(_, later), (_, kept)| {
            later.event_id == kept.event_id && later.source == kept.source
        });
    }
    newest
}

/// The registers of one event: what its versions state.
pub(crate) fn of_event<'a>(heard: &[&'a Heard], event: &Event) -> Registers<'a> {
    let same =
        |(_, other): &&&Heard| other.event_id == event.event_id && other.source == event.source;
    Registers::of(heard.iter().filter(same).copied())
}

/// Every version of every event, beside the newest version of the same event: where that belongs,
/// all of them belong.
pub(crate) fn placed<'a>(events: impl Iterator<Item = &'a Heard>) -> Vec<(&'a Event, &'a Heard)> {
    let mut all: Vec<&Heard> = events.collect();
    all.sort_unstable_by(|(a_version, a), (b_version, b)| {
        (&a.event_id, &a.source, b_version).cmp(&(&b.event_id, &b.source, a_version))
    });
    let same = |(_, a): &&Heard, (_, b): &&Heard| a.event_id == b.event_id && a.source == b.source;
    let events = all.chunk_by(same);
    events
        .flat_map(|versions| versions.iter().map(|heard| (&versions[0].1, *heard)))
        .collect()
}

/// The same, grouped by the newest version's `contact_id`.
pub(crate) fn by_contact_id<'a>(
    events: impl Iterator<Item = &'a Heard>,
) -> Vec<(&'a Text, Vec<&'a Heard>)> {
    let mut placed = placed(events);
    placed.sort_by(|(a, _), (b, _)| a.contact_id.cmp(&b.contact_id));
    let groups = placed.chunk_by(|(a, _), (b, _)| a.contact_id == b.contact_id);
    groups
        .map(|group| {
            (
                &group[0].0.contact_id,
                group.iter().map(|(_, heard)| *heard).collect(),
            )
        })
        .collect()
}

/// One identifier of each type, in order of type.
pub(crate) fn identifiers<'a>(events: impl Iterator<Item = &'a Heard>) -> Vec<Identifier> {
    let mut stated: Vec<(Version, &Identifier)> = Vec::new();
    for (version, event) in events {
        for identifier in &event.identifiers {
            match stated
                .iter_mut()
                .find(|(_, known)| known.kind == identifier.kind)
            {
                Some(known) if known.0 < *version => *known = (*version, identifier),
                Some(_) => {}
                None => stated.push((*version, identifier)),
            }
        }
    }
    stated.sort_unstable_by(|(_, a), (_, b)| a.kind.cmp(&b.kind));
    stated
        .into_iter()
        .map(|(_, identifier)| identifier.clone())
        .collect()
}

/// The attributes in order of name, without those that were removed.
pub(crate) fn attributes<'a>(events: impl Iterator<Item = &'a Heard>) -> Vec<(Text, Text)> {
    let mut stated: Vec<(Version, &Text, &Option<Text>)> = Vec::new();
    for (version, event) in events {
        for (name, value) in &event.attributes {
            match stated.iter_mut().find(|(_, known, _)| *known == name) {
                Some(known) if known.0 < *version => *known = (*version, name, value),
                Some(_) => {}
                None => stated.push((*version, name, value)),
            }
        }
    }
    stated.sort_unstable_by_key(|(_, name, _)| *name);
    let kept = stated
        .into_iter()
        .filter_map(|(_, name, value)| Some((name, value.as_ref()?)));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
