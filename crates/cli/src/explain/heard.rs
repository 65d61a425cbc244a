//! What was said, and of which contact.

use super::Found;
use crate::args::ProgressWhen;
use crate::intake::{Arrival, Inputs, Take};
use crate::story::Heard;
use anyhow::Result;
use model::{Channel, ContactInput, ContactResult, Event, Text};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use worker::Counts;

/// Gathers records that a test picks.
struct Picking<'a, F> {
    wanted: &'a F,
    picked: Vec<Heard>,
    all: &'a Mutex<Vec<Heard>>,
}

impl<F: Fn(&ContactInput) -> bool> Take for Picking<'_, F> {
    fn take(&mut self, _key: Text, input: ContactInput, arrival: Arrival<'_>) -> Result<()> {
        if (self.wanted)(&input) {
            let Arrival { file, line, .. } = arrival;
            self.picked.push(Heard { input, file, line });
        }
        Ok(())
    }

    fn finish(mut self, _counts: &Counts) -> Result<()> {
        let mut all = self.all.lock().expect("no thread panics with it");
        all.append(&mut self.picked);
        Ok(())
    }
}

/// Reads the inputs and keeps what is wanted, in order of time, then of version, then of place.
pub(super) fn heard(
    inputs: &Inputs,
    wanted: impl Fn(&ContactInput) -> bool + Sync,
) -> Result<Vec<Heard>> {
    let all = Mutex::new(Vec::new());
    let (_, shown) = inputs.read(ProgressWhen::Never, || Picking {
        wanted: &wanted,
        picked: Vec::new(),
        all: &all,
    })?;
    shown.finish();
    let mut all = all.into_inner().expect("no thread panics with it");
    all.sort_by_cached_key(|heard: &Heard| (heard.order(), heard.file, heard.line));
    Ok(all)
}

/// What tells the key of a contact from all others: channel, source and id.
type Node = (Channel, Text, Text);

fn node(event: &Event) -> Node {
    let id = if event.root_contact_id.is_empty() {
        &event.contact_id
    } else {
        &event.root_contact_id
    };
    (event.channel, event.source.clone(), id.clone())
}

pub(super) fn node_of(result: &ContactResult) -> Node {
    let contact = &result.contact;
    let (source, id) = (contact.source.clone(), contact.contact_id.clone());
    (contact.channel, source, id)
}

/// Which contact a record belongs to that names another: contacts that are joined have one id.
#[derive(Default)]
pub struct Links {
    /// Records that name the id in question.
    naming: Vec<Event>,
    /// Keys that are contacts of their own.
    contacts: HashSet<Node>,
    /// Keys that name each other.
    related: HashMap<Node, usize>,
    /// Sources, and within how many milliseconds their legs are joined; 0: they are not.
    join_legs_within_ms: Vec<(Text, i64)>,
    /// The same for all other sources.
    join_legs_within_default_ms: i64,
}

impl Links {
    /// Reads who names whom, and which records name an id. An empty id is named by none.
    pub(super) fn read(inputs: &Inputs, all: &Found, id: &str) -> Result<Links> {
        let names = |event: &Event| {
            let ids = [&event.contact_id, &event.root_contact_id, &event.thread_id];
            !id.is_empty() && ids.iter().any(|own| **own == id)
        };
        let events = heard(inputs, |input| match input {
            ContactInput::Event(_, event) => names(event) || !event.related_contact_ids.is_empty(),
            ContactInput::Signal(..) => false,
        })?;
        let settings = &inputs.meant.customers;
        let mut links = Links {
            contacts: all.chain.iter().map(node_of).collect(),
            join_legs_within_ms: settings.join_legs_within_ms.clone(),
            join_legs_within_default_ms: settings.join_legs_within_default_ms,
            ..Links::default()
        };
        let mut pairs = Vec::new();
        for record in events {
            let ContactInput::Event(_, event) = record.input else {
                continue;
            };
            let own = node(&event);
            for related in &event.related_contact_ids {
                pairs.push((own.clone(), (own.0, own.1.clone(), related.clone())));
            }
            if names(&event) {
                links.naming.push(*event);
            }
        }
        links.related = groups(&pairs);
        Ok(links)
    }

    /// Everything that was said of the contacts.
    pub(super) fn events_of(&self, inputs: &Inputs, chain: &[ContactResult]) -> Result<Vec<Heard>> {
        heard(inputs, |input| {
            chain.iter().any(|result| self.belongs(input, result))
        })
    }

    /// Whether the id in question means a contact: its own id, or else that of a leg or a mail of it.
    pub(super) fn name(&self, id: &str, all: &Found) -> HashSet<Node> {
        let own = all
            .chain
            .iter()
            .filter(|result| result.contact.contact_id == id);
        let own: HashSet<Node> = own.map(node_of).collect();
        if !own.is_empty() {
            return own;
        }
        let named =
            |result: &&ContactResult| self.naming.iter().any(|event| self.is_of(event, result));
        all.chain.iter().filter(named).map(node_of).collect()
    }

    /// Whether a record is one of a contact's.
    pub fn belongs(&self, input: &ContactInput, result: &ContactResult) -> bool {
        let contact = &result.contact;
        match input {
            ContactInput::Event(_, event) => self.is_of(event, result),
            ContactInput::Signal(_, signal) => {
                let ids = [&contact.contact_id, &contact.root_contact_id];
                !signal.contact_id.is_empty()
                    && signal.channel == Some(contact.channel)
                    && signal.source == contact.source
                    && ids.contains(&&signal.contact_id)
            }
        }
    }

    fn is_of(&self, event: &Event, result: &ContactResult) -> bool {
        let contact = &result.contact;
        if event.channel != contact.channel {
            return false;
        }
        if event.contact_id.is_empty() {
            let mut identifiers = event.identifiers.iter();
            let device = identifiers.find(|identifier| identifier.kind == "device");
            return device.is_some_and(|device| contact.identifier("device") == Some(device))
                && (contact.started_at..=contact.ended_at).contains(&event.occurred_at);
        }
        if event.source != contact.source {
            return false;
        }
        let own = node(event);
        event.contact_id == contact.contact_id
            || own.2 == contact.contact_id
            || (!contact.thread_id.is_empty() && event.thread_id == contact.thread_id)
            || (!self.contacts.contains(&own) && self.is_joined(&own, event, result))
    }

    /// Whether a record of a key that is no contact of its own belongs to a contact.
    fn is_joined(&self, own: &Node, event: &Event, result: &ContactResult) -> bool {
        let contact = &result.contact;
        let group = self.related.get(own);
        if group.is_some() && group == self.related.get(&node_of(result)) {
            return true;
        }
        let shared = |identifier| contact.identifiers.contains(identifier);
        let mut sources = self.join_legs_within_ms.iter();
        let within_ms = sources
            .find(|(source, _)| *source == event.source)
            .map_or(self.join_legs_within_default_ms, |(_, within_ms)| {
                *within_ms
            });
        within_ms > 0
            && (contact.started_at..=contact.ended_at).contains(&event.occurred_at)
            && event.identifiers.iter().any(shared)
    }
}

/// Numbers of groups of keys of which one names the other, over any number of others.
fn groups(pairs: &[(Node, Node)]) -> HashMap<Node, usize> {
    let mut places: HashMap<Node, usize> = HashMap::new();
    let mut parents: Vec<usize> = Vec::new();
    for (one, other) in pairs {
        let mut root_of = |node: &Node| {
            let place = *places.entry(node.clone()).or_insert_with(|| {
                parents.push(parents.len());
                parents.len() - 1
            });
            root(&mut parents, place)
        };
        let (one, other) = (root_of(one), root_of(other));
        parents[one] = other;
    }
    places
        .into_iter()
        .map(|(node, place)| (node, root(&mut parents, place)))
        .collect()
}

fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}
