//! Sums of contributions.

use crate::contributions::Contributions;
use crate::dimension::OTHER;
use crate::key::{Counts, Key, Slot};
use crate::samples::{Sample, SampleKey, Sampled};
use model::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// Combinations of values of a family that a sheet holds at most. Those with the least hashes are
/// held, whatever order they came in; the others add up as `other`.
pub const VALUES_HELD_MAX: usize = 10_000;

/// Version of the bytes of a sheet. A newer one reads what an older one wrote.
const SCHEMA: u8 = 1;

/// What a task has counted: every number is absolute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    cells: BTreeMap<Key, Counts>,
    samples: BTreeMap<SampleKey, Sampled>,
    /// By family, the values that are held.
    values: BTreeMap<u8, Held>,
}

/// The combinations of values of a family that are held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) values: BTreeSet<(u64, Text)>,
    /// From here on values are `other`.
    pub(crate) beyond: Option<(u64, Text)>,
}

impl Held {
    /// A value with its hash.
    pub(crate) fn value(segment: &str) -> (u64, Text) {
        (xxh3_64(segment.as_bytes()), segment.into())
    }

    /// Holds a value that is not beyond. Says from where on there is no room any more.
    pub(crate) fn hold(&mut self, value: (u64, Text)) -> Option<(u64, Text)> {
        self.values.insert(value);
        let is_full = self.values.len() > VALUES_HELD_MAX;
        self.values.last().filter(|_| is_full).cloned()
    }

    /// Holds values from one on no more; says which they are.
    pub(crate) fn let_go_from(&mut self, beyond: &(u64, Text)) -> BTreeSet<Text> {
        let gone = self.values.split_off(beyond);
        self.beyond = Some(beyond.clone());
        gone.into_iter().map(|(_, value)| value).collect()
    }

    /// Whether a value is held by itself, if that was decided.
    pub(crate) fn knows(&self, value: &(u64, Text)) -> Option<bool> {
        if self.is_beyond(value) {
            return Some(false);
        }
        self.values.contains(value).then_some(true)
    }

    pub(crate) fn is_beyond(&self, value: &(u64, Text)) -> bool {
        self.beyond.as_ref().is_some_and(|beyond| value >= beyond)
    }
}

/// Bytes that are no sheet of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetError {
    /// A newer release wrote them.
    Newer(u8),
    /// They are cut short or damaged.
    Damaged,
}

impl std::fmt::Display for SheetError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SheetError::Newer(schema) => write!(
                out,
                "figures of schema {schema}, which a newer release wrote; known: up to {SCHEMA}"
            ),
            SheetError::Damaged => write!(out, "figures that cannot be read"),
        }
    }
}

impl std::error::Error for SheetError {}

impl Sheet {
    /// Adds what rows contribute.
    pub fn add(&mut self, contributions: &Contributions) {
        self.count(contributions, 1);
        for (key, sample) in &contributions.samples {
            if let Some(sampled) = self.samples.get_mut(key) {
                sampled.add(sample.clone());
                continue;
            }
            let key = self.held_sample_key(key);
            self.samples.entry(key).or_default().add(sample.clone());
        }
    }

    /// Takes back what rows contributed: they were revised, withdrawn, or became another
    /// customer's.
    pub fn take_back(&mut self, contributions: &Contributions) {
        self.count(contributions, -1);
        for (key, sample) in &contributions.samples {
            let key = self.held_sample_key(key);
            if let Some(sampled) = self.samples.get_mut(&key) {
                sampled.take_back(sample);
                if sampled.is_empty() {
                    self.samples.remove(&key);
                }
            }
        }
    }

    /// Takes back what rows contributed and adds what they contribute now.
    pub fn replace(&mut self, former: &Contributions, now: &Contributions) {
        self.take_back(former);
        self.add(now);
    }

    fn count(&mut self, contributions: &Contributions, times: i128) {
        for (key, numbers) in contributions.by_key() {
            self.count_key(key, numbers, times);
        }
    }

    fn count_key(&mut self, key: &Key, numbers: &[(u32, Slot, i128)], times: i128) {
        // What has a cell is held.
        if let Some(cell) = self.cells.get_mut(key) {
            for (_, slot, number) in numbers {
                cell.add(*slot, times * number);
            }
            if cell.is_empty() {
                self.cells.remove(key);
            }
            return;
        }
        let mut key = key.clone();
        if let Some(family) = key.family
            && !self.holds(family, &key.segment)
        {
            key.segment = OTHER.into();
        }
        let cell = self.cells.entry(key.clone()).or_default();
        for (_, slot, number) in numbers {
            cell.add(*slot, times * number);
        }
        if cell.is_empty() {
            self.cells.remove(&key);
        }
    }

    fn held_sample_key(&mut self, key: &SampleKey) -> SampleKey {
        let mut key = key.clone();
        if let Some(family) = key.family
            && !self.holds(family, &key.segment)
        {
            key.segment = OTHER.into();
        }
        key
    }

    /// Whether a value of a family is held by itself; it is from now on, if there is room.
    fn holds(&mut self, family: u8, segment: &str) -> bool {
        let value = Held::value(segment);
        let held = self.values.entry(family).or_default();
        if let Some(is_held) = held.knows(&value) {
            return is_held;
        }
        if let Some(greatest) = held.hold(value.clone()) {
            self.let_go_from(family, &greatest);
            return greatest != value;
        }
        true
    }

    /// Makes `other` of all values of a family from one on.
    fn let_go_from(&mut self, family: u8, beyond: &(u64, Text)) {
        let held = self.values.entry(family).or_default();
        if held.is_beyond(beyond) {
            return;
        }
        let gone = held.let_go_from(beyond);
        let of_gone = |family_of: Option<u8>, segment: &Text| {
            family_of == Some(family) && gone.contains(segment)
        };
        let keys = self.cells.keys();
        let keys: Vec<Key> = keys
            .filter(|key| of_gone(key.family, &key.segment))
            .cloned()
            .collect();
        for mut key in keys {
            if let Some(counts) = self.cells.remove(&key) {
                key.segment = OTHER.into();
                self.cells.entry(key).or_default().merge(&counts);
            }
        }
        let keys = self.samples.keys();
        let keys: Vec<SampleKey> = keys
            .filter(|key| of_gone(key.family, &key.segment))
            .cloned()
            .collect();
        for mut key in keys {
            if let Some(sampled) = self.samples.remove(&key) {
                key.segment = OTHER.into();
                self.samples.entry(key).or_default().merge(&sampled);
            }
        }
    }

    /// Adds what another task has counted. The sheet is then that of both, in whatever order sheets
    /// are merged.
    pub fn merge(&mut self, other: &Sheet) {
        for (family, held) in &other.values {
            if let Some(beyond) = &held.beyond {
                self.let_go_from(*family, beyond);
            }
        }
        for (key, counts) in &other.cells {
            let mut key = key.clone();
            if let Some(family) = key.family
                && key.segment != OTHER
                && !self.holds(family, &key.segment)
            {
                key.segment = OTHER.into();
            }
            self.cells.entry(key).or_default().merge(counts);
        }
        for (key, sampled) in &other.samples {
            let key = if key.segment == OTHER {
                key.clone()
            } else {
                self.held_sample_key(key)
            };
            self.samples.entry(key).or_default().merge(sampled);
        }
        self.cells.retain(|_, counts| !counts.is_empty());
    }

    /// Forgets dates before one, in days since 1970-01-01.
    pub fn let_go_before(&mut self, day: i32) {
        self.cells.retain(|key, _| key.day >= day);
        self.samples.retain(|key, _| key.day >= day);
    }

    /// The sheet as bytes.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let bytes = postcard::to_extend(self, vec![SCHEMA]);
        bytes.expect("a sheet has nothing that cannot be written")
    }

    /// The sheet that bytes hold.
    ///
    /// # Errors
    /// Bytes of a newer release, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Sheet, SheetError> {
        match bytes.split_first() {
            Some((&SCHEMA, sheet)) => postcard::from_bytes(sheet).map_err(|_| SheetError::Damaged),
            Some((&schema, _)) if schema > SCHEMA => Err(SheetError::Newer(schema)),
            _ => Err(SheetError::Damaged),
        }
    }

    /// The cells, in order of their keys.
    pub fn cells(&self) -> impl Iterator<Item = (&Key, &Counts)> {
        self.cells.iter()
    }

    /// The samples, in order of their keys.
    pub fn samples(&self) -> impl Iterator<Item = (&SampleKey, &Sample)> {
        let samples = self.samples.iter();
        samples.flat_map(|(key, sampled)| sampled.shown().map(move |sample| (key, sample)))
    }

    /// Whether values of a family were too many to be held.
    #[must_use]
    pub fn has_let_go(&self, family: u8) -> bool {
        self.values
            .get(&family)
            .is_some_and(|held| held.beyond.is_some())
    }
}
