//! What is kept for a partition, and what the open transaction does to it.

use super::states::{Base, Kept, Overlay, Sealed};
use crate::service::erasing::{Erases, Erasing};
use crate::service::port::{Record, TopicPartition};
use crate::service::sources::{self, Said, TaskClock};
use crate::service::stats::SourceStats;
use crate::service::tally::Tally;
use crate::service::timers::{Timer, Timers};
use crate::service::wire::{self, Meta};
use crate::service::work::{Crashed, Position, Task, guarded};
use hashbrown::hash_map::Entry;
use model::{Absorbed, Brings, Deadlines, Millis, Now, Terms, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Where a message goes.
pub(super) enum Goal {
    /// To the state at this place of the overlay.
    Place(usize),
    /// Nowhere: the code has crashed on its key.
    Aside,
    /// Nowhere: it speaks of what was forgotten.
    Erased,
}

/// What is kept for a partition.
pub(crate) struct KeyedTask<S: Erases> {
    /// The stage by this task's terms.
    pub(super) stage: S,
    pub(super) terms: Terms,
    /// What the configuration has of them.
    pub(super) names: Vec<Text>,
    /// The terms are to be kept with the next commit, and are with the open one.
    pub(super) terms_moved: bool,
    pub(super) terms_sent: bool,
    /// Keys that another process may have settled by other terms: they are settled again.
    pub(super) again: Vec<Text>,
    /// Those that the open transaction settles.
    pub(super) again_open: Vec<Text>,
    pub(super) place: TopicPartition,
    pub(super) position: Position,
    /// What the tasks before this one have said of time, as committed.
    pub(super) clocks: BTreeMap<Text, TaskClock>,
    /// What the open transaction has heard of them.
    pub(super) heard: BTreeMap<Text, TaskClock>,
    /// Something was heard that time was not gathered from yet.
    pub(super) is_time_news: bool,
    /// The sources that have to speak, as far as this task can tell.
    pub(super) sources: BTreeMap<Text, sources::Heard>,
    pub(super) base: Base,
    pub(super) value_bytes: u64,
    pub(super) timers: Timers,
    pub(super) overlay: Overlay<S::State>,
    /// Timers that the open transaction has fired.
    pub(super) fired: Vec<Timer>,
    /// Keys on which the code has crashed: their records are put aside, until the task is made anew.
    pub(super) aside: BTreeSet<Text>,
    /// What the open transaction has sent to the changelog, of each state of the overlay; `None`:
    /// there is none any more.
    pub(super) sealed: Vec<Option<Sealed>>,
    pub(super) erasing: Erasing<S>,
    /// The code has crashed on a state that was looked at: the transaction has to be aborted.
    pub(super) has_crashed: bool,
    /// What is kept beside the states.
    pub(super) tally: S::Tally,
}

impl<S: Erases> KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    /// What a task before this one has said last.
    pub(super) fn clock_of(&self, name: &str) -> Option<&TaskClock> {
        self.heard.get(name).or_else(|| self.clocks.get(name))
    }

    /// Hears a clock, unless it is older than what is known: it may come late, or twice.
    pub(super) fn hear(&mut self, name: Text, clock: TaskClock) {
        let known = self.clock_of(&name);
        if known.is_none_or(|known| !clock.is_before(known)) {
            self.heard.insert(name, clock);
            self.is_time_news = true;
        }
    }

    /// The place of a key in the overlay, brought there if need be.
    ///
    /// # Errors
    /// What stands in the base cannot be read.
    pub(super) fn open(&mut self, key: Text) -> Result<usize, String> {
        if let Some(place) = self.overlay.find(&key) {
            return Ok(place);
        }
        let state = match self.base.get(&key) {
            None => S::State::default(),
            Some(kept) => wire::state_of(&self.stage, &kept.value)?,
        };
        Ok(self.overlay.push(key, state))
    }

    pub(super) fn keep(&mut self, key: Text, value: Option<Sealed>) {
        match value {
            Some((deadlines, value)) => self.put(key, value, Some(&deadlines)),
            None => self.forget(&key),
        }
    }

    pub(super) fn forget(&mut self, key: &str) {
        if let Some(former) = self.base.remove(key) {
            self.value_bytes -= former.value.len() as u64;
        }
    }

    /// Puts a state into the base, and its deadlines into the queue, unless that is made later.
    pub(super) fn put(&mut self, key: Text, value: Box<[u8]>, deadlines: Option<&Deadlines>) {
        self.value_bytes += value.len() as u64;
        let mut entry = match self.base.entry(key) {
            Entry::Occupied(mut entry) => {
                let former = std::mem::replace(&mut entry.get_mut().value, value);
                self.value_bytes -= former.len() as u64;
                entry
            }
            Entry::Vacant(entry) => entry.insert_entry(Kept {
                value,
                queued: Box::default(),
            }),
        };
        let Some(deadlines) = deadlines else {
            return;
        };
        let key = entry.key().clone();
        entry.get_mut().put_into(&mut self.timers, &key, deadlines);
    }

    /// Takes a message of a record, by its number there.
    pub(super) fn take(
        &mut self,
        (record, number): (&Record, usize),
        goal: Goal,
        input: S::Input,
    ) -> Result<(), Crashed> {
        let place = match goal {
            Goal::Place(place) => place,
            Goal::Aside => {
                // The key may be a customer's: the dead letter says where the record stands.
                let detail = "the code crashed on its key".to_owned();
                self.position.put_aside(&self.place, record, number, detail);
                return Ok(());
            }
            Goal::Erased => {
                self.position.counts.absorbed(Absorbed::Duplicate);
                self.position.counts.erased += 1;
                return Ok(());
            }
        };
        let (key, state) = &mut self.overlay.entries[place];
        let applied = guarded(|| self.stage.apply(key, state, input));
        match applied {
            Ok(absorbed) => self.position.counts.absorbed(absorbed),
            Err(Crashed) => {
                self.aside.insert(key.clone());
            }
        }
        applied.map(|_| ())
    }
}

impl<S: Erases> Task for KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    fn position(&self) -> &Position {
        &self.position
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    fn restored(&mut self) -> Result<(), String> {
        self.base.shrink_to_fit();
        self.clocks.append(&mut self.heard);
        self.is_time_news = true;
        let now = known_time(&self.position.committed.now);
        self.terms_moved |= self.terms.take_up(&self.names, now);
        self.stage = self.stage.with_terms(&self.terms);
        self.tally.restored(&mut self.stage, now)?;
        self.again_open.clear();
        self.again.clear();
        if !self.names.is_empty() && !self.terms.are_settled() {
            self.again.extend(self.base.keys().cloned());
        }
        for (key, kept) in &mut self.base {
            let deadlines = wire::deadlines_of(&kept.value);
            kept.put_into(&mut self.timers, key, &deadlines);
        }
        Ok(())
    }

    fn committed(&mut self) {
        self.position.commit();
        self.tally.committed();
        self.erasing.committed();
        self.clocks.append(&mut self.heard);
        self.again_open.clear();
        if std::mem::take(&mut self.terms_sent) {
            self.terms_moved = false;
        }
        for timer in self.fired.drain(..) {
            if let Some(kept) = self.base.get_mut(&timer.key) {
                kept.queue(timer.wait, None);
            }
        }
        self.overlay.places.clear();
        let mut entries = std::mem::take(&mut self.overlay.entries);
        let mut sealed = std::mem::take(&mut self.sealed);
        for ((key, _), value) in entries.drain(..).zip(sealed.drain(..)) {
            self.keep(key, value);
        }
        // Their memory is used again.
        self.overlay.entries = entries;
        self.sealed = sealed;
    }

    fn dropped(&mut self) {
        self.position.drop();
        self.tally.dropped();
        self.erasing.dropped();
        self.heard.clear();
        self.is_time_news = true;
        self.overlay.clear();
        self.terms_sent = false;
        if !self.again_open.is_empty() {
            self.again.append(&mut self.again_open);
            self.terms.unsettled();
        }
        self.sealed.clear();
        for timer in std::mem::take(&mut self.fired) {
            self.timers.push(timer);
        }
    }

    fn caught_up(&mut self, _time: Millis) {}

    fn aside(&self) -> u64 {
        self.aside.len() as u64
    }

    fn sizes(&self) -> (u64, u64, u64) {
        let due = self.timers.due(&self.position.committed.now) as u64;
        (self.base.len() as u64, self.value_bytes, due)
    }

    fn untold(&self) -> u64 {
        self.tally.untold()
    }

    fn sources(&self) -> Vec<(Text, SourceStats)> {
        if !tells_silences(&self.place) {
            return Vec::new();
        }
        let silent = &self.position.committed.silences;
        let stats = |name: &Text| {
            let silent = Some(silent.contains_key(name));
            let heard_at = None;
            (name.clone(), SourceStats { heard_at, silent })
        };
        self.sources.keys().map(stats).collect()
    }

    fn clocks(&self) -> BTreeMap<Text, Millis> {
        let clocks = self.clocks.iter();
        clocks
            .map(|(name, clock)| (name.clone(), clock.least()))
            .collect()
    }

    fn is_due(&self) -> bool {
        self.erasing.is_working()
            || !self.again.is_empty()
            || self.timers.is_due(&self.position.open.now)
    }

    fn erasures(&self) -> (u64, u64) {
        self.erasing.sizes()
    }

    fn clock(&self) -> Option<TaskClock> {
        let Meta { now, offset, .. } = &self.position.committed;
        let is_quiet = !self.timers.is_due(now) && self.fired.is_empty();
        (is_quiet && *now != Now::UNKNOWN).then(|| TaskClock {
            order: offset.unwrap_or(0),
            said: Said::Now(Box::new(now.clone())),
        })
    }
}

/// One task tells which sources are silent.
pub(super) fn tells_silences(place: &TopicPartition) -> bool {
    place.partition == 0
}

/// How far everything has settled, once that is known.
pub(super) fn known_time(now: &Now) -> Option<Millis> {
    let settled_at = now.settled(Brings::ALL);
    (settled_at != Millis::MIN && settled_at != Millis::MAX).then_some(settled_at)
}
