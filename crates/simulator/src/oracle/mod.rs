//! The brute-force oracle: the settled result of a set of records, by the definitions of
//! `docs/semantics.md` read from top to bottom.
//!
//! [`config`] (as typed, as meant) → [`event`] (§1) → [`registers`] (§1.3) →
//! [`contacts`] (§2, §2.1), [`mail`] (§2.2), [`visits`] (§2.3) → [`identity`] (§3.1, §3.2) →
//! [`joins`] (§3.3, §3.4) → [`roles`] (§4, §6) → [`readings`] (§5) → [`alerts`] (§8) →
//! [`tables`] (§7, §9), [`journeys`] and [`broken`] (§10), put together by `settlement`; [`figures`]
//! (§15) are counted in the finished tables.
//!
//! Invariant: no crate of the engine is used, nothing is remembered between two contacts that could
//! be looked up again, and no step knows in which order the records came.

pub mod alerts;
pub mod broken;
pub mod config;
pub mod contacts;
pub mod erasures;
pub mod event;
pub mod figures;
pub mod identity;
pub mod joins;
pub mod journeys;
pub mod mail;
pub mod readings;
pub mod registers;
pub mod roles;
mod settlement;
pub mod tables;
pub mod visits;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

pub use self::tables::Row;
use config::Config;
use contacts::Contact;
use event::{Decoded, Record, Version};
use registers::Event;

/// One line of an input file.
#[derive(Clone, Debug)]
pub struct InputLine {
    /// The file's name.
    pub file: String,
    /// The line's number, from 1.
    pub line: u64,
    /// What it says.
    pub text: String,
}

/// What stands beside the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// End of time, UTC milliseconds; by default the greatest time of an accepted event.
    pub until: Option<i64>,
    /// Start of the run, UTC milliseconds: no `occurred_at` may be much later. By default no bound.
    pub run_start: Option<i64>,
}

/// A record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The file's name.
    pub file: String,
    /// The line's number.
    pub line: u64,
    /// Why, from a closed list.
    pub reason: &'static str,
}

/// What all records together come to. Rows lack `revision` and `cause`.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Table `contacts`.
    pub contacts: Vec<Row>,
    /// Table `verdicts`.
    pub verdicts: Vec<Row>,
    /// Table `sessions`.
    pub sessions: Vec<Row>,
    /// Table `alerts`, the `RepeatContact`s and the `BrokenJourney`s.
    pub alerts: Vec<Row>,
    /// Table `journeys`.
    pub journeys: Vec<Row>,
    /// Table `markers`.
    pub markers: Vec<Row>,
    /// Rejected records, in order of input.
    pub dead_letters: Vec<DeadLetter>,
    /// T of the semantics, UTC milliseconds.
    pub end_of_time: i64,
    /// `summary.json` without what was measured; also `contacts_capped`, `incomplete`,
    /// `identity_conflicts` and `unmapped_reason_codes`.
    pub summary: Value,
}

/// The configuration, the end of time, and what is counted on the way.
pub struct World {
    /// The configuration.
    pub config: Config,
    /// T of the semantics, UTC milliseconds.
    pub end_of_time: i64,
    /// Events kept for a contact that never opened.
    pub incomplete: u64,
}

impl World {
    /// The date of an instant in the tenant's time zone.
    pub fn local_date(&self, instant: i64) -> Date {
        let instant = jiff::Timestamp::from_millisecond(instant).unwrap_or(if instant < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        self.config.time_zone.to_datetime(instant).date()
    }
}

/// An instant and the local date that it falls on, which every window asks for.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// UTC milliseconds.
    pub at: i64,
    /// In the tenant's time zone.
    pub date: Date,
}

impl World {
    /// An instant with its local date.
    pub fn moment(&self, at: i64) -> Moment {
        Moment {
            at,
            date: self.local_date(at),
        }
    }
}

/// The key under which an event enters (§1.2), whoever the customer is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Channel, source, and root, thread or visit.
    Contact(String, String, String),
    /// A device, by its value.
    Device(String),
    /// A signal without a contact.
    Nothing,
}

/// A part of the input that was read before the next part came.
#[derive(Clone, Debug, Default)]
pub struct Chapter {
    /// Its records. Those of name `erase` are acted upon in the end, one after the other.
    pub lines: Vec<InputLine>,
}

/// Settles the records. The error is a mistake in the configuration.
pub fn settle(config: &str, inputs: &[InputLine], options: Options) -> Result<Settled, String> {
    let config = config::read(config)?;
    let (records, settled, counts) = decode_all(inputs, &config, options);
    Ok(settle_records(config, records, settled, counts, options))
}

/// Settles records among which erasures are acted upon (§11). The error is a mistake in the
/// configuration.
pub fn settle_chapters(
    config: &str,
    chapters: &[Chapter],
    options: Options,
) -> Result<Settled, String> {
    let config = config::read(config)?;
    let mut world = World {
        config,
        end_of_time: options.until.unwrap_or(0),
        incomplete: 0,
    };
    let (mut settled, mut counts) = (Settled::default(), Counts::default());
    let mut memory = erasures::Memory::default();
    let mut known: Vec<Record> = Vec::new();
    let mut seen = BTreeSet::new();
    for chapter in chapters {
        let (records, of_chapter, counted) = decode_all(&chapter.lines, &world.config, options);
        settled.dead_letters.extend(of_chapter.dead_letters);
        counts.add(counted);
        let mut asked = Vec::new();
        for record in records {
            let mut left = memory.sift(record.clone(), &world);
            if record.kind == "erase" && record.is_signal {
                asked.push(record);
                left = asked.last().cloned();
                left.iter_mut().for_each(|erase| erase.identifiers.clear());
            }
            if let Some(record) = left {
                let source = (record.channel.clone(), record.source.clone());
                let name = (record.is_signal, source, record.event_id.clone());
                seen.insert((key_of(&record), name, record.version.clone()));
                known.push(record);
            }
        }
        for erase in asked.iter().filter(|erase| !erase.identifiers.is_empty()) {
            known = erasures::forget(known, erase, &mut memory, &mut world);
        }
    }
    let config = world.config;
    let read_new = seen.len() as u64;
    counts.new = 0;
    let mut settled = settle_records(config, known, settled, counts, options);
    settled.summary["new"] = read_new.into();
    settled.summary["duplicates"] = Value::Null;
    Ok(settled)
}

/// Settles the records, and counts their figures: the rows of tables `figures` and `samples`. The
/// error is a mistake in the configuration.
pub fn settle_with_figures(
    config: &str,
    inputs: &[InputLine],
    options: Options,
) -> Result<(Settled, Vec<Row>, Vec<Row>), String> {
    let settled = settle(config, inputs, options)?;
    let (figures, samples) = figures_of(config, &settled)?;
    Ok((settled, figures, samples))
}

/// The rows of tables `figures` and `samples` of a settled result. The error is a mistake in the
/// configuration.
pub fn figures_of(config: &str, settled: &Settled) -> Result<(Vec<Row>, Vec<Row>), String> {
    let world = World {
        config: config::read(config)?,
        end_of_time: settled.end_of_time,
        incomplete: 0,
    };
    Ok(figures::rows(settled, &world))
}

fn settle_records(
    config: Config,
    records: Vec<Record>,
    mut settled: Settled,
    mut counts: Counts,
    options: Options,
) -> Settled {
    let times = records.iter().flat_map(|record| {
        let stated = [record.whole("started_at"), record.whole("ended_at")];
        stated.into_iter().flatten().chain([record.occurred_at])
    });
    let end_of_time = options.until.or(times.max()).unwrap_or(0);
    let mut world = World {
        config,
        end_of_time,
        incomplete: 0,
    };
    counts.count_unmapped(&records, &world.config);
    let (events, signals) = gather(records, &mut counts);

    let mut contacts = Vec::new();
    for (key, events) in &events {
        let events: Vec<&Event> = events.iter().collect();
        let signals: Vec<&Event> = signals.get(key).into_iter().flatten().collect();
        contacts.extend(contacts_of_key(key, &events, &signals, &mut world));
    }
    let alone = signals.get(&Key::Nothing);
    let alone: Vec<&Event> = alone.into_iter().flatten().collect();
    let signals: Vec<&Event> = signals.values().flatten().collect();
    let (owned, given) = identity::resolve(contacts, &signals, &alone, &world);
    settled.markers = tables::markers(&signals, &world);
    settled.end_of_time = world.end_of_time;
    settlement::write(owned, given, &mut settled, &world, &counts);
    settled
}

/// What becomes of the records, one by one.
#[derive(Default)]
struct Counts {
    read: u64,
    decoded: u64,
    ignored: BTreeMap<&'static str, u64>,
    rejected: BTreeMap<&'static str, u64>,
    new: u64,
    conflicting: u64,
    unmapped_reason_codes: u64,
}

impl Counts {
    /// Adds what was counted of another part of the input.
    fn add(&mut self, other: Counts) {
        self.read += other.read;
        self.decoded += other.decoded;
        for (why, count) in other.ignored {
            *self.ignored.entry(why).or_default() += count;
        }
        for (why, count) in other.rejected {
            *self.rejected.entry(why).or_default() += count;
        }
    }

    fn count_unmapped(&mut self, records: &[Record], config: &Config) {
        let is_unmapped =
            |record: &&Record| registers::mapped_reason_code(record, config) == Some(None);
        self.unmapped_reason_codes = records.iter().filter(is_unmapped).count() as u64;
    }
}

fn decode_all(
    inputs: &[InputLine],
    config: &Config,
    options: Options,
) -> (Vec<Record>, Settled, Counts) {
    let (mut records, mut settled) = (Vec::new(), Settled::default());
    let mut counts = Counts::default();
    for input in inputs.iter().filter(|input| !input.text.trim().is_empty()) {
        counts.read += 1;
        match event::decode(&input.text, config, options.run_start, options.until) {
            Decoded::Accepted(record) => {
                counts.decoded += 1;
                records.push(*record);
            }
            Decoded::Ignored(why) => *counts.ignored.entry(why).or_default() += 1,
            Decoded::Rejected(reason) => {
                *counts.rejected.entry(reason).or_default() += 1;
                let (file, line) = (input.file.clone(), input.line);
                settled.dead_letters.push(DeadLetter { file, line, reason });
            }
        }
    }
    (records, settled, counts)
}

fn key_of(record: &Record) -> Key {
    let speaks_for_itself = ["linked", "unlinked", "marker", "erase"];
    if record.is_signal && speaks_for_itself.contains(&record.kind.as_str()) {
        return Key::Nothing;
    }
    let channel = record.channel.clone().unwrap_or_default();
    let Some(contact_id) = record.text("contact_id") else {
        return match record.identifiers.get("device") {
            Some(device) if !record.is_signal => Key::Device(device.value.clone()),
            _ => Key::Nothing,
        };
    };
    let root = record.text("root_contact_id").unwrap_or(contact_id);
    let id = match channel.as_str() {
        "web" => contact_id,
        "email" => record.text("thread_id").unwrap_or(root),
        _ => root,
    };
    Key::Contact(channel, record.source.clone(), id.to_string())
}

type ByKey = BTreeMap<Key, Vec<Event>>;

/// Distinct versions of each event and of each signal (§1.3), under their keys.
fn gather(records: Vec<Record>, counts: &mut Counts) -> (ByKey, ByKey) {
    type Name = (bool, Option<String>, String, String);
    let mut versions: BTreeMap<(Key, Name), BTreeMap<Version, Record>> = BTreeMap::new();
    for record in records {
        let (channel, source) = (record.channel.clone(), record.source.clone());
        let name = (record.is_signal, channel, source, record.event_id.clone());
        let of_event = versions.entry((key_of(&record), name)).or_default();
        of_event.entry(record.version.clone()).or_insert(record);
    }
    let (mut events, mut signals) = (ByKey::new(), ByKey::new());
    for ((key, name), versions) in versions {
        let times: BTreeSet<i64> = versions.keys().map(|version| version.updated_at).collect();
        counts.new += versions.len() as u64;
        counts.conflicting += (versions.len() - times.len()) as u64;
        let of_kind = if name.0 { &mut signals } else { &mut events };
        let event = Event {
            versions: versions.into_values().collect(),
        };
        of_kind.entry(key).or_default().push(event);
    }
    (events, signals)
}

fn contacts_of_key(
    key: &Key,
    events: &[&Event],
    signals: &[&Event],
    world: &mut World,
) -> Vec<Contact> {
    match key {
        Key::Contact(channel, source, id) => match channel.as_str() {
            "email" => mail::of_thread(source, id, events, signals, world),
            "web" => visits::of_key(None, events, signals, world),
            _ => contacts::of_legs(channel, source, id, events, signals, world)
                .into_iter()
                .collect(),
        },
        Key::Device(device) => {
            let text = format!("device:{device}");
            visits::of_key(Some(&text), events, signals, world)
        }
        Key::Nothing => Vec::new(),
    }
}

/// Whether the text fits the pattern, in which `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => {
            let Some(text) = text.strip_prefix(head) else {
                return false;
            };
            let mut tails = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            tails.any(|at| glob(rest, &text[at..]))
        }
    }
}
