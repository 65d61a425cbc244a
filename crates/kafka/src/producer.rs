//! Transactions: one producer, whose delivery reports are counted.
//!
//! librdkafka's own commit waits in steps of 100 ms for records that are under way. Here the reports
//! are counted down to zero first, and looked at: a producer that was fenced gets reports too, but
//! none that says that its record is there.

use crate::errors::{Remedy, Seldom, classify, is_outdated};
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use worker::service::{Outcome, TopicPartition};

/// How long an abort waits for the first answer of a transaction: before it, librdkafka does not
/// know that the cluster has begun one, and an abort would be its end.
const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// How long an abort is tried after a commit has used up its time.
const ABORT_WITHIN: Duration = Duration::from_secs(3);

/// What became of the records of the open transaction.
#[derive(Debug, Default)]
struct Reports {
    /// Records of which it is known what became.
    reported: usize,
    /// The number of reports that somebody waits for.
    awaited: usize,
    /// Records that are in the log.
    delivered: usize,
    /// Why the first record that is not in the log is not, and of which topic it is.
    failure: Option<(String, KafkaError)>,
    /// By topic, of each partition the offset behind the last record; -1 for none. There are few
    /// topics, and many reports.
    ends: Vec<(String, Vec<i64>)>,
}

/// Hears of each record what became of it, on librdkafka's polling thread.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    reports: Mutex<Reports>,
    changed: Condvar,
    seldom: Seldom,
}

impl Deliveries {
    fn lock(&self) -> MutexGuard<'_, Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all of so many reports have come, or this is so, or the time is over; says whether
    /// it was in time.
    fn wait(&self, sent: usize, wait: Duration, until: impl Fn(&Reports) -> bool) -> bool {
        let mut reports = self.lock();
        reports.awaited = sent;
        let goes_on = |reports: &mut Reports| reports.reported < sent && !until(reports);
        let (guard, result) = self
            .changed
            .wait_timeout_while(reports, wait, goes_on)
            .unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        !result.timed_out()
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if self.seldom.now() {
            tracing::warn!(%error, reason, "producer: trouble with the cluster, waited out");
        }
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut reports = self.lock();
        reports.reported += 1;
        match result {
            Ok(message) => {
                reports.delivered += 1;
                note_end(
                    &mut reports.ends,
                    message.topic(),
                    message.partition(),
                    message.offset(),
                );
            }
            Err((error, message)) => {
                let failure = || (message.topic().to_owned(), error.clone());
                reports.failure.get_or_insert_with(failure);
            }
        }
        if reports.reported == reports.awaited || reports.delivered == 1 {
            self.changed.notify_all();
        }
    }
}

fn note_end(ends: &mut Vec<(String, Vec<i64>)>, topic: &str, partition: i32, offset: i64) {
    let Ok(place) = usize::try_from(partition) else {
        return;
    };
    let known = ends.iter().position(|(known, _)| known == topic);
    let known = known.unwrap_or_else(|| {
        ends.push((topic.to_owned(), Vec::new()));
        ends.len() - 1
    });
    let of_topic = &mut ends[known].1;
    if of_topic.len() <= place {
        of_topic.resize(place + 1, -1);
    }
    of_topic[place] = of_topic[place].max(offset + 1);
}

/// librdkafka's own lines; nothing that it meets is for somebody to act on at once.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => tracing::debug!(facility, message, "librdkafka"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::trace!(facility, message, "librdkafka");
        }
    }
}

type Client = ThreadedProducer<Deliveries>;

/// A call into librdkafka that may take its time.
type Call = Box<dyn FnOnce(&Client) + Send>;

/// How much longer than it was allowed a call may take before it is given up.
const CALL_GRACE: Duration = Duration::from_secs(2);

/// A producer for one transaction after the other.
///
/// Calls that wait for the cluster are made on a thread of their own: one that has lost sight of
/// every broker does not come back at all, whatever time it was allowed.
pub(crate) struct Transactions {
    /// The thread has it as well, and is the last to let go of it: closing a producer waits for its
    /// last records, which is nothing for the thread of the stage.
    producer: Arc<Client>,
    calls: Sender<Call>,
    made_at: Instant,
    /// How long a commit or an abort is tried: longer than the cluster itself waits for us.
    patience: Duration,
    /// The cluster knows our name: earlier owners of it are fenced.
    ready: bool,
    open: bool,
    /// Records that were put into the open transaction.
    sent: usize,
    /// Something was put into the open transaction that the cluster has acknowledged.
    begun: bool,
    /// No call makes sense any more.
    broken: bool,
    /// Why a record of the last transaction was not written.
    refusal: Option<String>,
    /// The group did not take the offsets of the last transaction.
    is_outdated: bool,
    seldom: Arc<Seldom>,
}

impl Transactions {
    /// Makes a producer; it is of no use before [`Transactions::make_ready`].
    pub(crate) fn new(settings: &Settings, seldom: &Arc<Seldom>) -> KafkaResult<Transactions> {
        let config = settings.producer(true);
        let producer: Arc<Client> = Arc::new(config.create_with_context(Deliveries::default())?);
        let (calls, called) = channel::<Call>();
        let called_on = Arc::clone(&producer);
        std::thread::spawn(move || called.iter().for_each(|call| call(&called_on)));
        Ok(Transactions {
            producer,
            calls,
            made_at: Instant::now(),
            patience: settings.transaction_timeout + Duration::from_secs(2),
            ready: false,
            open: false,
            sent: 0,
            begun: false,
            broken: false,
            refusal: None,
            is_outdated: false,
            seldom: Arc::clone(seldom),
        })
    }

    /// Ends what is open under our name and fences whoever has it. `false`: not yet, call again.
    pub(crate) fn make_ready(&mut self, wait: Duration) -> KafkaResult<bool> {
        if self.ready {
            return Ok(true);
        }
        match self.call(wait, move |producer| producer.init_transactions(wait)) {
            Ok(()) => self.ready = true,
            Err(error) if classify(&error) == Remedy::Again => {
                if self.seldom.now() {
                    tracing::warn!(%error, "transactions cannot be prepared yet, waiting");
                }
            }
            Err(error) => return Err(error),
        }
        Ok(self.ready)
    }

    /// How long ago the producer was made.
    pub(crate) fn age(&self) -> Duration {
        self.made_at.elapsed()
    }

    /// Makes a call on the other thread, and waits for it a little longer than it was allowed.
    ///
    /// # Errors
    /// Those of the call; [`KafkaError::Canceled`] if it does not come back. Then nobody knows what
    /// it will have done, and the producer is of no use any more.
    fn call(
        &self,
        within: Duration,
        call: impl FnOnce(&Client) -> KafkaResult<()> + Send + 'static,
    ) -> KafkaResult<()> {
        let (done, result) = channel();
        let call: Call = Box::new(move |producer| drop(done.send(call(producer))));
        if self.calls.send(call).is_err() {
            return Err(KafkaError::Canceled);
        }
        result
            .recv_timeout(within + CALL_GRACE)
            .unwrap_or_else(|_| {
                tracing::warn!(
                    "a call to the cluster does not come back: its producer is given up"
                );
                Err(KafkaError::Canceled)
            })
    }

    /// Why a record of the last transaction was not written; said once.
    pub(crate) fn take_refusal(&mut self) -> Option<String> {
        self.refusal.take()
    }

    /// Whether the group did not take the offsets of the last transaction, because it has gone on to
    /// another generation or does not know this member; said once.
    pub(crate) fn take_outdated(&mut self) -> bool {
        std::mem::take(&mut self.is_outdated)
    }

    /// Is it of no use any more?
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Begins a transaction if none is open. `false`: the producer is broken.
    fn begin(&mut self) -> bool {
        if self.open || self.broken {
            return !self.broken;
        }
        if let Err(error) = self.producer.begin_transaction() {
            tracing::warn!(%error, "a transaction cannot be begun");
            self.broken = true;
            return false;
        }
        *self.producer.client().context().lock() = Reports::default();
        self.open = true;
        self.sent = 0;
        self.begun = false;
        true
    }

    /// Puts a record into the transaction, waiting while the queue is full.
    pub(crate) fn send(&mut self, to: &TopicPartition, key: &[u8], value: Option<&[u8]>) {
        if !self.begin() {
            return;
        }
        let mut deadline = None;
        let mut record = BaseRecord::to(&to.topic)
            .partition(to.partition.cast_signed())
            .key(key);
        record.payload = value;
        let failure = loop {
            match self.producer.send(record) {
                Ok(()) => {
                    self.sent += 1;
                    return;
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same))
                    if Instant::now()
                        < *deadline.get_or_insert_with(|| Instant::now() + self.patience) =>
                {
                    record = same;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => break error,
            }
        };
        if self.seldom.now() {
            tracing::warn!(error = %failure, topic = %to.topic, "a record cannot be sent");
        }
        let failure = (to.topic.to_string(), failure);
        let mut reports = self.producer.client().context().lock();
        reports.failure.get_or_insert(failure);
    }

    /// Commits what was sent together with offsets of the group.
    pub(crate) fn commit(
        &mut self,
        offsets: &[(TopicPartition, i64)],
        group: Option<&Arc<ConsumerGroupMetadata>>,
    ) -> Outcome {
        if !self.open && offsets.is_empty() && !self.broken {
            return Outcome::Committed(Vec::new());
        }
        if !self.begin() {
            return Outcome::Unknown;
        }
        let deadline = Instant::now() + self.patience;
        if !offsets.is_empty() {
            let Some(group) = group else {
                // Nothing was ever assigned: there is nothing whose offset could be committed.
                return self.abort();
            };
            let (list, group) = (offsets_list(offsets), Arc::clone(group));
            let sent = self.call(left(deadline), move |producer| {
                again_and_again(deadline, || {
                    producer.send_offsets_to_transaction(&list, &group, left(deadline))
                })
            });
            match sent {
                Ok(()) => self.begun = true,
                Err(error) => {
                    self.is_outdated = is_outdated(&error);
                    return self.give_up(&error, "offsets were not taken");
                }
            }
        }
        let deliveries = self.producer.client().context();
        if !deliveries.wait(self.sent, left(deadline), |_| false) {
            return self.abort_within(left(deadline).max(ABORT_WITHIN));
        }
        self.wait_for_empty_queue();
        let failure = deliveries.lock().failure.take();
        if let Some((topic, error)) = failure {
            let refusal = format!("records of topic {topic} cannot be written: {error}");
            if self.seldom.now() {
                tracing::warn!("{refusal}");
            }
            self.refusal = Some(refusal);
            return self.abort();
        }
        let committed = self.call(left(deadline), move |producer| {
            again_and_again(deadline, || producer.commit_transaction(left(deadline)))
        });
        match committed {
            Ok(()) => {
                self.open = false;
                Outcome::Committed(self.ends())
            }
            Err(error) => self.give_up(&error, "a transaction was not committed"),
        }
    }

    /// A report is counted a moment before librdkafka itself takes the record off its list. A commit
    /// within that moment would wait for the next step of 100 ms.
    fn wait_for_empty_queue(&self) {
        let deadline = Instant::now() + Duration::from_millis(20);
        while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(20));
        }
    }

    /// The offset behind the last record of each partition that was written to.
    fn ends(&self) -> Vec<(TopicPartition, i64)> {
        let reports = self.producer.client().context().lock();
        let of_topic = |(topic, ends): &(String, Vec<i64>)| -> Vec<(TopicPartition, i64)> {
            let written = (0u32..).zip(ends).filter(|(_, end)| **end >= 0);
            written
                .map(|(partition, end)| (TopicPartition::new(topic, partition), *end))
                .collect()
        };
        reports.ends.iter().flat_map(of_topic).collect()
    }

    /// Ends a transaction that cannot be committed.
    fn give_up(&mut self, error: &KafkaError, what: &str) -> Outcome {
        let remedy = classify(error);
        if self.seldom.now() {
            tracing::warn!(%error, ?remedy, "{what}");
        }
        match remedy {
            Remedy::Abort => self.abort(),
            // Out of patience: whether the cluster has it, nobody knows.
            Remedy::Again | Remedy::Renew => {
                self.broken = true;
                Outcome::Unknown
            }
        }
    }

    /// Takes back what was sent.
    pub(crate) fn abort(&mut self) -> Outcome {
        self.abort_within(self.patience)
    }

    /// The same with a bound of one's own.
    pub(crate) fn abort_within(&mut self, wait: Duration) -> Outcome {
        if self.broken {
            return Outcome::Unknown;
        }
        if !self.open {
            return Outcome::Aborted;
        }
        let deliveries = self.producer.client().context();
        let wait_for_first = FIRST_ANSWER_WITHIN.min(wait);
        let answered = |reports: &Reports| reports.delivered > 0;
        if !self.begun && !deliveries.wait(self.sent, wait_for_first, answered) {
            tracing::warn!(
                "no answer to the first record of a transaction: its outcome is unknown"
            );
            self.broken = true;
            return Outcome::Unknown;
        }
        let deadline = Instant::now() + wait;
        let aborted = self.call(wait, move |producer| {
            again_and_again(deadline, || producer.abort_transaction(left(deadline)))
        });
        match aborted {
            Ok(()) => {
                self.open = false;
                Outcome::Aborted
            }
            Err(error) => {
                tracing::warn!(%error, "a transaction was not aborted: its outcome is unknown");
                self.broken = true;
                Outcome::Unknown
            }
        }
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Calls until it succeeds, fails for good, or the time is over.
fn again_and_again(deadline: Instant, call: impl Fn() -> KafkaResult<()>) -> KafkaResult<()> {
    loop {
        match call() {
            Err(error) if classify(&error) == Remedy::Again && Instant::now() < deadline => {
                // Some failures come back at once.
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// A list of librdkafka's.
pub(crate) fn offsets_list(offsets: &[(TopicPartition, i64)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (of, offset) in offsets {
        list.add_partition_offset(
            &of.topic,
            of.partition.cast_signed(),
            Offset::Offset(*offset),
        )
        .expect("an absolute offset is always taken");
    }
    list
}
