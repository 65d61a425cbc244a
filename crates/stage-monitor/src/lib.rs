//! Journeys that break more often than they should: `JourneyDegraded`, by rule and segment.
//!
//! The monitor hears the course of each entry of a rule ([`Change`]) and keeps, per segment, how
//! many entries of each age are open, how often entries of that age have broken in the last 28
//! days, and how that differed over the hours of the week. From these it knows how many breaks to
//! expect in the next minute; a sequential test compares them with those that come.
//!
//! Reading order: [`input`](Change), `ages`, `baseline` and `estimate` (what is expected),
//! `sequential` (the test), `state` (a minute and a late word), `tell`.
//!
//! Invariant: pure; time comes in with `settle`. Knows no customer but by a hash, and no entry at
//! all: whoever tells a change says what was told before.
//! Invariant: what is kept of a segment is bounded ([`Roster`] bounds the segments).

mod ages;
mod baseline;
mod breaks;
mod estimate;
mod parts;
mod roster;
mod sequential;
mod settings;
mod state;
mod tell;
#[cfg(test)]
mod tests;

pub use breaks::Toll;
pub use model::{Change, Course, End, Place};
pub use roster::{OTHER, Roster, Rosters, Tallied};
pub use settings::{Settings, Watch};
pub use state::{Counts, State};
pub use tell::{Cause, EXPECTED_PER_HOUR_MIN, JourneyDegraded, Output, Standing};

use ages::Ages;
use model::{Absorbed, Deadlines, Millis, Now, Stage, Text};
use settings::MINUTE_MS;
use tell::By;

/// The monitor stage. Its key is [`Place::key`].
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: Settings,
    /// By rule and version, in order.
    ages: Vec<((Text, u32), Ages)>,
    other_ages: Ages,
}

/// Minutes that are judged in one go: a day. After a long silence the rest is judged later, so that
/// no transaction takes as long as the silence.
const MINUTES_AT_ONCE_MAX: i64 = 1440;
/// Minutes after which a segment of which nothing is heard is forgotten, baseline and all: no day is
/// left then that could be learned from.
const FORGOTTEN_AFTER_MINUTES: i64 = 35 * 1440;

impl Monitor {
    /// The stage with a tenant's settings.
    #[must_use]
    pub fn new(settings: Settings) -> Monitor {
        let ages = settings.watches.iter();
        Monitor {
            ages: ages
                .map(|(rule, watch)| (rule.clone(), Ages::of(watch)))
                .collect(),
            other_ages: Ages::of(&Watch::default()),
            settings,
        }
    }

    fn ages(&self, key: &str) -> &Ages {
        let (rule, version) = Place::rule_of_key(key);
        let known = self.ages.iter();
        let mut known = known.filter(|((name, _), _)| name == rule);
        known
            .find(|((_, known), _)| *known == version)
            .map_or(&self.other_ages, |(_, ages)| ages)
    }

    /// What the tenant configures.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How a segment stands, once it was looked at.
    #[must_use]
    pub fn standing(&self, state: &State) -> Option<Standing> {
        state.standing
    }

    /// What could not be counted as it was told.
    #[must_use]
    pub fn counts(&self, state: &State) -> Counts {
        state.counts
    }
}

impl Stage for Monitor {
    type State = State;
    type Input = Change;
    type Output = Output;

    const SETTLES_IN_PARTS: bool = true;

    fn apply(&self, key: &str, state: &mut State, input: Change) -> Absorbed {
        let ages = self.ages(key);
        state.fit(ages);
        state.hold(&self.settings, ages, &input);
        Absorbed::Internal
    }

    fn settle(&self, key: &str, state: &mut State, now: &Now, out: &mut Vec<Output>) {
        let ages = self.ages(key);
        state.fit(ages);
        let place = || Place::of_key(key);
        let by = By {
            settings: &self.settings,
            ages,
        };
        if state.judge_anew(&self.settings) {
            state.tell(by, place, true, out);
        }
        let end = now.reached(state.wait).0.div_euclid(MINUTE_MS);
        state.skip_silence(ages, end);
        let Some(first) = state.next else { return };
        let stop = end.min(first.saturating_add(MINUTES_AT_ONCE_MAX));
        while state.next.is_some_and(|next| next < stop) && !state.is_idle() {
            state.step(&self.settings, ages);
            state.tell(by, place, false, out);
        }
        if state.is_idle() && state.forgotten_at().is_some_and(|at| at <= end) {
            *state = State::default();
        }
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        let due = match state.is_idle() {
            false => state.next.map(|next| next + 1),
            true => state.forgotten_at(),
        };
        if let Some(due) = due {
            out.add(state.wait, Millis(due.saturating_mul(MINUTE_MS)));
        }
    }
}
