//! The topics and groups of an application: what they should be, made once and checked before a
//! start.

mod groups;

pub use groups::commit_offsets;

use thiserror::Error;

/// Why topics or groups could not be worked on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdminError {
    /// The cluster does not answer, or not everybody of it.
    #[error("no answer from Apache Kafka at {bootstrap_servers}: {why}")]
    Unreachable {
        /// Where it was looked for.
        bootstrap_servers: String,
        /// What librdkafka says.
        why: String,
    },
    /// The cluster answers, and says no.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked for.
        what: String,
        /// What it says.
        why: String,
    },
}
