//! What one task of the door carries from record to record.

use crate::numbers::Remembered;
use model::{Millis, Text};
use std::collections::BTreeMap;

/// More codes than this are counted, but not listed.
const CODES_LISTED_MAX: usize = 1_000;
/// More clocks than this are not kept: records of further sources are never too late.
const CLOCKS_MAX: usize = 100_000;

/// What one task of the door carries from record to record: its clocks, what it has counted, and
/// room to work in. Each thread has its own.
#[derive(Default)]
pub struct Clocks {
    /// The greatest `occurred_at` read, by source and partition.
    seen: BTreeMap<Text, BTreeMap<u32, Millis>>,
    kept: usize,
    /// What was counted beside the outputs.
    pub counts: Counts,
    pub(crate) remembered: Remembered,
    pub(crate) buffer: String,
}

impl Clocks {
    /// The clock of a source in a partition: the greatest `occurred_at` read of it.
    #[must_use]
    pub fn seen(&self, source: &str, partition: u32) -> Option<Millis> {
        self.seen.get(source)?.get(&partition).copied()
    }

    /// All clocks, by source and partition.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32, Millis)> {
        self.seen.iter().flat_map(|(source, partitions)| {
            partitions
                .iter()
                .map(|(partition, at)| (source.as_str(), *partition, *at))
        })
    }

    /// Sets a clock to what was saved of it.
    pub fn restore(&mut self, source: &str, partition: u32, seen: Millis) {
        self.read(source, partition, seen);
    }

    /// Moves a clock on and returns it.
    pub(crate) fn read(&mut self, source: &str, partition: u32, at: Millis) -> Millis {
        if let Some(clock) = self
            .seen
            .get_mut(source)
            .and_then(|own| own.get_mut(&partition))
        {
            *clock = at.max(*clock);
            return *clock;
        }
        if self.kept < CLOCKS_MAX {
            self.kept += 1;
            self.seen
                .entry(source.into())
                .or_default()
                .insert(partition, at);
        }
        at
    }
}

/// What the door counts beside its outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Codes of reasons that no table maps: how often, by source and code.
    pub unmapped_codes: BTreeMap<(Text, Text), u64>,
    /// Unmapped codes that found no room in the list.
    pub unmapped_codes_unlisted: u64,
    /// Web events that state a URL or a page.
    pub pages: u64,
    /// Of these, those without a step of their own that match no row of the table of steps.
    pub pages_unmapped: u64,
    /// Identifiers that mean nobody.
    pub identifiers_blocked: u64,
    /// Identifiers of types that the tenant does not use.
    pub identifiers_unused: u64,
}

impl Counts {
    /// Adds what another task has counted.
    pub fn add(&mut self, other: &Counts) {
        let Counts {
            unmapped_codes,
            unmapped_codes_unlisted,
            pages,
            pages_unmapped,
            identifiers_blocked,
            identifiers_unused,
        } = other;
        for ((source, code), count) in unmapped_codes {
            self.unmapped_code(source, code, *count);
        }
        self.unmapped_codes_unlisted += unmapped_codes_unlisted;
        self.pages += pages;
        self.pages_unmapped += pages_unmapped;
        self.identifiers_blocked += identifiers_blocked;
        self.identifiers_unused += identifiers_unused;
    }

    pub(crate) fn unmapped_code(&mut self, source: &str, code: &str, count: u64) {
        let key = (Text::from(source), Text::from(code));
        if let Some(known) = self.unmapped_codes.get_mut(&key) {
            *known += count;
        } else if self.unmapped_codes.len() < CODES_LISTED_MAX {
            self.unmapped_codes.insert(key, count);
        } else {
            self.unmapped_codes_unlisted += count;
        }
    }
}
