//! `ricochet check`: the configuration, what a sample holds, what rules and policies would have said.

/// Says a line.
macro_rules! tell {
    ($($part:tt)*) => {
        say(&format!("{}\n", format_args!($($part)*)))?
    };
}

mod against;

use crate::args::{Check, ProgressWhen};
use crate::entry::language;
use crate::intake::{Arrival, DeadLetter, Inputs, Opened, Read, Take, counted_words, load};
use crate::report::{grouped, percent, say};
use anyhow::Result;
use model::{Channel, ContactInput, Kind, Text};
use rules::journeys::plain_words;
use settings::Meant;
use std::collections::BTreeMap;
use worker::Counts;

/// Refused records that are shown of each reason.
const SHOWN_PER_REASON: usize = 3;
/// Bytes that records on their way may hold in memory.
const MEMORY_BYTES: usize = 512 << 20;

/// Runs the command.
pub fn run(check: &Check) -> Result<u8> {
    let meant = load(&check.config)?;
    against::known(&meant, &check.only)?;
    say(&meant.describe())?;
    if check.rules {
        rules(&meant)?;
    }
    tell!("\nThe configuration can be used.");
    if !check.input.is_empty() {
        sample(check)?;
    }
    if !check.against.is_empty() {
        against::run(check, &check.against)?;
    }
    Ok(0)
}

/// Says every rule in plain words, and what is worth a look.
fn rules(meant: &Meant) -> Result<()> {
    let language = language(meant);
    let rules = meant.customers.rules.current();
    tell!("\nJourney rules: {}", rules.clone().count());
    for rule in rules {
        tell!("");
        for line in plain_words(rule, language).lines() {
            tell!("  {line}");
        }
    }
    let findings = meant.rule_findings();
    if !findings.is_empty() {
        tell!("\nWorth a look:");
    }
    for finding in findings {
        tell!("  {finding}");
    }
    Ok(())
}

/// What a sample was seen to hold.
#[derive(Default)]
struct Seen {
    events: BTreeMap<(Text, Text, Text), u64>,
    signals: BTreeMap<Text, u64>,
    identifiers: BTreeMap<Text, u64>,
    without_identifier: u64,
}

/// Counts what the door lets in, and hands the counts over at the end.
struct Looking<'a> {
    seen: Seen,
    all: &'a std::sync::Mutex<Seen>,
}

impl Take for Looking<'_> {
    fn take(&mut self, _key: Text, input: ContactInput, _: Arrival<'_>) -> Result<()> {
        match input {
            ContactInput::Event(_, event) => {
                let channel = Text::from(event.channel.name());
                let kind = Text::from(event.kind.name());
                *self
                    .seen
                    .events
                    .entry((channel, event.source.clone(), kind))
                    .or_default() += 1;
                if event.identifiers.is_empty() {
                    self.seen.without_identifier += 1;
                }
                for identifier in &event.identifiers {
                    *self
                        .seen
                        .identifiers
                        .entry(identifier.kind.clone())
                        .or_default() += 1;
                }
            }
            ContactInput::Signal(_, signal) => {
                *self
                    .seen
                    .signals
                    .entry(signal.name.name().into())
                    .or_default() += 1;
            }
        }
        Ok(())
    }

    fn finish(self, _counts: &Counts) -> Result<()> {
        let mut all = self.all.lock().expect("no thread panics with it");
        let Seen {
            events,
            signals,
            identifiers,
            without_identifier,
        } = self.seen;
        for (name, count) in events {
            *all.events.entry(name).or_default() += count;
        }
        for (name, count) in signals {
            *all.signals.entry(name).or_default() += count;
        }
        for (name, count) in identifiers {
            *all.identifiers.entry(name).or_default() += count;
        }
        all.without_identifier += without_identifier;
        Ok(())
    }
}

fn sample(check: &Check) -> Result<()> {
    let inputs = Inputs::open(&check.config, &check.input, None)?;
    let all = std::sync::Mutex::new(Seen::default());
    let (read, shown) = inputs.read(ProgressWhen::Auto, || Looking {
        seen: Seen::default(),
        all: &all,
    })?;
    shown.finish();
    let seen = all.into_inner().expect("no thread panics with it");
    tell!("\nThe sample holds {} records.", grouped(read.counts.read));
    for Opened { file, import, .. } in &read.opened {
        if let Some(import) = import {
            let path = inputs.files[*file].path.display();
            tell!("  {path} is read by import.{import}");
        }
    }
    for note in inputs.notes_of_files(&read.opened) {
        tell!("  {note}");
    }
    for ((channel, source, kind), count) in &seen.events {
        let known = Channel::from_name(channel)
            .is_none_or(|channel| !matches!(Kind::from_name(channel, kind), Kind::Other(_)));
        let mark = if known {
            ""
        } else {
            "  unknown kind, kept as plain activity"
        };
        tell!(
            "  {channel:<6} {source:<16} {kind:<16} {:>10}{mark}",
            grouped(*count)
        );
    }
    for (name, count) in &seen.signals {
        tell!("  signal {name:<33} {:>10}", grouped(*count));
    }
    tell!("Identifiers");
    for (kind, count) in &seen.identifiers {
        tell!("  {kind:<40} {:>10}", grouped(*count));
    }
    tell!(
        "  {:<40} {:>10}",
        "events without any",
        grouped(seen.without_identifier)
    );
    if !read.door.unknown_types.is_empty() {
        tell!(
            "  identifiers of no known type: {}",
            counted_words(&read.door.unknown_types)
        );
    }
    if read.door.pages > 0 {
        let mapped = (read.door.pages - read.door.pages_unmapped) as f64;
        let share = percent(Some(mapped / read.door.pages as f64));
        tell!(
            "Pages      {} page events, {share} of them match the table of steps",
            grouped(read.door.pages)
        );
    }
    for ((source, code), count) in &read.door.unmapped_codes {
        tell!(
            "Unmapped   reason code {code} of source {source}: {}",
            grouped(*count)
        );
    }
    for (why, count) in &read.counts.ignored {
        tell!("Ignored    {} {why}", grouped(*count));
    }
    if read.ambiguous_times > 0 {
        tell!(
            "Clocks     {} local times exist twice or not at all, since clocks are changed",
            grouped(read.ambiguous_times)
        );
    }
    refused(&inputs, &read)
}

/// Tells what was rejected, with the first places of each reason.
fn refused(inputs: &Inputs, read: &Read) -> Result<()> {
    let mut dead: Vec<&DeadLetter> = read.dead.iter().collect();
    dead.sort_by_key(|letter| (letter.file, letter.line));
    for (reason, count) in &read.counts.rejected {
        tell!("Rejected   {} {reason}", grouped(*count));
        let of_reason = dead.iter().filter(|letter| letter.reason == *reason);
        for letter in of_reason.take(SHOWN_PER_REASON) {
            let file = inputs.files[letter.file].path.display();
            tell!("           {file}:{}: {}", letter.line, letter.detail);
        }
    }
    Ok(())
}
