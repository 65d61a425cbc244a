//! `ricochet explain`: why a contact counted, did not count, repeated, alerted, or not.

use crate::args::{Explain, ProgressWhen};
use crate::intake::{DeadLetter, Inputs, Take};
use crate::story::{Heard, Story};
use anyhow::{Result, bail};
use model::{Alert, ContactInput, ContactResult, Event, Identifier, Session, Text};
use stage_door::Clocks;
use std::sync::Mutex;
use worker::{Counts, Feed, History, Settled};

/// Bytes that records on their way may hold in memory.
const MEMORY_BYTES: usize = 768 << 20;

/// Runs the command.
pub fn run(explain: &Explain) -> Result<u8> {
    let inputs = Inputs::open(&explain.config, &explain.input, explain.until.as_deref())?;
    let folder = tempfile::tempdir()?;
    let history = History::new(&inputs.engine, folder.path(), MEMORY_BYTES);
    let (read, shown) = inputs.read(ProgressWhen::Auto, || IntoHistory(history.feed()))?;
    let until = inputs.engine.door.settings().until;
    let settled = history.settle(until, &|_| {})?;
    shown.finish();
    let found = match (&explain.contact, &explain.customer) {
        (Some(id), _) => of_contact(&inputs, &settled, id)?,
        (None, Some(id)) => of_customer(&inputs, &settled, id)?,
        (None, None) => bail!("name a --contact or a --customer"),
    };
    if found.chain.is_empty() {
        return not_found(&inputs, explain, &read.dead);
    }
    let events = events_of(&inputs, &found.chain)?;
    let story = Story {
        meant: &inputs.meant,
        chain: &found.chain,
        sessions: &found.sessions,
        alerts: &found.alerts,
        events: &events,
    };
    let text = match &explain.contact {
        Some(id) => story.of_contact(id),
        None => story.of_customer(),
    };
    print!("{text}");
    Ok(0)
}

/// Gives what the door lets in to a history.
struct IntoHistory<'a>(Feed<'a>);

impl Take for IntoHistory<'_> {
    fn take(&mut self, key: Text, input: ContactInput, _clocks: &Clocks) -> Result<()> {
        Ok(self.0.take(&key, &input)?)
    }

    fn finish(mut self, counts: &Counts) -> Result<()> {
        self.0.counts.add(counts);
        Ok(self.0.finish()?)
    }
}

/// The contacts of whom the story is told, in order, with what was said of them.
#[derive(Default)]
struct Found {
    chain: Vec<ContactResult>,
    sessions: Vec<Session>,
    alerts: Vec<Alert>,
}

/// The customers who have a contact of this id, or a leg or mail of it.
fn of_contact(inputs: &Inputs, settled: &Settled, id: &str) -> Result<Found> {
    let ids = ids_of(inputs, id)?;
    let all = everything(settled)?;
    let wanted = |result: &ContactResult| {
        let contact = &result.contact;
        let own = [&contact.contact_id, &contact.thread_id];
        contact.contact_id == id || own.iter().any(|own| !own.is_empty() && ids.contains(own))
    };
    let named: Vec<&ContactResult> = all.chain.iter().filter(|result| wanted(result)).collect();
    let customers: Vec<Text> = named.iter().map(|result| result.customer.clone()).collect();
    let unknown: Vec<Text> = named
        .iter()
        .map(|result| result.contact.contact_id.clone())
        .collect();
    let belongs = |result: &ContactResult| {
        if result.customer.is_empty() {
            unknown.contains(&result.contact.contact_id)
        } else {
            customers.contains(&result.customer)
        }
    };
    Ok(all.only(belongs, |customer| customers.contains(customer)))
}

fn of_customer(inputs: &Inputs, settled: &Settled, id: &str) -> Result<Found> {
    let keys = keys_of(inputs, id);
    let all = everything(settled)?;
    Ok(all.only(
        |result| keys.contains(&result.customer),
        |customer| keys.contains(customer),
    ))
}

impl Found {
    fn only(
        self,
        contact: impl Fn(&ContactResult) -> bool,
        customer: impl Fn(&Text) -> bool,
    ) -> Found {
        Found {
            chain: self.chain.into_iter().filter(contact).collect(),
            sessions: self
                .sessions
                .into_iter()
                .filter(|s| customer(&s.customer))
                .collect(),
            alerts: self
                .alerts
                .into_iter()
                .filter(|alert| customer(&alert.customer))
                .collect(),
        }
    }
}

fn everything(settled: &Settled) -> Result<Found> {
    let mut all = Found::default();
    for bucket in 0..settled.buckets() {
        let mut rows = settled.take(bucket)?;
        all.chain.append(&mut rows.contacts);
        all.sessions.append(&mut rows.sessions);
        all.alerts.append(&mut rows.alerts);
    }
    Ok(all)
}

/// What a customer may be called in the tables who is called so on the command line.
fn keys_of(inputs: &Inputs, id: &str) -> Vec<Text> {
    let mut keys = vec![Text::from(id)];
    let unique = inputs
        .meant
        .contacts
        .unique
        .iter()
        .map(|kind| (kind.as_str(), id));
    let typed = id.split_once(':');
    let mut clocks = Clocks::default();
    for (kind, value) in typed.into_iter().chain(unique) {
        let raw = Identifier {
            kind: kind.into(),
            value: value.into(),
            verified: false,
        };
        let hashed = inputs.engine.door.identifier(&raw, &mut clocks);
        keys.extend(hashed.map(|identifier| identifier.text()));
    }
    keys
}

/// Gathers events that a test picks.
struct Picking<'a, F> {
    wanted: &'a F,
    picked: Vec<ContactInput>,
    all: &'a Mutex<Vec<ContactInput>>,
}

impl<F: Fn(&ContactInput) -> bool> Take for Picking<'_, F> {
    fn take(&mut self, _key: Text, input: ContactInput, _clocks: &Clocks) -> Result<()> {
        if (self.wanted)(&input) {
            self.picked.push(input);
        }
        Ok(())
    }

    fn finish(mut self, _counts: &Counts) -> Result<()> {
        self.all
            .lock()
            .expect("no thread panics with it")
            .append(&mut self.picked);
        Ok(())
    }
}

fn pick(
    inputs: &Inputs,
    wanted: impl Fn(&ContactInput) -> bool + Sync,
) -> Result<Vec<ContactInput>> {
    let all = Mutex::new(Vec::new());
    let (_, shown) = inputs.read(ProgressWhen::Never, || Picking {
        wanted: &wanted,
        picked: Vec::new(),
        all: &all,
    })?;
    shown.finish();
    Ok(all.into_inner().expect("no thread panics with it"))
}

/// The ids under which events that name this id may have become a contact.
fn ids_of(inputs: &Inputs, id: &str) -> Result<Vec<Text>> {
    let names = |event: &Event| {
        [&event.contact_id, &event.root_contact_id, &event.thread_id]
            .iter()
            .any(|own| **own == id)
    };
    let picked = pick(inputs, |input| match input {
        ContactInput::Event(_, event) => names(event),
        ContactInput::Signal(..) => false,
    })?;
    let mut ids: Vec<Text> = Vec::new();
    for input in picked {
        if let ContactInput::Event(_, event) = input {
            ids.extend(
                [event.contact_id, event.root_contact_id]
                    .into_iter()
                    .filter(|id| !id.is_empty()),
            );
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Everything that was said of the contacts.
fn events_of(inputs: &Inputs, chain: &[ContactResult]) -> Result<Vec<Heard>> {
    let concerns = |input: &ContactInput| match input {
        ContactInput::Event(_, event) => chain.iter().any(|result| speaks_of(event, result)),
        ContactInput::Signal(_, signal) => {
            !signal.contact_id.is_empty()
                && chain.iter().any(|result| {
                    let contact = &result.contact;
                    contact.source == signal.source
                        && [&contact.contact_id, &contact.root_contact_id]
                            .contains(&&signal.contact_id)
                })
        }
    };
    let mut heard: Vec<Heard> = pick(inputs, concerns)?
        .into_iter()
        .map(|input| Heard { input })
        .collect();
    heard.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(heard)
}

/// Whether an event is one of a contact's.
pub fn speaks_of(event: &Event, result: &ContactResult) -> bool {
    let contact = &result.contact;
    if event.channel != contact.channel {
        return false;
    }
    if event.contact_id.is_empty() {
        let device = event
            .identifiers
            .iter()
            .find(|identifier| identifier.kind == "device");
        return device.is_some_and(|device| contact.identifier("device") == Some(device))
            && (contact.started_at..=contact.ended_at).contains(&event.occurred_at);
    }
    if event.source != contact.source {
        return false;
    }
    let root = if event.root_contact_id.is_empty() {
        &event.contact_id
    } else {
        &event.root_contact_id
    };
    event.contact_id == contact.contact_id
        || *root == contact.contact_id
        || (!contact.thread_id.is_empty() && event.thread_id == contact.thread_id)
}

fn not_found(inputs: &Inputs, explain: &Explain, dead: &[DeadLetter]) -> Result<u8> {
    let Some(id) = &explain.contact else {
        let id = explain.customer.as_deref().unwrap_or_default();
        bail!(
            "no contact of customer {id}; allowed: type:value as in the tables, or the value of a \
             unique identifier ({})",
            inputs.meant.contacts.unique.join(", ")
        );
    };
    let waiting = pick(inputs, |input| match input {
        ContactInput::Event(_, event) => event.contact_id == *id,
        ContactInput::Signal(_, signal) => signal.contact_id == *id,
    })?;
    if waiting.is_empty() {
        bail!(
            "no accepted record names contact {id}; {} records were rejected",
            dead.len()
        );
    }
    println!("Contact {id} has not appeared: what was said of it only completes a contact.");
    for input in waiting {
        println!("  {}", Heard { input }.line(&inputs.meant));
    }
    Ok(0)
}
