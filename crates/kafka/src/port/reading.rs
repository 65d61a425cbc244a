//! Taking what the consumer and the restores have.

use super::tasks::{Batch, caught_up, meet_end};
use super::{KafkaPort, error};
use crate::restore::{Piece, Restore};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::time::{Duration, Instant};
use worker::service::{Polled, PortError};

/// Records and bytes that one look at the consumer's queue takes out of it.
const RECORDS_MAX: usize = 2000;
const BYTES_MAX: usize = 4 << 20;

/// Restores that go on at the same time; each has two clients of its own. Others wait.
const RESTORES_MAX: usize = 8;

/// A consumer that knows no broker for so long never finds one again.
const BROKERLESS_MAX: Duration = Duration::from_secs(5);

impl KafkaPort {
    /// Takes what the consumer has, waiting at most this long for the first record.
    pub(super) fn fetch(&mut self, wait: Duration) -> Result<(), PortError> {
        let mut batch = Batch::default();
        let mut wait = wait;
        loop {
            let consumer = self
                .consumer
                .as_ref()
                .expect("it is there until the port is dropped");
            let heard = consumer.context().heard();
            match consumer.poll(wait) {
                Some(Ok(message)) => batch.add(&mut self.tasks, &message),
                Some(Err(cause)) => self.consumer_error(&cause)?,
                // Nothing came, and nothing was said instead: the queue is empty.
                None if consumer.context().heard() == heard => {
                    self.drained = true;
                    break;
                }
                None => break,
            }
            if batch.records >= RECORDS_MAX || batch.bytes >= BYTES_MAX {
                break;
            }
            wait = Duration::ZERO;
        }
        // What was read before a rebalance is said before it.
        self.waiting.extend(
            batch
                .pieces
                .into_iter()
                .map(|(of, records)| Polled::Records(of, records)),
        );
        self.serve_rebalances()?;
        self.serve_standings()
    }

    fn consumer_error(&mut self, cause: &KafkaError) -> Result<(), PortError> {
        match cause {
            KafkaError::PartitionEOF(partition) => {
                let offset = self.consumer().context().take_end_met();
                meet_end(&mut self.tasks, partition.cast_unsigned(), offset);
            }
            KafkaError::MessageConsumption(
                RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopicOrPartition,
            ) => return Err(error("a topic that is read is gone", cause)),
            KafkaError::MessageConsumptionFatal(_) => {
                return Err(self.shut_out(cause.rdkafka_error_code(), &cause.to_string()));
            }
            KafkaError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
            ) => self.look_for_gaps(),
            _ => {
                if self.seldom.now() {
                    tracing::warn!(error = %cause, "records cannot be read, waiting");
                }
            }
        }
        if let Some((code, why)) = self.consumer().client().fatal_error() {
            return Err(self.shut_out(Some(code), &why));
        }
        Ok(())
    }

    /// Why the group has shut this process out.
    pub(super) fn shut_out(&self, code: Option<RDKafkaErrorCode>, why: &str) -> PortError {
        let instance = &self.settings.instance;
        PortError(match code {
            Some(RDKafkaErrorCode::FencedInstanceId) => format!(
                "another process has joined as kafka.instance `{instance}`: each process needs a \
                 name of its own ({why})"
            ),
            _ => format!("the consumer was shut out: {why}"),
        })
    }

    /// Says who has caught up, whenever the consumer has said where it stands.
    ///
    /// # Errors
    /// The consumer has lost the cluster for good.
    pub(super) fn serve_standings(&mut self) -> Result<(), PortError> {
        if let Some(standings) = self.consumer().context().take_standings() {
            self.look_for_brokers(standings.has_brokers)?;
            for task in &self.tasks {
                if let Some(standing) = standings.by_partition.get(&task.of)
                    && standing.end >= 0
                {
                    self.ends.insert(task.of.clone(), standing.end);
                }
            }
            self.standings = Some(standings);
            self.drained = false;
        }
        let Some(standings) = &mut self.standings else {
            return Ok(());
        };
        for task in &mut self.tasks {
            if let Some(end) = caught_up(task, standings, self.drained) {
                standings.by_partition.remove(&task.of);
                self.waiting
                    .push_back(Polled::CaughtUp(task.of.clone(), end));
            }
        }
        Ok(())
    }

    /// librdkafka forgets every broker when one that is just starting answers that the cluster has
    /// none, and then never asks again (<https://github.com/confluentinc/librdkafka/issues/5301>):
    /// without a word nothing would be read any more. New clients ask.
    fn look_for_brokers(&mut self, has_brokers: bool) -> Result<(), PortError> {
        if has_brokers {
            self.brokerless_since = None;
            return Ok(());
        }
        let since = self.brokerless_since.get_or_insert_with(Instant::now);
        if since.elapsed() < BROKERLESS_MAX {
            return Ok(());
        }
        Err(PortError(
            "the client has lost sight of every broker: it is made anew".to_owned(),
        ))
    }

    /// Takes what the restores have brought, a piece of each.
    pub(super) fn serve_restores(&mut self) -> Result<(), PortError> {
        while self.restores.len() < RESTORES_MAX
            && let Some(asked) = self.asked.pop_front()
        {
            self.restores.push(Restore::start(&self.settings, asked));
        }
        let mut done = Vec::new();
        let mut failed = None;
        for restore in &self.restores {
            let task = restore.asked.task.clone();
            match restore.take() {
                None => {}
                Some(Piece::Records(records)) => {
                    self.waiting.push_back(Polled::Restoring(task, records));
                }
                Some(Piece::Done(end)) => {
                    done.push(task.clone());
                    self.waiting.push_back(Polled::Restored(task, end));
                }
                Some(Piece::Failed(why)) => {
                    done.push(task);
                    failed = Some(PortError(why));
                }
            }
        }
        self.restores
            .retain(|restore| !done.contains(&restore.asked.task));
        failed.map_or(Ok(()), Err)
    }
}
