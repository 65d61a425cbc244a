//! A broken journey, as it is told.

use crate::{AlertStatus, Confidence, ContactName, Millis, Money, Text};
use serde::{Deserialize, Serialize};

/// What an entry of a rule began with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EnteredBy {
    /// A contact, or something that happened inside it.
    Contact(ContactName),
    /// A signal about no contact, by its key.
    Signal(Text),
}

/// An entry of a journey rule that broke: a row of table `journeys`, and an alert `BrokenJourney`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Deterministic: the same entry of the same rule has the same id. The alert has it too.
    pub entry_id: Text,
    /// Name of the rule.
    pub rule: Text,
    /// Version of the rule.
    pub version: u32,
    /// Where it stands.
    pub status: AlertStatus,
    /// Rises with every change, from 1.
    pub revision: u32,
    /// What made the last change; empty at first.
    pub cause: Text,
    /// Whose.
    pub customer: Text,
    /// What it began with.
    pub entered_by: EnteredBy,
    /// The contact that it began with, or in which it did; of a signal the contact that it is about,
    /// if there is one.
    pub entered_in: Option<ContactName>,
    /// When it began.
    pub entered_at: Millis,
    /// When the last of its conditions was met.
    pub decided_at: Millis,
    /// What matched each step, by contact id or by the signal's event id; empty where nothing did.
    pub step_ids: Vec<Text>,
    /// `key=value` of what the rule is watched by, as far as it is known.
    pub segment: Vec<Text>,
    /// Sum of the known costs of its contacts.
    pub cost: Option<Money>,
    /// The contact of the last step that matched: whom to call back.
    pub contact: Option<ContactName>,
    /// Channels on the way, in order of first appearance.
    pub channels: Vec<Text>,
    /// Reasons on the way, in order of first appearance.
    pub reasons: Vec<Text>,
    /// The customer's tier, as that contact says.
    pub tier: Text,
    /// The brand may contact the customer.
    pub may_contact: Option<bool>,
    /// Type of the identifier that names the customer.
    pub identified_by: Text,
    /// How surely; `None` where no contact says so.
    pub confidence: Option<Confidence>,
}
