//! A stage that keeps a state per key: contacts, handles, customers.

mod states;
mod task;

use crate::service::erasing::{Erases, Erasing};
use crate::service::outlet::{Outlet, Routed};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::sources::{self, Sources, TaskClock};
use crate::service::tally::Tally;
use crate::service::timers::{Timer, Timers};
use crate::service::topics::StageName;
use crate::service::wire::{self, Damaged, Heard, Logged};
use crate::service::work::{Crashed, Position, Took, Work, guarded, send_position};
use model::{Brings, Deadlines, Millis, Now, Stage, Terms, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use stage_door::SecondHash;
use states::{Base, Held, Kept, Overlay};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use task::{Goal, KeyedTask, known_time, tells_silences};

/// A stage at work.
pub(crate) struct Keyed<'a, S: Stage> {
    /// As the configuration has it; each task has its own, by its terms.
    stage: &'a S,
    /// Names of the tasks before this stage: time is the least of their clocks.
    before: Vec<Text>,
    sources: Arc<Sources>,
    /// Where the door is before this stage, the tenant: a task of it tells which sources are silent.
    watches_for: Option<Text>,
    /// The bytes of a state in which nothing is kept: such a key is let go of.
    nothing: Vec<u8>,
    name: StageName,
    second_hash: &'a SecondHash,
    /// So long after what it is about something that was forgotten is remembered.
    remembered_ms: i64,
}

impl<'a, S: Erases> Keyed<'a, S>
where
    S::State: Serialize + DeserializeOwned,
{
    pub(crate) fn new(
        stage: &'a S,
        name: StageName,
        before: Vec<Text>,
        sources: Arc<Sources>,
        second_hash: &'a SecondHash,
        remembered_ms: i64,
    ) -> Keyed<'a, S> {
        Keyed {
            stage,
            before,
            sources,
            watches_for: None,
            nothing: {
                let mut bytes = Vec::new();
                let nothing = S::State::default();
                let begin = wire::state(0, &Deadlines::default(), &nothing, &mut bytes);
                bytes.split_off(begin)
            },
            name,
            second_hash,
            remembered_ms,
        }
    }

    /// Tells which sources are silent, too.
    pub(crate) fn watching(mut self, tenant: Text) -> Keyed<'a, S> {
        self.watches_for = Some(tenant);
        self
    }

    /// Moves time on by what was heard. A task that was taken out of the configuration has no say.
    fn gather(&self, task: &mut KeyedTask<S>) {
        if !std::mem::take(&mut task.is_time_news) {
            return;
        }
        let is_begun = task.position.open.now != Now::UNKNOWN;
        let clock_of = |name: &str| task.clock_of(name);
        let gathered = sources::gather(&self.before, clock_of, is_begun, &self.sources);
        if let Some((now, heard)) = gathered {
            task.position.open.now.move_to(&now);
            task.sources = heard;
        }
    }

    /// Tells which sources have fallen silent, and which are no longer.
    fn tell_silences<P: Port>(&self, task: &mut KeyedTask<S>, outlet: &mut Outlet<'_, P>) {
        let Some(tenant) = &self.watches_for else {
            return;
        };
        if !tells_silences(&task.place) {
            return;
        }
        let KeyedTask {
            position, sources, ..
        } = task;
        let told = &mut position.open.silences;
        // A silence stands until the source is heard, whatever else becomes uncertain meanwhile.
        told.retain(|source, silence| {
            let cause = match sources.get(source) {
                None => "source_removed",
                Some(heard) if heard.heard_at > silence.since => "spoke_again",
                Some(_) => return true,
            };
            outlet.source_silent(&silence.alert(tenant, source, Some(cause)));
            false
        });
        for (source, heard) in sources {
            if let Some(silence) = &heard.silence
                && !told.contains_key(source)
            {
                outlet.source_silent(&silence.alert(tenant, source, None));
                told.insert(source.clone(), silence.clone());
            }
        }
    }

    /// Where a message goes, and what is left of it.
    fn goal(
        &self,
        task: &mut KeyedTask<S>,
        record: &Record,
        key: Text,
        input: &mut S::Input,
    ) -> Result<Goal, Damaged> {
        if task.aside.contains(&key) {
            return Ok(Goal::Aside);
        }
        if task
            .erasing
            .sifts(&task.stage, &key, input, self.second_hash)
        {
            return Ok(Goal::Erased);
        }
        let place = task.open(key).map_err(|what| Damaged {
            offset: record.offset,
            what: format!("the state of its key: {what}"),
        })?;
        Ok(Goal::Place(place))
    }
}

impl<S: Erases + Routed> Work for Keyed<'_, S>
where
    S::State: Serialize + DeserializeOwned,
    S::Input: DeserializeOwned,
{
    type Task = KeyedTask<S>;

    fn task(&self, place: &TopicPartition, _time: Millis) -> KeyedTask<S> {
        KeyedTask {
            stage: self.stage.clone(),
            terms: Terms::default(),
            names: self.stage.terms(),
            terms_moved: false,
            terms_sent: false,
            again: Vec::new(),
            again_open: Vec::new(),
            place: place.clone(),
            position: Position::default(),
            clocks: BTreeMap::new(),
            heard: BTreeMap::new(),
            is_time_news: false,
            sources: BTreeMap::new(),
            base: Base::default(),
            value_bytes: 0,
            timers: Timers::default(),
            overlay: Overlay::new(),
            fired: Vec::new(),
            aside: BTreeSet::new(),
            sealed: Vec::new(),
            erasing: Erasing::new(self.name, &self.before),
            has_crashed: false,
            tally: S::Tally::default(),
        }
    }

    fn restore(&self, task: &mut KeyedTask<S>, record: Record) -> Result<(), Damaged> {
        match wire::logged(&record)? {
            Logged::Meta(_, meta) => task.position.restored(meta),
            Logged::FormerMeta(_, meta, clocks) => {
                task.position.restored(meta);
                for (name, at) in clocks {
                    task.hear(name, TaskClock::of_instant(at));
                }
            }
            Logged::Clock(name, clock) => task.hear(name.into(), clock),
            Logged::Terms(terms) => task.terms = terms,
            Logged::State(key, None) => task.forget(key),
            Logged::State(key, Some((schema, _))) => {
                wire::newer_schema::<S>(schema).map_err(|what| Damaged {
                    offset: record.offset,
                    what,
                })?;
                // Most of it is written over by what comes later: the queue is made when all is
                // there.
                let key = Text::from(key);
                let value = record.value.unwrap_or_default().into_boxed_slice();
                task.put(key, value, None);
            }
            Logged::Counted(place, value) => {
                let offset = record.offset;
                let restored = task.tally.restore(place, value);
                restored.map_err(|what| Damaged { offset, what })?;
            }
            Logged::Pending(name, pending) => task.erasing.restore(name, pending),
            Logged::Remembered(hash, remembered) => {
                task.erasing.restore_memory(hash, remembered);
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
            Heard::Clock(name, clock) => task.hear(name, clock),
            Heard::Erasure(passing) => task.erasing.hear(passing, self.second_hash),
            Heard::Message(key, mut input) => {
                let goal = self.goal(task, record, key, &mut input)?;
                if task.take((record, 0), goal, input) == Err(Crashed) {
                    return Ok(Took::Crashed);
                }
            }
            Heard::Bundle(mut bundle) => {
                // All of it is read before any of it is taken: a damaged one is not taken by half.
                let mut inputs = Vec::new();
                while let Some((key, mut input)) = bundle.next()? {
                    inputs.push((self.goal(task, record, key, &mut input)?, input));
                }
                let messages = inputs.len();
                for (number, (goal, input)) in inputs.into_iter().enumerate() {
                    if task.take((record, number), goal, input) == Err(Crashed) {
                        return Ok(Took::Crashed);
                    }
                }
                task.position.read(record.offset);
                return Ok(Took::Taken(messages));
            }
        }
        task.position.read(record.offset);
        Ok(Took::Taken(1))
    }

    fn fire(&self, task: &mut KeyedTask<S>, keys_max: usize) -> usize {
        self.gather(task);
        let now = task.position.open.now.clone();
        let mut fired = self.erase(task, keys_max);
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
            if !task.aside.contains(&timer.key) && task.open(timer.key.clone()).is_ok() {
                task.fired.push(timer);
                task.position.is_open = true;
                fired += 1;
            }
        }
        fired + self.settle_again(task, keys_max - fired.min(keys_max))
    }

    fn tick(&self, task: &mut KeyedTask<S>, time: Millis) -> bool {
        let is_due = task.tally.is_due(time);
        task.position.is_open |= is_due;
        is_due
    }

    fn flush<P: Port>(
        &mut self,
        task: &mut KeyedTask<S>,
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) -> Result<(), Crashed> {
        if std::mem::take(&mut task.has_crashed) {
            return Err(Crashed);
        }
        self.gather(task);
        self.tell_silences(task, outlet);
        for (name, clock) in &task.heard {
            outlet.clock(changelog, name, clock);
        }
        let now = task.position.open.now.clone();
        task.erasing.say(outlet);
        let mut outputs = Vec::new();
        for (key, state) in &mut task.overlay.entries {
            let settled = guarded(|| {
                task.stage.settle(key, state, &now, &mut outputs);
                let mut deadlines = Deadlines::default();
                task.stage.deadlines(state, &mut deadlines);
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
            let begin = wire::state(S::SCHEMA, &deadlines, state, outlet.buffer);
            let sealed = if outlet.buffer[begin..] == self.nothing {
                // A key that never came to anything has left nothing behind.
                if task.base.contains_key(key) {
                    outlet.tombstone(changelog, key);
                    task.position.let_go += 1;
                }
                None
            } else {
                // Of keys that are settled again most say what they said.
                let is_same = |kept: &Kept| *kept.value == outlet.buffer[..];
                if task.again_open.is_empty() || !task.base.get(key).is_some_and(is_same) {
                    outlet.state(changelog, key);
                }
                Some((deadlines, outlet.buffer.as_slice().into()))
            };
            task.sealed.push(sealed);
        }
        let offset = task.position.open.offset;
        task.erasing.flush(&task.place, offset, changelog, outlet);
        let before = now.settled(Brings::ALL).minus(self.remembered_ms);
        task.erasing.let_go(before, changelog, outlet);
        if let Some(now) = known_time(&task.position.open.now) {
            task.terms_moved |= task.terms.note(&task.names, now);
        }
        if task.again.is_empty() && !task.terms.are_settled() && !task.names.is_empty() {
            task.terms.settled(&task.names);
            task.terms_moved = true;
        }
        if task.terms_moved && !task.terms.is_empty() {
            outlet.terms(changelog, &task.place.to_string(), &task.terms);
            task.terms_sent = true;
        }
        let now = &task.position.open.now;
        let is_quiet = !task.timers.is_due(now) && task.again.is_empty();
        let times = (now, is_quiet);
        task.tally.flush(&task.place, times, changelog, outlet);
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}

impl<S: Erases + Routed> Keyed<'_, S>
where
    S::State: Serialize + DeserializeOwned,
{
    /// Opens keys that another process may have settled by other terms. Says how many.
    fn settle_again(&self, task: &mut KeyedTask<S>, keys_max: usize) -> usize {
        let mut opened = 0;
        while opened < keys_max
            && let Some(key) = task.again.pop()
        {
            let is_there = task.base.contains_key(&key) && !task.aside.contains(&key);
            if is_there && task.open(key.clone()).is_ok() {
                task.again_open.push(key);
                opened += 1;
            }
            task.position.is_open = true;
        }
        opened
    }

    /// Goes on with what is to be forgotten. Says how many keys that concerned.
    fn erase(&self, task: &mut KeyedTask<S>, keys_max: usize) -> usize {
        if !task.erasing.is_working() {
            return 0;
        }
        let now = task.position.open.now.clone();
        let mut states = Held {
            stage: &task.stage,
            base: &task.base,
            overlay: &mut task.overlay,
            aside: &mut task.aside,
            has_crashed: &mut task.has_crashed,
        };
        let work = &mut task.erasing;
        let let_go = now.settled(Brings::ALL).minus(self.remembered_ms);
        let times = (&now, let_go);
        let opened = work.work(&task.stage, self.second_hash, times, keys_max, &mut states);
        let opened = opened + usize::from(task.has_crashed);
        task.position.is_open |= opened > 0;
        opened
    }
}
