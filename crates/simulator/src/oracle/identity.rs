//! Semantics §3.1 and §3.2: whose contact it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::World;
use super::contacts::Contact;
use super::event::Identifier;
use super::registers::Event;

/// A contact and whom it belongs to.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The contact.
    pub contact: Contact,
    /// None: unknown.
    pub customer: Option<String>,
    /// Type of the identifier that decided.
    pub identified_by: Option<String>,
    /// `unique`, `verified` or `seen`.
    pub confidence: Option<&'static str>,
    /// Its handle had several owners, so that none was taken.
    pub has_conflict: bool,
    /// Unknown because too many contacts carry the identifier.
    pub is_quarantined: bool,
}

/// A unique id seen with a handle.
struct Sighting {
    unique: String,
    at: i64,
    is_verified: bool,
}

/// All that was said about the handles, by the handle's text.
#[derive(Default)]
pub struct Handles {
    sightings: BTreeMap<String, Vec<Sighting>>,
    undoings: BTreeMap<String, Vec<(String, i64)>>,
}

/// How many contacts carry an identifier on a local date.
type Carried = BTreeMap<(String, Date), i64>;

type Identifiers = BTreeMap<String, Identifier>;

fn text_of(of_type: &str, identifier: &Identifier) -> String {
    format!("{of_type}:{}", identifier.value)
}

/// Whom a signal about no contact is for, and whether it is one of several.
#[derive(Clone, Debug)]
pub struct Given {
    /// The customer.
    pub customer: String,
    /// The signal.
    pub signal: Event,
    /// One of several copies (§10.2).
    pub is_copy: bool,
}

/// Resolves every contact; `signals` are all signals, with a contact or without. Those without are
/// given to their customers (§10.1).
pub fn resolve(
    contacts: Vec<Contact>,
    signals: &[&Event],
    alone: &[&Event],
    world: &World,
) -> (Vec<Owned>, Vec<Given>) {
    // What has not opened is no contact: it is seen with nobody, and nobody carries too many.
    let opened: Vec<Contact> = contacts
        .iter()
        .filter(|one| one.has_opened)
        .cloned()
        .collect();
    let handles = Handles::of(&opened, signals, world);
    let mut carried = Carried::new();
    for contact in &opened {
        let unique = unique_of(&contact.identifiers, world);
        let handles_of_it = handles_of(&contact.identifiers, world);
        let date = world.local_date(contact.start);
        // Of several unique ids a contact carries the one that it belongs to.
        let handle_texts = handles_of_it.iter().map(|(handle, _)| handle);
        for carried_text in handle_texts.chain(unique.iter().map(|(_, text)| text)) {
            *carried.entry((carried_text.clone(), date)).or_default() += 1;
        }
    }
    let given = alone.iter();
    let given = given.flat_map(|signal| give(signal, &handles, &carried, world));
    let given = given.collect();
    let owned = contacts.into_iter();
    let owned = owned.map(|contact| resolve_one(contact, &handles, &carried, world));
    (owned.collect(), given)
}

/// A signal goes to its unique id, or else to the owner of its first handle: to each of several, and
/// to the handle itself, where there is not one.
fn give(signal: &Event, handles: &Handles, carried: &Carried, world: &World) -> Vec<Given> {
    let record = signal.greatest();
    let at = record.occurred_at;
    let mut customers = Vec::new();
    if let Some((_, unique)) = unique_of(&record.identifiers, world) {
        customers.push(unique);
    } else {
        let stated = |of_type: &&String| record.identifiers.contains_key(*of_type);
        let Some(of_type) = world.config.handles.iter().find(stated) else {
            return Vec::new();
        };
        let handle = text_of(of_type, &record.identifiers[of_type]);
        if is_quarantined(&handle, at, carried, world) {
            return Vec::new();
        }
        let owners = handles.seen_uniques(of_type, &handle, at, world);
        customers.extend(owners.into_iter().cloned());
        if customers.len() != 1 {
            customers.push(handle);
        }
    }
    let is_copy = customers.len() > 1;
    customers.retain(|customer| !is_quarantined(customer, at, carried, world));
    let given = customers.into_iter().map(|customer| Given {
        customer,
        signal: signal.clone(),
        is_copy,
    });
    given.collect()
}

/// The first unique type, in configured order, that is stated: its type and text.
fn unique_of(identifiers: &Identifiers, world: &World) -> Option<(String, String)> {
    world
        .config
        .unique
        .iter()
        .find_map(|of_type| Some((of_type.clone(), text_of(of_type, identifiers.get(of_type)?))))
}

/// All handles that are stated: text, and whether verified.
fn handles_of(identifiers: &Identifiers, world: &World) -> Vec<(String, bool)> {
    let stated = world.config.handles.iter().filter_map(|of_type| {
        let identifier = identifiers.get(of_type)?;
        Some((text_of(of_type, identifier), identifier.verified))
    });
    stated.collect()
}

impl Handles {
    /// What contacts and signals say.
    pub fn of(contacts: &[Contact], signals: &[&Event], world: &World) -> Handles {
        let mut handles = Handles::default();
        // A booking is no contact: it is seen with nobody.
        for contact in contacts.iter().filter(|one| one.has_opened) {
            let Some((_, unique)) = unique_of(&contact.identifiers, world) else {
                continue;
            };
            for (handle, is_verified) in handles_of(&contact.identifiers, world) {
                let sighting = Sighting {
                    unique: unique.clone(),
                    at: contact.start,
                    is_verified,
                };
                handles.sightings.entry(handle).or_default().push(sighting);
            }
        }
        for signal in signals {
            handles.hear(signal, world);
        }
        handles
    }

    /// Every handle that was ever seen with somebody: with whom, and from whom it was untied.
    pub fn owners(&self) -> impl Iterator<Item = (&String, BTreeSet<&String>, BTreeSet<&String>)> {
        self.sightings.iter().map(|(handle, sightings)| {
            let undoings = self.undoings.get(handle).map_or(&[][..], Vec::as_slice);
            let owners = sightings.iter().map(|sighting| &sighting.unique);
            (
                handle,
                owners.collect(),
                undoings.iter().map(|(unique, _)| unique).collect(),
            )
        })
    }

    /// Everybody whose the handle may be for a contact that starts at `start`.
    pub fn seen_uniques(
        &self,
        of_type: &str,
        handle: &str,
        start: i64,
        world: &World,
    ) -> BTreeSet<&String> {
        let seen = self.seen(of_type, handle, start, world);
        seen.into_iter().map(|sighting| &sighting.unique).collect()
    }

    fn hear(&mut self, signal: &Event, world: &World) {
        let record = signal.greatest();
        if !matches!(record.kind.as_str(), "linked" | "unlinked") {
            return;
        }
        let at = record.occurred_at;
        let uniques = world
            .config
            .unique
            .iter()
            .filter_map(|of_type| Some(text_of(of_type, record.identifiers.get(of_type)?)));
        for unique in uniques {
            for (handle, _) in handles_of(&record.identifiers, world) {
                if record.kind == "linked" {
                    let sighting = Sighting {
                        unique: unique.clone(),
                        at,
                        is_verified: true,
                    };
                    self.sightings.entry(handle).or_default().push(sighting);
                } else {
                    self.undoings
                        .entry(handle)
                        .or_default()
                        .push((unique.clone(), at));
                }
            }
        }
    }

    /// The sightings of a handle that count for a contact that starts at `start`.
    fn seen(&self, handle_type: &str, handle: &str, start: i64, world: &World) -> Vec<&Sighting> {
        let earliest = start - world.config.link_life_ms(handle_type);
        let latest = start + world.config.reach_ms;
        let undoings = self.undoings.get(handle).map_or(&[][..], Vec::as_slice);
        let is_undone = |sighting: &Sighting| {
            undoings.iter().any(|(unique, at)| {
                *unique == sighting.unique && *at <= latest && sighting.at <= *at
            })
        };
        let all = self.sightings.get(handle).map_or(&[][..], Vec::as_slice);
        let counts = |sighting: &&Sighting| {
            earliest <= sighting.at && sighting.at <= latest && !is_undone(sighting)
        };
        all.iter().filter(counts).collect()
    }
}

fn resolve_one(contact: Contact, handles: &Handles, carried: &Carried, world: &World) -> Owned {
    let unknown = |contact, is_quarantined| Owned {
        contact,
        customer: None,
        identified_by: None,
        confidence: None,
        has_conflict: false,
        is_quarantined,
    };
    let start = contact.start;
    if let Some((of_type, unique)) = unique_of(&contact.identifiers, world) {
        if is_quarantined(&unique, start, carried, world) {
            return unknown(contact, true);
        }
        return owned(contact, unique, of_type, "unique");
    }
    let stated = |of_type: &&String| contact.identifiers.contains_key(*of_type);
    let Some(of_type) = world.config.handles.iter().find(stated).cloned() else {
        return unknown(contact, false);
    };
    let identifier = &contact.identifiers[&of_type];
    let handle = text_of(&of_type, identifier);
    let seen = handles.seen(&of_type, &handle, start, world);
    let owners: BTreeSet<&String> = seen.iter().map(|sighting| &sighting.unique).collect();
    let is_verified = match owners.len() {
        0 => identifier.verified,
        1 => seen.iter().any(|sighting| sighting.is_verified),
        _ => false,
    };
    let has_conflict = owners.len() > 1;
    let customer = match owners.first() {
        Some(owner) if owners.len() == 1 => (*owner).clone(),
        _ => handle.clone(),
    };
    let too_many = |identifier: &str| is_quarantined(identifier, start, carried, world);
    if too_many(&handle) || too_many(&customer) {
        return unknown(contact, true);
    }
    let confidence = if is_verified { "verified" } else { "seen" };
    Owned {
        has_conflict,
        ..owned(contact, customer, of_type, confidence)
    }
}

fn owned(
    contact: Contact,
    customer: String,
    identified_by: String,
    confidence: &'static str,
) -> Owned {
    Owned {
        contact,
        customer: Some(customer),
        identified_by: Some(identified_by),
        confidence: Some(confidence),
        has_conflict: false,
        is_quarantined: false,
    }
}

/// More than `contacts_per_day_max` contacts carry it on the contact's date or one of 30 before.
fn is_quarantined(identifier: &str, start: i64, carried: &Carried, world: &World) -> bool {
    let most = world.config.contacts_per_day_max;
    let date = world.local_date(start);
    most > 0
        && (0..=30).any(|days| {
            let before = date.saturating_sub(days.days());
            carried
                .get(&(identifier.to_string(), before))
                .is_some_and(|count| *count > most)
        })
}
