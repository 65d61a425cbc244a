//! Erasures: of a contact, and of a customer, nothing is left (`docs/semantics.md`, 11).

use crate::raised;
use crate::retention::Past;
use crate::{Customers, Output, State};
use model::{Contact, ContactName, Forget, Journey, Millis, Now, Stage};

impl State {
    /// The contact was erased, if nothing later was said of it.
    pub(crate) fn erase(&mut self, name: ContactName, version: u64) {
        let held = self.held.get(&name);
        if held.is_some_and(|held| held.version <= version) {
            self.held.remove(&name);
            self.beside.inside.remove(&name);
            self.erased.insert(name);
        } else if self.beside.unbook(&name, version) {
            self.erased.insert(name);
        }
    }
}

impl Customers {
    /// Whatever is left of a customer that was forgotten, once all its contacts have been that the
    /// contacts stage still knew: contacts that it has let go of, which were over before an
    /// instant, alerts that were withdrawn before, and what was counted of contacts that were let
    /// go here. Contacts of others lose the identifiers. Says whether there was anything.
    pub fn forget(
        &self,
        key: &str,
        state: &mut State,
        (now, let_go): (&Now, Millis),
        forget: &Forget,
        out: &mut Vec<Output>,
    ) -> bool {
        let until = forget.at.min(let_go);
        let is_over = |contact: &Contact| contact.started_at.max(contact.ended_at) < until;
        if !forget.identifiers.contains(key) {
            return strip(state, forget, is_over);
        }
        let over = state.held.values().map(|held| &held.contact);
        let over = over.filter(|contact| is_over(contact)).map(Contact::name);
        let over: Vec<ContactName> = over.collect();
        for name in over {
            state.erase(name, u64::MAX);
        }
        let beside = &mut state.beside;
        let booked = beside.unopened.iter();
        let booked = booked.filter(|(_, (upsert, _))| is_over(&upsert.contact));
        let booked: Vec<ContactName> = booked.map(|(name, _)| name.clone()).collect();
        for name in booked {
            state.erase(name, u64::MAX);
        }
        state.beside.signals.forget(until);
        state.past = Past::default();
        state.forget_before();
        self.settle(key, state, now, out);
        raised::clear(&mut state.alerts, |one| one.event_at <= forget.at, out);
        let is_of_it = |one: &Journey| one.entered_at <= forget.at;
        raised::clear(&mut state.beside.journeys, is_of_it, out);
        if state.held.is_empty() {
            state.let_go = [0; 5];
            state.left = 0;
        }
        true
    }
}

/// Takes forgotten identifiers out of old contacts of others. Says whether there were any.
fn strip(state: &mut State, forget: &Forget, is_over: impl Fn(&Contact) -> bool) -> bool {
    let mut found = false;
    for held in state.held.values_mut() {
        let identifiers = &held.contact.identifiers;
        if is_over(&held.contact) && identifiers.iter().any(|one| forget.names(one)) {
            found = true;
            held.contact.identifiers.retain(|one| !forget.names(one));
        }
    }
    found
}
