//! A task and what the runner knows of it.

use crate::service::port::TopicPartition;
use crate::service::sources::TaskClock;
use crate::service::stats::{TaskPhase, TaskStats};
use crate::service::work::Task;
use model::{Brings, Millis};

/// What a task is doing.
pub(crate) enum Phase {
    /// Nothing, until a former transaction of ours is known to be over.
    Waiting,
    /// It reads its changelog.
    Restoring,
    /// It works.
    Running,
    /// Something it needs is being fetched: it goes on from its position at this instant.
    Stalled(Millis),
    /// It cannot go on.
    Stopped(String),
}

/// A task and what the runner knows of it.
pub(crate) struct Slot<T> {
    pub(crate) task: T,
    pub(crate) phase: Phase,
    /// When, in real time, it began to do that.
    pub(crate) phase_at: Millis,
    pub(crate) changelog: TopicPartition,
    /// The offset behind what is known of the changelog.
    pub(crate) changelog_end: i64,
    /// Until when, in real time, nobody but this task has written to the changelog: since then
    /// something may stand there, or have been deleted there, that was not read.
    pub(crate) known_at: Millis,
    pub(crate) restored_records: u64,
    pub(crate) clock_sent: Option<TaskClock>,
    pub(crate) clock_sent_at: Millis,
    /// Timers do not fire before this, in real time.
    pub(crate) timers_at: Millis,
    /// The offset behind the input's last record, as last heard.
    pub(crate) end: Option<i64>,
    /// Everything up to `end` was brought, and nothing since: what stands between the last record
    /// and the end are marks of transactions.
    pub(crate) is_caught_up: bool,
    /// When its position was last committed, in real time.
    pub(crate) committed_at: Millis,
    /// When the last record that was read was produced.
    pub(crate) read_recorded_at: Option<Millis>,
}

impl<T> Slot<T> {
    /// Begins to do something else.
    pub(crate) fn enter(&mut self, phase: Phase, time: Millis) {
        if std::mem::discriminant(&self.phase) != std::mem::discriminant(&phase) {
            self.phase_at = time;
        }
        self.phase = phase;
    }

    pub(crate) fn stop(&mut self, why: String, time: Millis) {
        self.enter(Phase::Stopped(why), time);
    }
}

impl<T: Task> Slot<T> {
    /// Where the task stands; the input ends at this offset, as far as is known.
    pub(crate) fn stats(&self, end: Option<i64>) -> TaskStats {
        let position = &self.task.position().committed;
        let (keys, state_bytes, due) = self.task.sizes();
        let (phase, why_stopped) = match &self.phase {
            Phase::Waiting | Phase::Restoring => (TaskPhase::Restoring, String::new()),
            Phase::Running | Phase::Stalled(_) => (TaskPhase::Running, String::new()),
            Phase::Stopped(why) => (TaskPhase::Stopped, why.clone()),
        };
        let end = end.max(self.end);
        let is_read = self.is_caught_up && !self.task.position().is_open && end == self.end;
        let offset = if is_read { end } else { position.offset };
        let is_behind = end.is_some_and(|end| offset < Some(end));
        TaskStats {
            phase,
            phase_at: self.phase_at,
            why_stopped,
            offset,
            end,
            waiting_since: self.read_recorded_at.filter(|_| is_behind),
            now: position.now.settled(Brings::ALL),
            furthest: position.now.furthest_settled(),
            proved: position.now.proved(Brings::ALL),
            keys,
            state_bytes,
            due,
            untold: self.task.untold(),
            restored_records: self.restored_records,
            clocks: self.task.clocks(),
        }
    }
}
