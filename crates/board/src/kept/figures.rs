//! Rows of the topic `figures`: what each task has counted, summed when asked.

use super::names::{Name, Names};
use crate::views::{Amount, Day, FigureItem, Share};
use model::Channel;
use std::collections::{BTreeMap, HashMap};

/// What names a row, but for its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) figure: Name,
    /// The segment as it stands in the table.
    pub(crate) segment: Name,
    pub(crate) rule: Name,
    /// Place of the reading in the configured list.
    pub(crate) reading: Option<u16>,
    pub(crate) from_channel: Option<Channel>,
    pub(crate) channel: Option<Channel>,
    pub(crate) hour: Option<u8>,
    pub(crate) age_days: Option<u8>,
}

/// What a task has counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counted {
    pub(crate) numerator: f64,
    pub(crate) denominator: Option<i64>,
    pub(crate) matured: bool,
}

/// A sum of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sum {
    pub(crate) numerator: f64,
    pub(crate) denominator: u64,
    /// All rows hold for good.
    pub(crate) matured: bool,
    /// There was a row at all.
    pub(crate) is_there: bool,
    /// A row has a denominator: it is no plain count.
    pub(crate) has_denominator: bool,
}

impl Default for Sum {
    fn default() -> Sum {
        Sum {
            numerator: 0.0,
            denominator: 0,
            matured: true,
            is_there: false,
            has_denominator: false,
        }
    }
}

impl Sum {
    pub(crate) fn add(&mut self, counted: &Counted) {
        self.numerator += counted.numerator;
        let denominator = counted.denominator.unwrap_or(0);
        self.denominator += u64::try_from(denominator).unwrap_or(0);
        self.matured &= counted.matured;
        self.is_there = true;
        self.has_denominator |= counted.denominator.is_some();
    }

    pub(crate) fn share(&self) -> Share {
        Share::of(self.numerator, self.denominator)
    }

    /// Of a row whose numerator is an amount and whose denominator says how many are known.
    pub(crate) fn amount(&self, of: Option<u64>) -> Amount {
        Amount {
            amount: self.numerator,
            known: self.denominator,
            of,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.numerator.max(0.0).round() as u64
    }
}

/// The rows of a date: each task's own.
type OfDay = HashMap<Key, Vec<(u32, Counted)>>;

/// All rows of the newest dates.
#[derive(Debug)]
pub(crate) struct Figures {
    max: usize,
    rows: usize,
    by_day: BTreeMap<i32, OfDay>,
    pub(crate) let_go_until: Option<i32>,
    pub(crate) let_go: u64,
}

impl Figures {
    pub(crate) fn new(max: usize) -> Figures {
        Figures {
            max,
            rows: 0,
            by_day: BTreeMap::new(),
            let_go_until: None,
            let_go: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn put(&mut self, day: i32, key: Key, task: u32, counted: Counted) {
        if self.let_go_until.is_some_and(|until| day <= until) {
            self.let_go += 1;
            return;
        }
        let tasks = self.by_day.entry(day).or_default().entry(key).or_default();
        match tasks.iter_mut().find(|(of, _)| *of == task) {
            Some((_, former)) => *former = counted,
            None => {
                tasks.push((task, counted));
                self.rows += 1;
            }
        }
        // The newest date stays, however large it is: it is what the board is for.
        while self.rows > self.max && self.by_day.len() > 1 {
            let Some((day, rows)) = self.by_day.pop_first() else {
                break;
            };
            let gone: usize = rows.values().map(Vec::len).sum();
            self.rows -= gone;
            self.let_go += gone as u64;
            self.let_go_until = self.let_go_until.max(Some(day));
        }
    }

    pub(crate) fn forget(&mut self, day: i32, key: Key, task: u32) {
        let Some(of_day) = self.by_day.get_mut(&day) else {
            return;
        };
        if let Some(tasks) = of_day.get_mut(&key) {
            let before = tasks.len();
            tasks.retain(|(of, _)| *of != task);
            self.rows -= before - tasks.len();
            if tasks.is_empty() {
                of_day.remove(&key);
            }
        }
        if of_day.is_empty() {
            self.by_day.remove(&day);
        }
    }

    /// The rows of some dates, tasks added up.
    pub(crate) fn rows(&self, from: Day, to: Day) -> impl Iterator<Item = (Day, Key, Sum)> {
        let days = self.by_day.range(from.0..=to.0.max(from.0));
        days.flat_map(|(day, rows)| {
            rows.iter().map(|(key, tasks)| {
                let mut sum = Sum::default();
                for (_, counted) in tasks {
                    sum.add(counted);
                }
                (Day(*day), *key, sum)
            })
        })
    }

    /// Adds up the rows of a date that fit.
    pub(crate) fn sum(&self, day: Day, fits: impl Fn(&Key) -> bool) -> Sum {
        let mut sum = Sum::default();
        let rows = self.by_day.get(&day.0).into_iter().flatten();
        for (_, tasks) in rows.filter(|(key, _)| fits(key)) {
            tasks.iter().for_each(|(_, counted)| sum.add(counted));
        }
        sum
    }
}

impl super::Kept {
    /// A row as the API says it.
    pub(crate) fn figure_item(&self, day: Day, key: &Key, sum: &Sum) -> FigureItem {
        let place = key.reading.map(usize::from);
        let reading = place.and_then(|place| self.settings.readings.get(place));
        FigureItem {
            date: day,
            hour: key.hour,
            figure: self.names.text(key.figure).to_owned(),
            rule: self.names.some(key.rule),
            window: reading.map(|one| one.window.clone()),
            scope: reading.map(|one| one.scope.clone()),
            reason_mode: reading.map(|one| one.mode.to_owned()),
            from_channel: key.from_channel,
            channel: key.channel,
            segment: self.names.some(key.segment),
            age_days: key.age_days,
            value: if sum.has_denominator {
                sum.share().value
            } else {
                Some(sum.numerator)
            },
            numerator: sum.numerator,
            denominator: sum.has_denominator.then_some(sum.denominator),
            matured: sum.matured,
        }
    }
}

/// A segment's pairs of key and value, as they were before they were written.
pub(crate) fn pairs(segment: &str) -> Vec<(String, String)> {
    let parts = segment.split(',').filter(|part| !part.is_empty());
    parts
        .filter_map(|part| part.split_once('='))
        .map(|(key, value)| (key.to_owned(), unescaped(value)))
        .collect()
}

/// A value whose separators were written as `%` and two digits.
fn unescaped(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let digits = (*first == b'%').then(|| more.get(..2)).flatten();
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The values of a segment's keys, in order; used to look segments up once per view.
pub(crate) fn segments(
    names: &Names,
    of: impl Iterator<Item = Name>,
) -> HashMap<Name, Vec<(String, String)>> {
    let mut parsed = HashMap::new();
    for name in of {
        parsed
            .entry(name)
            .or_insert_with(|| pairs(names.text(name)));
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn a_segment_is_read_as_it_was_before_it_was_written() {
        let read = pairs("reason=billing%2C late/50%25,team=");
        let of = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(read, [of("reason", "billing, late/50%"), of("team", "")]);
        assert_eq!(pairs("page=%zz"), [of("page", "%zz")]);
        assert!(pairs("").is_empty());
    }
}
