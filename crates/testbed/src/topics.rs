//! Plain ways to create a topic, to fill it and to read it: what a test checks with.

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_secs(30);

/// A record as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Its partition, from 0.
    pub partition: u32,
    /// Its offset.
    pub offset: i64,
    /// Its time in milliseconds.
    pub recorded_at_ms: i64,
    /// Its key, as text.
    pub key: String,
    /// Its value; `None` in a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Row {
    /// Its value as text; empty in a tombstone.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }
}

fn client(bootstrap_servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap_servers);
    config
}

/// Number of brokers that answer, 0 if none does within a second.
#[must_use]
pub fn brokers(bootstrap_servers: &str) -> usize {
    // A client of its own each time: one that was refused waits longer and longer.
    let consumer: Result<BaseConsumer, _> =
        client(bootstrap_servers).set("log_level", "0").create();
    consumer
        .and_then(|consumer| consumer.fetch_metadata(None, Duration::from_secs(1)))
        .map_or(0, |metadata| metadata.brokers().len())
}

/// Creates a topic, with the broker's default replication.
///
/// # Panics
/// It is there already, or cannot be created.
pub fn create(bootstrap_servers: &str, topic: &str, partitions: u32, settings: &[(&str, &str)]) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let count = i32::try_from(partitions).expect("few partitions");
    let mut new = NewTopic::new(topic, count, TopicReplication::Fixed(-1));
    for (name, value) in settings {
        new = new.set(name, value);
    }
    let options = AdminOptions::new().operation_timeout(Some(WAIT));
    let results = pollster::block_on(admin.create_topics([&new], &options));
    for result in results.expect("the broker answers") {
        result.expect("the topic can be created");
    }
}

/// Appends records, each with its partition, key and value (`None`: a tombstone), and waits until
/// they are there.
///
/// # Panics
/// They cannot be written.
pub fn produce<V: AsRef<[u8]>>(
    bootstrap_servers: &str,
    topic: &str,
    records: &[(u32, &str, Option<V>)],
) {
    let producer: BaseProducer = client(bootstrap_servers)
        .set("enable.idempotence", "true")
        .create()
        .expect("settings are right");
    for (partition, key, value) in records {
        let partition = i32::try_from(*partition).expect("few partitions");
        loop {
            let mut record = BaseRecord::to(topic).partition(partition).key(*key);
            record.payload = value.as_ref().map(AsRef::as_ref);
            match producer.send(record) {
                Ok(()) => break,
                Err(_) => producer.poll(Duration::from_millis(10)),
            }
        }
    }
    producer.flush(WAIT).expect("the broker takes them");
}

/// Everything that is committed in a topic now, ordered by partition and offset. What stands behind
/// an open transaction is not read, as by any other reader of committed records.
///
/// # Panics
/// The topic is not there or cannot be read within half a minute.
#[must_use]
pub fn read_committed(bootstrap_servers: &str, topic: &str) -> Vec<Row> {
    let consumer: BaseConsumer = client(bootstrap_servers)
        .set("group.id", "testbed")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "10")
        .create()
        .expect("settings are right");
    let metadata = consumer
        .fetch_metadata(Some(topic), WAIT)
        .expect("the broker answers");
    let mut open: BTreeSet<i32> = metadata.topics()[0]
        .partitions()
        .iter()
        .map(|p| p.id())
        .collect();
    assert!(!open.is_empty(), "there is no topic {topic}");
    let mut list = TopicPartitionList::new();
    for partition in &open {
        list.add_partition_offset(topic, *partition, Offset::Beginning)
            .expect("an offset");
    }
    consumer.assign(&list).expect("nothing else is assigned");
    let mut rows = Vec::new();
    let deadline = Instant::now() + WAIT;
    while !open.is_empty() {
        assert!(
            Instant::now() < deadline,
            "{topic} was not read to its end: {open:?} are open"
        );
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => rows.push(Row {
                partition: message.partition().cast_unsigned(),
                offset: message.offset(),
                recorded_at_ms: message.timestamp().to_millis().unwrap_or(-1),
                key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
                value: message.payload().map(<[u8]>::to_vec),
            }),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(_)) | None => {}
        }
    }
    rows.sort();
    rows
}

/// Deletes a topic with all that is in it.
///
/// # Panics
/// It cannot be deleted.
pub fn delete(bootstrap_servers: &str, topic: &str) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let options = AdminOptions::new().operation_timeout(Some(WAIT));
    let deleted = pollster::block_on(admin.delete_topics(&[topic], &options));
    for result in deleted.expect("the broker answers") {
        result.expect("the topic can be deleted");
    }
}

/// Gives a topic more partitions, so many in all.
///
/// # Panics
/// It has as many already, or the broker refuses.
pub fn grow(bootstrap_servers: &str, topic: &str, partitions: usize) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let options = AdminOptions::new().operation_timeout(Some(WAIT));
    let grown = NewPartitions::new(topic, partitions);
    let grown = pollster::block_on(admin.create_partitions(&[grown], &options));
    for result in grown.expect("the broker answers") {
        result.expect("the topic can grow");
    }
}

/// Deletes the records of a partition before an offset.
///
/// # Panics
/// They cannot be deleted.
pub fn delete_before(bootstrap_servers: &str, topic: &str, partition: u32, offset: i64) {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition.cast_signed(), Offset::Offset(offset))
        .expect("an offset");
    let options = AdminOptions::new().operation_timeout(Some(WAIT));
    let deleted = pollster::block_on(admin.delete_records(&list, &options));
    let deleted = deleted.expect("the broker answers");
    for element in deleted.elements() {
        element.error().expect("the records can be deleted");
    }
}

/// Joins a group as the client `stranger`, and stays in it until it is dropped.
///
/// # Panics
/// It is given no partition within half a minute.
#[must_use]
pub fn join(bootstrap_servers: &str, group: &str, topic: &str) -> BaseConsumer {
    let consumer: BaseConsumer = client(bootstrap_servers)
        .set("group.id", group)
        .set("client.id", "stranger")
        .set("enable.auto.commit", "false")
        .create()
        .expect("settings are right");
    consumer.subscribe(&[topic]).expect("a topic's name");
    let deadline = Instant::now() + WAIT;
    while consumer.assignment().map_or(0, |list| list.count()) == 0 {
        assert!(Instant::now() < deadline, "{group} gave no partition");
        let _ = consumer.poll(Duration::from_millis(100));
    }
    consumer
}
