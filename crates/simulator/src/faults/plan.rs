//! What a seed's run is like: how many processes, how transactions are cut, how often what fails.

use crate::broker::Rates;
use crate::workload::dice::Dice;
use worker::service::Pace;

/// What a seed's run is like.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Nothing is lost, so that what all processes counted together can be checked.
    pub(super) is_countable: bool,
    /// Processes at the same time, at most.
    pub(super) processes_max: u64,
    /// The history lasts many times longer than anything is kept.
    pub(super) is_lasting: bool,
    /// Partitions of each source topic.
    pub(super) source_partitions: Vec<u32>,
    /// Partitions of the topics before contacts, handles and customers, and of their changelogs.
    pub(super) stage_partitions: [u32; 3],
    /// Partitions of the door's changelog.
    pub(super) door_partitions: u32,
    /// A transaction that is open for so long is aborted. It may be longer than a session: then it
    /// is open still when somebody else takes over.
    pub(super) transaction_timeout_ms: i64,
    /// Partitions of the output topics.
    pub(super) output_partitions: u32,
    pub(super) pace: Pace,
    pub(super) rates: Rates,
    /// Records that a poll brings, at most.
    pub(super) records_max: u64,
    /// How often, in so many of 10,000 steps, a process starts, ends, crashes, stands still, and a
    /// changelog is compacted.
    pub(super) start: u64,
    pub(super) stop: u64,
    pub(super) crash: u64,
    pub(super) pause: u64,
    pub(super) compact: u64,
    /// How often, in so many of 10,000 steps, a night begins.
    pub(super) night: u64,
    /// Records that the sources bring in a step, at most.
    pub(super) feed_max: u64,
    /// Share of the records that come twice.
    pub(super) doubled: f64,
    pub(super) shuffled: bool,
    /// Steps in which things go on to fail after the long silence.
    pub(super) steps_after: u64,
    /// Erasures that are asked for, one after the other, before everything is delivered again.
    pub(super) erasures: usize,
}

impl Plan {
    pub(super) fn draw(dice: &mut Dice) -> Plan {
        let is_countable = dice.percent(15);
        let worse = dice.pick(&[1, 2, 4]);
        let if_lossy = |rate: u64| if is_countable { 0 } else { rate * worse };
        let rates = Rates {
            abort: 150 * worse,
            unknown_committed: if_lossy(60),
            unknown_aborted: if_lossy(60),
            unknown_late: if_lossy(60),
            renew_not_yet: 2_000,
            tell_lost: 500 * worse,
            tell_doubled: 500,
            tell_late: 500,
            poll_nothing: 1_000,
            offsets_unsaid: 2_000,
            decode_not_yet: 50 * worse,
            crash: if_lossy(15),
            pause: if_lossy(25),
        };
        let plan = Plan {
            is_countable,
            is_lasting: false,
            processes_max: dice.between(1, 3) as u64,
            source_partitions: (0..dice.between(1, 3))
                .map(|_| dice.between(1, 3) as u32)
                .collect(),
            stage_partitions: [0; 3].map(|_: u32| dice.between(1, 4) as u32),
            door_partitions: dice.between(1, 3) as u32,
            transaction_timeout_ms: dice.pick(&[10_000, 10_000, 30_000]),
            output_partitions: dice.between(1, 3) as u32,
            pace: Pace {
                commit_every_ms: dice.pick(&[0, 40, 40, 200]),
                commit_every_max_ms: 500,
                commit_records_max: dice.pick(&[1, 5, 10_000, 10_000]),
                open_max_ms: 500,
                timers_per_step_max: dice.pick(&[1, 10, 500]),
                timers_per_commit_max: dice.pick(&[1, 20, 2_000]),
                timers_every_ms: dice.pick(&[0, 1_000]),
                timers_every_max_ms: 5_000,
                clock_every_ms: dice.pick(&[100, 1_000]),
                clock_again_ms: 2_000,
                purge_every_ms: dice.pick(&[1_000, 60_000, i64::MAX]),
            },
            rates,
            records_max: dice.pick(&[1, 4, 16, 50]),
            start: 40,
            stop: dice.pick(&[0, 5, 15]),
            crash: if_lossy(2),
            pause: if_lossy(2),
            compact: dice.pick(&[0, 50, 300]),
            night: dice.pick(&[0, 100, 300]),
            feed_max: dice.pick(&[1, 3, 20]),
            doubled: dice.pick(&[0.0, 0.1, 0.4]),
            shuffled: dice.percent(50),
            steps_after: dice.pick(&[200, 1_000, 3_000]),
            erasures: if dice.percent(30) {
                dice.between(1, 3) as usize
            } else {
                0
            },
        };
        if dice.percent(15) {
            plan.lasting(dice)
        } else {
            plan
        }
    }

    /// The same for a long history, whose records have to come in their order.
    pub(super) fn lasting(self, dice: &mut Dice) -> Plan {
        Plan {
            is_lasting: true,
            erasures: 0,
            // What comes after a night would be older than what was let go of in it.
            night: 0,
            doubled: 0.0,
            shuffled: false,
            feed_max: 20,
            records_max: self.records_max.max(16),
            pace: Pace {
                commit_records_max: dice.pick(&[5, 100, 10_000]),
                ..self.pace
            },
            ..self
        }
    }
}
