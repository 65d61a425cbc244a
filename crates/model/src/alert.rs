use crate::words::words;
use crate::{Confidence, ContactName, Millis, Money, Text};
use serde::{Deserialize, Serialize};

words! {
    /// Where an alert stands.
    AlertStatus {
        /// Told for the first time.
        Raised = "raised",
        /// Something that it says has changed.
        Revised = "revised",
        /// It no longer holds.
        Withdrawn = "withdrawn",
    }
}

/// A `RepeatContact` alert: a customer came back, and a policy wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Deterministic: the same repeat under the same policy has the same id.
    pub alert_id: Text,
    /// Name of the policy.
    pub policy: Text,
    /// Version of the policy.
    pub policy_version: u32,
    /// Where it stands.
    pub status: AlertStatus,
    /// Rises with every change, from 1.
    pub revision: u32,
    /// What made the last change; empty at first.
    pub cause: Text,
    /// Whose contact.
    pub customer: Text,
    /// The repeated contact.
    pub contact: ContactName,
    /// Names of the readings in which it is a repeat.
    pub readings: Vec<Text>,
    /// The n-th contact inside the policy's window.
    pub count: u32,
    /// The n-th contact of the session.
    pub rank: u32,
    /// Since the prior's anchor, milliseconds.
    pub gap_ms: i64,
    /// The contact that could have settled it; empty if there was none.
    pub origin_contact_id: Text,
    /// The contact it comes after.
    pub prior_contact_id: Text,
    /// Channels of the session so far.
    pub channels: Vec<Text>,
    /// Reasons of the session so far, in order of first appearance.
    pub reasons: Vec<Text>,
    /// Cost of the session so far.
    pub cost: Option<Money>,
    /// The customer's tier.
    pub tier: Text,
    /// The brand may contact the customer.
    pub may_contact: Option<bool>,
    /// Type of the identifier that names the customer.
    pub identified_by: Text,
    /// How surely.
    pub confidence: Confidence,
    /// Start of the contact.
    pub event_at: Millis,
    /// More, as JSON text.
    pub details: String,
}

/// A `SourceSilent` alert: a source has said nothing for longer than it may on working days.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSilent {
    /// Deterministic: the same silence of the same source has the same id.
    pub alert_id: Text,
    /// The source.
    pub source: Text,
    /// Raised, or withdrawn when the source has spoken again or is gone.
    pub status: AlertStatus,
    /// 1 when it is raised, 2 when it is withdrawn.
    pub revision: u32,
    /// Why it was withdrawn; empty at first.
    pub cause: Text,
    /// The real time at which the source's last record came.
    pub since: Millis,
    /// The real time at which that was too long ago.
    pub silent_at: Millis,
    /// The greatest `occurred_at` that the source has told.
    pub last_event_at: Millis,
    /// How long it may be silent on working days, milliseconds.
    pub silence_max_ms: i64,
}
