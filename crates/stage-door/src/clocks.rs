//! What one task of the door carries from record to record.

use crate::numbers::Remembered;
use model::{Channel, Millis, Text};
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
    /// Identifiers of types that the tenant does not use, by type; `other` for what looks personal.
    pub unknown_types: BTreeMap<Text, u64>,
    /// Accepted events of kinds that are not in their channel's list, by channel and kind.
    pub unknown_kinds: BTreeMap<(Channel, Text), u64>,
}

/// More unknown words than this are counted as `other`.
const WORDS_LISTED_MAX: usize = 1_000;
/// Bytes of the longest unknown word that is listed.
const WORD_BYTES_MAX: usize = 64;

/// Counts a word that is in no list. It comes from outside and goes into reports: what could name a
/// person is counted, and not repeated.
fn count_word<K: Ord>(
    words: &mut BTreeMap<K, u64>,
    word: &str,
    key: impl Fn(Text) -> K,
    count: u64,
) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_listed = !word.is_empty()
        && word.len() <= WORD_BYTES_MAX
        && word.bytes().all(is_plain)
        && digits <= 4;
    let mut listed = key(if is_listed { word } else { "other" }.into());
    if words.len() >= WORDS_LISTED_MAX && !words.contains_key(&listed) {
        listed = key("other".into());
    }
    *words.entry(listed).or_default() += count;
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
            unknown_types,
            unknown_kinds,
        } = other;
        for ((source, code), count) in unmapped_codes {
            self.unmapped_code(source, code, *count);
        }
        self.unmapped_codes_unlisted += unmapped_codes_unlisted;
        self.pages += pages;
        self.pages_unmapped += pages_unmapped;
        self.identifiers_blocked += identifiers_blocked;
        for (name, count) in unknown_types {
            count_word(&mut self.unknown_types, name, |name| name, *count);
        }
        for ((channel, name), count) in unknown_kinds {
            count_word(
                &mut self.unknown_kinds,
                name,
                |name| (*channel, name),
                *count,
            );
        }
    }

    pub(crate) fn unknown_type(&mut self, name: &str) {
        count_word(&mut self.unknown_types, name, |name| name, 1);
    }

    pub(crate) fn unknown_kind(&mut self, channel: Channel, name: &str) {
        count_word(&mut self.unknown_kinds, name, |name| (channel, name), 1);
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
