//! `ricochet replay`: a history, settled.

use crate::REJECTED;
use crate::args::{Replay, TableFormat};
use crate::intake::{Arrival, Inputs, IntoHistory, Read, Take};
use crate::interrupt;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{self, Report};
use anyhow::{Context, Result, bail};
use files::{Format, OutputFolder, TABLE_NAMES};
use model::{ContactInput, Millis, Text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;
use worker::{Counts, History, Live, Partitions};

/// Bytes that records on their way between stages may hold in memory; the rest goes to the disk.
const MEMORY_BYTES: usize = 768 << 20;
/// With `--as-arrived`, records between two commits.
const RECORDS_PER_COMMIT: usize = 500;
/// With `--as-arrived`, event time between two commits at most: a commit costs a heavy customer all of
/// its contacts.
const STEP_OF_TIME_MS: i64 = 3_600_000;

/// Runs the command.
pub fn run(replay: &Replay) -> Result<u8> {
    let started = Instant::now();
    let wanted = wanted(&replay.tables)?;
    let inputs = Inputs::open(&replay.config, &replay.input, replay.until.as_deref())?;
    inputs.tell_notes();
    note_output_among_inputs(replay);
    let folder = OutputFolder::create(&replay.output)?;
    for leftover in folder.leftovers() {
        eprintln!(
            "ricochet: note: {} was left by a run that was killed, and can be removed",
            leftover.display()
        );
    }
    interrupt::remove_when_interrupted(folder.path());
    let mut output = Output::create(&inputs, &folder, format(replay.format), &wanted)?;
    let mut read = if replay.as_arrived {
        as_arrived(&inputs, replay, &mut output)?
    } else {
        history(&inputs, replay, &folder, &mut output)?
    };
    for note in inputs.notes_of_files(&read.opened) {
        eprintln!("ricochet: note: {note}");
    }
    for note in inputs.notes_of_records(&read, output.now) {
        eprintln!("ricochet: note: {note}");
    }
    if read.ambiguous_times > 0 {
        eprintln!(
            "ricochet: note: {} local times exist twice or not at all, since clocks are changed; \
             of two the first was taken, and those that do not exist were moved on",
            report::grouped(read.ambiguous_times)
        );
    }
    let strict = replay.strict && !read.counts.rejected.is_empty();
    let places = report::first_places(&inputs, &read.dead);
    let mut summary = std::mem::take(&mut output.summary);
    let (counts, now) = (std::mem::take(&mut output.counts), output.now);
    summary.add_capped(&counts);
    output.finish(&inputs, std::mem::take(&mut read.dead))?;
    let readings = &inputs.meant.customers.readings;
    let days = report::days(summary.first_at, now);
    let figures = summary.json(&counts, readings, days);
    let figures = with_times(figures, &read, &counts, started);
    folder.write_json("summary.json", &Value::Object(figures))?;
    interrupt::finish(|| folder.finish())?;
    let report = Report {
        unknown_kinds: &read.door.unknown_kinds,
        summary: &summary,
        counts: &counts,
        readings,
        days,
        currency: &inputs.meant.currency,
    };
    let zone = inputs.meant.customers.calendar.zone();
    let written = format!(
        "\nWritten to {} in {:.1} s\n",
        replay.output.display(),
        started.elapsed().as_secs_f64()
    );
    let span = report::span(zone, summary.first_at, now);
    report::say(&[span, places, report.text(), written].concat()).with_context(|| {
        let output = replay.output.display();
        format!("the tables in {output} are complete, but this report could not be written")
    })?;
    Ok(if strict { REJECTED } else { 0 })
}

fn format(format: TableFormat) -> Format {
    match format {
        TableFormat::Parquet => Format::Parquet,
        TableFormat::Csv => Format::Csv,
        TableFormat::Jsonl => Format::Jsonl,
        TableFormat::Avro => Format::Avro,
    }
}

/// Tables have the columns of contact events: read by mistake, they would pass for some.
fn note_output_among_inputs(replay: &Replay) {
    let inside = |input: &&PathBuf| {
        let input = std::path::absolute(input);
        let output = std::path::absolute(&replay.output);
        matches!((input, output), (Ok(input), Ok(output)) if output.starts_with(&input))
    };
    if let Some(input) = replay.input.iter().find(inside) {
        eprintln!(
            "ricochet: note: {} lies in the input {}: the next run would read its tables as events",
            replay.output.display(),
            input.display()
        );
    }
}

/// The tables to write.
fn wanted(named: &[String]) -> Result<Vec<&'static str>> {
    if named.is_empty() {
        return Ok(TABLE_NAMES.to_vec());
    }
    let mut wanted = Vec::new();
    for name in named.iter().map(|name| name.trim()) {
        if let Some(known) = TABLE_NAMES.iter().find(|known| **known == name) {
            wanted.push(*known);
        } else {
            bail!(
                "--tables {name}: no such table; allowed: {}",
                TABLE_NAMES.join(", ")
            );
        }
    }
    Ok(wanted)
}

fn with_times(
    mut figures: Map<String, Value>,
    read: &Read,
    counts: &Counts,
    started: Instant,
) -> Map<String, Value> {
    let wall_s = started.elapsed().as_secs_f64();
    let unmapped: BTreeMap<String, u64> = read
        .door
        .unmapped_codes
        .iter()
        .map(|((source, code), count)| (format!("{source}/{code}"), *count))
        .collect();
    figures.insert("unmapped_codes".into(), json!(unmapped));
    let unknown_kinds: BTreeMap<String, u64> = read
        .door
        .unknown_kinds
        .iter()
        .map(|((channel, kind), count)| (format!("{}/{kind}", channel.name()), *count))
        .collect();
    figures.insert("unknown_kinds".into(), json!(unknown_kinds));
    figures.insert(
        "unknown_identifier_types".into(),
        json!(read.door.unknown_types),
    );
    figures.insert("pages".into(), json!(read.door.pages));
    figures.insert("pages_unmapped".into(), json!(read.door.pages_unmapped));
    figures.insert("ambiguous_times".into(), json!(read.ambiguous_times));
    figures.insert("wall_s".into(), json!(wall_s));
    figures.insert("cpu_s".into(), json!(cpu_s()));
    figures.insert(
        "events_per_s".into(),
        json!(counts.decoded as f64 / wall_s.max(1e-9)),
    );
    figures
}

/// Processor time of this process so far, in seconds; null where the system does not tell.
fn cpu_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; the times are the 12th and 13th field after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

fn history(
    inputs: &Inputs,
    replay: &Replay,
    folder: &OutputFolder,
    output: &mut Output,
) -> Result<Read> {
    let mut history = History::new(&inputs.engine, folder.path(), MEMORY_BYTES);
    let figures = output.figures.clone();
    if let Some(figures) = &figures {
        history = history.counting(figures);
    }
    let (read, shown) = inputs.read(replay.progress, || IntoHistory(history.feed()))?;
    let until = inputs.engine.door.settings().until;
    let show = |progress: worker::Progress| shown.stage(progress.stage, progress.done, progress.of);
    let settled = history.settle(until, &show)?;
    output.counts = settled.counts.clone();
    output.now = settled.now;
    let buckets = settled.buckets();
    output.write(&settled, |done| {
        shown.stage("writing", done as u64, buckets as u64);
    })?;
    output.write_figures(&settled.sheet)?;
    Progress::finish(&shown);
    Ok(read)
}

/// Gives what the door lets in to live tasks, and moves their clocks as the sources' clocks move.
struct IntoLive<'a, 'b> {
    live: &'b mut Live<'a>,
    lateness_ms: i64,
    horizon: &'b mut Millis,
    taken: usize,
    /// Up to when time has moved.
    settled_at: Millis,
}

impl Take for IntoLive<'_, '_> {
    fn take(&mut self, key: Text, input: ContactInput, arrival: Arrival<'_>) -> Result<()> {
        *self.horizon = (*self.horizon).max(worker::horizon(&input));
        self.live.offer(key, input);
        self.taken += 1;
        let least = arrival.seen.iter().map(|(_, _, at)| at).min();
        let Some(settled_at) = least.map(|seen_at| seen_at.minus(self.lateness_ms)) else {
            return Ok(());
        };
        // Also with few records a window passes when it does, so that what is late revises.
        let moved = settled_at.since(self.settled_at) >= STEP_OF_TIME_MS;
        if moved || self.taken.is_multiple_of(RECORDS_PER_COMMIT) {
            self.live.advance(settled_at);
            self.settled_at = settled_at;
        }
        Ok(())
    }

    fn finish(self, _counts: &Counts) -> Result<()> {
        Ok(())
    }
}

fn as_arrived(inputs: &Inputs, replay: &Replay, output: &mut Output) -> Result<Read> {
    let mut live = Live::new(&inputs.engine, Partitions::ONE);
    let mut horizon = Millis::MIN;
    let lateness = inputs
        .meant
        .sources
        .all()
        .map(|source| source.lateness_ms)
        .max();
    let taker = IntoLive {
        live: &mut live,
        lateness_ms: lateness.unwrap_or(0),
        horizon: &mut horizon,
        taken: 0,
        settled_at: Millis::MIN,
    };
    let read = inputs.read_as_arrived(replay.progress, taker)?;
    output.now = inputs.engine.door.settings().until.unwrap_or(horizon);
    live.advance(output.now);
    output.counts.add(&read.counts);
    output.counts.add(&live.counts);
    output.counts.incomplete = live.incomplete();
    output.counts.customers = live.told.customers();
    output.counts.contacts_capped = live.told.capped();
    output.write_bucket(&live.told.settled())?;
    if let Some(figures) = &output.figures {
        let sheet = live.told.sheet(figures);
        output.write_figures(&sheet)?;
    }
    Ok(read)
}
