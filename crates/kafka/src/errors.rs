//! What an error of a transaction means: the one place that decides it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What to do about an error of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Call the same again: it goes on where it was.
    Again,
    /// Abort the transaction; the producer goes on.
    Abort,
    /// The producer is of no use any more, and nobody knows what became of the transaction.
    Renew,
}

/// Says what to do about an error of a transaction.
///
/// | error | remedy | where it comes from |
/// |---|---|---|
/// | `Transaction`, fatal | renew | another producer of our name, or an outage longer than the transaction's time-out: the codes are the same |
/// | `Transaction`, requires abort | abort | a generation that is being replaced (`IllegalGeneration`), a member that left (`UnknownMemberId`), a record that was refused |
/// | `Transaction`, retriable | again | the cluster cannot be reached; `_TIMED_OUT` |
/// | `Flush(OperationTimedOut)` | again | the same while records are unsent |
/// | `Canceled` | renew | a call that did not come back |
/// | anything else | renew | not known: as bad as it gets |
///
/// Fatal goes first: an error may be both fatal and marked for an abort.
pub(crate) fn classify(error: &KafkaError) -> Remedy {
    match error {
        KafkaError::Transaction(inner) if inner.is_fatal() => Remedy::Renew,
        KafkaError::Transaction(inner) if inner.txn_requires_abort() => Remedy::Abort,
        KafkaError::Transaction(inner) if inner.is_retriable() => Remedy::Again,
        KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut) => Remedy::Again,
        _ => Remedy::Renew,
    }
}

/// Whether the group has gone on to another generation, or does not know this member.
pub(crate) fn is_outdated(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::RebalanceInProgress
        )
    )
}

/// Lets a warning pass once in ten seconds, so that an outage does not fill the log.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Is it time for the next one?
    pub(crate) fn now(&self) -> bool {
        const EVERY: Duration = Duration::from_secs(10);
        let mut last = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= EVERY);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}
