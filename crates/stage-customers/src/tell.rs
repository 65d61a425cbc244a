//! What is held of a customer, what was told of him, and what has to be told now.

use crate::beside::Beside;
use crate::chain::{Held, Link, split};
use crate::counting::{self, CountedCustomer};
use crate::digest::{Digest, Digests};
use crate::known::Known;
use crate::raised::{self, Fate};
use crate::readings::Row;
use crate::retention::Past;
use crate::{Changed, Counted, Customers, Evaluated, Output, Settings};
use figures::Difference;
use model::{
    Alert, Brings, ContactName, ContactResult, CustomerInput, Deadlines, EnteredBy, Inside,
    Journey, Millis, Now, ReadingResult, Session, Status, Text, Upsert, Wait,
};
use rules::Policy;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "crate::packed::held")]
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
    /// What only journey rules ask for.
    pub(crate) beside: Beside,
    /// What counts in the figures.
    pub(crate) counted: CountedCustomer,
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
    #[serde(with = "crate::packed::readings")]
    readings: Vec<ToldReading>,
    /// By the readings' numbers.
    counted: Counted,
}

/// What was told of a contact in a reading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToldReading {
    /// The reading's number.
    pub(crate) reading: u16,
    pub(crate) revision: u32,
    pub(crate) status: Status,
    /// Of everything but the revision and the status.
    pub(crate) digest: Digest,
}

impl ToldContact {
    /// A contact that is told for the first time, with the digests that were made of it last.
    fn of(known: &Known, contact: &ContactResult, digest: Digest, of_readings: &[Digest]) -> Self {
        let mut told = ToldContact {
            revision: contact.revision,
            digest,
            readings: Vec::new(),
            counted: known.numbered(Counted::of(contact), None),
        };
        told.note(known, &contact.readings, of_readings);
        told
    }

    /// Takes note of what is told of a contact now, by its digests, and gives its readings their
    /// revisions. Says whether the contact and its readings have changed, and the places of the
    /// readings in which a final verdict has.
    fn revise(
        &mut self,
        known: &Known,
        hidden: &[u16],
        (digest, of_readings): (Digest, &[Digest]),
        readings: &mut [ReadingResult],
    ) -> (bool, bool, Vec<u16>) {
        let contact = self.digest != digest;
        self.digest = digest;
        self.revision += u32::from(contact);
        let (mut changed, mut revised) = (false, Vec::new());
        for (place, (result, digest)) in readings.iter_mut().zip(of_readings).enumerate() {
            let number = known.number(usize::from(result.reading));
            // The readings of a contact are the same ones in the same order, as long as the
            // configuration is.
            let same_place = self.readings.get(place);
            let told = same_place.filter(|told| told.reading == number);
            let mut anywhere = self.readings.iter();
            let told = told.or_else(|| anywhere.find(|told| told.reading == number));
            let Some(told) = told else {
                changed = true;
                continue;
            };
            changed |= hidden.contains(&number);
            result.revision = told.revision;
            let was_final = matches!(told.status, Status::Final | Status::Revised);
            if was_final && result.status == Status::Final {
                result.status = told.status;
            }
            if told.digest != *digest || told.status != result.status {
                result.revision += 1;
                changed = true;
                if was_final && result.status == Status::Final {
                    result.status = Status::Revised;
                }
                if result.status == Status::Revised {
                    revised.push(result.reading);
                }
            }
        }
        (contact, changed, revised)
    }

    /// Keeps what is told of these readings, and what was told of readings that are not in the
    /// configuration: says which those are.
    fn note(
        &mut self,
        known: &Known,
        readings: &[ReadingResult],
        of_readings: &[Digest],
    ) -> Vec<u16> {
        let readings = readings.iter().zip(of_readings);
        let told = readings.map(|(result, digest)| ToldReading {
            reading: known.number(usize::from(result.reading)),
            revision: result.revision,
            status: result.status,
            digest: *digest,
        });
        let former = std::mem::replace(&mut self.readings, told.collect());
        let own = self.readings.len();
        for told in former {
            if self.readings[..own]
                .iter()
                .all(|own| own.reading != told.reading)
            {
                self.readings.push(told);
            }
        }
        self.readings[own..]
            .iter()
            .map(|told| told.reading)
            .collect()
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

    /// The contacts, where they are held.
    pub(crate) fn held(&self) -> Vec<Held<'_>> {
        same(&self.held)
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
            CustomerInput::Upsert(upsert) => self.insert(upsert, None),
            CustomerInput::UpsertWith(upsert, inside) => self.insert(upsert, Some(*inside)),
            CustomerInput::Signal(key, sent) => match self.beside.signals.hear(key, *sent) {
                Some(true) => Cause::LateEvent,
                Some(false) => Cause::Correction,
                None => Cause::Time,
            },
            CustomerInput::SignalVoid(key, unsent) => {
                self.beside.signals.unhear(key, &unsent);
                match unsent.is_erased {
                    true => Cause::Erasure,
                    false => Cause::Correction,
                }
            }
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
                    self.beside.inside.remove(&name);
                }
                self.beside.unbook(&name, version);
                if moved {
                    Cause::Identity
                } else {
                    Cause::Correction
                }
            }
        };
        self.cause = self.cause.max(cause);
    }

    fn insert(&mut self, upsert: Box<Upsert>, inside: Option<Inside>) -> Cause {
        let name = upsert.contact.name();
        match inside {
            Some(inside) if inside.is_unopened => return self.book(&name, upsert, inside),
            _ if self
                .held
                .get(&name)
                .is_some_and(|held| held.version > upsert.version) =>
            {
                return Cause::Time;
            }
            Some(inside) => self.beside.inside.insert(name.clone(), inside),
            None => self.beside.inside.remove(&name),
        };
        let known = self.beside.unopened.get(&name);
        if known.is_some_and(|(known, _)| known.version > upsert.version) {
            self.beside.inside.remove(&name);
            return Cause::Time;
        }
        self.beside.unopened.remove(&name);
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
        let cause = if held.resolved == upsert.resolved {
            Cause::Correction
        } else {
            Cause::Identity
        };
        *held = upsert;
        cause
    }

    /// A video chat has not opened, after all or yet.
    fn book(&mut self, name: &ContactName, upsert: Box<Upsert>, inside: Inside) -> Cause {
        let held = self.held.get(name);
        if held.is_some_and(|held| held.version > upsert.version) {
            return Cause::Time;
        }
        let moved = upsert.moved;
        match self.beside.book(upsert, inside) {
            None => return Cause::Time,
            Some(is_new) => {
                if self.held.remove(name).is_none() && is_new {
                    return if moved {
                        Cause::Identity
                    } else {
                        Cause::LateEvent
                    };
                }
            }
        }
        Cause::Correction
    }

    /// Nobody's contacts, those in quarantine, are not one customer's and stay.
    fn let_go_of_the_oldest(&mut self, settings: &Settings, key: &str) {
        let (mut known, _) = split(settings, key, self.held(), &self.past);
        known.sort_by(|a, b| b.contact.order(&a.contact));
        let kept = settings.contacts_per_customer_max.saturating_add(1);
        let too_many = known.iter().skip(kept).map(|held| held.contact.name());
        let too_many: Vec<ContactName> = too_many.collect();
        for name in too_many {
            self.held.remove(&name);
            self.beside.inside.remove(&name);
            self.let_go[name.channel as usize] += 1;
        }
        self.left = self.held.len();
    }

    /// Says what has changed since the last time.
    pub(crate) fn settle(
        &mut self,
        customers: &Customers,
        key: &str,
        now: &Now,
        out: &mut Vec<Output>,
    ) {
        // Taken out, so that what is held can be looked at while what was told changes.
        let held = std::mem::take(&mut self.held);
        let beside = std::mem::take(&mut self.beside);
        let evaluated = customers.evaluated(key, same(&held), (&self.past, &beside), now);
        self.beside = beside;
        self.tell(customers, key, evaluated, out);
        self.held = held;
    }

    fn tell(
        &mut self,
        customers: &Customers,
        key: &str,
        evaluated: Evaluated<'_>,
        out: &mut Vec<Output>,
    ) {
        let (known, settings) = (&customers.known, &customers.settings);
        let mut difference = Difference::default();
        let former = self.count_contacts(customers, &evaluated, &mut difference);
        let of_sessions = counting::of_sessions(customers, &evaluated.sessions);
        let cause = Text::from(std::mem::take(&mut self.cause).name());
        let mut cut = evaluated.chain.cut;
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
        let mut first_due = FirstDue(vec![None; settings.readings.list.len()]);
        let mut names = Vec::with_capacity(evaluated.rows.known.len());
        for (link, row, customer, capped) in evaluated.chain.with_rows(key, evaluated.rows) {
            first_due.hear(&row.readings);
            names.push(link.contact().name());
            let contact = (link, row, customer, capped);
            self.tell_contact(known, (key, &cause), contact, &mut digests, out);
        }
        self.deadlines.clear();
        first_due.add_to(settings, &mut self.deadlines);
        for (wait, at) in evaluated.journeys.deadlines.as_slice() {
            self.deadlines.add(*wait, *at);
        }
        self.tell_gone(known, key, names, out);
        let headline = known.number(settings.readings.headline);
        if std::mem::replace(&mut self.headline, headline) != headline {
            // What was told of another reading's sessions stays as it is.
            self.sessions.clear();
        }
        self.tell_sessions(key, evaluated.sessions, &mut digests, out);
        if self.sessions.is_empty() {
            self.headline = 0;
        }
        self.count_sessions(customers, &former, &of_sessions, difference, out);
        self.tell_alerts(settings, &cause, evaluated.alerts, out);
        self.tell_journeys(known, &cause, evaluated.journeys.broken, out);
        self.erased.clear();
        self.beside.signals.take_erased();
    }

    fn tell_contact(
        &mut self,
        known: &Known,
        (key, cause): (&str, &Text),
        (link, mut row, customer, capped): (Link<'_>, Row, &str, bool),
        digests: &mut Digests,
        out: &mut Vec<Output>,
    ) {
        let name = link.contact().name();
        let digest = digests.contact(&link, &row, customer, capped);
        let of_readings = digests.readings.as_slice();
        // Whether the customer is known is part of the key under which a contact is told: what
        // readers of its verdicts see as the customer would be stale else.
        let is_other = |told: &ToldContact| told.counted.is_known == customer.is_empty();
        if self.told.get(&name).is_some_and(is_other)
            && let Some(former) = self.told.remove(&name)
        {
            out.push(Output::ContactGone {
                key: key.into(),
                name: name.clone(),
                former: known.placed(&former.counted),
            });
        }
        let Some(told) = self.told.get_mut(&name) else {
            let contact = link.into_result(row, customer, capped);
            let told = ToldContact::of(known, &contact, digest, of_readings);
            self.told.insert(name, told);
            let changed = Changed {
                contact: true,
                readings: !contact.readings.is_empty(),
                revised: Vec::new(),
                former: None,
            };
            out.push(Output::Contact(Box::new(contact), changed));
            return;
        };
        let hidden = self.hidden.get(&name).map_or(&[][..], Vec::as_slice);
        let (contact, readings, revised) =
            told.revise(known, hidden, (digest, of_readings), &mut row.readings);
        if !contact && !readings {
            return;
        }
        let others = told.note(known, &row.readings, of_readings);
        let mut result = link.into_result(row, customer, capped);
        result.revision = told.revision;
        result.cause = cause.clone();
        let counted = known.numbered(Counted::of(&result), Some(&told.counted));
        let former = std::mem::replace(&mut told.counted, counted);
        if readings {
            match others.is_empty() {
                true => self.hidden.remove(&name),
                false => self.hidden.insert(name, others),
            };
        }
        let changed = Changed {
            contact,
            readings,
            revised,
            former: Some(known.placed(&former)),
        };
        out.push(Output::Contact(Box::new(result), changed));
    }

    /// Says which contacts are no longer this customer's: those that were told and are not among
    /// the names.
    fn tell_gone(
        &mut self,
        known: &Known,
        key: &str,
        mut names: Vec<ContactName>,
        out: &mut Vec<Output>,
    ) {
        // All of them were told, so that there are no others if there are not more.
        if self.told.len() == names.len() {
            return;
        }
        names.sort_unstable();
        let is_there = |name: &ContactName| names.binary_search(name).is_ok();
        for (name, former) in self.told.extract_if(.., |name, _| !is_there(name)) {
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
        let mut firsts = Vec::with_capacity(sessions.len());
        for session in sessions {
            let digest = digests.session(&session);
            firsts.push(session.first.clone());
            let former = self.sessions.get_mut(&session.first);
            if former.as_deref() == Some(&digest) {
                continue;
            }
            match former {
                Some(former) => *former = digest,
                None => {
                    self.sessions.insert(session.first.clone(), digest);
                }
            }
            out.push(Output::Session(Box::new(session)));
        }
        if self.sessions.len() == firsts.len() {
            return;
        }
        firsts.sort_unstable();
        let past = &self.past;
        let is_left =
            |first: &ContactName| firsts.binary_search(first).is_ok() || past.holds(first);
        let gone = self.sessions.extract_if(.., |first, _| !is_left(first));
        for (first, _) in gone {
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
        let erased = &self.erased;
        let fate = |former: &Alert| {
            let is_of = |policy: &Policy| {
                policy.name == former.policy && policy.version == former.policy_version
            };
            if erased.contains(&former.contact) {
                Fate::Erased
            } else if settings.policies.iter().any(is_of) {
                Fate::Withdrawn
            } else {
                Fate::Left
            }
        };
        raised::tell(&mut self.alerts, alerts, cause, fate, out);
    }

    fn tell_journeys(
        &mut self,
        known: &Known,
        cause: &Text,
        broken: Vec<Journey>,
        out: &mut Vec<Output>,
    ) {
        let (erased, beside) = (&self.erased, &mut self.beside);
        let signals = &beside.signals;
        let fate = |former: &Journey| {
            let is_erased = match &former.entered_by {
                EnteredBy::Contact(name) => erased.contains(name),
                EnteredBy::Signal(key) => signals.is_erased(key),
            };
            if is_erased {
                Fate::Erased
            } else if known.rules.find(&former.rule, former.version).is_some() {
                Fate::Withdrawn
            } else {
                Fate::Left
            }
        };
        raised::tell(&mut beside.journeys, broken, cause, fate, out);
    }
}

/// Contacts as they are held.
fn same(held: &BTreeMap<ContactName, Box<Upsert>>) -> Vec<Held<'_>> {
    held.values().map(|upsert| Held::Same(upsert)).collect()
}

/// The first instant, for each reading by its place in the list, at which a verdict becomes final by
/// time alone.
struct FirstDue(Vec<Option<Millis>>);

impl FirstDue {
    fn hear(&mut self, readings: &[ReadingResult]) {
        for result in readings {
            if result.status == Status::Provisional
                && let Some(due_at) = result.due_at
            {
                let first = &mut self.0[usize::from(result.reading)];
                *first = Some(first.map_or(due_at, |known| known.min(due_at)));
            }
        }
    }

    fn add_to(self, settings: &Settings, deadlines: &mut Deadlines) {
        for (reading, at) in self.0.into_iter().enumerate() {
            if let Some(at) = at {
                deadlines.add(Wait::settled(settings.followers_of(reading)), at);
            }
        }
    }
}
