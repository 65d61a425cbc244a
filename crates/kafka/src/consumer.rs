//! The consumer's side: what the group decides, and where the partitions stand. Both are only noted
//! down when librdkafka says them; the port acts on them.

use crate::errors::Seldom;
use crate::producer::log;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use worker::service::TopicPartition;

/// A consumer that notes down what it hears.
pub(crate) type Reader = BaseConsumer<Listener>;

/// Partitions given or taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rebalance {
    Assigned(Vec<TopicPartition>),
    Revoked(Vec<TopicPartition>),
    Lost(Vec<TopicPartition>),
}

/// Where a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The next offset to ask the cluster for.
    pub(crate) next: i64,
    /// The high watermark, as of the last answer.
    pub(crate) end: i64,
    /// The offset at which the last answer brought nothing; negative before there was one.
    pub(crate) end_met: i64,
    /// It is being fetched, and its broker has answered within the last second.
    pub(crate) fresh: bool,
}

/// Where the partitions stood at an instant.
#[derive(Debug)]
pub(crate) struct Standings {
    /// Not later than when they were taken.
    pub(crate) taken_at: Instant,
    /// The consumer knows a broker, whether or not it can be reached.
    pub(crate) has_brokers: bool,
    pub(crate) by_partition: BTreeMap<TopicPartition, Standing>,
}

/// Hears what the consumer has to say, on the thread that polls.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    rebalances: Mutex<VecDeque<Rebalance>>,
    standings: Mutex<Option<Standings>>,
    /// Where the end of a partition was met that was told last.
    end_met: Mutex<Option<i64>>,
    /// Calls so far. A poll that brought nothing and heard nothing has found the queue empty.
    heard: AtomicU64,
    /// The consumer is being closed: partitions are given back without asking anybody.
    closing: AtomicBool,
    seldom: Seldom,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener {
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        lock(&self.rebalances).pop_front()
    }

    pub(crate) fn take_standings(&self) -> Option<Standings> {
        lock(&self.standings).take()
    }

    /// Where the end of a partition was met that the poll has just told of: an error says which
    /// partition it is, and neither its topic nor the offset.
    pub(crate) fn take_end_met(&self) -> Option<i64> {
        lock(&self.end_met).take()
    }

    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    fn hear(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.hear();
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear();
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::PartitionEOF) {
            *lock(&self.end_met) = offset_in(reason);
        }
        // The end of a partition is no trouble, though it comes this way as well. That another
        // process has our name is told by whoever gives up because of it.
        let is_told = matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::FencedInstanceId)
        );
        if !is_told && self.seldom.now() {
            tracing::warn!(%error, reason, "consumer: trouble with the cluster, waited out");
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.hear();
        *lock(&self.standings) = Some(standings(&statistics));
    }
}

impl ConsumerContext for Listener {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        self.hear();
        let assigned = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            if !assigned {
                let _ = consumer.incremental_unassign(list);
            }
            return;
        }
        let partitions = partitions_of(list);
        let rebalance = if assigned {
            Rebalance::Assigned(partitions)
        } else if consumer.assignment_lost() {
            Rebalance::Lost(partitions)
        } else {
            Rebalance::Revoked(partitions)
        };
        lock(&self.rebalances).push_back(rebalance);
    }
}

/// The offset in librdkafka's words on the end of a partition: `Fetch from broker 1 reached end of
/// partition at offset 17 (HighwaterMark 17)`.
fn offset_in(reason: &str) -> Option<i64> {
    let (_, rest) = reason.split_once(" at offset ")?;
    rest.split_once(' ')?.0.parse().ok()
}

/// Statistics that are heard so much later than they were taken say nothing any more: the process
/// stood still meanwhile.
const STATISTICS_HOLD: Duration = Duration::from_secs(3);

/// A broker that has not answered for so long is not heard, microseconds.
const HEARD_WITHIN_US: i64 = 1_000_000;

/// How long ago statistics were taken, at most. They may wait for long before they are heard, and
/// say when they were taken in whole seconds.
fn age_max(statistics: &Statistics) -> Duration {
    let taken_at = u64::try_from(statistics.time).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
        .saturating_sub(Duration::from_secs(taken_at))
}

fn standings(statistics: &Statistics) -> Standings {
    let age = age_max(statistics);
    // A partition without a leader is nobody's, and says that its broker is -1. So do clients'
    // brokers that are none: the addresses to begin with, and the one that stands for nobody.
    let is_heard = |broker: &&rdkafka::statistics::Broker| {
        let has_answered = (0..HEARD_WITHIN_US).contains(&broker.rxidle);
        broker.nodeid >= 0 && broker.state == "UP" && has_answered
    };
    let brokers = statistics.brokers.values().filter(is_heard);
    let heard: BTreeSet<i32> = brokers.map(|broker| broker.nodeid).collect();
    let mut by_partition = BTreeMap::new();
    for topic in statistics.topics.values() {
        for partition in topic.partitions.values() {
            let Ok(number) = u32::try_from(partition.partition) else {
                continue;
            };
            let standing = Standing {
                next: partition.next_offset,
                end: partition.hi_offset,
                end_met: partition.eof_offset,
                // Before it is fetched again, what stands here is of the time before.
                fresh: partition.fetch_state == "active"
                    && heard.contains(&partition.broker)
                    && age < STATISTICS_HOLD,
            };
            by_partition.insert(TopicPartition::new(&topic.topic, number), standing);
        }
    }
    let now = Instant::now();
    Standings {
        taken_at: now.checked_sub(age).unwrap_or(now),
        // What stands for whichever broker coordinates the group is no broker.
        has_brokers: statistics
            .brokers
            .values()
            .any(|broker| matches!(broker.source.as_str(), "learned" | "configured")),
        by_partition,
    }
}

/// The partitions of a list, in order.
pub(crate) fn partitions_of(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let mut partitions: Vec<TopicPartition> = list
        .elements()
        .iter()
        .map(|element| TopicPartition::new(element.topic(), element.partition().cast_unsigned()))
        .collect();
    partitions.sort();
    partitions
}

/// A list of partitions at one offset.
pub(crate) fn list_of(partitions: &[TopicPartition], offset: Offset) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for of in partitions {
        list.add_partition_offset(&of.topic, of.partition.cast_signed(), offset)
            .expect("these offsets are always taken");
    }
    list
}

/// Closes a consumer on a thread of its own: librdkafka may take its time, or hang.
pub(crate) fn close(consumer: Reader) {
    const WAIT: Duration = Duration::from_secs(5);
    consumer.context().closing.store(true, Ordering::Release);
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(consumer);
        let _ = done.send(());
    });
    if wait.recv_timeout(WAIT).is_err() {
        tracing::warn!("a consumer is slow to close, and was left to itself");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statistics that were taken so long ago.
    fn taken(ago_s: u64) -> Statistics {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let time_s = now.expect("after 1970").as_secs() - ago_s;
        Statistics {
            time: i64::try_from(time_s).expect("before 2100"),
            ..Statistics::default()
        }
    }

    /// What waited to be heard speaks of the time when it was taken: a task that was started since
    /// must not believe it.
    #[test]
    fn statistics_are_as_old_as_they_say() {
        let age = |ago_s| standings(&taken(ago_s)).taken_at.elapsed();
        assert!(age(0) < Duration::from_secs(2));
        assert!(age(5) >= Duration::from_secs(5));
    }

    /// A partition of some broker, or of none, in some state; which brokers have answered, and when.
    fn is_fresh(of: i32, fetch_state: &str, brokers: &[(i32, i64)]) -> bool {
        let mut statistics = taken(0);
        for (nodeid, rxidle) in brokers {
            let broker = rdkafka::statistics::Broker {
                nodeid: *nodeid,
                rxidle: *rxidle,
                state: "UP".to_owned(),
                ..rdkafka::statistics::Broker::default()
            };
            let name = format!("{nodeid}-{rxidle}");
            statistics.brokers.insert(name, broker);
        }
        let partition = rdkafka::statistics::Partition {
            partition: 3,
            broker: of,
            fetch_state: fetch_state.to_owned(),
            ..rdkafka::statistics::Partition::default()
        };
        let mut topic = rdkafka::statistics::Topic {
            topic: "in".to_owned(),
            ..rdkafka::statistics::Topic::default()
        };
        topic.partitions.insert(3, partition);
        statistics.topics.insert("in".to_owned(), topic);
        standings(&statistics).by_partition[&TopicPartition::new("in", 3)].fresh
    }

    #[test]
    fn what_is_said_of_a_partition_is_fresh_while_its_broker_answers() {
        assert!(is_fresh(1, "active", &[(1, 200_000)]));
        assert!(!is_fresh(1, "active", &[(1, 2_000_000)]), "silent");
        assert!(!is_fresh(1, "active", &[(2, 200_000)]), "another");
        assert!(!is_fresh(1, "validate-epoch-wait", &[(1, 200_000)]));
        // Nobody leads it: the broker that stands for nobody is always up, and never answers.
        assert!(!is_fresh(-1, "active", &[(1, 200_000), (-1, -1)]));
        assert!(!is_fresh(-1, "active", &[(-1, 200_000)]));
    }

    #[test]
    fn the_end_of_a_partition_is_told_with_its_offset() {
        let told = "Fetch from broker 1 reached end of partition at offset 17 (HighwaterMark 18)";
        assert_eq!(offset_in(told), Some(17));
        assert_eq!(offset_in("Broker: No more messages"), None);
    }
}
