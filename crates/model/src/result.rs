//! What a customer's chain says of each of its contacts.

use crate::words::words;
use crate::{Contact, ContactName, Millis, Money, Resolved, Text};
use serde::{Deserialize, Serialize};

words! {
    /// How a contact counts as a prior.
    PriorRole {
        /// It was answered: who comes after it repeats.
        Answered = "answered",
        /// It was abandoned: who comes after it retries.
        Abandoned = "abandoned",
    }
}

/// What a contact counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Roles {
    /// As what others may come after it.
    pub prior: Option<PriorRole>,
    /// It may come after others.
    pub follower: bool,
    /// It could have settled the matter.
    pub origin: bool,
    /// Why it does not count, a code; empty if it does.
    pub not_counted_because: Text,
}

words! {
    /// What became of a contact in a reading.
    Verdict {
        /// The window is still running and nobody has come.
        Pending = "pending",
        /// The customer came back after an answer.
        Repeated = "repeated",
        /// The customer tried again after nobody answered.
        Retried = "retried",
        /// The window passed and he did not come back.
        Resolved = "resolved",
        /// Nobody answered and he gave up.
        Lost = "lost",
        /// Unknown customer, or unknown reason in mode `same`.
        Undecidable = "undecidable",
        /// The contact has no role that could be judged.
        Ineligible = "ineligible",
    }
}

words! {
    /// Whether a verdict can still change by time alone.
    Status {
        /// Its window has not passed.
        Provisional = "provisional",
        /// Its window has passed and every source has settled.
        Final = "final",
        /// It was final and a late event changed it.
        Revised = "revised",
    }
}

words! {
    /// Backward-looking class of a follower.
    Class {
        /// A prior inside the window was answered.
        Repeat = "repeat",
        /// All priors inside the window were abandoned.
        Retry = "retry",
    }
}

/// A contact in one reading. Contacts are named by their place in [`ContactResult::names`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingResult {
    /// Place of the reading in the list of readings.
    pub reading: u16,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether that can still change.
    pub status: Status,
    /// Repeat, retry, or neither.
    pub class: Option<Class>,
    /// The prior with the latest anchor.
    pub prior: Option<u16>,
    /// From the prior's anchor to the start; 0 or more; only with a prior.
    pub gap_ms: i64,
    /// It starts before the prior's end.
    pub overlap: bool,
    /// The prior is on another channel.
    pub channel_changed: bool,
    /// Number of priors plus one; 0 if it does not take part.
    pub count: u32,
    /// Place in the session, from 1; 0 if it does not take part.
    pub rank: u32,
    /// First contact of the session.
    pub session: Option<u16>,
    /// First follower inside its own window.
    pub next: Option<u16>,
    /// It could have settled the matter at once.
    pub origin: bool,
    /// First instant at which the window is passed; only where the verdict waits for it.
    pub due_at: Option<Millis>,
    /// Rises, from 1, exactly when something else of this reading changes.
    pub revision: u32,
}

/// A contact with everything that the tables say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactResult {
    /// The customer's key; empty for an unknown one.
    pub customer: Text,
    /// The contact.
    pub contact: Contact,
    /// How it came to its customer.
    pub resolved: Resolved,
    /// What it counts as.
    pub roles: Roles,
    /// The customer has more contacts than are kept.
    pub capped: bool,
    /// What it cost; `None` if the channel has no cost.
    pub cost: Option<Money>,
    /// Contact ids that `readings` speak of.
    pub names: Vec<Text>,
    /// One for each reading whose scope has the channel, in order of window, scope, mode.
    #[serde(with = "crate::packed")]
    pub readings: Vec<ReadingResult>,
    /// Rises with every change of the contact itself, from 1.
    pub revision: u32,
    /// What made the last change: `late_event`, `correction`, `identity`, `time`; empty at first.
    pub cause: Text,
}

impl ContactResult {
    /// What is said of it in the reading at a place in the configuration's list.
    #[must_use]
    pub fn reading(&self, place: usize) -> Option<&ReadingResult> {
        self.readings
            .iter()
            .find(|result| usize::from(result.reading) == place)
    }
}

/// A customer's session in the headline reading.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub customer: Text,
    /// Its first contact.
    pub first: ContactName,
    /// Start of the first contact.
    pub started_at: Millis,
    /// Greatest end.
    pub ended_at: Millis,
    /// Number of contacts.
    pub contacts: u32,
    /// Of these, repeats.
    pub repeats: u32,
    /// Of these, retries.
    pub retries: u32,
    /// Channels in order of first appearance.
    pub channels: Vec<Text>,
    /// Reasons in order of first appearance.
    pub reasons: Vec<Text>,
    /// Sum of the known costs.
    pub cost: Option<Money>,
    /// Sum of the known costs of the repeats.
    pub avoidable_cost: Option<Money>,
    /// No contact can join it any more.
    pub complete: bool,
    /// Outcome of the last contact; empty if unknown.
    pub last_outcome: Text,
}
