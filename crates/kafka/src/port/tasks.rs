//! A task's partition: what it is doing, what it brought, whether it has caught up.

use crate::consumer::Standings;
use crate::restore::record;
use rdkafka::message::Message;
use std::time::{Duration, Instant};
use worker::service::{Record, TopicPartition};

/// For how long the consumer's statistics may still speak of the time before something befell a
/// partition.
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
    Running {
        next: i64,
        /// When the first record since the start came.
        read_since: Option<Instant>,
    },
}

impl Phase {
    /// To be started at once, from an offset or from where the group stands.
    pub(super) fn starting(from: Option<i64>) -> Phase {
        Phase::Starting {
            from,
            not_before: Instant::now(),
            no_offset_said: 0,
        }
    }
}

/// What was told of an end since the last record, or since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndMet {
    /// Its own, at this offset. Everything before it was brought.
    Own(i64),
    /// That of a partition of its number, perhaps in another topic.
    OfNumber,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) of: TopicPartition,
    pub(super) phase: Phase,
    end_met: Option<EndMet>,
    /// Since when it seems to be at its end, without any record since.
    at_end_since: Option<Instant>,
}

impl Task {
    /// One that was just given.
    pub(super) fn given(of: TopicPartition) -> Task {
        Task {
            of,
            phase: Phase::Silent,
            end_met: None,
            at_end_since: None,
        }
    }

    /// It does something else: what was told of its end holds no more.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.forget_end();
    }

    fn forget_end(&mut self) {
        self.end_met = None;
        self.at_end_since = None;
    }

    /// The partition is not read from where it was started, but from before: it is started again.
    ///
    /// librdkafka looks up where a partition begins that it was given. If it hears of that after a
    /// seek, it takes the answer for outdated, asks again, and then goes where that answer says
    /// (2.12.1, `rd_kafka_toppar_handle_Offset`).
    fn strayed(&mut self, offset: i64) {
        let Phase::Running { next, .. } = self.phase else {
            return;
        };
        tracing::info!(
            task = %self.of,
            "offset {offset} was brought, wanted {next}: the partition is started again"
        );
        self.enter(Phase::starting(Some(next)));
    }
}

/// The end of a partition of this number was met.
pub(super) fn meet_end(tasks: &mut [Task], number: u32, offset: Option<i64>) {
    let mut met: Vec<&mut Task> = tasks
        .iter_mut()
        .filter(|task| task.of.partition == number)
        .collect();
    let end_met = match (met.len(), offset) {
        (1, Some(offset)) => EndMet::Own(offset),
        _ => EndMet::OfNumber,
    };
    met.iter_mut().for_each(|task| task.end_met = Some(end_met));
}

/// The offset up to which a task has brought everything, if it has.
///
/// Behind the last record there may be marks of transactions, which nobody brings. The task may go
/// on behind them only if its own end was met there: that is told in order with the records. The
/// statistics are not enough. They may be of a time before a start, or of records that were fetched
/// and dropped, since librdkafka halts partitions by itself while the group is rebalanced: what they
/// say may make a task wait for nothing, and never pass by anything.
pub(super) fn caught_up(task: &mut Task, standings: &Standings, drained: bool) -> Option<i64> {
    let Phase::Running { next, read_since } = task.phase else {
        return None;
    };
    let standing = *standings.by_partition.get(&task.of)?;
    if !standing.fresh || standing.end < 0 {
        return None;
    }
    if let Some(EndMet::Own(end)) = task.end_met
        && end >= standing.end
    {
        return Some(end.max(next));
    }
    // What has come since the end was heard is no matter: where something always comes, nobody
    // would ever have caught up.
    let has_read = read_since.is_some_and(|at| standings.taken_at > at);
    if has_read && next >= standing.end {
        return Some(next);
    }
    // All that was fetched was brought, and then there was nothing more, for some time.
    let is_at_end = standing.next >= standing.end && standing.end_met == standing.end && drained;
    if !is_at_end || task.end_met.is_none() {
        if drained {
            task.at_end_since = None;
        }
        return None;
    }
    let since = *task.at_end_since.get_or_insert(standings.taken_at);
    (standings.taken_at.duration_since(since) >= STANDINGS_SETTLE).then_some(next)
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
        let Phase::Running { next, read_since } = &mut task.phase else {
            return;
        };
        if message.offset() < *next {
            task.strayed(message.offset());
            return;
        }
        *next = message.offset() + 1;
        read_since.get_or_insert_with(Instant::now);
        task.forget_end();
        self.records += 1;
        self.bytes += message.payload().map_or(0, <[u8]>::len);
        match self.pieces.iter_mut().find(|(of, _)| *of == task.of) {
            Some((_, records)) => records.push(record(message)),
            None => self.pieces.push((task.of.clone(), vec![record(message)])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Standing;

    /// A task that stands at 10; it read its first record 3 s ago, or none.
    fn task(has_read: bool, end_met: Option<EndMet>) -> Task {
        let read_at = Instant::now() - Duration::from_secs(3);
        Task {
            of: TopicPartition::new("in", 0),
            phase: Phase::Running {
                next: 10,
                read_since: has_read.then_some(read_at),
            },
            end_met,
            at_end_since: None,
        }
    }

    /// Where it is said to have stood so many milliseconds ago.
    fn standings(ago_ms: u64, next: i64, end: i64, end_met: i64) -> Standings {
        let standing = Standing {
            next,
            end,
            end_met,
            fresh: true,
        };
        Standings {
            taken_at: Instant::now() - Duration::from_millis(ago_ms),
            has_brokers: true,
            by_partition: [(TopicPartition::new("in", 0), standing)].into(),
        }
    }

    #[test]
    fn marks_behind_the_last_record_are_passed_by_where_the_end_was_met() {
        let at_14 = standings(0, 14, 14, 14);
        let met = |end| task(true, Some(EndMet::Own(end)));
        assert_eq!(caught_up(&mut met(14), &at_14, false), Some(14));
        assert_eq!(caught_up(&mut met(12), &at_14, false), None, "more came");
    }

    /// Fetched up to 14, as it seems; but what was fetched was dropped.
    #[test]
    fn what_is_only_said_passes_by_nothing() {
        for has_read in [false, true] {
            let mut task = task(has_read, Some(EndMet::OfNumber));
            assert_eq!(
                caught_up(&mut task, &standings(2500, 14, 14, 14), true),
                None
            );
            assert_eq!(
                caught_up(&mut task, &standings(1600, 14, 14, 14), true),
                None
            );
            assert_eq!(
                caught_up(&mut task, &standings(1400, 14, 14, 14), true),
                Some(10)
            );
            // It is fetched again.
            assert_eq!(
                caught_up(&mut task, &standings(1000, 10, 14, -1001), true),
                None
            );
            assert_eq!(
                caught_up(&mut task, &standings(500, 14, 14, 14), true),
                None
            );
        }
    }

    #[test]
    fn who_has_read_up_to_the_end_has_caught_up() {
        let at_10 = standings(0, 10, 10, -1001);
        assert_eq!(caught_up(&mut task(true, None), &at_10, false), Some(10));
        // What was said before the first record may be of the time before the start.
        assert_eq!(caught_up(&mut task(false, None), &at_10, false), None);
        let before = standings(4000, 10, 10, -1001);
        assert_eq!(caught_up(&mut task(true, None), &before, false), None);
    }
}
