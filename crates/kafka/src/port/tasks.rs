//! A task's partition: what it is doing, what it brought, whether it has caught up.

use crate::consumer::Standings;
use crate::restore::record;
use rdkafka::message::Message;
use std::time::{Duration, Instant};
use worker::service::{Record, TopicPartition};

/// How long after a start the consumer's statistics may still speak of the time before.
const STANDINGS_SETTLE: Duration = Duration::from_secs(1);

/// What a task's partition is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// It brings nothing: not yet started, or a gap.
    Silent,
    /// It is to be started, as soon as the cluster answers.
    Starting {
        from: Option<i64>,
        not_before: Instant,
        no_offset_said: u32,
    },
    /// It brings records from `next` on.
    Running { next: i64, since: Instant },
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) of: TopicPartition,
    pub(super) phase: Phase,
    /// The end of a partition of this number was seen, and no record of the task since. The event
    /// does not name the topic.
    pub(super) end_seen: bool,
}

/// The offset up to which a task has brought everything, if it has.
pub(super) fn caught_up(task: &Task, standings: &Standings, drained: bool) -> Option<i64> {
    let standing = standings.by_partition.get(&task.of)?;
    let Phase::Running { next, since } = task.phase else {
        return None;
    };
    if !standing.fresh || standing.end < 0 {
        return None;
    }
    // What has come since the end was heard is no matter: where something always comes, nobody would
    // ever have caught up. Else what follows the last record are markers of transactions: then
    // nothing may be on its way to us any more.
    let settled = standings.taken_at.duration_since(since) >= STANDINGS_SETTLE;
    let is_fetched = standing.next >= standing.end;
    let at_end = next >= standing.end || (is_fetched && task.end_seen && drained && settled);
    at_end.then_some(standing.end.max(next))
}

/// Records by task, in order, and how much there is of them.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) pieces: Vec<(TopicPartition, Vec<Record>)>,
    pub(super) records: usize,
    pub(super) bytes: usize,
}

impl Batch {
    pub(super) fn add<M: Message>(&mut self, tasks: &mut [Task], message: &M) {
        let partition = message.partition().cast_unsigned();
        let is_its =
            |task: &&mut Task| task.of.partition == partition && task.of.topic == message.topic();
        let Some(task) = tasks.iter_mut().find(is_its) else {
            return;
        };
        let Phase::Running { next, .. } = &mut task.phase else {
            return;
        };
        if message.offset() < *next {
            return;
        }
        *next = message.offset() + 1;
        task.end_seen = false;
        self.records += 1;
        self.bytes += message.payload().map_or(0, <[u8]>::len);
        match self.pieces.iter_mut().find(|(of, _)| *of == task.of) {
            Some((_, records)) => records.push(record(message)),
            None => self.pieces.push((task.of.clone(), vec![record(message)])),
        }
    }
}
