//! What goes to customers besides contacts: signals about no contact, and video chats that were
//! booked and have not opened. They are told to whom the handle belongs when they happen, and they
//! say nothing of whose it is.

use crate::owners::Owners;
use crate::{Handles, Output, Sent, move_to};
use model::{Carried, ContactName, CustomerInput, Inside, Millis, Signals, Text, Unsent};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of them under a handle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Beside {
    /// What only rules ask of a contact that the handle resolves.
    pub(crate) inside: BTreeMap<ContactName, Inside>,
    unopened: BTreeMap<ContactName, (Carried, Inside)>,
    pub(crate) signals: Signals,
    /// Where the unopened ones were sent.
    sent: BTreeMap<ContactName, Sent>,
    /// To whom the signals were told, and up to which one.
    told: BTreeMap<Text, (u64, Vec<Text>)>,
}

impl Beside {
    /// A contact is carried that has not opened, or no longer; says whether it is to be kept here.
    pub(crate) fn take(&mut self, carried: &Carried, inside: Option<&Inside>) -> bool {
        let name = &carried.name;
        let known = self.unopened.get(name);
        if known.is_some_and(|(known, _)| known.version >= carried.version) {
            return true;
        }
        match inside {
            Some(inside) if inside.is_unopened => {
                let kept = (carried.clone(), inside.clone());
                self.unopened.insert(name.clone(), kept);
                true
            }
            _ => {
                self.unopened.remove(name);
                false
            }
        }
    }

    /// A contact that has not opened is carried no longer, if nothing later was said of it.
    pub(crate) fn drop(&mut self, name: &ContactName, version: u64) -> bool {
        let known = self.unopened.get(name);
        let is_void = known.is_some_and(|(known, _)| known.version <= version);
        if is_void {
            self.unopened.remove(name);
        }
        is_void
    }

    /// Whether a contact is kept here.
    pub(crate) fn holds(&self, name: &ContactName) -> bool {
        self.unopened.contains_key(name)
    }

    /// The video chats that were booked and have not opened.
    pub(crate) fn unopened(&self) -> impl Iterator<Item = &Carried> {
        self.unopened.values().map(|(carried, _)| carried)
    }

    /// When the oldest of it was.
    pub(crate) fn first_at(&self) -> Option<Millis> {
        let unopened = self.unopened.values().map(|(one, _)| one.started_at);
        let signals = self.signals.iter();
        let signals = signals.map(|(_, sent)| sent.told.signal.occurred_at);
        unopened.chain(signals).min()
    }

    /// Lets go of what was before an instant; `is_left` says which contacts are still carried.
    pub(crate) fn cut(&mut self, from: Millis, is_left: impl Fn(&ContactName) -> bool) {
        self.inside.retain(|name, _| is_left(name));
        self.unopened.retain(|_, (one, _)| one.started_at >= from);
        self.signals.cut(from);
        let (unopened, signals) = (&self.unopened, &self.signals);
        self.sent.retain(|name, _| unopened.contains_key(name));
        self.told.retain(|key, _| signals.holds(key));
    }

    /// Forgets what was before an instant, whoever it is about. Says whether there was anything.
    pub(crate) fn forget(&mut self, until: Millis) -> bool {
        let before = self.unopened.len();
        self.unopened.retain(|_, (one, _)| one.started_at >= until);
        self.signals.forget(until) | (before != self.unopened.len())
    }
}

impl Handles {
    /// Tells whoever has to know what has changed of it.
    pub(crate) fn tell_beside(
        &self,
        key: &str,
        beside: &mut Beside,
        (carried, erased): (&BTreeMap<ContactName, Carried>, &BTreeSet<ContactName>),
        owners: &Owners<'_>,
        out: &mut Vec<Output>,
    ) {
        let mut gone = std::mem::take(&mut beside.sent);
        for (name, (one, inside)) in &beside.unopened {
            let (customer, resolved) = self.resolve(key, owners, one);
            // Nobody's appointment is missed by nobody.
            let is_known = matches!(resolved, model::Resolved::Known { .. });
            let Some(contact) = one.contact.as_ref().filter(|_| is_known) else {
                continue;
            };
            let sent = Sent {
                version: one.version,
                customer,
                resolved,
            };
            let former = gone.remove(name);
            if former.as_ref() != Some(&sent) {
                move_to(name, (contact, Some(inside)), former.as_ref(), &sent, out);
            }
            beside.sent.insert(name.clone(), sent);
        }
        for (name, former) in gone {
            // One that has opened is told as a contact; what was said before goes by its version.
            let version = former.version;
            let is_left = beside.unopened.contains_key(&name) || carried.contains_key(&name);
            let retract = if erased.contains(&name) && !is_left {
                CustomerInput::Erased { name, version }
            } else {
                CustomerInput::Retract {
                    moved: is_left,
                    name,
                    version,
                }
            };
            out.push(Output(former.customer, retract));
        }
        self.tell_signals(key, beside, owners, out);
    }

    fn tell_signals(
        &self,
        key: &str,
        beside: &mut Beside,
        owners: &Owners<'_>,
        out: &mut Vec<Output>,
    ) {
        let mut gone = std::mem::take(&mut beside.told);
        for (signal, sent) in beside.signals.iter() {
            let customers = self.customers_of(key, owners, sent.told.signal.occurred_at);
            let is_copy = customers.len() > 1;
            let former = gone.remove(signal);
            let told = (sent.sequence, customers.clone());
            if former.as_ref() != Some(&told) {
                let (_, before) = former.unwrap_or_default();
                for customer in before.iter().filter(|one| !customers.contains(*one)) {
                    out.push(void(customer, signal, sent.sequence, false));
                }
                for customer in &customers {
                    let sent = Box::new(model::Sent {
                        is_copy,
                        ..sent.clone()
                    });
                    let input = CustomerInput::Signal(signal.clone(), sent);
                    out.push(Output(customer.clone(), input));
                }
            }
            beside.told.insert(signal.clone(), told);
        }
        let erased = beside.signals.take_erased();
        for (signal, (sequence, customers)) in gone {
            for customer in &customers {
                let is_erased = erased.contains(&signal);
                out.push(void(customer, &signal, sequence, is_erased));
            }
        }
    }

    /// Whom a signal at an instant is for: the only owner, or, if there is none, the handle itself;
    /// of several owners each of them and the handle, whose contacts may be any of theirs.
    fn customers_of(&self, key: &str, owners: &Owners<'_>, at: Millis) -> Vec<Text> {
        if owners
            .quarantine
            .holds(self.settings.calendar.local_day(at))
        {
            return Vec::new();
        }
        let seen = owners.seen_at(at);
        let mut customers: Vec<Text> = seen.into_iter().cloned().collect();
        if customers.len() != 1 {
            customers.push(key.into());
        }
        customers
    }
}

fn void(customer: &Text, signal: &Text, sequence: u64, is_erased: bool) -> Output {
    let unsent = Unsent {
        sequence,
        is_erased,
    };
    let input = CustomerInput::SignalVoid(signal.clone(), unsent);
    Output(customer.clone(), input)
}
