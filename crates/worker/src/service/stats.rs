//! What a stage of one process has counted and where it stands: what metrics are read from.

mod business;

pub use business::{AlertCounts, Business, Follower, Paired, Reasons};

use crate::Counts;
use crate::service::port::TopicPartition;
use model::{Millis, Text};
use std::collections::BTreeMap;

/// Why tasks had to read again what is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResyncCause {
    /// The group gave the task: start, takeover, scaling.
    Assigned,
    /// A transaction's outcome was unknown, or another process had taken over.
    Unknown,
}

impl ResyncCause {
    /// Every cause.
    pub const ALL: [ResyncCause; 2] = [ResyncCause::Assigned, ResyncCause::Unknown];

    /// The word in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ResyncCause::Assigned => "assigned",
            ResyncCause::Unknown => "unknown_outcome",
        }
    }
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskPhase {
    /// It reads its changelog.
    #[default]
    Restoring,
    /// It works.
    Running,
    /// It cannot go on: records of its input are gone, or the number of partitions has changed.
    Stopped,
}

impl TaskPhase {
    /// Every phase.
    pub const ALL: [TaskPhase; 3] = [TaskPhase::Restoring, TaskPhase::Running, TaskPhase::Stopped];

    /// The word in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TaskPhase::Restoring => "restoring",
            TaskPhase::Running => "running",
            TaskPhase::Stopped => "stopped",
        }
    }
}

/// A source, as this process hears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceStats {
    /// The real time at which the last of its records came that the door has read here; `None` if
    /// none was.
    pub heard_at: Option<Millis>,
    /// Whether it has been silent for longer than its `silence_max` allows on working days: known
    /// where the task is that tells it, `None` elsewhere.
    pub silent: Option<bool>,
}

/// A task, as seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskStats {
    /// What it is doing.
    pub phase: TaskPhase,
    /// When, in real time, it began to do that.
    pub phase_at: Millis,
    /// Why it stopped; empty otherwise.
    pub why_stopped: String,
    /// The offset behind the last record that was committed; `None` before the first.
    pub offset: Option<i64>,
    /// The offset behind the last committed record of the input; `None` while unknown.
    pub end: Option<i64>,
    /// When the record at `offset` was produced, less what is not known: the age of the oldest
    /// record that waits. `None` without lag.
    pub waiting_since: Option<Millis>,
    /// Event time of the task: timers have fired up to here.
    pub now: Millis,
    /// The same of what has come furthest: it waits for fewer sources.
    pub furthest: Millis,
    /// That something did not happen may be said up to here: no further than `now`, and not while a
    /// source is silent that could have brought it.
    pub proved: Millis,
    /// Keys with state.
    pub keys: u64,
    /// Bytes of their values.
    pub state_bytes: u64,
    /// Keys whose deadline has come and that have not been settled yet.
    pub due: u64,
    /// Sums of its figures of which rows are still to be told.
    pub untold: u64,
    /// Records of its changelog that a running restore has read.
    pub restored_records: u64,
    /// Clocks that it has: by upstream task for a stage, by source for the door.
    pub clocks: BTreeMap<Text, Millis>,
}

/// What a stage of one process has counted, and its tasks. Counters rise only when the transaction
/// that they belong to is committed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Both equations of bad input, as far as this stage counts them: the door up to `decoded` and
    /// `too_late`, contacts `new`, `duplicates` and `conflicting`.
    pub counts: Counts,
    /// Transactions that were committed.
    pub commits: u64,
    /// Transactions that were aborted and repeated.
    pub aborts: u64,
    /// Microseconds that commits took, in buckets: at most 1, 2, 5, 10, 20, 50, 100, 200, 500 ms, 1, 2,
    /// 5, 10 s, and above.
    pub commit_us_buckets: [u64; 14],
    /// Microseconds that all commits took.
    pub commit_us_sum: u64,
    /// Records sent, by topic without the application's prefix; tombstones included.
    pub sent: BTreeMap<Text, u64>,
    /// Bytes of keys and values written to the changelog.
    pub changelog_bytes: u64,
    /// Clocks sent to the next stages.
    pub clocks_sent: u64,
    /// How often tasks had to read again what is committed.
    pub resyncs: BTreeMap<ResyncCause, u64>,
    /// Rebalances: partitions were given or taken.
    pub rebalances: u64,
    /// The group has given this process its part, were it nothing, and has not shut it out since.
    pub is_member: bool,
    /// Records set aside because they crashed the code, and what followed under their keys.
    pub set_aside: u64,
    /// Keys that are set aside now.
    pub set_aside_keys: u64,
    /// Keys whose state was let go because nothing can matter to it any more.
    pub evicted: u64,
    /// Things forgotten that are remembered, so that they are known when they come again.
    pub erasures_remembered: u64,
    /// Erasures that this stage has not done yet; of the door: that are not confirmed.
    pub erasures_pending: u64,
    /// Times that records which everybody had read could not be deleted.
    pub purges_refused: u64,
    /// What the customers stage told and took back.
    pub business: Business,
    /// The sources that the stage knows, by name.
    pub sources: BTreeMap<Text, SourceStats>,
    /// The tasks that this process has.
    pub tasks: BTreeMap<TopicPartition, TaskStats>,
}

/// Upper bounds of [`Stats::commit_us_buckets`] but the last, in microseconds.
pub const COMMIT_US_BOUNDS: [u64; 13] = [
    1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000,
];

impl Stats {
    /// Counts a commit and how long it took.
    pub(crate) fn committed(&mut self, took_us: u64) {
        self.commits += 1;
        self.commit_us_sum += took_us;
        let bucket = COMMIT_US_BOUNDS.partition_point(|bound| *bound < took_us);
        self.commit_us_buckets[bucket] += 1;
    }
}
