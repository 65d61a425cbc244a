//! Plain ways to create a topic, to fill it and to read it: what a test checks with.

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Creates a topic, with the broker's default replication, and waits until the broker names it to
/// whoever asks for all topics: on a busy machine that is later than the creation.
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
    let asked_at = Instant::now();
    while !is_named(&admin, topic, partitions as usize) {
        assert!(asked_at.elapsed() < WAIT, "{topic}: created, and not there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether all topics, as the broker names them, are with this one and its partitions.
fn is_named(admin: &AdminClient<DefaultClientContext>, topic: &str, partitions: usize) -> bool {
    let metadata = admin.inner().fetch_metadata(None, WAIT);
    let metadata = metadata.expect("the broker answers");
    let mut topics = metadata.topics().iter();
    topics.any(|one| one.name() == topic && one.partitions().len() == partitions)
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
    let producer: BaseProducer<Delivered> = client(bootstrap_servers)
        .set("enable.idempotence", "true")
        .create_with_context(Delivered::default())
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
    // A flush waits for what becomes of each record, and does not say what.
    let Delivered { taken, refused } = producer.context().as_ref();
    let refused = refused.lock().expect("nobody panicked");
    assert_eq!(
        taken.load(Ordering::Relaxed),
        records.len(),
        "{topic}: {refused:?}"
    );
}

/// What became of the records of a producer.
#[derive(Default)]
struct Delivered {
    taken: AtomicUsize,
    refused: Mutex<Option<KafkaError>>,
}

impl ClientContext for Delivered {}

impl ProducerContext for Delivered {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => drop(self.taken.fetch_add(1, Ordering::Relaxed)),
            Err((error, _)) => {
                *self.refused.lock().expect("nobody panicked") = Some(error.clone());
            }
        }
    }
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

/// Writes records one after the other, over one connection.
pub struct Writer(BaseProducer);

impl Writer {
    /// Connects.
    ///
    /// # Panics
    /// Never, with settings as they are.
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> Writer {
        let producer = client(bootstrap_servers).set("linger.ms", "5").create();
        Writer(producer.expect("settings are right"))
    }

    /// Writes a record; it is on its way, and may not be there yet.
    pub fn send(&self, topic: &str, partition: u32, value: &str) {
        loop {
            let record = BaseRecord::<(), str>::to(topic)
                .partition(partition.cast_signed())
                .payload(value);
            if self.0.send(record).is_ok() {
                break;
            }
            self.0.poll(Duration::from_millis(10));
        }
        self.0.poll(Duration::ZERO);
    }
}

impl Drop for Writer {
    /// What was sent is there when it is gone.
    fn drop(&mut self) {
        let _ = self.0.flush(WAIT);
    }
}

/// Reads what is committed to a topic from now on.
pub struct Reader(BaseConsumer);

impl Reader {
    /// Begins at the topic's end.
    ///
    /// # Panics
    /// The topic is not there.
    #[must_use]
    pub fn at_end(bootstrap_servers: &str, topic: &str) -> Reader {
        let consumer: BaseConsumer = client(bootstrap_servers)
            .set("group.id", "testbed")
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "10")
            .create()
            .expect("settings are right");
        let metadata = consumer
            .fetch_metadata(Some(topic), WAIT)
            .expect("the broker answers");
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition_offset(topic, partition.id(), Offset::End)
                .expect("an offset");
        }
        consumer.assign(&list).expect("nothing else is assigned");
        Reader(consumer)
    }

    /// The partition of the next record, if there is one within this time.
    #[must_use]
    pub fn next(&self, wait: Duration) -> Option<u32> {
        self.next_value(wait).map(|(partition, _)| partition)
    }

    /// Partition and value of the next record, if there is one within this time.
    #[must_use]
    pub fn next_value(&self, wait: Duration) -> Option<(u32, Option<Vec<u8>>)> {
        let message = self.0.poll(wait)?.ok()?;
        let value = message.payload().map(<[u8]>::to_vec);
        Some((message.partition().cast_unsigned(), value))
    }
}

/// Who reads which partitions of a topic in a group, by the members' client ids.
///
/// # Panics
/// The broker does not answer.
#[must_use]
pub fn owners(bootstrap_servers: &str, group: &str, topic: &str) -> BTreeMap<String, Vec<u32>> {
    let consumer: BaseConsumer = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let groups = consumer
        .fetch_group_list(Some(group), WAIT)
        .expect("the broker answers");
    let members = groups.groups().iter().flat_map(|group| group.members());
    members
        .map(|member| {
            let assignment = member.assignment().unwrap_or_default();
            let partitions = partitions_of(assignment, topic).unwrap_or_default();
            (member.client_id().to_owned(), partitions)
        })
        .collect()
}

/// The partitions of a topic in a member's assignment, as Kafka's `ConsumerProtocolAssignment` says
/// it: a version, and topics with their partitions, big-endian, each list behind its length.
fn partitions_of(assignment: &[u8], topic: &str) -> Option<Vec<u32>> {
    fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = from.split_at_checked(count)?;
        *from = rest;
        Some(taken)
    }
    fn number(from: &mut &[u8]) -> Option<u32> {
        Some(u32::from_be_bytes(take(from, 4)?.try_into().ok()?))
    }
    let mut rest = assignment;
    take(&mut rest, 2)?;
    for _ in 0..number(&mut rest)? {
        let length = u16::from_be_bytes(take(&mut rest, 2)?.try_into().ok()?);
        let is_it = take(&mut rest, usize::from(length))? == topic.as_bytes();
        let count = number(&mut rest)?;
        let found: Option<Vec<u32>> = (0..count).map(|_| number(&mut rest)).collect();
        if is_it {
            return found;
        }
    }
    Some(Vec::new())
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

/// Names of all topics that begin so.
///
/// # Panics
/// The broker does not answer.
#[must_use]
pub fn names(bootstrap_servers: &str, prefix: &str) -> Vec<String> {
    let consumer: BaseConsumer = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let metadata = consumer.fetch_metadata(None, WAIT);
    let metadata = metadata.expect("the broker answers");
    let names = metadata
        .topics()
        .iter()
        .map(|topic| topic.name().to_owned());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// Gives a topic these settings in place of all that it has.
///
/// # Panics
/// The broker does not take them.
pub fn configure(bootstrap_servers: &str, topic: &str, settings: &[(&str, &str)]) {
    use rdkafka::admin::{AlterConfig, ResourceSpecifier};
    let admin: AdminClient<DefaultClientContext> = client(bootstrap_servers)
        .create()
        .expect("settings are right");
    let mut alter = AlterConfig::new(ResourceSpecifier::Topic(topic));
    for (name, value) in settings {
        alter = alter.set(name, value);
    }
    let options = AdminOptions::new().operation_timeout(Some(WAIT));
    let altered = pollster::block_on(admin.alter_configs([&alter], &options));
    for result in altered.expect("the broker answers") {
        result.expect("the settings can be changed");
    }
}
