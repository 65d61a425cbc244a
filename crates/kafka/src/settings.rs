//! How a stage of one process speaks to the cluster.

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;

/// Bytes that a record may have, and that topics of ours have to take: the value of the heaviest
/// customer is written in one piece.
pub const RECORD_BYTES_MAX: u32 = 8 * 1024 * 1024;

/// Names of librdkafka's that decide whether records are lost or counted twice, or that are derived
/// from other settings.
const OURS: [&str; 30] = [
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "client.id",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "isolation.level",
    "log_level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "retries",
    "session.timeout.ms",
    "statistics.interval.ms",
    "transaction.timeout.ms",
    "transactional.id",
];

/// What is told outside of transactions is given up after this.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// How a stage of one process speaks to the cluster. Nothing is connected by making it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `host:port`, several with commas.
    pub bootstrap_servers: String,
    /// Prefix of topics, groups and transactional ids.
    pub application_id: String,
    /// This process among those of the application; starts again under the same name.
    pub instance: String,
    /// The stage; it is in the name of the group and of the transactional id.
    pub stage: String,
    /// The topics that the stage reads.
    pub topics: Vec<String>,
    /// Settings of librdkafka by their names, such as `security.protocol`; go before our defaults.
    pub librdkafka: BTreeMap<String, String>,
    /// Silence after which the group gives the partitions of a process to others. Default 15 s.
    pub session_timeout: Duration,
    /// Time after which the cluster ends the transaction of a process that says nothing. Default
    /// 10 s; has to be less than `session_timeout`.
    pub transaction_timeout: Duration,
    /// How long a restore waits without any progress before the port is given up. Default 2 min.
    pub restore_wait_max: Duration,
}

/// Settings that cannot be worked with.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// A setting that the service decides itself.
    #[error(
        "the setting `{0}` cannot be changed: what the service promises, exactly once and in \
         order, rests on it"
    )]
    Ours(String),
    /// A setting that librdkafka does not know, or a value that it does not take.
    #[error("the setting `{name}`: {why}")]
    Refused {
        /// The setting.
        name: String,
        /// What librdkafka says, unless that could repeat a secret. Its value never stands here.
        why: String,
    },
    /// Two settings that do not go together.
    #[error(
        "the transaction time-out ({transaction_ms} ms) has to be less than the session time-out \
         ({session_ms} ms): else a dead process holds records back after its partitions were given \
         to another one"
    )]
    Timeouts {
        /// Milliseconds of the transaction time-out.
        transaction_ms: u128,
        /// Milliseconds of the session time-out.
        session_ms: u128,
    },
}

impl Settings {
    /// Settings with all defaults.
    #[must_use]
    pub fn new(bootstrap_servers: &str, application_id: &str, instance: &str) -> Settings {
        Settings {
            bootstrap_servers: bootstrap_servers.to_owned(),
            application_id: application_id.to_owned(),
            instance: instance.to_owned(),
            stage: String::new(),
            topics: Vec::new(),
            librdkafka: BTreeMap::new(),
            session_timeout: Duration::from_secs(15),
            transaction_timeout: Duration::from_secs(10),
            restore_wait_max: Duration::from_secs(120),
        }
    }

    /// The same for a stage, which reads some topics.
    #[must_use]
    pub fn stage(&self, stage: &str, topics: &[String]) -> Settings {
        Settings {
            stage: stage.to_owned(),
            topics: topics.to_vec(),
            ..self.clone()
        }
    }

    /// Are these settings possible?
    ///
    /// # Errors
    /// A setting that is ours, unknown, or not taken.
    pub fn check(&self) -> Result<(), SettingsError> {
        if let Some(name) = self.librdkafka.keys().find(|name| OURS.contains(&&***name)) {
            return Err(SettingsError::Ours(name.clone()));
        }
        if self.transaction_timeout >= self.session_timeout {
            return Err(SettingsError::Timeouts {
                transaction_ms: self.transaction_timeout.as_millis(),
                session_ms: self.session_timeout.as_millis(),
            });
        }
        for (name, value) in &self.librdkafka {
            let mut config = ClientConfig::new();
            config.set(name, value);
            config
                .create_native_config()
                .map_err(|error| SettingsError::Refused {
                    name: name.clone(),
                    why: why_refused(name, &error),
                })?;
        }
        Ok(())
    }

    /// The group: `<application_id>.<stage>`.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}.{}", self.application_id, self.stage)
    }

    /// Name of this process's stage: `<application_id>.<stage>.<instance>`. It is the transactional
    /// id, and the id of the client, by which a cluster's operator finds it.
    #[must_use]
    pub fn client_id(&self) -> String {
        format!("{}.{}.{}", self.application_id, self.stage, self.instance)
    }

    /// What all clients have in common.
    pub(crate) fn client(&self) -> ClientConfig {
        self.client_with(ClientConfig::new())
    }

    /// The same over some defaults. (The map that a configuration gives of itself masks passwords:
    /// nothing may be copied by it.)
    fn client_with(&self, mut config: ClientConfig) -> ClientConfig {
        config
            .set("socket.keepalive.enable", "true")
            // An outage is waited out: a second of waiting for the next attempt is enough.
            .set("reconnect.backoff.max.ms", "1000")
            .set("log_level", "5");
        for (name, value) in &self.librdkafka {
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", self.client_id())
            .set_log_level(RDKafkaLogLevel::Notice);
        config
    }

    /// A consumer of committed records that is not yet in any group.
    pub(crate) fn reader(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("fetch.wait.max.ms", "25")
            .set("fetch.queue.backoff.ms", "20")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384");
        let mut config = self.client_with(config);
        config
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("allow.auto.create.topics", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set_log_level(RDKafkaLogLevel::Notice);
        config
    }

    /// The consumer of the stage.
    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.reader();
        let session_ms = self.session_timeout.as_millis();
        config
            .set("group.id", self.group())
            .set("group.instance.id", &self.instance)
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", session_ms.to_string())
            .set(
                "heartbeat.interval.ms",
                (session_ms / 5).min(3000).to_string(),
            )
            .set("statistics.interval.ms", "500");
        config
    }

    /// A producer of what may be lost: it is said again before long, and late it is worth nothing.
    pub(crate) fn teller(&self) -> ClientConfig {
        let mut config = self.producer(false);
        config
            .set("client.id", format!("{}.tell", self.client_id()))
            .set("message.timeout.ms", TOLD_WITHIN.as_millis().to_string());
        config
    }

    /// A producer; `transactional` with transactions.
    pub(crate) fn producer(&self, transactional: bool) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("linger.ms", "2")
            // A transaction that begins while the last one is still being ended is told to try again:
            // with the default of 100 ms that would be the time of a commit.
            .set("retry.backoff.ms", "5")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.kbytes", "131072")
            .set("message.max.bytes", RECORD_BYTES_MAX.to_string());
        let mut config = self.client_with(config);
        config
            .set("enable.idempotence", "true")
            .set_log_level(RDKafkaLogLevel::Notice);
        if transactional {
            config.set("transactional.id", self.client_id()).set(
                "transaction.timeout.ms",
                self.transaction_timeout.as_millis().to_string(),
            );
        }
        config
    }
}

/// What librdkafka says of a setting, which may repeat its value.
fn why_refused(name: &str, error: &KafkaError) -> String {
    const SECRET: [&str; 6] = ["passw", "secret", "key", "token", "pem", "oauth"];
    let lower = name.to_ascii_lowercase();
    if SECRET.iter().any(|word| lower.contains(word)) {
        return "librdkafka does not know it, or does not take its value".to_owned();
    }
    match error {
        KafkaError::ClientConfig(_, why, ..) => why.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, value: &str) -> Settings {
        let mut settings = Settings::new("127.0.0.1:1", "app", "a");
        settings
            .librdkafka
            .insert(name.to_owned(), value.to_owned());
        settings
    }

    #[test]
    fn a_password_reaches_every_client_and_no_message() {
        let given = settings("sasl.password", "P1");
        let clients = [given.client(), given.reader(), given.producer(true)];
        for client in clients {
            assert_eq!(client.get("sasl.password"), Some("P1"));
        }
        let unknown = settings("sasl.passwort", "P1").check().unwrap_err();
        let wrong = settings("ssl.key.pem", "P1").check();
        for error in [Some(unknown), wrong.err()].into_iter().flatten() {
            assert!(!error.to_string().contains("P1"), "{error}");
        }
    }

    #[test]
    fn a_setting_that_exactly_once_rests_on_is_refused() {
        for name in OURS {
            let error = settings(name, "1").check().unwrap_err();
            assert_eq!(error, SettingsError::Ours(name.to_owned()));
        }
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused_by_its_name() {
        let error = settings("lingr.ms", "1").check().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the setting `lingr.ms`: No such"),
            "{error}"
        );
        let error = settings("linger.ms", "soon").check().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the setting `linger.ms`: Invalid value"),
            "{error}"
        );
        assert_eq!(settings("security.protocol", "ssl").check(), Ok(()));
    }

    #[test]
    fn a_transaction_ends_before_its_session() {
        let mut settings = settings("linger.ms", "1");
        settings.transaction_timeout = settings.session_timeout;
        assert!(matches!(
            settings.check(),
            Err(SettingsError::Timeouts { .. })
        ));
    }

    #[test]
    fn what_is_passed_through_goes_before_our_defaults() {
        let settings = settings("linger.ms", "7");
        assert_eq!(settings.producer(true).get("linger.ms"), Some("7"));
        assert_eq!(
            settings.producer(true).get("enable.idempotence"),
            Some("true")
        );
    }
}
