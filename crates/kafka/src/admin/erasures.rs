//! Asking the running service for something, and waiting until it says that it is done.

use super::AdminError;
use super::cluster::ANSWER_WITHIN;
use super::speaker::speaker;
use crate::consumer::list_of;
use crate::producer::log;
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::Offset;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use worker::service::TopicPartition;

/// What is asked, and where the answer will stand.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// The topic of one partition in which both stand.
    pub topic: &'a str,
    /// The key of the question.
    pub key: &'a str,
    /// What it says.
    pub value: &'a [u8],
    /// So long the answer is waited for.
    pub within: Duration,
}

/// Hears whether the question was written.
#[derive(Default)]
struct Delivery(Mutex<Option<Result<(), KafkaError>>>);

impl ClientContext for Delivery {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }
}

impl ProducerContext for Delivery {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let said = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        if let Ok(mut place) = self.0.lock() {
            *place = Some(said);
        }
    }
}

/// Writes the question and shows every later record of the topic, key and value, until one is the
/// answer. `None`: it did not come in time; the question stands.
///
/// # Errors
/// The cluster does not answer, or refuses.
pub fn ask<T>(
    settings: &Settings,
    asking: &Asking<'_>,
    mut is_it: impl FnMut(&str, Option<&[u8]>) -> Option<T>,
) -> Result<Option<T>, AdminError> {
    let failed = |error: &KafkaError| AdminError::of(settings, asking.topic, error);
    let reader = speaker(settings, &format!("{}.erase", settings.application_id))?;
    let (_, end) = reader
        .fetch_watermarks(asking.topic, 0, ANSWER_WITHIN)
        .map_err(|error| failed(&error))?;
    let place = TopicPartition::new(asking.topic, 0);
    let from = list_of(std::slice::from_ref(&place), Offset::Offset(end));
    reader.assign(&from).map_err(|error| failed(&error))?;
    write(settings, asking)?;
    let deadline = Instant::now() + asking.within;
    let mut trouble = None;
    while Instant::now() < deadline {
        match reader.poll(Duration::from_millis(100)) {
            None | Some(Err(KafkaError::PartitionEOF(_))) => {}
            // It may be over before the time is.
            Some(Err(error)) => trouble = Some(error),
            Some(Ok(record)) => {
                trouble = None;
                let key = String::from_utf8_lossy(record.key().unwrap_or_default()).into_owned();
                if let Some(answer) = is_it(&key, record.payload()) {
                    return Ok(Some(answer));
                }
            }
        }
    }
    match trouble {
        None => Ok(None),
        Some(error) => Err(failed(&error)),
    }
}

fn write(settings: &Settings, asking: &Asking<'_>) -> Result<(), AdminError> {
    let failed = |error: &KafkaError| AdminError::of(settings, asking.topic, error);
    let mut config = settings.producer(false);
    config.set("message.timeout.ms", ANSWER_WITHIN.as_millis().to_string());
    let producer: ThreadedProducer<Delivery> = config
        .create_with_context(Delivery::default())
        .map_err(|error| failed(&error))?;
    let record = BaseRecord::to(asking.topic)
        .partition(0)
        .key(asking.key)
        .payload(asking.value);
    producer.send(record).map_err(|(error, _)| failed(&error))?;
    let flushed = producer.flush(ANSWER_WITHIN + Duration::from_secs(1));
    flushed.map_err(|error| failed(&error))?;
    let said = producer.context().0.lock();
    match said.ok().and_then(|mut said| said.take()) {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(failed(&error)),
        None => Err(AdminError::Unreachable {
            bootstrap_servers: settings.bootstrap_servers.clone(),
            why: "the request was not confirmed as written".to_owned(),
        }),
    }
}
