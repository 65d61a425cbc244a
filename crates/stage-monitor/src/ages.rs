//! Ages of entries: cohorts of entries of about the same minute, and bins of ages.

use crate::settings::{MINUTE_MS, Watch};
use model::Wait;

/// Cohorts of open entries that are kept of a segment.
const COHORTS_MAX: i64 = 1024;
/// Longest age that is watched, minutes: 31 days.
const HORIZON_MINUTES_MAX: i64 = 31 * 1440;

/// How ages are counted for a rule. Ages are whole minutes, from the begin of the entry's cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ages {
    /// Minutes of a cohort: 1 up to a horizon of 17 hours, then so that 1,024 cohorts are enough.
    pub(crate) width: i64,
    /// Age at which an entry is no longer watched, minutes.
    pub(crate) horizon: i64,
    /// First age of each bin, minutes, ascending from 0.
    pub(crate) edges: Vec<i64>,
    /// What a minute waits for.
    pub(crate) wait: Wait,
}

impl Ages {
    /// Bins are an eighth as wide as they are old, at least a minute: a hazard changes fast at
    /// first and slowly later, and each bin has breaks enough. A deadline has a bin of its own,
    /// because all who are told at the same age would else be expected hours too early.
    pub(crate) fn of(watch: &Watch) -> Ages {
        let minutes = |ms: i64| ms.max(1).saturating_add(MINUTE_MS - 1) / MINUTE_MS;
        let horizon = minutes(watch.horizon_ms).saturating_add(1);
        let horizon = horizon.clamp(2, HORIZON_MINUTES_MAX);
        let width = (horizon + COHORTS_MAX - 1) / COHORTS_MAX;
        let mut edges = vec![0];
        let mut edge = 1;
        while edge < horizon {
            edges.push(edge);
            edge += (edge / 8).max(1);
        }
        for deadline_ms in &watch.deadlines_ms {
            let deadline = deadline_ms / MINUTE_MS;
            edges.extend([deadline, deadline + 1 + width]);
        }
        edges.retain(|edge| (0..horizon).contains(edge));
        edges.sort_unstable();
        edges.dedup();
        Ages {
            width,
            horizon,
            edges,
            wait: watch.wait,
        }
    }

    /// The cohort of an entry of this minute.
    pub(crate) fn cohort(&self, minute: i64) -> i64 {
        minute.div_euclid(self.width)
    }

    /// The bin of a cohort's entries at a minute, which must not lie before the cohort.
    pub(crate) fn bin(&self, cohort: i64, minute: i64) -> usize {
        let age = minute - cohort * self.width;
        self.edges.partition_point(|edge| *edge <= age).max(1) - 1
    }

    /// The last minute at which a cohort's entries are in the same bin as at a minute.
    pub(crate) fn last_in_bin(&self, cohort: i64, minute: i64) -> i64 {
        let next = self.edges.get(self.bin(cohort, minute) + 1);
        let next = next.copied().unwrap_or(self.horizon);
        (cohort * self.width + next - 1).max(minute)
    }

    /// The first minute at which a cohort is no longer watched.
    pub(crate) fn horizon_of(&self, cohort: i64) -> i64 {
        cohort * self.width + self.horizon
    }

    /// How many cohorts are watched at once.
    pub(crate) fn cohorts(&self) -> usize {
        ((self.horizon + self.width - 1) / self.width) as usize
    }

    /// Breaks that are expected of an entry up to an age, by the hazard of each bin; 0 before it
    /// entered.
    pub(crate) fn expected(&self, hazards: &[f32], age: i64) -> f64 {
        let ends = self.edges[1..].iter().chain([&self.horizon]);
        let bins = self.edges.iter().zip(ends).zip(hazards);
        bins.map(|((from, to), hazard)| (age.min(*to) - from).max(0) as f64 * f64::from(*hazard))
            .sum()
    }

    /// The places in a list of cohorts, newest first, that each bin covers at a minute.
    pub(crate) fn places(&self, minute: i64) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let offset = minute.rem_euclid(self.width);
        let ends = self.edges[1..].iter().chain([&self.horizon]);
        self.edges.iter().zip(ends).map(move |(from, to)| {
            let place = |age: i64| ((age - offset).max(0) + self.width - 1) / self.width;
            place(*from) as usize..place(*to) as usize
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Ages;
    use crate::Watch;

    #[test]
    fn places_and_bins_are_the_same_ages() {
        for hours in [1, 24, 48, 31 * 24] {
            let ages = Ages::of(&Watch {
                horizon_ms: hours * 3_600_000,
                deadlines_ms: vec![600_000],
                ..Watch::default()
            });
            for minute in [1_000_000, 1_000_001, 1_000_037] {
                let newest = ages.cohort(minute);
                let mut seen = 0;
                for (bin, places) in ages.places(minute).enumerate() {
                    for place in places {
                        assert_eq!(ages.bin(newest - place as i64, minute), bin, "{hours} h");
                        seen += 1;
                    }
                }
                assert!(
                    seen <= ages.cohorts() && seen + 1 >= ages.cohorts(),
                    "{hours} h"
                );
            }
            assert!(ages.edges.len() < 100 && ages.cohorts() <= 1024);
        }
    }

    #[test]
    fn a_deadline_has_a_bin_of_its_own() {
        let ages = Ages::of(&Watch {
            horizon_ms: 48 * 3_600_000,
            deadlines_ms: vec![24 * 3_600_000],
            ..Watch::default()
        });
        let bin = |age| ages.bin(0, age);
        assert_ne!(bin(1439), bin(1440));
        assert_eq!(bin(1440), bin(1441));
        assert_ne!(bin(1441), bin(1440 + 1 + ages.width));
    }
}
