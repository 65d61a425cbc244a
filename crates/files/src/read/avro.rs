//! Avro containers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Once};

use apache_avro::types::Value as AvroValue;
use apache_avro::{Reader, Schema};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde_json::{Map, Value};

use crate::columns::{Plan, PlanOptions};
use crate::error::{CUT_OFF, FilesError, Place};
use crate::input::InputFile;
use crate::row::{Found, RowBuilder};
use crate::text::push_time;

use super::source::{self, Source};
use super::{Content, Damage, Record};

/// Rows of a chunk.
const CHUNK_ROWS: usize = 1_024;

/// Bytes of a block beyond which a file counts as damaged.
const BLOCK_BYTES_MAX: usize = 256 << 20;

pub(super) struct AvroReader {
    reader: Reader<'static, Source>,
    plan: Arc<Plan>,
    row: u64,
    error: Option<Damage>,
}

pub(super) struct Rows {
    rows: Vec<Vec<(String, AvroValue)>>,
    first_row: u64,
    plan: Arc<Plan>,
}

/// The Avro library checks most of what it reads, but a damaged file can still make it panic.
fn caught<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err("the file is damaged".to_owned()))
}

impl AvroReader {
    pub(super) fn open(
        file: &InputFile,
        options: PlanOptions<'_>,
        read: &Arc<AtomicU64>,
    ) -> Result<AvroReader, FilesError> {
        static LIMIT: Once = Once::new();
        LIMIT.call_once(|| {
            apache_avro::util::max_allocation_bytes(BLOCK_BYTES_MAX);
        });
        let source = source::open(file, read)?;
        let damaged = |detail| FilesError::Damaged {
            path: file.path.clone(),
            place: Place::default(),
            detail,
        };
        let open = || Reader::new(source).map_err(|error| error.to_string());
        let reader = caught(open).map_err(damaged)?;
        let Schema::Record(record) = reader.writer_schema() else {
            return Err(damaged(
                "the file's schema is not that of a record".to_owned(),
            ));
        };
        let names = record.fields.iter().map(|field| field.name.as_str());
        let plan = Arc::new(Plan::new(names, options));
        Ok(AvroReader {
            reader,
            plan,
            row: 1,
            error: None,
        })
    }

    pub(super) fn dropped_columns(&self) -> &[String] {
        &self.plan.dropped
    }

    pub(super) fn next_chunk(&mut self) -> Result<Option<Content>, Damage> {
        if let Some(damage) = self.error.take() {
            return Err(damage);
        }
        let first_row = self.row;
        let mut rows = Vec::with_capacity(CHUNK_ROWS);
        while rows.len() < CHUNK_ROWS {
            let next = caught(|| {
                self.reader
                    .next()
                    .transpose()
                    .map_err(|error| error.to_string())
            });
            match next {
                Ok(Some(AvroValue::Record(fields))) => rows.push(fields),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(detail) => {
                    let is_cut = detail.contains("failed to fill whole buffer");
                    let detail = if is_cut { CUT_OFF.to_owned() } else { detail };
                    let place = Place {
                        line: self.row,
                        offset: None,
                    };
                    self.error = Some(Damage { place, detail });
                    break;
                }
            }
            self.row += 1;
        }
        if rows.is_empty() {
            return self.error.take().map_or(Ok(None), Err);
        }
        Ok(Some(Content::Avro(Rows {
            rows,
            first_row,
            plan: Arc::clone(&self.plan),
        })))
    }
}

impl Rows {
    pub(super) fn for_each(&self, builder: &mut RowBuilder, each: &mut impl FnMut(Record<'_>)) {
        let (mut text, mut nested) = (String::new(), Vec::new());
        for (row, line) in self.rows.iter().zip(self.first_row..) {
            builder.begin();
            for (column, (_, value)) in self.plan.columns.iter().zip(row) {
                builder.put(&self.plan, column, found(value, &mut text, &mut nested));
            }
            let place = Place { line, offset: None };
            each(Record {
                place,
                body: builder.finish(&self.plan),
            });
        }
    }
}

fn found<'a>(value: &'a AvroValue, text: &'a mut String, nested: &'a mut Vec<u8>) -> Found<'a> {
    match value {
        AvroValue::Union(_, value) => found(value, text, nested),
        AvroValue::String(text) | AvroValue::Enum(_, text) => Found::Text(text),
        AvroValue::Int(number) => Found::Int(i64::from(*number)),
        AvroValue::Long(number) => Found::Int(*number),
        AvroValue::Float(number) => Found::Double(f64::from(*number)),
        AvroValue::Double(number) => Found::Double(*number),
        AvroValue::Boolean(truth) => Found::Bool(*truth),
        AvroValue::TimestampMillis(_)
        | AvroValue::TimestampMicros(_)
        | AvroValue::TimestampNanos(_) => Found::Instant(ms(value)),
        AvroValue::LocalTimestampMillis(_)
        | AvroValue::LocalTimestampMicros(_)
        | AvroValue::LocalTimestampNanos(_) => local(ms(value)).map_or(Found::Absent, Found::Local),
        AvroValue::Date(days) => local(i64::from(*days) * 86_400_000)
            .map_or(Found::Absent, |midnight| Found::Date(midnight.date())),
        AvroValue::Uuid(uuid) => {
            *text = uuid.to_string();
            Found::Text(text)
        }
        AvroValue::Bytes(bytes) => std::str::from_utf8(bytes).map_or(Found::Absent, Found::Text),
        AvroValue::Array(_) | AvroValue::Map(_) | AvroValue::Record(_) => {
            *nested = json(value).to_string().into_bytes();
            Found::Json(nested)
        }
        // A decimal has its scale in the schema alone; the canonical record has no such field.
        _ => Found::Absent,
    }
}

fn ms(value: &AvroValue) -> i64 {
    match value {
        AvroValue::TimestampMillis(ticks) | AvroValue::LocalTimestampMillis(ticks) => *ticks,
        AvroValue::TimestampMicros(ticks) | AvroValue::LocalTimestampMicros(ticks) => {
            ticks.div_euclid(1_000)
        }
        AvroValue::TimestampNanos(ticks) | AvroValue::LocalTimestampNanos(ticks) => {
            ticks.div_euclid(1_000_000)
        }
        _ => 0,
    }
}

/// A time without zone, counted as if it were UTC.
fn local(at_ms: i64) -> Option<DateTime> {
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    epoch.checked_add(SignedDuration::from_millis(at_ms)).ok()
}

/// A value inside a list or an object. What is null there is left out of an object, and stays in a
/// map, where it takes an attribute away.
fn json(value: &AvroValue) -> Value {
    match value {
        AvroValue::Union(_, value) => json(value),
        AvroValue::Array(values) => values.iter().map(json).collect(),
        AvroValue::Map(entries) => {
            // In order of names, so that the same row gives the same text.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|entry| entry.0);
            let entries = entries
                .into_iter()
                .map(|(name, value)| (name.clone(), json(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        AvroValue::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), json(value)));
            Value::Object(
                fields
                    .filter(|(_, value)| !value.is_null())
                    .collect::<Map<_, _>>(),
            )
        }
        other => match found(other, &mut String::new(), &mut Vec::new()) {
            Found::Text(text) => text.into(),
            Found::Int(number) => number.into(),
            Found::Double(number) => number.into(),
            Found::Bool(truth) => truth.into(),
            Found::Instant(at_ms) => {
                let mut text = Vec::new();
                push_time(&mut text, at_ms);
                String::from_utf8(text).unwrap_or_default().into()
            }
            Found::Local(at) => at.to_string().into(),
            Found::Date(date) => date.to_string().into(),
            Found::Absent | Found::Json(_) => Value::Null,
        },
    }
}
