//! The topics and groups of an application: what they should be, made once, and checked before a
//! start.

mod cluster;
mod erasures;
mod groups;
mod init;
mod plan;
mod speaker;
mod verify;

pub(crate) use cluster::{admin, options};
pub use erasures::{Asking, ask};
pub use groups::commit_offsets;
pub use init::{From, Made, init};
pub use plan::{GroupPlan, Plan, Sizes, TopicPlan, plan};
pub use verify::{Finding, verify};

use crate::settings::Settings;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
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
    /// Source topics are not there; they are never made here.
    #[error(
        "no such source topic: {}; whoever writes to it has to make it, or the configuration names \
         it wrongly ([kafka.topics])",
        .0.join(", ")
    )]
    NoSource(Vec<String>),
    /// The cluster answers, and does not let us see source topics.
    #[error(
        "no right to see the source topics {}: the user needs Describe, Read and DescribeConfigs \
         on them",
        .0.join(", ")
    )]
    NoRight(Vec<String>),
    /// The group is at work: its offsets are its own.
    #[error(
        "{what}: the group has members, and their offsets are theirs to commit; end all processes \
         that run this stage, wait until their sessions are over ({session_s} s), and ask again"
    )]
    HasMembers {
        /// What was asked for.
        what: String,
        /// How long a member that has ended still counts as one, in seconds.
        session_s: u64,
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

impl AdminError {
    /// Says which kind of error it is.
    pub(crate) fn of(settings: &Settings, what: &str, error: &KafkaError) -> AdminError {
        let code = match error {
            KafkaError::AdminOp(code) => Some(*code),
            other => other.rdkafka_error_code(),
        };
        AdminError::of_code(settings, what, code, &error.to_string())
    }

    pub(crate) fn of_code(
        settings: &Settings,
        what: &str,
        code: Option<RDKafkaErrorCode>,
        why: &str,
    ) -> AdminError {
        use RDKafkaErrorCode as Code;
        match code {
            None
            | Some(
                Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::Resolve
                | Code::Authentication
                | Code::SaslAuthenticationFailed
                | Code::SSL
                | Code::LeaderNotAvailable
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator,
            ) => AdminError::Unreachable {
                bootstrap_servers: settings.bootstrap_servers.clone(),
                why: format!("{what}: {why}"),
            },
            Some(Code::UnknownMemberId) => AdminError::HasMembers {
                what: what.to_owned(),
                session_s: settings.session_timeout.as_secs(),
            },
            Some(_) => AdminError::Refused {
                what: what.to_owned(),
                why: why.to_owned(),
            },
        }
    }

    /// Says what the client heard meanwhile, if there was no answer.
    pub(crate) fn because(mut self, trouble: impl FnOnce() -> Option<String>) -> AdminError {
        if let AdminError::Unreachable { why, .. } = &mut self
            && let Some(trouble) = trouble()
        {
            *why = format!("{why}; {trouble}");
        }
        self
    }
}
