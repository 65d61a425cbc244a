//! The latest that each stage of this process has said of itself.

use model::Millis;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use worker::service::{Stats, TaskPhase, TopicPartition};

/// The latest that each stage of this process has said of itself. Cheap to write: nobody holds the
/// lock for longer than it takes to move a pointer.
#[derive(Debug)]
pub struct Snapshots {
    slots: Mutex<BTreeMap<&'static str, Slot>>,
    time: fn() -> Millis,
    started_at: Millis,
}

/// What is known of a stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// What former runners of the stage counted in this process.
    carried: Option<Arc<Stats>>,
    /// The latest.
    pub(crate) latest: Option<Arc<Stats>>,
    /// When something was last heard of the stage.
    pub(crate) heard_at: Millis,
    /// Since when tasks restore.
    pub(crate) restoring: BTreeMap<TopicPartition, Millis>,
    /// Why the stage cannot work now.
    pub(crate) trouble: Option<String>,
}

impl Slot {
    /// The latest, with what former runners counted.
    pub(crate) fn total(&self) -> Option<Arc<Stats>> {
        match (&self.carried, &self.latest) {
            (Some(carried), Some(latest)) => {
                let mut total = (**latest).clone();
                total.carry(carried);
                Some(Arc::new(total))
            }
            (Some(only), None) | (None, Some(only)) => Some(Arc::clone(only)),
            (None, None) => None,
        }
    }
}

impl Snapshots {
    /// Slots for the stages that this process runs; until they say something they are starting.
    #[must_use]
    pub fn new(stages: &[&'static str]) -> Snapshots {
        Snapshots::with_time(stages, real_time)
    }

    /// The same with another clock than the real one.
    #[must_use]
    pub fn with_time(stages: &[&'static str], time: fn() -> Millis) -> Snapshots {
        let now = time();
        let slot = |stage: &&'static str| {
            let slot = Slot {
                heard_at: now,
                ..Slot::default()
            };
            (*stage, slot)
        };
        Snapshots {
            slots: Mutex::new(stages.iter().map(slot).collect()),
            time,
            started_at: now,
        }
    }

    /// Says where a stage stands. Ends its trouble.
    pub fn put(&self, stage: &'static str, stats: Stats) {
        let now = (self.time)();
        let stats = Arc::new(stats);
        let mut slots = self.lock();
        let slot = slots.entry(stage).or_default();
        let restoring = |phase| phase == TaskPhase::Restoring;
        let former = std::mem::take(&mut slot.restoring);
        for (task, _) in stats.tasks.iter().filter(|(_, task)| restoring(task.phase)) {
            let since = former.get(task).copied().unwrap_or(now);
            slot.restoring.insert(task.clone(), since);
        }
        slot.latest = Some(stats);
        slot.heard_at = now;
        slot.trouble = None;
    }

    /// Says that a stage's runner is made anew: what the former one counted is kept, so that
    /// counters never fall while the process lives. Its tasks are gone.
    pub fn renew(&self, stage: &'static str) {
        let mut slots = self.lock();
        let slot = slots.entry(stage).or_default();
        if let Some(total) = slot.total() {
            let mut total = (*total).clone();
            total.tasks.clear();
            slot.carried = Some(Arc::new(total));
        }
        slot.latest = None;
        slot.restoring.clear();
        slot.heard_at = (self.time)();
    }

    /// Says why a stage cannot work for now, in words without personal data: `cannot reach
    /// broker:9092`. Holds until the next [`Snapshots::put`].
    pub fn trouble(&self, stage: &'static str, why: impl Into<String>) {
        let mut slots = self.lock();
        let slot = slots.entry(stage).or_default();
        slot.trouble = Some(why.into());
        slot.heard_at = (self.time)();
    }

    /// The real time, or what stands for it in tests.
    pub(crate) fn now(&self) -> Millis {
        (self.time)()
    }

    pub(crate) fn started_at(&self) -> Millis {
        self.started_at
    }

    /// A copy of all slots.
    pub(crate) fn slots(&self) -> BTreeMap<&'static str, Slot> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The real time.
fn real_time() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Millis(i64::try_from(ms).unwrap_or(i64::MAX))
}
