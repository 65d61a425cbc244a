//! What is known of undisturbed time: hazards by age, and hours of the last 28 days.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::estimate::{self, Cell};
use crate::sequential::Limits;
use crate::settings::{LocalHour, Settings, weekday};

/// Days that are learned from.
pub(crate) const DAYS: i64 = 28;
/// Days of which a baseline needs to know, at least.
pub(crate) const DAYS_MIN: u32 = 14;
/// Breaks that a baseline needs to know, at least.
pub(crate) const BREAKS_MIN: u32 = 200;
/// Days that are kept apart until nothing of them can be told to be disturbed any more.
const RECENT_DAYS: usize = 3;
/// Breaks from which hazards are computed at all.
const HAZARD_BREAKS_MIN: i64 = 50;
/// Days after which they are computed.
const HAZARD_DAYS_MIN: u32 = 2;
/// Breaks at the mean hazard that each bin is taken to have had beside its own.
const HAZARD_PRIOR: f64 = 0.1;

/// Breaks, and minutes of open entries, of one bin of ages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exposure {
    pub(crate) breaks: i64,
    /// Minutes, each weighted with the factor of its hour.
    pub(crate) minutes: f64,
}

/// A day in hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// Local date, days since 1970-01-01.
    pub(crate) day: i64,
    /// Nothing is learned from it and nothing judged.
    pub(crate) is_holiday: bool,
    /// A bit for each hour that was disturbed.
    pub(crate) disturbed: u32,
    /// Breaks, and those expected by age alone.
    pub(crate) hours: [(i32, f32); 24],
}

/// A day that is not closed yet, and what it is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recent {
    pub(crate) day: i64,
    /// By bin of ages.
    pub(crate) ages: Vec<Exposure>,
    /// Breaks in a minute of an open entry, by bin of ages; empty: not known yet.
    pub(crate) hazards: Vec<f32>,
    /// By hour.
    pub(crate) factors: [f32; 24],
    /// Nothing on days that are not judged.
    pub(crate) limits: Option<Limits>,
}

/// Seven days of exposures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Week {
    /// Its first day, a multiple of seven.
    from: i64,
    /// Days in it.
    days: u32,
    ages: Vec<Exposure>,
}

/// The baseline of a segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) days: VecDeque<Day>,
    pub(crate) recents: VecDeque<Recent>,
    weeks: VecDeque<Week>,
}

/// What a baseline has and what it lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Days that were learned from.
    pub(crate) days: u32,
    /// Breaks of these.
    pub(crate) breaks: u32,
}

impl Known {
    pub(crate) fn is_enough(self) -> bool {
        self.days >= DAYS_MIN && self.breaks >= BREAKS_MIN
    }
}

impl Baseline {
    /// Begins a day: closes those before, forgets what is too old, and says what the day is judged by.
    pub(crate) fn open_day(&mut self, settings: &Settings, bins: usize, day: i64) {
        while self.recents.len() >= RECENT_DAYS {
            self.close_first(day);
        }
        let first = day - DAYS;
        self.days.retain(|known| known.day >= first);
        self.weeks.retain(|week| week.from >= first);
        let is_holiday = settings.is_holiday(day);
        self.days.push_back(Day {
            day,
            is_holiday,
            disturbed: 0,
            hours: [(0, 0.0); 24],
        });
        let hazards = self.hazards(bins);
        let cells = self.cells(day);
        let all = estimate::factors(&cells, |_| true);
        let factors = all[weekday(day)];
        let is_judged = !is_holiday && !hazards.is_empty() && self.known(day).is_enough();
        let limits = is_judged.then(|| {
            let expected = |cell: &Cell| cell.expected * all[cell.weekday][cell.hour];
            let learned = f64::from(self.known(day).days);
            let per_month = cells.iter().map(expected).sum::<f64>() / learned * 30.0;
            let alarms = settings.false_alarms_per_month / f64::from(settings.segments.max(1));
            Limits::of(per_month, alarms, estimate::dispersion(&cells))
        });
        self.recents.push_back(Recent {
            day,
            ages: vec![Exposure::default(); bins],
            hazards,
            factors: factors.map(|factor| factor as f32),
            limits,
        });
    }

    /// Adds the oldest open day to its week, if it was undisturbed.
    fn close_first(&mut self, today: i64) {
        let Some(recent) = self.recents.pop_front() else {
            return;
        };
        let is_plain =
            |known: &&Day| known.day == recent.day && !known.is_holiday && known.disturbed == 0;
        if self.days.iter().find(is_plain).is_none() || recent.day < today - DAYS {
            return;
        }
        let from = recent.day - recent.day.rem_euclid(7);
        match self.weeks.iter_mut().find(|week| week.from == from) {
            Some(week) => {
                week.days += 1;
                for (sum, more) in week.ages.iter_mut().zip(&recent.ages) {
                    sum.breaks += more.breaks;
                    sum.minutes += more.minutes;
                }
            }
            None => self.weeks.push_back(Week {
                from,
                days: 1,
                ages: recent.ages,
            }),
        }
    }

    /// Hazards by age: breaks per minute of exposure, which for short bins is the product-limit
    /// estimate; an entry whose end is not known yet counts for as long as it was seen.
    fn hazards(&self, bins: usize) -> Vec<f32> {
        let mut sums = vec![Exposure::default(); bins];
        for week in &self.weeks {
            for (sum, more) in sums.iter_mut().zip(&week.ages) {
                sum.breaks += more.breaks;
                sum.minutes += more.minutes;
            }
        }
        let days: u32 = self.weeks.iter().map(|week| week.days).sum();
        let breaks: i64 = sums.iter().map(|sum| sum.breaks).sum();
        let minutes: f64 = sums.iter().map(|sum| sum.minutes).sum();
        if breaks < HAZARD_BREAKS_MIN || days < HAZARD_DAYS_MIN || minutes <= 0.0 {
            return Vec::new();
        }
        let mean = breaks as f64 / minutes;
        let of = |sum: &Exposure| {
            let breaks = sum.breaks.max(0) as f64 + HAZARD_PRIOR;
            (breaks / (sum.minutes.max(0.0) + HAZARD_PRIOR / mean)) as f32
        };
        sums.iter().map(of).collect()
    }

    /// The undisturbed hours before a day, with something expected in them.
    fn cells(&self, today: i64) -> Vec<Cell> {
        let mut cells = Vec::new();
        for day in self
            .days
            .iter()
            .filter(|day| day.day < today && !day.is_holiday)
        {
            for (hour, (breaks, expected)) in day.hours.iter().enumerate() {
                if day.disturbed & (1 << hour) == 0 && *expected > 0.0 {
                    let before = (today - day.day) as usize;
                    cells.push(Cell {
                        week: (before - 1) / 7,
                        day: before,
                        weekday: weekday(day.day),
                        hour,
                        breaks: f64::from((*breaks).max(0)),
                        expected: f64::from(*expected),
                    });
                }
            }
        }
        cells
    }

    /// What is known before a day.
    pub(crate) fn known(&self, today: i64) -> Known {
        let mut known = Known::default();
        for day in self
            .days
            .iter()
            .filter(|day| day.day < today && !day.is_holiday)
        {
            let is_learned =
                |hour: &usize| day.disturbed & (1 << hour) == 0 && day.hours[*hour].1 > 0.0;
            let breaks = (0..24)
                .filter(is_learned)
                .map(|hour| day.hours[hour].0.max(0));
            known.days += u32::from((0..24).any(|hour| is_learned(&hour)));
            known.breaks += breaks.sum::<i32>().unsigned_abs();
        }
        known
    }

    /// Forgets everything: what was normal is no longer.
    pub(crate) fn forget(&mut self) {
        self.weeks.clear();
        for day in &mut self.days {
            day.hours = [(0, 0.0); 24];
            day.disturbed = 0;
        }
        for recent in &mut self.recents {
            recent.ages.fill(Exposure::default());
            recent.hazards.clear();
            recent.limits = None;
        }
    }

    /// The open day that an instant lies in.
    pub(crate) fn recent(&self, day: i64) -> Option<&Recent> {
        self.recents.iter().rev().find(|recent| recent.day == day)
    }

    /// The hazards to count with at a minute: those of its day, for days that are closed those of
    /// the oldest open one; and the factor of its hour.
    pub(crate) fn rate(&self, at: LocalHour, bin: usize) -> (f32, f32) {
        let recent = self.recent(at.day).or(self.recents.front());
        recent.map_or((0.0, 1.0), |recent| {
            let hazard = recent.hazards.get(bin).copied().unwrap_or(0.0);
            (hazard, recent.factors[at.hour])
        })
    }

    /// Corrects what is known of an hour and of a bin of ages.
    pub(crate) fn correct(&mut self, at: LocalHour, bin: usize, breaks: i64, minutes: f64) {
        let (hazard, factor) = self.rate(at, bin);
        if let Some(day) = self.days.iter_mut().find(|known| known.day == at.day) {
            let hour = &mut day.hours[at.hour];
            hour.0 += breaks as i32;
            hour.1 += hazard * minutes as f32;
        }
        let from = at.day - at.day.rem_euclid(7);
        let recent = self.recents.iter_mut().find(|recent| recent.day == at.day);
        let ages = match recent {
            Some(recent) => Some(&mut recent.ages),
            // What a disturbed day or a holiday had is not in its week.
            None => {
                let is_plain =
                    |known: &&Day| known.day == at.day && !known.is_holiday && known.disturbed == 0;
                let is_in_week = self.days.iter().any(|known| is_plain(&known));
                let mut weeks = self.weeks.iter_mut().filter(|_| is_in_week);
                weeks
                    .find(|week| week.from == from)
                    .map(|week| &mut week.ages)
            }
        };
        if let Some(exposure) = ages.and_then(|ages| ages.get_mut(bin)) {
            exposure.breaks += breaks;
            exposure.minutes += minutes * f64::from(factor);
        }
    }
}
