//! The life of a stage's tasks in one process: restore, poll, apply, commit, revoke, resync.
//!
//! ```text
//!  assigned ──► restoring ──► running ──► revoked
//!                  ▲             │
//!                  └── resync ◄──┘ the outcome of a commit is unknown, or another took over
//! ```
//!
//! One transaction covers all tasks of the stage in this process: changelog records of what changed,
//! a position per task, all outputs, and the offsets of the input. Nothing in memory is ever ahead of
//! what is committed but the overlay, which an abort drops.

use crate::service::outlet::{Bundles, Encode, Outlet, Sent, Topics};
use crate::service::pace::{Largest, Pace, Spent};
use crate::service::port::{Outcome, Polled, Port, PortError, Purge, Record, TopicPartition};
use crate::service::slot::{Phase, Slot};
use crate::service::stages::Application;
use crate::service::stats::{Reasons, ResyncCause, Stats};
use crate::service::topics::{ERASURES, StageName, topic_name};
use crate::service::wire;
use crate::service::work::{Crashed, Task, Took, Work, add_sent};
use model::{Millis, Text};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// A transaction was committed.
    pub committed: bool,
    /// There is work that is not committed.
    pub is_open: bool,
}

/// Milliseconds after which what is being fetched is asked for again.
const STALLED_MS: i64 = 250;

/// Milliseconds after which the position of a task to which nothing happens is committed again: a
/// broker forgets the offsets of a group that is away, from their last commit on, by default for
/// seven days.
const COMMITTED_AGAIN_MS: i64 = 24 * 3_600_000;

/// What was known of a changelog longer ago than this, in milliseconds of real time, when the rest of
/// it was read, is read again from its beginning: a key that was deleted meanwhile may have lost its
/// tombstone before it was read, and would come to life again. Tombstones are kept for seven days at
/// least (`topics init`), and a task to which nothing happens commits once a day.
const CHANGELOG_KNOWN_MAX_MS: i64 = 2 * 24 * 3_600_000;

/// A stage of one process.
pub(crate) struct Loop<P: Port, W: Work> {
    stage: StageName,
    input_partitions: BTreeMap<Text, u32>,
    pub(crate) port: P,
    work: W,
    encode: Box<dyn Encode>,
    topics: Topics,
    pace: Pace,
    largest: Largest,
    slots: BTreeMap<TopicPartition, Slot<W::Task>>,
    /// A former transaction of ours may still be open, or be committed without our knowing.
    is_unknown: bool,
    opened_at: Option<Millis>,
    open_records: usize,
    /// Timers among them.
    open_timers: usize,
    /// How long records of the open transaction had waited when they were read, at most; 0 if no
    /// others wait behind them.
    open_waited_ms: i64,
    /// The same of the transaction before.
    waited_ms: i64,
    sent: Sent,
    /// When records were last deleted, in real time.
    purged_at: Millis,
    /// What is being deleted.
    purging: Vec<(TopicPartition, i64)>,
    pub(crate) reasons: Reasons,
    buffer: Vec<u8>,
    key: Vec<u8>,
    pub(crate) stats: Stats,
}

impl<P: Port, W: Work> Loop<P, W> {
    pub(crate) fn new(
        application: &Application,
        stage: StageName,
        mut port: P,
        work: W,
        encode: Box<dyn Encode>,
    ) -> Result<Loop<P, W>, PortError> {
        let id = &application.id;
        let topics = Topics::open(id, stage, &mut port)?;
        let inputs = match stage.input() {
            None => {
                let erasures = topic_name(id, ERASURES);
                application.topics().into_iter().chain([erasures]).collect()
            }
            Some(input) => vec![topic_name(id, input)],
        };
        let mut input_partitions = BTreeMap::new();
        for topic in inputs {
            let partitions = port.partitions(&topic)?;
            if stage != StageName::Door && partitions != topics.changelog_partitions() {
                return Err(PortError(format!(
                    "topic {topic} has {partitions} partitions, and {} has {}: they have to have \
                     the same number; see `ricochet topics --config F verify`",
                    topic_name(id, stage.changelog()),
                    topics.changelog_partitions()
                )));
            }
            input_partitions.insert(topic, partitions);
        }
        Ok(Loop {
            stage,
            input_partitions,
            port,
            work,
            encode,
            topics,
            pace: application.pace,
            largest: Largest::new(&application.pace),
            slots: BTreeMap::new(),
            is_unknown: true,
            opened_at: None,
            open_records: 0,
            open_timers: 0,
            open_waited_ms: 0,
            waited_ms: 0,
            sent: Sent::default(),
            purged_at: Millis::MIN,
            purging: Vec::new(),
            reasons: Reasons::default(),
            buffer: Vec::new(),
            key: Vec::new(),
            stats: Stats::default(),
        })
    }

    /// Waits for something to happen, at most this long, and does what has to be done.
    ///
    /// # Errors
    /// The log cannot be worked with: everything has to be made anew.
    pub(crate) fn step(&mut self, wait_max: Duration) -> Result<Stepped, PortError> {
        if self.is_unknown {
            self.renew()?;
        }
        let wait = self.wait(wait_max);
        let polled = self.port.poll(wait)?;
        self.take(polled)?;
        self.tick();
        self.purge();
        let mut stepped = Stepped::default();
        if self.is_commit_due() {
            stepped.committed = self.commit();
        }
        self.send_clocks();
        stepped.is_open = self.opened_at.is_some();
        Ok(stepped)
    }

    /// Commits what is open, as before an end.
    pub(crate) fn finish(&mut self) -> bool {
        self.opened_at.is_none() || self.commit()
    }

    fn wait(&self, wait_max: Duration) -> Duration {
        let time = self.port.time();
        let runs_timers = self.slots.values().any(|slot| {
            matches!(slot.phase, Phase::Running) && slot.timers_at <= time && slot.task.is_due()
        });
        if runs_timers {
            return Duration::ZERO;
        }
        let Some(opened_at) = self.opened_at else {
            return wait_max;
        };
        let left_ms = self.commit_after_ms() - time.since(opened_at);
        wait_max.min(Duration::from_millis(left_ms.max(0) as u64))
    }

    /// How long the open transaction is kept open.
    fn commit_after_ms(&self) -> i64 {
        let Pace {
            commit_every_ms: least,
            commit_every_max_ms: most,
            ..
        } = self.pace;
        (self.open_waited_ms / 4).clamp(least, most.max(least))
    }

    fn is_commit_due(&self) -> bool {
        let Some(opened_at) = self.opened_at else {
            return false;
        };
        self.open_records >= self.largest.get()
            || self.open_timers >= self.pace.timers_per_commit_max
            || self.port.time().since(opened_at) >= self.commit_after_ms()
    }

    fn take(&mut self, polled: Polled) -> Result<(), PortError> {
        match polled {
            Polled::Nothing => {}
            Polled::Assigned(tasks) => {
                self.stats.rebalances += 1;
                self.stats.is_member = true;
                tasks.iter().for_each(|task| self.assigned(task));
            }
            Polled::Revoked(tasks) => {
                self.stats.rebalances += 1;
                self.finish();
                self.forget(&tasks);
            }
            Polled::Lost(tasks) => {
                self.stats.rebalances += 1;
                self.stats.is_member = false;
                if self.opened_at.is_some() {
                    self.abort();
                }
                self.forget(&tasks);
            }
            Polled::Records(place, records) => self.all_records(&place, &records),
            Polled::CaughtUp(place, end) => self.caught_up(&place, end),
            Polled::Restoring(place, records) => self.restoring(&place, records),
            Polled::Restored(place, end) => self.restored(&place, end),
            Polled::Gap {
                task,
                wanted,
                first,
                end,
            } => self.gap(&task, wanted, first, end),
        }
        Ok(())
    }

    fn assigned(&mut self, place: &TopicPartition) {
        let mut slot = Slot {
            task: self.work.task(place, self.port.time()),
            phase: Phase::Waiting,
            phase_at: self.port.time(),
            changelog: self.topics.changelog_of(self.stage, place),
            changelog_end: 0,
            known_at: self.port.time(),
            restored_records: 0,
            clock_sent: None,
            clock_sent_at: Millis::MIN,
            timers_at: Millis::MIN,
            end: None,
            is_caught_up: false,
            committed_at: Millis::MIN,
            read_recorded_at: None,
        };
        if !self.is_unknown {
            slot.phase = Phase::Restoring;
            self.port.restore(place, &slot.changelog, 0);
        }
        *self.stats.resyncs.entry(ResyncCause::Assigned).or_default() += 1;
        self.slots.insert(place.clone(), slot);
    }

    fn forget(&mut self, places: &[TopicPartition]) {
        for place in places {
            self.slots.remove(place);
        }
        self.port.release(places);
    }

    fn caught_up(&mut self, place: &TopicPartition, end: i64) {
        let time = self.port.time();
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        slot.end = Some(end);
        if matches!(slot.phase, Phase::Running) {
            slot.is_caught_up = true;
            slot.task.caught_up(time);
            // Marks of transactions stand behind the last record. The next commit passes them too,
            // so that a topic which forgets them does not seem to have forgotten records.
            let open = &mut slot.task.position_mut().open;
            open.offset = open.offset.max(Some(end));
        }
    }

    /// Takes records, in as many transactions as it takes.
    fn all_records(&mut self, place: &TopicPartition, records: &[Record]) {
        let mut rest = records;
        // What comes behind an abort comes again.
        while let Some(taken) = self.records(place, rest) {
            rest = &rest[taken..];
            if rest.is_empty() || !self.commit() {
                return;
            }
        }
    }

    /// Takes records until the transaction has as many messages as it may; a record may bring many.
    /// Says how many it took, or that nothing behind them may be taken.
    fn records(&mut self, place: &TopicPartition, records: &[Record]) -> Option<usize> {
        let time = self.port.time();
        self.open_waited_ms = self.open_waited_ms.max(self.waited_ms(place, records));
        let slot = self.slots.get_mut(place)?;
        for (taken, record) in records.iter().enumerate() {
            if taken > 0 && self.open_records >= self.largest.get() {
                return Some(taken);
            }
            if !matches!(slot.phase, Phase::Running) {
                return None;
            }
            match self.work.apply(&mut slot.task, record, time) {
                Ok(Took::Taken(messages)) => {
                    slot.is_caught_up = false;
                    slot.read_recorded_at = record.recorded_at;
                    self.open_records += messages;
                    self.opened_at.get_or_insert(time);
                }
                Ok(Took::Crashed) => {
                    // What it left half done is dropped with the rest of the transaction.
                    slot.task.position_mut().is_open = true;
                    self.abort();
                    return None;
                }
                Ok(Took::NotYet) => slot.enter(Phase::Stalled(time.plus(STALLED_MS)), time),
                // It is one of our own records: what came before it is sound and is committed.
                Err(damaged) => slot.stop(damaged.to_string(), time),
            }
        }
        Some(records.len())
    }

    /// How long records have waited, if others wait behind them. Whether they do is asked because a
    /// topic that was copied may have old records only.
    fn waited_ms(&self, place: &TopicPartition, records: &[Record]) -> i64 {
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return 0;
        };
        let end = self.port.end(place);
        if end.is_some_and(|end| end <= last.offset + 1) {
            return 0;
        }
        let time = self.port.time();
        first.recorded_at.map_or(0, |at| time.since(at))
    }

    fn restoring(&mut self, place: &TopicPartition, records: Vec<Record>) {
        let time = self.port.time();
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        for record in records {
            if !matches!(slot.phase, Phase::Restoring) {
                return;
            }
            slot.restored_records += 1;
            if let Err(damaged) = self.work.restore(&mut slot.task, record) {
                let why = format!("changelog {}: {damaged}", slot.changelog);
                slot.stop(why, time);
            }
        }
    }

    fn restored(&mut self, place: &TopicPartition, end: i64) {
        let time = self.port.time();
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        if !matches!(slot.phase, Phase::Restoring) {
            return;
        }
        if time.since(slot.known_at) > CHANGELOG_KNOWN_MAX_MS {
            slot.task = self.work.task(place, time);
            slot.known_at = time;
            slot.restored_records = 0;
            self.port.restore(place, &slot.changelog, 0);
            return;
        }
        slot.changelog_end = end;
        if let Err(what) = slot.task.restored() {
            let why = format!("changelog {}: {what}", slot.changelog);
            slot.stop(why, time);
            return;
        }
        let partitions = self.input_partitions.get(&place.topic).copied();
        let partitions = partitions.unwrap_or_default();
        let position = slot.task.position_mut();
        let known = position.committed.partitions;
        // The door keeps nothing by key: a source may be given more partitions.
        if self.stage != StageName::Door && known != 0 && known != partitions {
            let why = format!(
                "{} has {partitions} partitions now and had {known}: keys would no longer find \
                 their states",
                place.topic
            );
            slot.stop(why, time);
            return;
        }
        position.committed.partitions = partitions;
        position.open.partitions = partitions;
        // It is committed again as soon as all is read: it may stand only with the group, or only in
        // the changelog, where the brokers have forgotten what the group said.
        let offset = position.committed.offset;
        slot.enter(Phase::Running, time);
        self.port.start(place, offset);
    }

    fn gap(&mut self, place: &TopicPartition, wanted: Option<i64>, first: i64, end: i64) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let why = match wanted {
            None => {
                "there is no start offset: `ricochet topics --config F init` commits one".to_owned()
            }
            Some(wanted) if wanted < first => format!(
                "records from offset {wanted} up to {first} are gone: they were deleted before they \
                 were read"
            ),
            Some(wanted) => format!(
                "offset {wanted} was to be read next, and the log ends at {end}: it was cut off or \
                 made anew"
            ),
        };
        slot.stop(why, self.port.time());
    }

    /// What time does: timers, clocks, tasks that stood still.
    fn tick(&mut self) {
        let time = self.port.time();
        // Timers of the other stages hold back their clock.
        let timers_every_ms = if self.stage.next().is_empty() {
            let Pace {
                timers_every_ms: least,
                timers_every_max_ms: most,
                ..
            } = self.pace;
            let waited_ms = self.waited_ms.max(self.open_waited_ms);
            (waited_ms / 4).clamp(least, most.max(least))
        } else {
            0
        };
        let mut is_open = false;
        for (place, slot) in &mut self.slots {
            if let Phase::Stalled(until) = slot.phase
                && until <= time
            {
                // Where the open transaction stands: what was taken before is not read twice.
                slot.enter(Phase::Running, time);
                let offset = slot.task.position().open.offset;
                self.port.start(place, offset);
            }
            if !matches!(slot.phase, Phase::Running) {
                continue;
            }
            if slot.timers_at <= time {
                let keys_max = self.pace.timers_per_step_max.min(self.largest.get());
                let fired = self.work.fire(&mut slot.task, keys_max);
                self.open_records += fired;
                self.open_timers += fired;
                is_open |= fired > 0;
                if !slot.task.is_due() {
                    slot.timers_at = time.plus(timers_every_ms);
                }
            }
            is_open |= self.work.tick(&mut slot.task, time);
            is_open |= self.work.outside(&mut slot.task, &mut self.port);
            if slot.is_caught_up && time.since(slot.committed_at) >= COMMITTED_AGAIN_MS {
                slot.task.position_mut().is_open = true;
                is_open = true;
            }
        }
        if is_open {
            self.opened_at.get_or_insert(time);
        }
    }

    /// Deletes, from time to time, what every task of this process has read of topics of ours: what
    /// stands there names customers, and nobody reads it again.
    fn purge(&mut self) {
        let time = self.port.time();
        if self.stage == StageName::Door || time.since(self.purged_at) < self.pace.purge_every_ms {
            return;
        }
        if self.purging.is_empty() {
            let running = self
                .slots
                .iter()
                .filter(|(_, slot)| matches!(slot.phase, Phase::Running));
            let read = running.filter_map(|(place, slot)| {
                let offset = slot.task.position().committed.offset?;
                Some((place.clone(), offset))
            });
            self.purging = read.collect();
        }
        if !self.purging.is_empty() {
            match self.port.purge(&self.purging) {
                Purge::Going => return,
                Purge::Done => {}
                Purge::Refused(_) => self.stats.purges_refused += 1,
            }
        }
        self.purging.clear();
        self.purged_at = time;
    }

    /// Says whether the transaction is committed.
    fn commit(&mut self) -> bool {
        let started = Instant::now();
        let mut offsets = Vec::new();
        let mut outlet = Outlet {
            port: &mut self.port,
            topics: &self.topics,
            encode: self.encode.as_mut(),
            sent: &mut self.sent,
            reasons: &self.reasons,
            buffer: &mut self.buffer,
            key: &mut self.key,
            bundles: Bundles::new(),
            counted: Vec::new(),
        };
        for (place, slot) in &mut self.slots {
            if !slot.task.position().is_open {
                continue;
            }
            let flushed = self
                .work
                .flush(&mut slot.task, &slot.changelog, &mut outlet);
            if flushed == Err(Crashed) {
                self.abort();
                return false;
            }
            if let Some(offset) = slot.task.position().open.offset {
                offsets.push((place.clone(), offset));
            }
        }
        outlet.send_bundles();
        let (messages, opened_at) = (self.open_records, self.opened_at);
        self.closed();
        let handed_at = self.port.time();
        let outcome = self.port.commit(&offsets);
        if let Some(opened_at) = opened_at {
            let spent = Spent {
                own_ms: handed_at.since(opened_at),
                log_ms: self.port.time().since(handed_at),
            };
            self.largest.learn(messages, spent, &self.pace);
        }
        match outcome {
            Outcome::Committed(ends) => {
                self.committed(ends, opened_at);
                self.stats.committed(started.elapsed().as_micros() as u64);
                true
            }
            Outcome::Aborted => {
                self.dropped();
                false
            }
            Outcome::Unknown => {
                self.unknown();
                false
            }
        }
    }

    fn committed(&mut self, ends: Vec<(TopicPartition, i64)>, opened_at: Option<Millis>) {
        let time = self.port.time();
        for slot in self.slots.values_mut() {
            if !slot.task.position().is_open {
                continue;
            }
            slot.committed_at = time;
            slot.known_at = opened_at.unwrap_or(time);
            self.stats.set_aside += slot.task.position().set_aside.len() as u64;
            let counts = std::mem::take(&mut slot.task.position_mut().counts);
            self.stats.counts.add(&counts);
            self.stats.evicted += std::mem::take(&mut slot.task.position_mut().let_go);
            slot.task.committed();
            let own = ends.iter().find(|(place, _)| *place == slot.changelog);
            if let Some((_, end)) = own {
                slot.changelog_end = slot.changelog_end.max(*end);
            }
        }
        let sent = std::mem::take(&mut self.sent);
        add_sent(&mut self.stats.sent, &sent);
        self.stats.changelog_bytes += sent.changelog_bytes;
        self.stats.business.add(&sent.business);
    }

    fn closed(&mut self) {
        self.opened_at = None;
        self.open_records = 0;
        self.open_timers = 0;
        self.waited_ms = std::mem::take(&mut self.open_waited_ms);
    }

    fn abort(&mut self) {
        self.closed();
        match self.port.abort() {
            Outcome::Unknown => self.unknown(),
            Outcome::Aborted | Outcome::Committed(_) => self.dropped(),
        }
    }

    /// Nothing of the transaction happened: its records come again.
    fn dropped(&mut self) {
        self.stats.aborts += 1;
        self.sent = Sent::default();
        let time = self.port.time();
        for (place, slot) in &mut self.slots {
            if !slot.task.position().is_open {
                continue;
            }
            slot.task.dropped();
            if matches!(slot.phase, Phase::Running | Phase::Stalled(_)) {
                slot.enter(Phase::Running, time);
                let offset = slot.task.position().committed.offset;
                self.port.start(place, offset);
            }
        }
    }

    /// What is committed has to be read: nothing is guessed.
    fn unknown(&mut self) {
        self.is_unknown = true;
        self.sent = Sent::default();
        let time = self.port.time();
        for slot in self.slots.values_mut() {
            slot.task.dropped();
            if !matches!(slot.phase, Phase::Stopped(_)) {
                slot.enter(Phase::Waiting, time);
                let cause = ResyncCause::Unknown;
                *self.stats.resyncs.entry(cause).or_default() += 1;
            }
        }
    }

    fn renew(&mut self) -> Result<(), PortError> {
        if !self.port.renew()? {
            return Ok(());
        }
        self.is_unknown = false;
        let time = self.port.time();
        for (place, slot) in &mut self.slots {
            if matches!(slot.phase, Phase::Waiting) {
                slot.enter(Phase::Restoring, time);
                slot.restored_records = 0;
                self.port
                    .restore(place, &slot.changelog, slot.changelog_end);
            }
        }
        Ok(())
    }

    /// Tells the next stages how far this one is. It speaks of committed work only, so that a clock
    /// which comes late or twice does no harm.
    fn send_clocks(&mut self) {
        let time = self.port.time();
        for (place, slot) in &mut self.slots {
            if !matches!(slot.phase, Phase::Running) || self.stage.next().is_empty() {
                continue;
            }
            let Some(clock) = slot.task.clock() else {
                continue;
            };
            let waited_ms = time.since(slot.clock_sent_at);
            let former = slot.clock_sent.as_ref();
            let again_ms = if former.is_some_and(|former| former.said == clock.said) {
                self.pace.clock_again_ms
            } else {
                self.pace.clock_every_ms
            };
            if slot.clock_sent.is_some() && waited_ms < again_ms {
                continue;
            }
            wire::clock(&clock, &mut self.buffer);
            let name = place.to_string();
            for next in self.topics.next_places() {
                self.port.tell(&next, name.as_bytes(), &self.buffer);
                self.stats.clocks_sent += 1;
            }
            slot.clock_sent = Some(clock);
            slot.clock_sent_at = time;
        }
    }

    /// Brings the tasks' part of the figures up to date.
    pub(crate) fn stats(&mut self) -> &Stats {
        let tasks = self
            .slots
            .iter()
            .map(|(place, slot)| (place.clone(), slot.stats(self.port.end(place))));
        self.stats.tasks = tasks.collect();
        let aside = self.slots.values().map(|slot| slot.task.aside());
        self.stats.set_aside_keys = aside.sum();
        let erasures = self.slots.values().map(|slot| slot.task.erasures());
        let (remembered, pending) =
            erasures.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        self.stats.erasures_remembered = remembered;
        self.stats.erasures_pending = pending;
        for source in self.stats.sources.values_mut() {
            source.silent = None;
        }
        for (name, source) in self.slots.values().flat_map(|slot| slot.task.sources()) {
            let known = self.stats.sources.entry(name).or_default();
            known.heard_at = known.heard_at.max(source.heard_at);
            known.silent = known.silent.or(source.silent);
        }
        &self.stats
    }
}
