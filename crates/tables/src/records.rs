//! The output tables as values of Kafka records, in JSON or Avro.
//!
//! A row of a file and a record on Kafka have the same fields, but for verdicts: there one record
//! has all readings of its contact, so that whoever reads it sees them change together.

use crate::figures;
use crate::rows::{self, Names, known};
use ::figures::{FigureRow, SampleRow};
use files::{Cell, Table, ValueFormat, ValuePart, push_avro_count};
use model::{
    Alert, Class, ContactResult, Journey, Millis, Reading, ReadingResult, Readings, Session,
    Signal, SourceSilent, Status, Text, Verdict,
};

/// The tables that have a topic, each with the Avro schema of its records.
pub const RECORD_SCHEMAS: &[(&str, &str)] = &[
    (
        "contacts",
        include_str!("../../../schemas/output/contacts.avsc"),
    ),
    (
        "verdicts",
        include_str!("../../../schemas/kafka/verdicts.avsc"),
    ),
    (
        "sessions",
        include_str!("../../../schemas/output/sessions.avsc"),
    ),
    (
        "alerts",
        include_str!("../../../schemas/output/alerts.avsc"),
    ),
    (
        "journeys",
        include_str!("../../../schemas/output/journeys.avsc"),
    ),
    (
        "figures",
        include_str!("../../../schemas/output/figures.avsc"),
    ),
    (
        "samples",
        include_str!("../../../schemas/output/samples.avsc"),
    ),
    (
        "markers",
        include_str!("../../../schemas/output/markers.avsc"),
    ),
    (
        "dead_letters",
        include_str!("../../../schemas/output/dead_letters.avsc"),
    ),
];

/// Columns of a reading that are the same in all its records: window, scope, reason_mode.
const NAMING_COLUMNS: usize = 3;
/// Columns of a reading behind these that hold words of closed lists: verdict, status, class.
const WORD_COLUMNS: usize = 3;
/// Columns of a reading behind these.
const SAYING_COLUMNS: usize = 12;
/// What stands for the class of a contact that has none, behind those of [`Class::ALL`].
const NO_CLASS: usize = Class::ALL.len();

/// A record of a topic that was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetter<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Number of its partition.
    pub partition: u32,
    /// Its offset there.
    pub offset: i64,
    /// Why, a word of a closed list.
    pub reason: &'a str,
    /// The field, and what was expected; nothing personal; may be empty.
    pub detail: &'a str,
    /// Hash of the record's value.
    pub hash: u128,
}

/// Writes records of the output tables, each into a buffer whose former content is replaced.
#[derive(Clone, Debug)]
pub struct Records {
    names: Names,
    format: ValueFormat,
    contacts: Value,
    verdicts: Value,
    sessions: Value,
    alerts: Value,
    journeys: Value,
    figures: Value,
    samples: Value,
    markers: Value,
    dead_letters: Value,
    /// Of each reading, written out: what names it.
    readings: Vec<Vec<u8>>,
    /// Written out, all that a reading may say in words: by verdict, status and class.
    words: Vec<Vec<u8>>,
    /// What else a reading says.
    saying: ValuePart,
}

/// Whole records of a table, or the part of them before a list of records.
#[derive(Clone, Debug)]
struct Value {
    /// Stands before every record.
    prefix: Vec<u8>,
    part: ValuePart,
}

impl Value {
    fn push(&self, cells: &[Cell<'_>], into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&self.prefix);
        self.part.push(cells, into);
    }
}

impl Records {
    /// Records as JSON objects: unknown is null, every field is present, times are RFC 3339 in UTC.
    #[must_use]
    pub fn json(names: &Names) -> Records {
        Records::new(names, ValueFormat::Json, |_| Vec::new())
    }

    /// Records as Avro data of [`RECORD_SCHEMAS`], each behind the bytes that `prefix` gives for its
    /// table: what a registry's framing asks for.
    #[must_use]
    pub fn avro(names: &Names, prefix: impl Fn(&str) -> Vec<u8>) -> Records {
        Records::new(names, ValueFormat::Avro, prefix)
    }

    fn new(names: &Names, format: ValueFormat, prefix: impl Fn(&str) -> Vec<u8>) -> Records {
        let table = |name| Table::named(name).expect("the table is one of ours");
        let value = |name| Value {
            prefix: prefix(name),
            part: ValuePart::opening(&table(name).columns, format),
        };
        let columns = &table("verdicts").columns;
        let window = table("verdicts").column("window");
        let window = window.expect("a verdict has a window");
        let (of_contact, of_reading) = columns.split_at(window);
        let (naming, saying) = of_reading.split_at(NAMING_COLUMNS);
        let (words, saying) = saying.split_at(WORD_COLUMNS);
        let naming = ValuePart::opening(naming, format);
        let list = names.readings.list.iter();
        Records {
            format,
            contacts: value("contacts"),
            verdicts: Value {
                prefix: prefix("verdicts"),
                part: ValuePart::opening(of_contact, format),
            },
            sessions: value("sessions"),
            alerts: value("alerts"),
            journeys: value("journeys"),
            figures: value("figures"),
            samples: value("samples"),
            markers: value("markers"),
            dead_letters: value("dead_letters"),
            readings: list
                .map(|reading| written_name(&naming, &names.readings, reading))
                .collect(),
            words: written_words(&ValuePart::following(words, format)),
            saying: ValuePart::following(saying, format),
            names: names.clone(),
        }
    }

    /// A record of table `figures`. Says its name: the columns that no other row has alike.
    pub fn figure(&mut self, row: &FigureRow, into: &mut Vec<u8>) -> Text {
        figures::figure(&self.names, row, |cells| self.figures.push(cells, into));
        self.close(into);
        figures::figure_name(&self.names, row)
    }

    /// A record of table `samples`. Says its name.
    pub fn sample(&mut self, row: &SampleRow, into: &mut Vec<u8>) -> Text {
        figures::sample(&self.names, row, |cells| self.samples.push(cells, into));
        self.close(into);
        figures::sample_name(&self.names, row)
    }

    /// A record of table `contacts`.
    pub fn contact(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        rows::contact(&self.names, result, |cells| self.contacts.push(cells, into));
        self.close(into);
    }

    /// The record of table `verdicts` of a contact: all its readings.
    pub fn verdicts(&mut self, result: &ContactResult, into: &mut Vec<u8>) {
        let contact = &result.contact;
        let of_contact = [
            Cell::Text(&self.names.tenant),
            Cell::Text(&contact.contact_id),
            Cell::Text(contact.channel.name()),
            Cell::Text(&contact.source),
            known(&result.customer),
        ];
        self.verdicts.push(&of_contact, into);
        match self.format {
            ValueFormat::Avro => {
                if !result.readings.is_empty() {
                    push_avro_count(into, result.readings.len());
                    for reading in &result.readings {
                        self.reading(result, reading, into);
                    }
                }
                push_avro_count(into, 0);
            }
            ValueFormat::Json => {
                into.extend_from_slice(b",\"readings\":[");
                for (at, reading) in result.readings.iter().enumerate() {
                    if at > 0 {
                        into.push(b',');
                    }
                    self.reading(result, reading, into);
                    into.push(b'}');
                }
                into.extend_from_slice(b"]}");
            }
        }
    }

    #[inline]
    fn reading(&self, result: &ContactResult, reading: &ReadingResult, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.readings[usize::from(reading.reading)]);
        let class = reading.class.map_or(NO_CLASS, |class| class as usize);
        let words = place_of_words(reading.verdict as usize, reading.status as usize, class);
        into.extend_from_slice(&self.words[words]);
        self.saying.push(&saying(result, reading), into);
    }

    /// A record of table `sessions`.
    pub fn session(&mut self, session: &Session, into: &mut Vec<u8>) {
        rows::session(&self.names, session, |cells| {
            self.sessions.push(cells, into)
        });
        self.close(into);
    }

    /// A record of table `alerts`.
    pub fn alert(&mut self, alert: &Alert, into: &mut Vec<u8>) {
        rows::alert(&self.names, alert, |cells| self.alerts.push(cells, into));
        self.close(into);
    }

    /// A record of table `journeys`.
    pub fn journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        rows::journey(&self.names, journey, |cells| {
            self.journeys.push(cells, into)
        });
        self.close(into);
    }

    /// A record of table `alerts` of a broken journey.
    pub fn broken_journey(&mut self, journey: &Journey, into: &mut Vec<u8>) {
        rows::broken_journey(&self.names, journey, |cells| self.alerts.push(cells, into));
        self.close(into);
    }

    /// A record of table `alerts` of a silent source.
    pub fn source_silent(&mut self, alert: &SourceSilent, into: &mut Vec<u8>) {
        rows::source_silent(&self.names, alert, |cells| self.alerts.push(cells, into));
        self.close(into);
    }

    /// A record of table `markers`.
    pub fn marker(&mut self, marker: &Signal, into: &mut Vec<u8>) {
        rows::marker(&self.names, marker, |cells| self.markers.push(cells, into));
        self.close(into);
    }

    /// A record of table `dead_letters`.
    pub fn dead_letter(&mut self, letter: &DeadLetter<'_>, into: &mut Vec<u8>) {
        let hash = format!("{:032x}", letter.hash);
        let cells = [
            Cell::Text(letter.topic),
            Cell::Int(i64::from(letter.partition)),
            Cell::Int(letter.offset),
            Cell::Null,
            Cell::Text(letter.reason),
            known(letter.detail),
            Cell::Text(&hash),
        ];
        self.dead_letters.push(&cells, into);
        self.close(into);
    }

    fn close(&self, into: &mut Vec<u8>) {
        match self.format {
            ValueFormat::Json => into.push(b'}'),
            ValueFormat::Avro => {}
        }
    }
}

fn written_name(naming: &ValuePart, readings: &Readings, reading: &Reading) -> Vec<u8> {
    let cells = [
        Cell::Text(&readings.windows[reading.window]),
        Cell::Text(&readings.scopes[reading.scope].name),
        Cell::Text(reading.mode.name()),
    ];
    let mut written = Vec::new();
    naming.push(&cells, &mut written);
    written
}

/// Place of words in [`Records::words`].
fn place_of_words(verdict: usize, status: usize, class: usize) -> usize {
    (verdict * Status::ALL.len() + status) * (NO_CLASS + 1) + class
}

fn written_words(part: &ValuePart) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let classes = || Class::ALL.iter().map(|class| class.name()).chain([""]);
    for verdict in Verdict::ALL {
        for status in Status::ALL {
            for class in classes() {
                let mut written = Vec::new();
                let cells = [
                    Cell::Text(verdict.name()),
                    Cell::Text(status.name()),
                    known(class),
                ];
                part.push(&cells, &mut written);
                all.push(written);
            }
        }
    }
    all
}

/// What a contact is in a reading: the columns behind its words.
#[inline]
fn saying<'a>(result: &'a ContactResult, reading: &ReadingResult) -> [Cell<'a>; SAYING_COLUMNS] {
    let name = |place: Option<u16>| {
        let name = place.and_then(|place| result.names.get(usize::from(place)));
        name.map_or(Cell::Null, |name| Cell::Text(name))
    };
    let of_prior = |cell| only(reading.prior.is_some(), cell);
    let takes_part = |number: u32| only(reading.count > 0, Cell::Int(i64::from(number)));
    let due_at = reading.due_at.filter(|at| *at <= Millis::LAST);
    // A reading that was said only once has no cause.
    let has_cause = reading.revision > 1 && !result.cause.is_empty();
    [
        name(reading.prior),
        of_prior(Cell::Int(reading.gap_ms)),
        of_prior(Cell::Bool(reading.overlap)),
        takes_part(reading.count),
        takes_part(reading.rank),
        name(reading.session),
        name(reading.next),
        Cell::Bool(reading.origin),
        of_prior(Cell::Bool(reading.channel_changed)),
        due_at.map_or(Cell::Null, |at| Cell::Time(at.0)),
        Cell::Int(i64::from(reading.revision)),
        only(has_cause, Cell::Text(&result.cause)),
    ]
}

fn only(is_so: bool, cell: Cell<'_>) -> Cell<'_> {
    if is_so { cell } else { Cell::Null }
}
