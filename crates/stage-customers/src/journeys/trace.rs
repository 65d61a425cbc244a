//! Every entry of every rule with what became of each step: what is told to people who ask why.

use super::All;
use crate::chain::Chain;
use crate::{Customers, State, UNKNOWN_KEY_PREFIX};
use model::{Alert, ContactName, Journey, Millis, Now, SignalName, StepStatus, Text};
use rules::journeys::{Entry, MomentRef, State as EntryState, StepTrace};

/// Something that a step matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Millis,
    /// The contact that it is, is in, or belongs to.
    pub contact: Option<ContactName>,
    /// What of it.
    pub what: Matched,
}

/// What a moment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// The contact as a whole.
    Contact,
    /// A service step inside it.
    Step {
        /// Its name.
        name: Text,
        /// How far it went.
        status: Option<StepStatus>,
        /// The page; may be empty.
        page: Text,
    },
    /// An event of this kind inside it.
    Kind(Text),
    /// A signal.
    Signal {
        /// Its name.
        name: SignalName,
        /// The id of its event.
        event_id: Text,
    },
}

/// What became of a step of an entry; where `rules` says by which place of a history, this says by
/// what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedStep {
    /// What became of it.
    pub trace: StepTrace,
    /// What matched it, where something did.
    pub by: Option<Moment>,
}

/// An entry of a journey rule, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryTrace {
    /// The id that it has in the tables if it is broken.
    pub entry_id: Text,
    /// The place of the rule among those of the configuration.
    pub rule: usize,
    /// Whose.
    pub customer: Text,
    /// What it began with.
    pub entered: Moment,
    /// In order of the rule's steps; the first is the entry.
    pub steps: Vec<TracedStep>,
    /// What became of it.
    pub state: EntryState,
}

impl EntryTrace {
    /// The contact that it began with, or in which it did, or that the signal is about with which it
    /// did.
    #[must_use]
    pub fn began_in(&self) -> Option<&ContactName> {
        self.entered.contact.as_ref()
    }

    /// Whether a contact is the entry, or matched one of the steps, as a whole or in a part.
    #[must_use]
    pub fn concerns(&self, name: &ContactName) -> bool {
        let mut moments = self.steps.iter().filter_map(|step| step.by.as_ref());
        self.began_in() == Some(name) || moments.any(|moment| moment.contact.as_ref() == Some(name))
    }
}

impl State {
    /// Start of the first contact that is held.
    #[must_use]
    pub fn first_at(&self) -> Option<Millis> {
        let held = self.held.values();
        held.map(|upsert| upsert.contact.started_at).min()
    }

    /// Whether a contact that is held has this id, or a part of it has.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        self.held.values().any(|upsert| {
            let contact = &upsert.contact;
            let own = [
                &contact.contact_id,
                &contact.root_contact_id,
                &contact.thread_id,
            ];
            let others = contact.other_leg_ids.iter();
            let mut all = own
                .into_iter()
                .chain(others)
                .chain(&contact.related_contact_ids);
            all.any(|own| *own == id)
        })
    }
}

impl Customers {
    /// The standing alerts and the broken journeys of a customer, as [`Customers::evaluate`] says
    /// them, and nothing else of him: what is held stays where it is.
    #[must_use]
    pub fn raised(&self, key: &str, state: &State, now: &Now) -> (Vec<Alert>, Vec<Journey>) {
        let aside = (&state.past, &state.beside);
        let evaluated = self.evaluated(key, state.held(), aside, now);
        (evaluated.alerts, evaluated.journeys.broken)
    }

    /// Those entries of a customer whose ids are wanted, by rule, then in order of what they began
    /// with.
    #[must_use]
    pub fn traces(
        &self,
        key: &str,
        state: &State,
        now: &Now,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<EntryTrace> {
        let rules = &self.known.rules;
        if rules.is_empty() || key.starts_with(UNKNOWN_KEY_PREFIX) {
            return Vec::new();
        }
        let chain = Chain::of(&self.settings, key, state.held(), &state.past);
        let all = All::of(self, key, &chain, &state.past, &state.beside);
        let (calendar, depth) = (&self.settings.calendar, self.settings.readings.reason_depth);
        let (history, times) = (all.history(), rules.times_at(now));
        let mut traces = Vec::new();
        for (entry, steps) in rules.traced(&history, calendar, &times, depth) {
            let rule = &rules.rules()[entry.rule];
            let entry_id = all.entry_id(&self.settings.tenant, rule, key, &entry);
            if !wanted(&entry_id) {
                continue;
            }
            let steps = steps.into_iter().map(|trace| TracedStep {
                by: all.by(&trace),
                trace,
            });
            let steps = steps.collect();
            let Entry {
                rule,
                entered,
                entered_at,
                state,
                ..
            } = entry;
            traces.push(EntryTrace {
                entry_id,
                rule,
                customer: key.into(),
                entered: all.moment(entered, entered_at),
                steps,
                state,
            });
        }
        traces
    }
}

impl All<'_> {
    fn by(&self, trace: &StepTrace) -> Option<Moment> {
        match *trace {
            StepTrace::Came { by, at } | StepTrace::Violated { by, at } => {
                Some(self.moment(by, at))
            }
            StepTrace::Optional
            | StepTrace::Unreached
            | StepTrace::Awaited { .. }
            | StepTrace::Missed { .. }
            | StepTrace::Absent { .. } => None,
        }
    }

    fn moment(&self, of: MomentRef, at: Millis) -> Moment {
        let what = match of {
            MomentRef::Contact(_) => Matched::Contact,
            MomentRef::Inside(place, inside) => {
                let seen = self.contacts[place as usize].seen();
                let happening = seen.inside[inside as usize];
                match happening.kind {
                    Some(kind) => Matched::Kind(kind.name().into()),
                    None => Matched::Step {
                        name: happening.step.into(),
                        status: happening.status,
                        page: happening.page.into(),
                    },
                }
            }
            MomentRef::Signal(place) => {
                let signal = self.signals[place as usize].signal;
                Matched::Signal {
                    name: signal.name,
                    event_id: signal.event_id.clone(),
                }
            }
        };
        Moment {
            at,
            contact: self.contact_of(of).map(super::Known::name),
            what,
        }
    }
}
