//! From files to what the door lets in.

use crate::args::ProgressWhen;
use crate::progress::Progress;
use crate::report::grouped;
use crate::story::local;
use anyhow::{Context, Result};
use files::{Body, Chunk, FilesError, InputFile, InputReader, ReadOptions, Reading, Record};
use jiff::tz::TimeZone;
use model::{ContactInput, Millis, RejectedReason, SignalName, Text};
use settings::{Loaded, Meant};
use stage_door::{Clocks, Place};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use worker::{Counts, Engine, Feed, Refused};
use xxhash_rust::xxh3::xxh3_128;

/// Milliseconds of a long year.
const YEAR_MS: i64 = 366 * 86_400_000;

/// Everything that a command needs of its configuration and its inputs.
pub struct Inputs {
    /// The configuration.
    pub meant: Meant,
    /// The stages.
    pub engine: Engine,
    /// The files, in order.
    pub files: Vec<InputFile>,
    reading: Reading,
}

/// A record that was refused.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Place of its file in [`Inputs::files`].
    pub file: usize,
    /// Line or row, from 1; 0: the file as a whole.
    pub line: u64,
    /// Why, a word of a closed list.
    pub reason: &'static str,
    /// The field, and what was expected.
    pub detail: String,
    /// Hash of the record.
    pub hash: Option<u128>,
}

/// What was counted and refused while files were read.
#[derive(Default)]
pub struct Read {
    /// What a thread counted.
    pub counts: Counts,
    /// What was refused, in no particular order.
    pub dead: Vec<DeadLetter>,
    /// What the door counted beside.
    pub door: stage_door::Counts,
    /// Local times that exist twice or not at all.
    pub ambiguous_times: u64,
    /// The latest `occurred_at` of an accepted record.
    pub latest_occurred_at: Option<Millis>,
    /// Signals that ask for an erasure.
    pub erasures: u64,
    /// How each file was read, in their order.
    pub opened: Vec<Opened>,
}

/// How a file was read.
pub struct Opened {
    /// Place of the file in [`Inputs::files`].
    pub file: usize,
    /// The import that it was read by, if any.
    pub import: Option<String>,
    /// Its columns that say nothing here.
    pub dropped: Vec<String>,
}

/// Loads the configuration of a file and the environment.
pub fn load(config: &Path) -> Result<Meant> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let loaded = Loaded::from_file(config, variables)?;
    Ok(loaded.meant()?)
}

impl Inputs {
    /// Opens the configuration and the inputs. Nothing is read yet.
    pub fn open(config: &Path, input: &[PathBuf], until: Option<&str>) -> Result<Inputs> {
        let meant = load(config)?;
        let until = until.map(instant).transpose()?;
        let run_start = Millis(jiff::Timestamp::now().as_millisecond());
        let draw = || {
            let key: [u8; 32] = rand::random();
            key.to_vec()
        };
        let engine = meant.engine(draw, Some(run_start), until)?;
        let files = files::open_inputs(input)?;
        let zone = TimeZone::get(&meant.time_zone).context("time_zone")?;
        let options = ReadOptions {
            zone,
            identifier_types: meant.identifier_types.clone(),
            imports: meant.imports.iter().map(import).collect::<Result<_>>()?,
        };
        Ok(Inputs {
            engine,
            files,
            reading: Reading::new(options)?,
            meant,
        })
    }

    /// Tells on standard error what of the configuration is probably not meant.
    pub fn tell_notes(&self) {
        for note in &self.meant.notes {
            eprintln!("ricochet: note: {note}");
        }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Reads all files on all processors. Each thread has a taker of its own for what is let in.
    pub fn read<T: Take + Send>(
        &self,
        progress: ProgressWhen,
        taker: impl Fn() -> T + Sync,
    ) -> Result<(Read, Progress)> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let source = Mutex::new(Source::new(self));
        let shown = Progress::over_bytes(self.bytes(), progress);
        let records = AtomicU64::new(0);
        let run = || -> Result<Read> {
            let mut reader = Reader::new(self, false, taker());
            loop {
                let next = source.lock().expect("no thread panics with it").next()?;
                let Some(next) = next else { break };
                let read = reader.chunk(&next)?;
                let records = records.fetch_add(read, Ordering::Relaxed) + read;
                shown.read(next.bytes_read, records);
            }
            reader.finish()
        };
        let results: Vec<Result<Read>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined
                .map(|result| result.expect("reading panicked, which is a bug"))
                .collect()
        });
        let mut all = Read::default();
        for result in results {
            all.add(result?);
        }
        let source = source.into_inner().expect("no thread panics with it");
        all.opened = source.opened;
        Ok((all, shown))
    }

    /// Reads all files in order, on one thread, with lateness acting as it would have.
    pub fn read_as_arrived<T: Take>(&self, progress: ProgressWhen, taker: T) -> Result<Read> {
        let mut source = Source::new(self);
        let shown = Progress::over_bytes(self.bytes(), progress);
        let mut reader = Reader::new(self, true, taker);
        let mut records = 0;
        while let Some(next) = source.next()? {
            records += reader.chunk(&next)?;
            shown.read(next.bytes_read, records);
        }
        shown.finish();
        let mut read = reader.finish()?;
        read.opened = source.opened;
        Ok(read)
    }

    /// What was read that is probably not meant: identifiers of types that nobody uses, erasures, and
    /// an end of time far after everything that happened. `now` is the end of time.
    pub fn notes_of_records(&self, read: &Read, now: Millis) -> Vec<String> {
        let mut notes = Vec::new();
        if !read.door.unknown_types.is_empty() {
            let known = [
                &self.meant.contacts.unique[..],
                &self.meant.contacts.handles,
            ]
            .concat();
            notes.push(format!(
                "identifiers of no known type, which say nothing: {}; known: {}",
                counted_words(&read.door.unknown_types),
                known.join(", ")
            ));
        }
        if read.erasures > 0 {
            notes.push(format!(
                "{} erasures were asked for, and a replay erases nothing: what is to be forgotten has \
                 to leave the input",
                grouped(read.erasures)
            ));
        }
        let latest = read
            .latest_occurred_at
            .filter(|at| now.since(*at) > YEAR_MS);
        if let Some(latest) = latest {
            let zone = self.meant.customers.calendar.zone();
            notes.push(format!(
                "the end of time, {}, lies more than a year after the last event, {}: all windows \
                 before it are final; a started_at or ended_at far in the future does that, or --until",
                local(zone, now),
                local(zone, latest)
            ));
        }
        notes
    }

    /// What a reader of the files would want to know: columns that say nothing here, and imports
    /// that no file is read by.
    pub fn notes_of_files(&self, opened: &[Opened]) -> Vec<String> {
        let mut by_columns: Vec<(&[String], usize, u64)> = Vec::new();
        for Opened { file, dropped, .. } in opened {
            match by_columns.iter_mut().find(|(known, ..)| known == dropped) {
                Some((.., others)) => *others += 1,
                None => by_columns.push((dropped, *file, 0)),
            }
        }
        let mut notes = Vec::new();
        for (dropped, file, others) in by_columns {
            if !dropped.is_empty() {
                let path = self.files[file].path.display();
                let others = match others {
                    0 => String::new(),
                    others => format!(" and {others} more"),
                };
                let dropped = dropped.join(", ");
                notes.push(format!("{path}{others}: columns not read: {dropped}"));
            }
        }
        for import in &self.meant.imports {
            let name = Some(&import.name);
            if !opened.iter().any(|opened| opened.import.as_ref() == name) {
                let (name, matches) = (&import.name, &import.matches);
                notes.push(format!(
                    "import.{name}.match: no file is read by `{matches}`"
                ));
            }
        }
        notes
    }
}

/// Words with their counts, on one line.
pub fn counted_words(words: &BTreeMap<Text, u64>) -> String {
    let words = words.iter();
    let words = words.map(|(word, count)| format!("{word} {}", grouped(*count)));
    words.collect::<Vec<_>>().join(", ")
}

/// An instant as typed on the command line.
fn instant(text: &str) -> Result<Millis> {
    canonical::parse_time(text).with_context(|| {
        format!(
            "--until {text}: not an instant; allowed: RFC 3339 such as 2026-03-01T00:00:00+01:00"
        )
    })
}

fn import(import: &settings::Import) -> Result<files::Import> {
    let zone = TimeZone::get(&import.time_zone);
    Ok(files::Import {
        name: import.name.clone(),
        match_glob: import.matches.clone(),
        separator: import.separator.clone(),
        encoding: import.encoding.clone(),
        time_zone: Some(zone.with_context(|| format!("import.{}.time_zone", import.name))?),
        time_format: import.time_format.clone(),
        channel: import.channel.map(|channel| channel.name().to_owned()),
        source: import.source.clone(),
        kind: import.kind.clone(),
        columns: import.columns.clone(),
        values: import.values.clone(),
    })
}

/// Where an input stands, and how far its source had come.
pub struct Arrival<'a> {
    /// Place of its file in [`Inputs::files`].
    pub file: usize,
    /// Line or row, from 1.
    pub line: u64,
    /// The clocks of the sources after it.
    pub seen: &'a Clocks,
}

/// What is done with what the door lets in.
pub trait Take {
    /// Takes an input under its contact's key.
    fn take(&mut self, key: Text, input: ContactInput, arrival: Arrival<'_>) -> Result<()>;
    /// Called at the end, with what was counted.
    fn finish(self, counts: &Counts) -> Result<()>;
}

/// Gives what the door lets in to a history.
pub struct IntoHistory<'a>(pub Feed<'a>);

impl Take for IntoHistory<'_> {
    fn take(&mut self, key: Text, input: ContactInput, _: Arrival<'_>) -> Result<()> {
        Ok(self.0.take(&key, &input)?)
    }

    fn finish(mut self, counts: &Counts) -> Result<()> {
        self.0.counts.add(counts);
        Ok(self.0.finish()?)
    }
}

/// Chunks of all files, one after the other.
struct Source<'a> {
    inputs: &'a Inputs,
    file: usize,
    open: Option<InputReader>,
    bytes_before: u64,
    opened: Vec<Opened>,
}

/// A chunk, or what is wrong with a file from here on.
struct Next {
    file: usize,
    content: std::result::Result<Chunk, FilesError>,
    bytes_read: u64,
}

impl<'a> Source<'a> {
    fn new(inputs: &'a Inputs) -> Source<'a> {
        Source {
            inputs,
            file: 0,
            open: None,
            bytes_before: 0,
            opened: Vec::new(),
        }
    }

    fn next(&mut self) -> Result<Option<Next>> {
        loop {
            let Some(file) = self.inputs.files.get(self.file) else {
                return Ok(None);
            };
            if self.open.is_none() {
                let reader = self.inputs.reading.open(file)?;
                self.opened.push(Opened {
                    file: self.file,
                    import: reader.import().map(str::to_owned),
                    dropped: reader.dropped_columns().to_vec(),
                });
                self.open = Some(reader);
            }
            let reader = self.open.as_mut().expect("it was opened just above");
            let chunk = reader.next();
            let bytes_read = self.bytes_before + reader.bytes_read();
            if let Some(content) = chunk {
                return Ok(Some(Next {
                    file: self.file,
                    content,
                    bytes_read,
                }));
            }
            self.bytes_before += file.bytes;
            self.file += 1;
            self.open = None;
        }
    }
}

/// Decodes chunks and leads them through the door.
struct Reader<'a, T> {
    inputs: &'a Inputs,
    lateness: bool,
    clocks: Clocks,
    read: Read,
    taker: T,
}

impl<'a, T: Take> Reader<'a, T> {
    fn new(inputs: &'a Inputs, lateness: bool, taker: T) -> Reader<'a, T> {
        Reader {
            inputs,
            lateness,
            clocks: Clocks::default(),
            read: Read::default(),
            taker,
        }
    }

    /// Reads a chunk; returns the number of its records.
    fn chunk(&mut self, next: &Next) -> Result<u64> {
        let chunk = match &next.content {
            Ok(chunk) => chunk,
            Err(damage) => {
                eprintln!("ricochet: {damage}; what stands before it was read");
                let (line, detail) = match damage {
                    FilesError::Damaged { place, detail, .. } => (place.line, detail.clone()),
                    other => (0, other.to_string()),
                };
                let reason = if detail == files::CUT_OFF {
                    RejectedReason::Truncated
                } else {
                    RejectedReason::Damaged
                };
                self.reject(next.file, line, reason, detail, None);
                return Ok(1);
            }
        };
        let mut failed = Ok(());
        let notes = chunk.for_each(|record| {
            if failed.is_ok() {
                failed = self.record(next.file, record);
            }
        });
        self.read.ambiguous_times += notes.ambiguous_times;
        failed.map(|()| notes.records)
    }

    fn record(&mut self, file: usize, record: Record) -> Result<()> {
        let line = record.place.line;
        let (json, bad_times): (&[u8], &[String]) = match record.body {
            Body::Json(json) => (json, &[]),
            Body::BadTimes { json, details } => (json, details),
            Body::NotCsv { detail, bytes } => {
                let (detail, hash) = (detail.to_owned(), Some(xxh3_128(bytes)));
                self.reject(file, line, RejectedReason::NotCsv, detail, hash);
                return Ok(());
            }
            Body::TooLarge => {
                let detail = format!("more than {} bytes", files::LINE_BYTES_MAX);
                self.reject(file, line, RejectedReason::TooLarge, detail, None);
                return Ok(());
            }
        };
        let place = Place {
            source: "",
            partition: file as u32,
            recorded_at: None,
            lateness: self.lateness,
        };
        let decoded = canonical::decode_json(json);
        let engine = &self.inputs.engine;
        match engine.admit(decoded, &place, &mut self.clocks, &mut self.read.counts) {
            Ok((key, input)) => {
                let occurred_at = match &input {
                    ContactInput::Event(_, event) => event.occurred_at,
                    ContactInput::Signal(_, signal) => {
                        self.read.erasures += u64::from(signal.name == SignalName::Erase);
                        signal.occurred_at
                    }
                };
                self.read.latest_occurred_at = self.read.latest_occurred_at.max(Some(occurred_at));
                let seen = &self.clocks;
                self.taker.take(key, input, Arrival { file, line, seen })?;
            }
            Err(Refused::Rejected(reason, detail)) => {
                let hash = Some(xxh3_128(json));
                // The file knows more of a cell that is no time than the record made of it, in which a
                // start stands for an `occurred_at` that is missing too.
                let field = detail.split(':').next().unwrap_or_default();
                let mut told = bad_times
                    .iter()
                    .filter(|_| reason == RejectedReason::BadTime);
                let told = told
                    .find(|told| told.split(':').next() == Some(field))
                    .or(bad_times.first().filter(|_| field == "occurred_at"));
                let detail = told.cloned().unwrap_or(detail);
                let reason = reason.name();
                self.read.dead.push(DeadLetter {
                    file,
                    line,
                    reason,
                    detail,
                    hash,
                });
            }
            Err(Refused::Ignored(_) | Refused::TooLate) => {}
        }
        Ok(())
    }

    /// Rejects what never came to the door.
    fn reject(
        &mut self,
        file: usize,
        line: u64,
        reason: RejectedReason,
        detail: String,
        hash: Option<u128>,
    ) {
        let reason = reason.name();
        self.read.counts.read += 1;
        *self.read.counts.rejected.entry(reason).or_default() += 1;
        self.read.dead.push(DeadLetter {
            file,
            line,
            reason,
            detail,
            hash,
        });
    }

    fn finish(mut self) -> Result<Read> {
        self.read.door.add(&self.clocks.counts);
        self.taker.finish(&self.read.counts)?;
        Ok(self.read)
    }
}

impl Read {
    fn add(&mut self, other: Read) {
        let Read {
            counts,
            mut dead,
            door,
            ambiguous_times,
            latest_occurred_at,
            erasures,
            mut opened,
        } = other;
        self.counts.add(&counts);
        self.dead.append(&mut dead);
        self.door.add(&door);
        self.ambiguous_times += ambiguous_times;
        self.latest_occurred_at = self.latest_occurred_at.max(latest_occurred_at);
        self.erasures += erasures;
        self.opened.append(&mut opened);
    }
}
