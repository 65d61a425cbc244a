//! The configuration, as typed in TOML and as the oracle means it.
//!
//! Unknown keys are passed over: to refuse them is the engine's business. What is read here is what
//! can change a settled result.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::journeys::Rule;

mod typed;

pub use typed::read;

/// The channels, in the order of the glossary.
pub const CHANNELS: [&str; 5] = ["phone", "chat", "email", "video", "web"];

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long a window is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// At most that many milliseconds.
    Rolling(i64),
    /// Local dates at most that far apart.
    CalendarDays(i64),
    /// At most that many working days after the anchor's date, up to the follower's.
    BusinessDays(i64),
}

/// A named criterion for "came back".
#[derive(Clone, Debug)]
pub struct Window {
    /// Its name in the configuration.
    pub name: String,
    /// How long it is.
    pub extent: Extent,
    /// Measured from the anchor's start instead of its end.
    pub from_start: bool,
}

/// The channels that a reading looks at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Its name in the configuration.
    pub name: String,
    /// Names of channels.
    pub channels: Vec<String>,
}

/// Window × scope × reason mode.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The window.
    pub window: Window,
    /// The scope.
    pub scope: Scope,
    /// Mode `same`: only contacts with the same reason see each other.
    pub same_reason: bool,
}

impl Reading {
    /// `window scope mode`.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.window.name, self.scope.name, self.mode())
    }

    /// `any` or `same`.
    pub fn mode(&self) -> &'static str {
        if self.same_reason { "same" } else { "any" }
    }
}

/// A configured row of the role table. A key that is absent matches everything.
#[derive(Clone, Debug, Deserialize)]
pub struct RoleRow {
    /// Channel to match.
    pub channel: Option<String>,
    /// Outcome to match; an unknown outcome does not.
    pub outcome: Option<String>,
    /// Initiation to match.
    pub initiation: Option<String>,
    /// Direction to match.
    pub direction: Option<String>,
    /// `answered`, `abandoned` or `none` (the default).
    pub prior: Option<String>,
    /// Role follower.
    #[serde(default)]
    pub follower: bool,
    /// Role origin.
    #[serde(default)]
    pub origin: bool,
}

/// What a channel's contact costs, in millionths of the currency.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Per contact.
    pub fixed: i64,
    /// Per handled minute.
    pub per_minute: i64,
}

/// When a `RepeatContact` is raised.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: i64,
    /// The reading whose count it looks at.
    pub reading: Reading,
    /// The least count.
    pub count_min: i64,
    /// Milliseconds in which a standing alert of the same customer suppresses another.
    pub cool_down_ms: i64,
    /// Channels of the contact; absent: all.
    pub channels: Option<Vec<String>>,
    /// Reasons at or above the contact's; absent: all.
    pub reasons: Option<Vec<String>>,
    /// Tiers of the contact; absent: all.
    pub tiers: Option<Vec<String>>,
}

/// A row of the table of reasons.
#[derive(Clone, Debug, Deserialize)]
pub struct ReasonRow {
    /// Source, or empty for every source.
    #[serde(default)]
    pub source: String,
    /// The source's code.
    pub code: String,
    /// The tenant's path.
    pub reason: String,
}

/// A row of the table of queues.
#[derive(Clone, Debug, Deserialize)]
pub struct QueueRow {
    /// Source, or empty for every source.
    #[serde(default)]
    pub source: String,
    /// The source's queue.
    pub queue: String,
    /// The tenant's path.
    pub reason: String,
}

/// A row of the table of steps.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepRow {
    /// Glob over the URL without query and fragment.
    pub url: String,
    /// A page name or a kind.
    pub event: String,
    /// The service step, or empty.
    pub step: String,
    /// `started`, `completed`, `failed`, or empty for `completed`.
    pub status: String,
    /// The reason, or empty.
    pub reason: String,
    /// The page's name, or empty.
    pub page: String,
}

/// A row of the table of dispositions.
#[derive(Clone, Debug, Deserialize)]
pub struct DispositionRow {
    /// Source, or empty for every source.
    #[serde(default)]
    pub source: String,
    /// The source's code.
    pub code: String,
    /// The tenant's word.
    pub disposition: String,
}

/// Dimensions by which figures are broken down together.
#[derive(Clone, Debug, Deserialize)]
pub struct Family {
    /// Names of the dimensions.
    pub keys: Vec<String>,
    /// Segments that are shown.
    #[serde(default = "Family::values_max")]
    pub values_max: usize,
}

impl Family {
    fn values_max() -> usize {
        100
    }
}

/// Tables of codes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tables {
    /// Codes of reasons to paths.
    pub reasons: Vec<ReasonRow>,
    /// Queues to paths.
    pub queues: Vec<QueueRow>,
    /// URLs and events to steps.
    pub steps: Vec<StepRow>,
    /// Codes of dispositions to words.
    pub dispositions: Vec<DispositionRow>,
    /// Globs over senders whose mail is automatic.
    pub automatic_senders: Vec<String>,
}

/// The configuration as meant. Lengths of time are milliseconds.
#[derive(Clone, Debug)]
pub struct Config {
    /// The only tenant.
    pub tenant: String,
    /// Where its days begin.
    pub time_zone: TimeZone,
    /// How its national phone numbers are read.
    pub country: Option<phonenumber::country::Id>,
    /// Working days of the week.
    pub week: Vec<Weekday>,
    /// Dates that are no working days.
    pub holidays: Vec<Date>,
    /// Template of a contact's link.
    pub contact_link: Option<String>,
    /// The reading of the sessions.
    pub headline: Reading,
    /// All that is evaluated, in order of configuration.
    pub readings: Vec<Reading>,
    /// Levels compared in mode `same`.
    pub reason_depth: usize,
    /// How long a visit's reason is lent.
    pub page_reason_within_ms: i64,
    /// How long after an answer a mail belongs to the one answered.
    pub mail_grace_ms: i64,
    /// How long before a login contacts are moved by it.
    pub reach_ms: i64,
    /// How far `occurred_at` may be after the start of the run.
    pub future_drift_max_ms: i64,
    /// Contacts kept per customer.
    pub contacts_per_customer_max: usize,
    /// Rows that stand before the built-in role table.
    pub roles: Vec<RoleRow>,
    /// Silence that ends a visit.
    pub inactivity_ms: i64,
    /// Visits during a call are no followers.
    pub assistance: bool,
    /// Names or statuses of steps that make a visit count.
    pub count_steps: Vec<String>,
    silence_ms: BTreeMap<String, i64>,
    short_below_ms: BTreeMap<String, i64>,
    ranks: BTreeMap<String, i64>,
    join_legs_within_ms: BTreeMap<String, i64>,
    /// Costs by channel.
    pub costs: BTreeMap<String, Cost>,
    /// Types of identifiers that name one customer.
    pub unique: Vec<String>,
    /// Types of identifiers that can be shared, `device` last.
    pub handles: Vec<String>,
    /// Contacts a day above which an identifier is quarantined; 0: never.
    pub contacts_per_day_max: i64,
    link_life_ms: BTreeMap<String, i64>,
    /// Values that mean nobody.
    pub block: Vec<String>,
    /// Policies in order of configuration.
    pub policies: Vec<Policy>,
    /// Tables of codes.
    pub tables: Tables,
    /// Channels of the scopes, by whose names rules may give channels.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// The journey rules that hold.
    pub rules: Vec<Rule>,
    /// Kinds of events that they ask for.
    pub kinds: Vec<String>,
    /// Dimensions of the figures.
    pub families: Vec<Family>,
    answer_within_ms: BTreeMap<String, i64>,
}

impl Config {
    /// Silence in milliseconds after which a contact of the channel ends by itself.
    pub fn silence_ms(&self, channel: &str) -> i64 {
        let default = match channel {
            "phone" => 4 * HOUR_MS,
            "email" => 7 * DAY_MS,
            _ => 2 * HOUR_MS,
        };
        self.silence_ms.get(channel).copied().unwrap_or(default)
    }

    /// Milliseconds below which an inferred outcome is `short`.
    pub fn short_below_ms(&self, channel: &str) -> i64 {
        self.short_below_ms.get(channel).copied().unwrap_or(0)
    }

    /// Milliseconds in which a contact of the channel should be answered.
    pub fn answer_within_ms(&self, channel: &str) -> Option<i64> {
        let default = match channel {
            "phone" => Some(20_000),
            "chat" | "video" => Some(15_000),
            _ => None,
        };
        self.answer_within_ms.get(channel).copied().or(default)
    }

    /// Rank of a source: `[sources.default]` speaks for those without a table of their own.
    pub fn rank(&self, source: &str) -> i64 {
        let table = self.ranks.get(source).or_else(|| self.ranks.get("default"));
        table.copied().unwrap_or(0)
    }

    /// Milliseconds between the legs of one contact in this source; 0: never joined by time.
    pub fn join_legs_within_ms(&self, source: &str) -> i64 {
        let of = &self.join_legs_within_ms;
        of.get(source)
            .or_else(|| of.get("default"))
            .copied()
            .unwrap_or(0)
    }

    /// How long a sighting of a handle of this type lives, in milliseconds.
    pub fn link_life_ms(&self, handle_type: &str) -> i64 {
        let own = self.link_life_ms.get(handle_type).copied();
        let default = || {
            self.link_life_ms
                .get("default")
                .copied()
                .unwrap_or(400 * DAY_MS)
        };
        own.unwrap_or_else(|| {
            if handle_type == "device" {
                30 * DAY_MS
            } else {
                default()
            }
        })
    }
}

/// Millionths, rounded half away from zero.
pub fn millionths(amount: f64) -> i64 {
    (amount * 1e6).round() as i64
}
