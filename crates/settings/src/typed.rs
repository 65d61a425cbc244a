//! The configuration as typed: one struct a table, in the words and types of TOML.
//!
//! The list of keys has been compared before, so that unknown keys and wrong types are refused with
//! their place; here they are refused once more. What each key means, its unit, range and default
//! stand in that list ([`crate::KEYS`]). A key with a fixed default is always there; an `Option` is
//! one whose default depends on something else.

use crate::duration::Duration;
use model::{Channel, Direction, Initiation, Outcome};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A table with names of the tenant, in the order in which they were typed.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
            type Value = Ordered<T>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

/// The root of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    pub tenant: String,
    pub time_zone: String,
    pub country: Option<String>,
    pub week: Vec<String>,
    pub holidays: Vec<String>,
    pub language: String,
    pub currency: String,
    pub contact_link: Option<String>,
    pub rules: Vec<String>,
    pub headline: Option<String>,
    pub readings: Option<Vec<String>>,
    pub reason_depth: Option<usize>,
    pub page_reason_within: Duration,
    pub mail_grace: Duration,
    pub reach: Duration,
    pub future_drift_max: Duration,
    pub contacts_per_customer_max: usize,
    #[serde(default)]
    pub windows: Ordered<Window>,
    #[serde(default)]
    pub scopes: Ordered<Vec<Channel>>,
    #[serde(default)]
    pub roles: Vec<Role>,
    pub visits: Visits,
    #[serde(default)]
    pub channels: Ordered<ChannelKeys>,
    pub sources: Ordered<Source>,
    #[serde(default)]
    pub costs: Ordered<Cost>,
    pub identity: Identity,
    pub policies: Option<Vec<Policy>>,
    #[serde(default)]
    pub tables: Tables,
    #[serde(default)]
    pub import: Ordered<Import>,
    pub figures: Figures,
    pub kafka: Kafka,
    pub http: Http,
}

/// `[windows]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    pub rolling: Option<Duration>,
    pub calendar_days: Option<u32>,
    pub business_days: Option<u32>,
    pub from: From,
}

/// `[windows] from`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    Start,
    End,
}

/// `[[roles]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    pub channel: Option<Channel>,
    pub outcome: Option<Outcome>,
    pub initiation: Option<Initiation>,
    pub direction: Option<Direction>,
    pub prior: Prior,
    pub follower: bool,
    pub origin: bool,
}

/// `[[roles]] prior`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Prior {
    Answered,
    Abandoned,
    None,
}

/// `[visits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visits {
    pub inactivity: Duration,
    pub assistance: bool,
    pub count_steps: Vec<String>,
}

/// `[channels.CHANNEL]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelKeys {
    pub silence: Option<Duration>,
    pub short_below: Duration,
    pub answer_within: Option<Duration>,
}

/// `[sources.SOURCE]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub lateness: Duration,
    pub acceptance: Duration,
    pub silence_max: Duration,
    pub brings: Option<Vec<String>>,
    pub rank: i32,
    pub join_legs_within: Duration,
}

/// `[costs.CHANNEL]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cost {
    pub fixed: f64,
    pub per_minute: f64,
}

/// `[identity]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub unique: Vec<String>,
    pub handles: Option<Vec<String>>,
    pub contacts_per_day_max: u32,
    #[serde(default)]
    pub link_life: Ordered<Duration>,
    pub block: Vec<String>,
    pub secret_file: Option<String>,
    pub pseudonymise: bool,
}

/// `[[policies]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub name: Option<String>,
    pub version: u32,
    pub reading: Option<String>,
    pub count_min: u32,
    pub cool_down: Duration,
    pub channels: Option<Vec<String>>,
    #[serde(default)]
    pub reasons: Vec<String>,
    #[serde(default)]
    pub tiers: Vec<String>,
}

/// `[tables]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tables {
    pub reasons: Option<Codes>,
    pub queues: Option<Codes>,
    pub steps: Option<Codes>,
    pub dispositions: Option<Codes>,
    pub automatic_senders: Option<Codes>,
}

/// A table of codes: where it is, or its rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Codes {
    File(String),
    Texts(Vec<String>),
    Rows(Vec<BTreeMap<String, String>>),
}

/// `[import.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    pub r#match: String,
    pub separator: String,
    pub encoding: String,
    pub time_zone: Option<String>,
    pub time_format: Option<String>,
    pub channel: Option<Channel>,
    pub source: Option<String>,
    pub kind: Option<String>,
    #[serde(default)]
    pub columns: Ordered<String>,
    #[serde(default)]
    pub values: Ordered<Ordered<String>>,
}

/// `[figures]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    pub topics: bool,
    pub segments: Option<Vec<Segment>>,
}

/// `[[figures.segments]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Segment {
    pub keys: Vec<String>,
    pub values_max: usize,
}

/// `[kafka]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kafka {
    pub bootstrap_servers: String,
    pub application_id: String,
    pub instance: Option<String>,
    pub registry_url: Option<String>,
    #[serde(default)]
    pub config: Ordered<String>,
    #[serde(default)]
    pub topics: Ordered<Topic>,
}

/// `[kafka.topics.TOPIC]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    pub source: Option<String>,
    pub format: Option<String>,
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    pub listen: String,
    pub token_file: Option<String>,
    pub proxy_header: Option<String>,
}
