//! What a task of a service has counted: sums that survive it, part by part, and the rows that
//! follow from them, each told once in a while.
//!
//! What the open transaction changes can be dropped: of every part that it touches the former one
//! is kept until it is committed.

use crate::customer::Figures;
use crate::difference::{Difference, Sum};
use crate::dimension::OTHER;
use crate::key::{Counts, Group, Key};
use crate::samples::{Sample, SampleKey, Sampled};
use crate::sheet::Held;
use crate::table::{FigureRow, SampleRow};
use model::{Millis, Text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A sum under a key.
pub(crate) trait Part: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// Nothing is left of it.
    fn is_nothing(&self) -> bool;
}

impl Part for Counts {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Part for Sampled {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

/// A part, and what of it was told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept<V> {
    now: V,
    /// What was told, and on which local date, if that may be something else than what is to be
    /// told now.
    told: Option<(V, i32)>,
    /// When it was told last, in real time; when it is to be told, if it is.
    #[serde(skip, default = "long_ago")]
    told_at: Millis,
    #[serde(skip, default = "long_ago")]
    due_at: Millis,
}

fn long_ago() -> Millis {
    Millis::MIN
}

/// The parts of one kind.
#[derive(Clone, Debug)]
struct Parts<K, V> {
    kept: BTreeMap<K, Kept<V>>,
    /// Those that are to be told, by when.
    waiting: BTreeSet<(Millis, K)>,
    /// Those that the open transaction has touched, as they were.
    former: BTreeMap<K, Option<Kept<V>>>,
}

impl<K, V> Default for Parts<K, V> {
    fn default() -> Parts<K, V> {
        Parts {
            kept: BTreeMap::new(),
            waiting: BTreeSet::new(),
            former: BTreeMap::new(),
        }
    }
}

/// When something is: the local date of a task's time, real time, and how long after a row it may
/// be told again at the earliest, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// In days since 1970-01-01.
    pub today: i32,
    /// Real time.
    pub time: Millis,
    /// Milliseconds of real time.
    pub every_ms: i64,
}

impl<K: Ord + Clone, V: Part> Parts<K, V> {
    /// Remembers what a part was before the open transaction.
    fn touch(&mut self, key: &K) {
        if !self.former.contains_key(key) {
            let former = self.kept.get(key).cloned();
            self.former.insert(key.clone(), former);
        }
    }

    fn change(&mut self, key: &K, when: When, change: impl FnOnce(&mut V)) {
        self.touch(key);
        let kept = match self.kept.get_mut(key) {
            Some(kept) => kept,
            None => self.kept.entry(key.clone()).or_insert_with(|| Kept {
                now: V::default(),
                told: None,
                told_at: Millis::MIN,
                due_at: Millis::MIN,
            }),
        };
        if kept.told.is_none() {
            kept.told = Some((kept.now.clone(), when.today));
            kept.due_at = when.time.max(kept.told_at.plus(when.every_ms));
            self.waiting.insert((kept.due_at, key.clone()));
        }
        change(&mut kept.now);
    }

    /// The next part that is to be told by now: what was told, on which date, and what is now.
    fn next(&mut self, time: Millis) -> Option<(K, V, i32, V)> {
        let (_, key) = self.waiting.first().filter(|(due_at, _)| *due_at <= time)?;
        let key = key.clone();
        self.touch(&key);
        self.waiting.pop_first();
        let kept = self.kept.get_mut(&key)?;
        kept.told_at = time;
        let (told, day) = kept.told.take()?;
        Some((key, told, day, kept.now.clone()))
    }

    fn remove(&mut self, key: &K) {
        self.touch(key);
        self.take_out(key);
    }

    fn take_out(&mut self, key: &K) {
        if let Some(kept) = self.kept.remove(key)
            && kept.told.is_some()
        {
            self.waiting.remove(&(kept.due_at, key.clone()));
        }
    }

    /// What the open transaction has touched, as it is kept; nothing is left of the others.
    fn touched(&self) -> impl Iterator<Item = (&K, Option<&Kept<V>>)> {
        self.former.keys().map(|key| {
            let kept = self.kept.get(key);
            let is_left = |kept: &&Kept<V>| !kept.now.is_nothing() || kept.told.is_some();
            (key, kept.filter(is_left))
        })
    }

    fn committed(&mut self) {
        for (key, _) in std::mem::take(&mut self.former) {
            let is_over = |kept: &Kept<V>| kept.now.is_nothing() && kept.told.is_none();
            if self.kept.get(&key).is_some_and(is_over) {
                self.kept.remove(&key);
            }
        }
    }

    fn dropped(&mut self) {
        for (key, former) in std::mem::take(&mut self.former) {
            self.restore(key, former);
        }
    }

    /// A part stands as it did, or is not there.
    fn restore(&mut self, key: K, value: Option<Kept<V>>) {
        self.take_out(&key);
        if let Some(kept) = value {
            if kept.told.is_some() {
                self.waiting.insert((kept.due_at, key.clone()));
            }
            self.kept.insert(key, kept);
        }
    }
}

/// What is kept of a ledger besides its parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Head {
    /// Rises when what is counted changes its meaning: what was counted before counts no longer.
    generation: u32,
    /// What numbers of the same name have in common: see [`Figures::terms`].
    terms: Text,
    /// Of dates before not all was counted by this generation: nothing of them counts.
    counted_from: Option<i32>,
    /// Dates before are closed: nothing of them is kept, and they count no more, but for their
    /// sessions: one that goes on is over long after its contacts were let go of.
    closed_before: Option<i32>,
    /// The local date of the task's time when rows were last told.
    today: Option<i32>,
    /// By family, the first value beyond the bound.
    beyond: BTreeMap<u8, (u64, Text)>,
}

impl Head {
    fn is_closed(&self, key: &Key) -> bool {
        let bound = match key.group {
            Group::Session => self.counted_from,
            _ => self.closed_before,
        };
        bound.is_some_and(|bound| key.day < bound)
    }
}

/// The key of a part in what is kept of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Place {
    Head,
    Cell(u32, Key),
    Samples(u32, SampleKey),
}

/// A row that is to be told, or of which nothing is left.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// Of table `figures`.
    Figure(FigureRow, bool),
    /// Of table `samples`.
    Sample(SampleRow, bool),
}

/// What a task has counted.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    cells: Parts<Key, Counts>,
    samples: Parts<SampleKey, Sampled>,
    /// By family, the values that are held.
    values: BTreeMap<u8, Held>,
    values_former: Option<BTreeMap<u8, Held>>,
    head: Head,
    head_former: Option<Head>,
    /// Parts of a former generation, which are still to be deleted.
    outdated: BTreeSet<Place>,
    outdated_sent: BTreeSet<Place>,
    /// A generation has begun that is to be kept.
    is_new: bool,
    /// What is being restored.
    loaded: BTreeMap<Place, Option<Box<[u8]>>>,
}

impl Ledger {
    /// Takes a part that was kept; `None`: it was deleted.
    ///
    /// # Errors
    /// Bytes that are none of ours.
    pub fn restore(&mut self, place: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let place: Place = read(place)?;
        match place {
            Place::Head => self.head = value.map(read).transpose()?.unwrap_or_default(),
            // Of which generation they have to be is known when all is there.
            place => drop(self.loaded.insert(place, value.map(Box::from))),
        }
        Ok(())
    }

    /// Everything that was kept is there. Says by which generation a customer's facts have to be.
    /// Where numbers mean something else now than when they were counted, all dates before
    /// `first_day`, of which contacts may have been let go of, are closed, and the others are
    /// counted anew.
    ///
    /// # Errors
    /// Bytes that are none of ours.
    pub fn restored(&mut self, figures: &Figures, first_day: Option<i32>) -> Result<u32, String> {
        let generation = self.head.generation;
        for (place, value) in std::mem::take(&mut self.loaded) {
            match (place, value) {
                (Place::Cell(of, key), value) if of == generation => {
                    self.cells
                        .restore(key, value.as_deref().map(read).transpose()?);
                }
                (Place::Samples(of, key), value) if of == generation => {
                    self.samples
                        .restore(key, value.as_deref().map(read).transpose()?);
                }
                (place, Some(_)) => drop(self.outdated.insert(place)),
                (place, None) => drop(self.outdated.remove(&place)),
            }
        }
        let terms = figures.terms();
        if self.head.terms != terms {
            self.begin(terms);
            self.head.closed_before = self.head.closed_before.max(first_day);
            self.head.counted_from = self.head.closed_before;
        }
        self.gather_values();
        Ok(self.head.generation)
    }

    /// Begins to count anew.
    fn begin(&mut self, terms: Text) {
        let former = self.head.generation;
        let cells = std::mem::take(&mut self.cells).kept.into_keys();
        let samples = std::mem::take(&mut self.samples).kept.into_keys();
        let cells = cells.map(|key| Place::Cell(former, key));
        let samples = samples.map(|key| Place::Samples(former, key));
        self.outdated.extend(cells.chain(samples));
        self.head = Head {
            generation: former + 1,
            terms,
            closed_before: self.head.closed_before,
            ..Head::default()
        };
        self.is_new = true;
    }

    /// The values that are held are those that something is counted of.
    fn gather_values(&mut self) {
        self.values.clear();
        for (family, beyond) in &self.head.beyond {
            self.values.entry(*family).or_default().beyond = Some(beyond.clone());
        }
        let cells = self.cells.kept.keys();
        let segments = cells.filter_map(|key| Some((key.family?, &key.segment)));
        for (family, segment) in segments.filter(|(_, segment)| *segment != OTHER) {
            let held = self.values.entry(family).or_default();
            held.values.insert(Held::value(segment));
        }
    }

    /// Counts what has changed.
    pub fn count(&mut self, differences: &[Difference], when: When) {
        let closed_before = self.head.closed_before.unwrap_or(i32::MIN);
        let sum = Sum::of(differences);
        for (key, counts) in sum.counts {
            if self.head.is_closed(key) {
                continue;
            }
            if self.cells.kept.contains_key(key) {
                self.cells.change(key, when, |now| now.merge(&counts));
                continue;
            }
            let mut key = key.clone();
            if let Some(family) = key.family
                && !self.holds(family, &key.segment, when)
            {
                key.segment = OTHER.into();
            }
            self.cells.change(&key, when, |now| now.merge(&counts));
        }
        for (key, samples) in sum.samples {
            if key.day < closed_before {
                continue;
            }
            let mut key = key.clone();
            if let Some(family) = key.family
                && !self.samples.kept.contains_key(&key)
                && !self.holds(family, &key.segment, when)
            {
                key.segment = OTHER.into();
            }
            self.sample(&key, samples, when);
        }
    }

    fn sample(&mut self, key: &SampleKey, mut samples: Vec<(&Sample, i32)>, when: When) {
        // Of most contacts nothing changes, once there are enough.
        if let Some(kept) = self.samples.kept.get(key) {
            samples.retain(|(sample, _)| !kept.now.is_beyond(sample));
        }
        if samples.is_empty() {
            return;
        }
        self.samples.change(key, when, |now| {
            for (sample, times) in samples {
                for _ in 0..times {
                    now.add(sample.clone());
                }
                for _ in times..0 {
                    now.take_back(sample);
                }
            }
        });
    }

    /// Whether a value of a family is held by itself; it is from now on, if there is room.
    fn holds(&mut self, family: u8, segment: &str, when: When) -> bool {
        let value = Held::value(segment);
        let held = self.values.entry(family).or_default();
        if let Some(is_held) = held.knows(&value) {
            return is_held;
        }
        self.keep_values();
        let held = self.values.entry(family).or_default();
        let Some(beyond) = held.hold(value.clone()) else {
            return true;
        };
        let gone = held.let_go_from(&beyond);
        let is_held = beyond != value;
        self.keep_head();
        self.head.beyond.insert(family, beyond);
        self.other(family, &gone, when);
        is_held
    }

    /// Makes `other` of values of a family.
    fn other(&mut self, family: u8, gone: &BTreeSet<Text>, when: When) {
        let is_gone = |of: Option<u8>, segment: &Text| of == Some(family) && gone.contains(segment);
        let cells = self.cells.kept.keys();
        let cells = cells.filter(|key| is_gone(key.family, &key.segment));
        for mut key in cells.cloned().collect::<Vec<Key>>() {
            let mut counts = Counts::default();
            self.cells
                .change(&key, when, |now| counts = std::mem::take(now));
            key.segment = OTHER.into();
            self.cells.change(&key, when, |now| now.merge(&counts));
        }
        let samples = self.samples.kept.keys();
        let samples = samples.filter(|key| is_gone(key.family, &key.segment));
        for mut key in samples.cloned().collect::<Vec<SampleKey>>() {
            let mut sampled = Sampled::default();
            self.samples
                .change(&key, when, |now| sampled = std::mem::take(now));
            key.segment = OTHER.into();
            self.samples.change(&key, when, |now| now.merge(&sampled));
        }
    }

    /// A local date has come: what was said of origins by age is to be said anew.
    pub fn reach(&mut self, when: When) {
        let former = self.head.today.unwrap_or(i32::MIN);
        if when.today <= former {
            return;
        }
        self.keep_head();
        self.head.today = Some(when.today);
        let first = former.saturating_sub(crate::customer::AGE_DAYS_MAX);
        let from = Key::of(Group::Contact, first);
        let ages = self.cells.kept.range(from..);
        let ages = ages.filter(|(key, kept)| key.group == Group::Age && kept.told.is_none());
        for key in ages.map(|(key, _)| key.clone()).collect::<Vec<Key>>() {
            let told = When {
                today: former,
                ..when
            };
            self.cells.change(&key, told, |_| {});
        }
    }

    /// Closes the dates before one: nothing is kept of them but of their sessions, and they count no
    /// more. What was told of their figures stays, and what was not yet is told now; the rows of
    /// their samples are deleted.
    pub fn close(&mut self, figures: &Figures, day: i32) -> Vec<Row> {
        let mut rows = Vec::new();
        if self.head.closed_before.is_some_and(|closed| day <= closed) {
            return rows;
        }
        // Only what closes something is worth to be kept.
        let is_before = |oldest: Option<i32>| oldest.is_some_and(|oldest| oldest < day);
        let open = Key::of(Group::Contact, self.head.closed_before.unwrap_or(i32::MIN));
        let mut cells = self.cells.kept.range(&open..).map(|(key, _)| key);
        let cells = cells.find(|key| key.group != Group::Session);
        let cells = cells.map(|key| key.day);
        let samples = self.samples.kept.keys().next().map(|key| key.day);
        if !is_before(cells) && !is_before(samples) {
            return rows;
        }
        self.keep_head();
        self.head.closed_before = Some(day);
        let today = self.head.today.unwrap_or(i32::MIN);
        let cells = self.cells.kept.range(open..).map(|(key, _)| key);
        let cells = cells.take_while(|key| key.day < day);
        let cells = cells.filter(|key| key.group != Group::Session);
        for key in cells.cloned().collect::<Vec<Key>>() {
            if let Some(kept) = self.cells.kept.get(&key)
                && let Some((told, on)) = &kept.told
            {
                let former = figures.rows_of(&key, told, *on);
                differ(former, figures.rows_of(&key, &kept.now, today), &mut rows);
            }
            self.cells.remove(&key);
        }
        let samples = self.samples.kept.keys().take_while(|key| key.day < day);
        for key in samples.cloned().collect::<Vec<SampleKey>>() {
            if let Some(kept) = self.samples.kept.get(&key) {
                let told = kept.told.as_ref().map_or(&kept.now, |(told, _)| told);
                let gone = told.shown().enumerate();
                let gone = gone.map(|(place, sample)| figures.sample_row(&key, place, sample));
                rows.extend(gone.map(|row| Row::Sample(row, false)));
            }
            self.samples.remove(&key);
        }
        self.keep_values();
        self.gather_values();
        rows
    }

    fn keep_values(&mut self) {
        if self.values_former.is_none() {
            self.values_former = Some(self.values.clone());
        }
    }

    fn keep_head(&mut self) {
        if self.head_former.is_none() {
            self.head_former = Some(self.head.clone());
        }
    }

    /// Whether something is to be told by now.
    #[must_use]
    pub fn is_due(&self, time: Millis) -> bool {
        let cells = self.cells.waiting.first().map(|(due_at, _)| *due_at);
        let samples = self.samples.waiting.first().map(|(due_at, _)| *due_at);
        let first = cells.into_iter().chain(samples).min();
        first.is_some_and(|due_at| due_at <= time) || self.is_new || !self.outdated.is_empty()
    }

    /// The rows that are to be told by now, until there are so many. Of a part all of them are.
    pub fn tell(&mut self, figures: &Figures, when: When, rows_max: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        while rows.len() < rows_max
            && let Some((key, told, day, now)) = self.cells.next(when.time)
        {
            let former = figures.rows_of(&key, &told, day);
            differ(former, figures.rows_of(&key, &now, when.today), &mut rows);
        }
        while rows.len() < rows_max
            && let Some((key, told, _, now)) = self.samples.next(when.time)
        {
            let now: Vec<&Sample> = now.shown().collect();
            let told: Vec<&Sample> = told.shown().collect();
            for rank in 0..now.len().max(told.len()) {
                let (now, told) = (now.get(rank), told.get(rank));
                if now == told {
                    continue;
                }
                if let Some(sample) = now.or(told) {
                    let row = figures.sample_row(&key, rank, sample);
                    rows.push(Row::Sample(row, now.is_some()));
                }
            }
        }
        rows
    }

    /// What the open transaction has changed of what is kept: the place of each part, and its
    /// value; `None`: it is deleted.
    pub fn changed(&mut self, mut keep: impl FnMut(&[u8], Option<&[u8]>)) {
        let generation = self.head.generation;
        if self.is_new || self.head_former.is_some() {
            keep(&written(&Place::Head), Some(&written(&self.head)));
        }
        for (key, kept) in self.cells.touched() {
            let place = written(&Place::Cell(generation, key.clone()));
            let value = kept.map(written);
            keep(&place, value.as_deref());
        }
        for (key, kept) in self.samples.touched() {
            let place = written(&Place::Samples(generation, key.clone()));
            let value = kept.map(written);
            keep(&place, value.as_deref());
        }
        // A few at a time.
        let outdated: Vec<Place> = self.outdated.iter().take(500).cloned().collect();
        for place in outdated {
            keep(&written(&place), None);
            self.outdated.remove(&place);
            self.outdated_sent.insert(place);
        }
    }

    /// What was changed is committed.
    pub fn committed(&mut self) {
        self.cells.committed();
        self.samples.committed();
        self.values_former = None;
        self.head_former = None;
        self.is_new = false;
        self.outdated_sent.clear();
    }

    /// What was changed is not: it never was.
    pub fn dropped(&mut self) {
        self.cells.dropped();
        self.samples.dropped();
        if let Some(values) = self.values_former.take() {
            self.values = values;
        }
        if let Some(head) = self.head_former.take() {
            self.head = head;
        }
        self.outdated.append(&mut self.outdated_sent);
    }

    /// Parts that are kept, and how many of them are to be told.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize) {
        let kept = self.cells.kept.len() + self.samples.kept.len();
        (kept, self.cells.waiting.len() + self.samples.waiting.len())
    }
}

fn written(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, Vec::new()).expect("figures have nothing that cannot be written")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| error.to_string())
}

/// What is told of a part: rows that are new or other than they were, and those that are gone.
fn differ(former: Vec<FigureRow>, now: Vec<FigureRow>, rows: &mut Vec<Row>) {
    let name = |row: &FigureRow| {
        let channels = (row.from_channel, row.channel);
        (row.figure, row.hour, row.reading, channels, row.age_days)
    };
    let mut former: BTreeMap<_, FigureRow> =
        former.into_iter().map(|row| (name(&row), row)).collect();
    for row in now {
        if former.remove(&name(&row)).as_ref() != Some(&row) {
            rows.push(Row::Figure(row, true));
        }
    }
    let gone = former.into_values();
    rows.extend(gone.map(|row| Row::Figure(row, false)));
}
