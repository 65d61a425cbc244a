//! What journey rules ask of a contact besides what the tables say of it, and signals that stand by
//! themselves.

use crate::{Kind, Millis, Signal, Text, Version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// Signals about no contact, as a key of a stage keeps them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    by_key: BTreeMap<Text, Sent>,
    /// Those that were just erased, which was not told yet.
    #[serde(skip)]
    erased: BTreeSet<Text>,
}

impl Signals {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Whether the signal of a key is there.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// All of them, in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Sent)> {
        self.by_key.iter()
    }

    /// Keeps a signal. Says whether it is new; `None`: a later one is known.
    pub fn hear(&mut self, key: Text, sent: Sent) -> Option<bool> {
        let known = self.by_key.get(&key);
        if known.is_some_and(|known| known.sequence > sent.sequence) {
            return None;
        }
        Some(self.by_key.insert(key, sent).is_none())
    }

    /// What was said up to a signal is void.
    pub fn unhear(&mut self, key: Text, unsent: &Unsent) {
        let known = self.by_key.get(&key);
        if known.is_some_and(|known| known.sequence <= unsent.sequence) {
            self.by_key.remove(&key);
            if unsent.is_erased {
                self.erased.insert(key);
            }
        }
    }

    /// Lets go of what was before an instant.
    pub fn cut(&mut self, from: Millis) {
        self.by_key
            .retain(|_, sent| sent.told.signal.occurred_at >= from);
    }

    /// Erases what was before an instant. Says whether there was anything.
    pub fn forget(&mut self, until: Millis) -> bool {
        let is_before = |sent: &Sent| sent.told.signal.occurred_at < until;
        let before = self.by_key.len();
        let gone = self.by_key.extract_if(.., |_, sent| is_before(sent));
        self.erased.extend(gone.map(|(key, _)| key));
        before != self.by_key.len()
    }

    /// Whether the signal of a key was just erased.
    #[must_use]
    pub fn is_erased(&self, key: &str) -> bool {
        self.erased.contains(key)
    }

    /// The keys of those that were just erased, which is told now.
    pub fn take_erased(&mut self) -> BTreeSet<Text> {
        std::mem::take(&mut self.erased)
    }
}
