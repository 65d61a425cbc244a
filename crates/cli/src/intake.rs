//! From files to what the door lets in.

use crate::args::ProgressWhen;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use files::{Body, Chunk, FilesError, InputFile, InputReader, ReadOptions, Reading, Record};
use jiff::tz::TimeZone;
use model::{ContactInput, Millis, RejectedReason, Text};
use settings::{Loaded, Meant};
use stage_door::{Clocks, Place};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use worker::{Counts, Engine, Refused};
use xxhash_rust::xxh3::xxh3_128;

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
}

/// Loads the configuration of a file and the environment.
pub fn load(config: &Path) -> Result<Meant> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let loaded = Loaded::from_file(config, variables)?;
    let meant = loaded.meant()?;
    for note in &meant.notes {
        eprintln!("ricochet: note: {note}");
    }
    Ok(meant)
}

impl Inputs {
    /// Opens the configuration and the inputs. Nothing is read yet.
    pub fn open(config: &Path, input: &[PathBuf], until: Option<&str>) -> Result<Inputs> {
        let meant = load(config)?;
        let until = until.map(instant).transpose()?;
        let run_start = Millis(jiff::Timestamp::now().as_millisecond());
        let mut drawn = false;
        let draw = || {
            drawn = true;
            let key: [u8; 32] = rand::random();
            key.to_vec()
        };
        let engine = meant.engine(draw, Some(run_start), until)?;
        if drawn {
            eprintln!(
                "ricochet: note: no identity.secret_file: a secret was drawn for this run, so \
                 hashed identifiers differ from run to run"
            );
        }
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
        reader.finish()
    }
}

/// An instant as typed on the command line.
pub fn instant(text: &str) -> Result<Millis> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    let Ok(timestamp) = parsed else {
        bail!(
            "--until {text}: not an instant; allowed: RFC 3339 such as 2026-03-01T00:00:00+01:00"
        );
    };
    Ok(Millis(timestamp.as_millisecond()))
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

/// What is done with what the door lets in.
pub trait Take {
    /// Takes an input under its contact's key.
    fn take(&mut self, key: Text, input: ContactInput, seen: &Clocks) -> Result<()>;
    /// Called at the end, with what was counted.
    fn finish(self, counts: &Counts) -> Result<()>;
}

/// Chunks of all files, one after the other.
struct Source<'a> {
    inputs: &'a Inputs,
    file: usize,
    open: Option<InputReader>,
    bytes_before: u64,
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
        }
    }

    fn next(&mut self) -> Result<Option<Next>> {
        loop {
            let Some(file) = self.inputs.files.get(self.file) else {
                return Ok(None);
            };
            if self.open.is_none() {
                self.open = Some(self.inputs.reading.open(file)?);
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
                let line = match damage {
                    FilesError::Damaged { place, .. } => place.line,
                    _ => 0,
                };
                let reason = RejectedReason::Truncated;
                self.reject(next.file, line, reason, damage.to_string(), None);
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
        let json = match record.body {
            Body::Json(json) => json,
            Body::NotCsv(detail) => {
                self.reject(file, line, RejectedReason::NotCsv, detail.to_owned(), None);
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
            Ok((key, input)) => self.taker.take(key, input, &self.clocks)?,
            Err(Refused::Rejected(reason, detail)) => {
                let hash = Some(xxh3_128(json));
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
        } = other;
        self.counts.add(&counts);
        self.dead.append(&mut dead);
        self.door.add(&door);
        self.ambiguous_times += ambiguous_times;
    }
}
