//! The port of one stage of one process on the simulated broker.

use super::cluster::Broker;
use super::log::Log;
use super::reading::{Reading, Restoring};
use super::schedule::Schedule;
use super::transactions::Epoch;
use model::{Millis, Text};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use worker::service::{Outcome, Polled, Port, PortError, Purge, TopicPartition};

/// Where a process stands when something may befall it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it polls.
    Poll,
    /// Before the first record of a transaction.
    Send,
    /// Before a commit.
    Commit,
    /// Offsets are in the transaction, and it is not committed yet.
    OffsetsSent,
    /// The transaction is committed, and the process has not been told yet.
    Committed,
    /// Before partitions are let go.
    Release,
    /// Before its producer is renewed.
    Renew,
}

/// What becomes of a process at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on, perhaps after a pause in which others went on.
    GoesOn,
    /// It is gone: nothing of what it does from here on has any effect.
    Crashes,
}

/// Decides what befalls a process, and lets the others go on while it stands still.
pub trait Meanwhile {
    /// A process has come to a moment.
    fn at(&self, process: usize, moment: Moment) -> Fate;
}

/// Mistakes that a campaign makes on purpose, to see that it notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// Offsets are committed beside the transaction, which goes on whatever the group says.
    pub offsets_outside: bool,
    /// A restore reads up to the last stable offset, and does not wait for open transactions.
    pub restore_to_stable: bool,
    /// An unknown outcome is taken for an abort.
    pub unknown_as_aborted: bool,
}

/// Who uses a port.
#[derive(Clone, Debug)]
pub struct PortName {
    /// Number of the process.
    pub process: usize,
    /// Its group.
    pub group: Text,
    /// Its name as a member of the group.
    pub instance: Text,
    /// The id of its producer.
    pub transactional_id: Text,
    /// The topics that it reads.
    pub topics: Vec<Text>,
}

/// The open transaction, as its producer sees it.
#[derive(Default)]
struct Transaction {
    begun: bool,
    fenced: bool,
    /// The offsets behind the last record that was sent.
    ends: BTreeMap<TopicPartition, i64>,
}

/// The port of one stage of one process on the simulated broker.
pub struct SimPort<'a> {
    name: PortName,
    pub(super) broker: Rc<RefCell<Broker>>,
    pub(super) schedule: Rc<RefCell<Schedule>>,
    meanwhile: Option<Rc<dyn Meanwhile + 'a>>,
    flaws: Flaws,
    epoch: Epoch,
    member: Option<u64>,
    generation: u64,
    joined_once: bool,
    pub(super) tasks: BTreeMap<TopicPartition, Reading>,
    pub(super) restores: BTreeMap<TopicPartition, Restoring>,
    transaction: Transaction,
    /// The outcome of the last transaction is not known.
    in_doubt: bool,
    /// Partitions that have to be released before the next poll.
    to_release: Vec<TopicPartition>,
    /// Tasks that cannot go on where they stand, to be told.
    gaps: Vec<Polled>,
    crashed: bool,
}

impl<'a> SimPort<'a> {
    /// A port for a stage of a process: its producer fences the former one of the same name.
    #[must_use]
    pub fn new(
        name: PortName,
        broker: Rc<RefCell<Broker>>,
        schedule: Rc<RefCell<Schedule>>,
        meanwhile: Option<Rc<dyn Meanwhile + 'a>>,
        flaws: Flaws,
    ) -> SimPort<'a> {
        let epoch = broker
            .borrow_mut()
            .init_transactions(&name.transactional_id);
        SimPort {
            name,
            broker,
            schedule,
            meanwhile,
            flaws,
            epoch,
            member: None,
            generation: 0,
            joined_once: false,
            tasks: BTreeMap::new(),
            restores: BTreeMap::new(),
            transaction: Transaction::default(),
            in_doubt: false,
            to_release: vec![],
            gaps: vec![],
            crashed: false,
        }
    }

    /// Leaves the group, as a process does that ends as it should.
    pub fn leave(&mut self) {
        if let Some(member) = self.member.take() {
            self.broker.borrow_mut().leave(&self.name.group, member);
        }
    }

    /// Something may befall the process here. Says whether it is still there.
    fn survives(&mut self, moment: Moment) -> bool {
        if let (false, Some(meanwhile)) = (self.crashed, &self.meanwhile) {
            self.crashed = meanwhile.at(self.name.process, moment) == Fate::Crashes;
        }
        !self.crashed
    }

    /// The service has not kept to what the port asks of it.
    fn misused(&self, how: &'static str) {
        if !self.crashed {
            self.schedule.borrow_mut().saw(how);
        }
    }

    fn happens(&self, rate: impl Fn(&super::Rates) -> u64, what: &'static str) -> bool {
        let mut schedule = self.schedule.borrow_mut();
        let rate = rate(&schedule.rates);
        schedule.happens(rate, what)
    }

    /// What the group has to say, if it has.
    fn hear(&mut self) -> Result<Option<Polled>, PortError> {
        let PortName {
            group,
            instance,
            topics,
            ..
        } = &self.name;
        let mut broker = self.broker.borrow_mut();
        let Some(member) = self.member else {
            if self.joined_once && broker.member_of(group, instance).is_some() {
                return Err(PortError("another process has this instance's name".into()));
            }
            self.member = Some(broker.join(group, instance, topics));
            self.joined_once = true;
            return Ok(None);
        };
        let Ok(changes) = broker.hear(group, member) else {
            self.member = None;
            self.restores.clear();
            self.to_release = self.tasks.keys().cloned().collect();
            let lost = self.to_release.clone();
            return Ok((!lost.is_empty()).then_some(Polled::Lost(lost)));
        };
        self.generation = changes.generation;
        if !changes.revoked.is_empty() {
            // What was fetched before stays where it is: nothing of it is brought any more.
            changes.revoked.iter().for_each(|task| {
                self.restores.remove(task);
                if let Some(reading) = self.tasks.get_mut(task) {
                    reading.stopped = true;
                }
            });
            self.to_release.clone_from(&changes.revoked);
            return Ok(Some(Polled::Revoked(changes.revoked)));
        }
        if !changes.assigned.is_empty() {
            for task in &changes.assigned {
                let reading = Reading {
                    next: None,
                    caught_up: None,
                    stopped: false,
                };
                self.tasks.insert(task.clone(), reading);
            }
            return Ok(Some(Polled::Assigned(changes.assigned)));
        }
        Ok(None)
    }

    /// Ends the transaction without its records. An abort is certain unless the producer is fenced.
    fn take_back(&mut self) -> Outcome {
        let was = std::mem::take(&mut self.transaction);
        let id = &self.name.transactional_id;
        let ended = self.broker.borrow_mut().end(id, self.epoch, false);
        if was.fenced || ended.is_err() {
            self.in_doubt = true;
            self.schedule.borrow_mut().saw("fenced");
            return Outcome::Unknown;
        }
        Outcome::Aborted
    }

    /// Puts the offsets where they belong. Says how it ends if that cannot be done.
    fn send_offsets(&mut self, offsets: &[(TopicPartition, i64)]) -> Option<Outcome> {
        let PortName {
            group,
            transactional_id,
            ..
        } = &self.name;
        let mut broker = self.broker.borrow_mut();
        if self.flaws.offsets_outside {
            for (task, offset) in offsets {
                broker.commit_offset(group, task, *offset);
            }
            return None;
        }
        if offsets.is_empty() {
            return None;
        }
        let member = (group, self.member.unwrap_or(0), self.generation);
        let sent = broker.send_offsets(transactional_id, self.epoch, member, offsets);
        drop(broker);
        sent.err().map(|why| {
            let mut schedule = self.schedule.borrow_mut();
            match why {
                super::Refused::Fenced => {}
                super::Refused::IllegalGeneration => schedule.saw("commit of a former generation"),
                super::Refused::UnknownMember => schedule.saw("commit of a former member"),
            }
            drop(schedule);
            self.take_back()
        })
    }

    /// The commit itself, with whatever befalls it.
    fn end(&mut self) -> Outcome {
        if self.happens(|rates| rates.abort, "commit aborted") {
            return self.take_back();
        }
        let id = self.name.transactional_id.clone();
        let unknown = if self.happens(|rates| rates.unknown_aborted, "unknown: not committed") {
            true
        } else if self.happens(
            |rates| rates.unknown_late,
            "unknown: committed late or never",
        ) {
            let after_ms = self.schedule.borrow_mut().between(0, 200);
            self.broker
                .borrow_mut()
                .commit_later(after_ms, &id, self.epoch);
            true
        } else {
            false
        };
        if unknown {
            return Outcome::Unknown;
        }
        if self.broker.borrow_mut().end(&id, self.epoch, true).is_err() {
            self.schedule.borrow_mut().saw("fenced");
            return Outcome::Unknown;
        }
        if self.happens(|rates| rates.unknown_committed, "unknown: committed") {
            return Outcome::Unknown;
        }
        let unsaid = self.happens(|rates| rates.offsets_unsaid, "offsets unsaid");
        let ends = std::mem::take(&mut self.transaction.ends);
        Outcome::Committed(if unsaid {
            vec![]
        } else {
            ends.into_iter().collect()
        })
    }

    /// What the campaign that takes an unknown outcome for an abort does with it.
    fn in_doubt(&mut self) -> Outcome {
        self.transaction = Transaction::default();
        if self.flaws.unknown_as_aborted && !self.crashed {
            let id = &self.name.transactional_id;
            self.epoch = self.broker.borrow_mut().init_transactions(id);
            return Outcome::Aborted;
        }
        self.in_doubt = true;
        Outcome::Unknown
    }
}

impl Port for SimPort<'_> {
    fn poll(&mut self, _wait: Duration) -> Result<Polled, PortError> {
        if !self.survives(Moment::Poll) {
            return Err(PortError("crashed".into()));
        }
        if !self.to_release.is_empty() {
            self.misused("misuse: polled before release");
        }
        if let Some(heard) = self.hear()? {
            return Ok(heard);
        }
        if let Some(gap) = self.gaps.pop() {
            return Ok(gap);
        }
        if self.happens(|rates| rates.poll_nothing, "nothing brought") {
            return Ok(Polled::Nothing);
        }
        Ok(self.bring())
    }

    fn restore(&mut self, task: &TopicPartition, changelog: &TopicPartition, from: i64) {
        if !self.tasks.contains_key(task) {
            self.misused("misuse: restore of a foreign task");
            return;
        }
        let broker = self.broker.borrow();
        let end = broker.log(changelog).map_or(0, |log| {
            if self.flaws.restore_to_stable {
                log.stable_end()
            } else {
                log.end()
            }
        });
        let restoring = Restoring {
            changelog: changelog.clone(),
            next: from,
            end,
        };
        if broker
            .log(changelog)
            .is_some_and(|log| log.stable_end() < log.end())
        {
            self.schedule
                .borrow_mut()
                .saw("restore behind an open transaction");
        }
        self.restores.insert(task.clone(), restoring);
    }

    fn start(&mut self, task: &TopicPartition, from: Option<i64>) {
        let broker = self.broker.borrow();
        let committed = broker.committed_offset(&self.name.group, task);
        let end = broker.log(task).map_or(0, Log::end);
        let Some(reading) = self.tasks.get_mut(task) else {
            self.misused("misuse: start of a foreign task");
            return;
        };
        let wanted = from.or(committed);
        reading.next = wanted.filter(|wanted| *wanted <= end);
        reading.caught_up = None;
        if reading.next.is_none() {
            self.gaps.push(Polled::Gap {
                task: task.clone(),
                wanted,
                first: 0,
                end,
            });
        }
    }

    fn release(&mut self, tasks: &[TopicPartition]) {
        if !self.survives(Moment::Release) {
            return;
        }
        if let Some(member) = self.member {
            let mut broker = self.broker.borrow_mut();
            broker.release(&self.name.group, member, tasks);
        }
        for task in tasks {
            self.tasks.remove(task);
            self.restores.remove(task);
        }
        self.to_release.retain(|task| !tasks.contains(task));
    }

    fn send(&mut self, to: &TopicPartition, key: &[u8], value: Option<&[u8]>) {
        if !self.transaction.begun {
            if !self.survives(Moment::Send) {
                return;
            }
            if self.in_doubt {
                self.misused("misuse: send while the last outcome is unknown");
            }
            self.transaction.begun = true;
        }
        if self.crashed {
            return;
        }
        let id = &self.name.transactional_id;
        let mut broker = self.broker.borrow_mut();
        match broker.send(id, self.epoch, to, key, value) {
            Ok(offset) => {
                self.transaction.ends.insert(to.clone(), offset + 1);
            }
            Err(_) => self.transaction.fenced = true,
        }
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Outcome {
        if !self.survives(Moment::Commit) {
            return Outcome::Unknown;
        }
        if self.in_doubt {
            self.misused("misuse: commit while the last outcome is unknown");
            return Outcome::Unknown;
        }
        if offsets
            .iter()
            .any(|(task, _)| !self.tasks.contains_key(task))
        {
            self.misused("misuse: commit of a foreign task");
        }
        let outcome = match self.send_offsets(offsets) {
            Some(outcome) => outcome,
            None if !self.survives(Moment::OffsetsSent) => Outcome::Unknown,
            None if self.transaction.fenced => {
                self.schedule.borrow_mut().saw("fenced");
                Outcome::Unknown
            }
            None => self.end(),
        };
        if !self.survives(Moment::Committed) {
            return Outcome::Unknown;
        }
        if outcome == Outcome::Unknown {
            return self.in_doubt();
        }
        self.transaction = Transaction::default();
        outcome
    }

    fn abort(&mut self) -> Outcome {
        if self.crashed {
            return Outcome::Unknown;
        }
        if self.happens(|rates| rates.unknown_aborted, "unknown: abort") {
            return self.in_doubt();
        }
        match self.take_back() {
            Outcome::Unknown => self.in_doubt(),
            outcome => outcome,
        }
    }

    fn renew(&mut self) -> Result<bool, PortError> {
        if !self.survives(Moment::Renew) {
            return Err(PortError("crashed".into()));
        }
        if self.happens(|rates| rates.renew_not_yet, "renewed later") {
            return Ok(false);
        }
        let id = &self.name.transactional_id;
        self.epoch = self.broker.borrow_mut().init_transactions(id);
        self.transaction = Transaction::default();
        self.in_doubt = false;
        self.schedule.borrow_mut().saw("renewed");
        Ok(true)
    }

    fn tell(&mut self, to: &TopicPartition, key: &[u8], value: &[u8]) {
        if self.crashed || self.happens(|rates| rates.tell_lost, "tell lost") {
            return;
        }
        if self.happens(|rates| rates.tell_doubled, "tell doubled") {
            self.broker.borrow_mut().append(to, Some(key), Some(value));
        }
        if self.happens(|rates| rates.tell_late, "tell late") {
            let after_ms = self.schedule.borrow_mut().between(1, 5_000);
            let mut broker = self.broker.borrow_mut();
            broker.append_later(after_ms, to, key, value);
        } else {
            self.broker.borrow_mut().append(to, Some(key), Some(value));
        }
    }

    fn purge(&mut self, before: &[(TopicPartition, i64)]) -> Purge {
        if self.crashed || self.happens(|rates| rates.poll_nothing, "deleted later") {
            return Purge::Going;
        }
        let mut broker = self.broker.borrow_mut();
        for (place, offset) in before {
            broker.delete_before(place, *offset);
        }
        Purge::Done
    }

    fn partitions(&mut self, topic: &str) -> Result<u32, PortError> {
        let partitions = self.broker.borrow().partitions(topic);
        partitions.ok_or_else(|| PortError(format!("no topic {topic}")))
    }

    fn time(&self) -> Millis {
        self.broker.borrow().now()
    }
}
