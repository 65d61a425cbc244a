//! Who was seen with a handle, and when (`docs/semantics.md`, 3.1).

use crate::Settings;
use crate::retention::Past;
use model::{Carried, Confidence, ContactName, Link, Millis, Text};
use rules::Quarantine;
use std::collections::{BTreeMap, BTreeSet};

/// One unique id seen with the handle.
struct Sighting<'a> {
    at: Millis,
    owner: &'a Text,
    verified: bool,
}

/// Everything that decides whose the handle is at an instant.
pub(crate) struct Owners<'a> {
    /// In order of time.
    sightings: Vec<Sighting<'a>>,
    /// Times of the verified ones.
    verified_at: Vec<Millis>,
    unlinks: Vec<&'a Link>,
    one_owner: bool,
    life_ms: i64,
    reach_ms: i64,
    pub(crate) quarantine: Quarantine,
}

/// What was found for one contact.
pub(crate) struct Found {
    pub(crate) owner: Option<Text>,
    pub(crate) confidence: Confidence,
    pub(crate) conflict: bool,
}

impl<'a> Owners<'a> {
    pub(crate) fn of(
        settings: &Settings,
        key: &str,
        carried: &'a BTreeMap<ContactName, Carried>,
        links: &'a [Link],
        past: &'a Past,
    ) -> Owners<'a> {
        let kind = key.split_once(':').map_or(key, |(kind, _)| kind);
        let by_contacts = carried.values().filter_map(|contact| {
            let owner = contact.owner.as_ref()?;
            Some(Sighting {
                at: contact.started_at,
                owner,
                verified: contact.verified,
            })
        });
        let by_links = links
            .iter()
            .filter(|link| link.linked)
            .map(|link| Sighting {
                at: link.at,
                owner: &link.owner,
                verified: true,
            });
        let of_past = past.sightings.iter().map(|sighting| Sighting {
            at: sighting.at,
            owner: &sighting.owner,
            verified: sighting.verified,
        });
        let mut sightings: Vec<Sighting> = by_contacts.chain(by_links).chain(of_past).collect();
        sightings.sort_by_key(|sighting| sighting.at);
        let verified = sightings.iter().filter(|sighting| sighting.verified);
        let verified_at = verified.map(|sighting| sighting.at).collect();
        let one_owner = sightings
            .windows(2)
            .all(|pair| pair[0].owner == pair[1].owner);
        Owners {
            sightings,
            verified_at,
            unlinks: links.iter().filter(|link| !link.linked).collect(),
            one_owner,
            life_ms: settings.link_life_ms(kind),
            reach_ms: settings.reach_ms,
            quarantine: quarantine(settings, carried, past),
        }
    }

    /// The only owner of the handle for a contact that starts at an instant, if there is one.
    pub(crate) fn at(&self, started_at: Millis, own_verified: bool) -> Found {
        let (from, until) = (
            started_at.minus(self.life_ms),
            started_at.plus(self.reach_ms),
        );
        let first = self
            .sightings
            .partition_point(|sighting| sighting.at < from);
        let end = self
            .sightings
            .partition_point(|sighting| sighting.at <= until);
        let inside = &self.sightings[first..end.max(first)];
        if self.one_owner && self.unlinks.is_empty() {
            let owner = inside.first().map(|sighting| sighting.owner);
            let place = self.verified_at.partition_point(|at| *at < from);
            let verified = self.verified_at.get(place).is_some_and(|at| *at <= until);
            return found(owner, verified, own_verified);
        }
        self.among(inside, until, own_verified)
    }

    /// Everybody whose the handle may be for a contact that starts at an instant.
    pub(crate) fn seen_at(&self, started_at: Millis) -> BTreeSet<&'a Text> {
        let (from, until) = (
            started_at.minus(self.life_ms),
            started_at.plus(self.reach_ms),
        );
        let is_undone = |sighting: &Sighting| {
            let mut unlinks = self.unlinks.iter().filter(|unlink| unlink.at <= until);
            unlinks.any(|unlink| unlink.owner == *sighting.owner && sighting.at <= unlink.at)
        };
        self.sightings
            .iter()
            .filter(|sighting| from <= sighting.at && sighting.at <= until && !is_undone(sighting))
            .map(|sighting| sighting.owner)
            .collect()
    }

    fn among(&self, inside: &[Sighting], until: Millis, own_verified: bool) -> Found {
        let mut owner: Option<&Text> = None;
        let mut verified = false;
        let unlinks: Vec<&&Link> = self
            .unlinks
            .iter()
            .filter(|unlink| unlink.at <= until)
            .collect();
        for sighting in inside {
            let undone = unlinks
                .iter()
                .any(|unlink| unlink.owner == *sighting.owner && sighting.at <= unlink.at);
            if undone {
                continue;
            }
            if owner.is_some_and(|known| known != sighting.owner) {
                let confidence = Confidence::Seen;
                return Found {
                    owner: None,
                    confidence,
                    conflict: true,
                };
            }
            owner = Some(sighting.owner);
            verified |= sighting.verified;
        }
        found(owner, verified, own_verified)
    }
}

/// The quarantine of the handle.
pub(crate) fn quarantine(
    settings: &Settings,
    carried: &BTreeMap<ContactName, Carried>,
    past: &Past,
) -> Quarantine {
    if settings.contacts_per_day_max == 0 {
        return Quarantine::default();
    }
    let day = |contact: &Carried| settings.calendar.local_day(contact.started_at);
    let days = carried.values().map(day).collect();
    Quarantine::of(days, settings.contacts_per_day_max).after(&past.heavy_days)
}

fn found(owner: Option<&Text>, verified: bool, own_verified: bool) -> Found {
    let sure = if owner.is_some() {
        verified
    } else {
        own_verified
    };
    let confidence = if sure {
        Confidence::Verified
    } else {
        Confidence::Seen
    };
    Found {
        owner: owner.cloned(),
        confidence,
        conflict: false,
    }
}
