//! What became of every step of an entry, for people who ask why.

use super::history::{History, MomentRef};
use super::matching::{Entry, Run, Standing};
use super::set::RuleSet;
use super::times::Times;
use calendar::Calendar;
use model::Millis;

/// What became of a step of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepTrace {
    /// It came: a step that has to happen, or may.
    Came {
        /// What matched it.
        by: MomentRef,
        /// When.
        at: Millis,
    },
    /// It may happen, and has not.
    Optional,
    /// It waits for a step before it.
    Unreached,
    /// It has to happen and has not yet; from `until` on it is too late. `None`: that is not known,
    /// since a contact is still going on, or there is no bound.
    Awaited {
        /// The first instant that is too late.
        until: Option<Millis>,
    },
    /// It had to happen, and did not.
    Missed {
        /// The first instant that was too late; or when the contact ended that it had to be in.
        at: Millis,
    },
    /// What must not happen has not, up to before this instant; it counts from there on.
    Absent {
        /// The bound. `None`: it is not known yet.
        until: Option<Millis>,
        /// Time has come there.
        is_passed: bool,
    },
    /// What must not happen did.
    Violated {
        /// What it was.
        by: MomentRef,
        /// When.
        at: Millis,
    },
}

impl RuleSet {
    /// The entries that [`RuleSet::entries`] finds from the beginning on, each with what became of
    /// its steps.
    #[must_use]
    pub fn traced(
        &self,
        history: &History<'_>,
        calendar: &Calendar,
        times: &Times,
        reason_depth: usize,
    ) -> Vec<(Entry, Vec<StepTrace>)> {
        let mut traced = Vec::new();
        let known = (calendar, times, reason_depth);
        self.each_entry(history, known, Millis::MIN, &mut |run, entry| {
            let steps = (0..entry.steps.len()).map(|step| run.trace(step));
            let steps = steps.collect();
            traced.push((entry, steps));
        });
        traced
    }
}

impl Run<'_, '_, '_> {
    /// What became of a step of the entry at hand.
    fn trace(&mut self, at: usize) -> StepTrace {
        let step = &self.rule.steps[at];
        let found = self.found[at].and_then(|found| Some((found.of?, found.start)));
        match (self.standing[at], found) {
            (_, Some((by, at))) => StepTrace::Came { by, at },
            (Standing::Over(when), None) if step.absent => match self.turned_up(at) {
                Some(place) => StepTrace::Violated {
                    by: self.moments.of(place),
                    at: when,
                },
                None => StepTrace::Unreached,
            },
            (Standing::Over(at), None) => StepTrace::Missed { at },
            (Standing::Awaited(until), None) if step.absent => StepTrace::Absent {
                until,
                is_passed: until.is_some_and(|until| self.time(at).passed >= until),
            },
            (Standing::Awaited(until), None) => StepTrace::Awaited { until },
            (Standing::Unreached, None) => StepTrace::Unreached,
            (Standing::Met, None) => StepTrace::Optional,
        }
    }
}
