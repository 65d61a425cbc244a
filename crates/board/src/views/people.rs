//! Who needs help now?

use super::{At, Words};
use model::Channel;
use serde::Serialize;

/// Alerts about customers, to act on.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct People {
    /// Alerts that fit the filter, stand, and that nobody has closed.
    pub open: u64,
    /// Of these, those that somebody has taken.
    pub taken: u64,
    /// Event time of the oldest that nobody has taken.
    pub oldest_at: Option<At>,
    /// Those that nobody has taken before the others, the oldest first; at most 50.
    pub rows: Vec<AlertItem>,
    /// How many more there are.
    pub not_shown: u64,
    /// Alerts that were let go of because there were too many; they stand in the topic.
    pub let_go: u64,
}

/// The types of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
pub enum AlertKind {
    /// A customer came back once too often.
    RepeatContact,
    /// A journey broke for a customer.
    BrokenJourney,
    /// A journey breaks for more customers than it should.
    JourneyDegraded,
    /// Nothing comes from a source.
    SourceSilent,
}

/// What people have made of an alert.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has taken it.
    #[default]
    Open,
    /// Somebody has seen it and takes care.
    Acknowledged,
    /// It was given to somebody.
    Assigned,
    /// It is done.
    Closed,
}

/// An alert as a row.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AlertItem {
    /// 32 hexadecimal digits; names the alert in URLs.
    pub alert_id: String,
    /// Its type.
    pub kind: AlertKind,
    /// The policy, rule or source.
    pub name: String,
    /// Version of the policy or rule.
    pub version: i64,
    /// Title of the rule; nothing of a policy or a source.
    pub title: Option<Words>,
    /// `raised`, `revised` or `withdrawn`.
    pub status: String,
    /// Counts what was said of it, from 1.
    pub revision: i64,
    /// Why it was said again.
    pub cause: Option<String>,
    /// Event time of what raised it: the customer waits since then.
    pub at: At,
    /// What people have made of it.
    pub standing: Standing,
    /// Who did that last, when, and to whom it was given.
    pub act: Option<Act>,
    /// The contact is the n-th in the policy's window.
    pub count: Option<i64>,
    /// Milliseconds since the contact before.
    pub gap_ms: Option<i64>,
    /// Channel of the contact that raised it.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// Channels on the way, in order.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Reasons on the way, in order.
    pub reasons: Vec<String>,
    /// Team of the contact that raised it, if the contact is kept.
    pub team: Option<String>,
    /// The customer's tier.
    pub tier: Option<String>,
    /// Whether the brand may contact the customer; nothing: not stated.
    pub may_contact: Option<bool>,
    /// How surely the customer is known: `unique`, `verified`, `seen`.
    pub confidence: Option<String>,
    /// Cost of the way so far.
    pub cost: Option<f64>,
    /// Where the contact can be opened: an `http` or `https` address, else nothing.
    pub link: Option<String>,
    /// The contact that raised it is going on: the customer is on the line.
    pub is_going_on: bool,
}

/// What somebody did with an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Act {
    /// What.
    pub kind: ActKind,
    /// Who, as the proxy or the token names him.
    pub by: String,
    /// When, by the server's clock.
    pub at: At,
    /// To whom it was given.
    pub assignee: Option<String>,
    /// Counts the acts on this alert, from 1; goes with the next one, so that of two at once one is told.
    pub revision: u64,
}

/// What people can do with an alert.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// "I take care of it."
    Acknowledge,
    /// Give it to somebody.
    Assign,
    /// It is done.
    Close,
    /// It is not done after all.
    Reopen,
}

/// An alert with its story.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AlertDetail {
    /// The alert.
    pub alert: AlertItem,
    /// The session that it belongs to, if it is kept.
    pub session: Option<SessionItem>,
    /// The customer's contacts around it, oldest first, at most 200: those of the session, those of
    /// the journey and what lies between.
    pub contacts: Vec<StoryContact>,
    /// Older contacts are not kept any more.
    pub is_cut: bool,
    /// All that people did with it, oldest first, as far as it is kept.
    pub acts: Vec<Act>,
}

/// What somebody asks to be done with an alert.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What.
    pub kind: ActKind,
    /// To whom it is given: with `assign` only, 1 to 100 characters.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Revision of the last act that was seen; 0: none. Somebody else's that was not seen is an error.
    pub revision: u64,
}

/// A session with its contacts.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SessionDetail {
    /// The session.
    pub session: SessionItem,
    /// Its contacts, oldest first, at most 200, as far as they are kept.
    pub contacts: Vec<StoryContact>,
}

/// A session of the headline reading.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SessionItem {
    /// 32 hexadecimal digits, a hash: names the session in URLs.
    pub session: String,
    /// Start of its first contact.
    pub started_at: At,
    /// Greatest end of its contacts.
    pub ended_at: At,
    /// How many contacts it has.
    pub contacts: u64,
    /// Of these, repeats.
    pub repeats: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Channels in order of appearance.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Reasons in order of appearance.
    pub reasons: Vec<String>,
    /// Known cost.
    pub cost: Option<f64>,
    /// Known cost of its repeats.
    pub avoidable_cost: Option<f64>,
    /// No contact can join it any more.
    pub is_complete: bool,
    /// Outcome of the last contact.
    pub last_outcome: Option<String>,
}

/// A contact on a time line.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StoryContact {
    /// The contact in its own platform.
    pub contact_id: String,
    /// Its channel: its lane.
    #[schema(value_type = String, example = "phone")]
    pub channel: Channel,
    /// What carries the channel, such as `sms` or `app`.
    pub medium: Option<String>,
    /// Its source.
    pub source: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// Start of the first leg.
    pub started_at: At,
    /// The moment the customer left; the last event of a contact that is going on.
    pub ended_at: At,
    /// It is going on.
    pub is_going_on: bool,
    /// Why the customer made contact.
    pub reason: Option<String>,
    /// Where that is known from: `qualified`, `declared`, `queue`, `page`.
    pub reason_source: Option<String>,
    /// What became of it.
    pub outcome: Option<String>,
    /// What the agent did.
    pub disposition: Option<String>,
    /// Who answered.
    pub agent: Option<String>,
    /// His team.
    pub team: Option<String>,
    /// Milliseconds up to the first answer.
    pub wait_ms: Option<i64>,
    /// Milliseconds of handling.
    pub handle_ms: Option<i64>,
    /// Of a visit: the page.
    pub page: Option<String>,
    /// Known cost.
    pub cost: Option<f64>,
    /// In the headline: `repeat`, `retry` or nothing.
    pub class: Option<String>,
    /// In the headline: the verdict.
    pub verdict: Option<String>,
    /// In the headline: place in the session.
    pub rank: Option<i64>,
    /// In the headline: milliseconds since the prior.
    pub gap_ms: Option<i64>,
    /// Why it does not count in full.
    pub not_counted_because: Option<String>,
    /// What changed it since it was first told, if anything did.
    pub changed_because: Option<String>,
    /// Where it can be opened.
    pub link: Option<String>,
    /// It belongs to the session of the alert.
    pub is_of_session: bool,
    /// It is the contact that raised the alert.
    pub is_alerts: bool,
}
