//! The sequential test: are there more breaks than expected, and since when?
//!
//! Page's cumulative sum of log likelihood ratios, one for each ratio that is looked for. Under the
//! baseline the number of breaks in a stretch of time, of which `expected` were expected, is a
//! negative binomial: Poisson with a level that is the same for the stretch and was drawn from a
//! gamma distribution of mean 1. Its variance, the dispersion, is measured in the baseline; without
//! any this is the Poisson likelihood ratio. docs/semantics.md, "Monitor", has the formulas.

use serde::{Deserialize, Serialize};

/// The ratios of breaks to expected ones that are looked for.
pub(crate) const RATIOS: [f64; 3] = [1.5, 2.0, 4.0];
/// The part of the segment's budget that each of them has.
const SHARES: [f64; 3] = [0.1, 0.8, 0.1];
/// ln(mean number of expected breaks to a false alarm) - threshold, for each of them, without
/// dispersion: simulated for thresholds from 4 to 7, where it no longer changes.
const CORRECTIONS: [f64; 3] = [2.45, 1.40, -0.05];
/// No threshold lies below, so that a segment with hardly any breaks is not told of for two.
const THRESHOLD_MIN: f64 = 4.0;
/// Evidence, as a logarithm, that breaks are as expected again: 100 to 1.
const RECOVERY: f64 = 4.605;
/// The ratio that recovery is judged against, at most: it is over below 1.44 times the expected.
const RECOVERY_RATIO_MAX: f64 = 2.0;
/// A stretch that did not lead to an alarm in so many minutes is begun anew.
const STRETCH_MINUTES_MAX: i64 = 1440;
/// An alarm ends when so many minutes have passed with hardly any break expected.
const QUIET_MINUTES_MAX: i64 = 1440;
/// An alarm that lasts so many minutes is the new normal.
pub(crate) const ALARM_MINUTES_MAX: i64 = 7 * 1440;

/// When an alarm is raised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Evidence for each ratio, as a logarithm.
    thresholds: [f64; 3],
    /// Variance of the level of a stretch around what was expected of it; 0: Poisson.
    pub(crate) dispersion: f64,
}

impl Limits {
    /// The limits of a segment with so many expected breaks a month and so many accepted false
    /// alarms a month.
    pub(crate) fn of(expected_per_month: f64, alarms_per_month: f64, dispersion: f64) -> Limits {
        let mut thresholds = [0.0; 3];
        for (place, threshold) in thresholds.iter_mut().enumerate() {
            let alarms = alarms_per_month * SHARES[place];
            let evidence = (expected_per_month / alarms).max(1.0).ln() - CORRECTIONS[place];
            *threshold = evidence.max(THRESHOLD_MIN);
        }
        Limits {
            thresholds,
            dispersion,
        }
    }
}

/// A stretch of time up to now, and what there was in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stretch {
    /// Its first minute.
    since: i64,
    breaks: u32,
    expected: f64,
}

impl Stretch {
    /// The log likelihood ratio of `ratio` times as many breaks as expected against as many.
    fn evidence(&self, ratio: f64, dispersion: f64) -> f64 {
        let breaks = f64::from(self.breaks);
        let more = (ratio - 1.0) * self.expected;
        let level = if dispersion > 0.0 {
            let shape = 1.0 / dispersion;
            (shape + breaks) * (more / (shape + self.expected)).ln_1p()
        } else {
            more
        };
        breaks * ratio.ln() - level
    }
}

/// More breaks than expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    /// The minute since when, as far as can be said.
    pub(crate) since: i64,
    /// The minute after which it was noticed.
    pub(crate) raised: i64,
    /// The minute since when it is over.
    pub(crate) over: Option<i64>,
    /// It did not end but became normal.
    pub(crate) is_new_normal: bool,
    /// Breaks since then.
    pub(crate) breaks: u32,
    /// Breaks that were expected since then.
    pub(crate) expected: f64,
    /// What it is judged against to be over.
    ratio: f64,
    /// Evidence for that, and the minute since when there is any.
    recovery: f64,
    recovery_since: i64,
    /// The last minute in which a break was expected or seen.
    busy: i64,
}

/// The state of the test after a minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Test {
    stretches: [Stretch; 3],
    /// The alarm that stands.
    pub(crate) alarm: Option<Alarm>,
    /// The last one that has ended.
    pub(crate) ended: Option<Alarm>,
}

impl Test {
    /// Takes in a minute. Without limits nothing is judged: nothing new is raised, and what was
    /// gathered is dropped.
    pub(crate) fn step(
        &mut self,
        minute: i64,
        breaks: u32,
        expected: f64,
        limits: Option<&Limits>,
    ) {
        let expected = expected.max(0.0);
        if self.alarm.is_some() {
            self.go_on(minute, breaks, expected, limits.is_some());
            return;
        }
        let Some(limits) = limits else {
            self.begin(minute + 1);
            return;
        };
        for (place, ratio) in RATIOS.into_iter().enumerate() {
            let stretch = &mut self.stretches[place];
            stretch.breaks += breaks;
            stretch.expected += expected;
            let evidence = stretch.evidence(ratio, limits.dispersion);
            if evidence >= limits.thresholds[place] {
                self.raise(minute, place);
                return;
            }
            if evidence <= 0.0 || minute - stretch.since >= STRETCH_MINUTES_MAX {
                *stretch = Stretch {
                    since: minute + 1,
                    ..Stretch::default()
                };
            }
        }
    }

    fn begin(&mut self, since: i64) {
        let stretch = Stretch {
            since,
            ..Stretch::default()
        };
        self.stretches = [stretch; 3];
    }

    fn raise(&mut self, minute: i64, place: usize) {
        let Stretch {
            since,
            breaks,
            expected,
        } = self.stretches[place];
        self.alarm = Some(Alarm {
            since,
            raised: minute,
            over: None,
            is_new_normal: false,
            breaks,
            expected,
            ratio: RATIOS[place].min(RECOVERY_RATIO_MAX),
            recovery: 0.0,
            recovery_since: minute + 1,
            busy: minute,
        });
    }

    /// An alarm stands until there is as good evidence that it is over.
    fn go_on(&mut self, minute: i64, breaks: u32, expected: f64, is_judged: bool) {
        let Some(alarm) = &mut self.alarm else { return };
        alarm.breaks += breaks;
        alarm.expected += expected;
        if breaks > 0 || expected > 0.01 {
            alarm.busy = minute;
        }
        if is_judged {
            let against = (alarm.ratio - 1.0) * expected - f64::from(breaks) * alarm.ratio.ln();
            alarm.recovery += against;
        }
        if alarm.recovery <= 0.0 {
            (alarm.recovery, alarm.recovery_since) = (0.0, minute + 1);
        }
        let is_quiet = minute - alarm.busy >= QUIET_MINUTES_MAX;
        alarm.is_new_normal = minute - alarm.raised >= ALARM_MINUTES_MAX;
        if alarm.recovery < RECOVERY && !is_quiet && !alarm.is_new_normal {
            return;
        }
        alarm.over = Some(match alarm.recovery >= RECOVERY {
            true => alarm.recovery_since,
            false => minute,
        });
        self.ended = self.alarm.take();
        self.begin(minute + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, RATIOS, Stretch, Test};

    fn limits(dispersion: f64) -> Limits {
        Limits::of(14_400.0, 1.0, dispersion)
    }

    #[test]
    fn without_dispersion_the_evidence_is_that_of_poisson() {
        let stretch = Stretch {
            since: 0,
            breaks: 9,
            expected: 4.0,
        };
        let poisson = 9.0 * 2f64.ln() - 4.0;
        assert!((stretch.evidence(2.0, 0.0) - poisson).abs() < 1e-12);
        assert!((stretch.evidence(2.0, 1e-9) - poisson).abs() < 1e-6);
        assert!(stretch.evidence(2.0, 0.05) < poisson);
    }

    #[test]
    fn as_many_breaks_as_expected_raise_nothing() {
        let mut test = Test::default();
        for minute in 0..10_000 {
            test.step(
                minute,
                u32::from(minute % 3 == 0),
                1.0 / 3.0,
                Some(&limits(0.0)),
            );
        }
        assert_eq!((test.alarm, test.ended), (None, None));
    }

    #[test]
    fn twice_as_many_are_noticed_dated_and_ended() {
        let mut test = Test::default();
        for minute in 0..1_000 {
            let breaks = match minute {
                400..600 => u32::from(minute % 3 != 0),
                _ => u32::from(minute % 3 == 0),
            };
            test.step(minute, breaks, 1.0 / 3.0, Some(&limits(0.0)));
            assert_eq!(
                test.alarm.is_some(),
                test.alarm.is_some_and(|a| a.raised > 420)
            );
        }
        let ended = test.ended.expect("it was raised and is over");
        assert!((395..405).contains(&ended.since), "{ended:?}");
        assert!((440..500).contains(&ended.raised), "{ended:?}");
        assert!((590..610).contains(&ended.over.expect("over")), "{ended:?}");
        assert!(!ended.is_new_normal);
    }

    #[test]
    fn a_day_that_is_not_judged_raises_nothing() {
        let mut test = Test::default();
        for minute in 0..1_000 {
            test.step(minute, 3, 0.3, None);
        }
        assert_eq!(test.alarm, None);
        assert_eq!(test.stretches[1].since, 1_000);
    }

    #[test]
    fn a_larger_budget_or_a_smaller_segment_asks_for_less() {
        let of = |expected, alarms| Limits::of(expected, alarms, 0.0).thresholds[1];
        assert!(of(14_400.0, 1.0) > of(14_400.0, 2.0));
        assert!(of(14_400.0, 1.0) > of(1_440.0, 1.0));
        assert!(of(1.0, 1.0) >= 4.0);
        assert_eq!(RATIOS.len(), Limits::of(1.0, 1.0, 0.0).thresholds.len());
    }

    #[test]
    fn what_never_ends_becomes_normal() {
        let mut test = Test::default();
        let mut minute = 0;
        while test.ended.is_none() {
            test.step(minute, 2, 1.0, Some(&limits(0.0)));
            minute += 1;
        }
        assert!(test.ended.is_some_and(|alarm| alarm.is_new_normal));
    }
}
