//! What of a customer counts in the figures (`docs/semantics.md`, 15): kept of each contact that was
//! told, in few bytes, so that it can be taken back whatever has changed since, the configuration
//! among it.
//!
//! What retention lets go of is dropped here and stays counted.

use crate::chain::{Chain, Link};
use crate::readings::Row;
use crate::tell::State;
use crate::{Customers, Evaluated, Output};
use figures::{Before, Contributions, Difference, Facts, Figures, SessionFacts, Told};
use model::{Contact, ContactName, Session};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a task counts.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    pub(crate) figures: Arc<Figures>,
    /// What was counted by another one counts no more.
    pub(crate) generation: u32,
}

/// What was counted of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CountedCustomer {
    generation: u32,
    contacts: Packed,
    /// Of the sessions that were told, in the order of their first contacts' names.
    sessions: Vec<SessionFacts>,
    /// What contacts that were let go leave behind.
    before: Before,
}

/// Facts of the contacts that were told, in the order of their names, each behind its length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Packed(#[serde(with = "crate::packed::bytes")] Vec<u8>);

impl Packed {
    fn push(&mut self, facts: &[u8]) {
        // Facts are far shorter: a segment is a text of some ten bytes.
        let length = u32::try_from(facts.len()).unwrap_or(0);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(facts);
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let length = u32::from_le_bytes(*length) as usize;
            let (facts, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some(facts)
        })
    }
}

/// The sessions that were told before, by their first contact.
pub(crate) type FormerSessions = BTreeMap<ContactName, SessionFacts>;

impl State {
    /// Counts what has changed of the contacts, and says what was counted of the sessions.
    pub(crate) fn count_contacts(
        &mut self,
        customers: &Customers,
        evaluated: &Evaluated<'_>,
        difference: &mut Difference,
    ) -> FormerSessions {
        let Some(counting) = &customers.counting else {
            self.counted = CountedCustomer::default();
            return FormerSessions::new();
        };
        let mut former = std::mem::take(&mut self.counted);
        if former.generation != counting.generation {
            former = CountedCustomer::default();
        }
        let figures = &counting.figures;
        let told = told(evaluated);
        let facts = figures.facts(&told, &evaluated.sessions, &former.before);
        let names = told.iter().map(|told| told.contact.name());
        let mut now: Vec<(ContactName, Facts)> = names.zip(facts).collect();
        now.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut changes = Changes::new(figures, difference);
        self.counted.generation = counting.generation;
        self.counted.contacts.0.reserve(former.contacts.0.len());
        let mut before = self.told.keys().zip(former.contacts.iter()).peekable();
        for (name, facts) in &now {
            let bytes = facts.encoded();
            self.counted.contacts.push(&bytes);
            while let Some((gone, facts)) = before.next_if(|(gone, _)| *gone < name) {
                changes.change(gone, Some(facts), None);
            }
            let known = before.next_if(|(known, _)| *known == name);
            let known = known.map(|(_, facts)| facts);
            if known != Some(&*bytes) {
                changes.change(name, known, Some(facts));
            }
        }
        for (gone, facts) in before {
            changes.change(gone, Some(facts), None);
        }
        changes.finish(&now);
        self.counted.before = former.before;
        self.sessions.keys().cloned().zip(former.sessions).collect()
    }

    /// Counts what has changed of the sessions, once they are told.
    pub(crate) fn count_sessions(
        &mut self,
        customers: &Customers,
        former: &FormerSessions,
        sessions: &[(ContactName, SessionFacts)],
        mut difference: Difference,
        out: &mut Vec<Output>,
    ) {
        let Some(counting) = &customers.counting else {
            return;
        };
        let figures = &counting.figures;
        let now: BTreeMap<&ContactName, &SessionFacts> =
            sessions.iter().map(|(name, facts)| (name, facts)).collect();
        let kept = self.sessions.keys();
        // One of which the contacts were let go is no longer evaluated.
        let kept = kept.filter_map(|name| {
            let facts = now.get(name).copied().or_else(|| former.get(name));
            facts.map(|facts| (name, facts.clone()))
        });
        let kept: BTreeMap<&ContactName, SessionFacts> = kept.collect();
        let (mut less, mut more) = (Contributions::default(), Contributions::default());
        for (name, facts) in former {
            if kept.get(name) != Some(facts) {
                figures.add_session(facts, &mut less);
            }
        }
        for (name, facts) in &kept {
            if former.get(*name) != Some(facts) {
                figures.add_session(facts, &mut more);
            }
        }
        self.counted.sessions = kept.into_values().collect();
        difference.replace(&less, &more);
        if !difference.is_empty() {
            out.push(Output::Counted(Box::new(difference)));
        }
        self.counted.tidy();
    }

    /// Drops what retention lets go of: it stays counted. The contacts are in order.
    pub(crate) fn let_go_counted(
        &mut self,
        customers: &Customers,
        gone: &BTreeSet<ContactName>,
        in_order: &[Link<'_>],
        spoken_of: &BTreeSet<ContactName>,
    ) {
        let Some(counting) = &customers.counting else {
            return;
        };
        let contacts = std::mem::take(&mut self.counted.contacts);
        let mut facts_of: BTreeMap<&ContactName, Facts> = BTreeMap::new();
        for (name, facts) in self.told.keys().zip(contacts.iter()) {
            if !gone.contains(name) {
                self.counted.contacts.push(facts);
            } else if let Some(facts) = Facts::decode(facts) {
                facts_of.insert(name, facts);
            }
        }
        let in_order = in_order.iter().map(Link::contact);
        let in_order: Vec<(&Contact, Facts)> = in_order
            .filter_map(|contact| Some((contact, facts_of.remove(&contact.name())?)))
            .collect();
        let figures = &counting.figures;
        self.counted.before = match spoken_of.is_empty() {
            true => Before::default(),
            false => figures.before(&self.counted.before, &in_order, spoken_of),
        };
    }

    /// Drops sessions that are over, before they are: they stay counted.
    pub(crate) fn let_go_counted_sessions(&mut self, is_left: impl Fn(&ContactName) -> bool) {
        let sessions = std::mem::take(&mut self.counted.sessions);
        let sessions = self.sessions.keys().zip(sessions);
        let left = sessions.filter(|(name, _)| is_left(name));
        self.counted.sessions = left.map(|(_, facts)| facts).collect();
        self.counted.tidy();
    }

    /// Nothing is left of contacts that were let go.
    pub(crate) fn forget_before(&mut self) {
        self.counted.before = Before::default();
    }
}

impl CountedCustomer {
    /// A customer of whom nothing counts leaves nothing behind.
    fn tidy(&mut self) {
        if self.contacts.0.is_empty() && self.sessions.is_empty() && self.before.is_empty() {
            self.generation = 0;
        }
    }
}

/// What is told of the contacts, those of nobody last.
fn told<'a>(evaluated: &'a Evaluated<'_>) -> Vec<Told<'a>> {
    let Chain {
        links,
        first,
        unknown,
        ..
    } = &evaluated.chain;
    let of = |(link, row): (&'a Link<'_>, &'a Row), is_known| Told {
        contact: link.contact(),
        resolved: link.resolved(),
        is_known,
        roles: &link.roles,
        cost: link.cost,
        names: &row.names,
        readings: &row.readings,
    };
    let rows = &evaluated.rows;
    let known = links.iter().zip(&rows.known).skip(*first);
    let unknown = unknown.iter().zip(&rows.unknown);
    known
        .map(|one| of(one, true))
        .chain(unknown.map(|one| of(one, false)))
        .collect()
}

/// The facts of sessions.
pub(crate) fn of_sessions(
    customers: &Customers,
    sessions: &[Session],
) -> Vec<(ContactName, SessionFacts)> {
    let Some(counting) = &customers.counting else {
        return Vec::new();
    };
    let facts = |session: &Session| counting.figures.session(session);
    let sessions = sessions.iter();
    sessions
        .map(|session| (session.first.clone(), facts(session)))
        .collect()
}

/// Contacts of one customer that count otherwise than before.
struct Changes<'a> {
    figures: &'a Figures,
    difference: &'a mut Difference,
    /// Known contacts that counted otherwise.
    less: Vec<Facts>,
    /// The names of those that count otherwise now.
    names: BTreeSet<ContactName>,
}

impl<'a> Changes<'a> {
    fn new(figures: &'a Figures, difference: &'a mut Difference) -> Changes<'a> {
        Changes {
            figures,
            difference,
            less: Vec::new(),
            names: BTreeSet::new(),
        }
    }

    fn change(&mut self, name: &ContactName, former: Option<&[u8]>, now: Option<&Facts>) {
        let (mut less, mut more) = (Contributions::default(), Contributions::default());
        if let Some(former) = former.and_then(Facts::decode) {
            self.figures.add_facts(name, &former, &mut less);
            self.less.push(former);
        }
        if let Some(now) = now {
            self.figures.add_facts(name, now, &mut more);
        }
        self.difference.replace(&less, &more);
        self.names.insert(name.clone());
    }

    /// Counts the customer anew on each date on which a contact has changed.
    fn finish(self, now: &[(ContactName, Facts)]) {
        if self.names.is_empty() {
            return;
        }
        let changed = now.iter().filter(|(name, _)| self.names.contains(name));
        let changed = changed.filter_map(|(_, facts)| facts.day_of_customer());
        let mut days: BTreeSet<i32> = changed.collect();
        days.extend(self.less.iter().filter_map(Facts::day_of_customer));
        for day in days {
            let is_of_day = |facts: &&Facts| facts.day_of_customer() == Some(day);
            let unchanged = now.iter().filter(|(name, _)| !self.names.contains(name));
            let unchanged = unchanged.map(|(_, facts)| facts).filter(is_of_day);
            let former = self.less.iter().filter(is_of_day).chain(unchanged);
            let mut less = Contributions::default();
            self.figures.add_day(day, former, &mut less);
            let now = now.iter().map(|(_, facts)| facts).filter(is_of_day);
            let mut more = Contributions::default();
            self.figures.add_day(day, now, &mut more);
            self.difference.replace(&less, &more);
        }
    }
}
