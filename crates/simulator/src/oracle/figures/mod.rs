//! Semantics §15: figures and samples, counted in the finished tables of contacts, verdicts and
//! sessions.

mod contacts;
mod neighbours;
mod readings;
mod segments;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::tables::Row;
use super::{Settled, World};

/// A contact of the table, with its verdicts by the name of the reading.
struct One<'a> {
    row: &'a Row,
    date: Date,
    hour: i8,
    start: i64,
    verdicts: BTreeMap<String, &'a Row>,
    /// For each family what stands in the rows.
    segments: Vec<String>,
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or("")
}

fn number(row: &Row, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::as_i64)
}

fn millionths(row: &Row, column: &str) -> Option<i128> {
    let amount = row.get(column).and_then(Value::as_f64)?;
    Some((amount * 1e6).round() as i128)
}

fn is_true(row: &Row, column: &str) -> bool {
    row.get(column) == Some(&Value::Bool(true))
}

/// UTC milliseconds of a time as it is written.
fn instant(written: &str) -> i64 {
    let civil: DateTime = written
        .trim_end_matches('Z')
        .parse()
        .unwrap_or(DateTime::ZERO);
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    civil.duration_since(epoch).as_millis() as i64
}

impl One<'_> {
    fn channel(&self) -> &str {
        text(self.row, "channel")
    }

    fn customer(&self) -> &str {
        text(self.row, "customer")
    }

    fn is_known(&self) -> bool {
        !self.customer().is_empty()
    }

    fn takes_part(&self, reading: &str) -> bool {
        let verdict = self.verdicts.get(reading);
        verdict.is_some_and(|verdict| number(verdict, "rank").is_some())
    }

    fn class(&self, reading: &str) -> &str {
        let verdict = self.verdicts.get(reading);
        verdict.map_or("", |verdict| text(verdict, "class"))
    }

    fn is_origin(&self, reading: &str) -> bool {
        let verdict = self.verdicts.get(reading);
        verdict.is_some_and(|verdict| is_true(verdict, "origin"))
    }

    /// There is a verdict that is neither `ineligible` nor `undecidable`.
    fn is_judged(&self, reading: &str) -> bool {
        let verdict = self.verdicts.get(reading);
        verdict.is_some_and(|verdict| {
            !["ineligible", "undecidable"].contains(&text(verdict, "verdict"))
        })
    }

    fn is_matured(&self, reading: &str, end_of_time: i64) -> bool {
        self.is_judged(reading)
            && text(self.verdicts[reading], "verdict") != "pending"
            && end_of_time >= instant(text(self.verdicts[reading], "due_at"))
    }
}

/// Date, hour, figure, reading, from_channel, channel, segment, age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    date: Date,
    hour: Option<i8>,
    figure: &'static str,
    reading: Option<usize>,
    from_channel: Option<String>,
    channel: Option<String>,
    segment: Option<String>,
    age_days: Option<i64>,
}

/// What is counted under a name.
#[derive(Clone, Debug, Default)]
struct Sum {
    /// Of amounts and scores millionths.
    numerator: i128,
    denominator: Option<i128>,
    durations: Vec<i64>,
    is_waiting: bool,
}

/// Date, figure and segment that contacts are samples of.
type SamplesOf = (Date, &'static str, Option<String>);

/// Everything that is counted.
struct Counting<'a> {
    world: &'a World,
    contacts: Vec<One<'a>>,
    sessions: &'a [Row],
    sums: BTreeMap<Name, Sum>,
    samples: BTreeMap<SamplesOf, BTreeSet<(u64, usize)>>,
}

/// The rows of tables `figures` and `samples`.
pub fn rows(settled: &Settled, world: &World) -> (Vec<Row>, Vec<Row>) {
    let config = &world.config;
    let mut counting = Counting {
        contacts: contacts_of(settled, world),
        world,
        sessions: &settled.sessions,
        sums: BTreeMap::new(),
        samples: BTreeMap::new(),
    };
    counting.break_down(&config.families);
    for at in 0..counting.contacts.len() {
        counting.count_volume(at);
        counting.count_score_in_session(at);
    }
    for (nth, reading) in config.readings.iter().enumerate() {
        counting.count_reading(nth, reading);
        counting.count_customers(Some((nth, &reading.name())));
        if reading.window.name == config.headline.window.name
            && reading.same_reason == config.headline.same_reason
        {
            counting.count_ages(nth, &reading.name());
        }
        if !reading.same_reason {
            counting.count_followed(nth, reading);
        }
    }
    counting.count_customers(None);
    counting.count_sessions();
    counting.count_caused();
    counting.count_avoidable();
    (counting.figures(), counting.sampled())
}

fn contacts_of<'a>(settled: &'a Settled, world: &World) -> Vec<One<'a>> {
    const NAME: [&str; 4] = ["contact_id", "channel", "source", "customer"];
    let name = |row: &Row| NAME.map(|column| text(row, column).to_string());
    let mut verdicts: BTreeMap<[String; 4], Vec<&Row>> = BTreeMap::new();
    for verdict in &settled.verdicts {
        verdicts.entry(name(verdict)).or_default().push(verdict);
    }
    let one = |row: &'a Row| {
        let start = instant(text(row, "started_at"));
        let said = verdicts.get(&name(row)).cloned().unwrap_or_default();
        let of_reading = said.into_iter().map(|verdict| {
            let columns = ["window", "scope", "reason_mode"];
            (
                columns.map(|column| text(verdict, column)).join(" "),
                verdict,
            )
        });
        let at = jiff::Timestamp::from_millisecond(start).unwrap_or(jiff::Timestamp::MAX);
        One {
            row,
            date: world.local_date(start),
            hour: world.config.time_zone.to_datetime(at).hour(),
            start,
            verdicts: of_reading.collect(),
            segments: Vec::new(),
        }
    };
    settled.contacts.iter().map(one).collect()
}

impl Counting<'_> {
    fn sum(&mut self, name: Name) -> &mut Sum {
        self.sums.entry(name).or_default()
    }

    /// The name of a figure of a contact.
    fn name(&self, at: usize, figure: &'static str) -> Name {
        let one = &self.contacts[at];
        Name {
            date: one.date,
            hour: None,
            figure,
            reading: None,
            from_channel: None,
            channel: Some(one.channel().to_string()),
            segment: None,
            age_days: None,
        }
    }

    /// The same with the hour, and once for each family with the segment of a contact.
    fn hour_and_segments(&self, at: usize, name: &Name) -> Vec<Name> {
        let whole = Name {
            hour: Some(self.contacts[at].hour),
            ..name.clone()
        };
        self.with_segments(at, whole)
    }

    fn with_segments(&self, of: usize, whole: Name) -> Vec<Name> {
        let segments = self.contacts[of].segments.iter().map(|segment| Name {
            hour: None,
            segment: Some(segment.clone()),
            ..whole.clone()
        });
        let segments: Vec<Name> = segments.collect();
        [vec![whole], segments].concat()
    }

    /// Counts a contact in a share, if it is in the denominator.
    fn share(&mut self, names: Vec<Name>, is_in: bool, part: i128) {
        for name in names.into_iter().filter(|_| is_in) {
            let sum = self.sum(name);
            sum.numerator += part;
            *sum.denominator.get_or_insert(0) += 1;
        }
    }

    fn durations(&mut self, names: Vec<Name>, duration_ms: Option<i64>) {
        for name in names {
            if let Some(duration_ms) = duration_ms {
                self.share(vec![name.clone()], true, duration_ms.into());
                self.sum(name).durations.push(duration_ms);
            }
        }
    }

    fn sample(&mut self, at: usize, figure: &'static str, segments_of: usize) {
        let one = &self.contacts[at];
        let (channel, source) = (one.channel(), text(one.row, "source"));
        let line = format!(
            "{figure}\n{channel}\n{source}\n{}",
            text(one.row, "contact_id")
        );
        let (hash, date) = (xxh3_64(line.as_bytes()), one.date);
        let segments = self.contacts[segments_of]
            .segments
            .iter()
            .cloned()
            .map(Some);
        let segments: Vec<Option<String>> = segments.chain([None]).collect();
        for segment in segments {
            let samples = self.samples.entry((date, figure, segment)).or_default();
            samples.insert((hash, at));
        }
    }
}
