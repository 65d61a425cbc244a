//! What is kept of a segment, and what a minute or a late word does to it.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ages::Ages;
use crate::baseline::{Baseline, Known};
use crate::breaks::{Break, Breaks};
use crate::input::{Change, Course, End};
use crate::sequential::Test;
use crate::settings::{MINUTE_MS, Settings};
use crate::tell::{Standing, Told};

/// Minutes that can still be judged anew: a day.
pub(crate) const RING_MINUTES: usize = 1440;

/// What a minute had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Minute {
    pub(crate) breaks: i32,
    pub(crate) expected: f32,
}

/// What is known of a minute that has not come yet, of one cohort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Awaited {
    entered: i32,
    over: i32,
    broken: i32,
}

/// What could not be counted as it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Breaks of entries that were older than the horizon.
    pub beyond_horizon: u64,
    /// Changes of minutes that can no longer be judged anew.
    pub too_late_to_judge: u64,
}

/// All that is kept of a segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Minutes of a cohort, of the horizon, and bins: a rule whose bounds have changed under the same
    /// version is learned anew.
    shape: (i64, i64, usize),
    /// The minute that is looked at next; nothing before the first entry.
    pub(crate) next: Option<i64>,
    /// Open entries, by cohort, the newest first; that is the cohort of `next` or the one before.
    cohorts: VecDeque<i32>,
    newest: i64,
    /// By minute and cohort.
    awaited: BTreeMap<(i64, i64), Awaited>,
    /// The minutes before `next`.
    pub(crate) ring: VecDeque<Minute>,
    /// The test before the first of these, and after the last.
    anchor: Test,
    pub(crate) test: Test,
    /// The ring was corrected, and has to be judged anew.
    is_corrected: bool,
    pub(crate) baseline: Baseline,
    pub(crate) breaks: Breaks,
    pub(crate) told: Option<Told>,
    pub(crate) standing: Option<Standing>,
    pub(crate) counts: Counts,
}

fn minute_of(at: model::Millis) -> i64 {
    // Times are bounded far inside of this, so that sums of minutes cannot overflow.
    at.0.clamp(-1 << 50, 1 << 50).div_euclid(MINUTE_MS)
}

/// A course in minutes.
#[derive(Clone, Copy)]
struct Steps {
    entered: i64,
    cohort: i64,
    /// The minute in which it ended, if it did before the horizon.
    end: Option<i64>,
    is_broken: bool,
    /// It ended beyond the horizon, where nobody waits for it any more.
    is_beyond: bool,
}

impl Steps {
    fn of(ages: &Ages, course: &Course) -> Steps {
        let entered = minute_of(course.entered_at);
        let cohort = ages.cohort(entered);
        let (end, is_broken) = match course.end {
            End::Open => (None, false),
            End::Over { at } => (Some(at), false),
            End::Broken { at, .. } => (Some(at), true),
        };
        let end = end.map(|at| minute_of(at).max(entered));
        let is_beyond = end.is_some_and(|end| end >= ages.horizon_of(cohort));
        Steps {
            entered,
            cohort,
            end: end.filter(|_| !is_beyond),
            is_broken,
            is_beyond: is_beyond && is_broken,
        }
    }

    /// The last minute before `next` in which it could have broken.
    fn last_at_risk(&self, ages: &Ages, next: i64) -> i64 {
        let horizon = ages.horizon_of(self.cohort) - 1;
        self.end.unwrap_or(i64::MAX).min(horizon).min(next - 1)
    }
}

impl State {
    /// Begins anew if ages are counted in another way now.
    pub(crate) fn fit(&mut self, ages: &Ages) {
        let shape = (ages.width, ages.horizon, ages.edges.len());
        if self.shape != shape {
            *self = State {
                shape,
                ..State::default()
            };
        }
    }

    /// Remembers a change.
    pub(crate) fn hold(&mut self, settings: &Settings, ages: &Ages, change: &Change) {
        let steps = |course: &Option<Course>| course.as_ref().map(|known| Steps::of(ages, known));
        let (before, after) = (steps(&change.before), steps(&change.after));
        self.begin(ages, &[before, after]);
        // The part of its risk that both have is not taken away and given back.
        let shared = match (before, after) {
            (Some(before), Some(after)) if before.entered == after.entered => {
                let next = self.next.unwrap_or(i64::MIN);
                let last = before.last_at_risk(ages, next);
                last.min(after.last_at_risk(ages, next))
            }
            _ => i64::MIN,
        };
        for (steps, sign) in [(before, -1), (after, 1)] {
            if let Some(steps) = steps {
                self.count(settings, ages, &steps, shared, sign);
            }
        }
        for (course, is_new) in [(&change.before, false), (&change.after, true)] {
            let Some(Course { end, .. }) = course else {
                continue;
            };
            let End::Broken { at, customer, cost } = *end else {
                continue;
            };
            let one = Break {
                minute: minute_of(at),
                customer,
                cost,
            };
            match is_new {
                true => self.breaks.add(one, self.next.unwrap_or(i64::MAX)),
                false => self.breaks.take_back(one),
            }
        }
    }

    /// The first entry says when it all begins, in whatever order they are told; so does the next one
    /// after nobody was left.
    fn begin(&mut self, ages: &Ages, steps: &[Option<Steps>]) {
        let first = steps.iter().flatten().map(|steps| steps.entered).min();
        let Some(first) = first else { return };
        let is_idle = self.is_idle() && self.next.is_some_and(|next| next < first);
        let is_before = self.baseline.recents.is_empty() && self.next > Some(first);
        if self.next.is_none() || is_idle || is_before {
            self.next = Some(first);
            self.newest = ages.cohort(first);
            self.cohorts = VecDeque::from(vec![0; ages.cohorts()]);
            self.ring.clear();
            self.test = Test::default();
            self.anchor = Test::default();
        }
    }

    /// Whether minutes that pass change nothing: nobody is open or awaited, and nothing is standing.
    pub(crate) fn is_idle(&self) -> bool {
        let is_plain = |minute: &Minute| minute.breaks == 0 && minute.expected <= 0.0;
        self.awaited.is_empty()
            && self.told.is_none()
            && self.test.alarm.is_none()
            && !self.is_corrected
            && self.cohorts.iter().all(|open| *open <= 0)
            && self.ring.iter().all(is_plain)
    }

    fn count(&mut self, settings: &Settings, ages: &Ages, steps: &Steps, shared: i64, sign: i32) {
        let Some(next) = self.next else { return };
        let is_past = steps.entered < next;
        if !is_past {
            let awaited = self.awaited.entry((steps.entered, steps.cohort));
            awaited.or_default().entered += sign;
        } else if let Some(open) = self
            .cohorts
            .get_mut((self.newest - steps.cohort).max(0) as usize)
            && steps.end.is_none_or(|end| end >= next)
        {
            *open += sign;
        }
        if let Some(end) = steps.end.filter(|end| *end >= next) {
            let awaited = self.awaited.entry((end, steps.cohort)).or_default();
            match steps.is_broken {
                true => awaited.broken += sign,
                false => awaited.over += sign,
            }
        }
        self.counts.beyond_horizon += u64::from(steps.is_beyond && sign > 0);
        let last = steps.last_at_risk(ages, next);
        let from = steps.entered.max(shared.saturating_add(1));
        let breaks = steps.end.filter(|end| *end < next && steps.is_broken);
        if from <= last || breaks.is_some() {
            self.correct(settings, ages, steps.cohort, (from, last), breaks, sign);
        }
    }

    /// Corrects minutes that have passed: those at risk, and the one of a break.
    fn correct(
        &mut self,
        settings: &Settings,
        ages: &Ages,
        cohort: i64,
        (from, last): (i64, i64),
        broke: Option<i64>,
        sign: i32,
    ) {
        let next = self.next.unwrap_or(i64::MIN);
        let ring_from = next - self.ring.len() as i64;
        let is_too_late = from.min(broke.unwrap_or(from)) < ring_from;
        self.counts.too_late_to_judge += u64::from(is_too_late);
        let sign_minutes = f64::from(sign);
        for minute in from..=last {
            let at = settings.local_hour(minute);
            let bin = ages.bin(cohort, minute);
            let (hazard, factor) = self.baseline.rate(at, bin);
            self.baseline.correct(at, bin, 0, sign_minutes);
            if minute >= ring_from {
                self.ring[(minute - ring_from) as usize].expected += sign as f32 * hazard * factor;
            }
        }
        if let Some(minute) = broke {
            let at = settings.local_hour(minute);
            self.baseline
                .correct(at, ages.bin(cohort, minute), i64::from(sign), 0.0);
            if minute >= ring_from {
                self.ring[(minute - ring_from) as usize].breaks += sign;
            }
        }
        self.is_corrected = true;
    }

    /// Looks at the next minute.
    pub(crate) fn step(&mut self, settings: &Settings, ages: &Ages) {
        let Some(minute) = self.next else { return };
        let at = settings.local_hour(minute);
        if self
            .baseline
            .recents
            .back()
            .is_none_or(|recent| recent.day < at.day)
        {
            self.baseline.open_day(settings, ages.edges.len(), at.day);
        }
        self.make_room(ages, minute);
        let mut ends = Vec::new();
        while let Some(entry) = self.awaited.first_entry() {
            let ((awaited_minute, cohort), awaited) = (*entry.key(), *entry.get());
            if awaited_minute > minute {
                break;
            }
            entry.remove();
            if let Some(open) = self.cohorts.get_mut((self.newest - cohort).max(0) as usize) {
                *open += awaited.entered;
                ends.push((cohort, awaited));
            }
        }
        let mut expected = 0.0;
        let mut breaks = 0;
        if let Some(recent) = self.baseline.recents.back_mut() {
            let factor = f64::from(recent.factors[at.hour]);
            let open = self.cohorts.make_contiguous();
            let mut expected_by_age = 0.0;
            for (bin, places) in ages.places(minute).enumerate() {
                let open: i32 = open[places].iter().sum();
                let at_risk = f64::from(open.max(0));
                recent.ages[bin].minutes += at_risk * factor;
                expected_by_age +=
                    at_risk * f64::from(recent.hazards.get(bin).copied().unwrap_or(0.0));
            }
            for (cohort, awaited) in &ends {
                recent.ages[ages.bin(*cohort, minute)].breaks += i64::from(awaited.broken);
                breaks += awaited.broken;
            }
            if let Some(day) = self.baseline.days.back_mut() {
                day.hours[at.hour].0 += breaks;
                day.hours[at.hour].1 += expected_by_age as f32;
            }
            expected = expected_by_age * factor;
        }
        for (cohort, awaited) in ends {
            self.cohorts[(self.newest - cohort) as usize] -= awaited.over + awaited.broken;
        }
        self.judge(settings, minute, breaks, expected as f32);
    }

    /// Moves the list of cohorts on to the one of a minute.
    fn make_room(&mut self, ages: &Ages, minute: i64) {
        while self.newest < ages.cohort(minute) {
            self.cohorts.pop_back();
            self.cohorts.push_front(0);
            self.newest += 1;
        }
    }

    /// Gives a minute to the test, and the oldest of the ring to the anchor.
    fn judge(&mut self, settings: &Settings, minute: i64, breaks: i32, expected: f32) {
        self.ring.push_back(Minute { breaks, expected });
        self.next = Some(minute + 1);
        self.breaks.pass(minute);
        step_test(
            &mut self.test,
            settings,
            &self.baseline,
            minute,
            Minute { breaks, expected },
        );
        if self.ring.len() > RING_MINUTES
            && let Some(oldest) = self.ring.pop_front()
        {
            let at = minute + 1 - RING_MINUTES as i64 - 1;
            step_test(&mut self.anchor, settings, &self.baseline, at, oldest);
        }
        self.mark_disturbed(settings);
        if minute.rem_euclid(60) == 0 {
            let kept = minute - RING_MINUTES as i64;
            let alarm = self.test.alarm.as_ref().or(self.test.ended.as_ref());
            let since = alarm.map_or(kept, |alarm| alarm.since.min(kept));
            let is_needed = self.test.alarm.is_some() || self.told.is_some();
            self.breaks
                .forget_before(if is_needed { since } else { kept });
        }
    }

    /// Judges the ring anew, if it was corrected. True if that was so.
    pub(crate) fn judge_anew(&mut self, settings: &Settings) -> bool {
        if !std::mem::take(&mut self.is_corrected) {
            return false;
        }
        let Some(next) = self.next else { return true };
        let from = next - self.ring.len() as i64;
        self.unmark_disturbed(settings, from);
        self.test = self.anchor.clone();
        for place in 0..self.ring.len() {
            let minute = self.ring[place];
            step_test(
                &mut self.test,
                settings,
                &self.baseline,
                from + place as i64,
                minute,
            );
            if self.test.alarm.is_some() {
                self.mark_hours(settings, from + place as i64, from + place as i64);
            }
        }
        if let Some(since) = self.test.alarm.map(|alarm| alarm.since) {
            self.mark_hours(settings, since, next - 1);
        }
        true
    }

    /// While an alarm stands, its hours are no baseline, from when it began.
    fn mark_disturbed(&mut self, settings: &Settings) {
        let (Some(next), Some(alarm)) = (self.next, self.test.alarm) else {
            return;
        };
        let from = if alarm.raised == next - 1 {
            alarm.since
        } else {
            next - 1
        };
        self.mark_hours(settings, from, next - 1);
    }

    fn mark_hours(&mut self, settings: &Settings, from: i64, to: i64) {
        // Local hours begin on quarters of an hour everywhere.
        let mut minute = from;
        while minute <= to {
            let at = settings.local_hour(minute);
            if let Some(day) = self.baseline.days.iter_mut().find(|day| day.day == at.day) {
                day.disturbed |= 1 << at.hour;
            }
            minute = (minute.div_euclid(15) + 1) * 15;
        }
    }

    fn unmark_disturbed(&mut self, settings: &Settings, from: i64) {
        let at = settings.local_hour(from);
        for day in self
            .baseline
            .days
            .iter_mut()
            .filter(|day| day.day >= at.day)
        {
            let kept = if day.day > at.day {
                0
            } else {
                (1 << at.hour) | ((1 << at.hour) - 1)
            };
            day.disturbed &= kept;
        }
    }

    /// What the baseline knows now.
    pub(crate) fn known(&self) -> Known {
        let today = self
            .baseline
            .recents
            .back()
            .map_or(i64::MIN, |recent| recent.day);
        self.baseline.known(today)
    }

    /// Breaks expected in the last hour.
    pub(crate) fn expected_last_hour(&self) -> f64 {
        let last = self.ring.iter().rev().take(60);
        last.map(|minute| f64::from(minute.expected.max(0.0))).sum()
    }
}

/// Takes a minute into a test, with the limits of its day.
fn step_test(test: &mut Test, settings: &Settings, baseline: &Baseline, at: i64, minute: Minute) {
    let day = settings.local_hour(at).day;
    let limits = baseline
        .recent(day)
        .and_then(|recent| recent.limits.as_ref());
    let breaks = minute.breaks.max(0).unsigned_abs();
    test.step(at, breaks, f64::from(minute.expected), limits);
}
