//! `ricochet explain`: why a contact counted, did not count, repeated, alerted, or not.

pub mod heard;
#[cfg(test)]
mod tests;

use crate::args::{Explain, ProgressWhen};
use crate::intake::{Inputs, IntoHistory};
use crate::interrupt;
use crate::report::{grouped, say};
use crate::screen::Screen;
use crate::story::{Heard, Story};
use anyhow::{Context, Result, bail};
use heard::{Links, heard};
use model::{Alert, ContactInput, ContactResult, Identifier, Session, Text};
use stage_customers::{EntryTrace, State};
use stage_door::Clocks;
use std::io::{ErrorKind, IsTerminal};
use worker::{History, Settled, Traced};

/// Bytes that records on their way may hold in memory.
const MEMORY_BYTES: usize = 768 << 20;

/// Runs the command.
pub fn run(explain: &Explain) -> Result<u8> {
    let inputs = Inputs::open(&explain.config, &explain.input, explain.until.as_deref())?;
    inputs.tell_notes();
    match (&explain.contact, &explain.customer) {
        (Some(id), _) => of_contact(&inputs, id),
        (None, Some(id)) => of_customer(&inputs, id),
        (None, None) => bail!("name a --contact or a --customer"),
    }
}

fn of_contact(inputs: &Inputs, id: &str) -> Result<u8> {
    let (all, rejected) = Found::all(inputs, &|_, state| state.names(id))?;
    let links = Links::read(inputs, &all, id)?;
    let named = links.name(id, &all);
    let is_named = |result: &ContactResult| named.contains(&heard::node_of(result));
    let mut found = all.with(is_named);
    if !found.chain.is_empty() {
        found.trace_those_left_out(inputs, id)?;
        let events = links.events_of(inputs, &found.chain)?;
        tell(&found.story(inputs, &links, &events).of_contacts(is_named))?;
        return Ok(0);
    }
    let waiting = heard(inputs, |input| match input {
        ContactInput::Event(_, event) => event.contact_id == id,
        ContactInput::Signal(_, signal) => signal.contact_id == id,
    })?;
    if waiting.is_empty() {
        bail!(
            "no accepted record names contact {id}; allowed: the id of a contact, a leg or a mail. \
             {} records were rejected: `ricochet check --input` says why",
            grouped(rejected)
        );
    }
    let mut text = format!("Contact {id} is none: what was said of it opens no contact.\n");
    for record in waiting {
        text.push_str(&format!(
            "  {}\n",
            record.line(&inputs.meant, &inputs.files)
        ));
    }
    say(&text)?;
    Ok(0)
}

fn of_customer(inputs: &Inputs, id: &str) -> Result<u8> {
    let keys = keys_of(inputs, id);
    let is_his = |key: &str, _: &State| keys.iter().any(|known| known == key);
    let (all, _) = Found::all(inputs, &is_his)?;
    let found = all.only(
        |result| keys.contains(&result.customer),
        |customer| keys.contains(customer),
    );
    if found.chain.is_empty() {
        bail!(
            "no contact of customer {id}; allowed: type:value as in the tables, or the value of a \
             unique identifier ({})",
            inputs.meant.contacts.unique.join(", ")
        );
    }
    let links = Links::read(inputs, &all, "")?;
    let events = links.events_of(inputs, &found.chain)?;
    tell(&found.story(inputs, &links, &events).of_customer())?;
    Ok(0)
}

/// A story: wrapped where a person reads it, one line a fact where a program does.
fn tell(story: &str) -> Result<()> {
    if !std::io::stdout().is_terminal() {
        return say(story);
    }
    let mut screen = Screen::stdout();
    let told = screen.laid_out(story).and_then(|()| screen.flush());
    match told {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        told => told.context("cannot write to standard output"),
    }
}

/// Contacts in order, with what was said of their customers.
#[derive(Default)]
struct Found {
    chain: Vec<ContactResult>,
    sessions: Vec<Session>,
    alerts: Vec<Alert>,
    entries: Vec<EntryTrace>,
}

impl Found {
    /// Settles the whole history, with the entries of journey rules of those who are wanted; with it
    /// the number of records that were rejected.
    fn all(inputs: &Inputs, wanted: &Traced<'_>) -> Result<(Found, u64)> {
        let folder = interrupt::scratch()?;
        let history = History::new(&inputs.engine, folder.path(), MEMORY_BYTES).tracing(wanted);
        let (read, shown) = inputs.read(ProgressWhen::Auto, || IntoHistory(history.feed()))?;
        let until = inputs.engine.door.settings().until;
        let settled = history.settle(until, &|_| {})?;
        shown.finish();
        Ok((everything(&settled)?, read.dead.len() as u64))
    }

    /// The contacts that are named, and all others of their customers.
    fn with(&self, named: impl Fn(&ContactResult) -> bool) -> Found {
        let whose = |result: &&ContactResult| named(result) && !result.customer.is_empty();
        let mut customers: Vec<&Text> = self
            .chain
            .iter()
            .filter(whose)
            .map(|result| &result.customer)
            .collect();
        customers.sort_unstable();
        customers.dedup();
        self.only(
            |result| customers.contains(&&result.customer) || named(result),
            |customer| customers.contains(&customer),
        )
    }

    fn only(
        &self,
        contact: impl Fn(&ContactResult) -> bool,
        customer: impl Fn(&Text) -> bool,
    ) -> Found {
        let chain = self.chain.iter().filter(|result| contact(result));
        let sessions = self.sessions.iter().filter(|one| customer(&one.customer));
        let alerts = self.alerts.iter().filter(|one| customer(&one.customer));
        let entries = self.entries.iter().filter(|one| customer(&one.customer));
        Found {
            entries: entries.cloned().collect(),
            chain: chain.cloned().collect(),
            sessions: sessions.cloned().collect(),
            alerts: alerts.cloned().collect(),
        }
    }

    /// Traces the customers whom the id did not tell, since their contact has it by what was joined
    /// by time alone.
    fn trace_those_left_out(&mut self, inputs: &Inputs, id: &str) -> Result<()> {
        let customers: Vec<Text> = self.chain.iter().map(|one| one.customer.clone()).collect();
        let is_known = self.chain.iter().any(|one| {
            let contact = &one.contact;
            contact.contact_id == id || contact.other_leg_ids.iter().any(|leg| leg == id)
        });
        if !is_known && self.entries.is_empty() {
            let is_his = |key: &str, _: &State| customers.iter().any(|known| known == key);
            self.entries = Found::all(inputs, &is_his)?.0.entries;
        }
        Ok(())
    }

    fn story<'a>(&'a self, inputs: &'a Inputs, links: &'a Links, events: &'a [Heard]) -> Story<'a> {
        Story {
            meant: &inputs.meant,
            files: &inputs.files,
            chain: &self.chain,
            sessions: &self.sessions,
            alerts: &self.alerts,
            entries: &self.entries,
            events,
            links,
        }
    }
}

fn everything(settled: &Settled) -> Result<Found> {
    let mut all = Found {
        entries: settled.traces.clone(),
        ..Found::default()
    };
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
