//! The broker: topics, producers and groups under one clock.

use super::Refused;
use super::group::{Changes, Group};
use super::log::Log;
use super::transactions::{Epoch, Open, Producers};
use model::{Millis, Text};
use std::collections::{BTreeMap, BTreeSet};
use worker::service::{Record, TopicPartition};

/// What a broker is configured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A transaction that is open for so long is aborted.
    pub transaction_timeout_ms: i64,
    /// A member that was not heard of for so long is gone.
    pub session_timeout_ms: i64,
    /// Tombstones stay for so long after compaction first met them.
    pub tombstones_kept_ms: i64,
    /// Whether former producers and former members are refused. Only a campaign that has to fail
    /// switches it off.
    pub fencing: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            transaction_timeout_ms: 10_000,
            session_timeout_ms: 15_000,
            tombstones_kept_ms: 7 * 24 * 3_600_000,
            fencing: true,
        }
    }
}

/// A request that is on its way.
#[derive(Clone, Debug)]
enum Late {
    Append(TopicPartition, Vec<u8>, Vec<u8>),
    Commit(Text, Epoch),
}

/// A log in memory.
#[derive(Clone, Debug)]
pub struct Broker {
    limits: Limits,
    now: Millis,
    topics: BTreeMap<Text, Vec<Log>>,
    compacted: BTreeSet<Text>,
    producers: Producers,
    groups: BTreeMap<Text, Group>,
    late: Vec<(Millis, Late)>,
    /// Transactions that were open for too long, and members that were not heard of, so far.
    pub timed_out: (u64, u64),
}

impl Broker {
    /// A broker without topics, at a time.
    #[must_use]
    pub fn new(limits: Limits, now: Millis) -> Broker {
        Broker {
            limits,
            now,
            topics: BTreeMap::new(),
            compacted: BTreeSet::new(),
            producers: Producers::default(),
            groups: BTreeMap::new(),
            late: vec![],
            timed_out: (0, 0),
        }
    }

    /// The real time.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Time goes on: what is late arrives, what has been open for too long is aborted, who was not
    /// heard of for too long is gone.
    pub fn pass(&mut self, time_ms: i64) {
        self.now = self.now.plus(time_ms);
        let now = self.now;
        let (due, late): (Vec<_>, Vec<_>) = self.late.drain(..).partition(|(at, _)| *at <= now);
        self.late = late;
        for (_, request) in due {
            match request {
                Late::Append(to, key, value) => self.append(&to, Some(&key), Some(&value)),
                // Refused if the producer has been replaced, which is what replaces it for.
                Late::Commit(id, epoch) => drop(self.end(&id, epoch, true)),
            }
        }
        let overdue = self
            .producers
            .overdue(now, self.limits.transaction_timeout_ms);
        self.timed_out.0 += overdue.len() as u64;
        for open in overdue {
            self.finish(open, false);
        }
        let timeout_ms = self.limits.session_timeout_ms;
        let gone = self
            .groups
            .values_mut()
            .map(|one| one.expire(now, timeout_ms));
        self.timed_out.1 += gone.sum::<u64>();
    }

    /// The calendar goes on, and nothing else: no time-out passes. A long silence in one step.
    pub fn leap(&mut self, time_ms: i64) {
        self.now = self.now.plus(time_ms);
        self.producers.shift(time_ms);
        self.groups.values_mut().for_each(|one| one.shift(time_ms));
        self.late
            .iter_mut()
            .for_each(|(at, _)| *at = at.plus(time_ms));
    }

    /// Makes a topic.
    pub fn create(&mut self, topic: &str, partitions: u32, compacted: bool) {
        let logs = (0..partitions).map(|_| Log::default()).collect();
        self.topics.insert(topic.into(), logs);
        if compacted {
            self.compacted.insert(topic.into());
        }
    }

    /// Number of partitions; `None` if there is no such topic.
    #[must_use]
    pub fn partitions(&self, topic: &str) -> Option<u32> {
        self.topics.get(topic).map(|logs| logs.len() as u32)
    }

    /// Every topic that is compacted.
    #[must_use]
    pub fn compacted(&self) -> Vec<TopicPartition> {
        let of = |topic: &Text| {
            let topic = topic.clone();
            (0..self.topics[&topic].len())
                .map(move |partition| TopicPartition::new(&topic, partition as u32))
        };
        self.compacted.iter().flat_map(of).collect()
    }

    /// Compacts a partition.
    pub fn compact(&mut self, of: &TopicPartition) {
        let (now, kept_ms) = (self.now, self.limits.tombstones_kept_ms);
        if let Some(log) = self.log_mut(of) {
            log.compact(now, kept_ms);
        }
    }

    /// Deletes the records of a partition before an offset.
    pub fn delete_before(&mut self, of: &TopicPartition, offset: i64) {
        if let Some(log) = self.log_mut(of) {
            log.delete_before(offset);
        }
    }

    /// All partitions of all topics.
    pub fn logs(&self) -> impl Iterator<Item = (TopicPartition, &Log)> {
        self.topics.iter().flat_map(|(topic, logs)| {
            let place = |partition: usize| TopicPartition::new(topic, partition as u32);
            logs.iter()
                .enumerate()
                .map(move |(partition, log)| (place(partition), log))
        })
    }

    /// A partition; `None` if there is none.
    #[must_use]
    pub fn log(&self, of: &TopicPartition) -> Option<&Log> {
        self.topics.get(&of.topic)?.get(of.partition as usize)
    }

    fn log_mut(&mut self, of: &TopicPartition) -> Option<&mut Log> {
        let logs = self.topics.get_mut(&of.topic)?;
        logs.get_mut(of.partition as usize)
    }

    /// All that readers of committed records see of a topic, partition by partition.
    #[must_use]
    pub fn committed_records(&self, topic: &str) -> Vec<(u32, Record)> {
        let logs = self.topics.get(topic).into_iter().flatten();
        logs.enumerate()
            .flat_map(|(partition, log)| {
                let records = log.read(0, usize::MAX).0;
                records
                    .into_iter()
                    .map(move |record| (partition as u32, record))
            })
            .collect()
    }

    /// Appends a plain record.
    pub fn append(&mut self, to: &TopicPartition, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.append_at(to, Some(self.now), key, value);
    }

    /// Appends a plain record that was produced at another time.
    pub fn append_at(
        &mut self,
        to: &TopicPartition,
        recorded_at: Option<Millis>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) {
        if let Some(log) = self.log_mut(to) {
            log.append(None, recorded_at, key, value);
        }
    }

    /// A plain record that will arrive after a while.
    pub fn append_later(&mut self, after_ms: i64, to: &TopicPartition, key: &[u8], value: &[u8]) {
        let late = Late::Append(to.clone(), key.to_vec(), value.to_vec());
        self.late.push((self.now.plus(after_ms), late));
    }

    /// A producer comes: the former one with the same id is fenced, its transaction aborted.
    pub fn init_transactions(&mut self, id: &Text) -> Epoch {
        let (epoch, former) = self.producers.begin(id, self.limits.fencing);
        for open in former {
            self.finish(open, false);
        }
        epoch
    }

    /// Puts a record into the open transaction, which begins with the first; returns its offset.
    ///
    /// # Errors
    /// The producer is fenced.
    pub fn send(
        &mut self,
        id: &Text,
        epoch: Epoch,
        to: &TopicPartition,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<i64, Refused> {
        let now = self.now;
        let open = self.producers.open(id, epoch, now, self.limits.fencing)?;
        open.partitions.insert(to.clone());
        let number = open.number;
        let log = self.log_mut(to);
        Ok(log.map_or(0, |log| {
            log.append(Some(number), Some(now), Some(key), value)
        }))
    }

    /// Puts offsets into the open transaction, which begins with them if there is none.
    ///
    /// # Errors
    /// The producer is fenced, or the member or its generation is gone.
    pub fn send_offsets(
        &mut self,
        id: &Text,
        epoch: Epoch,
        (group, member, generation): (&Text, u64, u64),
        offsets: &[(TopicPartition, i64)],
    ) -> Result<(), Refused> {
        let (now, fencing) = (self.now, self.limits.fencing);
        let open = self.producers.open(id, epoch, now, fencing)?;
        if fencing {
            let group = self.groups.entry(group.clone()).or_default();
            group.check(member, generation)?;
        }
        let named = offsets.iter();
        open.offsets
            .extend(named.map(|(of, offset)| (group.clone(), of.clone(), *offset)));
        Ok(())
    }

    /// Commits or aborts the open transaction. It is no error if there is none.
    ///
    /// # Errors
    /// The producer is fenced.
    pub fn end(&mut self, id: &Text, epoch: Epoch, committed: bool) -> Result<(), Refused> {
        if let Some(open) = self.producers.take(id, epoch, self.limits.fencing)? {
            self.finish(open, committed);
        }
        Ok(())
    }

    /// A commit that will arrive after a while, if its producer has not been replaced by then.
    pub fn commit_later(&mut self, after_ms: i64, id: &Text, epoch: Epoch) {
        let late = Late::Commit(id.clone(), epoch);
        self.late.push((self.now.plus(after_ms), late));
    }

    fn finish(&mut self, open: Open, committed: bool) {
        for partition in &open.partitions {
            if let Some(log) = self.log_mut(partition) {
                log.end_transaction(open.number, committed);
            }
        }
        if committed {
            for (group, partition, offset) in &open.offsets {
                self.commit_offset(group, partition, *offset);
            }
        }
    }

    /// Commits an offset, whoever asks.
    pub fn commit_offset(&mut self, group: &Text, partition: &TopicPartition, offset: i64) {
        let now = self.now;
        self.group(group).commit(partition, offset, now);
    }

    /// Forgets offsets that were committed longer ago than this, as a broker does with those of a
    /// group that is away.
    pub fn forget_offsets(&mut self, after_ms: i64) {
        let before = self.now.minus(after_ms);
        self.groups
            .values_mut()
            .for_each(|group| group.forget_offsets(before));
    }

    /// The offset that a group has committed.
    #[must_use]
    pub fn committed_offset(&self, group: &Text, partition: &TopicPartition) -> Option<i64> {
        self.groups.get(group)?.committed(partition)
    }

    /// A member comes to a group that reads these topics.
    pub fn join(&mut self, group: &Text, instance: &Text, topics: &[Text]) -> u64 {
        let now = self.now;
        let partitions: BTreeSet<TopicPartition> = topics
            .iter()
            .flat_map(|topic| {
                let count = self.partitions(topic).unwrap_or(0);
                (0..count).map(|partition| TopicPartition::new(topic, partition))
            })
            .collect();
        self.group(group).join(instance, &partitions, now)
    }

    /// A member goes.
    pub fn leave(&mut self, group: &Text, member: u64) {
        self.group(group).leave(member);
    }

    /// The member of an instance; `None` if it is gone.
    #[must_use]
    pub fn member_of(&self, group: &Text, instance: &str) -> Option<u64> {
        self.groups.get(group)?.member_of(instance)
    }

    /// A member is heard of, and told what has changed for it.
    ///
    /// # Errors
    /// The group has no such member.
    pub fn hear(&mut self, group: &Text, member: u64) -> Result<Changes, Refused> {
        let now = self.now;
        self.group(group).hear(member, now)
    }

    /// A member is alive, without being told anything.
    pub fn heartbeat(&mut self, group: &Text, member: u64) {
        let now = self.now;
        self.group(group).heartbeat(member, now);
    }

    /// A member gives partitions back.
    pub fn release(&mut self, group: &Text, member: u64, partitions: &[TopicPartition]) {
        self.group(group).release(member, partitions);
    }

    fn group(&mut self, group: &Text) -> &mut Group {
        self.groups.entry(group.clone()).or_default()
    }
}
