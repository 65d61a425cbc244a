//! How a stage's transactions are cut.

/// How a stage's transactions are cut.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A transaction is committed this long after its first record, in milliseconds of real time.
    pub commit_every_ms: i64,
    /// A stage that is behind takes longer, up to this: a quarter of the time that its records have
    /// waited, in milliseconds of real time. The longer, the more is said once instead of often.
    pub commit_every_max_ms: i64,
    /// Or after so many messages, timers among them.
    pub commit_records_max: usize,
    /// A transaction whose messages took longer than this is followed by smaller ones, until they
    /// keep within it, in milliseconds of real time: the brokers abort one that takes too long, and
    /// it would come again as large as it was.
    pub open_max_ms: i64,
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
            open_max_ms: 2_000,
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

/// Messages below which a transaction is not made smaller because the brokers are slow: most of what
/// a commit takes is then the same for one message as for all, and with one at a time nothing would
/// ever be done.
const CLUSTER_SLOW_MIN: usize = 100;

/// What a transaction has taken, in milliseconds of real time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// From its first message until all that they change was handed to the log.
    pub(crate) own_ms: i64,
    /// Until the log had it.
    pub(crate) log_ms: i64,
}

/// How many messages a transaction may have, as far as those before it tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Largest(usize);

impl Largest {
    pub(crate) fn new(pace: &Pace) -> Largest {
        Largest(pace.commit_records_max)
    }

    pub(crate) fn get(self) -> usize {
        self.0
    }

    /// A transaction of so many messages took so long.
    pub(crate) fn learn(&mut self, messages: usize, spent: Spent, pace: &Pace) {
        let Spent { own_ms, log_ms } = spent;
        if own_ms > pace.open_max_ms {
            let share = pace.open_max_ms as f64 / own_ms as f64;
            let kept_within = (messages as f64 * share) as usize;
            self.0 = kept_within.clamp(1, self.0);
        } else if log_ms > 2 * pace.open_max_ms {
            self.0 = self.0.min((messages / 2).max(CLUSTER_SLOW_MIN));
        } else if own_ms < pace.open_max_ms / 2 && messages >= self.0 / 2 {
            // One that was far from full says nothing of one that is.
            self.0 = self.0.saturating_mul(2).min(pace.commit_records_max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(own_ms: i64) -> Spent {
        Spent { own_ms, log_ms: 50 }
    }

    #[test]
    fn what_took_too_long_is_followed_by_less_and_then_by_more() {
        let pace = Pace::default();
        let mut largest = Largest::new(&pace);
        largest.learn(4_000, own(20_000), &pace);
        assert_eq!(largest.get(), 400);
        largest.learn(400, own(1_900), &pace);
        assert_eq!(largest.get(), 400, "as it should be");
        largest.learn(3, own(10), &pace);
        assert_eq!(largest.get(), 400, "a small one tells nothing");
        largest.learn(1, own(60_000), &pace);
        assert_eq!(largest.get(), 1, "one message may be large");
        largest.learn(1, own(10), &pace);
        assert_eq!(largest.get(), 2);
        for _ in 0..20 {
            largest.learn(largest.get(), own(10), &pace);
        }
        assert_eq!(largest.get(), pace.commit_records_max);
    }

    #[test]
    fn slow_brokers_do_not_bring_work_to_a_standstill() {
        let pace = Pace::default();
        let mut largest = Largest::new(&pace);
        let slow = Spent {
            own_ms: 30,
            log_ms: 12_000,
        };
        largest.learn(8_000, slow, &pace);
        assert_eq!(
            largest.get(),
            4_000,
            "it may be that it was too much at once"
        );
        for _ in 0..20 {
            largest.learn(largest.get(), slow, &pace);
        }
        assert_eq!(largest.get(), CLUSTER_SLOW_MIN);
        largest.learn(0, slow, &pace);
        assert_eq!(largest.get(), CLUSTER_SLOW_MIN, "nothing was in it");
    }
}
