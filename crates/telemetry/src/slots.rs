//! The latest that each stage of this process has said of itself.

use model::Millis;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use worker::service::{Stats, TaskPhase, TopicPartition};

/// The latest that each stage of this process has said of itself. Cheap to write: nobody holds the
/// lock for longer than it takes to move a pointer.
#[derive(Debug)]
pub struct Slots {
    slots: Mutex<BTreeMap<&'static str, Slot>>,
    time: fn() -> Millis,
    started_at: Millis,
}

/// What is known of a stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// The latest.
    pub(crate) latest: Option<Arc<Stats>>,
    /// When something was last heard of the stage.
    pub(crate) heard_at: Millis,
    /// Since when tasks restore.
    pub(crate) restoring: BTreeMap<TopicPartition, Millis>,
    /// Why the stage cannot work now.
    pub(crate) trouble: Option<String>,
}

impl Slots {
    /// Slots for the stages that this process runs; until they say something they are starting.
    #[must_use]
    pub fn new(stages: impl IntoIterator<Item = &'static str>) -> Slots {
        Slots::with_time(stages, real_time)
    }

    /// The same with another clock than the real one.
    #[must_use]
    pub fn with_time(
        stages: impl IntoIterator<Item = &'static str>,
        time: fn() -> Millis,
    ) -> Slots {
        let now = time();
        let slot = |stage: &'static str| {
            let slot = Slot {
                heard_at: now,
                ..Slot::default()
            };
            (stage, slot)
        };
        Slots {
            slots: Mutex::new(stages.into_iter().map(slot).collect()),
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

    /// Says why a stage cannot work for now, in words without personal data: `cannot reach
    /// broker:9092`. Holds until the next [`Slots::put`]. What was counted stays.
    pub fn failed(&self, stage: &'static str, why: &str) {
        let mut slots = self.lock();
        let slot = slots.entry(stage).or_default();
        slot.trouble = Some(why.to_owned());
        slot.restoring.clear();
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
