//! Transactional producers: who may write under a name, and what is open under it.

use super::Refused;
use model::{Millis, Text};
use std::collections::{BTreeMap, BTreeSet};
use worker::service::TopicPartition;

/// Which of the producers with one transactional id somebody is: the greater one came later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// A transaction that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) epoch: Epoch,
    pub(super) number: u64,
    pub(super) began_at: Millis,
    pub(super) partitions: BTreeSet<TopicPartition>,
    /// Offsets to be committed with it, by group.
    pub(super) offsets: Vec<(Text, TopicPartition, i64)>,
}

/// All that is known under one transactional id.
#[derive(Clone, Debug, Default)]
struct Producer {
    epoch: Epoch,
    /// One at most, unless fencing is switched off.
    open: Vec<Open>,
}

/// The producers of a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Producers {
    by_id: BTreeMap<Text, Producer>,
    transactions: u64,
}

impl Producers {
    /// A new producer under this id; what was open under it is handed back, to be aborted. Without
    /// fencing, nothing is taken from the former one.
    pub(super) fn begin(&mut self, id: &Text, fencing: bool) -> (Epoch, Vec<Open>) {
        let producer = self.by_id.entry(id.clone()).or_default();
        producer.epoch.0 += 1;
        let former = if fencing {
            std::mem::take(&mut producer.open)
        } else {
            vec![]
        };
        (producer.epoch, former)
    }

    /// The open transaction of a producer, begun if there is none.
    ///
    /// # Errors
    /// The producer is fenced.
    pub(super) fn open(
        &mut self,
        id: &Text,
        epoch: Epoch,
        now: Millis,
        fencing: bool,
    ) -> Result<&mut Open, Refused> {
        let producer = self.by_id.entry(id.clone()).or_default();
        if fencing && producer.epoch != epoch {
            return Err(Refused::Fenced);
        }
        let place = producer.open.iter().position(|open| open.epoch == epoch);
        let place = match place {
            Some(place) => place,
            None => {
                self.transactions += 1;
                producer.open.push(Open {
                    epoch,
                    number: self.transactions,
                    began_at: now,
                    partitions: BTreeSet::new(),
                    offsets: vec![],
                });
                producer.open.len() - 1
            }
        };
        Ok(&mut producer.open[place])
    }

    /// Takes out the open transaction of a producer, to be ended; `None` if there is none.
    ///
    /// # Errors
    /// The producer is fenced.
    pub(super) fn take(
        &mut self,
        id: &Text,
        epoch: Epoch,
        fencing: bool,
    ) -> Result<Option<Open>, Refused> {
        let Some(producer) = self.by_id.get_mut(id) else {
            return Err(Refused::Fenced);
        };
        if fencing && producer.epoch != epoch {
            return Err(Refused::Fenced);
        }
        let place = producer.open.iter().position(|open| open.epoch == epoch);
        Ok(place.map(|place| producer.open.remove(place)))
    }

    /// Takes out the transactions that have been open for too long; their producers are fenced.
    pub(super) fn overdue(&mut self, now: Millis, timeout_ms: i64) -> Vec<Open> {
        let mut overdue = Vec::new();
        for producer in self.by_id.values_mut() {
            let is_overdue = |open: &mut Open| open.began_at.plus(timeout_ms) <= now;
            for open in producer.open.extract_if(.., is_overdue) {
                producer.epoch = Epoch(producer.epoch.0.max(open.epoch.0 + 1));
                overdue.push(open);
            }
        }
        overdue
    }

    /// What is open began so much later.
    pub(super) fn shift(&mut self, time_ms: i64) {
        let open = self.by_id.values_mut().flat_map(|one| &mut one.open);
        open.for_each(|open| open.began_at = open.began_at.plus(time_ms));
    }
}
