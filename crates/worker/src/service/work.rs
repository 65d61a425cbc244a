//! What a stage does with the records of a task, and what a task keeps while it does.
//!
//! A task has a *base*, which holds only what is committed, and an *overlay*, which holds what the
//! open transaction has changed. A commit makes the overlay the base; everything else drops it.

use crate::Counts;
use crate::service::outlet::{DeadLetter, Outlet, Sent};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::sources::TaskClock;
use crate::service::stats::SourceStats;
use crate::service::wire::{Damaged, Meta};
use model::{Millis, Text};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// What a stage is at work with: the door, or a stage that keeps a state per key.
pub(crate) trait Work {
    /// What is kept for a partition of the input.
    type Task: Task;

    /// A task of which nothing is known yet.
    fn task(&self, place: &TopicPartition, time: Millis) -> Self::Task;

    /// Takes a record of the task's changelog, which may hold other tasks' records too.
    ///
    /// # Errors
    /// The record cannot be read.
    fn restore(&self, task: &mut Self::Task, record: Record) -> Result<(), Damaged>;

    /// Takes a record of the input. It may not be possible yet.
    ///
    /// # Errors
    /// The record cannot be read, though it is one of ours.
    fn apply(
        &mut self,
        task: &mut Self::Task,
        record: &Record,
        time: Millis,
    ) -> Result<Took, Damaged>;

    /// Fires at most so many timers that are due; says how many it fired.
    fn fire(&self, task: &mut Self::Task, keys_max: usize) -> usize;

    /// Moves on what only real time moves; says whether that is worth a commit.
    fn tick(&self, task: &mut Self::Task, time: Millis) -> bool;

    /// Does what is done outside of transactions; says whether there is something to commit then.
    fn outside<P: Port>(&self, _task: &mut Self::Task, _port: &mut P) -> bool {
        false
    }

    /// Says what follows from everything that was taken, and sends it.
    ///
    /// # Errors
    /// The code crashed: what it crashed on is put aside, and the transaction has to be aborted.
    fn flush<P: Port>(
        &mut self,
        task: &mut Self::Task,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) -> Result<(), Crashed>;
}

/// Whether a record was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Took {
    /// It was, with so many messages.
    Taken(usize),
    /// What is needed to read it is on its way: the task stands still until later.
    NotYet,
    /// The code crashed on it. It is put aside, and the transaction has to be aborted.
    Crashed,
}

/// The code crashed on something, which is put aside: when its records come again they are not
/// worked on but written to the dead letters, so that they stop nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crashed;

/// The reason in the dead letters of a record that was put aside.
pub(crate) const SET_ASIDE: &str = "set_aside";

/// Runs code that should not crash, and says if it did all the same. What it worked on is half done
/// then and has to be dropped.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Crashed> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|_| Crashed)
}

/// What every task keeps, whatever its stage.
pub(crate) trait Task {
    /// Where it stands.
    fn position(&self) -> &Position;
    /// Where it stands, to be moved.
    fn position_mut(&mut self) -> &mut Position;
    /// All of its changelog was read.
    ///
    /// # Errors
    /// Bytes in it are none of ours.
    fn restored(&mut self) -> Result<(), String>;
    /// The transaction is committed: the overlay is the base now.
    fn committed(&mut self);
    /// The transaction is not: the overlay is nothing now.
    fn dropped(&mut self);
    /// The input is read to its end.
    fn caught_up(&mut self, time: Millis);
    /// What is put aside because the code crashed on it: keys, or records of the door.
    fn aside(&self) -> u64;
    /// Keys with state, bytes of their values, keys that are due.
    fn sizes(&self) -> (u64, u64, u64);
    /// Sums of figures of which rows are still to be told.
    fn untold(&self) -> u64 {
        0
    }
    /// What it knows of the sources: the door when each was heard, the one task that tells it
    /// whether they are silent.
    fn sources(&self) -> Vec<(Text, SourceStats)>;
    /// Clocks that it has: by task before it, or by source.
    fn clocks(&self) -> BTreeMap<Text, Millis>;
    /// Number of things forgotten that are remembered, and of erasures that are not done.
    fn erasures(&self) -> (u64, u64);
    /// Whether timers are due that have not fired.
    fn is_due(&self) -> bool;
    /// The clock that the next stages may hear: everything up to it is committed.
    fn clock(&self) -> Option<TaskClock>;
}

/// Where a task stands: as committed, and as it will be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Position {
    pub(crate) committed: Meta,
    pub(crate) open: Meta,
    /// There is something to commit.
    pub(crate) is_open: bool,
    /// What was counted in the open transaction.
    pub(crate) counts: Counts,
    /// Keys of which the open transaction lets go.
    pub(crate) let_go: u64,
    /// Records that the open transaction puts aside.
    pub(crate) set_aside: Vec<DeadLetter>,
}

impl Position {
    pub(crate) fn restored(&mut self, meta: Meta) {
        self.open = meta.clone();
        self.committed = meta;
    }

    pub(crate) fn read(&mut self, offset: i64) {
        self.open.offset = Some(offset + 1);
        self.is_open = true;
    }

    pub(crate) fn commit(&mut self) {
        self.committed.clone_from(&self.open);
        self.is_open = false;
        self.set_aside.clear();
    }

    pub(crate) fn drop(&mut self) {
        self.open.clone_from(&self.committed);
        self.is_open = false;
        self.counts = Counts::default();
        self.let_go = 0;
        self.set_aside.clear();
    }

    /// Puts a message of a record aside.
    pub(crate) fn put_aside(
        &mut self,
        place: &TopicPartition,
        record: &Record,
        message: usize,
        detail: String,
    ) {
        self.set_aside.push(DeadLetter {
            place: place.clone(),
            offset: record.offset,
            reason: SET_ASIDE,
            detail,
            hash: xxh3_128(record.value.as_deref().unwrap_or_default()),
            message: message as u32,
        });
        self.read(record.offset);
    }
}

/// Sends a task's position, and what it puts aside.
pub(crate) fn send_position<P: Port>(
    place: &TopicPartition,
    position: &Position,
    changelog: &TopicPartition,
    outlet: &mut Outlet<'_, P>,
) {
    for letter in &position.set_aside {
        outlet.dead_letter(letter);
    }
    outlet.meta(changelog, &place.to_string(), &position.open);
}

/// What was sent is counted under the topics' names.
pub(crate) fn add_sent(total: &mut BTreeMap<Text, u64>, sent: &Sent) {
    for (table, records) in &sent.records {
        *total.entry(Text::from(*table)).or_default() += records;
    }
}
