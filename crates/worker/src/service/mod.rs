//! The life of a task on a log: restore, poll, apply, commit, revoke, resync.

mod port;
mod stats;

pub use port::{Outcome, Polled, Port, PortError, Record, TopicPartition};
pub use stats::{COMMIT_US_BOUNDS, ResyncCause, Stats, TaskPhase, TaskStats};
