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
mod input;
mod place;
mod roster;
mod sequential;
mod settings;
mod state;
mod tell;
#[cfg(test)]
mod tests;

pub use breaks::Toll;
pub use input::{Change, Course, End};
pub use place::Place;
pub use roster::{OTHER, Roster};
pub use settings::{Settings, Watch};
pub use state::{Counts, State};
pub use tell::{Cause, EXPECTED_PER_HOUR_MIN, JourneyDegraded, Output, Standing};

use ages::Ages;
use model::{Absorbed, Brings, Deadlines, Millis, Now, Reached, Stage, Text, Wait};
use settings::MINUTE_MS;

/// The monitor stage. Its key is [`Place::key`].
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: Settings,
    /// By rule and version, in order.
    ages: Vec<((Text, u32), Ages)>,
    other_ages: Ages,
}

/// A minute is judged as soon as everything up to its end was seen. What comes out of order
/// revises: a break that is late can only delay an alert, and an entry whose end is late counts as
/// open for longer, so that more is expected of it.
const WAIT: Wait = Wait {
    brings: Brings::ALL,
    reached: Reached::Seen,
};

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
        if state.judge_anew(&self.settings) {
            state.tell(&self.settings, place, true, out);
        }
        let end = now.reached(WAIT).0.div_euclid(MINUTE_MS);
        while state.next.is_some_and(|next| next < end) && !state.is_idle() {
            state.step(&self.settings, ages);
            state.tell(&self.settings, place, false, out);
        }
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        if let Some(next) = state.next
            && !state.is_idle()
        {
            out.add(WAIT, Millis((next + 1).saturating_mul(MINUTE_MS)));
        }
    }
}
