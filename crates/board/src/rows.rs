//! Records of the output topics, with the fields that the board keeps. JSON and Avro give the same.

use model::{Channel, Text};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// An instant: RFC 3339 in JSON, milliseconds in Avro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) i64);

struct OfInstant;

impl Visitor<'_> for OfInstant {
    type Value = Instant;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time of RFC 3339, or milliseconds")
    }

    fn visit_i64<E: Error>(self, millis: i64) -> Result<Instant, E> {
        Ok(Instant(millis))
    }

    fn visit_u64<E: Error>(self, millis: u64) -> Result<Instant, E> {
        i64::try_from(millis).map(Instant).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
        let at: jiff::Timestamp = text.parse().map_err(E::custom)?;
        Ok(Instant(at.as_millisecond()))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        deserializer.deserialize_any(OfInstant)
    }
}

/// A row of table `contacts`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ContactRow {
    pub(crate) contact_id: Text,
    pub(crate) channel: Channel,
    pub(crate) source: Text,
    pub(crate) customer: Option<Text>,
    pub(crate) medium: Option<Text>,
    pub(crate) direction: Text,
    pub(crate) started_at: Instant,
    pub(crate) ended_at: Instant,
    pub(crate) end_kind: Text,
    pub(crate) outcome: Option<Text>,
    pub(crate) reason: Option<Text>,
    pub(crate) reason_source: Option<Text>,
    pub(crate) agent: Option<Text>,
    pub(crate) team: Option<Text>,
    pub(crate) tier: Option<Text>,
    pub(crate) page: Option<Text>,
    pub(crate) disposition: Option<Text>,
    pub(crate) wait_ms: Option<i64>,
    pub(crate) handle_ms: Option<i64>,
    pub(crate) cost: Option<f64>,
    pub(crate) follower: bool,
    pub(crate) not_counted_because: Option<Text>,
    pub(crate) link: Option<Text>,
}

/// A record of topic `verdicts`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct VerdictsRow {
    pub(crate) readings: Vec<ReadingRow>,
}

/// One reading in it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReadingRow {
    pub(crate) window: Text,
    pub(crate) scope: Text,
    pub(crate) reason_mode: Text,
    pub(crate) verdict: Text,
    pub(crate) status: Text,
    pub(crate) class: Option<Text>,
    pub(crate) gap_ms: Option<i64>,
    pub(crate) count: Option<i64>,
    pub(crate) rank: Option<i64>,
    pub(crate) session_id: Option<Text>,
    pub(crate) origin: bool,
    pub(crate) cause: Option<Text>,
}

/// A row of table `sessions`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) customer: Text,
    pub(crate) session_id: Text,
    pub(crate) started_at: Instant,
    pub(crate) ended_at: Instant,
    pub(crate) contacts: i64,
    pub(crate) repeats: i64,
    pub(crate) retries: i64,
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<Text>,
    pub(crate) cost: Option<f64>,
    pub(crate) avoidable_cost: Option<f64>,
    pub(crate) complete: bool,
    pub(crate) last_outcome: Option<Text>,
}

/// A row of table `alerts`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AlertRow {
    pub(crate) alert_id: Text,
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) name: Text,
    pub(crate) version: i64,
    pub(crate) status: Text,
    pub(crate) revision: i64,
    pub(crate) cause: Option<Text>,
    pub(crate) customer: Option<Text>,
    pub(crate) contact_id: Option<Text>,
    pub(crate) channel: Option<Channel>,
    pub(crate) source: Option<Text>,
    pub(crate) link: Option<Text>,
    pub(crate) count: Option<i64>,
    pub(crate) gap_ms: Option<i64>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<Text>,
    pub(crate) cost: Option<f64>,
    pub(crate) tier: Option<Text>,
    pub(crate) may_contact: Option<bool>,
    pub(crate) confidence: Option<Text>,
    pub(crate) event_at: Instant,
    pub(crate) details: Option<Text>,
}

/// A row of table `journeys`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct JourneyRow {
    pub(crate) rule: Text,
    pub(crate) channel: Option<Channel>,
    pub(crate) entered_at: Instant,
    pub(crate) decided_at: Instant,
    pub(crate) status: Text,
    pub(crate) segment: Vec<Text>,
    pub(crate) cost: Option<f64>,
}

/// A row of table `figures`: what one task has counted.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FigureRow {
    pub(crate) date: Text,
    pub(crate) hour: Option<u8>,
    pub(crate) figure: Text,
    pub(crate) rule: Option<Text>,
    pub(crate) window: Option<Text>,
    pub(crate) scope: Option<Text>,
    pub(crate) reason_mode: Option<Text>,
    pub(crate) from_channel: Option<Channel>,
    pub(crate) channel: Option<Channel>,
    pub(crate) segment: Option<Text>,
    pub(crate) age_days: Option<u8>,
    pub(crate) numerator: f64,
    pub(crate) denominator: Option<i64>,
    pub(crate) matured: bool,
}

/// A row of table `samples`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SampleRow {
    pub(crate) date: Text,
    pub(crate) figure: Text,
    pub(crate) rule: Option<Text>,
    pub(crate) segment: Option<Text>,
    pub(crate) rank: u32,
    pub(crate) contact_id: Text,
    pub(crate) channel: Channel,
    pub(crate) source: Text,
    pub(crate) link: Option<Text>,
}

/// A row of table `markers`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MarkerRow {
    pub(crate) at: Instant,
    pub(crate) kind: Option<Text>,
    pub(crate) name: Option<Text>,
}

/// A row of table `dead_letters`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LetterRow {
    pub(crate) topic: Text,
    pub(crate) reason: Text,
}

/// What an alert's details may say; what is not known stays out.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    pub(crate) segment: Segment,
    pub(crate) since: Option<Instant>,
    pub(crate) over_since: Option<Instant>,
    pub(crate) silent_since: Option<Instant>,
    pub(crate) last_event_at: Option<Instant>,
    pub(crate) silence_max: Option<String>,
    pub(crate) breaks: Option<f64>,
    pub(crate) expected: Option<f64>,
    pub(crate) customers: Option<u64>,
}

/// `key=value` pairs, as a list, a text with commas, or an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Segment {
    List(Vec<String>),
    Text(String),
    Object(BTreeMap<String, String>),
}

impl Default for Segment {
    fn default() -> Segment {
        Segment::List(Vec::new())
    }
}

impl Segment {
    pub(crate) fn pairs(&self) -> Vec<String> {
        match self {
            Segment::List(list) => list.clone(),
            Segment::Text(text) if text.is_empty() => Vec::new(),
            Segment::Text(text) => text.split(',').map(str::to_owned).collect(),
            Segment::Object(object) => {
                let pairs = object.iter();
                pairs.map(|(key, value)| format!("{key}={value}")).collect()
            }
        }
    }
}
