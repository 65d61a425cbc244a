//! What is held of a customer besides contacts, for journey rules alone, and the broken journeys
//! that were told.

use model::{ContactName, EnteredBy, Inside, Journey, Millis, Signals, Text, Upsert};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A video chat that was booked and has not opened.
pub(crate) type Unopened = (Box<Upsert>, Inside);

/// What only rules ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Beside {
    /// Of contacts that are held.
    pub(crate) inside: BTreeMap<ContactName, Inside>,
    pub(crate) unopened: BTreeMap<ContactName, Unopened>,
    pub(crate) signals: Signals,
    /// Entries that were told, withdrawn ones included, by their ids.
    pub(crate) journeys: BTreeMap<Text, Journey>,
}

impl Beside {
    pub(crate) fn is_empty(&self) -> bool {
        self.inside.is_empty()
            && self.unopened.is_empty()
            && self.signals.is_empty()
            && self.journeys.is_empty()
    }

    /// A video chat has not opened after all, or not yet. Says whether it is new; `None`: a later
    /// word on it is known.
    pub(crate) fn book(&mut self, upsert: Box<Upsert>, inside: Inside) -> Option<bool> {
        let name = upsert.contact.name();
        let known = self.unopened.get(&name);
        if known.is_some_and(|(known, _)| known.version > upsert.version) {
            return None;
        }
        self.inside.remove(&name);
        Some(self.unopened.insert(name, (upsert, inside)).is_none())
    }

    /// What was said of it up to a version is void. Says whether there was such a one.
    pub(crate) fn unbook(&mut self, name: &ContactName, version: u64) -> bool {
        let known = self.unopened.get(name);
        let is_void = known.is_some_and(|(known, _)| known.version <= version);
        if is_void {
            self.unopened.remove(name);
        }
        is_void
    }

    /// When each signal and each video chat that has not opened was, and the last instant that
    /// rules measure from.
    pub(crate) fn times(&self) -> impl Iterator<Item = (Millis, Millis)> {
        let signals = self.signals.iter().map(|(_, sent)| {
            let signal = &sent.told.signal;
            (signal.occurred_at, signal.due_at)
        });
        let unopened = self.unopened.values();
        let unopened = unopened.map(|(upsert, inside)| {
            let contact = &upsert.contact;
            let last = inside.kept.last().map(|kept| kept.at);
            (contact.started_at, contact.due_at.max(last))
        });
        signals
            .chain(unopened)
            .map(|(at, last)| (at, last.map_or(at, |last| last.max(at))))
    }

    /// Lets go of all that began before an instant.
    pub(crate) fn cut(&mut self, from: Millis, is_held: impl Fn(&ContactName) -> bool) {
        self.inside.retain(|name, _| is_held(name));
        self.unopened
            .retain(|_, (upsert, _)| upsert.contact.started_at >= from);
        self.signals.cut(from);
        self.journeys
            .retain(|_, journey| journey.entered_at >= from);
    }

    /// Whether what a journey began with is still held.
    pub(crate) fn is_begun_by(
        &self,
        entered_by: &EnteredBy,
        is_held: impl Fn(&ContactName) -> bool,
    ) -> bool {
        match entered_by {
            EnteredBy::Contact(name) => is_held(name) || self.unopened.contains_key(name),
            EnteredBy::Signal(key) => self.signals.holds(key),
        }
    }
}
