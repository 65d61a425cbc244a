//! The breaks of the last time, so that an alarm can say how many customers there were since it
//! began, and at what cost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::Money;
use serde::{Deserialize, Serialize};

/// Breaks that are kept of a segment; beyond, the oldest are forgotten and customers and cost are
/// said to be partial.
const BREAKS_KEPT_MAX: usize = 20_000;

/// One entry that broke.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Break {
    /// When it was decided, minutes since 1970-01-01T00:00Z.
    pub(crate) minute: i64,
    pub(crate) customer: u64,
    pub(crate) cost: Option<Money>,
}

/// What a stretch of time has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toll {
    /// Distinct customers with a break.
    pub customers: u64,
    /// Sum of the costs that are known.
    pub cost: Money,
    /// More breaks than are kept, or a cost that is missing: both numbers are lower bounds.
    pub is_partial: bool,
}

/// The breaks that are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breaks {
    /// Those of minutes that have not come yet.
    ahead: BTreeMap<i64, Vec<Break>>,
    kept: VecDeque<Break>,
    /// The latest minute of which a break was forgotten for want of room.
    forgotten: Option<i64>,
}

impl Breaks {
    /// Adds one, at a time when `next` is the minute that comes next.
    pub(crate) fn add(&mut self, one: Break, next: i64) {
        if one.minute >= next {
            self.ahead.entry(one.minute).or_default().push(one);
        } else {
            self.keep(one);
        }
    }

    fn keep(&mut self, one: Break) {
        self.kept.push_back(one);
        if self.kept.len() > BREAKS_KEPT_MAX
            && let Some(forgotten) = self.kept.pop_front()
        {
            self.forgotten = self.forgotten.max(Some(forgotten.minute));
        }
    }

    /// Takes back one that was added; one that is not kept any more is gone already.
    pub(crate) fn take_back(&mut self, one: Break) {
        if let Some(ahead) = self.ahead.get_mut(&one.minute)
            && let Some(place) = ahead.iter().rposition(|known| *known == one)
        {
            ahead.remove(place);
        } else if let Some(place) = self.kept.iter().rposition(|kept| *kept == one) {
            self.kept.remove(place);
        }
    }

    /// A minute has come.
    pub(crate) fn pass(&mut self, minute: i64) {
        while let Some(entry) = self
            .ahead
            .first_entry()
            .filter(|entry| *entry.key() <= minute)
        {
            entry.remove().into_iter().for_each(|one| self.keep(one));
        }
    }

    /// Forgets what lies before a minute.
    pub(crate) fn forget_before(&mut self, minute: i64) {
        self.kept.retain(|kept| kept.minute >= minute);
        self.forgotten = self.forgotten.filter(|latest| *latest >= minute);
    }

    /// What the minutes from one to before another have cost.
    pub(crate) fn toll(&self, from: i64, to: i64) -> Toll {
        let mut customers = BTreeSet::new();
        let mut toll = Toll::default();
        for one in self
            .kept
            .iter()
            .filter(|one| (from..to).contains(&one.minute))
        {
            customers.insert(one.customer);
            match one.cost {
                Some(cost) => toll.cost = toll.cost.plus(cost),
                None => toll.is_partial = true,
            }
        }
        toll.customers = customers.len() as u64;
        toll.is_partial |= self.forgotten.is_some_and(|latest| latest >= from);
        toll
    }
}

#[cfg(test)]
mod tests {
    use super::{Break, Breaks};
    use model::Money;

    fn at(minute: i64, customer: u64, cost: Option<i64>) -> Break {
        let cost = cost.map(Money);
        Break {
            minute,
            customer,
            cost,
        }
    }

    #[test]
    fn a_customer_who_broke_twice_is_one_and_pays_twice() {
        let mut breaks = Breaks::default();
        for one in [at(1, 7, Some(5)), at(2, 7, Some(5)), at(3, 8, Some(1))] {
            breaks.add(one, 2);
        }
        breaks.add(at(9, 9, Some(1)), 2);
        breaks.take_back(at(3, 8, Some(1)));
        assert_eq!(
            breaks.toll(1, 9).cost,
            Money(5),
            "the others have not come yet"
        );
        breaks.pass(8);
        let toll = breaks.toll(1, 9);
        assert_eq!(
            (toll.customers, toll.cost, toll.is_partial),
            (1, Money(10), false)
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let mut breaks = Breaks::default();
        breaks.add(at(1, 7, None), 2);
        assert!(breaks.toll(0, 2).is_partial);
        let mut breaks = Breaks::default();
        (0..=super::BREAKS_KEPT_MAX as i64)
            .for_each(|minute| breaks.add(at(minute, 1, Some(1)), 1 << 40));
        assert!(breaks.toll(0, 5).is_partial && !breaks.toll(1, 5).is_partial);
    }
}
