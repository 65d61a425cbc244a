//! The stage `board`: reads all output topics from their beginning, and keeps on.

use crate::service::decode::Registry;
use crate::service::topics;
use anyhow::{Context, Result};
use board::http::Ledger;
use board::views::{At, State};
use board::{Board, Record, Table};
use kafka::follow::{Follower, Start};
use kafka::write::Writer;
use settings::Meant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use telemetry::Slots;
use worker::service::{ACTS, topic_name};

/// Its name, as typed and as readiness says it.
pub const BOARD: &str = "board";
/// A poll that finds nothing waits so long: a new alert is seen within it.
const POLL_WAIT: Duration = Duration::from_millis(20);
/// Topics that are not there, or a cluster that does not answer, are looked for again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Records that are taken at once: the views wait meanwhile.
const TAKEN_AT_ONCE: usize = 500;

/// What the stage works with.
pub struct Feed<'a> {
    pub meant: &'a Meant,
    pub registry: Option<&'a Registry>,
    pub board: &'a Board,
    pub slots: &'a Slots,
    pub stop: &'a AtomicBool,
}

/// A record that was read and is not taken yet.
struct Read {
    table: Table,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    told_at: At,
}

impl Feed<'_> {
    /// Reads until the process is asked to end.
    pub fn live(&self) {
        while !self.is_over() {
            let Err(error) = self.work() else { return };
            let why = format!("{error:#}");
            tracing::error!(stage = BOARD, "{why}: beginning again");
            self.slots.failed(BOARD, &why);
            let since = self.board.now();
            self.board.stands(State::Disconnected { since, why });
            self.rest(AGAIN_AFTER);
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_over() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn name(&self, table: &str) -> String {
        topic_name(&self.meant.kafka.application_id, table).to_string()
    }

    fn work(&self) -> Result<()> {
        let Some(mut follower) = self.follower()? else {
            return Ok(());
        };
        tracing::info!(stage = BOARD, "reading all outputs from their beginning");
        let since = self.board.now();
        let prefix = self.name("");
        let acts = self.name(ACTS);
        let mut is_behind = true;
        let mut unreadable = 0;
        let mut batch: Vec<Read> = Vec::new();
        while !self.is_over() {
            let mut heard = Vec::new();
            follower.poll(POLL_WAIT, |record| {
                if record.topic == acts {
                    heard.push((record.key.to_vec(), record.value.map(<[u8]>::to_vec)));
                } else if let Some(table) = table_of(record.topic, &prefix) {
                    batch.push(Read {
                        table,
                        key: record.key.to_vec(),
                        value: record.value.map(<[u8]>::to_vec),
                        told_at: At(record.written_at_ms),
                    });
                }
            })?;
            for (key, value) in heard {
                self.board.take_act(&key, value.as_deref());
            }
            unreadable += self.take(&mut batch, unreadable == 0)?;
            self.board.tick();
            let records = follower.behind();
            if is_behind && records > 0 {
                self.board.stands(State::Behind { since, records });
                self.slots
                    .failed(BOARD, &format!("{records} records are still to be read"));
            } else if is_behind {
                is_behind = false;
                tracing::info!(stage = BOARD, unreadable, "has read all there was");
                self.board.stands(State::Ok);
                self.slots.works(BOARD, "reads all outputs");
            }
        }
        Ok(())
    }

    /// Waits for the topics, and says which are missing. `None`: the process was asked to end.
    fn follower(&self) -> Result<Option<Follower>> {
        let tables = Table::ALL.iter().map(|table| self.name(table.name()));
        let topics: Vec<String> = tables.chain([self.name(ACTS)]).collect();
        let settings = topics::settings(self.meant)?.stage(BOARD, &topics);
        let since = self.board.now();
        let mut said = String::new();
        while !self.is_over() {
            let (missing, why) = match Follower::start(&settings, &topics) {
                Ok(Start::Follows(follower)) => return Ok(Some(*follower)),
                Ok(Start::Missing(missing)) => {
                    let why = format!(
                        "topics are missing: {}; `ricochet topics --config F init` makes them",
                        missing.join(", ")
                    );
                    (missing, why)
                }
                Err(error) => (Vec::new(), error.to_string()),
            };
            if why != said {
                tracing::warn!(stage = BOARD, "{why}; waiting");
                said.clone_from(&why);
            }
            self.slots.failed(BOARD, &why);
            let topics = missing;
            self.board.stands(State::Waiting { topics, why, since });
            self.rest(AGAIN_AFTER);
        }
        Ok(None)
    }

    /// Gives what was read to the board; says how many records could not be read.
    fn take(&self, batch: &mut Vec<Read>, is_first: bool) -> Result<u64> {
        let mut unreadable = 0;
        for read in &mut *batch {
            if let (Some(registry), Some(value)) = (self.registry, &read.value) {
                // As JSON, which is what the board reads.
                match registry.as_json(value, self.stop)? {
                    Some(json) => read.value = Some(json),
                    None => {
                        unreadable += 1;
                        read.key.clear();
                    }
                }
            }
        }
        for part in batch.chunks(TAKEN_AT_ONCE) {
            let readable = part.iter().filter(|read| !read.key.is_empty());
            let records = readable.map(|read| Record {
                table: read.table,
                key: &read.key,
                value: read.value.as_deref(),
                told_at: read.told_at,
            });
            let (wrong, first) = self.board.take(records);
            unreadable += wrong;
            if let Some(mistake) = first.filter(|_| is_first) {
                tracing::warn!(
                    stage = BOARD,
                    "{mistake}; it is left out, as are others like it"
                );
            }
        }
        batch.clear();
        Ok(unreadable)
    }
}

/// The table of a topic.
fn table_of(topic: &str, prefix: &str) -> Option<Table> {
    let name = topic.strip_prefix(prefix)?;
    let mut tables = Table::ALL.into_iter();
    tables.find(|table| table.name() == name)
}

/// Acts in the topic that all boards read.
pub struct InTopic(Writer);

impl InTopic {
    /// Nothing is connected yet.
    pub fn new(meant: &Meant) -> Result<InTopic> {
        let topic = topic_name(&meant.kafka.application_id, ACTS);
        let settings = topics::settings(meant)?.stage(BOARD, &[]);
        let writer = Writer::new(&settings, &topic).context("the topic of acts")?;
        Ok(InTopic(writer))
    }
}

impl Ledger for InTopic {
    fn write(&self, key: &str, value: &[u8]) -> Result<(), String> {
        self.0.write(key, value).map_err(|error| error.to_string())
    }

    fn note(&self, key: &str, value: &[u8]) {
        self.0.note(key, value);
    }
}
