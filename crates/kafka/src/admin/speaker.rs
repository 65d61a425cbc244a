//! A client that asks, and remembers what troubled it: librdkafka says only by the way that a password
//! or a certificate was refused, and answers a request with a time-out.

use super::AdminError;
use crate::producer::log;
use crate::settings::Settings;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Remembers the trouble that says most.
#[derive(Debug, Default)]
pub(super) struct Hearing(Mutex<Option<(Says, String)>>);

/// How much a trouble says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// That nobody is there.
    Nobody,
    /// What befell a connection.
    What,
    /// That a name, a password or a certificate is at fault.
    Why,
}

impl ClientContext for Hearing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        use RDKafkaErrorCode as Code;
        let says = match error.rdkafka_error_code() {
            Some(
                Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL | Code::Resolve,
            ) => Says::Why,
            Some(Code::AllBrokersDown) => Says::Nobody,
            _ => Says::What,
        };
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.as_ref().is_none_or(|(said, _)| *said <= says) {
            *heard = Some((says, reason.to_owned()));
        }
    }
}

impl ConsumerContext for Hearing {}

/// A consumer that speaks for a group without joining it.
pub(super) type Speaker = BaseConsumer<Hearing>;

/// Makes one.
pub(super) fn speaker(settings: &Settings, group: &str) -> Result<Speaker, AdminError> {
    let mut config = settings.reader();
    config.set("group.id", group);
    let created: KafkaResult<Speaker> = config.create_with_context(Hearing::default());
    created.map_err(|error| AdminError::of(settings, "a client cannot be made", &error))
}

/// What troubled a client that got no answer; nothing if it heard of no trouble.
pub(super) fn trouble(client: &Speaker) -> Option<String> {
    // What it hears waits in a queue until somebody looks.
    for _ in 0..10 {
        let _ = client.poll(Duration::from_millis(1));
    }
    let heard = client.context().0.lock();
    let heard = heard.unwrap_or_else(PoisonError::into_inner);
    heard.as_ref().map(|(_, reason)| reason.clone())
}
