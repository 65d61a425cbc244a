//! Offsets of groups, outside any transaction: for the first start only.

use super::AdminError;
use crate::producer::offsets_list;
use crate::settings::Settings;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use worker::service::TopicPartition;

/// Says which kind of error it is.
pub(super) fn admin_error(settings: &Settings, what: &str, error: &KafkaError) -> AdminError {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        None
        | Some(
            Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::SSL,
        ) => AdminError::Unreachable {
            bootstrap_servers: settings.bootstrap_servers.clone(),
            why: format!("{what}: {error}"),
        },
        Some(_) => AdminError::Refused {
            what: what.to_owned(),
            why: error.to_string(),
        },
    }
}

/// A consumer that speaks for a group without joining it.
pub(super) fn speaker(settings: &Settings, group: &str) -> Result<BaseConsumer, AdminError> {
    let mut config = settings.reader();
    config.set("group.id", group);
    let created: KafkaResult<BaseConsumer> = config.create();
    created.map_err(|error| AdminError::Refused {
        what: "a client cannot be made".to_owned(),
        why: error.to_string(),
    })
}

/// Commits offsets for a group that has no members now.
///
/// # Errors
/// The cluster cannot be reached, or the group has members.
pub fn commit_offsets(
    settings: &Settings,
    group: &str,
    offsets: &[(TopicPartition, i64)],
) -> Result<(), AdminError> {
    let speaker = speaker(settings, group)?;
    speaker
        .commit(&offsets_list(offsets), CommitMode::Sync)
        .map_err(|error| admin_error(settings, &format!("start offsets of group {group}"), &error))
}
