//! Semantics §11: what an erasure takes out of a set of records, and keeps out of what comes after.

use std::collections::{BTreeMap, BTreeSet};

use super::contacts::Contact;
use super::event::{Identifier, Record};
use super::registers::{self, Event};
use super::{Key, World, contacts_of_key, gather, identity, key_of, mail, visits};

/// A part of the records under a key, which goes or stays as one.
pub struct Part<'a> {
    /// The id of the contact that it is.
    pub contact_id: Option<String>,
    /// Its source.
    pub source: String,
    /// Whom it names.
    pub identifiers: BTreeMap<String, Identifier>,
    /// Its events.
    pub events: Vec<&'a Event>,
    /// Ids of its mails.
    pub mails: Vec<String>,
    /// Places of the parts that have to go before it does; none: it goes for itself.
    pub after: Vec<usize>,
}

/// What was forgotten, each up to an instant.
#[derive(Default)]
pub struct Memory {
    identifiers: BTreeMap<String, i64>,
    whole: BTreeMap<Key, i64>,
    mails: BTreeMap<(Key, String), i64>,
    events: BTreeMap<(Key, bool, String, String), i64>,
}

/// What one erasure is about.
struct Erasure {
    at: i64,
    identifiers: BTreeSet<String>,
    /// Channel, source and id.
    contacts: BTreeSet<(String, String, String)>,
}

fn text_of(of_type: &str, identifier: &Identifier) -> String {
    format!("{of_type}:{}", identifier.value)
}

/// The identifier that speaks for a record or contact: its unique id, else its first handle.
fn speaker(identifiers: &BTreeMap<String, Identifier>, world: &World) -> Option<String> {
    let types = world.config.unique.iter().chain(&world.config.handles);
    let mut stated = types.filter_map(|of_type| Some((of_type, identifiers.get(of_type)?)));
    stated
        .next()
        .map(|(of_type, identifier)| text_of(of_type, identifier))
}

/// Forgets what a record of name `erase` asks for, of all records that are known.
pub fn forget(
    known: Vec<Record>,
    asked: &Record,
    memory: &mut Memory,
    world: &mut World,
) -> Vec<Record> {
    let (events, signals) = gather(known.clone(), &mut super::Counts::default());
    let mut erasure = Erasure {
        at: asked.occurred_at,
        identifiers: asked
            .identifiers
            .iter()
            .map(|(of_type, identifier)| text_of(of_type, identifier))
            .collect(),
        contacts: BTreeSet::new(),
    };
    let mut contacts = Vec::new();
    for (key, events) in &events {
        let events: Vec<&Event> = events.iter().collect();
        contacts.extend(contacts_of_key(key, &events, &[], world));
    }
    let all_signals: Vec<&Event> = signals.values().flatten().collect();
    ask(&mut erasure, &contacts, &all_signals, world);

    let mut gone = Memory::default();
    for (key, events) in &events {
        let events: Vec<&Event> = events.iter().collect();
        go(&mut gone, key, &events, &erasure, world);
    }
    for identifier in &erasure.identifiers {
        let until = memory.identifiers.entry(identifier.clone()).or_default();
        *until = erasure.at.max(*until);
    }
    let has_events: BTreeSet<&Key> = events.keys().collect();
    let stays = |record: &Record| {
        let key = key_of(record);
        let names = |(of_type, identifier): (&String, &Identifier)| {
            erasure.identifiers.contains(&text_of(of_type, identifier))
        };
        if record.occurred_at > erasure.at {
            return true;
        }
        if record.is_signal && key == Key::Nothing {
            return !record.identifiers.iter().any(names);
        }
        if record.is_signal && !has_events.contains(&key) {
            let speaker = speaker(&record.identifiers, world);
            return !speaker.is_some_and(|text| erasure.identifiers.contains(&text));
        }
        !gone.has(record)
    };
    let mut kept: Vec<Record> = known.into_iter().filter(stays).collect();
    for record in kept
        .iter_mut()
        .filter(|record| record.occurred_at <= erasure.at)
    {
        record.identifiers.retain(|of_type, identifier| {
            !erasure.identifiers.contains(&text_of(of_type, identifier))
        });
    }
    memory.add(gone);
    kept
}

/// What the customers were known by.
fn ask(erasure: &mut Erasure, contacts: &[Contact], signals: &[&Event], world: &World) {
    let asked = erasure.identifiers.clone();
    let handles = identity::Handles::of(contacts, signals, world);
    for (handle, owners, untied) in handles.owners() {
        if !owners.iter().any(|owner| asked.contains(*owner)) {
            continue;
        }
        let is_untied = untied.iter().any(|owner| asked.contains(*owner));
        if !is_untied && owners.iter().all(|owner| asked.contains(*owner)) {
            erasure.identifiers.insert(handle.clone());
            continue;
        }
        let of_type = handle.split(':').next().unwrap_or_default();
        for contact in contacts {
            if speaker(&contact.identifiers, world).as_ref() != Some(handle) {
                continue;
            }
            let mut seen = handles
                .seen_uniques(of_type, handle, contact.start, world)
                .into_iter();
            if seen.any(|unique| asked.contains(unique)) {
                let (channel, source) = (contact.channel.clone(), contact.source.clone());
                erasure
                    .contacts
                    .insert((channel, source, contact.contact_id.clone()));
            }
        }
    }
}

/// What goes of the events under a key.
fn go(gone: &mut Memory, key: &Key, events: &[&Event], erasure: &Erasure, world: &mut World) {
    let (parts, channel) = match key {
        Key::Nothing => return,
        Key::Device(device) => {
            if erasure.identifiers.contains(&format!("device:{device}")) {
                gone.whole.insert(key.clone(), erasure.at);
                return;
            }
            let text = format!("device:{device}");
            (visits::parts(&text, events, world), "web".to_string())
        }
        Key::Contact(channel, source, id) if channel == "email" => {
            (mail::parts(source, id, events, world), channel.clone())
        }
        Key::Contact(channel, source, _) => {
            let contacts = contacts_of_key(key, events, &[], world);
            let part = Part {
                contact_id: contacts.first().map(|contact| contact.contact_id.clone()),
                source: source.clone(),
                identifiers: registers::identifiers(events),
                events: events.to_vec(),
                mails: Vec::new(),
                after: Vec::new(),
            };
            (vec![part], channel.clone())
        }
    };
    let goes = |part: &Part| {
        let named = part.contact_id.as_ref().is_some_and(|id| {
            erasure
                .contacts
                .contains(&(channel.clone(), part.source.clone(), id.clone()))
        });
        let speaker = speaker(&part.identifiers, world);
        named || speaker.is_some_and(|text| erasure.identifiers.contains(&text))
    };
    let first: Vec<bool> = parts
        .iter()
        .map(|part| part.after.is_empty() && goes(part))
        .collect();
    let second = parts.iter().enumerate().map(|(place, part)| {
        first[place] || (!part.after.is_empty() && part.after.iter().all(|before| first[*before]))
    });
    let goes: Vec<bool> = second.collect();
    if !goes.contains(&true) {
        return;
    }
    let is_device = matches!(key, Key::Device(_));
    let stays = |(part, goes): (&Part, &bool)| part.contact_id.is_some() && !goes;
    if !is_device && !parts.iter().zip(&goes).any(stays) {
        gone.whole.insert(key.clone(), erasure.at);
        return;
    }
    for (part, _) in parts.iter().zip(&goes).filter(|(_, goes)| **goes) {
        for event in &part.events {
            let (source, id) = (&event.greatest().source, &event.greatest().event_id);
            let name = (key.clone(), false, source.clone(), id.clone());
            gone.events.insert(name, erasure.at);
        }
        for mail in &part.mails {
            gone.mails.insert((key.clone(), mail.clone()), erasure.at);
        }
    }
}

impl Memory {
    /// Whether a record says what was forgotten, by its key alone.
    fn has(&self, record: &Record) -> bool {
        let key = key_of(record);
        let is_before = |until: Option<&i64>| until.is_some_and(|at| record.occurred_at <= *at);
        let contact_id = record.text("contact_id").unwrap_or_default().to_string();
        let name = (
            key.clone(),
            false,
            record.source.clone(),
            record.event_id.clone(),
        );
        is_before(self.whole.get(&key))
            || is_before(self.mails.get(&(key, contact_id)))
            || (!record.is_signal && is_before(self.events.get(&name)))
    }

    fn add(&mut self, other: Memory) {
        let later = |into: &mut i64, at: i64| *into = at.max(*into);
        for (key, at) in other.whole {
            later(self.whole.entry(key).or_insert(at), at);
        }
        for (mail, at) in other.mails {
            later(self.mails.entry(mail).or_insert(at), at);
        }
        for (event, at) in other.events {
            later(self.events.entry(event).or_insert(at), at);
        }
    }

    /// What is left of a record that comes after an erasure; nothing if it says again what was
    /// forgotten.
    pub fn sift(&self, mut record: Record, world: &World) -> Option<Record> {
        if self.has(&record) {
            return None;
        }
        let at = record.occurred_at;
        let is_erased = |text: &String| self.identifiers.get(text).is_some_and(|to| at <= *to);
        let names = |(of_type, identifier): (&String, &Identifier)| {
            is_erased(&text_of(of_type, identifier))
        };
        if !record.identifiers.iter().any(names) {
            return Some(record);
        }
        let is_of_device = match key_of(&record) {
            Key::Nothing => return None,
            Key::Device(device) => is_erased(&format!("device:{device}")),
            Key::Contact(..) => false,
        };
        if is_of_device
            || speaker(&record.identifiers, world)
                .as_ref()
                .is_some_and(is_erased)
        {
            return None;
        }
        record
            .identifiers
            .retain(|of_type, identifier| !is_erased(&text_of(of_type, identifier)));
        Some(record)
    }
}
