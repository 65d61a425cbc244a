//! What goes wrong, and how often: all chance of a simulated run comes from one seed.

use crate::workload::dice::Dice;
use std::collections::BTreeMap;

/// How often something happens, in so many of 10,000 cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// A commit ends in an abort.
    pub abort: u64,
    /// A commit happens, and the producer is not told.
    pub unknown_committed: u64,
    /// A commit does not happen, and the producer is not told.
    pub unknown_aborted: u64,
    /// A commit happens later, unless the producer is renewed before, and it is not told.
    pub unknown_late: u64,
    /// A producer cannot be renewed yet.
    pub renew_not_yet: u64,
    /// A plain record is lost.
    pub tell_lost: u64,
    /// A plain record comes twice.
    pub tell_doubled: u64,
    /// A plain record comes late, behind others.
    pub tell_late: u64,
    /// A poll brings nothing although there is something.
    pub poll_nothing: u64,
    /// A commit does not say where its records lie.
    pub offsets_unsaid: u64,
    /// What is needed to read a record is not there yet.
    pub decode_not_yet: u64,
    /// A process crashes at a call of its port.
    pub crash: u64,
    /// A process stands still at a call of its port.
    pub pause: u64,
}

/// The dice of a run, and what they have brought about.
pub struct Schedule {
    dice: Dice,
    /// How often what goes wrong. All zero: nothing does.
    pub rates: Rates,
    /// The most records that one poll brings.
    pub records_max: u64,
    /// How often what happened.
    pub occurred: BTreeMap<&'static str, u64>,
}

impl Schedule {
    /// Nothing goes wrong until the rates say so.
    #[must_use]
    pub fn new(seed: u64) -> Schedule {
        Schedule {
            dice: Dice::new(seed, 20),
            rates: Rates::default(),
            records_max: 8,
            occurred: BTreeMap::new(),
        }
    }

    /// Counts something that happened.
    pub fn saw(&mut self, what: &'static str) {
        *self.occurred.entry(what).or_default() += 1;
    }

    /// Whether something with this rate happens; it is counted if it does.
    pub fn happens(&mut self, rate: u64, what: &'static str) -> bool {
        let happens = rate > 0 && self.dice.below(10_000) < rate;
        if happens {
            self.saw(what);
        }
        happens
    }

    /// A number in `0..bound`; 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.dice.below(bound)
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.dice.between(low, high)
    }
}
