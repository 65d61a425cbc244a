//! Letting tasks' records come, from an offset that is there.

use super::KafkaPort;
use super::tasks::Phase;
use crate::consumer::list_of;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::Offset;
use std::time::{Duration, Instant};
use worker::service::{Polled, TopicPartition};

/// How long a question to the cluster may hold up the thread of the stage.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How long to wait before a start that did not succeed is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How often, and with what distance, the group has to say that it has no offset before that is
/// believed: while a coordinator moves, it may say so of any partition.
const NO_OFFSET_SAID: u32 = 3;
const NO_OFFSET_APART: Duration = Duration::from_secs(1);

/// What librdkafka says of a seek in a partition that it does not fetch.
const NOT_FETCHED: &str = "Erroneous state";

impl KafkaPort {
    /// Starts what is to be started, until the cluster does not answer.
    pub(super) fn serve_starts(&mut self) {
        let now = Instant::now();
        for place in 0..self.tasks.len() {
            let of = self.tasks[place].of.clone();
            let Phase::Starting {
                from,
                not_before,
                no_offset_said,
            } = self.tasks[place].phase
            else {
                continue;
            };
            if not_before > now {
                continue;
            }
            let phase = match self.start_now(&of, from, no_offset_said) {
                Ok(phase) => phase,
                Err(cause) => {
                    if self.seldom.now() {
                        tracing::warn!(error = %cause, task = %of, "a task cannot start yet, waiting");
                    }
                    let not_before = Instant::now() + TRY_AGAIN_AFTER;
                    Phase::Starting {
                        from,
                        not_before,
                        no_offset_said,
                    }
                }
            };
            self.set_phase(&of, phase);
            if now.elapsed() > ANSWER_WITHIN {
                return;
            }
        }
    }

    fn start_now(
        &mut self,
        of: &TopicPartition,
        from: Option<i64>,
        no_offset_said: u32,
    ) -> KafkaResult<Phase> {
        let partition = of.partition.cast_signed();
        let wanted = match from {
            Some(from) => Some(from),
            None => self.committed(of)?,
        };
        if wanted.is_none() && no_offset_said < NO_OFFSET_SAID {
            let not_before = Instant::now() + NO_OFFSET_APART;
            return Ok(Phase::Starting {
                from,
                not_before,
                no_offset_said: no_offset_said + 1,
            });
        }
        let (first, end) = self
            .consumer()
            .fetch_watermarks(&of.topic, partition, ANSWER_WITHIN)?;
        let there = |wanted: &i64| (first..=end).contains(wanted);
        let accepted = match wanted.filter(there) {
            None => self.accepted(of, wanted)?.filter(there),
            wanted => wanted,
        };
        let Some(wanted) = accepted else {
            let gap = Polled::Gap {
                task: of.clone(),
                wanted,
                first,
                end,
            };
            self.waiting.push_back(gap);
            return Ok(Phase::Silent);
        };
        let consumer = self.consumer();
        match consumer.seek(&of.topic, partition, Offset::Offset(wanted), ANSWER_WITHIN) {
            // It was not being fetched.
            Err(KafkaError::Seek(why)) if why.contains(NOT_FETCHED) => {
                self.give_again(of, wanted)?
            }
            sought => sought?,
        }
        consumer.resume(&list_of(std::slice::from_ref(of), Offset::Invalid))?;
        Ok(Phase::Running {
            next: wanted,
            read_since: None,
        })
    }

    /// Begins the fetching of a partition anew. librdkafka gave it up: it asked for an offset that
    /// was deleted meanwhile, which may be one before ours.
    fn give_again(&self, of: &TopicPartition, from: i64) -> KafkaResult<()> {
        tracing::info!(task = %of, from, "the fetching of a partition is begun anew");
        let partition = std::slice::from_ref(of);
        let consumer = self.consumer();
        consumer.incremental_unassign(&list_of(partition, Offset::Invalid))?;
        consumer.incremental_assign(&list_of(partition, Offset::Offset(from)))
    }

    /// Where to go on behind records that are gone, if an operator has said so by moving the group's
    /// offset forward. The two are committed together, so that only a hand moves them apart.
    fn accepted(&self, of: &TopicPartition, wanted: Option<i64>) -> KafkaResult<Option<i64>> {
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let moved = self.committed(of)?.filter(|offset| *offset > wanted);
        if let Some(offset) = moved {
            tracing::warn!(
                task = %of,
                "offset {wanted} is gone, and the group's offset was moved to {offset}: going on \
                 there, without what stood in between"
            );
        }
        Ok(moved)
    }

    /// The offset that the group has committed.
    fn committed(&self, of: &TopicPartition) -> KafkaResult<Option<i64>> {
        let list = list_of(std::slice::from_ref(of), Offset::Invalid);
        let found = self.consumer().committed_offsets(list, ANSWER_WITHIN)?;
        let elements = found.elements();
        let element = elements.first().ok_or(KafkaError::NoMessageReceived)?;
        element.error()?;
        Ok(match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        })
    }

    /// The log does not have what was asked for, and librdkafka does not say of which partition:
    /// all are looked at, and started again where they stood.
    pub(super) fn look_for_gaps(&mut self) {
        for task in &mut self.tasks {
            if let Phase::Running { next, .. } = task.phase {
                task.enter(Phase::starting(Some(next)));
            }
        }
    }
}
