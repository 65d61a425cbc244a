//! What the group decides: partitions given and taken.

use super::tasks::Task;
use super::{KafkaPort, error};
use crate::consumer::{Rebalance, list_of};
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;
use std::sync::Arc;
use worker::service::{Polled, PortError, TopicPartition};

impl KafkaPort {
    /// The group's decisions, in order.
    pub(super) fn serve_rebalances(&mut self) -> Result<(), PortError> {
        while let Some(rebalance) = self.consumer().context().next_rebalance() {
            self.group = self.consumer().group_metadata().map(Arc::new);
            self.outdated_since = None;
            match rebalance {
                Rebalance::Assigned(given) => self.take(given)?,
                Rebalance::Revoked(taken) => self.leave(taken, Polled::Revoked)?,
                Rebalance::Lost(taken) => {
                    self.forget_waiting(&taken);
                    self.leave(taken, Polled::Lost)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, given: Vec<TopicPartition>) -> Result<(), PortError> {
        // Paused, they bring nothing until a seek says from where. Where they begin matters all the
        // same: librdkafka looks that up, and if it hears of it after the seek only, it goes there
        // (`strayed` in `tasks.rs`). From the beginning it passes by where the seek has led.
        let list = list_of(&given, Offset::Beginning);
        self.consumer()
            .incremental_assign(&list)
            .map_err(|cause| error("partitions cannot be taken", &cause))?;
        if !given.is_empty() {
            self.pause(&given);
        }
        self.tasks.extend(given.iter().cloned().map(Task::given));
        // A process that is given nothing has to know that too: it is ready, and stands by.
        self.waiting.push_back(Polled::Assigned(given));
        Ok(())
    }

    fn leave(
        &mut self,
        taken: Vec<TopicPartition>,
        say: fn(Vec<TopicPartition>) -> Polled,
    ) -> Result<(), PortError> {
        if taken.is_empty() {
            return self.unassign(&taken);
        }
        self.waiting.push_back(say(taken));
        Ok(())
    }

    pub(super) fn unassign(&mut self, partitions: &[TopicPartition]) -> Result<(), PortError> {
        let list = list_of(partitions, Offset::Invalid);
        let done = self.consumer().incremental_unassign(&list);
        done.map_err(|cause| error("partitions cannot be given back", &cause))
    }
}
