//! How a stage's transactions are cut.

/// How a stage's transactions are cut.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A transaction is committed this long after its first record, in milliseconds of real time.
    pub commit_every_ms: i64,
    /// A stage that is behind takes longer, up to this: a quarter of the time that its records have
    /// waited, in milliseconds of real time. The longer, the more is said once instead of often.
    pub commit_every_max_ms: i64,
    /// Or after so many messages.
    pub commit_records_max: usize,
    /// Timers that fire between two polls.
    pub timers_per_step_max: usize,
    /// A transaction in which so many have fired is committed at once: at midnight live records
    /// wait for no more than that.
    pub timers_per_commit_max: usize,
    /// Where time only makes verdicts final, in the last stage, all timers that are due fire
    /// together, at most this often, in milliseconds of real time: what of a contact falls due in
    /// between is said once.
    pub timers_every_ms: i64,
    /// A stage that is behind takes longer, up to this, as for `commit_every_max_ms`.
    pub timers_every_max_ms: i64,
    /// A task's clock is sent at most this often, in milliseconds of real time.
    pub clock_every_ms: i64,
    /// And again after this long, changed or not: one may have been lost.
    pub clock_again_ms: i64,
    /// Records of topics of ours that every task has read are deleted this often.
    pub purge_every_ms: i64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            commit_every_ms: 40,
            commit_every_max_ms: 500,
            commit_records_max: 10_000,
            timers_per_step_max: 500,
            timers_per_commit_max: 2_000,
            timers_every_ms: 1_000,
            timers_every_max_ms: 5_000,
            clock_every_ms: 1_000,
            clock_again_ms: 10_000,
            purge_every_ms: 60_000,
        }
    }
}
