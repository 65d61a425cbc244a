//! A log in memory with the semantics of Apache Kafka, and the port on which the service runs on it.
//!
//! Everything happens in one thread and is a function of a seed. What the broker does is what was
//! measured on Apache Kafka 4.3: transactions with epochs, readers that see committed records only,
//! groups that check the member and its generation but never who owns a partition, compaction.
//! Left out are truncation, replication and retention by age.
//!
//! Invariant: knows the port and nothing of what the service writes.

mod cluster;
mod group;
mod log;
mod port;
mod reading;
mod schedule;
mod transactions;

#[cfg(test)]
mod port_tests;
#[cfg(test)]
mod tests;

pub use cluster::{Broker, Limits};
pub use group::Changes;
pub use log::Log;
pub use port::{Fate, Flaws, Meanwhile, Moment, PortName, SimPort};
pub use schedule::{Rates, Schedule};
pub use transactions::Epoch;

/// Why the broker does not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another producer with the same transactional id came after this one, or its transaction was
    /// open for too long.
    Fenced,
    /// The group has moved on since this member was last told.
    IllegalGeneration,
    /// The group does not have this member, or not any more.
    UnknownMember,
}
