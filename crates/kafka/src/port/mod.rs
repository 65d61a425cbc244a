//! The port: one consumer, one producer, and the tasks that the group gave.

mod group;
mod reading;
mod starts;
mod tasks;

use crate::consumer::{Listener, Reader, Standings, close, list_of};
use crate::errors::Seldom;
use crate::producer::Transactions;
use crate::purge::{Purging, purge};
use crate::restore::{Asked, Restore};
use crate::settings::Settings;
use crate::tell::Teller;
use model::Millis;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tasks::{Phase, Task};
use worker::service::{Outcome, Polled, Port, PortError, Purge, TopicPartition};

/// How often the preparation of transactions may hold up the thread.
const INIT_WITHIN: Duration = Duration::from_secs(5);

/// A producer whose transactions cannot be prepared for so long is made anew.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// After so many transactions in a row whose records were not written, something is wrong with a topic.
const REFUSED_MAX: usize = 2;

/// Sessions of the group for which it may refuse offsets and say nothing. While it is rebalanced it
/// refuses them until its slowest member has answered or is given up.
const OUTDATED_SESSIONS_MAX: u32 = 2;

/// How long a port that is dropped may take to abort what is open.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// A stage's access to Apache Kafka.
///
/// Everything happens on the caller's thread but four things: librdkafka's own, the count of
/// delivery reports, the reading of changelogs, and the deletion of what was read.
pub struct KafkaPort {
    settings: Settings,
    /// Always there but while it is dropped.
    consumer: Option<Reader>,
    subscribed: bool,
    transactions: Option<Transactions>,
    /// Under which offsets are committed: as of the last rebalance, never fresher, so that a process
    /// that missed one is refused.
    group: Option<Arc<ConsumerGroupMetadata>>,
    tasks: Vec<Task>,
    restores: Vec<Restore>,
    /// Restores that wait until fewer go on.
    asked: VecDeque<Asked>,
    waiting: VecDeque<Polled>,
    standings: Option<Standings>,
    /// The queue was found empty since the standings were taken.
    drained: bool,
    ends: BTreeMap<TopicPartition, i64>,
    /// Since when the consumer knows no broker.
    brokerless_since: Option<Instant>,
    teller: Option<Teller>,
    purging: Option<Purging>,
    /// Why records were not written, by transaction, since the last that was committed.
    refusals: Vec<String>,
    /// Since when the group takes no offsets, without having said anything meanwhile.
    outdated_since: Option<Instant>,
    seldom: Arc<Seldom>,
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
        let seldom = Arc::<Seldom>::default();
        let transactions = Transactions::new(&settings, &seldom)
            .map_err(|cause| error("the producer cannot be made", &cause))?;
        Ok(KafkaPort {
            settings,
            consumer: Some(consumer),
            subscribed: false,
            transactions: Some(transactions),
            group: None,
            tasks: Vec::new(),
            restores: Vec::new(),
            asked: VecDeque::new(),
            waiting: VecDeque::new(),
            standings: None,
            drained: false,
            ends: BTreeMap::new(),
            brokerless_since: None,
            teller: None,
            purging: None,
            refusals: Vec::new(),
            outdated_since: None,
            seldom,
        })
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
            None => Transactions::new(&self.settings, &self.seldom).map_err(refused)?,
        };
        let ready = transactions.make_ready(INIT_WITHIN).map_err(refused)?;
        // One that takes too long may have lost sight of the cluster: a new one looks for it.
        if ready || transactions.age() < READY_WITHIN {
            self.transactions = Some(transactions);
        }
        Ok(ready)
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
        self.forget_restores(std::slice::from_ref(task));
    }

    fn forget_restores(&mut self, tasks: &[TopicPartition]) {
        self.restores
            .retain(|restore| !tasks.contains(&restore.asked.task));
        self.asked.retain(|asked| !tasks.contains(&asked.task));
    }

    /// A rebalance that never ends would be a standstill for as long as the group waits for its
    /// members, five minutes. Whoever begins again makes it begin again.
    fn check_outdated(&self) -> Result<(), PortError> {
        let most = self.settings.session_timeout * OUTDATED_SESSIONS_MAX;
        let since = self.outdated_since.map(|since| since.elapsed());
        match since.filter(|since| *since > most) {
            Some(since) => Err(PortError(format!(
                "the group has taken no offsets for {} s, and said nothing of a rebalance",
                since.as_secs()
            ))),
            None => Ok(()),
        }
    }

    fn set_phase(&mut self, of: &TopicPartition, phase: Phase) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.of == *of) {
            task.enter(phase);
        }
    }

    /// How long the consumer may be waited for, when there are other things to look after.
    fn patience(&self, left: Duration) -> Duration {
        let starting = |task: &Task| matches!(task.phase, Phase::Starting { .. });
        if !(self.restores.is_empty() && self.asked.is_empty()) || self.tasks.iter().any(starting) {
            left.min(Duration::from_millis(2))
        } else {
            left.min(Duration::from_millis(100))
        }
    }
}

impl Port for KafkaPort {
    fn poll(&mut self, wait: Duration) -> Result<Polled, PortError> {
        let deadline = Instant::now() + wait;
        if self.refusals.len() >= REFUSED_MAX {
            let refusal = self.refusals.pop().unwrap_or_default();
            return Err(PortError(refusal));
        }
        self.check_outdated()?;
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
        self.asked.push_back(Asked {
            task: task.clone(),
            changelog: changelog.clone(),
            from,
        });
    }

    fn start(&mut self, task: &TopicPartition, from: Option<i64>) {
        self.silence(task);
        self.set_phase(task, Phase::starting(from));
    }

    fn release(&mut self, tasks: &[TopicPartition]) {
        self.forget_waiting(tasks);
        self.forget_restores(tasks);
        self.tasks.retain(|task| !tasks.contains(&task.of));
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
        let Some(transactions) = &mut self.transactions else {
            return Outcome::Unknown;
        };
        let outcome = transactions.commit(offsets, self.group.as_ref());
        match transactions.take_refusal() {
            Some(refusal) => self.refusals.push(refusal),
            None if matches!(outcome, Outcome::Committed(_)) => self.refusals.clear(),
            None => {}
        }
        if transactions.take_outdated() {
            self.outdated_since.get_or_insert_with(Instant::now);
        } else if matches!(outcome, Outcome::Committed(_)) {
            self.outdated_since = None;
        }
        outcome
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
            return Err(self.shut_out(Some(code), &why));
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
        if self.teller.as_ref().is_none_or(Teller::has_lost) {
            self.teller = Teller::new(&self.settings);
        }
        if let Some(teller) = &self.teller {
            teller.tell(to, key, value);
        }
    }

    fn purge(&mut self, before: &[(TopicPartition, i64)]) -> Purge {
        purge(&mut self.purging, &self.settings, before, &self.seldom)
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
                "there is no topic {topic}; `ricochet topics --config F init` makes it"
            ))),
        }
    }

    /// As of about a second ago. A transaction's own marks count as records.
    fn end(&self, task: &TopicPartition) -> Option<i64> {
        self.ends.get(task).copied()
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
        self.asked.clear();
        self.restores.clear();
        if let Some(mut transactions) = self.transactions.take() {
            // What is open must not hold others back until it times out.
            let _ = transactions.abort_within(CLOSE_WITHIN);
        }
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }
}
