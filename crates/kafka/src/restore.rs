//! Reading a task's changelog to its end, on a thread of its own.
//!
//! The end that a reader of committed records sees is the last stable offset. Behind an open
//! transaction, be it of a process that died a moment ago, stand records that are committed: reading
//! to that end would miss them without a sign. So the high watermark is looked up first, without
//! regard to transactions; then we wait until the last stable offset has reached it; only then is
//! read, up to there. An end of the partition that is met before it is none: a broker that has just
//! become the leader serves records up to the high watermark that it knew before, until its followers
//! have answered. What it says of ends waits for them
//! (<https://cwiki.apache.org/confluence/display/KAFKA/KIP-207>), what it serves does not.

use crate::consumer::{Listener, Reader};
use crate::errors::Seldom;
use crate::settings::Settings;
use model::Millis;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use worker::service::{Record, TopicPartition};

/// Records in one piece, and pieces that wait to be taken.
const RECORDS_MAX: usize = 1000;
const BYTES_MAX: usize = 1 << 20;
const PIECES_MAX: usize = 4;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a restore brings.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Records, in order.
    Records(Vec<Record>),
    /// All is there; the offset behind it.
    Done(i64),
    /// It cannot be done.
    Failed(String),
}

/// A changelog that is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Whose it is.
    pub(crate) task: TopicPartition,
    /// Where it stands.
    pub(crate) changelog: TopicPartition,
    /// The first offset to read.
    pub(crate) from: i64,
}

/// A restore that goes on.
#[derive(Debug)]
pub(crate) struct Restore {
    pub(crate) asked: Asked,
    pieces: Receiver<Piece>,
    cancelled: Arc<AtomicBool>,
}

impl Restore {
    /// Begins to read a changelog.
    pub(crate) fn start(settings: &Settings, asked: Asked) -> Restore {
        let (sender, pieces) = sync_channel(PIECES_MAX);
        let cancelled = Arc::new(AtomicBool::new(false));
        let reading = Reading {
            settings: settings.clone(),
            changelog: asked.changelog.clone(),
            sender,
            cancelled: Arc::clone(&cancelled),
            progress_at: Instant::now(),
            seldom: Seldom::default(),
        };
        let from = asked.from;
        std::thread::spawn(move || reading.run(from));
        Restore {
            asked,
            pieces,
            cancelled,
        }
    }

    /// The next piece, if there is one already.
    pub(crate) fn take(&self) -> Option<Piece> {
        match self.pieces.try_recv() {
            Ok(piece) => Some(piece),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Piece::Failed(
                "the reading of a changelog ended halfway".to_owned(),
            )),
        }
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Why a reading ends early.
enum Ended {
    Cancelled,
    Failed(String),
}

struct Reading {
    settings: Settings,
    changelog: TopicPartition,
    sender: SyncSender<Piece>,
    cancelled: Arc<AtomicBool>,
    progress_at: Instant,
    seldom: Seldom,
}

impl Reading {
    fn run(mut self, from: i64) {
        match self.read_all(from) {
            Ok(()) | Err(Ended::Cancelled) => {}
            Err(Ended::Failed(why)) => {
                let why = format!("changelog {}: {why}", self.changelog);
                let _ = self.sender.send(Piece::Failed(why));
            }
        }
    }

    fn read_all(&mut self, from: i64) -> Result<(), Ended> {
        let mut loose = self.settings.reader();
        loose.set("isolation.level", "read_uncommitted");
        let loose = created(loose.create())?;
        let (low, end) = self.watermarks(&loose)?;
        drop(loose);
        if from > end {
            return Err(Ended::Failed(format!(
                "it ends at {end}, but was read up to {from} before: the topic was cut off or made \
                 anew"
            )));
        }
        let mut strict = self.settings.reader();
        strict.set("group.id", format!("{}.restore", self.settings.group()));
        let strict = created(strict.create_with_context(Listener::default()))?;
        let stable = self.wait_for_stable(&strict, end)?;
        if from.max(low) >= stable {
            return self.send(Piece::Done(stable));
        }
        let next = self.read(&strict, from.max(low), stable)?;
        self.send(Piece::Done(next))
    }

    /// Waits until every transaction that was open when `end` was looked up has ended; says the last
    /// stable offset.
    fn wait_for_stable(&mut self, strict: &Reader, end: i64) -> Result<i64, Ended> {
        let mut before = -1;
        loop {
            let (_, stable) = self.watermarks(strict)?;
            if stable >= end {
                return Ok(stable);
            }
            if stable > before {
                before = stable;
                self.progress_at = Instant::now();
            }
            self.check_progress(&format!(
                "a transaction holds back records from {stable} up to {end}; \
                 `kafka-transactions.sh find-hanging` finds a hanging one"
            ))?;
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Reads up to an end that is at `stable` or behind it; says at which.
    fn read(&mut self, strict: &Reader, from: i64, stable: i64) -> Result<i64, Ended> {
        let mut list = TopicPartitionList::new();
        let partition = self.changelog.partition.cast_signed();
        list.add_partition_offset(&self.changelog.topic, partition, Offset::Offset(from))
            .and_then(|()| strict.assign(&list))
            .map_err(|error| Ended::Failed(error.to_string()))?;
        let (mut records, mut bytes, mut next) = (Vec::new(), 0, from);
        loop {
            match strict.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => {
                    self.progress_at = Instant::now();
                    next = message.offset() + 1;
                    bytes += message.key_len() + message.payload_len();
                    records.push(record(&message));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    let met = strict.context().take_end_met();
                    next = met.map_or(next, |end| end.max(next));
                    if next >= stable {
                        if !records.is_empty() {
                            self.send(Piece::Records(records))?;
                        }
                        return Ok(next);
                    }
                }
                Some(Err(error)) => self.wait_out(&error)?,
                None => self.check_progress("nothing could be read")?,
            }
            if records.len() >= RECORDS_MAX || bytes >= BYTES_MAX {
                self.send(Piece::Records(std::mem::take(&mut records)))?;
                bytes = 0;
            }
        }
    }

    /// The first offset and the one behind the last; waits out an outage.
    fn watermarks<C: ConsumerContext>(
        &mut self,
        consumer: &BaseConsumer<C>,
    ) -> Result<(i64, i64), Ended> {
        let partition = self.changelog.partition.cast_signed();
        loop {
            match consumer.fetch_watermarks(&self.changelog.topic, partition, ANSWER_WITHIN) {
                Ok(watermarks) => return Ok(watermarks),
                Err(error) => self.wait_out(&error)?,
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn wait_out(&mut self, error: &KafkaError) -> Result<(), Ended> {
        if self.seldom.now() {
            tracing::warn!(%error, changelog = %self.changelog, "a changelog cannot be read, waiting");
        }
        self.check_progress(&error.to_string())
    }

    fn check_progress(&self, what: &str) -> Result<(), Ended> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Ended::Cancelled);
        }
        let waited = self.progress_at.elapsed();
        if waited > self.settings.restore_wait_max {
            return Err(Ended::Failed(format!(
                "no progress for {} s: {what}",
                waited.as_secs()
            )));
        }
        Ok(())
    }

    /// Hands a piece over; waits while enough of them wait to be taken.
    fn send(&mut self, piece: Piece) -> Result<(), Ended> {
        self.sender.send(piece).map_err(|_| Ended::Cancelled)?;
        self.progress_at = Instant::now();
        Ok(())
    }
}

fn created<C: ConsumerContext>(
    consumer: KafkaResult<BaseConsumer<C>>,
) -> Result<BaseConsumer<C>, Ended> {
    consumer.map_err(|error| Ended::Failed(error.to_string()))
}

/// A record of ours, copied out of librdkafka's buffer.
pub(crate) fn record<M: Message>(message: &M) -> Record {
    Record {
        offset: message.offset(),
        recorded_at: message.timestamp().to_millis().map(Millis),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
    }
}
