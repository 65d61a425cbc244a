//! What the monitor is told of the entries of journey rules (`docs/semantics.md`, 14): the course of
//! each, and what was told of it before, so that the monitor need not keep entries.
//!
//! What retention lets go of is dropped here and stays counted there.

use crate::{Customers, Output};
use model::{Change, Course, End, Millis, Place, Text};
use rules::journeys::Rule;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// An entry as it is watched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Followed {
    /// Of the entry's id.
    pub(crate) entry: u64,
    /// [`Place::key`] of its segment.
    pub(crate) place: Text,
    pub(crate) course: Course,
}

impl Followed {
    /// An entry of a rule, with the pairs of its segment.
    pub(crate) fn new(
        entry_id: &str,
        rule: &Rule,
        segment: &[Text],
        (entered_at, end): (Millis, End),
    ) -> Followed {
        let first = rule.segment_by.first();
        let first = first.map(|first| format!("{}=", first.name()));
        let is_first = |pair: &&Text| {
            let first = first.as_ref();
            first.is_some_and(|first| pair.starts_with(first.as_str()))
        };
        let watched = segment.iter().find(is_first).cloned().unwrap_or_default();
        let others = segment.iter().filter(|pair| !is_first(pair));
        let others: Vec<&str> = others.map(Text::as_str).collect();
        let place = Place {
            rule: rule.name.clone(),
            version: rule.version,
            segment: watched,
        };
        Followed {
            entry: xxh3_64(entry_id.as_bytes()),
            place: place.key().into(),
            course: Course {
                entered_at,
                within: others.join(",").into(),
                end,
            },
        }
    }
}

/// The hash by which the monitor counts a customer.
pub(crate) fn hash_of(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// What was told of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    /// Its place in [`Courses::places`].
    place: u16,
    entered_at: Millis,
    /// Without the customer, whose state it stands in.
    end: End,
}

/// What was told of a customer's entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Courses {
    /// Keys of segments, and what tells entries apart inside them.
    places: Vec<(Text, Text)>,
    told: BTreeMap<u64, Told>,
}

fn without_customer(end: End) -> End {
    with_customer(end, 0)
}

fn with_customer(end: End, customer: u64) -> End {
    match end {
        End::Broken { at, cost, .. } => End::Broken { at, customer, cost },
        End::Open | End::Over { .. } => end,
    }
}

impl Courses {
    /// Says what has changed since it was told last.
    pub(crate) fn tell(
        &mut self,
        customers: &Customers,
        key: &str,
        now: Vec<Followed>,
        out: &mut Vec<Output>,
    ) {
        if now.is_empty() && self.told.is_empty() {
            return;
        }
        let mut former = std::mem::take(self);
        let customer = hash_of(key);
        for one in now {
            let Followed {
                entry,
                place,
                course,
            } = one;
            let before = former.take(entry, customer);
            if !self.keep(entry, &place, &course) {
                continue;
            }
            let after = Some(course);
            match before {
                Some((former_place, before)) if former_place != place => {
                    say(former_place, Some(before), None, out);
                    say(place, None, after, out);
                }
                Some((_, before)) => say(place, Some(before), after, out),
                None => say(place, None, after, out),
            }
        }
        let left: Vec<u64> = former.told.keys().copied().collect();
        for entry in left {
            if let Some((place, before)) = former.take(entry, customer) {
                let (rule, version) = Place::rule_of_key(&place);
                // Whoever has no such rule any more watches it no longer.
                if customers.known.rules.find(rule, version).is_some() {
                    say(place, Some(before), None, out);
                }
            }
        }
    }

    fn take(&mut self, entry: u64, customer: u64) -> Option<(Text, Course)> {
        let told = self.told.remove(&entry)?;
        let (place, within) = self.places.get(usize::from(told.place))?.clone();
        let course = Course {
            entered_at: told.entered_at,
            within,
            end: with_customer(told.end, customer),
        };
        Some((place, course))
    }

    /// Keeps what is told now. Says whether there is room for one more place.
    fn keep(&mut self, entry: u64, place: &Text, course: &Course) -> bool {
        let is_it = |(known, within): &(Text, Text)| known == place && *within == course.within;
        let found = self.places.iter().position(is_it);
        let found = found.unwrap_or_else(|| {
            self.places.push((place.clone(), course.within.clone()));
            self.places.len() - 1
        });
        let Ok(place) = u16::try_from(found) else {
            self.places.pop();
            return false;
        };
        let told = Told {
            place,
            entered_at: course.entered_at,
            end: without_customer(course.end),
        };
        self.told.insert(entry, told);
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Drops all entries but these.
    pub(crate) fn keep_only(&mut self, seen: &BTreeSet<u64>) {
        let former = std::mem::take(self);
        for (entry, told) in former.told {
            let place = former.places.get(usize::from(told.place));
            if let Some((place, within)) = place.filter(|_| seen.contains(&entry)) {
                let course = Course {
                    entered_at: told.entered_at,
                    within: within.clone(),
                    end: told.end,
                };
                self.keep(entry, place, &course);
            }
        }
    }
}

fn say(place: Text, before: Option<Course>, after: Option<Course>, out: &mut Vec<Output>) {
    if before != after {
        out.push(Output::Course(place, Box::new(Change { before, after })));
    }
}
