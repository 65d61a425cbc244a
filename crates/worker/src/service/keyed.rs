//! A stage that keeps a state per key: contacts, handles, customers.

use crate::service::erasing::{Erases, Erasing, Search, States};
use crate::service::outlet::{Outlet, Routed};
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::sources::{self, Said, Sources, TaskClock};
use crate::service::stats::SourceStats;
use crate::service::timers::{Timer, Timers};
use crate::service::topics::StageName;
use crate::service::wire::{self, Damaged, Heard, Logged, Meta};
use crate::service::work::{Crashed, Position, Task, Took, Work, guarded, send_position};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashTable};
use model::{Absorbed, Brings, Deadlines, Millis, Now, Stage, Terms, Text, Wait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use stage_door::SecondHash;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3DefaultBuilder, xxh3_64};

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

    /// Puts a key into the queues in which it does not stand early enough.
    fn put_into(&mut self, timers: &mut Timers, key: &Text, deadlines: &Deadlines) {
        for (wait, at) in deadlines.as_slice() {
            let queued = self.queued.iter().find(|(known, _)| known == wait);
            if queued.is_none_or(|(_, queued_at)| at < queued_at) {
                self.queue(*wait, Some(*at));
                timers.push(Timer {
                    wait: *wait,
                    at: *at,
                    key: key.clone(),
                });
            }
        }
    }
}

/// A state as it was sent to the changelog: its deadlines, and the value.
type Sealed = (Deadlines, Box<[u8]>);

/// States that the open transaction looks at, decoded, in the order in which it came to them.
struct Overlay<S> {
    entries: Vec<(Text, S)>,
    /// Places of the entries, by the hash of their key.
    places: HashTable<u32>,
}

impl<S> Overlay<S> {
    fn new() -> Overlay<S> {
        Overlay {
            entries: Vec::new(),
            places: HashTable::new(),
        }
    }

    fn find(&self, key: &str) -> Option<usize> {
        let is_it = |place: &u32| self.entries[*place as usize].0 == key;
        let place = self.places.find(hash(key), is_it);
        place.map(|place| *place as usize)
    }

    /// Adds a key that is not there; says where it is.
    fn push(&mut self, key: Text, state: S) -> usize {
        let place = self.entries.len();
        let entries = &self.entries;
        self.places
            .insert_unique(hash(&key), place as u32, |place| {
                hash(&entries[*place as usize].0)
            });
        self.entries.push((key, state));
        place
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
    }
}

fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// Where a message goes.
enum Goal {
    /// To the state at this place of the overlay.
    Place(usize),
    /// Nowhere: the code has crashed on its key.
    Aside,
    /// Nowhere: it speaks of what was forgotten.
    Erased,
}

/// What is kept for a partition.
pub(crate) struct KeyedTask<S: Stage> {
    /// The stage by this task's terms.
    stage: S,
    terms: Terms,
    /// What the configuration has of them.
    names: Vec<Text>,
    /// The terms are to be kept with the next commit, and are with the open one.
    terms_moved: bool,
    terms_sent: bool,
    place: TopicPartition,
    position: Position,
    /// What the tasks before this one have said of time, as committed.
    clocks: BTreeMap<Text, TaskClock>,
    /// What the open transaction has heard of them.
    heard: BTreeMap<Text, TaskClock>,
    /// Something was heard that time was not gathered from yet.
    is_time_news: bool,
    /// The sources that have to speak, as far as this task can tell.
    sources: BTreeMap<Text, sources::Heard>,
    base: HashMap<Text, Kept, Xxh3DefaultBuilder>,
    value_bytes: u64,
    timers: Timers,
    overlay: Overlay<S::State>,
    /// Timers that the open transaction has fired.
    fired: Vec<Timer>,
    /// Keys on which the code has crashed: their records are put aside, until the task is made anew.
    aside: BTreeSet<Text>,
    /// What the open transaction has sent to the changelog, of each state of the overlay; `None`:
    /// there is none any more.
    sealed: Vec<Option<Sealed>>,
    erasing: Erasing<S>,
    /// The code has crashed on a state that was looked at: the transaction has to be aborted.
    has_crashed: bool,
}

/// The states of a task, while something is being forgotten.
struct Held<'a, S: Stage> {
    stage: &'a S,
    base: &'a HashMap<Text, Kept, Xxh3DefaultBuilder>,
    overlay: &'a mut Overlay<S::State>,
    aside: &'a mut BTreeSet<Text>,
    has_crashed: &'a mut bool,
}

impl<S: Stage> States<S> for Held<'_, S>
where
    S::State: DeserializeOwned,
{
    fn keys(&self) -> Vec<Text> {
        let open = self.overlay.entries.iter().map(|(key, _)| key);
        let new = open.filter(|key| !self.base.contains_key(*key));
        self.base.keys().chain(new).cloned().collect()
    }

    fn look(&mut self, key: &Text, search: &Search, see: impl FnOnce(&mut S::State) -> bool) {
        if self.aside.contains(key) {
            return;
        }
        let seen = match self.overlay.find(key) {
            Some(place) => {
                let (_, state) = &mut self.overlay.entries[place];
                guarded(|| see(state)).map(drop)
            }
            None => {
                let kept = self.base.get(key);
                let Some(kept) = kept.filter(|kept| search.finds(key, &kept.value)) else {
                    return;
                };
                // A state that cannot be read is found when the key's next record comes.
                let Ok(mut state) = wire::state_of(self.stage, &kept.value) else {
                    return;
                };
                guarded(|| see(&mut state)).map(|has_changed| {
                    if has_changed {
                        self.overlay.push(key.clone(), state);
                    }
                })
            }
        };
        if seen.is_err() {
            self.aside.insert(key.clone());
            *self.has_crashed = true;
        }
    }
}

impl<S: Erases> KeyedTask<S>
where
    S::State: Serialize + DeserializeOwned,
{
    /// What a task before this one has said last.
    fn clock_of(&self, name: &str) -> Option<&TaskClock> {
        self.heard.get(name).or_else(|| self.clocks.get(name))
    }

    /// Hears a clock, unless it is older than what is known: it may come late, or twice.
    fn hear(&mut self, name: Text, clock: TaskClock) {
        let known = self.clock_of(&name);
        if known.is_none_or(|known| !clock.is_before(known)) {
            self.heard.insert(name, clock);
            self.is_time_news = true;
        }
    }

    /// The place of a key in the overlay, brought there if need be.
    ///
    /// # Errors
    /// What stands in the base cannot be read.
    fn open(&mut self, stage: &S, key: Text) -> Result<usize, String> {
        if let Some(place) = self.overlay.find(&key) {
            return Ok(place);
        }
        let state = match self.base.get(&key) {
            None => S::State::default(),
            Some(kept) => wire::state_of(stage, &kept.value)?,
        };
        Ok(self.overlay.push(key, state))
    }

    fn keep(&mut self, key: Text, value: Option<Sealed>) {
        match value {
            Some((deadlines, value)) => self.put(key, value, Some(&deadlines)),
            None => self.forget(&key),
        }
    }

    fn forget(&mut self, key: &str) {
        if let Some(former) = self.base.remove(key) {
            self.value_bytes -= former.value.len() as u64;
        }
    }

    /// Puts a state into the base, and its deadlines into the queue, unless that is made later.
    fn put(&mut self, key: Text, value: Box<[u8]>, deadlines: Option<&Deadlines>) {
        self.value_bytes += value.len() as u64;
        let mut entry = match self.base.entry(key) {
            Entry::Occupied(mut entry) => {
                let former = std::mem::replace(&mut entry.get_mut().value, value);
                self.value_bytes -= former.len() as u64;
                entry
            }
            Entry::Vacant(entry) => entry.insert_entry(Kept {
                value,
                queued: Box::default(),
            }),
        };
        let Some(deadlines) = deadlines else {
            return;
        };
        let key = entry.key().clone();
        entry.get_mut().put_into(&mut self.timers, &key, deadlines);
    }

    /// Takes a message of a record, by its number there.
    fn take(
        &mut self,
        stage: &S,
        (record, number): (&Record, usize),
        goal: Goal,
        input: S::Input,
    ) -> Result<(), Crashed> {
        let place = match goal {
            Goal::Place(place) => place,
            Goal::Aside => {
                // The key may be a customer's: the dead letter says where the record stands.
                let detail = "the code crashed on its key".to_owned();
                self.position.put_aside(&self.place, record, number, detail);
                return Ok(());
            }
            Goal::Erased => {
                self.position.counts.absorbed(Absorbed::Duplicate);
                self.position.counts.erased += 1;
                return Ok(());
            }
        };
        let (key, state) = &mut self.overlay.entries[place];
        let applied = guarded(|| stage.apply(key, state, input));
        match applied {
            Ok(absorbed) => self.position.counts.absorbed(absorbed),
            Err(Crashed) => {
                self.aside.insert(key.clone());
            }
        }
        applied.map(|_| ())
    }
}

impl<S: Erases> Task for KeyedTask<S>
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
        self.clocks.append(&mut self.heard);
        self.is_time_news = true;
        let now = known_time(&self.position.committed.now);
        self.terms_moved |= self.terms.take_up(&self.names, now);
        self.stage = self.stage.with_terms(&self.terms);
        for (key, kept) in &mut self.base {
            let deadlines = wire::deadlines_of(&kept.value);
            kept.put_into(&mut self.timers, key, &deadlines);
        }
    }

    fn committed(&mut self) {
        self.position.commit();
        self.erasing.committed();
        self.clocks.append(&mut self.heard);
        if std::mem::take(&mut self.terms_sent) {
            self.terms_moved = false;
        }
        for timer in self.fired.drain(..) {
            if let Some(kept) = self.base.get_mut(&timer.key) {
                kept.queue(timer.wait, None);
            }
        }
        self.overlay.places.clear();
        let mut entries = std::mem::take(&mut self.overlay.entries);
        let mut sealed = std::mem::take(&mut self.sealed);
        for ((key, _), value) in entries.drain(..).zip(sealed.drain(..)) {
            self.keep(key, value);
        }
        // Their memory is used again.
        self.overlay.entries = entries;
        self.sealed = sealed;
    }

    fn dropped(&mut self) {
        self.position.drop();
        self.erasing.dropped();
        self.heard.clear();
        self.is_time_news = true;
        self.overlay.clear();
        self.terms_sent = false;
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
        let due = self.timers.due(&self.position.committed.now) as u64;
        (self.base.len() as u64, self.value_bytes, due)
    }

    fn sources(&self) -> Vec<(Text, SourceStats)> {
        if !tells_silences(&self.place) {
            return Vec::new();
        }
        let silent = &self.position.committed.silences;
        let stats = |name: &Text| {
            let silent = Some(silent.contains_key(name));
            let heard_at = None;
            (name.clone(), SourceStats { heard_at, silent })
        };
        self.sources.keys().map(stats).collect()
    }

    fn clocks(&self) -> BTreeMap<Text, Millis> {
        let clocks = self.clocks.iter();
        clocks
            .map(|(name, clock)| (name.clone(), clock.least()))
            .collect()
    }

    fn is_due(&self) -> bool {
        self.erasing.is_working() || self.timers.is_due(&self.position.open.now)
    }

    fn erasures(&self) -> (u64, u64) {
        self.erasing.sizes()
    }

    fn clock(&self) -> Option<TaskClock> {
        let Meta { now, offset, .. } = &self.position.committed;
        let is_quiet = !self.timers.is_due(now) && self.fired.is_empty();
        (is_quiet && *now != Now::UNKNOWN).then(|| TaskClock {
            order: offset.unwrap_or(0),
            said: Said::Now(Box::new(now.clone())),
        })
    }
}

/// One task tells which sources are silent.
fn tells_silences(place: &TopicPartition) -> bool {
    place.partition == 0
}

/// How far everything has settled, once that is known.
fn known_time(now: &Now) -> Option<Millis> {
    let settled_at = now.settled(Brings::ALL);
    (settled_at != Millis::MIN && settled_at != Millis::MAX).then_some(settled_at)
}

/// A stage at work.
pub(crate) struct Keyed<'a, S: Stage> {
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
        sources: &Arc<Sources>,
        second_hash: &'a SecondHash,
        remembered_ms: i64,
    ) -> Keyed<'a, S> {
        Keyed {
            stage,
            before,
            sources: Arc::clone(sources),
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
        let (stage, second_hash) = (self.stage, self.second_hash);
        if task.erasing.sifts(stage, &key, input, second_hash) {
            return Ok(Goal::Erased);
        }
        let place = task.open(stage, key).map_err(|what| Damaged {
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
            place: place.clone(),
            position: Position::default(),
            clocks: BTreeMap::new(),
            heard: BTreeMap::new(),
            is_time_news: false,
            sources: BTreeMap::new(),
            base: HashMap::default(),
            value_bytes: 0,
            timers: Timers::default(),
            overlay: Overlay::new(),
            fired: Vec::new(),
            aside: BTreeSet::new(),
            sealed: Vec::new(),
            erasing: Erasing::new(self.name, &self.before),
            has_crashed: false,
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
                if task.take(self.stage, (record, 0), goal, input) == Err(Crashed) {
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
                    if task.take(self.stage, (record, number), goal, input) == Err(Crashed) {
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
            if !task.aside.contains(&timer.key) && task.open(self.stage, timer.key.clone()).is_ok()
            {
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
                outlet.state(changelog, key);
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
        if task.terms_moved && !task.terms.is_empty() {
            outlet.terms(changelog, &task.place.to_string(), &task.terms);
            task.terms_sent = true;
        }
        send_position(&task.place, &task.position, changelog, outlet);
        Ok(())
    }
}

impl<S: Erases + Routed> Keyed<'_, S>
where
    S::State: Serialize + DeserializeOwned,
{
    /// Goes on with what is to be forgotten. Says how many keys that concerned.
    fn erase(&self, task: &mut KeyedTask<S>, keys_max: usize) -> usize {
        if !task.erasing.is_working() {
            return 0;
        }
        let now = task.position.open.now.clone();
        let mut states = Held {
            stage: self.stage,
            base: &task.base,
            overlay: &mut task.overlay,
            aside: &mut task.aside,
            has_crashed: &mut task.has_crashed,
        };
        let (stage, second_hash) = (self.stage, self.second_hash);
        let work = &mut task.erasing;
        let let_go = now.settled(Brings::ALL).minus(self.remembered_ms);
        let times = (&now, let_go);
        let opened = work.work(stage, second_hash, times, keys_max, &mut states);
        let opened = opened + usize::from(task.has_crashed);
        task.position.is_open |= opened > 0;
        opened
    }
}
