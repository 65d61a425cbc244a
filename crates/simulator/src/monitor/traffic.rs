//! Entries of a rule in one segment, minute by minute: how many come, and which break.
//!
//! Everything is true to a smooth hazard that no bin of the monitor knows, and to swings over the
//! hours of the local week, both in how many enter and in how soon they break.

use std::collections::VecDeque;

use calendar::Calendar;
use jiff::Timestamp;
use model::{Millis, Money};
use stage_monitor::{Change, End};

use crate::workload::dice::Dice;

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Minutes of a day.
pub const DAY: i64 = 1440;
/// Age at which an entry runs out, minutes.
pub const HORIZON: i64 = 720;
/// Monday 2026-08-03, 00:00 in Paris; the clocks go back twelve weeks later.
pub const START: i64 = 1_785_708_000_000 / MINUTE_MS;

/// Entries that are fulfilled before they run out, as a share of those of a busy hour.
const FULFILLED: f64 = 0.1;

/// What undisturbed traffic is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same at every hour.
    Flat,
    /// Swings over the hours of the week; otherwise chance alone.
    Swings,
    /// Swings; and days and hours that differ from each other, holidays, an odd day that no calendar
    /// knows, and a slow drift.
    Hard,
}

/// More breaks than there should be.
#[derive(Clone, Copy, Debug)]
pub struct Disturbance {
    /// From this minute on.
    pub onset: i64,
    /// So many times the hazard.
    pub ratio: f64,
    /// Only entries from then on are hit.
    pub is_release: bool,
}

/// What a minute had in truth.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    /// Breaks.
    pub breaks: u64,
    /// Breaks that were to be expected without a disturbance.
    pub expected: f64,
}

/// One segment's entries.
#[derive(Clone)]
pub struct Traffic {
    dice: Dice,
    kind: Kind,
    /// Entries in a minute of a busy hour.
    entries: f64,
    /// By age, in a minute.
    hazards: Vec<f32>,
    /// Open entries by minute, the newest first.
    open: VecDeque<u32>,
    /// The next minute.
    pub minute: i64,
    hour: i64,
    local: (i64, usize),
    levels: Levels,
}

/// What makes days and hours differ.
#[derive(Clone, Copy)]
struct Levels {
    day_hazard: f64,
    day_volume: f64,
    hour_hazard: f64,
}

/// The calendar of a kind of traffic.
///
/// # Panics
/// Never: zone and dates are known.
#[must_use]
pub fn calendar(kind: Kind) -> Calendar {
    let week = ["mon", "tue", "wed", "thu", "fri", "sat"];
    let week: Vec<_> = week
        .into_iter()
        .filter_map(calendar::Weekday::from_name)
        .collect();
    let closed = match kind {
        Kind::Flat | Kind::Swings => Vec::new(),
        Kind::Hard => HOLIDAYS.map(str::to_owned).to_vec(),
    };
    Calendar::new("Europe/Paris", &week, &closed).expect("Paris is known, and these are dates")
}

/// Weekdays on which nobody works.
const HOLIDAYS: [&str; 6] = [
    "2026-08-13",
    "2026-09-17",
    "2026-10-14",
    "2026-11-11",
    "2026-12-25",
    "2027-01-01",
];

/// Entries at an hour of the local week, as a share of a busy hour.
fn volume(weekday: usize, hour: usize) -> f64 {
    const DAY: [f64; 24] = [
        0.08, 0.05, 0.04, 0.04, 0.05, 0.08, 0.15, 0.35, 0.7, 0.95, 1.05, 1.0, 0.85, 0.9, 1.0, 1.05,
        1.0, 0.95, 0.85, 0.75, 0.6, 0.45, 0.3, 0.15,
    ];
    const WEEK: [f64; 7] = [1.1, 1.0, 1.0, 0.95, 1.0, 0.7, 0.45];
    DAY[hour] * WEEK[weekday]
}

/// The hazard at an hour of the local week, as a share of that of a busy hour.
fn eagerness(weekday: usize, hour: usize) -> f64 {
    let by_hour = match hour {
        0..6 => 0.35,
        6..8 => 0.7,
        8..18 => 1.0,
        18..22 => 0.85,
        _ => 0.5,
    };
    by_hour * if weekday >= 5 { 0.75 } else { 1.0 }
}

/// Breaks in a minute of an entry of this age: a peak after 15 minutes and a long tail.
fn hazard(age_minutes: f64) -> f64 {
    let peak = age_minutes / 15.0 * (1.0 - age_minutes / 15.0).exp();
    0.0035 * peak + 0.00025 * (-age_minutes / 300.0).exp()
}

/// Breaks a minute to be expected from 9 to 17 on working days, at one entry in a minute of a busy
/// hour: the mean of what [`Traffic::step`] does.
fn mean_breaks(kind: Kind, hazards: &[f32]) -> f64 {
    let mut open = VecDeque::from(vec![0.0_f64; HORIZON as usize]);
    let (mut sum, mut minutes) = (0.0, 0.0);
    for minute in -DAY..5 * DAY {
        let weekday = minute.div_euclid(DAY).rem_euclid(7) as usize;
        let hour = (minute.rem_euclid(DAY) / 60) as usize;
        let (volume, eagerness) = match kind {
            Kind::Flat => (1.0, 1.0),
            Kind::Swings | Kind::Hard => (volume(weekday, hour), eagerness(weekday, hour)),
        };
        open.pop_back();
        open.push_front(volume);
        let mut breaks = 0.0;
        for (open, hazard) in open.iter_mut().zip(hazards) {
            let broken = *open * f64::from(*hazard) * eagerness;
            breaks += broken;
            *open = (*open - broken - FULFILLED / HORIZON as f64).max(0.0);
        }
        if minute >= 0 && (9..17).contains(&hour) {
            sum += breaks;
            minutes += 1.0;
        }
    }
    sum / minutes
}

/// A count with this mean.
fn poisson(dice: &mut Dice, mean: f64) -> u64 {
    if mean > 30.0 {
        // The sum of two independent halves is exact, and keeps exp away from zero.
        return poisson(dice, mean / 2.0) + poisson(dice, mean / 2.0);
    }
    let (mut count, limit) = (0, (-mean).exp());
    let mut product = dice.unit();
    while product > limit {
        count += 1;
        product *= dice.unit();
    }
    count
}

/// A level around 1 with this standard deviation, log-normal.
fn level(dice: &mut Dice, deviation: f64) -> f64 {
    let radius = (-2.0 * (1.0 - dice.unit()).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * dice.unit()).cos();
    (deviation * normal - deviation * deviation / 2.0).exp()
}

impl Traffic {
    /// Undisturbed traffic with so many expected breaks in an hour of a working day, on average
    /// from 9 to 17.
    #[must_use]
    pub fn new(seed: u64, kind: Kind, breaks_per_hour: f64) -> Traffic {
        let hazards: Vec<f32> = (0..HORIZON).map(|age| hazard(age as f64) as f32).collect();
        Traffic {
            dice: Dice::new(seed, 77),
            kind,
            entries: breaks_per_hour / 60.0 / mean_breaks(kind, &hazards),
            hazards,
            open: VecDeque::from(vec![0; HORIZON as usize]),
            minute: START,
            hour: i64::MIN,
            local: (0, 0),
            levels: Levels {
                day_hazard: 1.0,
                day_volume: 1.0,
                hour_hazard: 1.0,
            },
        }
    }

    /// The same traffic up to now, with another future.
    #[must_use]
    pub fn fork(&self, seed: u64) -> Traffic {
        Traffic {
            dice: Dice::new(seed, 78),
            ..self.clone()
        }
    }

    /// What changes with the hour and with the day.
    fn begin_hour(&mut self, calendar: &Calendar) {
        self.hour = self.minute.div_euclid(60);
        let at = Timestamp::from_millisecond(self.minute * MINUTE_MS).unwrap_or_default();
        let local_s = at.as_second() + i64::from(calendar.zone().to_offset(at).seconds());
        let day = local_s.div_euclid(86_400);
        let is_new_day = day != self.local.0;
        self.local = (day, (local_s.rem_euclid(86_400) / 3600) as usize);
        if self.kind != Kind::Hard {
            return;
        }
        self.levels.hour_hazard = level(&mut self.dice, 0.05);
        if is_new_day {
            self.levels.day_hazard = level(&mut self.dice, 0.10);
            self.levels.day_volume = level(&mut self.dice, 0.20);
            // One day in forty is like a Sunday, and nobody has said so.
            let is_closed = !calendar.is_working_day(day) && (day + 3).rem_euclid(7) != 6;
            if is_closed || self.dice.below(40) == 0 {
                self.levels.day_volume *= 0.4;
                self.levels.day_hazard *= 0.75;
            }
        }
    }

    fn shape(&self) -> (f64, f64) {
        let weekday = (self.local.0 + 3).rem_euclid(7) as usize;
        let weeks = (self.minute - START) as f64 / (7 * DAY) as f64;
        let Levels {
            day_hazard,
            day_volume,
            hour_hazard,
        } = self.levels;
        match self.kind {
            Kind::Flat => (1.0, 1.0),
            Kind::Swings => (
                volume(weekday, self.local.1),
                eagerness(weekday, self.local.1),
            ),
            Kind::Hard => (
                volume(weekday, self.local.1) * day_volume,
                eagerness(weekday, self.local.1) * day_hazard * hour_hazard * 1.01f64.powf(weeks),
            ),
        }
    }

    /// The next minute. Tells every change of an entry.
    pub fn step(
        &mut self,
        calendar: &Calendar,
        disturbance: Option<Disturbance>,
        mut tell: impl FnMut(Change),
    ) -> Truth {
        let now = self.minute;
        if now.div_euclid(60) != self.hour {
            self.begin_hour(calendar);
        }
        let (volume, eagerness) = self.shape();
        let at = |minute: i64| Millis(minute * MINUTE_MS);
        let run_out = self.open.pop_back().unwrap_or(0);
        for _ in 0..run_out {
            tell(Change::ended(at(now - HORIZON), End::Over { at: at(now) }));
        }
        let entered = poisson(&mut self.dice, self.entries * volume);
        self.open.push_front(entered as u32);
        (0..entered).for_each(|_| tell(Change::entered(at(now))));

        let hit = disturbance.filter(|hit| now >= hit.onset);
        let ratio = hit.map_or(1.0, |hit| hit.ratio);
        // How many of the newest cohorts are hit.
        let hit_cohorts = match hit {
            None => 0,
            Some(hit) if hit.is_release => (now - hit.onset + 1).min(HORIZON) as usize,
            Some(_) => HORIZON as usize,
        };
        let open = self.open.make_contiguous();
        let sum = |from: usize, to: usize| -> f64 {
            let pairs = open[from..to].iter().zip(&self.hazards[from..to]);
            f64::from(
                pairs
                    .map(|(open, hazard)| *open as f32 * hazard)
                    .sum::<f32>(),
            )
        };
        let hit_sum = sum(0, hit_cohorts);
        let other_sum = sum(hit_cohorts, HORIZON as usize);
        let breaks = poisson(&mut self.dice, (hit_sum * ratio + other_sum) * eagerness);
        for _ in 0..breaks {
            let share = hit_sum * ratio / (hit_sum * ratio + other_sum);
            let (from, to, sum) = match self.dice.unit() < share {
                true => (0, hit_cohorts, hit_sum),
                false => (hit_cohorts, HORIZON as usize, other_sum),
            };
            self.one_breaks(from, to, sum, &mut tell);
        }
        self.some_are_fulfilled(&mut tell);
        self.minute += 1;
        Truth {
            breaks,
            expected: (hit_sum + other_sum) * eagerness,
        }
    }

    fn one_breaks(&mut self, from: usize, to: usize, sum: f64, tell: &mut impl FnMut(Change)) {
        let mut left = (self.dice.unit() * sum) as f32;
        let weight = |place: &usize| self.open[*place] as f32 * self.hazards[*place];
        let Some(place) = (from..to).find(|place| {
            left -= weight(place);
            left <= 0.0 && self.open[*place] > 0
        }) else {
            return;
        };
        self.open[place] -= 1;
        let at = |minute: i64| Millis(minute * MINUTE_MS);
        let end = End::Broken {
            at: at(self.minute),
            customer: self.dice.below(u64::MAX),
            cost: Some(Money(4_000_000)),
        };
        tell(Change::ended(at(self.minute - place as i64), end));
    }

    /// Some entries can no longer break before they run out.
    fn some_are_fulfilled(&mut self, tell: &mut impl FnMut(Change)) {
        let count = poisson(&mut self.dice, self.entries * FULFILLED);
        for _ in 0..count {
            let place = self.dice.index(HORIZON as usize);
            if self.open[place] > 0 {
                self.open[place] -= 1;
                let at = |minute: i64| Millis(minute * MINUTE_MS);
                let end = End::Over {
                    at: at(self.minute),
                };
                tell(Change::ended(at(self.minute - place as i64), end));
            }
        }
    }
}
