//! The values of one Parquet column: a dictionary and keys into it, as long as values repeat.
//!
//! A value is looked up only when it is neither the one before nor the one that followed that value
//! the last time. The rows of a contact go through the readings in the same order, so that nearly
//! every name of a window or a scope is found by this guess, without a hash.

use bytes::Bytes;
use hashbrown::HashTable;
use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::file::statistics::Statistics;
use xxhash_rust::xxh3::xxh3_64;

use crate::table::ColumnKind;

use super::{Cell, WRONG_KIND, hybrid};

/// Bytes of plain values that end a page early.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a dictionary from which on values are written plainly.
const DICTIONARY_BYTES_MAX: usize = 4 << 20;
/// Fewer values than this do not tell whether a dictionary pays.
const VALUES_TO_JUDGE: u64 = 4_096;
/// Texts longer than this are left out of the statistics.
const STATISTICS_BYTES_MAX: usize = 64;
/// No key.
pub(super) const NONE: u32 = u32::MAX;

/// The values of one column of one row group; nulls are not among them.
pub(super) enum Values {
    Text(TextValues),
    Number(NumberValues),
    Bits(BitValues),
}

impl Values {
    pub(super) fn new(kind: ColumnKind) -> Values {
        match kind {
            ColumnKind::Text | ColumnKind::TextList | ColumnKind::TextMap => {
                Values::Text(TextValues::default())
            }
            ColumnKind::Int | ColumnKind::Long | ColumnKind::Double | ColumnKind::Time => {
                Values::Number(NumberValues::new(kind))
            }
            ColumnKind::Bool => Values::Bits(BitValues::default()),
        }
    }

    /// Adds the last value so many times more.
    pub(super) fn push_again(&mut self, times: usize) {
        match self {
            Values::Text(values) if values.keys.plain => values.push_plain_again(times),
            Values::Number(values) if values.keys.plain => values.push_plain_again(times),
            _ => push_last_again(self.keys(), times),
        }
    }

    /// Whether values are kept as keys: they are not where no dictionary pays.
    pub(super) fn has_keys(&self) -> bool {
        match self {
            Values::Text(values) => !values.keys.plain,
            Values::Number(values) => !values.keys.plain && values.kind != ColumnKind::Double,
            Values::Bits(_) => true,
        }
    }

    /// The key of a cell, which is not added yet.
    pub(super) fn key(&mut self, cell: &Cell<'_>) -> Result<u32, &'static str> {
        match (self, *cell) {
            (Values::Text(values), Cell::Text(text)) => Ok(values.find(text.as_bytes())),
            (Values::Number(values), cell) => Ok(values.find(values.number(cell)?)),
            (Values::Bits(_), Cell::Bool(truth)) => Ok(u32::from(truth)),
            _ => Err(WRONG_KIND),
        }
    }

    /// The keys of the page so far.
    pub(super) fn keys(&mut self) -> &mut Vec<u32> {
        match self {
            Values::Text(values) => &mut values.keys.page,
            Values::Number(values) => &mut values.keys.page,
            Values::Bits(values) => &mut values.page,
        }
    }

    /// How many values the page has so far.
    pub(super) fn page_len(&self) -> u32 {
        match self {
            Values::Text(values) => values.keys.page.len() as u32 + values.plain_count,
            Values::Number(values) => values.keys.page.len() as u32 + values.plain_count,
            Values::Bits(values) => values.page.len() as u32,
        }
    }

    /// About how many bytes are held in memory.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Values::Text(values) => values.plain.len() + values.dictionary.len(),
            Values::Number(values) => values.plain.len() + values.dictionary.len() * 8,
            Values::Bits(_) => 0,
        }
    }

    /// Whether the page should end before its rows are full.
    pub(super) fn is_page_heavy(&self) -> bool {
        let (plain, dictionary_bytes, is_plain) = match self {
            Values::Text(values) => (&values.plain, values.dictionary.len(), values.keys.plain),
            Values::Number(values) => (
                &values.plain,
                values.dictionary.len() * 8,
                values.keys.plain,
            ),
            Values::Bits(_) => return false,
        };
        plain.len() > PAGE_BYTES_MAX || dictionary_bytes > DICTIONARY_BYTES_MAX && !is_plain
    }

    /// Appends the values of the page and begins a new one.
    pub(super) fn end_page(&mut self, out: &mut Vec<u8>) -> Encoding {
        match self {
            Values::Text(values) => {
                let heavy = values.dictionary.len() > DICTIONARY_BYTES_MAX;
                let count = values.spans.len();
                let plain = (&mut values.plain, &mut values.plain_count);
                values.keys.end_page(plain, count, heavy, out)
            }
            Values::Number(values) => {
                let heavy = values.dictionary.len() * 8 > DICTIONARY_BYTES_MAX;
                let count = values.dictionary.len();
                let plain = (&mut values.plain, &mut values.plain_count);
                values.keys.end_page(plain, count, heavy, out)
            }
            Values::Bits(values) => {
                values.end_page(out);
                Encoding::PLAIN
            }
        }
    }

    /// The dictionary page, if there is one, and the number of its values.
    pub(super) fn take_dictionary(&mut self) -> Option<(Bytes, u32)> {
        let (page, count) = match self {
            Values::Text(values) => (values.dictionary.clone(), values.spans.len()),
            Values::Number(values) => {
                let mut page = Vec::with_capacity(values.dictionary.len() * 8);
                values
                    .dictionary
                    .iter()
                    .for_each(|&number| values.width.push(number, &mut page));
                (page, values.dictionary.len())
            }
            Values::Bits(_) => return None,
        };
        let count = u32::try_from(count).expect("a row group has fewer than 2^32 values");
        (count > 0).then(|| (page.into(), count))
    }

    /// Least and greatest value of the row group, and the number of nulls.
    pub(super) fn statistics(&self, nulls: u64) -> Statistics {
        match self {
            Values::Text(values) => values.statistics(nulls),
            Values::Number(values) => values.statistics(nulls),
            Values::Bits(values) => {
                let range =
                    (values.seen != [false; 2]).then_some((!values.seen[0], values.seen[1]));
                let (least, greatest) = (range.map(|range| range.0), range.map(|range| range.1));
                Statistics::boolean(least, greatest, None, Some(nulls), false)
            }
        }
    }

    /// Forgets the row group. Buffers are kept.
    pub(super) fn clear(&mut self) {
        match self {
            Values::Text(values) => {
                values.keys.clear();
                values.dictionary.clear();
                values.spans.clear();
                values.range = None;
            }
            Values::Number(values) => {
                values.keys.clear();
                values.dictionary.clear();
                values.plain_range = None;
            }
            Values::Bits(values) => values.seen = [false; 2],
        }
    }
}

/// Keys into a dictionary, whatever its values are.
struct Keys {
    /// Those of the page.
    page: Vec<u32>,
    last: u32,
    /// For each key the one that followed it the last time.
    following: Vec<u32>,
    /// Each key with the hash of its value, so that most values are told apart without being read.
    table: HashTable<(u64, u32)>,
    /// The dictionary does not pay: values are written plainly for the rest of the row group.
    plain: bool,
    values: u64,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            page: Vec::new(),
            last: NONE,
            following: Vec::new(),
            table: HashTable::new(),
            plain: false,
            values: 0,
        }
    }
}

impl Keys {
    fn guess(&self) -> Option<u32> {
        let guess = *self.following.get(self.last as usize)?;
        (guess != NONE).then_some(guess)
    }

    /// Takes in the key of a value that is new.
    fn learn(&mut self, hash: u64, key: u32) {
        self.following.push(NONE);
        self.table
            .insert_unique(hash, (hash, key), |&(hash, _)| hash);
    }

    fn follow(&mut self, key: u32) {
        if let Some(following) = self.following.get_mut(self.last as usize) {
            *following = key;
        }
        self.last = key;
    }

    fn end_page(
        &mut self,
        plain: (&mut Vec<u8>, &mut u32),
        dictionary_count: usize,
        heavy: bool,
        out: &mut Vec<u8>,
    ) -> Encoding {
        if self.plain {
            out.extend_from_slice(plain.0);
            plain.0.clear();
            *plain.1 = 0;
            return Encoding::PLAIN;
        }
        if dictionary_count == 0 {
            return Encoding::PLAIN;
        }
        let width = (dictionary_count - 1)
            .checked_ilog2()
            .map_or(1, |bits| bits + 1);
        out.push(width as u8);
        hybrid::encode(&self.page, width, out);
        self.values += self.page.len() as u64;
        self.page.clear();
        let judged = self.values >= VALUES_TO_JUDGE;
        self.plain = heavy || judged && dictionary_count as u64 > self.values / 2;
        Encoding::RLE_DICTIONARY
    }

    fn clear(&mut self) {
        self.last = NONE;
        self.following.clear();
        self.table.clear();
        self.plain = false;
        self.values = 0;
    }
}

#[derive(Default)]
pub(super) struct TextValues {
    keys: Keys,
    /// The dictionary page: each text after its length in four bytes.
    dictionary: Vec<u8>,
    /// Where each text of the dictionary stands in its page.
    spans: Vec<(u32, u32)>,
    plain: Vec<u8>,
    plain_count: u32,
    /// Length of the last text written plainly, its own length included.
    last_plain_bytes: usize,
    /// Least and greatest of the texts written plainly.
    range: Option<(Vec<u8>, Vec<u8>)>,
}

fn text_of<'a>(page: &'a [u8], spans: &[(u32, u32)], key: u32) -> Option<&'a [u8]> {
    let &(start, end) = spans.get(key as usize)?;
    page.get(start as usize..end as usize)
}

fn push_plain_text(out: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let text = &text[..length as usize];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text);
}

impl TextValues {
    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        if self.keys.plain {
            return self.push_plain(text);
        }
        let last = self.keys.last;
        if text_of(&self.dictionary, &self.spans, last) == Some(text) {
            self.keys.page.push(last);
        } else {
            let key = self.find(text);
            self.keys.page.push(key);
        }
    }

    /// Adds the last text, which was written plainly, so many times more.
    fn push_plain_again(&mut self, times: usize) {
        let start = self.plain.len() - self.last_plain_bytes;
        for _ in 0..times {
            self.plain
                .extend_from_within(start..start + self.last_plain_bytes);
        }
        self.plain_count += times as u32;
    }

    fn find(&mut self, text: &[u8]) -> u32 {
        let TextValues {
            keys,
            dictionary,
            spans,
            ..
        } = self;
        if let Some(guess) = keys.guess()
            && text_of(dictionary, spans, guess) == Some(text)
        {
            keys.last = guess;
            return guess;
        }
        let hash = xxh3_64(text);
        let same = |&(known, key): &(u64, u32)| {
            known == hash && text_of(dictionary, spans, key) == Some(text)
        };
        let key = if let Some(&(_, key)) = keys.table.find(hash, same) {
            key
        } else {
            let key = u32::try_from(spans.len()).expect("a row group has fewer than 2^32 values");
            push_plain_text(dictionary, text);
            let end = u32::try_from(dictionary.len()).expect("a dictionary is bounded far below");
            spans.push((end - text.len() as u32, end));
            keys.learn(hash, key);
            key
        };
        keys.follow(key);
        key
    }

    fn push_plain(&mut self, text: &[u8]) {
        let start = self.plain.len();
        push_plain_text(&mut self.plain, text);
        self.last_plain_bytes = self.plain.len() - start;
        self.plain_count += 1;
        match &mut self.range {
            None => self.range = Some((text.to_vec(), text.to_vec())),
            Some((least, _)) if text < least.as_slice() => text.clone_into(least),
            Some((_, greatest)) if text > greatest.as_slice() => text.clone_into(greatest),
            Some(_) => {}
        }
    }

    fn statistics(&self, nulls: u64) -> Statistics {
        let keys = 0..u32::try_from(self.spans.len()).unwrap_or(NONE);
        let texts = keys.filter_map(|key| text_of(&self.dictionary, &self.spans, key));
        let plain = self
            .range
            .iter()
            .flat_map(|(least, greatest)| [least.as_slice(), greatest]);
        let mut range: Option<(&[u8], &[u8])> = None;
        for text in texts.chain(plain) {
            let (least, greatest) = range.unwrap_or((text, text));
            range = Some((least.min(text), greatest.max(text)));
        }
        let short = range.filter(|(least, greatest)| {
            least.len() <= STATISTICS_BYTES_MAX && greatest.len() <= STATISTICS_BYTES_MAX
        });
        let bytes = |text: &[u8]| ByteArray::from(text.to_vec());
        let (least, greatest) = (short.map(|s| bytes(s.0)), short.map(|s| bytes(s.1)));
        Statistics::byte_array(least, greatest, None, Some(nulls), false)
    }
}

/// How a number is laid out.
#[derive(Clone, Copy)]
enum Width {
    Four,
    Eight,
}

impl Width {
    fn push(self, number: i64, out: &mut Vec<u8>) {
        match self {
            Width::Four => out.extend_from_slice(&(number as i32).to_le_bytes()),
            Width::Eight => out.extend_from_slice(&number.to_le_bytes()),
        }
    }
}

/// Whole numbers, and those with a fraction as their bits.
pub(super) struct NumberValues {
    pub(super) kind: ColumnKind,
    width: Width,
    keys: Keys,
    dictionary: Vec<i64>,
    plain: Vec<u8>,
    plain_count: u32,
    /// Least and greatest of the numbers written plainly.
    plain_range: Option<(i64, i64)>,
}

/// Spreads the bits of a number over the whole word, as the finaliser of MurmurHash3 does.
fn hash_number(number: i64) -> u64 {
    let mut hash = number.cast_unsigned();
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ hash >> 33
}

impl NumberValues {
    fn new(kind: ColumnKind) -> NumberValues {
        NumberValues {
            kind,
            width: if kind == ColumnKind::Int {
                Width::Four
            } else {
                Width::Eight
            },
            keys: Keys::default(),
            dictionary: Vec::new(),
            plain: Vec::new(),
            plain_count: 0,
            plain_range: None,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, number: i64) {
        if self.keys.plain {
            return self.push_plain(number);
        }
        let last = self.keys.last;
        if self.dictionary.get(last as usize) == Some(&number) {
            self.keys.page.push(last);
        } else {
            let key = self.find(number);
            self.keys.page.push(key);
        }
    }

    /// The number of a cell, if it is one of this column's kind.
    pub(super) fn number(&self, cell: Cell<'_>) -> Result<i64, &'static str> {
        match (self.kind, cell) {
            (ColumnKind::Long, Cell::Int(number)) => Ok(number),
            (ColumnKind::Int, Cell::Int(number)) if i32::try_from(number).is_ok() => Ok(number),
            (ColumnKind::Time, Cell::Time(at_ms)) => Ok(at_ms),
            _ => Err(WRONG_KIND),
        }
    }

    /// Adds the last number, which was written plainly, so many times more.
    fn push_plain_again(&mut self, times: usize) {
        let width = match self.width {
            Width::Four => 4,
            Width::Eight => 8,
        };
        let start = self.plain.len() - width;
        for _ in 0..times {
            self.plain.extend_from_within(start..start + width);
        }
        self.plain_count += times as u32;
    }

    fn find(&mut self, number: i64) -> u32 {
        let NumberValues {
            keys, dictionary, ..
        } = self;
        if let Some(guess) = keys.guess()
            && dictionary.get(guess as usize) == Some(&number)
        {
            keys.last = guess;
            return guess;
        }
        let hash = hash_number(number);
        let same = |&(_, key): &(u64, u32)| dictionary.get(key as usize) == Some(&number);
        let key = if let Some(&(_, key)) = keys.table.find(hash, same) {
            key
        } else {
            let key = u32::try_from(dictionary.len()).expect("a row group has fewer values");
            dictionary.push(number);
            keys.learn(hash, key);
            key
        };
        keys.follow(key);
        key
    }

    fn push_plain(&mut self, number: i64) {
        self.width.push(number, &mut self.plain);
        self.plain_count += 1;
        let (least, greatest) = self.plain_range.unwrap_or((number, number));
        self.plain_range = Some(if self.kind == ColumnKind::Double {
            let double = |bits: i64| f64::from_bits(bits.cast_unsigned());
            let least = if double(number) < double(least) {
                number
            } else {
                least
            };
            let greatest = if double(number) > double(greatest) {
                number
            } else {
                greatest
            };
            (least, greatest)
        } else {
            (least.min(number), greatest.max(number))
        });
    }

    fn statistics(&self, nulls: u64) -> Statistics {
        let plain = self
            .plain_range
            .iter()
            .flat_map(|&(least, greatest)| [least, greatest]);
        let all = self.dictionary.iter().copied().chain(plain);
        if self.kind == ColumnKind::Double {
            let all: Vec<f64> = all
                .map(|bits| f64::from_bits(bits.cast_unsigned()))
                .collect();
            let least = all.iter().copied().reduce(f64::min);
            let greatest = all.iter().copied().reduce(f64::max);
            // Zeros of either sign are equal, so the bounds must hold for both.
            let least = least.map(|number| if number == 0.0 { -0.0 } else { number });
            let greatest = greatest.map(|number| if number == 0.0 { 0.0 } else { number });
            return Statistics::double(least, greatest, None, Some(nulls), false);
        }
        let (least, greatest) = (all.clone().min(), all.max());
        match self.width {
            Width::Four => {
                let narrow = |number: i64| number as i32;
                let (least, greatest) = (least.map(narrow), greatest.map(narrow));
                Statistics::int32(least, greatest, None, Some(nulls), false)
            }
            Width::Eight => Statistics::int64(least, greatest, None, Some(nulls), false),
        }
    }
}

#[derive(Default)]
pub(super) struct BitValues {
    /// Those of the page, as numbers.
    page: Vec<u32>,
    /// Whether the row group has a false, and a true.
    seen: [bool; 2],
}

impl BitValues {
    #[inline]
    pub(super) fn push(&mut self, truth: bool) {
        self.page.push(u32::from(truth));
    }

    fn end_page(&mut self, out: &mut Vec<u8>) {
        for value in &self.page {
            self.seen[*value as usize] = true;
        }
        hybrid::pack(&self.page, 1, out);
        self.page.clear();
    }
}

fn push_last_again(keys: &mut Vec<u32>, times: usize) {
    let last = keys.last().copied().unwrap_or_default();
    keys.resize(keys.len() + times, last);
}
