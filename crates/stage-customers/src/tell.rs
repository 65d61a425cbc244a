//! What is held of a customer, what was told of him, and what has to be told now.

use crate::chain::split;
use crate::digest::{Digest, Digests};
use crate::known::Known;
use crate::retention::Past;
use crate::{Customers, Evaluation, Settings};
use model::{
    Alert, AlertStatus, Brings, Class, ContactName, ContactResult, CustomerInput, Deadlines,
    Millis, Session, Status, Text, Upsert, Wait,
};
use rules::Policy;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the customers stage sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A contact with all its readings, for the first time or changed.
    Contact(Box<ContactResult>, Changed),
    /// The contact is no longer this customer's.
    ContactGone {
        /// The customer's key.
        key: Text,
        /// The contact.
        name: ContactName,
        /// What counted of it.
        former: Counted,
    },
    /// A session of the headline reading, for the first time or changed.
    Session(Box<Session>),
    /// There is no such session any more.
    SessionGone {
        /// The customer's key.
        key: Text,
        /// First contact of the session.
        first: ContactName,
    },
    /// An alert, raised, revised or withdrawn, and the status in which it was told before.
    Alert(Box<Alert>, Option<AlertStatus>),
    /// An alert of which nothing is to be left, and the status in which it was told.
    AlertGone {
        /// The customer's key.
        key: Text,
        /// The alert.
        alert: Box<Alert>,
    },
    /// The cap cut contacts off; the number that are cut off now.
    Cut {
        /// The customer's key.
        key: Text,
        /// How many, in order of [`model::Channel::ALL`].
        contacts: [u64; 5],
        /// How many there were before.
        former: [u64; 5],
    },
}

/// What of a contact is said for the first time or has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The contact itself: its revision rose.
    pub contact: bool,
    /// Its readings: the revision of one of them rose.
    pub readings: bool,
    /// Places of the readings in which a verdict changed that was final.
    pub revised: Vec<u16>,
    /// What counted of it before; `None` if it is told for the first time.
    pub former: Option<Counted>,
}

/// What counts of a contact as it was told: enough to take it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Its customer is known.
    pub is_known: bool,
    /// Path of its reason; empty if unknown.
    pub reason: Text,
    /// Places of the readings in which it is a repeat or a retry.
    pub classes: Vec<(u16, Class)>,
}

impl Counted {
    /// What counts of a contact.
    #[must_use]
    pub fn of(contact: &ContactResult) -> Counted {
        let reason = contact.contact.reason.as_ref();
        let readings = contact.readings.iter();
        Counted {
            is_known: !contact.customer.is_empty(),
            reason: reason.map_or(Text::default(), |reason| reason.path.clone()),
            classes: readings
                .filter_map(|result| Some((result.reading, result.class?)))
                .collect(),
        }
    }
}

/// What is kept of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(crate) held: BTreeMap<ContactName, Box<Upsert>>,
    pub(crate) told: BTreeMap<ContactName, ToldContact>,
    /// Digests of the sessions as they were told.
    pub(crate) sessions: BTreeMap<ContactName, Digest>,
    pub(crate) alerts: BTreeMap<Text, Alert>,
    /// Contacts that are cut off now, as told.
    cut: [u64; 5],
    /// Contacts that were let go because far too many were held.
    pub(crate) let_go: [u64; 5],
    /// How many were held after the oldest were last let go.
    pub(crate) left: usize,
    /// As an earlier form had it; no longer in use.
    due_at: Option<Millis>,
    cause: Cause,
    /// What goes on of the contacts whose retention is over.
    pub(crate) past: Past,
    /// When the oldest contacts may be let go of, as of the last `settle`.
    pub(crate) let_go_at: Option<Millis>,
    /// Number of the reading whose sessions are told.
    headline: u16,
    /// By contact, numbers of readings that were told and that the last record does not show:
    /// another process sent it, whose configuration does not have them.
    pub(crate) hidden: BTreeMap<ContactName, Vec<u16>>,
    /// When time alone changes something, as of the last `tell`.
    #[serde(skip)]
    deadlines: Deadlines,
    /// Contacts that were just erased, of which alerts may still stand.
    #[serde(skip)]
    pub(crate) erased: BTreeSet<ContactName>,
}

/// Why something may have changed since the last `tell`; the greatest stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Cause {
    #[default]
    Time,
    LateEvent,
    Correction,
    Identity,
    Erasure,
}

impl Cause {
    fn name(self) -> &'static str {
        match self {
            Cause::Time => "time",
            Cause::LateEvent => "late_event",
            Cause::Correction => "correction",
            Cause::Identity => "identity",
            Cause::Erasure => "erasure",
        }
    }
}

/// What was told of a contact: not the words, which are many, but enough to see what changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldContact {
    revision: u32,
    /// Of everything but the readings.
    digest: Digest,
    readings: Vec<ToldReading>,
    /// By the readings' numbers.
    counted: Counted,
}

/// What was told of a contact in a reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ToldReading {
    /// The reading's number.
    reading: u16,
    revision: u32,
    status: Status,
    /// Of everything but the revision and the status.
    digest: Digest,
}

impl ToldContact {
    /// With the digests that were made of the contact last.
    fn of(
        known: &Known,
        contact: &ContactResult,
        (digest, of_readings): (Digest, &[Digest]),
        former: Option<&ToldContact>,
    ) -> ToldContact {
        let readings = contact.readings.iter().zip(of_readings);
        let readings = readings.map(|(result, digest)| ToldReading {
            reading: known.number(usize::from(result.reading)),
            revision: result.revision,
            status: result.status,
            digest: *digest,
        });
        ToldContact {
            revision: contact.revision,
            digest,
            readings: readings.collect(),
            counted: known.numbered(Counted::of(contact), former.map(|former| &former.counted)),
        }
    }

    /// Keeps what was told of readings that are not in the configuration, and says which.
    fn keep_others(&mut self, former: ToldContact) -> Vec<u16> {
        let own: Vec<u16> = self.readings.iter().map(|told| told.reading).collect();
        let others = former.readings.into_iter();
        let others: Vec<_> = others.filter(|told| !own.contains(&told.reading)).collect();
        let numbers = others.iter().map(|told| told.reading).collect();
        self.readings.extend(others);
        numbers
    }
}

impl State {
    /// The number of contacts that are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(crate) fn upserts(&self) -> Vec<Upsert> {
        self.held
            .values()
            .map(|upsert| (**upsert).clone())
            .collect()
    }

    /// The contacts, taken out: for a history that is evaluated once.
    #[must_use]
    pub fn into_upserts(self) -> Vec<Upsert> {
        self.held.into_values().map(|upsert| *upsert).collect()
    }

    pub(crate) fn deadlines(&self, out: &mut Deadlines) {
        for (wait, at) in self.deadlines.as_slice() {
            out.add(*wait, *at);
        }
        if let Some(at) = self.let_go_at {
            out.add(Wait::settled(Brings::ALL), at);
        }
    }

    /// Contacts that the cap cut off and that were let go since then count as cut off for good.
    pub(crate) fn keep_cut(&mut self, former: [u64; 5], left: [u64; 5]) {
        let counts = self.let_go.iter_mut().zip(former).zip(left);
        counts.for_each(|((let_go, former), left)| *let_go += former.saturating_sub(left));
        self.left = self.left.min(self.held.len());
    }

    /// Remembers an input, and lets go of the oldest contacts when there are far too many: a
    /// customer with more than are kept would make every event slower for good.
    pub(crate) fn hold(&mut self, settings: &Settings, key: &str, input: CustomerInput) {
        self.hold_all(input);
        let enough = settings.contacts_per_customer_max.max(self.left);
        if self.held.len() > enough.saturating_mul(2).saturating_add(1_000) {
            self.let_go_of_the_oldest(settings, key);
        }
    }

    /// Remembers an input however many there are: for a history, which is evaluated once.
    pub fn hold_all(&mut self, input: CustomerInput) {
        let cause = match input {
            CustomerInput::Upsert(upsert) => self.insert(upsert),
            CustomerInput::Erased { name, version } => {
                self.erase(name, version);
                Cause::Erasure
            }
            CustomerInput::Retract {
                name,
                version,
                moved,
            } => {
                let void = self
                    .held
                    .get(&name)
                    .is_some_and(|held| held.version <= version);
                if void {
                    self.held.remove(&name);
                }
                if moved {
                    Cause::Identity
                } else {
                    Cause::Correction
                }
            }
        };
        self.cause = self.cause.max(cause);
    }

    fn insert(&mut self, upsert: Box<Upsert>) -> Cause {
        let name = upsert.contact.name();
        let Some(held) = self.held.get_mut(&name) else {
            let moved = upsert.moved;
            self.held.insert(name, upsert);
            return if moved {
                Cause::Identity
            } else {
                Cause::LateEvent
            };
        };
        // A handle that loses and regains its owner sends the same version again.
        if held.version > upsert.version {
            return Cause::Time;
        }
        let cause = if held.resolved == upsert.resolved {
            Cause::Correction
        } else {
            Cause::Identity
        };
        *held = upsert;
        cause
    }

    /// Nobody's contacts, those in quarantine, are not one customer's and stay.
    fn let_go_of_the_oldest(&mut self, settings: &Settings, key: &str) {
        let (mut known, _) = split(settings, key, self.upserts(), &self.past);
        known.sort_by(|(a, _), (b, _)| b.order(a));
        for (contact, _) in known
            .iter()
            .skip(settings.contacts_per_customer_max.saturating_add(1))
        {
            self.held.remove(&contact.name());
            self.let_go[contact.channel as usize] += 1;
        }
        self.left = self.held.len();
    }

    pub(crate) fn tell(
        &mut self,
        customers: &Customers,
        key: &str,
        evaluation: Evaluation,
        out: &mut Vec<Output>,
    ) {
        let known = &customers.known;
        let cause = Text::from(std::mem::take(&mut self.cause).name());
        self.due_at = None;
        self.deadlines.clear();
        add_deadlines(&customers.settings, &evaluation, &mut self.deadlines);
        let mut cut = evaluation.cut;
        cut.iter_mut()
            .zip(self.let_go)
            .for_each(|(cut, let_go)| *cut += let_go);
        if cut != self.cut {
            let former = std::mem::replace(&mut self.cut, cut);
            out.push(Output::Cut {
                key: key.into(),
                contacts: cut,
                former,
            });
        }
        let mut digests = Digests::default();
        self.tell_contacts(known, key, &cause, evaluation.contacts, out);
        let headline = known.number(customers.settings.readings.headline);
        if std::mem::replace(&mut self.headline, headline) != headline {
            // What was told of another reading's sessions stays as it is.
            self.sessions.clear();
        }
        self.tell_sessions(key, evaluation.sessions, &mut digests, out);
        if self.sessions.is_empty() {
            self.headline = 0;
        }
        self.tell_alerts(&customers.settings, &cause, evaluation.alerts, out);
    }

    fn tell_contacts(
        &mut self,
        known: &Known,
        key: &str,
        cause: &Text,
        contacts: Vec<ContactResult>,
        out: &mut Vec<Output>,
    ) {
        let mut gone = std::mem::take(&mut self.told);
        let mut digests = Digests::default();
        for mut contact in contacts {
            let name = contact.contact.name();
            let digest = digests.contact(&contact);
            // Whether the customer is known is part of the key under which a contact is told: what
            // readers of its verdicts see as the customer would be stale else.
            let is_known = !contact.customer.is_empty();
            let mut former = gone.remove(&name);
            if let Some(former) = former.take_if(|former| former.counted.is_known != is_known) {
                out.push(Output::ContactGone {
                    key: key.into(),
                    name: name.clone(),
                    former: known.placed(&former.counted),
                });
            }
            let changed = match &former {
                None => Changed {
                    contact: true,
                    readings: !contact.readings.is_empty(),
                    revised: Vec::new(),
                    former: None,
                },
                Some(former) => {
                    let digests = (digest, digests.readings.as_slice());
                    let hidden = self.hidden.get(&name).map_or(&[][..], Vec::as_slice);
                    revise(known, former, hidden, &mut contact, digests, cause)
                }
            };
            let digests = (digest, digests.readings.as_slice());
            let mut told = ToldContact::of(known, &contact, digests, former.as_ref());
            if let Some(former) = former {
                let others = told.keep_others(former);
                if changed.readings {
                    match others.is_empty() {
                        true => self.hidden.remove(&name),
                        false => self.hidden.insert(name.clone(), others),
                    };
                }
            }
            self.told.insert(name, told);
            if changed.contact || changed.readings {
                out.push(Output::Contact(Box::new(contact), changed));
            }
        }
        for (name, former) in gone {
            self.hidden.remove(&name);
            out.push(Output::ContactGone {
                key: key.into(),
                name,
                former: known.placed(&former.counted),
            });
        }
    }

    fn tell_sessions(
        &mut self,
        key: &str,
        sessions: Vec<Session>,
        digests: &mut Digests,
        out: &mut Vec<Output>,
    ) {
        let mut gone = std::mem::take(&mut self.sessions);
        for session in sessions {
            let digest = digests.session(&session);
            let former = gone.remove(&session.first);
            self.sessions.insert(session.first.clone(), digest);
            if former != Some(digest) {
                out.push(Output::Session(Box::new(session)));
            }
        }
        for (first, digest) in gone {
            if self.past.holds(&first) {
                self.sessions.insert(first, digest);
                continue;
            }
            out.push(Output::SessionGone {
                key: key.into(),
                first,
            });
        }
    }

    fn tell_alerts(
        &mut self,
        settings: &Settings,
        cause: &Text,
        alerts: Vec<Alert>,
        out: &mut Vec<Output>,
    ) {
        let mut former_alerts = std::mem::take(&mut self.alerts);
        for mut alert in alerts {
            if let Some(former) = former_alerts.remove(&alert.alert_id) {
                alert.revision = former.revision;
                alert.cause = former.cause.clone();
                alert.status = former.status;
                // One that was withdrawn stands again, even if it says what it said before.
                if alert != former || former.status == AlertStatus::Withdrawn {
                    alert.revision += 1;
                    alert.cause = cause.clone();
                    alert.status = AlertStatus::Revised;
                    let told = Box::new(alert.clone());
                    out.push(Output::Alert(told, Some(former.status)));
                }
            } else {
                out.push(Output::Alert(Box::new(alert.clone()), None));
            }
            self.alerts.insert(alert.alert_id.clone(), alert);
        }
        for (alert_id, mut former) in former_alerts {
            if self.erased.contains(&former.contact) {
                out.push(Output::AlertGone {
                    key: former.customer.clone(),
                    alert: Box::new(former),
                });
                continue;
            }
            // The alerts of a policy that is not in the configuration any more are left alone.
            let is_of = |policy: &Policy| {
                policy.name == former.policy && policy.version == former.policy_version
            };
            let is_left = !settings.policies.iter().any(is_of);
            if former.status != AlertStatus::Withdrawn && !is_left {
                let status = std::mem::replace(&mut former.status, AlertStatus::Withdrawn);
                former.revision += 1;
                former.cause = cause.clone();
                out.push(Output::Alert(Box::new(former.clone()), Some(status)));
            }
            self.alerts.insert(alert_id, former);
        }
        self.erased.clear();
    }
}

/// Gives a contact and its readings their revisions, by their digests; says what changed.
fn revise(
    known: &Known,
    former: &ToldContact,
    hidden: &[u16],
    contact: &mut ContactResult,
    (digest, of_readings): (Digest, &[Digest]),
    cause: &Text,
) -> Changed {
    let mut changed = Changed {
        contact: former.digest != digest,
        readings: false,
        revised: Vec::new(),
        former: Some(known.placed(&former.counted)),
    };
    for (result, digest) in contact.readings.iter_mut().zip(of_readings) {
        let number = known.number(usize::from(result.reading));
        let mut told = former.readings.iter();
        let Some(told) = told.find(|told| told.reading == number) else {
            changed.readings = true;
            continue;
        };
        changed.readings |= hidden.contains(&number);
        result.revision = told.revision;
        let was_final = matches!(told.status, Status::Final | Status::Revised);
        if was_final && result.status == Status::Final {
            result.status = told.status;
        }
        if told.digest != *digest || told.status != result.status {
            result.revision += 1;
            changed.readings = true;
            if was_final && result.status == Status::Final {
                result.status = Status::Revised;
            }
            if result.status == Status::Revised {
                changed.revised.push(result.reading);
            }
        }
    }
    contact.revision = former.revision + u32::from(changed.contact);
    if changed.contact || changed.readings {
        contact.cause = cause.clone();
    }
    changed
}

/// Adds when verdicts become final by time alone.
fn add_deadlines(settings: &Settings, evaluation: &Evaluation, deadlines: &mut Deadlines) {
    let readings = settings.readings.list.len();
    let mut first: Vec<Option<Millis>> = vec![None; readings];
    for result in evaluation.contacts.iter().flat_map(|one| &one.readings) {
        if result.status == Status::Provisional
            && let Some(due_at) = result.due_at
        {
            let first = &mut first[usize::from(result.reading)];
            *first = Some(first.map_or(due_at, |known| known.min(due_at)));
        }
    }
    for (reading, at) in first.into_iter().enumerate() {
        if let Some(at) = at {
            deadlines.add(Wait::settled(settings.followers_of(reading)), at);
        }
    }
}
