//! What a stage of one process needs of a log: records in, transactions out, a group that shares
//! partitions out. Two things implement it: Apache Kafka, and the simulator's broker.
//!
//! A *task* is a partition of the stage's input together with the state of its keys; it is named by
//! that partition. All calls come from one thread.

use model::{Millis, Text};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Text,
    /// Its number, from 0.
    pub partition: u32,
}

impl TopicPartition {
    /// A partition by its topic and number.
    #[must_use]
    pub fn new(topic: &str, partition: u32) -> TopicPartition {
        TopicPartition {
            topic: topic.into(),
            partition,
        }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.topic, self.partition)
    }
}

/// A record of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: i64,
    /// When it was produced or appended; `None` where the log does not know.
    pub recorded_at: Option<Millis>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` in a tombstone.
    pub value: Option<Vec<u8>>,
}

/// What a poll brings. Only committed records are ever brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Nothing, for as long as was asked to wait.
    Nothing,
    /// The group gave these partitions. They bring no record before [`Port::start`].
    Assigned(Vec<TopicPartition>),
    /// The group takes these partitions back. They are ours until [`Port::release`], which has to
    /// be called before the next poll: work of theirs that is open has to be committed or aborted.
    Revoked(Vec<TopicPartition>),
    /// These partitions are no longer ours: what is open of them cannot be committed.
    /// [`Port::release`] has to be called all the same.
    Lost(Vec<TopicPartition>),
    /// Records of one task, in order.
    Records(TopicPartition, Vec<Record>),
    /// Everything there is was brought, up to this offset (exclusive). Said again from time to time
    /// while nothing new comes, at least once a second.
    CaughtUp(TopicPartition, i64),
    /// Records of a task's changelog, in order.
    Restoring(TopicPartition, Vec<Record>),
    /// All that was committed to the task's changelog when [`Port::restore`] was called, or later,
    /// has been brought. The offset is the one behind it.
    Restored(TopicPartition, i64),
    /// The partition does not go on where the task stands: records from `wanted` up to `first` are
    /// gone, or the log was cut off and made anew. The task brings no more records.
    Gap {
        /// The task.
        task: TopicPartition,
        /// The offset that was to be read next; `None` if none was ever committed.
        wanted: Option<i64>,
        /// The first offset that is there.
        first: i64,
        /// The offset behind the last one that is there.
        end: i64,
    },
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is committed: all of it. Says, where it is known, the offset behind the last record that
    /// was sent to each partition.
    Committed(Vec<(TopicPartition, i64)>),
    /// Nothing of it happened, and the next transaction may begin.
    Aborted,
    /// Nobody knows, or another process has taken over: [`Port::renew`], and read what is there.
    Unknown,
}

/// What has become of records that are to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// They are being deleted.
    Going,
    /// They are gone: no reader sees them again.
    Done,
    /// They cannot be deleted, and why.
    Refused(String),
}

/// A log that cannot be worked with: the caller drops the port and makes another one later.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct PortError(pub String);

/// What a stage of one process needs of a log.
pub trait Port {
    /// Waits for something to happen, at most this long.
    ///
    /// # Errors
    /// The log cannot be worked with, for longer than can be waited out here.
    fn poll(&mut self, wait: Duration) -> Result<Polled, PortError>;

    /// Brings what stands in a task's changelog from an offset on: [`Polled::Restoring`], then
    /// [`Polled::Restored`]. Transactions of a former owner have ended before the reading begins:
    /// nothing that was committed is missing, whatever transaction is still open. A call while
    /// another restore of the task goes on replaces it.
    fn restore(&mut self, task: &TopicPartition, changelog: &TopicPartition, from: i64);

    /// Lets a task's records come, from this offset on; with `None` from the offset that the group
    /// has committed. Records before are no longer brought, whatever was fetched.
    fn start(&mut self, task: &TopicPartition, from: Option<i64>);

    /// Lets go of partitions that were [`Polled::Revoked`] or [`Polled::Lost`].
    fn release(&mut self, tasks: &[TopicPartition]);

    /// Puts a record into the open transaction; the first one begins it. What goes wrong is said by
    /// [`Port::commit`].
    fn send(&mut self, to: &TopicPartition, key: &[u8], value: Option<&[u8]>);

    /// Commits what was sent, together with the offsets behind the last record read of each task,
    /// under the group's generation as of the last assignment.
    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Outcome;

    /// Takes back what was sent. Never [`Outcome::Committed`].
    fn abort(&mut self) -> Outcome;

    /// After [`Outcome::Unknown`]: ends whatever transaction is open under our name, so that it is
    /// known what is committed. Says `false` if that could not be done yet.
    ///
    /// # Errors
    /// It cannot be done at all.
    fn renew(&mut self) -> Result<bool, PortError>;

    /// Appends a record outside any transaction, without waiting for it. It may be lost.
    fn tell(&mut self, to: &TopicPartition, key: &[u8], value: &[u8]);

    /// Deletes the records before these offsets, of topics of ours. It takes a while, and is asked
    /// again with the same offsets until it is no longer [`Purge::Going`].
    fn purge(&mut self, before: &[(TopicPartition, i64)]) -> Purge;

    /// Number of partitions of a topic that is written to.
    ///
    /// # Errors
    /// It could not be found out.
    fn partitions(&mut self, topic: &str) -> Result<u32, PortError>;

    /// The offset behind the last record of a partition that is read, committed or not, as far as
    /// it is known without asking.
    fn end(&self, _task: &TopicPartition) -> Option<i64> {
        None
    }

    /// The real time.
    fn time(&self) -> Millis;
}
