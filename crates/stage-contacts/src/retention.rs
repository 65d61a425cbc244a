//! What is let go of: the events of contacts that can neither be added to nor corrected any more.
//!
//! Everything that comes was let in by a clock that is not behind time here, so it happened at most
//! the acceptance before now. Events from before `now - keep_ms` are therefore further away from
//! everything that may still come than a login reaches and than a contact stays open.

use crate::visits::visits_of_device;
use crate::{Contacts, State};
use model::{Channel, ContactName, Millis, Text};
use std::collections::BTreeSet;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The version before the first one of a key. A key that was let go and is heard of again goes on
/// above every version that it ever sent: it took more minutes to be let go of than it had versions.
pub(crate) fn version_before(now: Millis) -> u64 {
    u64::try_from(now.0 / MINUTE_MS).unwrap_or(0)
}

/// Lets go of what is too old, if anything is, and says when to look again.
pub(crate) fn let_go(contacts: &Contacts, state: &mut State, now: Millis) {
    let Some(keep_ms) = contacts.settings.keep_ms else {
        return;
    };
    if !is_device(state) {
        state.let_go_at = last_at(state).map(|last_at| last_at.plus(keep_ms).plus(1));
        // An open contact is looked at when it ends.
        if state.deadline.is_none() && state.let_go_at.is_some_and(|at| at <= now) {
            *state = State::default();
        }
        return;
    }
    let due_at = |state: &State| {
        let first = state.events.iter().map(|(_, event)| event.occurred_at);
        first.min().map(|at| at.plus(keep_ms).plus(DAY_MS))
    };
    state.let_go_at = due_at(state);
    if state.let_go_at.is_none_or(|at| at > now) {
        return;
    }
    let_go_of_visits(contacts, state, now);
    // A visit may go on for longer than a day: once a day is often enough.
    state.let_go_at = due_at(state).map(|at| at.max(now.plus(DAY_MS)));
}

/// Pages of one device are many visits, and there may be more every day.
fn is_device(state: &State) -> bool {
    let first = state.events.first();
    first.is_some_and(|(_, event)| event.channel == Channel::Web && event.contact_id.is_empty())
}

/// The latest thing that is known under a key.
fn last_at(state: &State) -> Option<Millis> {
    let events = state.events.iter().map(|(_, event)| event.occurred_at);
    let signals = state.signals.iter().map(|(_, signal)| signal.occurred_at);
    events.chain(signals).max()
}

fn let_go_of_visits(contacts: &Contacts, state: &mut State, now: Millis) {
    let settings = &contacts.settings;
    let from = now.minus(settings.keep_ms.unwrap_or(i64::MAX));
    let mut old: BTreeSet<(Text, Text)> = BTreeSet::new();
    for visit in visits_of_device(settings, state) {
        let last_at = visit.iter().map(|(newest, _)| newest.occurred_at).max();
        if last_at.is_some_and(|at| at < from) {
            let ids = visit.iter();
            old.extend(ids.map(|(newest, _)| (newest.event_id.clone(), newest.source.clone())));
        }
    }
    if old.is_empty() {
        return;
    }
    let is_old = |id: &(Text, Text)| old.contains(id);
    state.keep_events(|event| !is_old(&(event.event_id.clone(), event.source.clone())));
    if state.events.is_empty() {
        *state = State::default();
        return;
    }
    let left = contacts.contacts(state, now);
    let names: BTreeSet<ContactName> = left.contacts.iter().map(model::Contact::name).collect();
    state.incomplete = left.incomplete;
    state.sent.retain(|name, _| names.contains(name));
}
