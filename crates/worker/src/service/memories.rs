//! What a task remembers of what was forgotten, so that it does not come again: second hashes, and up
//! to which instant (`docs/semantics.md`, 11).

use crate::service::wire::Remembered;
use hashbrown::HashMap;
use model::{Forgotten, Memory, Millis};
use stage_door::SecondHash;
use std::cell::Cell;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What is remembered of what was forgotten.
#[derive(Default)]
pub(crate) struct Memories {
    base: HashMap<u128, Remembered>,
    open: BTreeMap<u128, Remembered>,
    /// No memory of the base may be let go before this.
    let_go_from: Millis,
}

impl Memories {
    fn get(&self, hash: u128) -> Option<&Remembered> {
        self.open.get(&hash).or_else(|| self.base.get(&hash))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.base.is_empty() && self.open.is_empty()
    }

    /// What is remembered under a hash, to be changed.
    fn open(&mut self, hash: u128) -> &mut Remembered {
        let base = &self.base;
        self.open.entry(hash).or_insert_with(|| {
            base.get(&hash).cloned().unwrap_or(Remembered {
                whole_at: Millis::MIN,
                parts: BTreeMap::new(),
            })
        })
    }

    pub(crate) fn add(&mut self, hash: u128, remembered: Remembered) {
        self.let_go_from = self.let_go_from.min(latest(&remembered));
        self.base.insert(hash, remembered);
    }

    /// Number of memories that are committed.
    pub(crate) fn len(&self) -> usize {
        self.base.len()
    }

    /// What the open transaction has changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&u128, &Remembered)> {
        self.open.iter()
    }

    pub(crate) fn committed(&mut self) {
        for (hash, remembered) in std::mem::take(&mut self.open) {
            self.add(hash, remembered);
        }
    }

    pub(crate) fn dropped(&mut self) {
        self.open.clear();
    }

    /// Another task has let go of it, which the changelog says.
    pub(crate) fn remove(&mut self, hash: u128) {
        self.base.remove(&hash);
    }

    /// An identifier, by its second hash, was forgotten up to an instant.
    pub(crate) fn identifier(&mut self, hash: u128, at: Millis) {
        let remembered = self.open(hash);
        remembered.whole_at = remembered.whole_at.max(at);
    }

    /// A part of what was said under a key was forgotten up to an instant.
    pub(crate) fn part(&mut self, second: &SecondHash, key: &str, part: &Forgotten, at: Millis) {
        let hash = key_hash(second, key);
        let remembered = self.open(hash);
        match part {
            Forgotten::Whole => remembered.whole_at = remembered.whole_at.max(at),
            Forgotten::Mail(_) | Forgotten::Event(..) => {
                let until = remembered.parts.entry(part_hash(hash, part)).or_insert(at);
                *until = at.max(*until);
            }
        }
    }

    /// Lets go of what can no longer come again: it is older than this. What the open transaction
    /// renews stays. It goes from the base at once: should the transaction be aborted, nothing that
    /// matters is missing.
    pub(crate) fn let_go(&mut self, before: Millis, mut gone: impl FnMut(u128)) {
        if self.base.is_empty() || self.let_go_from >= before {
            return;
        }
        let old = self.base.iter().filter(|(hash, remembered)| {
            latest(remembered) < before && !self.open.contains_key(*hash)
        });
        let mut old: Vec<u128> = old.map(|(hash, _)| *hash).collect();
        old.sort_unstable();
        for hash in old {
            gone(hash);
            self.base.remove(&hash);
        }
        let kept = self.base.values().map(latest);
        self.let_go_from = kept.min().unwrap_or(Millis::MAX);
    }

    /// What is remembered, for one input.
    pub(crate) fn lookup<'a>(&'a self, second: &'a SecondHash) -> Lookup<'a> {
        Lookup {
            second,
            memories: self,
            key: Cell::new(None),
        }
    }
}

/// The last instant that a memory is about.
fn latest(remembered: &Remembered) -> Millis {
    let parts = remembered.parts.values().copied();
    parts.max().unwrap_or(Millis::MIN).max(remembered.whole_at)
}

/// The hash of a part of what was said under a key.
fn part_hash(key: u128, part: &Forgotten) -> u64 {
    let text = match part {
        Forgotten::Whole => String::new(),
        Forgotten::Mail(contact_id) => format!("{key:x}\nmail\n{contact_id}"),
        Forgotten::Event(source, event_id) => format!("{key:x}\nevent\n{source}\n{event_id}"),
    };
    xxh3_64(text.as_bytes())
}

/// The second hash of a contact's key: no identifier has such a text.
fn key_hash(second: &SecondHash, key: &str) -> u128 {
    second.of(&format!("key\n{key}"))
}

/// What is remembered, for one input.
pub(crate) struct Lookup<'a> {
    second: &'a SecondHash,
    memories: &'a Memories,
    /// The second hash of the input's key, once it was asked for.
    key: Cell<Option<u128>>,
}

impl Memory for Lookup<'_> {
    fn has_identifier(&self, text: &str, at: Millis) -> bool {
        let remembered = self.memories.get(self.second.of(text));
        remembered.is_some_and(|remembered| at <= remembered.whole_at)
    }

    fn has_part(&self, key: &str, part: &Forgotten, at: Millis) -> bool {
        let hash = self.key.get().unwrap_or_else(|| key_hash(self.second, key));
        self.key.set(Some(hash));
        let Some(remembered) = self.memories.get(hash) else {
            return false;
        };
        match part {
            Forgotten::Whole => at <= remembered.whole_at,
            Forgotten::Mail(_) | Forgotten::Event(..) => {
                let until = remembered.parts.get(&part_hash(hash, part));
                until.is_some_and(|until| at <= *until)
            }
        }
    }
}
