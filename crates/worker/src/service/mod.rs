//! The life of a task on a log: restore, poll, apply, commit, revoke, resync.
//!
//! [`Runner`] is a stage of one process. It knows a log by its [`Port`] only; Apache Kafka and the
//! simulator's broker are the two there are.

mod coordinator;
mod door;
mod erasing;
mod keyed;
mod memories;
mod outlet;
mod pace;
mod port;
mod runner;
mod slot;
mod sources;
mod stages;
mod stats;
mod tally;
mod timers;
mod topics;
mod wire;
mod work;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;

pub use coordinator::{CONFIRMED_KEY_PREFIX, Erasure};
pub use door::{Decode, Decoding};
pub use outlet::{DeadLetter, Encode};
pub use pace::Pace;
pub use port::{Outcome, Polled, Port, PortError, Purge, Record, TopicPartition};
pub use runner::Stepped;
pub use sources::{SourceSettings, Sources};
pub use stages::{Application, Runner};
pub use stats::{
    AlertCounts, Business, COMMIT_US_BOUNDS, Follower, Paired, Reasons, ResyncCause, SourceStats,
    Stats, TaskPhase, TaskStats,
};
pub use topics::{
    BY_CONTACT, BY_CUSTOMER, BY_HANDLE, ERASURES, StageName, TABLES, partition_of, topic_name,
};
pub use wire::messages_of;
