//! What an erasure asks a stage to forget (`docs/semantics.md`, 11).

use crate::{ContactName, Identifier, Millis, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is to be forgotten: of everything said up to an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// What was said later is another customer's.
    pub at: Millis,
    /// Identifiers by their text, `type:value`.
    pub identifiers: BTreeSet<Text>,
    /// Contacts that go though none of their identifiers does: of a handle with several owners.
    pub contacts: BTreeSet<ContactName>,
}

impl Forget {
    /// Whether an identifier is one of those that are to be forgotten.
    #[must_use]
    pub fn names(&self, identifier: &Identifier) -> bool {
        self.identifiers.contains(&identifier.text())
    }
}

/// What was forgotten under the key of a contact: whatever it says comes again in vain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Forgotten {
    /// Everything.
    Whole,
    /// What was said under the id of a mail of the thread.
    Mail(Text),
    /// An event of a device, by its source and id.
    Event(Text, Text),
}

/// What was found out about the handles of customers that are to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Handles that were seen with these customers alone.
    pub handles: BTreeSet<Text>,
    /// Contacts by handles that were seen with others too, where they may be these customers'.
    pub contacts: BTreeSet<ContactName>,
}

/// What was forgotten before, as a stage asks for it when something is said again.
pub trait Memory {
    /// Whether an identifier, by its text, was forgotten up to an instant or later.
    fn has_identifier(&self, text: &str, at: Millis) -> bool;
    /// Whether something under a contact's key was forgotten up to an instant or later.
    fn has_part(&self, key: &str, part: &Forgotten, at: Millis) -> bool;
}
