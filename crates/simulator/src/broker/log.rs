//! One partition: entries in order of their offsets, some of which are gone.

use model::Millis;
use std::collections::{BTreeMap, BTreeSet};
use worker::service::Record;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Data that readers see: plain, or of a transaction that was committed.
    Data,
    /// Data of a transaction that is open.
    Open(u64),
    /// Data of a transaction that was aborted.
    Aborted,
    /// The mark at the end of a transaction.
    Control,
}

#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    record: Record,
    /// When compaction first met this tombstone.
    met_at: Option<Millis>,
}

/// One partition of a topic.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: Vec<Entry>,
    /// The offset behind the last entry: the high watermark.
    end: i64,
    /// The first offset of every transaction that is open here.
    open: BTreeMap<u64, i64>,
    /// Values of committed records that were deleted.
    deleted: Vec<Vec<u8>>,
}

impl Log {
    /// The offset behind the last entry, committed or not: the high watermark.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.end
    }

    /// The last stable offset: readers see nothing from here on, because of an open transaction.
    #[must_use]
    pub fn stable_end(&self) -> i64 {
        self.open.values().min().copied().unwrap_or(self.end)
    }

    /// Appends a record, of a transaction or plain; returns its offset.
    pub fn append(
        &mut self,
        transaction: Option<u64>,
        recorded_at: Option<Millis>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> i64 {
        let kind = transaction.map_or(Kind::Data, Kind::Open);
        if let Some(transaction) = transaction {
            self.open.entry(transaction).or_insert(self.end);
        }
        self.push(kind, recorded_at, key, value)
    }

    fn push(
        &mut self,
        kind: Kind,
        recorded_at: Option<Millis>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> i64 {
        let offset = self.end;
        self.end += 1;
        self.entries.push(Entry {
            kind,
            record: Record {
                offset,
                recorded_at,
                key: key.map(<[u8]>::to_vec),
                value: value.map(<[u8]>::to_vec),
            },
            met_at: None,
        });
        offset
    }

    /// Ends a transaction here: its records are seen, or never will be.
    pub fn end_transaction(&mut self, transaction: u64, committed: bool) {
        let Some(first) = self.open.remove(&transaction) else {
            return;
        };
        let place = self.place(first);
        for entry in &mut self.entries[place..] {
            if entry.kind == Kind::Open(transaction) {
                entry.kind = if committed { Kind::Data } else { Kind::Aborted };
            }
        }
        self.push(Kind::Control, None, None, None);
    }

    /// At most so many committed records from an offset on, and the offset to go on from.
    #[must_use]
    pub fn read(&self, from: i64, records_max: usize) -> (Vec<Record>, i64) {
        let stable_end = self.stable_end();
        let mut records = Vec::new();
        for entry in &self.entries[self.place(from)..] {
            if entry.record.offset >= stable_end {
                break;
            }
            if entry.kind == Kind::Data {
                if records.len() == records_max {
                    let next = records.last().map_or(from, |last: &Record| last.offset + 1);
                    return (records, next);
                }
                records.push(entry.record.clone());
            }
        }
        (records, stable_end.max(from))
    }

    /// Whether a committed record stands at an offset or behind it.
    #[must_use]
    pub fn has_records_from(&self, from: i64) -> bool {
        !self.read(from, 1).0.is_empty()
    }

    /// Keeps the last committed value of every key, and forgets what was aborted. Only what lies
    /// before the last stable offset is touched. A tombstone stays for a while after it was first
    /// met, so that who is reading sees it.
    pub fn compact(&mut self, now: Millis, tombstones_kept_ms: i64) {
        let stable_end = self.stable_end();
        let mut later: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut kept: Vec<Entry> = Vec::with_capacity(self.entries.len());
        for mut entry in self.entries.drain(..).rev() {
            let stays = match entry.kind {
                _ if entry.record.offset >= stable_end => true,
                Kind::Open(_) => true,
                Kind::Aborted | Kind::Control => false,
                Kind::Data => {
                    let is_last = later.insert(entry.record.key.clone().unwrap_or_default());
                    let is_old = entry.record.value.is_none()
                        && entry
                            .met_at
                            .is_some_and(|met| met.plus(tombstones_kept_ms) < now);
                    is_last && !is_old
                }
            };
            if stays {
                if entry.record.value.is_none() && entry.record.offset < stable_end {
                    entry.met_at.get_or_insert(now);
                }
                kept.push(entry);
            }
        }
        kept.reverse();
        self.entries = kept;
    }

    /// Deletes everything before an offset.
    pub fn delete_before(&mut self, offset: i64) {
        let stays = self.place(offset);
        for entry in self.entries.drain(..stays) {
            if entry.kind == Kind::Data {
                self.deleted.push(entry.record.value.unwrap_or_default());
            }
        }
    }

    /// Values of committed records that were deleted.
    #[must_use]
    pub fn deleted(&self) -> &[Vec<u8>] {
        &self.deleted
    }

    /// Whether bytes stand anywhere in a key or a value, of whatever is still there.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let is_in = |text: &Option<Vec<u8>>| {
            text.as_ref()
                .is_some_and(|text| text.windows(bytes.len()).any(|window| window == bytes))
        };
        self.entries
            .iter()
            .any(|entry| is_in(&entry.record.key) || is_in(&entry.record.value))
    }

    /// Number of entries that are still there, of any kind.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn place(&self, offset: i64) -> usize {
        self.entries
            .partition_point(|entry| entry.record.offset < offset)
    }
}
