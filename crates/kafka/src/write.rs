//! Writes single records of which somebody has to know that they are written.

use crate::admin::AdminError;
use crate::producer::log;
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// A record is given up after this.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

struct Hearing;

impl ClientContext for Hearing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "writer");
    }
}

impl ProducerContext for Hearing {
    /// Who waits; `None`: nobody does.
    type DeliveryOpaque = Box<Option<Sender<Result<(), KafkaError>>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waits: Self::DeliveryOpaque) {
        if let Some(waits) = *waits {
            let said = match result {
                Ok(_) => Ok(()),
                Err((error, _)) => Err(error.clone()),
            };
            // Whoever waited may have gone.
            let _ = waits.send(said);
        }
    }
}

/// Writes records to one topic of one partition.
pub struct Writer {
    producer: ThreadedProducer<Hearing>,
    topic: String,
    settings: Settings,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Writer to {}", self.topic)
    }
}

impl Writer {
    /// A writer; nothing is connected yet.
    ///
    /// # Errors
    /// The settings cannot be worked with.
    pub fn new(settings: &Settings, topic: &str) -> Result<Writer, AdminError> {
        let mut config = settings.producer(false);
        let within_ms = WRITTEN_WITHIN.as_millis().to_string();
        config
            .set("client.id", format!("{}.write", settings.client_id()))
            .set("message.timeout.ms", within_ms);
        let producer = config
            .create_with_context(Hearing)
            .map_err(|error| AdminError::of(settings, "a client cannot be made", &error))?;
        Ok(Writer {
            producer,
            topic: topic.to_owned(),
            settings: settings.clone(),
        })
    }

    /// Writes a record, and returns when all replicas in sync have it.
    ///
    /// # Errors
    /// It is not known to be written.
    pub fn write(&self, key: &str, value: &[u8]) -> Result<(), AdminError> {
        let failed = |error: &KafkaError| AdminError::of(&self.settings, &self.topic, error);
        let (said, waits) = channel();
        self.send(key, value, Some(said))
            .map_err(|error| failed(&error))?;
        match waits.recv_timeout(WRITTEN_WITHIN + Duration::from_secs(1)) {
            Ok(said) => said.map_err(|error| failed(&error)),
            Err(_) => Err(AdminError::Unreachable {
                bootstrap_servers: self.settings.bootstrap_servers.clone(),
                why: "the record was not confirmed as written".to_owned(),
            }),
        }
    }

    /// Writes a record that may be lost, and waits for nothing.
    pub fn note(&self, key: &str, value: &[u8]) {
        if let Err(error) = self.send(key, value, None) {
            tracing::warn!(%error, topic = self.topic, "a record was not written");
        }
    }

    fn send(
        &self,
        key: &str,
        value: &[u8],
        waits: Option<Sender<Result<(), KafkaError>>>,
    ) -> Result<(), KafkaError> {
        let record = BaseRecord::with_opaque_to(&self.topic, Box::new(waits))
            .partition(0)
            .key(key)
            .payload(value);
        self.producer.send(record).map_err(|(error, _)| error)
    }
}
