//! The history that the stories write into: people, what they did so far, and the records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value};

use super::people::Person;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Setup};
use crate::workload::dice::Dice;
use crate::workload::record::Record;

/// The fields of an event. Times are whole milliseconds until the record is written.
pub(super) type Fields = Map<String, Value>;

/// Fields that hold a time.
pub(super) const TIMES: [&str; 5] = [
    "occurred_at",
    "updated_at",
    "started_at",
    "ended_at",
    "due_at",
];

/// Channel and source: where a contact takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) channel: &'static str,
    pub(super) source: &'static str,
}

/// A contact that was written, as far as later stories need to know it.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) person: usize,
    pub(super) place: Place,
    /// Empty for a visit without the tool's id.
    pub(super) contact_id: String,
    pub(super) root_contact_id: Option<String>,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// An event that was written, for corrections and duplicates.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) fields: Fields,
    pub(super) arrives_at_ms: i64,
}

pub(super) struct History {
    pub(super) dice: Dice,
    pub(super) setup: Setup,
    pub(super) people: Vec<Person>,
    pub(super) past: Vec<Past>,
    pub(super) sent: Vec<Sent>,
    pub(super) records: Vec<Record>,
    pub(super) features: BTreeMap<&'static str, u64>,
    last_id: u64,
}

impl History {
    pub(super) fn new(mut dice: Dice) -> Self {
        let mut setup = Setup::draw(&mut dice);
        let features = std::mem::take(&mut setup.features);
        Self {
            dice,
            setup,
            people: Vec::new(),
            past: Vec::new(),
            sent: Vec::new(),
            records: Vec::new(),
            features,
            last_id: 0,
        }
    }

    pub(super) fn saw(&mut self, feature: &'static str) {
        *self.features.entry(feature).or_default() += 1;
    }

    /// A new id. Prefixes alternate so that the bytewise order is not the order of time.
    pub(super) fn id(&mut self) -> String {
        self.last_id += 1;
        let prefix = self.dice.pick(&["K", "a", "Z-", "0"]);
        format!("{prefix}{}", self.last_id)
    }

    /// An event with its own id; `started_at` and all else is left to the story.
    pub(super) fn event(&mut self, place: Place, kind: &str, occurred_at_ms: i64) -> Fields {
        let mut fields = Fields::new();
        fields.insert("event_id".into(), self.id().into());
        fields.insert("channel".into(), place.channel.into());
        if place.source != "default" || self.dice.percent(10) {
            fields.insert("source".into(), place.source.into());
        }
        fields.insert("kind".into(), kind.into());
        fields.insert("occurred_at".into(), occurred_at_ms.into());
        if self.dice.percent(10) {
            fields.insert("updated_at".into(), occurred_at_ms.into());
        }
        fields
    }

    /// Sends an event about when it happened, and now and then a second time.
    pub(super) fn send(&mut self, fields: Fields) {
        let choices = [
            (60, 0),
            (15, 200),
            (10, 5 * SECOND_MS),
            (10, 5 * MINUTE_MS),
            (5, 3 * HOUR_MS),
        ];
        let delay_ms = self.dice.weighted(&choices);
        if delay_ms == 3 * HOUR_MS {
            self.saw("late_event");
        }
        let occurred_at_ms = fields
            .get("occurred_at")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        self.send_at(fields, occurred_at_ms + delay_ms);
    }

    /// Sends an event that arrives at a given time.
    pub(super) fn send_at(&mut self, fields: Fields, arrives_at_ms: i64) {
        self.write(&fields, arrives_at_ms);
        if self.dice.percent(5) {
            let later_ms = self.dice.pick(&[0, 1, MINUTE_MS, HOUR_MS, 2 * DAY_MS]);
            self.duplicate(&fields, arrives_at_ms + later_ms);
        }
        self.sent.push(Sent {
            fields,
            arrives_at_ms,
        });
    }

    /// The same content once more, perhaps in another notation.
    pub(super) fn duplicate(&mut self, fields: &Fields, arrives_at_ms: i64) {
        let mut copy = fields.clone();
        self.saw("duplicate");
        if self.dice.percent(30) {
            let occurred_at = copy.get("occurred_at").cloned().unwrap_or(Value::Null);
            copy.entry("updated_at").or_insert(occurred_at);
            copy.insert("tenant".into(), "acme".into());
            copy.insert("vendor_note".into(), "sent again".into());
            copy.entry("source").or_insert("default".into());
            self.saw("duplicate_other_notation");
        }
        self.write(&copy, arrives_at_ms);
    }

    /// Writes the fields as a line, times in one notation or another.
    fn write(&mut self, fields: &Fields, arrives_at_ms: i64) {
        let mut line = fields.clone();
        for name in TIMES {
            if let Some(at_ms) = line.get(name).and_then(Value::as_i64) {
                let text = self.time(at_ms);
                line.insert(name.into(), text);
            }
        }
        if self.dice.percent(3) {
            line.insert("vendor_note".into(), "field of nobody".into());
            self.saw("unknown_field");
        }
        self.write_text(Value::Object(line).to_string(), arrives_at_ms);
    }

    /// Writes a line as it stands.
    pub(super) fn write_text(&mut self, json: String, arrives_at_ms: i64) {
        self.records.push(Record {
            json,
            arrives_at_ms,
        });
    }

    /// A time as epoch milliseconds or as RFC 3339 with one of several offsets.
    fn time(&mut self, at_ms: i64) -> Value {
        let Ok(at) = Timestamp::from_millisecond(at_ms) else {
            return at_ms.into();
        };
        match self.dice.below(10) {
            0..=3 => {
                self.saw("time_epoch_ms");
                at_ms.into()
            }
            4..=6 => {
                self.saw("time_utc");
                at.to_string().into()
            }
            7 | 8 => {
                self.saw("time_local_offset");
                let offset = self.setup.zone.to_offset(at);
                whole_minutes(at, offset).into()
            }
            _ => {
                self.saw("time_odd_offset");
                let minutes = self.dice.pick(&[345, -210, 840, -720, 0]);
                let offset = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
                whole_minutes(at, offset).into()
            }
        }
    }

    /// Somebody, a few of them far more often than others.
    pub(super) fn somebody(&mut self) -> usize {
        let count = self.people.len();
        if self.dice.percent(40) {
            self.dice.index(count.min(3))
        } else {
            self.dice.index(count)
        }
    }

    /// The latest contacts of a person, as indices of `past`.
    pub(super) fn past_of(&self, person: usize) -> Vec<usize> {
        (0..self.past.len())
            .filter(|index| self.past[*index].person == person)
            .collect()
    }

    /// Remembers a contact and says where.
    pub(super) fn remember(&mut self, past: Past) -> usize {
        if past.start_ms == past.end_ms {
            self.saw("zero_length");
        }
        let overlaps = |other: &Past| {
            other.person == past.person
                && other.start_ms < past.end_ms
                && past.start_ms < other.end_ms
        };
        if self.past.iter().any(overlaps) {
            self.saw("overlap");
        }
        if self
            .past
            .iter()
            .any(|other| other.start_ms == past.start_ms)
        {
            self.saw("tie_in_start");
        }
        self.past.push(past);
        self.past.len() - 1
    }
}

/// RFC 3339 with an offset; an offset with seconds, of local mean times, would be no RFC 3339.
fn whole_minutes(at: Timestamp, offset: Offset) -> String {
    at.display_with_offset(offset).to_string()
}
