//! A stage that keeps a state per key: contacts, handles, customers.

use crate::service::outlet::{Outlet, Routed};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::wire::{self, Damaged, Heard, Logged};
use crate::service::work::{
    Crashed, Position, Task, Took, Work, guarded, least_clock, send_position,
};
use hashbrown::HashMap;
use model::{Millis, Stage, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// The state of a key, as it stands in the changelog.
struct Kept {
    value: Box<[u8]>,
    /// When time alone may change it; [`Millis::MAX`]: never.
    deadline: Millis,
    /// Where it stands in the queue of timers; [`Millis::MAX`]: nowhere. Never after its deadline.
    queued_at: Millis,
}

/// A state as it was sent to the changelog: its deadline, and the value.
type Sealed = (Millis, Box<[u8]>);

/// The timers of a task: by instant the keys that have to be looked at then. Derived from the
/// states; a key whose deadline has moved on since is put back when its turn comes.
#[derive(Default)]
struct Timers(BTreeMap<Millis, Vec<Text>>);

impl Timers {
    fn push(&mut self, at: Millis, key: Text) {
        self.0.entry(at).or_default().push(key);
    }

    fn pop(&mut self, now: Millis) -> Option<(Millis, Text)> {
        let mut first = self.0.first_entry().filter(|entry| *entry.key() <= now)?;
        let at = *first.key();
        let key = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        key.map(|key| (at, key))
    }

    fn due(&self, now: Millis) -> usize {
        self.0.range(..=now).map(|(_, keys)| keys.len()).sum()
    }

    fn is_due(&self, now: Millis) -> bool {
        self.0.first_key_value().is_some_and(|(at, _)| *at <= now)
    }
}

/// What is kept for a partition.
pub(crate) struct KeyedTask<S: Stage> {
    place: TopicPartition,
    position: Position,
    base: HashMap<Text, Kept, Xxh3DefaultBuilder>,
    value_bytes: u64,
    timers: Timers,
    /// States that the open transaction looks at, decoded.
    overlay: BTreeMap<Text, S::State>,
    /// Timers that the open transaction has fired.
    fired: Vec<(Millis, Text)>,
    /// Keys on which the code has crashed: their records are put aside, until the task is made anew.
    aside: BTreeSet<Text>,
    /// What the open transaction has sent to the changelog.
    sealed: Vec<(Text, Option<Sealed>)>,
}

impl<S: Stage> KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    /// The state of a key in the overlay, brought there if need be.
    ///
    /// # Errors
    /// What stands in the base cannot be read.
    fn open(&mut self, key: &Text) -> Result<&mut S::State, String> {
        if !self.overlay.contains_key(key) {
            let state = match self.base.get(key) {
                None => S::State::default(),
                Some(kept) => wire::state_of(&kept.value)?,
            };
            self.overlay.insert(key.clone(), state);
        }
        Ok(self.overlay.get_mut(key).expect("it was just put there"))
    }

    fn keep(&mut self, key: Text, value: Option<Sealed>) {
        let former = self.base.get(&key);
        self.value_bytes -= former.map_or(0, |kept| kept.value.len() as u64);
        let Some((deadline, value)) = value else {
            self.base.remove(&key);
            return;
        };
        self.value_bytes += value.len() as u64;
        let mut queued_at = former.map_or(Millis::MAX, |kept| kept.queued_at);
        if deadline < queued_at {
            queued_at = deadline;
            self.timers.push(deadline, key.clone());
        }
        let kept = Kept {
            value,
            deadline,
            queued_at,
        };
        self.base.insert(key, kept);
    }
}

impl<S: Stage> Task for KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    fn position(&self) -> &Position {
        &self.position
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    fn restored(&mut self) {
        self.base.shrink_to_fit();
    }

    fn committed(&mut self) {
        self.position.commit();
        self.overlay.clear();
        for (_, key) in std::mem::take(&mut self.fired) {
            if let Some(kept) = self.base.get_mut(&key) {
                kept.queued_at = Millis::MAX;
            }
        }
        for (key, value) in std::mem::take(&mut self.sealed) {
            self.keep(key, value);
        }
    }

    fn dropped(&mut self) {
        self.position.drop();
        self.overlay.clear();
        self.sealed.clear();
        for (at, key) in std::mem::take(&mut self.fired) {
            self.timers.push(at, key);
        }
    }

    fn caught_up(&mut self, _time: Millis) {}

    fn aside(&self) -> u64 {
        self.aside.len() as u64
    }

    fn sizes(&self) -> (u64, u64, u64) {
        let now = self.position.committed.now.unwrap_or(Millis::MIN);
        let due = self.timers.due(now) as u64;
        (self.base.len() as u64, self.value_bytes, due)
    }

    fn heard(&self) -> &BTreeMap<Text, Millis> {
        static NOTHING: BTreeMap<Text, Millis> = BTreeMap::new();
        &NOTHING
    }

    fn is_due(&self) -> bool {
        let now = self.position.open.now;
        now.is_some_and(|now| self.timers.is_due(now))
    }

    fn clock(&self) -> Option<Millis> {
        let now = self.position.committed.now?;
        (!self.timers.is_due(now) && self.fired.is_empty()).then_some(now)
    }
}

/// A stage at work.
pub(crate) struct Keyed<'a, S: Stage> {
    stage: &'a S,
    /// Names of the tasks before this stage: time is the least of their clocks.
    before: Vec<Text>,
    /// The bytes of a state in which nothing is kept: such a key is let go of.
    nothing: Vec<u8>,
}

impl<'a, S: Stage> Keyed<'a, S>
where
    S::State: Serialize + DeserializeOwned,
{
    pub(crate) fn new(stage: &'a S, before: Vec<Text>) -> Keyed<'a, S> {
        Keyed {
            stage,
            before,
            nothing: wire::state_bytes(&S::State::default()),
        }
    }
}

impl<S: Stage + Routed> Work for Keyed<'_, S>
where
    S::State: Serialize + DeserializeOwned,
    S::Input: DeserializeOwned,
{
    type Task = KeyedTask<S>;

    fn task(&self, place: &TopicPartition, _time: Millis) -> KeyedTask<S> {
        KeyedTask {
            place: place.clone(),
            position: Position::default(),
            base: HashMap::default(),
            value_bytes: 0,
            timers: Timers::default(),
            overlay: BTreeMap::new(),
            fired: Vec::new(),
            aside: BTreeSet::new(),
            sealed: Vec::new(),
        }
    }

    fn restore(&self, task: &mut KeyedTask<S>, record: &Record) -> Result<(), Damaged> {
        match wire::logged(record)? {
            Logged::Meta(_, meta) => task.position.restored(meta),
            Logged::State(key, None) => task.keep(key.into(), None),
            Logged::State(key, Some(deadline)) => {
                let value = record.value.as_deref().unwrap_or_default();
                task.keep(key.into(), Some((deadline, value.into())));
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        task: &mut KeyedTask<S>,
        record: &Record,
        _time: Millis,
    ) -> Result<Took, Damaged> {
        match wire::hear::<S::Input>(record)? {
            Heard::Clock(name, at) => {
                // A source that was taken out of the configuration has no say any more.
                let open = &mut task.position.open;
                if self.before.contains(&name) {
                    open.clocks.insert(name, at);
                    open.now = open.now.max(least_clock(&self.before, open));
                }
            }
            Heard::Message(key, _) if task.aside.contains(&key) => {
                let detail = format!("the code crashed on its key {key}");
                task.position.put_aside(&task.place, record, detail);
            }
            Heard::Message(key, input) => {
                let state = task.open(&key).map_err(|what| Damaged {
                    offset: record.offset,
                    what: format!("the state of its key: {what}"),
                })?;
                match guarded(|| self.stage.apply(&key, state, input)) {
                    Ok(absorbed) => task.position.counts.absorbed(absorbed),
                    Err(Crashed) => {
                        task.aside.insert(key);
                        return Ok(Took::Crashed);
                    }
                }
            }
        }
        task.position.read(record.offset);
        Ok(Took::Taken)
    }

    fn fire(&self, task: &mut KeyedTask<S>, keys_max: usize) -> usize {
        let Some(now) = task.position.open.now else {
            return 0;
        };
        let mut fired = 0;
        while fired < keys_max {
            let Some((at, key)) = task.timers.pop(now) else {
                break;
            };
            let Some(kept) = task.base.get_mut(&key).filter(|kept| kept.queued_at == at) else {
                continue;
            };
            if kept.deadline > now {
                kept.queued_at = kept.deadline;
                task.timers.push(kept.deadline, key);
                continue;
            }
            // A state that cannot be read is found when the key's next record comes.
            if !task.aside.contains(&key) && task.open(&key).is_ok() {
                task.fired.push((at, key));
                task.position.is_open = true;
                fired += 1;
            }
        }
        fired
    }

    fn tick(&self, _task: &mut KeyedTask<S>, _time: Millis) -> bool {
        false
    }

    fn flush<P: Port>(
        &mut self,
        task: &mut KeyedTask<S>,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) -> Result<(), Crashed> {
        let now = task.position.open.now.unwrap_or(Millis::MIN);
        let mut outputs = Vec::new();
        for (key, state) in &mut task.overlay {
            let settled = guarded(|| {
                self.stage.settle(key, state, now, &mut outputs);
                // What is still due after it was settled is looked at with the next instant, not
                // for ever with this one.
                let deadline = self.stage.deadline(state, now);
                deadline.map_or(Millis::MAX, |at| at.max(now.plus(1)))
            });
            let Ok(deadline) = settled else {
                task.aside.insert(key.clone());
                return Err(Crashed);
            };
            for output in outputs.drain(..) {
                S::route(key, output, outlet);
            }
            let bytes = wire::state_bytes(state);
            if bytes == self.nothing {
                outlet.state(changelog, key, None);
                task.sealed.push((key.clone(), None));
                continue;
            }
            let mut value = Vec::with_capacity(bytes.len() + 8);
            wire::state(deadline, &bytes, &mut value);
            outlet.state(changelog, key, Some(&value));
            task.sealed
                .push((key.clone(), Some((deadline, value.into()))));
        }
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}
