//! A contact, made out of all its events.

use crate::words::words;
use crate::{
    Channel, Direction, Identifier, Initiation, Millis, Money, Outcome, Provenance, StepStatus,
    Text, Version,
};
use serde::{Deserialize, Serialize};

/// What tells a contact from all others of the tenant. The order of two contacts that start at the
/// same instant is the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContactName {
    /// The id on its platform.
    pub contact_id: Text,
    /// The channel.
    pub channel: Channel,
    /// The system that spoke of it.
    pub source: Text,
}

impl Ord for ContactName {
    /// By contact id, then the channel's word, then source, bytewise.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (
            self.contact_id.as_bytes(),
            self.channel.name(),
            self.source.as_bytes(),
        )
            .cmp(&(
                other.contact_id.as_bytes(),
                other.channel.name(),
                other.source.as_bytes(),
            ))
    }
}

impl PartialOrd for ContactName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

words! {
    /// How a contact's end is known.
    EndKind {
        /// It is still going on; its end is its last event.
        Open = "open",
        /// A record states it.
        Stated = "stated",
        /// Nobody closed it: it ended by itself after its channel's silence.
        Inferred = "inferred",
    }
}

/// Why the customer came.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// Path such as `billing/payment`.
    pub path: Text,
    /// Who says so.
    pub provenance: Provenance,
    /// When, so that of two statements of equal provenance the later holds.
    pub version: Version,
}

/// A service step of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Millis,
    /// Name of the step: `help`, `payment`, ...
    pub name: Text,
    /// How far it went.
    pub status: StepStatus,
    /// Name of the page; may be empty.
    pub page: Text,
}

/// One attempt on one channel, as all its events together say. Empty text means unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contact {
    /// The channel.
    pub channel: Channel,
    /// The system that spoke of it.
    pub source: Text,
    /// Its id: the first leg's, the mail's, the visit's.
    pub contact_id: Text,
    /// The id of its first leg.
    pub root_contact_id: Text,
    /// The mail thread.
    pub thread_id: Text,
    /// Ids of other contacts that are the same contact.
    pub related_contact_ids: Vec<Text>,
    /// Ids of its legs, but for the one that names it.
    pub other_leg_ids: Vec<Text>,
    /// Every identifier that its events state, one of a type.
    pub identifiers: Vec<Identifier>,
    /// What carried the channel.
    pub medium: Text,
    /// Who moved towards whom.
    pub direction: Direction,
    /// What brought it about.
    pub initiation: Initiation,
    /// Start of the first leg.
    pub started_at: Millis,
    /// The customer left the last leg; while open the last event.
    pub ended_at: Millis,
    /// How the end is known.
    pub end_kind: EndKind,
    /// The contact ends by itself when time has passed this instant; `None` if its end is stated.
    pub silent_at: Option<Millis>,
    /// What became of it; `None` while unknown.
    pub outcome: Option<Outcome>,
    /// Milliseconds up to the first answer.
    pub wait_ms: Option<i64>,
    /// Milliseconds in which agents dealt with it.
    pub handle_ms: Option<i64>,
    /// Why the customer came.
    pub reason: Option<Reason>,
    /// Queue of the last answered leg.
    pub queue: Text,
    /// Agent of the last answered leg.
    pub agent: Text,
    /// Team of the last answered leg.
    pub team: Text,
    /// Site.
    pub site: Text,
    /// The customer's tier.
    pub tier: Text,
    /// The party, where brands share a platform.
    pub party: Text,
    /// Name of the page.
    pub page: Text,
    /// What the agent did.
    pub disposition: Text,
    /// The brand may contact the customer.
    pub may_contact: Option<bool>,
    /// Appointment or promised time.
    pub due_at: Option<Millis>,
    /// Extra costs and compensations.
    pub extra_cost: Option<Money>,
    /// Score of the survey about it, in millionths.
    pub satisfaction: Option<Money>,
    /// Number of legs.
    pub legs: u32,
    /// Service steps of a visit, in order.
    pub steps: Vec<Step>,
    /// The visit has a step that counts.
    pub has_counting_step: bool,
    /// Free attributes, in order of name.
    pub attributes: Vec<(Text, Text)>,
}

impl Contact {
    /// The contact's name.
    #[must_use]
    pub fn name(&self) -> ContactName {
        ContactName {
            contact_id: self.contact_id.clone(),
            channel: self.channel,
            source: self.source.clone(),
        }
    }

    /// Whether `self` comes before `other`: by start, then contact id, channel, source, bytewise.
    #[must_use]
    pub fn order(&self, other: &Contact) -> std::cmp::Ordering {
        self.started_at
            .cmp(&other.started_at)
            .then_with(|| self.contact_id.as_bytes().cmp(other.contact_id.as_bytes()))
            .then_with(|| self.channel.name().cmp(other.channel.name()))
            .then_with(|| self.source.as_bytes().cmp(other.source.as_bytes()))
    }

    /// The identifier of a type, if the contact states one.
    #[must_use]
    pub fn identifier(&self, kind: &str) -> Option<&Identifier> {
        self.identifiers
            .iter()
            .find(|identifier| identifier.kind == kind)
    }
}
