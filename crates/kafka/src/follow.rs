//! Reads some topics from their beginning, all partitions, committed records only, and goes on as they
//! grow. No group: everybody who follows reads everything.

use crate::admin::AdminError;
use crate::consumer::list_of;
use crate::errors::Seldom;
use crate::producer::log;
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::Offset;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use worker::service::TopicPartition;

/// The cluster has to answer within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Hears of trouble, and says it now and then.
#[derive(Default)]
struct Hearing(Seldom);

impl ClientContext for Hearing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let is_end = error.rdkafka_error_code() == Some(RDKafkaErrorCode::PartitionEOF);
        if !is_end && self.0.now() {
            tracing::warn!(%error, reason, "follower: trouble with the cluster, waited out");
        }
    }
}

impl ConsumerContext for Hearing {}

/// What was read of a record.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its key; empty if it has none.
    pub key: &'a [u8],
    /// Its value; `None` in a tombstone.
    pub value: Option<&'a [u8]>,
    /// When it was written, milliseconds since 1970; 0 if it does not say.
    pub written_at_ms: i64,
}

/// Records of one partition that are shown before the next one's turn.
const TURN_MAX: usize = 1_000;

/// A partition with a queue of its own: only so does the end of a partition say whose it is.
struct Place {
    queue: PartitionQueue<Hearing>,
    /// The next offset.
    next: i64,
    /// The end as it was when the following began, until it is reached.
    ahead: Option<i64>,
}

/// Follows some topics.
pub struct Follower {
    consumer: Arc<BaseConsumer<Hearing>>,
    places: Vec<Place>,
    settings: Settings,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Follower of {} partitions", self.places.len())
    }
}

/// What becomes of a start.
#[derive(Debug)]
pub enum Start {
    /// All topics are there.
    Follows(Box<Follower>),
    /// These are not there yet.
    Missing(Vec<String>),
}

impl Follower {
    /// Begins to follow, if all topics are there.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn start(settings: &Settings, topics: &[String]) -> Result<Start, AdminError> {
        let failed = |what: &str, error: &KafkaError| AdminError::of(settings, what, error);
        let mut config = settings.reader();
        config
            .set("group.id", settings.group())
            .set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer<Hearing> = config
            .create_with_context(Hearing::default())
            .map_err(|error| failed("a client cannot be made", &error))?;
        let metadata = consumer
            .fetch_metadata(None, ANSWER_WITHIN)
            .map_err(|error| failed("topics", &error))?;
        let mut partitions = Vec::new();
        let mut there = BTreeSet::new();
        for topic in metadata.topics() {
            if topic.error().is_none() && topics.iter().any(|one| one == topic.name()) {
                there.insert(topic.name().to_owned());
                let numbers = topic.partitions().iter();
                let numbers = numbers.filter_map(|one| u32::try_from(one.id()).ok());
                partitions.extend(numbers.map(|one| TopicPartition::new(topic.name(), one)));
            }
        }
        let missing = topics.iter().filter(|topic| !there.contains(*topic));
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            return Ok(Start::Missing(missing));
        }
        let mut ends = Vec::new();
        for place in &partitions {
            let number = place.partition.cast_signed();
            // Of a consumer of committed records the end is that of the last transaction that is over.
            let ends_of = consumer.fetch_watermarks(&place.topic, number, ANSWER_WITHIN);
            ends.push(ends_of.map_err(|error| failed(&place.topic, &error))?);
        }
        let consumer = Arc::new(consumer);
        let list = list_of(&partitions, Offset::Beginning);
        consumer
            .assign(&list)
            .map_err(|error| failed("partitions", &error))?;
        let mut places = Vec::new();
        for (place, (first, end)) in partitions.iter().zip(ends) {
            let number = place.partition.cast_signed();
            let queue = consumer.split_partition_queue(&place.topic, number);
            places.push(Place {
                queue: queue.ok_or_else(|| AdminError::Refused {
                    what: place.topic.to_string(),
                    why: "a partition has no queue of its own".to_owned(),
                })?,
                next: first,
                ahead: (end > first).then_some(end),
            });
        }
        Ok(Start::Follows(Box::new(Follower {
            consumer,
            places,
            settings: settings.clone(),
        })))
    }

    /// Shows what has come, at most so many records of each partition, waiting at most so long if
    /// nothing has. Says how many it were.
    ///
    /// # Errors
    /// A partition cannot be read any more: whoever follows begins anew.
    pub fn poll(
        &mut self,
        wait: Duration,
        mut show: impl FnMut(Followed<'_>),
    ) -> Result<usize, AdminError> {
        let mut shown = 0;
        // What is for the whole client: its troubles, and its life.
        if let Some(said) = self.consumer.poll(Duration::ZERO) {
            shown += taken(&self.settings, said, &mut show)?.map_or(0, |_| 1);
        }
        for place in &mut self.places {
            for _ in 0..TURN_MAX {
                match place.queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Err(KafkaError::PartitionEOF(_))) => {
                        place.ahead = None;
                        break;
                    }
                    Some(said) => {
                        if let Some(next) = taken(&self.settings, said, &mut show)? {
                            shown += 1;
                            place.next = next;
                            place.ahead = place.ahead.filter(|end| next < *end);
                        }
                    }
                }
            }
        }
        if shown == 0 {
            std::thread::sleep(wait);
        }
        Ok(shown)
    }

    /// Records that were there when the following began and are still to be read, about; 0: all were.
    #[must_use]
    pub fn behind(&self) -> u64 {
        let left = self.places.iter().filter_map(|place| {
            let left = place.ahead? - place.next;
            Some(u64::try_from(left).unwrap_or(0).max(1))
        });
        left.sum()
    }
}

/// Shows a record, and says the offset behind it.
fn taken(
    settings: &Settings,
    said: Result<BorrowedMessage<'_>, KafkaError>,
    show: &mut impl FnMut(Followed<'_>),
) -> Result<Option<i64>, AdminError> {
    match said {
        Ok(record) => {
            show(Followed {
                topic: record.topic(),
                key: record.key().unwrap_or_default(),
                value: record.payload(),
                written_at_ms: record.timestamp().to_millis().unwrap_or(0),
            });
            Ok(Some(record.offset() + 1))
        }
        Err(error) if is_lasting(&error) => Err(AdminError::of(settings, "reading", &error)),
        // librdkafka waits it out.
        Err(_) => Ok(None),
    }
}

/// Whether waiting does not help.
fn is_lasting(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::OffsetOutOfRange
                | Code::TopicAuthorizationFailed
        )
    )
}
