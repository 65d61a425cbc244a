//! Erasures: what of a key's events is forgotten, and what comes again in vain
//! (`docs/semantics.md`, 11).

use crate::registers::{Heard, identifiers};
use crate::{Contacts, Settings, State, brings, mails, signals, visits};
use model::{
    Channel, Contact, ContactInput, ContactName, Event, Forget, Forgotten, Identifier, Memory,
    Millis, Now, Signal, Text,
};
use std::collections::BTreeSet;

/// Keys of devices begin like this; behind it stands the device's text.
const DEVICE_KEY_PREFIX: &str = "web//";

/// A part of what was said under a key that goes or stays as one.
pub(crate) struct Piece<'a> {
    /// The contact that it is; `None` if it opens none, or belongs to several.
    pub(crate) name: Option<ContactName>,
    /// Whom it names.
    pub(crate) identifiers: Vec<Identifier>,
    /// Its events.
    pub(crate) heard: Vec<&'a Heard>,
    /// Ids of the mails that it is made of.
    pub(crate) mails: Vec<&'a Text>,
    /// It goes once these pieces have gone, whatever it says itself; empty: it goes for itself.
    pub(crate) after: Vec<usize>,
}

impl Contacts {
    /// Forgets what is to be forgotten of a key. Says what; `None` if nothing was.
    pub fn forget(
        &self,
        key: &str,
        state: &mut State,
        now: &Now,
        forget: &Forget,
    ) -> Option<Vec<Forgotten>> {
        let before = (state.events.len(), state.signals.len());
        let mut parts = if signals::is_own_key(key) {
            state.signals.retain(|(_, signal)| {
                signal.occurred_at > forget.at
                    || !signal.identifiers.iter().any(|named| forget.names(named))
            });
            // What is left is announced anew.
            if state.signals.len() < before.1 {
                state.version = 0;
            }
            Vec::new()
        } else {
            let now = now.settled(brings(state));
            self.forget_contacts(key, state, now, forget)
        };
        let stripped = strip(state, forget);
        let is_same = before == (state.events.len(), state.signals.len());
        if parts.is_empty() && is_same && !stripped {
            return None;
        }
        if !is_same || stripped {
            state.is_erasing = true;
            state.places.clear();
        }
        parts.sort();
        parts.dedup();
        Some(parts)
    }

    fn forget_contacts(
        &self,
        key: &str,
        state: &mut State,
        now: Millis,
        forget: &Forget,
    ) -> Vec<Forgotten> {
        let goes = |identifiers: &[Identifier], name: Option<&ContactName>| {
            let speaks = speaks_for(&self.settings, identifiers, |named| forget.names(named));
            speaks || name.is_some_and(|name| forget.contacts.contains(name))
        };
        let Some((_, first)) = state.events.first() else {
            let speaks = |(_, signal): &(_, Signal)| goes(&signal.identifiers, None);
            state
                .signals
                .retain(|heard| heard.1.occurred_at > forget.at || !speaks(heard));
            return Vec::new();
        };
        let device = key.strip_prefix(DEVICE_KEY_PREFIX);
        let is_device = device.is_some() && first.contact_id.is_empty();
        let is_whole = if is_device {
            device.is_some_and(|device| forget.identifiers.contains(device))
        } else if first.channel == Channel::Email {
            false
        } else {
            let stated = identifiers(state.events.iter());
            let assembled = self.contacts(state, now);
            let booked = assembled.unopened.iter().map(|(contact, _)| contact);
            let contact = assembled.contacts.iter().chain(booked).next();
            goes(&stated, contact.map(Contact::name).as_ref())
        };
        if is_whole {
            return remove_all(state, forget);
        }
        if !is_device && first.channel != Channel::Email {
            return Vec::new();
        }
        let pieces = if is_device {
            visits::pieces(&self.settings, state, now)
        } else {
            mails::pieces(&self.settings, state, now)
        };
        let mut gone: Vec<bool> = pieces
            .iter()
            .map(|piece| piece.after.is_empty() && goes(&piece.identifiers, piece.name.as_ref()))
            .collect();
        for (place, piece) in pieces.iter().enumerate() {
            gone[place] |= !piece.after.is_empty() && piece.after.iter().all(|one| gone[*one]);
        }
        if !gone.contains(&true) {
            return Vec::new();
        }
        let is_left = |(piece, gone): (&Piece, &bool)| !gone && piece.name.is_some();
        if !is_device && !std::iter::zip(&pieces, &gone).any(is_left) {
            return remove_all(state, forget);
        }
        let gone = std::iter::zip(&pieces, &gone).filter(|(_, gone)| **gone);
        remove_some(gone.map(|(piece, _)| piece), forget).apply(state)
    }

    /// Drops what is said again of something that was forgotten, and takes forgotten identifiers
    /// out of what is said of others. Says whether it was dropped.
    pub fn sift(&self, key: &str, input: &mut ContactInput, memory: &impl Memory) -> bool {
        let (at, source, event_id, contact_id, identifiers) = match input {
            ContactInput::Event(_, event) => {
                let Event {
                    occurred_at,
                    source,
                    event_id,
                    contact_id,
                    identifiers,
                    ..
                } = &mut **event;
                (*occurred_at, source, event_id, contact_id, identifiers)
            }
            ContactInput::Signal(_, signal) => {
                let Signal {
                    occurred_at,
                    source,
                    event_id,
                    contact_id,
                    identifiers,
                    ..
                } = &mut **signal;
                (*occurred_at, source, event_id, contact_id, identifiers)
            }
        };
        let parts = [
            Forgotten::Whole,
            Forgotten::Mail(contact_id.clone()),
            Forgotten::Event(source.clone(), event_id.clone()),
        ];
        if parts.iter().any(|part| memory.has_part(key, part, at)) {
            return true;
        }
        let named: Vec<bool> = identifiers
            .iter()
            .map(|one| memory.has_identifier(&one.text(), at))
            .collect();
        if !named.contains(&true) {
            return false;
        }
        if signals::is_own_key(key) {
            return true;
        }
        let erased: BTreeSet<Text> = std::iter::zip(&*identifiers, &named)
            .filter(|(_, named)| **named)
            .map(|(one, _)| one.text())
            .collect();
        let device = key.strip_prefix(DEVICE_KEY_PREFIX);
        let is_of_device = contact_id.is_empty() && device.is_some_and(|one| erased.contains(one));
        let is_named = |one: &Identifier| erased.contains(&one.text());
        if is_of_device || speaks_for(&self.settings, identifiers, is_named) {
            return true;
        }
        identifiers.retain(|one| !is_named(one));
        false
    }
}

/// Whether what states these identifiers belongs to one of those that are named: by its unique id,
/// or, where it states none, by its first handle.
fn speaks_for(
    settings: &Settings,
    identifiers: &[Identifier],
    named: impl Fn(&Identifier) -> bool,
) -> bool {
    let of_kind = |kind: &Text| identifiers.iter().find(|one| one.kind == *kind);
    let mut in_order = settings.unique.iter().chain(settings.handles_in_order());
    in_order.find_map(of_kind).is_some_and(named)
}

/// Removes everything up to the instant. That it was forgotten is remembered even where nothing was
/// known of it yet: what was said before, and comes later, is the customer's all the same.
fn remove_all(state: &mut State, forget: &Forget) -> Vec<Forgotten> {
    state
        .events
        .retain(|(_, event)| event.occurred_at > forget.at);
    state
        .signals
        .retain(|(_, signal)| signal.occurred_at > forget.at);
    vec![Forgotten::Whole]
}

/// What goes of a key of which something stays.
struct Removal {
    at: Millis,
    events: BTreeSet<(Text, Text)>,
    mails: BTreeSet<Text>,
}

fn remove_some<'a>(pieces: impl Iterator<Item = &'a Piece<'a>>, forget: &Forget) -> Removal {
    let mut removal = Removal {
        at: forget.at,
        events: BTreeSet::new(),
        mails: BTreeSet::new(),
    };
    for piece in pieces {
        let ids = piece
            .heard
            .iter()
            .map(|(_, event)| (event.source.clone(), event.event_id.clone()));
        removal.events.extend(ids);
        removal
            .mails
            .extend(piece.mails.iter().map(|id| (*id).clone()));
    }
    removal
}

impl Removal {
    fn apply(self, state: &mut State) -> Vec<Forgotten> {
        let is_event = |event: &Event| {
            let mut events = self.events.iter();
            events.any(|(source, id)| *source == event.source && *id == event.event_id)
        };
        state
            .events
            .retain(|(_, event)| event.occurred_at > self.at || !is_event(event));
        state.signals.retain(|(_, signal)| {
            signal.occurred_at > self.at || !self.mails.contains(&signal.contact_id)
        });
        let events = self.events.into_iter();
        let events = events.map(|(source, id)| Forgotten::Event(source, id));
        events
            .chain(self.mails.into_iter().map(Forgotten::Mail))
            .collect()
    }
}

/// Takes forgotten identifiers out of what stays. Says whether there were any.
fn strip(state: &mut State, forget: &Forget) -> bool {
    let mut found = false;
    let mut take = |at: Millis, identifiers: &mut Vec<Identifier>| {
        if at <= forget.at {
            let before = identifiers.len();
            identifiers.retain(|one| !forget.names(one));
            found |= before != identifiers.len();
        }
    };
    for (_, event) in &mut state.events {
        take(event.occurred_at, &mut event.identifiers);
    }
    for (_, signal) in &mut state.signals {
        take(signal.occurred_at, &mut signal.identifiers);
    }
    found
}
