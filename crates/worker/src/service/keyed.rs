//! A stage that keeps a state per key: contacts, handles, customers.

use crate::service::outlet::{Outlet, Routed};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::timers::{Timer, Timers};
use crate::service::wire::{self, Damaged, Heard, Logged, Meta};
use crate::service::work::{
    Crashed, Position, Task, Took, Work, guarded, least_clock, send_position,
};
use hashbrown::HashMap;
use model::{Deadlines, Millis, Now, Stage, Text, Wait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::Xxh3DefaultBuilder;

/// The state of a key, as it stands in the changelog.
struct Kept {
    value: Box<[u8]>,
    /// Where it stands in the queues of timers: in each once at most, and never after its deadline.
    queued: Box<[(Wait, Millis)]>,
}

impl Kept {
    fn is_queued(&self, timer: &Timer) -> bool {
        self.queued.contains(&(timer.wait, timer.at))
    }

    /// It stands in the queue of a wait at this instant now, or no longer.
    fn queue(&mut self, wait: Wait, at: Option<Millis>) {
        let others = self.queued.iter().filter(|(known, _)| *known != wait);
        self.queued = others.copied().chain(at.map(|at| (wait, at))).collect();
    }
}

/// A state as it was sent to the changelog: its deadlines, and the value.
type Sealed = (Deadlines, Box<[u8]>);

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
    fired: Vec<Timer>,
    /// Keys on which the code has crashed: their records are put aside, until the task is made anew.
    aside: BTreeSet<Text>,
    /// What the open transaction has sent to the changelog.
    sealed: Vec<(Text, Option<Sealed>)>,
}

impl<S: Stage> KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    fn keep(&mut self, key: Text, value: Option<Sealed>) {
        let former = self.base.remove(&key);
        self.value_bytes -= former.as_ref().map_or(0, |kept| kept.value.len() as u64);
        let Some((deadlines, value)) = value else {
            return;
        };
        self.value_bytes += value.len() as u64;
        let queued = former.map(|kept| kept.queued).unwrap_or_default();
        let mut kept = Kept { value, queued };
        for (wait, at) in deadlines.as_slice() {
            let queued = kept.queued.iter().find(|(known, _)| known == wait);
            if queued.is_none_or(|(_, queued_at)| at < queued_at) {
                kept.queue(*wait, Some(*at));
                self.timers.push(Timer {
                    wait: *wait,
                    at: *at,
                    key: key.clone(),
                });
            }
        }
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
        for timer in std::mem::take(&mut self.fired) {
            if let Some(kept) = self.base.get_mut(&timer.key) {
                kept.queue(timer.wait, None);
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
        for timer in std::mem::take(&mut self.fired) {
            self.timers.push(timer);
        }
    }

    fn caught_up(&mut self, _time: Millis) {}

    fn aside(&self) -> u64 {
        self.aside.len() as u64
    }

    fn sizes(&self) -> (u64, u64, u64) {
        let due = self.timers.due(&now_of(&self.position.committed)) as u64;
        (self.base.len() as u64, self.value_bytes, due)
    }

    fn heard(&self) -> &BTreeMap<Text, Millis> {
        static NOTHING: BTreeMap<Text, Millis> = BTreeMap::new();
        &NOTHING
    }

    fn is_due(&self) -> bool {
        self.timers.is_due(&now_of(&self.position.open))
    }

    fn clock(&self) -> Option<Millis> {
        let now = self.position.committed.now?;
        let is_due = self.timers.is_due(&Now::all(now));
        (!is_due && self.fired.is_empty()).then_some(now)
    }
}

/// How far time has come for a task.
fn now_of(meta: &Meta) -> Now {
    meta.now.map_or(Now::UNKNOWN, Now::all)
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

    /// The state of a key in the overlay, brought there if need be.
    ///
    /// # Errors
    /// What stands in the base cannot be read.
    fn open<'t>(&self, task: &'t mut KeyedTask<S>, key: &Text) -> Result<&'t mut S::State, String> {
        if !task.overlay.contains_key(key) {
            let state = match task.base.get(key) {
                None => S::State::default(),
                Some(kept) => wire::state_of(self.stage, &kept.value)?,
            };
            task.overlay.insert(key.clone(), state);
        }
        Ok(task.overlay.get_mut(key).expect("it was just put there"))
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
            Logged::State(key, Some(deadlines)) => {
                let value = record.value.as_deref().unwrap_or_default();
                task.keep(key.into(), Some((deadlines, value.into())));
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
                let state = self.open(task, &key).map_err(|what| Damaged {
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
        let now = now_of(&task.position.open);
        let mut fired = 0;
        while fired < keys_max {
            let Some(timer) = task.timers.pop(&now) else {
                break;
            };
            let kept = task.base.get_mut(&timer.key);
            let Some(kept) = kept.filter(|kept| kept.is_queued(&timer)) else {
                continue;
            };
            let deadlines = wire::deadlines_of(&kept.value);
            let deadline = deadlines.as_slice().iter();
            let deadline = deadline.copied().find(|(wait, _)| *wait == timer.wait);
            let is_due = deadline.is_some_and(|(wait, at)| at <= now.reached(wait));
            if !is_due {
                kept.queue(timer.wait, deadline.map(|(_, at)| at));
                if let Some((_, at)) = deadline {
                    task.timers.push(Timer { at, ..timer });
                }
                continue;
            }
            // A state that cannot be read is found when the key's next record comes.
            if !task.aside.contains(&timer.key) && self.open(task, &timer.key).is_ok() {
                task.fired.push(timer);
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
        let now = now_of(&task.position.open);
        let mut outputs = Vec::new();
        for (key, state) in &mut task.overlay {
            let settled = guarded(|| {
                self.stage.settle(key, state, &now, &mut outputs);
                let mut deadlines = Deadlines::default();
                self.stage.deadlines(state, &mut deadlines);
                // What is still due after it was settled is looked at with the next instant, not
                // for ever with this one.
                deadlines.put_off(&now);
                deadlines
            });
            let Ok(deadlines) = settled else {
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
            wire::state(S::SCHEMA, &deadlines, &bytes, &mut value);
            outlet.state(changelog, key, Some(&value));
            task.sealed
                .push((key.clone(), Some((deadlines, value.into()))));
        }
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}
