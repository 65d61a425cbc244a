//! Apache Kafka: the port on which a stage of the service works, and the topics that it needs.
//!
//! Invariant: no other crate of the product knows librdkafka; none of its types is public here.
//! Invariant: it knows nothing of events, contacts or rules: records are bytes.
//! Invariant: offsets are committed inside a transaction only, under the group metadata of the last
//! rebalance; never by a consumer while a stage works.
//! Invariant: only committed records are brought to a task; the high watermark alone is looked up
//! without that.
//! Invariant: nothing waits without a bound, and an unknown outcome is never guessed.

pub mod admin;
mod consumer;
mod errors;
mod port;
mod producer;
mod purge;
mod restore;
mod settings;
mod tell;

pub use port::KafkaPort;
pub use settings::{RECORD_BYTES_MAX, Settings, SettingsError};
