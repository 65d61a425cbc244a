//! Which part of a segment it is that breaks: the version of an app, where the segment is a page.
//!
//! A segment is watched as a whole, so that a version nobody had before is measured by what was
//! normal before it. Once too many entries break, the parts are compared with each other.

use std::collections::{BTreeMap, BTreeSet};

use model::Text;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Parts that are told apart; entries of others are counted with the segment only.
const PARTS_MAX: usize = 50;
/// Minutes in which entries are counted together.
const STRETCH_MINUTES: i64 = 10;
/// Entries of so long before an alarm's begin are compared, minutes: those that broke then.
const BEFORE_MINUTES: i64 = 60;
/// Share of the breaks that a part has at least to be named.
const SHARE_MIN: f64 = 0.7;
/// How many times as often as in the rest entries of it break, at least, against what is normal at
/// their ages.
const RATIO_MIN: f64 = 2.0;
/// Breaks that are always taken to be expected of a part.
const EXPECTED_LEAST: f64 = 0.01;

/// The number of a part that is not told apart.
pub(crate) const NO_PART: u64 = 0;

/// The number of a part by its name.
pub(crate) fn number(within: &str) -> u64 {
    match within.is_empty() {
        true => NO_PART,
        false => xxh3_64(within.as_bytes()).max(1),
    }
}

/// The parts of a segment, as far as something is known of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parts {
    names: BTreeMap<u64, Text>,
    /// Entries, by stretch of time and part.
    entered: BTreeMap<(i64, u64), i32>,
}

impl Parts {
    /// An entry of a part has come, or is taken back.
    pub(crate) fn count(&mut self, within: &Text, minute: i64, sign: i32) {
        let number = number(within);
        if number != NO_PART && !self.names.contains_key(&number) {
            if self.names.len() >= PARTS_MAX {
                return;
            }
            self.names.insert(number, within.clone());
        }
        let place = (minute.div_euclid(STRETCH_MINUTES), number);
        let entered = self.entered.entry(place).or_default();
        *entered += sign;
        if *entered == 0 {
            self.entered.remove(&place);
        }
    }

    /// Forgets entries before a minute, and the names of which nothing is left.
    pub(crate) fn forget_before(&mut self, minute: i64, broken: &BTreeSet<u64>) {
        let first = (minute - BEFORE_MINUTES).div_euclid(STRETCH_MINUTES);
        self.entered.retain(|(stretch, _), _| *stretch >= first);
        let left: BTreeSet<u64> = self.entered.keys().map(|(_, part)| *part).collect();
        self.names
            .retain(|number, _| left.contains(number) || broken.contains(number));
    }

    /// The one part to which most of the breaks since a minute belong, if its entries also break
    /// more often than the others, as compared with what was `expected` since then of an entry of a
    /// minute: entries of a version that was released just now are too young to have broken.
    pub(crate) fn named(
        &self,
        since: i64,
        breaks: &BTreeMap<u64, u32>,
        expected: impl Fn(i64) -> f64,
    ) -> Option<&Text> {
        let (part, own) = breaks.iter().max_by_key(|(_, breaks)| **breaks)?;
        let all: u32 = breaks.values().sum();
        let (own, all) = (f64::from(*own), f64::from(all));
        if own < SHARE_MIN * all {
            return None;
        }
        let first = (since - BEFORE_MINUTES).div_euclid(STRETCH_MINUTES);
        let mut normal = [0.0_f64; 2];
        for ((stretch, other), entered) in self.entered.range((first, 0)..) {
            let expected = expected(stretch * STRETCH_MINUTES + STRETCH_MINUTES / 2);
            normal[usize::from(other != part)] += f64::from(*entered) * expected;
        }
        let rest = all - own;
        // Ratios of breaks to expected ones, compared crosswise: there may be no entries of the rest.
        let is_worse = own * normal[1].max(0.0) >= RATIO_MIN * rest * normal[0].max(EXPECTED_LEAST);
        self.names.get(part).filter(|_| is_worse)
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTS_MAX, Parts, number};
    use model::Text;
    use std::collections::{BTreeMap, BTreeSet};

    fn parts(entered: &[(&str, i64, i32)]) -> Parts {
        let mut parts = Parts::default();
        for (name, minute, entries) in entered {
            parts.count(&Text::from(*name), *minute, *entries);
        }
        parts
    }

    fn breaks(of: &[(&str, u32)]) -> BTreeMap<u64, u32> {
        of.iter()
            .map(|(name, breaks)| (number(name), *breaks))
            .collect()
    }

    /// As many breaks are expected of each entry.
    fn evenly(_: i64) -> f64 {
        0.1
    }

    #[test]
    fn the_version_that_breaks_is_named() {
        let parts = parts(&[("v=1", 100, 600), ("v=2", 160, 300)]);
        let breaks = breaks(&[("v=2", 70), ("v=1", 12)]);
        let named = parts.named(160, &breaks, evenly);
        assert_eq!(named.map(Text::as_str), Some("v=2"));
    }

    #[test]
    fn a_version_whose_entries_are_young_is_compared_by_what_is_expected_of_them() {
        let parts = parts(&[("v=1", 100, 300), ("v=2", 160, 400)]);
        let breaks = breaks(&[("v=2", 70), ("v=1", 30)]);
        assert_eq!(parts.named(160, &breaks, evenly), None);
        let by_age = |entered| if entered < 160 { 0.1 } else { 0.02 };
        let named = parts.named(160, &breaks, by_age);
        assert_eq!(named.map(Text::as_str), Some("v=2"));
    }

    #[test]
    fn what_befalls_all_names_nobody() {
        let parts = parts(&[("v=1", 100, 600), ("v=2", 160, 300)]);
        let named = |of: &[(&str, u32)]| parts.named(160, &breaks(of), evenly).cloned();
        assert_eq!(named(&[("v=2", 30), ("v=1", 60)]), None);
        let not_worse_but_larger = [("v=1", 70), ("v=2", 30)];
        assert_eq!(named(&not_worse_but_larger), None);
        assert_eq!(named(&[("", 9)]), None);
        assert_eq!(named(&[]), None);
    }

    #[test]
    fn ten_thousand_parts_are_fifty_and_go() {
        let mut parts = Parts::default();
        for number in 0..10_000 {
            parts.count(&format!("v={number}").into(), number, 1);
        }
        assert_eq!(parts.names.len(), PARTS_MAX);
        parts.forget_before(1_000_000, &BTreeSet::new());
        assert!(parts.entered.is_empty() && parts.names.is_empty());
    }
}
