//! The states of a task: as they stand in the changelog, and those that the open transaction looks at.

use crate::service::erasing::{Search, States};
use crate::service::timers::{Timer, Timers};
use crate::service::wire;
use crate::service::work::guarded;
use hashbrown::{HashMap, HashTable};
use model::{Deadlines, Millis, Stage, Text, Wait};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use xxhash_rust::xxh3::{Xxh3DefaultBuilder, xxh3_64};

/// The state of a key, as it stands in the changelog.
pub(super) struct Kept {
    pub(super) value: Box<[u8]>,
    /// Where it stands in the queues of timers: in each once at most, and never after its deadline.
    pub(super) queued: Box<[(Wait, Millis)]>,
}

impl Kept {
    pub(super) fn is_queued(&self, timer: &Timer) -> bool {
        self.queued.contains(&(timer.wait, timer.at))
    }

    /// It stands in the queue of a wait at this instant now, or no longer.
    pub(super) fn queue(&mut self, wait: Wait, at: Option<Millis>) {
        let others = self.queued.iter().filter(|(known, _)| *known != wait);
        self.queued = others.copied().chain(at.map(|at| (wait, at))).collect();
    }

    /// Puts a key into the queues in which it does not stand early enough.
    pub(super) fn put_into(&mut self, timers: &mut Timers, key: &Text, deadlines: &Deadlines) {
        for (wait, at) in deadlines.as_slice() {
            let queued = self.queued.iter().find(|(known, _)| known == wait);
            if queued.is_none_or(|(_, queued_at)| at < queued_at) {
                self.queue(*wait, Some(*at));
                timers.push(Timer {
                    wait: *wait,
                    at: *at,
                    key: key.clone(),
                });
            }
        }
    }
}

/// The states of a task, by key.
pub(super) type Base = HashMap<Text, Kept, Xxh3DefaultBuilder>;

/// A state as it was sent to the changelog: its deadlines, and the value.
pub(super) type Sealed = (Deadlines, Box<[u8]>);

/// States that the open transaction looks at, decoded, in the order in which it came to them.
pub(super) struct Overlay<S> {
    pub(super) entries: Vec<(Text, S)>,
    /// Places of the entries, by the hash of their key.
    pub(super) places: HashTable<u32>,
}

impl<S> Overlay<S> {
    pub(super) fn new() -> Overlay<S> {
        Overlay {
            entries: Vec::new(),
            places: HashTable::new(),
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let is_it = |place: &u32| self.entries[*place as usize].0 == key;
        let place = self.places.find(hash(key), is_it);
        place.map(|place| *place as usize)
    }

    /// Adds a key that is not there; says where it is.
    pub(super) fn push(&mut self, key: Text, state: S) -> usize {
        let place = self.entries.len();
        let entries = &self.entries;
        self.places
            .insert_unique(hash(&key), place as u32, |place| {
                hash(&entries[*place as usize].0)
            });
        self.entries.push((key, state));
        place
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
    }
}

fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// The states of a task, while something is being forgotten.
pub(super) struct Held<'a, S: Stage> {
    pub(super) stage: &'a S,
    pub(super) base: &'a Base,
    pub(super) overlay: &'a mut Overlay<S::State>,
    pub(super) aside: &'a mut BTreeSet<Text>,
    pub(super) has_crashed: &'a mut bool,
}

impl<S: Stage> States<S> for Held<'_, S>
where
    S::State: DeserializeOwned,
{
    fn keys(&self) -> Vec<Text> {
        let open = self.overlay.entries.iter().map(|(key, _)| key);
        let new = open.filter(|key| !self.base.contains_key(*key));
        self.base.keys().chain(new).cloned().collect()
    }

    fn look(&mut self, key: &Text, search: &Search, see: impl FnOnce(&mut S::State) -> bool) {
        if self.aside.contains(key) {
            return;
        }
        let seen = match self.overlay.find(key) {
            Some(place) => {
                let (_, state) = &mut self.overlay.entries[place];
                guarded(|| see(state)).map(drop)
            }
            None => {
                let kept = self.base.get(key);
                let Some(kept) = kept.filter(|kept| search.finds(key, &kept.value)) else {
                    return;
                };
                // A state that cannot be read is found when the key's next record comes.
                let Ok(mut state) = wire::state_of(self.stage, &kept.value) else {
                    return;
                };
                guarded(|| see(&mut state)).map(|has_changed| {
                    if has_changed {
                        self.overlay.push(key.clone(), state);
                    }
                })
            }
        };
        if seen.is_err() {
            self.aside.insert(key.clone());
            *self.has_crashed = true;
        }
    }
}
