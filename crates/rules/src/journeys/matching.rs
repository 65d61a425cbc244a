//! Entries of rules and what became of them: a pure function of a history and of how far its sources
//! have come.

use super::history::{History, MomentRef};
use super::keys::Compared;
use super::lookup::{Fitting, Moments, agrees};
use super::rule::{From, Rule, Step};
use super::set::RuleSet;
use super::test_of::Target;
use super::times::{StepTime, Times};
use calendar::{Anchor, Calendar, Window};
use model::{EndKind, Millis, Text};

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not decided yet.
    Open {
        /// The first instant at which time alone decides; `None` while that is unknown, since a
        /// contact is still going on, or the step that is awaited has no bound.
        until: Option<Millis>,
    },
    /// Its bounds are passed, but a source that could bring what is absent is silent.
    HeldBack {
        /// The bound.
        until: Millis,
        /// The silent sources.
        sources: Vec<Text>,
    },
    /// The rule matched.
    Broken {
        /// The instant, in event time, at which the last of its conditions was met.
        decided_at: Millis,
    },
    /// It did not, and will not: what must be absent turned up, or a step did not come in time.
    Fulfilled {
        /// The place of the step that decided.
        step: usize,
        /// When.
        at: Millis,
    },
}

/// An entry of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The place of the rule in its set.
    pub rule: usize,
    /// What matched the first step.
    pub entered: MomentRef,
    /// When.
    pub entered_at: Millis,
    /// What matched each step; `None` for an absence and for what has not come.
    pub steps: Vec<Option<MomentRef>>,
    /// What became of it.
    pub state: State,
    /// Steps for which time has not come far enough.
    pub(super) awaited: Vec<Awaited>,
}

/// A step of an entry that time alone may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    /// Its place.
    pub step: usize,
    /// The instant that time has to come to.
    pub until: Millis,
    /// Time has passed it, but a source was silent.
    pub is_held: bool,
}

/// A step that was found, or an absence whose bound serves as an anchor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// `None`: the bound of an absence.
    pub of: Option<MomentRef>,
    /// Later steps come after this place.
    place: u32,
    pub start: Millis,
    end: Millis,
    /// The end may still move on.
    is_open: bool,
    due_at: Option<Millis>,
    /// When the condition was met.
    met_at: Millis,
}

/// Where a step of an entry stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    /// It depends on a step that has not come.
    Unreached,
    /// It holds, or is not needed.
    Met,
    /// It holds from this instant on.
    Awaited(Option<Millis>),
    /// The entry is fulfilled.
    Over(Millis),
}

impl RuleSet {
    /// The entries of all rules in a customer's history that begin at or after an instant, by rule,
    /// then in order of the moments that match the first step. `reason_depth` is how many levels of
    /// a reason `same` and `differs` compare.
    #[must_use]
    pub fn entries(
        &self,
        history: &History<'_>,
        calendar: &Calendar,
        times: &Times,
        reason_depth: usize,
        from: Millis,
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        let known = (calendar, times, reason_depth);
        self.each_entry(history, known, from, &mut |_, entry| entries.push(entry));
        entries
    }

    /// Shows each entry, with the run that has just looked at it.
    pub(super) fn each_entry(
        &self,
        history: &History<'_>,
        (calendar, times, reason_depth): (&Calendar, &Times, usize),
        from: Millis,
        visit: &mut dyn FnMut(&mut Run<'_, '_, '_>, Entry),
    ) {
        let moments = Moments::new(history);
        let mut entered: Vec<(u16, u32)> = Vec::new();
        let mut enter = |rule: u16, place: u32| {
            let at = moments.at(place);
            let holds = &self.rules()[rule as usize];
            if at >= from && (holds.holds_from..holds.holds_until).contains(&at) {
                entered.push((rule, place));
            }
        };
        for (place, (_, of)) in moments.list.iter().enumerate() {
            for rule in self.index().rules_of(history, *of) {
                if moments.takes(&self.rules()[*rule as usize].steps[0], *of) {
                    enter(*rule, place as u32);
                }
            }
        }
        for (contact, seen) in history.contacts.iter().enumerate() {
            for rule in self.index().counted_of(seen.contact.channel) {
                let step = &self.rules()[*rule as usize].steps[0];
                if let Some(place) = moments.counted_in(step, contact as u32) {
                    enter(*rule, place);
                }
            }
        }
        entered.sort_unstable();
        let of_rule = entered.chunk_by(|a, b| a.0 == b.0);
        for entered in of_rule {
            let rule = entered[0].0 as usize;
            let whole = (rule, &self.rules()[rule]);
            let mut run = Run::new(whole, &moments, (calendar, times), reason_depth);
            for (_, place) in entered {
                let entry = run.entry(*place);
                visit(&mut run, entry);
            }
        }
    }
}

/// The entries of one rule in one history.
pub(super) struct Run<'r, 'h, 'a> {
    pub rule: &'r Rule,
    place: usize,
    pub moments: &'r Moments<'h, 'a>,
    calendar: &'r Calendar,
    times: &'r Times,
    depth: usize,
    /// By step, made when it is first needed.
    fitting: Vec<Option<Fitting<'a>>>,
    /// Of the entry at hand, by step.
    pub found: Vec<Option<Found>>,
    pub standing: Vec<Standing>,
}

impl<'r, 'h, 'a> Run<'r, 'h, 'a> {
    /// A rule, with its place in its set, and what it is matched against.
    pub(super) fn new(
        (place, rule): (usize, &'r Rule),
        moments: &'r Moments<'h, 'a>,
        (calendar, times): (&'r Calendar, &'r Times),
        depth: usize,
    ) -> Run<'r, 'h, 'a> {
        Run {
            rule,
            place,
            moments,
            calendar,
            times,
            depth,
            fitting: rule.steps.iter().map(|_| None).collect(),
            found: Vec::new(),
            standing: Vec::new(),
        }
    }

    /// The entry that begins at a place.
    pub(super) fn entry(&mut self, place: u32) -> Entry {
        self.found.clear();
        self.standing.clear();
        let entered = self.found_at(&self.rule.steps[0], place);
        self.found.push(Some(entered));
        self.standing.push(Standing::Met);
        for step in 1..self.rule.steps.len() {
            let (found, standing) = if self.rule.steps[step].absent {
                self.absence_bound(step)
            } else {
                self.positive(step)
            };
            self.found.push(found);
            self.standing.push(standing);
        }
        // An absence may last until a later step, so all are looked at when all steps are found.
        for step in 1..self.rule.steps.len() {
            if self.rule.steps[step].absent {
                self.standing[step] = self.absence(step);
            }
        }
        Entry {
            rule: self.place,
            entered: self.moments.of(place),
            entered_at: entered.start,
            steps: self
                .found
                .iter()
                .map(|found| found.and_then(|found| found.of))
                .collect(),
            awaited: self.awaited(),
            state: self.state(),
        }
    }

    /// The steps that time alone may decide.
    fn awaited(&self) -> Vec<Awaited> {
        if self
            .standing
            .iter()
            .any(|standing| matches!(standing, Standing::Over(_)))
        {
            return Vec::new();
        }
        let mut awaited = Vec::new();
        for (step, standing) in self.standing.iter().enumerate() {
            let Standing::Awaited(Some(until)) = *standing else {
                continue;
            };
            let time = self.time(step);
            let is_passed = time.passed >= until;
            let is_silent = time.silent.iter().any(|(_, from)| until > *from);
            if !is_passed || (is_silent && self.rule.steps[step].absent) {
                awaited.push(Awaited {
                    step,
                    until,
                    is_held: is_passed,
                });
            }
        }
        awaited
    }

    /// What a step found at a place.
    fn found_at(&self, step: &Step, place: u32) -> Found {
        let history = self.moments.history;
        let (at, of) = (self.moments.at(place), self.moments.of(place));
        let found = Found {
            of: Some(of),
            place,
            start: at,
            end: at,
            is_open: false,
            due_at: None,
            met_at: at,
        };
        match of {
            MomentRef::Signal(signal) => Found {
                due_at: history.signals[signal as usize].signal.due_at,
                ..found
            },
            MomentRef::Contact(contact) | MomentRef::Inside(contact, _) => {
                let contact = history.contacts[contact as usize].contact;
                // A counted step means the contact, from the moment on at which it has so many.
                let is_whole = step.pattern.counted || matches!(of, MomentRef::Contact(_));
                let end = if is_whole {
                    contact.ended_at.max(at)
                } else {
                    at
                };
                Found {
                    end,
                    is_open: is_whole && contact.end_kind == EndKind::Open,
                    due_at: contact.due_at,
                    ..found
                }
            }
        }
    }

    /// The anchors of a step, if all of them are there.
    fn anchors(&self, step: &Step) -> Option<Vec<Found>> {
        step.of.iter().map(|anchor| self.found[*anchor]).collect()
    }

    /// The first instant outside a step's bound, and whether it is sure. `None`: it has no bound.
    fn due(&self, step: &Step, anchors: &[Found]) -> Option<(Millis, bool)> {
        let window = Window {
            span: step.within?,
            anchor: Anchor::End,
        };
        let of_anchor = |anchor: &Found| {
            let at = match step.from {
                From::Start => anchor.start,
                From::End => anchor.end,
                From::DueAt => anchor.due_at.unwrap_or(anchor.end),
            };
            window.due_at(self.calendar, at)
        };
        let is_sure = step.from != From::End || anchors.iter().all(|anchor| !anchor.is_open);
        Some((anchors.iter().map(of_anchor).min()?, is_sure))
    }

    pub(super) fn time(&self, step: usize) -> &StepTime {
        self.times.step(self.place, step)
    }

    /// The first match of a step in a range of places and time.
    fn first(&mut self, step: usize, anchors: &[Found], range: (u32, Millis)) -> Option<u32> {
        let of_anchors: Vec<MomentRef> = anchors.iter().filter_map(|anchor| anchor.of).collect();
        let pattern = &self.rule.steps[step];
        let fitting = self.fitting[step]
            .get_or_insert_with(|| Fitting::of(pattern, self.moments, self.depth));
        fitting.first(pattern, self.moments, &of_anchors, range, self.depth)
    }

    /// Whether a step looks at its anchor's own contact again, as a whole.
    fn looks_again(step: &Step) -> bool {
        let whole = |test: &super::test_of::Test| test.target == Target::Contact;
        step.same.contains(&Compared::Contact) && step.pattern.tests.iter().any(whole)
    }

    /// The anchor's own contact, if the step fits it and it starts before an instant.
    fn again(&self, step: &Step, anchors: &[Found], until: Millis) -> Option<u32> {
        if !Self::looks_again(step) {
            return None;
        }
        let of_anchors: Vec<MomentRef> = anchors.iter().filter_map(|anchor| anchor.of).collect();
        let contact = self.moments.history.contact_of(*of_anchors.first()?)?;
        let of = MomentRef::Contact(contact as u32);
        let place = self.moments.place_of(of)?;
        let fits = self.moments.at(place) < until
            && self.moments.takes(step, of)
            && agrees(step, self.moments, &of_anchors, of, self.depth);
        fits.then_some(place)
    }

    /// A step that has to happen, or may.
    fn positive(&mut self, at: usize) -> (Option<Found>, Standing) {
        let step = &self.rule.steps[at];
        let Some(anchors) = self.anchors(step) else {
            return (None, Standing::Unreached);
        };
        let needed_before = (1..at).any(|before| {
            let step = &self.rule.steps[before];
            !step.absent && !step.optional && self.found[before].is_none()
        });
        if needed_before {
            return (None, Standing::Unreached);
        }
        let due = self.due(step, &anchors);
        let until = due.map_or(Millis::MAX, |(due, _)| due);
        if let Some(place) = self.again(step, &anchors, until) {
            let found = self.found_at(step, place);
            let met_at = found.end;
            return (Some(Found { met_at, ..found }), Standing::Met);
        }
        let earlier = (0..at).filter(|before| !self.rule.steps[*before].absent);
        let earlier = earlier.filter_map(|before| self.found[before]);
        let after = earlier.chain(anchors.iter().copied());
        let after = after.map(|found| found.place).max().unwrap_or(0);
        if let Some(place) = self.first(at, &anchors, (after, until)) {
            return (Some(self.found_at(step, place)), Standing::Met);
        }
        let standing = match due {
            _ if step.optional => Standing::Met,
            Some((due, true)) if self.time(at).passed >= due => Standing::Over(due),
            Some((due, is_sure)) => Standing::Awaited(is_sure.then_some(due)),
            None => self.without_bound(step, &anchors),
        };
        (None, standing)
    }

    /// A step without a bound that has not come: one that has to be in its anchor's own contact will
    /// not come once that has ended.
    fn without_bound(&self, step: &Step, anchors: &[Found]) -> Standing {
        let mut tests = step.pattern.tests.iter();
        let only_there = step.same.contains(&Compared::Contact)
            && tests.all(|test| test.target != Target::Signal);
        let of = anchors.iter().find_map(|anchor| anchor.of);
        let contact = of.and_then(|of| self.moments.history.contact_of(of));
        match contact.map(|place| self.moments.history.contacts[place].contact) {
            Some(contact) if only_there && contact.end_kind != EndKind::Open => {
                Standing::Over(contact.ended_at)
            }
            _ => Standing::Awaited(None),
        }
    }

    /// The bound of an absence, which later steps may be measured from.
    fn absence_bound(&self, at: usize) -> (Option<Found>, Standing) {
        let step = &self.rule.steps[at];
        let bound = self.anchors(step).and_then(|anchors| {
            let (due, is_sure) = self.due(step, &anchors)?;
            // What is measured from it comes at or after it, and after the entry.
            let before = self.moments.first_from(due).saturating_sub(1);
            let entered = self.found[0].map_or(0, |entered| entered.place);
            Some(Found {
                of: None,
                place: before.max(entered),
                start: due,
                end: due,
                is_open: !is_sure,
                due_at: None,
                met_at: due,
            })
        });
        (bound, Standing::Unreached)
    }

    /// The place of what must be absent, if it is there.
    pub(super) fn turned_up(&mut self, at: usize) -> Option<u32> {
        let step = &self.rule.steps[at];
        let anchors = self.anchors(step)?;
        let due = self.due(step, &anchors);
        let end = step.until.and_then(|until| self.found[until]);
        let until = due.map_or(Millis::MAX, |(due, _)| due);
        let after = anchors.iter().map(|anchor| anchor.place).max().unwrap_or(0);
        let again = self.again(step, &anchors, until);
        let first = self.first(at, &anchors, (after, until));
        let place = again.into_iter().chain(first).min()?;
        end.is_none_or(|end| place < end.place).then_some(place)
    }

    /// Whether what must be absent is.
    fn absence(&mut self, at: usize) -> Standing {
        let step = &self.rule.steps[at];
        let Some(anchors) = self.anchors(step) else {
            return Standing::Unreached;
        };
        let due = self.due(step, &anchors);
        let end = step.until.and_then(|until| self.found[until]);
        if let Some(place) = self.turned_up(at) {
            return Standing::Over(self.moments.at(place));
        }
        let bound = match (due, end) {
            (Some((due, true)), Some(end)) => Some(due.min(end.start)),
            (Some((due, true)), None) => Some(due),
            (Some((_, false)) | None, Some(end)) => Some(end.start),
            (Some((_, false)), None) => None,
            (None, None) => return Standing::Unreached,
        };
        Standing::Awaited(bound)
    }

    fn state(&self) -> State {
        let over = |step: usize| match self.standing[step] {
            Standing::Over(at) => Some((at, step)),
            Standing::Unreached | Standing::Met | Standing::Awaited(_) => None,
        };
        let steps = 0..self.rule.steps.len();
        if let Some((at, step)) = steps.clone().filter_map(over).min() {
            return State::Fulfilled { step, at };
        }
        let is_awaited = |step: &usize| {
            let is_met = matches!(self.standing[*step], Standing::Met);
            !self.rule.steps[*step].absent && !is_met
        };
        let mut awaited = steps.clone().filter(is_awaited).peekable();
        if awaited.peek().is_some() {
            let until = |step| match self.standing[step] {
                Standing::Awaited(until) => until,
                Standing::Unreached | Standing::Met | Standing::Over(_) => None,
            };
            let until = awaited.filter_map(until).min();
            return State::Open { until };
        }
        self.state_of_absences()
    }

    /// The state of an entry all of whose steps were found.
    fn state_of_absences(&self) -> State {
        let (mut open_until, mut held_until) = (None::<Millis>, None::<Millis>);
        let mut sources: Vec<Text> = Vec::new();
        let met = self.found.iter().zip(&self.rule.steps);
        let met = met.filter(|(_, step)| !step.absent);
        let met = met.filter_map(|(found, _)| found.map(|found| found.met_at));
        let mut decided_at = met.max().unwrap_or(Millis::MIN);
        for (at, step) in self
            .rule
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.absent)
        {
            debug_assert!(step.absent);
            let Standing::Awaited(Some(until)) = self.standing[at] else {
                return State::Open { until: None };
            };
            let time = self.time(at);
            decided_at = decided_at.max(until);
            if time.passed < until {
                open_until = open_until.max(Some(until));
                continue;
            }
            let silent = time.silent.iter().filter(|(_, from)| until > *from);
            for (name, _) in silent {
                held_until = held_until.max(Some(until));
                if !sources.contains(name) {
                    sources.push(name.clone());
                }
            }
        }
        match (open_until, held_until) {
            (Some(_), _) => State::Open { until: open_until },
            (None, Some(until)) => State::HeldBack { until, sources },
            (None, None) => State::Broken { decided_at },
        }
    }
}
