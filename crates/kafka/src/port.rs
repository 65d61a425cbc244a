//! The port: one consumer, one producer, and the tasks that the group gave.

use crate::consumer::{Listener, Reader, Rebalance, Standings, close, list_of};
use crate::errors::Seldom;
use crate::producer::Transactions;
use crate::restore::{Piece, Restore, record};
use crate::settings::Settings;
use crate::tell::Teller;
use model::Millis;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use worker::service::{Outcome, Polled, Port, PortError, Record, TopicPartition};

/// Records and bytes that one look at the consumer's queue takes out of it.
const RECORDS_MAX: usize = 2000;
const BYTES_MAX: usize = 4 << 20;

/// How long a question to the cluster may hold up the thread of the stage.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How long to wait before a start that did not succeed is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How often, and with what distance, the group has to say that it has no offset before that is
/// believed: while a coordinator moves, it may say so of any partition.
const NO_OFFSET_SAID: u32 = 3;
const NO_OFFSET_APART: Duration = Duration::from_secs(1);

/// How long after a start the consumer's statistics may still speak of the time before.
const STANDINGS_SETTLE: Duration = Duration::from_secs(1);

/// How often the preparation of transactions may hold up the thread.
const INIT_WITHIN: Duration = Duration::from_secs(5);

/// What a task's partition is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// It brings nothing: not yet started, or a gap.
    Silent,
    /// It is to be started, as soon as the cluster answers.
    Starting {
        from: Option<i64>,
        not_before: Instant,
        no_offset_said: u32,
    },
    /// It brings records from `next` on.
    Running { next: i64, since: Instant },
}

#[derive(Debug)]
struct Task {
    of: TopicPartition,
    phase: Phase,
    /// The end of a partition of this number was seen, and no record of the task since. The event
    /// does not name the topic.
    end_seen: bool,
}

/// A stage's access to Apache Kafka.
///
/// Everything happens on the caller's thread but three things: librdkafka's own, the count of
/// delivery reports, and the reading of changelogs.
pub struct KafkaPort {
    settings: Settings,
    /// Always there but while it is dropped.
    consumer: Option<Reader>,
    subscribed: bool,
    transactions: Option<Transactions>,
    /// Under which offsets are committed: as of the last rebalance, never fresher, so that a process
    /// that missed one is refused.
    group: Option<ConsumerGroupMetadata>,
    tasks: Vec<Task>,
    /// What was taken back and is not yet released.
    leaving: Vec<TopicPartition>,
    restores: Vec<Restore>,
    waiting: VecDeque<Polled>,
    standings: Option<Standings>,
    /// The queue was found empty since the standings were taken.
    drained: bool,
    ends: BTreeMap<TopicPartition, i64>,
    teller: Option<Teller>,
    seldom: Seldom,
}

fn error(what: &str, error: &KafkaError) -> PortError {
    PortError(format!("{what}: {error}"))
}

impl KafkaPort {
    /// Makes a port. Nothing is waited for: the first polls connect.
    ///
    /// # Errors
    /// The settings are refused.
    pub fn new(settings: Settings) -> Result<KafkaPort, PortError> {
        settings
            .check()
            .map_err(|error| PortError(error.to_string()))?;
        let consumer: Reader = settings
            .consumer()
            .create_with_context(Listener::default())
            .map_err(|cause| error("the consumer cannot be made", &cause))?;
        let transactions = Transactions::new(&settings)
            .map_err(|cause| error("the producer cannot be made", &cause))?;
        Ok(KafkaPort {
            settings,
            consumer: Some(consumer),
            subscribed: false,
            transactions: Some(transactions),
            group: None,
            tasks: Vec::new(),
            leaving: Vec::new(),
            restores: Vec::new(),
            waiting: VecDeque::new(),
            standings: None,
            drained: false,
            ends: BTreeMap::new(),
            teller: None,
            seldom: Seldom::default(),
        })
    }

    /// The offset behind the last record of each partition that is read here, committed or not, as
    /// of about a second ago. A transaction's own markers count as records.
    #[must_use]
    pub fn lag(&self) -> BTreeMap<TopicPartition, i64> {
        self.ends.clone()
    }

    fn consumer(&self) -> &Reader {
        self.consumer
            .as_ref()
            .expect("it is there until the port is dropped")
    }

    /// Prepares transactions, then joins the group: whoever had our name before is fenced, and its
    /// transaction ended, before a changelog of ours is read. `false`: not yet.
    fn connect(&mut self) -> Result<bool, PortError> {
        if self.subscribed {
            return Ok(true);
        }
        if !self.prepare()? {
            return Ok(false);
        }
        let topics: Vec<&str> = self.settings.topics.iter().map(String::as_str).collect();
        let subscribed = self.consumer().subscribe(&topics);
        subscribed.map_err(|cause| error("the topics cannot be subscribed to", &cause))?;
        self.subscribed = true;
        Ok(true)
    }

    /// Makes a producer if there is none, and makes it ready.
    fn prepare(&mut self) -> Result<bool, PortError> {
        let refused = |cause: KafkaError| error("transactions cannot be prepared", &cause);
        let mut transactions = match self.transactions.take() {
            Some(transactions) => transactions,
            None => Transactions::new(&self.settings).map_err(refused)?,
        };
        let ready = transactions.make_ready(INIT_WITHIN).map_err(refused)?;
        self.transactions = Some(transactions);
        Ok(ready)
    }

    /// The group's decisions, in order.
    fn serve_rebalances(&mut self) -> Result<(), PortError> {
        while let Some(rebalance) = self.consumer().context().next_rebalance() {
            self.group = self.consumer().group_metadata();
            match rebalance {
                Rebalance::Assigned(given) => self.take(given)?,
                Rebalance::Revoked(taken) => self.leave(taken, Polled::Revoked)?,
                Rebalance::Lost(taken) => {
                    self.forget_waiting(&taken);
                    self.leave(taken, Polled::Lost)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, given: Vec<TopicPartition>) -> Result<(), PortError> {
        // At their end and paused, they bring nothing until a seek says from where.
        let list = list_of(&given, Offset::End);
        self.consumer()
            .incremental_assign(&list)
            .map_err(|cause| error("partitions cannot be taken", &cause))?;
        if given.is_empty() {
            return Ok(());
        }
        self.pause(&given);
        self.tasks.extend(given.iter().map(|of| Task {
            of: of.clone(),
            phase: Phase::Silent,
            end_seen: false,
        }));
        self.waiting.push_back(Polled::Assigned(given));
        Ok(())
    }

    fn leave(
        &mut self,
        taken: Vec<TopicPartition>,
        say: fn(Vec<TopicPartition>) -> Polled,
    ) -> Result<(), PortError> {
        if taken.is_empty() {
            return self.unassign(&taken);
        }
        self.leaving.extend(taken.iter().cloned());
        self.waiting.push_back(say(taken));
        Ok(())
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), PortError> {
        let list = list_of(partitions, Offset::Invalid);
        let done = self.consumer().incremental_unassign(&list);
        done.map_err(|cause| error("partitions cannot be given back", &cause))
    }

    /// Stops the fetching of partitions; what was fetched is dropped.
    fn pause(&self, partitions: &[TopicPartition]) {
        if let Err(cause) = self.consumer().pause(&list_of(partitions, Offset::Invalid)) {
            // Only memory is at stake: what they bring before a start is dropped here.
            tracing::debug!(error = %cause, "partitions cannot be paused");
        }
    }

    /// Drops records and news of some tasks that were not yet taken by the caller.
    fn forget_waiting(&mut self, tasks: &[TopicPartition]) {
        self.waiting.retain(|polled| match polled {
            Polled::Records(task, _)
            | Polled::CaughtUp(task, _)
            | Polled::Restoring(task, _)
            | Polled::Restored(task, _)
            | Polled::Gap { task, .. } => !tasks.contains(task),
            Polled::Nothing | Polled::Assigned(_) | Polled::Revoked(_) | Polled::Lost(_) => true,
        });
    }

    fn silence(&mut self, task: &TopicPartition) {
        self.forget_waiting(std::slice::from_ref(task));
        self.pause(std::slice::from_ref(task));
        self.restores.retain(|restore| restore.task != *task);
    }

    fn set_phase(&mut self, of: &TopicPartition, phase: Phase) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.of == *of) {
            task.phase = phase;
            task.end_seen = false;
        }
    }

    // ------------------------------------------------------------------------------- starting

    /// Starts what is to be started, until the cluster does not answer.
    fn serve_starts(&mut self) {
        let now = Instant::now();
        for place in 0..self.tasks.len() {
            let of = self.tasks[place].of.clone();
            let Phase::Starting {
                from,
                not_before,
                no_offset_said,
            } = self.tasks[place].phase
            else {
                continue;
            };
            if not_before > now {
                continue;
            }
            let phase = match self.start_now(&of, from, no_offset_said) {
                Ok(phase) => phase,
                Err(cause) => {
                    if self.seldom.now() {
                        tracing::warn!(error = %cause, task = %of, "a task cannot start yet, waiting");
                    }
                    let not_before = Instant::now() + TRY_AGAIN_AFTER;
                    Phase::Starting {
                        from,
                        not_before,
                        no_offset_said,
                    }
                }
            };
            self.set_phase(&of, phase);
            if now.elapsed() > ANSWER_WITHIN {
                return;
            }
        }
    }

    fn start_now(
        &mut self,
        of: &TopicPartition,
        from: Option<i64>,
        no_offset_said: u32,
    ) -> KafkaResult<Phase> {
        let partition = of.partition.cast_signed();
        let wanted = match from {
            Some(from) => Some(from),
            None => self.committed(of)?,
        };
        if wanted.is_none() && no_offset_said < NO_OFFSET_SAID {
            let not_before = Instant::now() + NO_OFFSET_APART;
            return Ok(Phase::Starting {
                from,
                not_before,
                no_offset_said: no_offset_said + 1,
            });
        }
        let (first, end) = self
            .consumer()
            .fetch_watermarks(&of.topic, partition, ANSWER_WITHIN)?;
        let Some(wanted) = wanted.filter(|wanted| (first..=end).contains(wanted)) else {
            let gap = Polled::Gap {
                task: of.clone(),
                wanted,
                first,
                end,
            };
            self.waiting.push_back(gap);
            return Ok(Phase::Silent);
        };
        let consumer = self.consumer();
        consumer.seek(&of.topic, partition, Offset::Offset(wanted), ANSWER_WITHIN)?;
        consumer.resume(&list_of(std::slice::from_ref(of), Offset::Invalid))?;
        Ok(Phase::Running {
            next: wanted,
            since: Instant::now(),
        })
    }

    /// The offset that the group has committed.
    fn committed(&self, of: &TopicPartition) -> KafkaResult<Option<i64>> {
        let list = list_of(std::slice::from_ref(of), Offset::Invalid);
        let found = self.consumer().committed_offsets(list, ANSWER_WITHIN)?;
        let elements = found.elements();
        let element = elements.first().ok_or(KafkaError::NoMessageReceived)?;
        element.error()?;
        Ok(match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        })
    }

    /// The log does not have what was asked for, and librdkafka does not say of which partition:
    /// all are looked at, and started again where they stood.
    fn look_for_gaps(&mut self) {
        for task in &mut self.tasks {
            if let Phase::Running { next, .. } = task.phase {
                task.phase = Phase::Starting {
                    from: Some(next),
                    not_before: Instant::now(),
                    no_offset_said: 0,
                };
            }
        }
    }

    // -------------------------------------------------------------------------------- reading

    /// Takes what the consumer has, waiting at most this long for the first record.
    fn fetch(&mut self, wait: Duration) -> Result<(), PortError> {
        let mut batch = Batch::default();
        let mut wait = wait;
        loop {
            let consumer = self
                .consumer
                .as_ref()
                .expect("it is there until the port is dropped");
            let heard = consumer.context().heard();
            match consumer.poll(wait) {
                Some(Ok(message)) => batch.add(&mut self.tasks, &message),
                Some(Err(cause)) => self.consumer_error(&cause)?,
                // Nothing came, and nothing was said instead: the queue is empty.
                None if consumer.context().heard() == heard => {
                    self.drained = true;
                    break;
                }
                None => break,
            }
            if batch.records >= RECORDS_MAX || batch.bytes >= BYTES_MAX {
                break;
            }
            wait = Duration::ZERO;
        }
        // What was read before a rebalance is said before it.
        self.waiting.extend(
            batch
                .pieces
                .into_iter()
                .map(|(of, records)| Polled::Records(of, records)),
        );
        self.serve_rebalances()?;
        self.serve_standings();
        Ok(())
    }

    fn consumer_error(&mut self, cause: &KafkaError) -> Result<(), PortError> {
        match cause {
            KafkaError::PartitionEOF(partition) => {
                let number = partition.cast_unsigned();
                let of_number = |task: &&mut Task| task.of.partition == number;
                self.tasks
                    .iter_mut()
                    .filter(of_number)
                    .for_each(|task| task.end_seen = true);
            }
            KafkaError::MessageConsumptionFatal(_) => {
                return Err(error("the consumer was shut out", cause));
            }
            KafkaError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
            ) => self.look_for_gaps(),
            _ => {
                if self.seldom.now() {
                    tracing::warn!(error = %cause, "records cannot be read, waiting");
                }
            }
        }
        if let Some((code, why)) = self.consumer().client().fatal_error() {
            return Err(PortError(format!(
                "the consumer was shut out: {why} ({code})"
            )));
        }
        Ok(())
    }

    /// Says who has caught up, whenever the consumer has said where it stands.
    fn serve_standings(&mut self) {
        if let Some(standings) = self.consumer().context().take_standings() {
            for task in &self.tasks {
                if let Some(standing) = standings.by_partition.get(&task.of)
                    && standing.end >= 0
                {
                    self.ends.insert(task.of.clone(), standing.end);
                }
            }
            self.standings = Some(standings);
            self.drained = false;
        }
        let Some(standings) = &mut self.standings else {
            return;
        };
        for task in &self.tasks {
            if let Some(end) = caught_up(task, standings, self.drained) {
                standings.by_partition.remove(&task.of);
                self.waiting
                    .push_back(Polled::CaughtUp(task.of.clone(), end));
            }
        }
    }

    /// Takes what the restores have brought, a piece of each.
    fn serve_restores(&mut self) -> Result<(), PortError> {
        let mut done = Vec::new();
        let mut failed = None;
        for restore in &self.restores {
            let task = restore.task.clone();
            match restore.take() {
                None => {}
                Some(Piece::Records(records)) => {
                    self.waiting.push_back(Polled::Restoring(task, records));
                }
                Some(Piece::Done(end)) => {
                    done.push(task.clone());
                    self.waiting.push_back(Polled::Restored(task, end));
                }
                Some(Piece::Failed(why)) => {
                    done.push(task);
                    failed = Some(PortError(why));
                }
            }
        }
        self.restores
            .retain(|restore| !done.contains(&restore.task));
        failed.map_or(Ok(()), Err)
    }

    /// How long the consumer may be waited for, when there are other things to look after.
    fn patience(&self, left: Duration) -> Duration {
        let starting = |task: &Task| matches!(task.phase, Phase::Starting { .. });
        if !self.restores.is_empty() || self.tasks.iter().any(starting) {
            left.min(Duration::from_millis(2))
        } else {
            left.min(Duration::from_millis(100))
        }
    }
}

/// The offset up to which a task has brought everything, if it has.
fn caught_up(task: &Task, standings: &Standings, drained: bool) -> Option<i64> {
    let standing = standings.by_partition.get(&task.of)?;
    let Phase::Running { next, since } = task.phase else {
        return None;
    };
    if !standing.fresh || standing.end < 0 || standing.next < standing.end {
        return None;
    }
    // Either the last record is the last thing in the log, or what follows are markers of
    // transactions: then nothing may be on its way to us any more.
    let settled = standings.taken_at.duration_since(since) >= STANDINGS_SETTLE;
    let at_end = next == standing.end || (task.end_seen && drained && settled);
    at_end.then_some(standing.end.max(next))
}

/// Records by task, in order, and how much there is of them.
#[derive(Default)]
struct Batch {
    pieces: Vec<(TopicPartition, Vec<Record>)>,
    records: usize,
    bytes: usize,
}

impl Batch {
    fn add<M: Message>(&mut self, tasks: &mut [Task], message: &M) {
        let partition = message.partition().cast_unsigned();
        let is_its =
            |task: &&mut Task| task.of.partition == partition && task.of.topic == message.topic();
        let Some(task) = tasks.iter_mut().find(is_its) else {
            return;
        };
        let Phase::Running { next, .. } = &mut task.phase else {
            return;
        };
        if message.offset() < *next {
            return;
        }
        *next = message.offset() + 1;
        task.end_seen = false;
        self.records += 1;
        self.bytes += message.payload().map_or(0, <[u8]>::len);
        match self.pieces.iter_mut().find(|(of, _)| *of == task.of) {
            Some((_, records)) => records.push(record(message)),
            None => self.pieces.push((task.of.clone(), vec![record(message)])),
        }
    }
}

impl Port for KafkaPort {
    fn poll(&mut self, wait: Duration) -> Result<Polled, PortError> {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(polled) = self.waiting.pop_front() {
                return Ok(polled);
            }
            if !self.connect()? {
                return Ok(Polled::Nothing);
            }
            self.serve_starts();
            self.serve_restores()?;
            let left = deadline.saturating_duration_since(Instant::now());
            let patience = if self.waiting.is_empty() {
                self.patience(left)
            } else {
                Duration::ZERO
            };
            self.fetch(patience)?;
            if self.waiting.is_empty() && Instant::now() >= deadline {
                return Ok(Polled::Nothing);
            }
        }
    }

    fn restore(&mut self, task: &TopicPartition, changelog: &TopicPartition, from: i64) {
        self.silence(task);
        self.set_phase(task, Phase::Silent);
        self.restores
            .push(Restore::start(&self.settings, task, changelog, from));
    }

    fn start(&mut self, task: &TopicPartition, from: Option<i64>) {
        self.silence(task);
        let phase = Phase::Starting {
            from,
            not_before: Instant::now(),
            no_offset_said: 0,
        };
        self.set_phase(task, phase);
    }

    fn release(&mut self, tasks: &[TopicPartition]) {
        self.forget_waiting(tasks);
        self.restores
            .retain(|restore| !tasks.contains(&restore.task));
        self.tasks.retain(|task| !tasks.contains(&task.of));
        self.leaving.retain(|of| !tasks.contains(of));
        tasks.iter().for_each(|of| {
            self.ends.remove(of);
        });
        if let Err(PortError(why)) = self.unassign(tasks) {
            // A consumer in such a state says so itself at the next poll.
            tracing::warn!(why, "release");
        }
    }

    fn send(&mut self, to: &TopicPartition, key: &[u8], value: Option<&[u8]>) {
        if let Some(transactions) = &mut self.transactions {
            transactions.send(to, key, value);
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Outcome {
        match &mut self.transactions {
            Some(transactions) => transactions.commit(offsets, self.group.as_ref()),
            None => Outcome::Unknown,
        }
    }

    fn abort(&mut self) -> Outcome {
        match &mut self.transactions {
            Some(transactions) => transactions.abort(),
            None => Outcome::Unknown,
        }
    }

    fn renew(&mut self) -> Result<bool, PortError> {
        // A process that was shut out of the group has a successor of the same name, whose producer
        // a new one of ours would fence.
        if let Some((code, why)) = self.consumer().client().fatal_error() {
            return Err(PortError(format!(
                "the consumer was shut out: {why} ({code})"
            )));
        }
        if self
            .transactions
            .as_ref()
            .is_some_and(Transactions::is_broken)
        {
            self.transactions = None;
        }
        self.prepare()
    }

    fn tell(&mut self, to: &TopicPartition, key: &[u8], value: &[u8]) {
        if self.teller.is_none() {
            self.teller = Teller::new(&self.settings);
        }
        if let Some(teller) = &self.teller {
            teller.tell(to, key, value);
        }
    }

    fn partitions(&mut self, topic: &str) -> Result<u32, PortError> {
        let metadata = self
            .consumer()
            .fetch_metadata(Some(topic), Duration::from_secs(10))
            .map_err(|cause| error(&format!("topic {topic} cannot be looked up"), &cause))?;
        let count = metadata
            .topics()
            .first()
            .map_or(0, |found| found.partitions().len());
        match u32::try_from(count) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(PortError(format!(
                "there is no topic {topic}; `ricochet topics init` makes it"
            ))),
        }
    }

    fn time(&self) -> Millis {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Drop for KafkaPort {
    fn drop(&mut self) {
        self.restores.clear();
        if let Some(mut transactions) = self.transactions.take() {
            // What is open must not hold others back until it times out.
            let _ = transactions.abort();
        }
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }
}
