//! What journey rules ask of a contact besides what the tables say of it, and signals that stand by
//! themselves.

use crate::{Kind, Millis, Signal, Text, Version};
use serde::{Deserialize, Serialize};

/// An event inside a contact that was kept because a rule asks for its kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Kept {
    /// When.
    pub at: Millis,
    /// Its kind.
    pub kind: Kind,
    /// The page; may be empty.
    pub page: Text,
}

/// What only journey rules ask of a contact. Most contacts have nothing of it, and are sent and kept
/// without.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inside {
    /// A video chat that was booked and has not opened: no contact, but rules may miss it.
    pub is_unopened: bool,
    /// Whether a machine made it, as far as that is said.
    pub automatic: Option<bool>,
    /// Its events that rules ask for, in order of time.
    pub kept: Vec<Kept>,
    /// The newest version of every signal about it that rules ask for.
    pub signals: Vec<Told>,
}

impl Inside {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Inside::default()
    }
}

/// The newest version of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Told {
    /// Of two signals of one name the greater one holds.
    pub version: Version,
    /// The signal, without its identifiers.
    pub signal: Signal,
}

/// A signal about no contact, for its customer or the handle that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// Counted by the signal's task alone; handles pass it on unchanged.
    pub sequence: u64,
    /// What it says.
    pub told: Told,
    /// Its handle had several owners, and each was given one.
    pub is_copy: bool,
}

/// Takes back a signal about no contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Up to this one.
    pub sequence: u64,
    /// It was erased, and leaves nothing behind.
    pub is_erased: bool,
}
