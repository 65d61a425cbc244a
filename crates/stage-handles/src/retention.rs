//! What is let go of: contacts whose owner can no longer change, and of the sightings that they
//! were, all that later contacts can no longer tell apart.
//!
//! For a contact that starts at or after the cut, two sightings of the same owner before the cut
//! are as good as the later one: whatever window reaches back to the earlier one holds the later
//! one, and whatever undoes the later one undoes the earlier one too.

use crate::{Settings, State};
use model::{Link, Millis, Text};
use rules::Quarantine;
use serde::{Deserialize, Serialize};

/// Two local days and what a clock change adds, in milliseconds: so much is let go of in one go,
/// and a handle is looked at once a day at most.
const TWO_DAYS_MS: i64 = 50 * 3_600_000;

/// What is left of contacts and links that were let go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Past {
    /// Of every owner the latest sighting, and the latest verified one.
    pub(crate) sightings: Vec<PastSighting>,
    /// Local days with too many contacts, ascending.
    pub(crate) heavy_days: Vec<i64>,
}

/// One unique id that was seen with the handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastSighting {
    pub(crate) at: Millis,
    pub(crate) owner: Text,
    pub(crate) verified: bool,
}

/// When the oldest of what is kept may be let go of.
fn due_at(settings: &Settings, key: &str, state: &State) -> Option<Millis> {
    let keep_ms = settings.keep_ms?;
    let life_ms = settings.link_life_ms(kind(key));
    let carried = state.carried.values().map(|carried| carried.started_at);
    let links = state.links.iter().map(|link| link.at);
    let sightings = state.past.sightings.iter();
    let heavy = state.past.heavy_days.first();
    let after = heavy.map(|day| {
        settings
            .calendar
            .day_start(day + Quarantine::DAYS_AFTER + 1)
    });
    let first = carried
        .chain(links)
        .chain(state.beside.first_at())
        .chain(sightings.map(|sighting| sighting.at.plus(life_ms)))
        .chain(after);
    first.min().map(|at| at.plus(keep_ms).plus(TWO_DAYS_MS))
}

/// Lets go of what is too old, if anything is, and says when to look again.
pub(crate) fn let_go(settings: &Settings, key: &str, state: &mut State, now: Millis) {
    state.let_go_at = due_at(settings, key, state);
    if let Some(keep_ms) = settings.keep_ms
        && state.let_go_at.is_some_and(|at| at <= now)
    {
        cut(settings, key, state, now.minus(keep_ms));
        state.let_go_at = due_at(settings, key, state);
    }
}

/// Lets go of what was before the local day of an instant.
fn cut(settings: &Settings, key: &str, state: &mut State, before: Millis) {
    let day = settings.calendar.local_day(before);
    let from = settings.calendar.day_start(day);
    let heavy = crate::owners::quarantine(settings, &state.carried, &state.past);
    let is_near = |heavy: &&i64| (day - Quarantine::DAYS_AFTER..day).contains(*heavy);
    state.past.heavy_days = heavy.heavy_days().iter().filter(is_near).copied().collect();
    let oldest = from.minus(settings.link_life_ms(kind(key)));
    state.past.sightings = latest(sightings_before(state, from, oldest));
    state
        .carried
        .retain(|_, carried| carried.started_at >= from);
    let carried = &state.carried;
    state.sent.retain(|name, _| carried.contains_key(name));
    state.links.retain(|link| link.at >= from);
    let carried = &state.carried;
    state.beside.cut(from, |name| carried.contains_key(name));
}

/// The sightings before an instant that nothing has undone, as far back as they live.
fn sightings_before(state: &State, from: Millis, oldest: Millis) -> Vec<PastSighting> {
    let carried = state.carried.values().filter_map(|carried| {
        Some(PastSighting {
            at: carried.started_at,
            owner: carried.owner.clone()?,
            verified: carried.verified,
        })
    });
    let linked = state.links.iter().filter(|link| link.linked);
    let linked = linked.map(|link| PastSighting {
        at: link.at,
        owner: link.owner.clone(),
        verified: true,
    });
    let unlinks: Vec<&Link> = state
        .links
        .iter()
        .filter(|link| !link.linked && link.at < from)
        .collect();
    let is_left = |sighting: &PastSighting| {
        let mut unlinks = unlinks.iter();
        let is_undone = unlinks.any(|link| link.owner == sighting.owner && sighting.at <= link.at);
        sighting.at < from && sighting.at >= oldest && !is_undone
    };
    let all = state.past.sightings.iter().cloned();
    all.chain(carried).chain(linked).filter(is_left).collect()
}

/// Of every owner the latest, and the latest verified one.
fn latest(mut sightings: Vec<PastSighting>) -> Vec<PastSighting> {
    let rank = |sighting: &PastSighting| (sighting.owner.clone(), sighting.at, sighting.verified);
    sightings.sort_by_key(|sighting| std::cmp::Reverse(rank(sighting)));
    let mut latest: Vec<PastSighting> = Vec::new();
    for sighting in sightings {
        let is_covered = |later: &PastSighting| {
            later.owner == sighting.owner && (later.verified || !sighting.verified)
        };
        if !latest.iter().any(is_covered) {
            latest.push(sighting);
        }
    }
    latest
}

fn kind(key: &str) -> &str {
    key.split_once(':').map_or(key, |(kind, _)| kind)
}
