//! Records outside any transaction, which may be lost.

use crate::producer::log;
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use std::sync::atomic::{AtomicBool, Ordering};
use worker::service::TopicPartition;

/// Hears of failures and says nothing of them: the transactions' producer meets the same ones.
#[derive(Default)]
struct Quiet {
    /// A record was lost.
    has_lost: AtomicBool,
}

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "teller");
    }
}

impl ProducerContext for Quiet {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.has_lost.store(true, Ordering::Relaxed);
        }
    }
}

/// A producer without transactions. It is idempotent, so that what it tells stays in order. It is
/// always there but while it is dropped.
pub(crate) struct Teller(Option<ThreadedProducer<Quiet>>);

impl Teller {
    pub(crate) fn new(settings: &Settings) -> Option<Teller> {
        match settings.teller().create_with_context(Quiet::default()) {
            Ok(producer) => Some(Teller(Some(producer))),
            Err(error) => {
                tracing::warn!(%error, "a producer without transactions cannot be made");
                None
            }
        }
    }

    /// Whether a record was lost: the cluster was away, or the producer does not find it any more.
    /// librdkafka forgets every broker when one that is just starting answers that the cluster has
    /// none, and then never asks again (<https://github.com/confluentinc/librdkafka/issues/5301>). A
    /// new producer asks.
    pub(crate) fn has_lost(&self) -> bool {
        self.producer()
            .client()
            .context()
            .has_lost
            .load(Ordering::Relaxed)
    }

    fn producer(&self) -> &ThreadedProducer<Quiet> {
        self.0.as_ref().expect("it is there until it is dropped")
    }

    pub(crate) fn tell(&self, to: &TopicPartition, key: &[u8], value: &[u8]) {
        let partition = to.partition.cast_signed();
        let record = BaseRecord::to(&to.topic)
            .partition(partition)
            .key(key)
            .payload(value);
        if let Err((error, _)) = self.producer().send(record) {
            tracing::debug!(%error, topic = %to.topic, "a record was not told");
        }
    }
}

impl Drop for Teller {
    /// On a thread of its own: closing a producer waits for its last records, which is nothing for
    /// the thread of the stage.
    fn drop(&mut self) {
        let producer = self.0.take();
        std::thread::spawn(move || drop(producer));
    }
}
