//! What a port brings: records of tasks and of their changelogs.

use super::port::SimPort;
use model::Millis;
use worker::service::{Polled, TopicPartition};

/// Where a task stands.
pub(super) struct Reading {
    /// The offset to go on from; `None` before it is started.
    pub(super) next: Option<i64>,
    /// When it was last said that everything was brought, and up to where.
    pub(super) caught_up: Option<(Millis, i64)>,
    /// It brings no more records.
    pub(super) stopped: bool,
}

/// A restore that goes on.
pub(super) struct Restoring {
    pub(super) changelog: TopicPartition,
    pub(super) next: i64,
    /// The high watermark when it was asked for.
    pub(super) end: i64,
}

/// A task says again that it has caught up after so long.
const CAUGHT_UP_AGAIN_MS: i64 = 500;

impl SimPort<'_> {
    /// Something of one of the tasks, drawn at random among those that have something.
    pub(super) fn bring(&mut self) -> Polled {
        let mut candidates: Vec<(TopicPartition, bool)> = Vec::new();
        let broker = self.broker.borrow();
        for (task, restoring) in &self.restores {
            let log = broker.log(&restoring.changelog);
            if log.is_none_or(|log| log.stable_end() >= restoring.end) {
                candidates.push((task.clone(), true));
            }
        }
        let now = broker.now();
        for (task, reading) in &self.tasks {
            let (Some(next), false, Some(log)) = (reading.next, reading.stopped, broker.log(task))
            else {
                continue;
            };
            let is_said = reading
                .caught_up
                .is_some_and(|(at, up_to)| up_to == log.end() && at.plus(CAUGHT_UP_AGAIN_MS) > now);
            let is_caught_up = next >= log.end() || log.stable_end() == log.end();
            if log.has_records_from(next) || (is_caught_up && !is_said) {
                candidates.push((task.clone(), false));
            }
        }
        if candidates.is_empty() {
            return Polled::Nothing;
        }
        let place = self.schedule.borrow_mut().below(candidates.len() as u64);
        let (task, is_restore) = candidates.swap_remove(place as usize);
        drop(broker);
        if is_restore {
            self.bring_restored(task)
        } else {
            self.bring_records(task)
        }
    }

    fn records_max(&self) -> usize {
        let mut schedule = self.schedule.borrow_mut();
        let most = schedule.records_max;
        1 + schedule.below(most) as usize
    }

    fn bring_restored(&mut self, task: TopicPartition) -> Polled {
        let records_max = self.records_max();
        let Some(restoring) = self.restores.get_mut(&task) else {
            return Polled::Nothing;
        };
        let broker = self.broker.borrow();
        let Some(log) = broker.log(&restoring.changelog) else {
            return Polled::Nothing;
        };
        if restoring.next >= restoring.end {
            let next = restoring.next;
            self.restores.remove(&task);
            return Polled::Restored(task, next);
        }
        let (records, next) = log.read(restoring.next, records_max);
        restoring.next = next;
        if records.is_empty() {
            Polled::Nothing
        } else {
            Polled::Restoring(task, records)
        }
    }

    fn bring_records(&mut self, task: TopicPartition) -> Polled {
        let records_max = self.records_max();
        let broker = self.broker.borrow();
        let (Some(reading), Some(log)) = (self.tasks.get_mut(&task), broker.log(&task)) else {
            return Polled::Nothing;
        };
        let (records, next) = log.read(reading.next.unwrap_or(0), records_max);
        reading.next = Some(next);
        if records.is_empty() {
            reading.caught_up = Some((broker.now(), next));
            Polled::CaughtUp(task, next)
        } else {
            Polled::Records(task, records)
        }
    }
}
