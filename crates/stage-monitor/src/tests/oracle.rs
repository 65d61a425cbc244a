//! The bookkeeping against a naive one that keeps every entry and counts from the whole list.

use std::collections::BTreeMap;

use model::{Millis, Money};
use proptest::prelude::*;

use super::{DAY, MINUTE_MS, START, Watched, at, settings};
use crate::ages::Ages;
use crate::settings::LocalHour;
use crate::{Change, Course, End, Watch};

/// Fewer days than a baseline needs: nothing is judged, and no hour is disturbed.
const DAYS: i64 = 12;

/// A stream of numbers out of a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % bound
    }
}

fn end(numbers: &mut Numbers, entered: i64) -> End {
    let minute = entered + numbers.below(360);
    match numbers.below(4) {
        0 => End::Over { at: at(minute) },
        1 => End::Open,
        _ => End::Broken {
            at: at(entered + numbers.below(60)),
            customer: numbers.below(9).unsigned_abs(),
            cost: Some(Money(numbers.below(1000))),
        },
    }
}

fn said_at(end: &End, entered: i64) -> i64 {
    match end {
        End::Open => entered,
        End::Over { at } | End::Broken { at, .. } => at.0 / MINUTE_MS,
    }
}

/// Entries that end, are told late, told otherwise up to two days later, or taken back: when what
/// is told of which entry, in order.
fn stream(seed: u64) -> Vec<(i64, usize, Change)> {
    let mut numbers = Numbers(seed);
    let mut told = Vec::new();
    let mut entered = START;
    let mut entry = 0;
    while entered < START + DAYS * DAY {
        entered += numbers.below(8);
        entry += 1;
        let entered_at = Millis(entered * MINUTE_MS + numbers.below(MINUTE_MS));
        let mut said = entered + late(&mut numbers);
        let mut course = None;
        for correction in 0..3 {
            let end = match correction {
                0 => End::Open,
                _ => end(&mut numbers, entered),
            };
            let after = Some(Course { entered_at, end }).filter(|_| numbers.below(30) > 0);
            let least = after.map_or(said, |course| said_at(&course.end, entered));
            said = said.max(least) + late(&mut numbers);
            let before = course;
            told.push((said, entry, Change { before, after }));
            course = after;
            if course.is_none() || (correction == 1 && numbers.below(10) > 6) {
                break;
            }
        }
    }
    told.sort_by_key(|(said, _, _)| *said);
    told
}

fn late(numbers: &mut Numbers) -> i64 {
    match numbers.below(10) {
        0 => numbers.below(2 * DAY),
        1..4 => numbers.below(100),
        _ => 0,
    }
}

/// What the naive one counts of a minute of a bin: breaks, and open entries.
type Cells = BTreeMap<(i64, usize), (i64, i64)>;

fn count(ages: &Ages, courses: &[Course], next: i64) -> Cells {
    let mut cells = Cells::new();
    for course in courses {
        let entered = course.entered_at.0.div_euclid(MINUTE_MS);
        let (ended, is_broken) = match course.end {
            End::Open => (i64::MAX, false),
            End::Over { at } => (at.0 / MINUTE_MS, false),
            End::Broken { at, .. } => (at.0 / MINUTE_MS, true),
        };
        let mut minute = entered;
        // Its age is below the horizon, and it is at risk in the minute in which it ends.
        while minute - entered < ages.horizon && minute <= ended && minute < next {
            let bin = ages
                .edges
                .iter()
                .rposition(|edge| *edge <= minute - entered);
            let cell = cells.entry((minute, bin.unwrap())).or_default();
            cell.1 += 1;
            cell.0 += i64::from(is_broken && minute == ended);
            minute += 1;
        }
    }
    cells
}

fn local(minute: i64) -> LocalHour {
    LocalHour {
        day: minute.div_euclid(DAY),
        hour: (minute.rem_euclid(DAY) / 60) as usize,
    }
}

fn check(seed: u64) {
    let watch = Watch {
        horizon_ms: 6 * 3_600_000,
        deadlines_ms: vec![],
    };
    let ages = Ages::of(&watch);
    let mut numbers = Numbers(seed ^ 1);
    let mut watched = Watched::new(settings(&[]));
    let mut unstopped = Watched::new(settings(&[]));
    let mut factors: BTreeMap<i64, [f32; 24]> = BTreeMap::new();
    let mut last: BTreeMap<usize, Course> = BTreeMap::new();
    let mut now = START;
    for (said, entry, change) in stream(seed) {
        // The end lies in the midst of it, so that the last day is one like the others.
        if said >= START + DAYS * DAY {
            break;
        }
        if said > now {
            now = said;
            if numbers.below(3) == 0 {
                watched.restart();
            }
            watched.pass_to(now);
            unstopped.pass_to(now);
            for recent in &watched.state.baseline.recents {
                factors.entry(recent.day).or_insert(recent.factors);
            }
        }
        watched.hear(change);
        unstopped.hear(change);
        match change.after {
            Some(course) => last.insert(entry, course),
            None => last.remove(&entry),
        };
    }
    assert_eq!(watched.state, unstopped.state, "a restart shows");
    assert_eq!(watched.told, unstopped.told);
    let courses: Vec<Course> = last.into_values().collect();
    let cells = count(&ages, &courses, now);
    compare_ring(&watched, &cells);
    compare_days(&watched, &cells, &factors);
}

/// The minutes that can be judged anew, with the hazards and factors of their days.
fn compare_ring(watched: &Watched, cells: &Cells) {
    let state = &watched.state;
    let first = state.next.unwrap() - state.ring.len() as i64;
    let seen: i32 = state.ring.iter().map(|minute| minute.breaks).sum();
    assert!(seen > 50, "the last day has breaks");
    for (place, minute) in state.ring.iter().enumerate() {
        let number = first + place as i64;
        let recent = state.baseline.recent(local(number).day).unwrap();
        let factor = recent.factors[local(number).hour];
        let (mut breaks, mut expected) = (0, 0.0);
        for ((_, bin), (broken, open)) in cells.range((number, 0)..(number + 1, 0)) {
            breaks += broken;
            expected += *open as f32 * recent.hazards[*bin] * factor;
        }
        assert_eq!(i64::from(minute.breaks), breaks, "minute {number}");
        let off = (minute.expected - expected).abs();
        assert!(
            off < 1e-3,
            "minute {number}: {} and {expected}",
            minute.expected
        );
    }
}

/// Exposures of the days that are open, and breaks by hour of all days.
fn compare_days(watched: &Watched, cells: &Cells, factors: &BTreeMap<i64, [f32; 24]>) {
    let baseline = &watched.state.baseline;
    for recent in &baseline.recents {
        for (bin, exposure) in recent.ages.iter().enumerate() {
            let minutes = recent.day * DAY..(recent.day + 1) * DAY;
            let of_bin = cells
                .range((minutes.start, 0)..(minutes.end, 0))
                .filter(|((_, of), _)| *of == bin);
            let (mut breaks, mut exposed) = (0, 0.0);
            for ((minute, _), (broken, open)) in of_bin {
                breaks += broken;
                let factor = factors[&recent.day][local(*minute).hour];
                exposed += *open as f64 * f64::from(factor);
            }
            assert_eq!(exposure.breaks, breaks, "day {}, bin {bin}", recent.day);
            assert!(
                (exposure.minutes - exposed).abs() < 1e-6,
                "day {}, bin {bin}",
                recent.day
            );
        }
    }
    for day in &baseline.days {
        for hour in 0..24 {
            let from = day.day * DAY + hour as i64 * 60;
            let of_hour = cells.range((from, 0)..(from + 60, 0));
            let breaks: i64 = of_hour.map(|(_, (broken, _))| broken).sum();
            assert_eq!(
                i64::from(day.hours[hour].0),
                breaks,
                "day {}, hour {hour}",
                day.day
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn minutes_days_and_exposures_are_those_of_the_whole_list(seed in 0_u64..1 << 40) {
        check(seed);
    }
}
