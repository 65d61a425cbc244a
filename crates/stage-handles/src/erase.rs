//! Erasures: what a customer was known by, and what of a handle is forgotten
//! (`docs/semantics.md`, 11).

use crate::owners::Owners;
use crate::{Handles, State};
use model::{Forget, Known, Millis, Text};
use std::collections::BTreeSet;

impl Handles {
    /// Forgets what the contacts stage does not say itself: sightings of contacts that were let go,
    /// and what it may have let go of, from before an instant. Says whether there was anything.
    pub fn forget(&self, key: &str, state: &mut State, let_go: Millis, forget: &Forget) -> bool {
        let before = (state.past.clone(), state.carried.len(), state.links.len());
        let is_whole = forget.identifiers.contains(key);
        let is_theirs = |owner: &Text| is_whole || forget.identifiers.contains(owner);
        let past = &mut state.past;
        past.sightings
            .retain(|one| one.at > forget.at || !is_theirs(&one.owner));
        if is_whole {
            past.heavy_days.clear();
        }
        let until = forget.at.min(let_go);
        let gone = state.carried.values().filter(|carried| {
            let is_owned = carried.owner.as_ref().is_some_and(&is_theirs);
            carried.started_at < until && (is_whole || is_owned)
        });
        let gone: Vec<_> = gone.map(|carried| carried.name.clone()).collect();
        for name in gone {
            state.carried.remove(&name);
            state.beside.inside.remove(&name);
            state.erased.insert(name);
        }
        let beside = is_whole && state.beside.forget(until);
        state
            .links
            .retain(|link| link.at >= until || !is_theirs(&link.owner));
        beside || before != (state.past.clone(), state.carried.len(), state.links.len())
    }

    /// Adds what is known of the customers that are to be forgotten: whether the handle is theirs
    /// alone, else which of its contacts and bookings may be theirs.
    pub fn ask(&self, key: &str, state: &State, forget: &Forget, known: &mut Known) {
        let linked = state.links.iter().filter(|link| link.linked);
        let owners: BTreeSet<&Text> = state
            .carried
            .values()
            .filter_map(|carried| carried.owner.as_ref())
            .chain(linked.map(|link| &link.owner))
            .chain(state.past.sightings.iter().map(|sighting| &sighting.owner))
            .collect();
        let is_theirs = |owner: &Text| forget.identifiers.contains(owner);
        if !owners.iter().any(|owner| is_theirs(owner)) {
            return;
        }
        let mut unlinks = state.links.iter().filter(|link| !link.linked);
        let is_untied = unlinks.any(|link| is_theirs(&link.owner));
        if !is_untied && owners.iter().all(|owner| is_theirs(owner)) {
            known.handles.insert(key.into());
            return;
        }
        let owners = Owners::of(
            &self.settings,
            key,
            &state.carried,
            &state.links,
            &state.past,
        );
        for carried in state.carried.values().chain(state.beside.unopened()) {
            let seen = owners.seen_at(carried.started_at);
            if carried.contact.is_some() && seen.iter().any(|owner| is_theirs(owner)) {
                known.contacts.insert(carried.name.clone());
            }
        }
    }
}
