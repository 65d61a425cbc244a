//! The door at work: records of the sources in, events by contact out.

use crate::engine::{Engine, Refused};
use crate::service::coordinator::{Coordinator, Erasure, Tasks};
use crate::service::outlet::{DeadLetter, Outlet};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::sources::{Said, SourceClock, Sources, TaskClock};
use crate::service::stats::SourceStats;
use crate::service::wire::{self, Damaged, Logged, Meta};
use crate::service::work::{
    Crashed, Position, SET_ASIDE, Task, Took, Work, guarded, send_position,
};
use canonical::Decoded;
use model::{
    Brings, Clock, ContactInput, Identifier, Millis, Now, RejectedReason, Signal, SignalName, Text,
    Version,
};
use stage_door::{Clocks, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// A source counts as quiet when it has brought nothing for this long, in milliseconds.
const QUIET_AFTER_MS: i64 = 2_000;
/// What was said of the end of the input holds this long, in milliseconds.
const CAUGHT_UP_HOLDS_MS: i64 = 3_000;
/// Real time alone moves a clock on in steps of this, in milliseconds.
const STEP_MS: i64 = 1_000;

/// What a record's bytes say, where that can be said at once.
pub enum Decoding {
    /// They say this.
    Said(Decoded),
    /// What is needed to read them is being fetched: ask again later.
    NotYet,
}

/// Reads the records of the sources, each topic in its format.
pub trait Decode {
    /// Reads a record that has a value.
    fn decode(&mut self, topic: &str, value: &[u8]) -> Decoding;
}

/// More sources than this in a partition have no clock: nobody waits for them.
const SOURCES_MAX: usize = 200;

/// What is kept for a partition of a source topic.
pub(crate) struct DoorTask {
    place: TopicPartition,
    /// The source of records that name none: it is waited for before it is heard.
    expected: Option<Text>,
    position: Position,
    clocks: Clocks,
    caught_up_at: Option<Millis>,
    /// Offsets of records on which the code has crashed.
    aside: BTreeSet<i64>,
    admitted: Vec<(Text, ContactInput)>,
    dead: Vec<DeadLetter>,
    /// Erasures that records of the open transaction ask for.
    asked: Vec<Erasure>,
    /// Only of the task that reads the topic of erasures: all that are not confirmed.
    coordinator: Option<Coordinator>,
}

impl DoorTask {
    /// A record of a source was read.
    fn hear(&mut self, source: &Text, occurred_at: Millis, heard_at: Millis) {
        let sources = &mut self.position.open.sources;
        if let Some(clock) = sources.get_mut(source) {
            clock.hear(occurred_at, heard_at);
        } else if sources.len() < SOURCES_MAX {
            let mut clock = SourceClock::EXPECTED;
            clock.hear(occurred_at, heard_at);
            sources.insert(source.clone(), clock);
        }
    }

    /// The sources stand where the committed position says.
    fn hear_committed(&mut self) {
        if let Some(expected) = &self.expected {
            let sources = &mut self.position.committed.sources;
            let clock = sources.entry(expected.clone());
            clock.or_insert(SourceClock::EXPECTED);
        }
        let sources = &self.position.committed.sources;
        self.position.open.sources.clone_from(sources);
        for (source, clock) in sources {
            if clock.occurred_at != Millis::MIN {
                self.clocks.restore(source, 0, clock.occurred_at);
            }
        }
    }

    /// Moves on the sources that are quiet, if the partition is read to its end.
    fn idle(&mut self, time: Millis) {
        if self.coordinator.is_some() {
            return;
        }
        let is_caught_up = self
            .caught_up_at
            .is_some_and(|at| time.since(at) <= CAUGHT_UP_HOLDS_MS);
        if is_caught_up {
            let open = &mut self.position.open;
            open.heard_up_to = open.heard_up_to.max(Some(time));
            let sources = open.sources.values_mut();
            sources.for_each(|clock| clock.idle(time, QUIET_AFTER_MS));
        }
    }
}

impl Task for DoorTask {
    fn position(&self) -> &Position {
        &self.position
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    fn restored(&mut self) -> Result<(), String> {
        self.hear_committed();
        Ok(())
    }

    fn committed(&mut self) {
        self.position.commit();
        self.admitted.clear();
        self.dead.clear();
        self.asked.clear();
        if let Some(coordinator) = &mut self.coordinator {
            coordinator.committed();
        }
    }

    fn dropped(&mut self) {
        self.position.drop();
        self.admitted.clear();
        self.dead.clear();
        self.asked.clear();
        if let Some(coordinator) = &mut self.coordinator {
            coordinator.dropped();
        }
        self.caught_up_at = None;
        self.clocks = Clocks::default();
        self.hear_committed();
    }

    fn caught_up(&mut self, time: Millis) {
        self.caught_up_at = Some(time);
    }

    fn aside(&self) -> u64 {
        self.aside.len() as u64
    }

    fn sizes(&self) -> (u64, u64, u64) {
        (self.position.committed.sources.len() as u64, 0, 0)
    }

    fn sources(&self) -> Vec<(Text, SourceStats)> {
        let sources = self.position.committed.sources.iter();
        let heard = sources.filter(|(_, clock)| clock.heard_at != Millis::MIN);
        let stats = |(name, clock): (&Text, &SourceClock)| {
            let heard_at = Some(clock.heard_at);
            let silent = None;
            (name.clone(), SourceStats { heard_at, silent })
        };
        heard.map(stats).collect()
    }

    fn clocks(&self) -> BTreeMap<Text, Millis> {
        let sources = self.position.committed.sources.iter();
        sources
            .map(|(name, clock)| (name.clone(), clock.seen))
            .collect()
    }

    fn erasures(&self) -> (u64, u64) {
        (0, self.coordinator.as_ref().map_or(0, Coordinator::pending))
    }

    fn is_due(&self) -> bool {
        false
    }

    fn clock(&self) -> Option<TaskClock> {
        let Meta {
            heard_up_to,
            sources,
            ..
        } = &self.position.committed;
        // Before anything was read, and the end was not seen, nothing can be said; and erasures are
        // no source.
        let is_source = self.coordinator.is_none();
        let is_known = heard_up_to.is_some()
            || sources
                .values()
                .any(|clock| *clock != SourceClock::EXPECTED);
        (is_known && is_source).then(|| TaskClock {
            order: heard_up_to.map_or(i64::MIN, |at| at.0),
            said: Said::Sources(sources.clone()),
        })
    }
}

/// The door at work.
pub(crate) struct DoorWork<'a, D: Decode> {
    engine: &'a Engine,
    sources: Arc<Sources>,
    decode: D,
    /// The topic of erasures.
    erasures: Text,
    /// The tasks that take part in an erasure.
    tasks: Tasks,
}

impl<'a, D: Decode> DoorWork<'a, D> {
    pub(crate) fn new(
        engine: &'a Engine,
        sources: Arc<Sources>,
        decode: D,
        (erasures, tasks): (Text, Tasks),
    ) -> DoorWork<'a, D> {
        DoorWork {
            engine,
            sources,
            decode,
            erasures,
            tasks,
        }
    }

    /// A signal that asks for an erasure goes on without the identifiers that it names, so that
    /// its second delivery is known; what they are goes where erasures are asked for.
    fn take_erasure(&self, signal: &mut Signal, version: &mut Version) -> Option<Erasure> {
        if signal.name != SignalName::Erase || signal.identifiers.is_empty() {
            return None;
        }
        let named = std::mem::take(&mut signal.identifiers);
        let identifiers: BTreeSet<Text> = named.iter().map(Identifier::text).collect();
        let second = self.engine.door.second_hash();
        let hashes = identifiers.iter().map(|one| second.of(one));
        version.identity = hashes.fold(0, |all, hash| all ^ hash as u64);
        Some(Erasure::of(
            &self.engine.door,
            identifiers,
            signal.occurred_at,
        ))
    }

    fn decoded(&mut self, topic: &str, record: &Record) -> Decoding {
        match record.value.as_deref() {
            None | Some([]) => Decoding::Said(Decoded::Rejected {
                reason: RejectedReason::Empty,
                detail: "the record has no value".into(),
            }),
            Some(value) => self.decode.decode(topic, value),
        }
    }
}

impl<D: Decode> Work for DoorWork<'_, D> {
    type Task = DoorTask;

    fn task(&self, place: &TopicPartition, _time: Millis) -> DoorTask {
        DoorTask {
            place: place.clone(),
            expected: self.sources.of_topic.get(&place.topic).cloned(),
            position: Position::default(),
            clocks: Clocks::default(),
            caught_up_at: None,
            aside: BTreeSet::new(),
            admitted: Vec::new(),
            dead: Vec::new(),
            asked: Vec::new(),
            coordinator: (place.topic == self.erasures).then(Coordinator::default),
        }
    }

    fn restore(&self, task: &mut DoorTask, record: Record) -> Result<(), Damaged> {
        match wire::logged(&record)? {
            Logged::Meta(name, meta) if name == task.place.to_string() => {
                task.position.restored(meta);
            }
            Logged::FormerMeta(name, mut meta, clocks) if name == task.place.to_string() => {
                for (source, seen) in clocks {
                    let mut clock = SourceClock::EXPECTED;
                    clock.hear(seen, Millis::MIN);
                    meta.sources.insert(source, clock);
                }
                task.position.restored(meta);
            }
            Logged::State(key, deadline) => {
                if let Some(coordinator) = &mut task.coordinator {
                    coordinator.restore(&record, key, deadline.is_some())?;
                }
            }
            Logged::Meta(..)
            | Logged::FormerMeta(..)
            | Logged::Clock(..)
            | Logged::Terms(..)
            | Logged::Pending(..)
            | Logged::Remembered(..)
            | Logged::Counted(..) => {}
        }
        Ok(())
    }

    fn apply(
        &mut self,
        task: &mut DoorTask,
        record: &Record,
        time: Millis,
    ) -> Result<Took, Damaged> {
        if let Some(coordinator) = &mut task.coordinator {
            let unique = &self.engine.door.settings().unique;
            coordinator.hear(record, &task.place, &self.tasks, unique)?;
            task.position.read(record.offset);
            return Ok(Took::Taken(1));
        }
        if task.aside.contains(&record.offset) {
            task.position.counts.read += 1;
            *task.position.counts.rejected.entry(SET_ASIDE).or_default() += 1;
            let detail = "the code crashed on it".to_owned();
            task.position.put_aside(&task.place, record, 0, detail);
            return Ok(Took::Taken(1));
        }
        let topic = task.place.topic.clone();
        let decoded = match guarded(|| self.decoded(&topic, record)) {
            Ok(Decoding::Said(decoded)) => decoded,
            Ok(Decoding::NotYet) => return Ok(Took::NotYet),
            Err(Crashed) => {
                task.aside.insert(record.offset);
                return Ok(Took::Crashed);
            }
        };
        let of_topic = self.sources.of_topic.get(&topic);
        let place = Place {
            source: of_topic.map_or("", Text::as_str),
            partition: 0,
            recorded_at: Some(record.recorded_at.unwrap_or(time)),
            lateness: true,
        };
        let counts = &mut task.position.counts;
        let clocks = &mut task.clocks;
        let admitted = guarded(|| self.engine.admit(decoded, &place, clocks, counts));
        let Ok(admitted) = admitted else {
            task.aside.insert(record.offset);
            return Ok(Took::Crashed);
        };
        match admitted {
            Ok((key, mut input)) => {
                if let ContactInput::Signal(version, signal) = &mut input {
                    task.asked.extend(self.take_erasure(signal, version));
                }
                let (source, occurred_at) = match &input {
                    ContactInput::Event(_, event) => (&event.source, event.occurred_at),
                    ContactInput::Signal(_, signal) => (&signal.source, signal.occurred_at),
                };
                // A producer's clock may be wrong; nothing is read before it was produced.
                let heard_at = record.recorded_at.map_or(time, |at| at.min(time));
                task.hear(source, occurred_at, heard_at);
                task.admitted.push((key, input));
            }
            Err(Refused::Rejected(reason, detail)) => task.dead.push(DeadLetter {
                place: task.place.clone(),
                offset: record.offset,
                reason: reason.name(),
                detail,
                hash: xxh3_128(record.value.as_deref().unwrap_or_default()),
                message: 0,
            }),
            Err(Refused::Ignored(_) | Refused::TooLate) => {}
        }
        task.caught_up_at = None;
        task.position.read(record.offset);
        Ok(Took::Taken(1))
    }

    fn fire(&self, _task: &mut DoorTask, _keys_max: usize) -> usize {
        0
    }

    fn tick(&self, task: &mut DoorTask, time: Millis) -> bool {
        task.idle(time);
        let Meta { heard_up_to, .. } = task.position.open;
        let said = task.position.committed.heard_up_to;
        let moved = heard_up_to
            .is_some_and(|heard_up_to| said.is_none_or(|said| heard_up_to.since(said) >= STEP_MS));
        task.position.is_open |= moved;
        moved
    }

    fn outside<P: Port>(&self, task: &mut DoorTask, port: &mut P) -> bool {
        let Some(coordinator) = &mut task.coordinator else {
            return false;
        };
        let is_open = coordinator.purge(port);
        task.position.is_open |= is_open;
        is_open
    }

    fn flush<P: Port>(
        &mut self,
        task: &mut DoorTask,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) -> Result<(), Crashed> {
        if let Some(coordinator) = &mut task.coordinator {
            let second = self.engine.door.second_hash();
            let confirmed = coordinator.flush(changelog, &self.tasks, second, outlet);
            task.position.counts.erasures_confirmed += confirmed;
            send_position(&task.place, &task.position, changelog, outlet);
            return Ok(());
        }
        for Erasure { key, value, .. } in &task.asked {
            outlet.erasure(key, Some(value));
        }
        for (key, input) in &task.admitted {
            outlet.contact_input(key, input);
        }
        for letter in &task.dead {
            outlet.dead_letter(letter);
        }
        // What is said of the stage itself: the least of its sources.
        let mut now = Now::NEVER;
        for (source, clock) in &task.position.open.sources {
            let settled = clock.seen.minus(self.sources.get(source).lateness_ms);
            if clock.seen != Millis::MAX {
                now.hold(Brings::ALL, Clock::at(settled));
            }
        }
        task.position.open.now.move_to(&now);
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}
