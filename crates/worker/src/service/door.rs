//! The door at work: records of the sources in, events by contact out.

use crate::engine::{Engine, Refused};
use crate::service::coordinator::{Coordinator, Erasure, Tasks};
use crate::service::outlet::{DeadLetter, Outlet};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::wire::{self, Damaged, Logged};
use crate::service::work::{
    Crashed, Position, SET_ASIDE, Task, Took, Work, guarded, send_position,
};
use canonical::Decoded;
use model::{ContactInput, Identifier, Millis, RejectedReason, Signal, SignalName, Text, Version};
use stage_door::{Clocks, Place};
use std::collections::{BTreeMap, BTreeSet};
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

/// What the door knows of the sources.
pub struct Sources {
    /// By topic, the source of records that name none.
    pub of_topic: BTreeMap<Text, Text>,
    /// How long a final verdict waits for a source, in milliseconds; by source.
    pub lateness_ms: BTreeMap<Text, i64>,
    /// The same for every other source.
    pub lateness_rest_ms: i64,
}

impl Sources {
    fn lateness_ms(&self, source: &str) -> i64 {
        let own = self.lateness_ms.get(source);
        own.copied().unwrap_or(self.lateness_rest_ms)
    }
}

/// What is kept for a partition of a source topic.
pub(crate) struct DoorTask {
    place: TopicPartition,
    position: Position,
    clocks: Clocks,
    /// When a record of a source was last read, in real time.
    read_at: BTreeMap<Text, Millis>,
    /// When the task began to work, in real time.
    began_at: Millis,
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
    /// The clock of the partition: the least of its sources', each less its lateness.
    fn settled(&self, sources: &Sources, time: Millis) -> Option<Millis> {
        if self.coordinator.is_some() {
            return None;
        }
        let is_caught_up = self
            .caught_up_at
            .is_some_and(|at| time.since(at) <= CAUGHT_UP_HOLDS_MS);
        let clocks = self.clocks.iter().map(|(source, _, seen)| {
            let read_at = self.read_at.get(source).copied().unwrap_or(self.began_at);
            let quiet_ms = time.since(read_at);
            let seen = if is_caught_up && quiet_ms >= QUIET_AFTER_MS {
                seen.plus(quiet_ms)
            } else {
                seen
            };
            seen.minus(sources.lateness_ms(source))
        });
        // A partition in which there never was anything holds nobody back, once that is known.
        clocks.min().or(is_caught_up.then_some(Millis::MAX))
    }
}

impl Task for DoorTask {
    fn position(&self) -> &Position {
        &self.position
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    fn restored(&mut self) {
        for (source, seen) in &self.position.committed.clocks {
            self.clocks.restore(source, 0, *seen);
        }
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
        self.restored();
    }

    fn caught_up(&mut self, time: Millis) {
        self.caught_up_at = Some(time);
    }

    fn aside(&self) -> u64 {
        self.aside.len() as u64
    }

    fn sizes(&self) -> (u64, u64, u64) {
        (self.clocks.iter().count() as u64, 0, 0)
    }

    fn heard(&self) -> &BTreeMap<Text, Millis> {
        &self.read_at
    }

    fn erasures(&self) -> (u64, u64) {
        (0, self.coordinator.as_ref().map_or(0, Coordinator::pending))
    }

    fn is_due(&self) -> bool {
        false
    }

    fn clock(&self) -> Option<Millis> {
        self.position.committed.now
    }
}

/// The door at work.
pub(crate) struct DoorWork<'a, D: Decode> {
    engine: &'a Engine,
    sources: Sources,
    decode: D,
    /// The topic of erasures.
    erasures: Text,
    /// The tasks that take part in an erasure.
    tasks: Tasks,
}

impl<'a, D: Decode> DoorWork<'a, D> {
    pub(crate) fn new(
        engine: &'a Engine,
        sources: Sources,
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

    fn task(&self, place: &TopicPartition, time: Millis) -> DoorTask {
        DoorTask {
            place: place.clone(),
            position: Position::default(),
            clocks: Clocks::default(),
            read_at: BTreeMap::new(),
            began_at: time,
            caught_up_at: None,
            aside: BTreeSet::new(),
            admitted: Vec::new(),
            dead: Vec::new(),
            asked: Vec::new(),
            coordinator: (place.topic == self.erasures).then(Coordinator::default),
        }
    }

    fn restore(&self, task: &mut DoorTask, record: &Record) -> Result<(), Damaged> {
        match wire::logged(record)? {
            Logged::Meta(name, meta) if name == task.place.to_string() => {
                task.position.restored(meta);
            }
            Logged::State(key, deadline) => {
                if let Some(coordinator) = &mut task.coordinator {
                    coordinator.restore(record, key, deadline.is_some())?;
                }
            }
            Logged::Meta(..) | Logged::Pending(..) | Logged::Remembered(..) => {}
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
            return Ok(Took::Taken);
        }
        if task.aside.contains(&record.offset) {
            task.position.counts.read += 1;
            *task.position.counts.rejected.entry(SET_ASIDE).or_default() += 1;
            let detail = "the code crashed on it".to_owned();
            task.position.put_aside(&task.place, record, detail);
            return Ok(Took::Taken);
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
                let source = match &input {
                    ContactInput::Event(_, event) => &event.source,
                    ContactInput::Signal(_, signal) => &signal.source,
                };
                match task.read_at.get_mut(source) {
                    Some(read_at) => *read_at = time,
                    None => {
                        task.read_at.insert(source.clone(), time);
                    }
                }
                task.admitted.push((key, input));
            }
            Err(Refused::Rejected(reason, detail)) => task.dead.push(DeadLetter {
                place: task.place.clone(),
                offset: record.offset,
                reason: reason.name(),
                detail,
                hash: xxh3_128(record.value.as_deref().unwrap_or_default()),
            }),
            Err(Refused::Ignored(_) | Refused::TooLate) => {}
        }
        task.caught_up_at = None;
        task.position.read(record.offset);
        Ok(Took::Taken)
    }

    fn fire(&self, _task: &mut DoorTask, _keys_max: usize) -> usize {
        0
    }

    fn tick(&self, task: &mut DoorTask, time: Millis) -> bool {
        let Some(settled) = task.settled(&self.sources, time) else {
            return false;
        };
        let said = task.position.committed.now;
        let moved = said.is_none_or(|said| settled.since(said) >= STEP_MS);
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
        let settled = task.settled(&self.sources, outlet.port.time());
        let open = &mut task.position.open;
        open.now = settled.or(open.now);
        for (source, _, seen) in task.clocks.iter() {
            open.clocks.insert(source.into(), seen);
        }
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}
