//! Records outside any transaction, which may be lost.

use crate::producer::{Aside, log};
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use worker::service::TopicPartition;

/// Hears of failures and says nothing of them: the transactions' producer meets the same ones.
struct Quiet;

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

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

/// A producer without transactions. It is idempotent, so that what it tells stays in order.
pub(crate) struct Teller(Aside<ThreadedProducer<Quiet>>);

impl Teller {
    pub(crate) fn new(settings: &Settings) -> Option<Teller> {
        match settings.producer(false).create_with_context(Quiet) {
            Ok(producer) => Some(Teller(Aside::new(producer))),
            Err(error) => {
                tracing::warn!(%error, "a producer without transactions cannot be made");
                None
            }
        }
    }

    pub(crate) fn tell(&self, to: &TopicPartition, key: &[u8], value: &[u8]) {
        let partition = to.partition.cast_signed();
        let record = BaseRecord::to(&to.topic)
            .partition(partition)
            .key(key)
            .payload(value);
        if let Err((error, _)) = self.0.send(record) {
            tracing::debug!(%error, topic = %to.topic, "a record was not told");
        }
    }
}
