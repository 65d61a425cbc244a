//! Erasures: what a customer was known by, and what of a handle is forgotten
//! (`docs/semantics.md`, 11).

use crate::owners::Owners;
use crate::{Handles, State};
use model::{Forget, Known, Text};
use std::collections::BTreeSet;

impl Handles {
    /// Forgets the sightings of contacts that were let go: of those that are kept their contacts
    /// and signals say it themselves. Says whether there was anything.
    pub fn forget(&self, key: &str, state: &mut State, forget: &Forget) -> bool {
        let former = state.past.clone();
        let is_whole = forget.identifiers.contains(key);
        state.past.sightings.retain(|sighting| {
            let is_theirs = is_whole || forget.identifiers.contains(&sighting.owner);
            !is_theirs || sighting.at > forget.at
        });
        if is_whole {
            state.past.heavy_days.clear();
        }
        state.past != former
    }

    /// Adds what is known of the customers that are to be forgotten: whether the handle is theirs
    /// alone, else which of its contacts may be theirs.
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
        for (name, carried) in &state.carried {
            let seen = owners.seen_at(carried.started_at);
            if carried.contact.is_some() && seen.iter().any(|owner| is_theirs(owner)) {
                known.contacts.insert(name.clone());
            }
        }
    }
}
