//! Rows of a Parquet file, in the columns of Arrow.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, Int64Array, ListArray,
    StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimeUnit};
use arrow::record_batch::RecordBatch;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use crate::columns::Plan;
use crate::error::Place;
use crate::row::{Found, RowBuilder};
use crate::text::{push_double, push_int, push_json_text, push_time};

use super::Record;

pub(super) struct Rows {
    pub(super) batch: RecordBatch,
    pub(super) first_row: u64,
    pub(super) plan: Arc<Plan>,
    /// Which column of the plan each column of the batch is.
    pub(super) needed: Arc<[usize]>,
}

/// A column in one of the few forms that are read row by row.
enum Values {
    Text(StringArray),
    Int(Int64Array),
    Double(Float64Array),
    Bool(BooleanArray),
    /// UTC, or without zone, with what milliseconds are multiplied and divided by.
    Time {
        ticks: Int64Array,
        scale: Scale,
        utc: bool,
    },
    Date(Int32Array),
    List(ListArray, Box<Values>),
    Struct(ArrayRef, Vec<(String, Values)>),
    /// A list of entries, each a name and a value.
    Map(ArrayRef, Box<Values>, Box<Values>),
    /// Of a type that says nothing here.
    Nothing,
}

#[derive(Clone, Copy)]
struct Scale {
    times: i64,
    by: i64,
}

impl Scale {
    fn of(unit: TimeUnit) -> Scale {
        let (times, by) = match unit {
            TimeUnit::Second => (1_000, 1),
            TimeUnit::Millisecond => (1, 1),
            TimeUnit::Microsecond => (1, 1_000),
            TimeUnit::Nanosecond => (1, 1_000_000),
        };
        Scale { times, by }
    }

    fn ms(self, ticks: i64) -> i64 {
        ticks.saturating_mul(self.times).div_euclid(self.by)
    }
}

impl Rows {
    pub(super) fn for_each(&self, builder: &mut RowBuilder, each: &mut impl FnMut(Record<'_>)) {
        let columns: Vec<_> = self
            .needed
            .iter()
            .zip(self.batch.columns())
            .map(|(&at, array)| (&self.plan.columns[at], Values::new(array)))
            .collect();
        let mut nested = Vec::new();
        for row in 0..self.batch.num_rows() {
            builder.begin();
            for (column, values) in &columns {
                builder.put(&self.plan, column, values.found(row, &mut nested));
            }
            let place = Place {
                line: self.first_row + row as u64,
                offset: None,
            };
            each(Record {
                place,
                body: builder.finish(&self.plan),
            });
        }
    }
}

impl Values {
    /// A column of a type that cannot be brought into any form counts as empty.
    fn new(array: &ArrayRef) -> Values {
        Values::read(array).unwrap_or(Values::Nothing)
    }

    fn read(array: &ArrayRef) -> Option<Values> {
        let cast = |to: &DataType| cast(array, to).ok();
        Some(match array.data_type() {
            DataType::Utf8 => Values::Text(array.as_string().clone()),
            DataType::Boolean => Values::Bool(array.as_boolean().clone()),
            DataType::Dictionary(_, values) => return Values::read(&cast(values)?),
            DataType::RunEndEncoded(_, values) => return Values::read(&cast(values.data_type())?),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => {
                Values::Int(cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Values::Double(
                cast(&DataType::Float64)?
                    .as_primitive::<Float64Type>()
                    .clone(),
            ),
            DataType::Timestamp(unit, zone) => Values::Time {
                ticks: cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone(),
                scale: Scale::of(*unit),
                utc: zone.is_some(),
            },
            DataType::Duration(unit) => {
                let ticks = cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone();
                let scale = Scale::of(*unit);
                Values::Int(ticks.unary(|ticks| scale.ms(ticks)))
            }
            DataType::Date32 | DataType::Date64 => {
                let days =
                    arrow::compute::cast(&cast(&DataType::Date32)?, &DataType::Int32).ok()?;
                Values::Date(days.as_primitive::<Int32Type>().clone())
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>().clone();
                let values = Values::new(list.values());
                Values::List(list, Box::new(values))
            }
            DataType::LargeList(field)
            | DataType::ListView(field)
            | DataType::LargeListView(field)
            | DataType::FixedSizeList(field, _) => {
                return Values::read(&cast(&DataType::List(Arc::clone(field)))?);
            }
            DataType::Struct(fields) => {
                let names = fields.iter().map(|field| field.name().clone());
                let values = array.as_struct().columns().iter().map(Values::new);
                Values::Struct(Arc::clone(array), names.zip(values).collect())
            }
            DataType::Map(_, _) => {
                let map = array.as_map();
                let (names, values) = (Values::new(map.keys()), Values::new(map.values()));
                Values::Map(Arc::clone(array), Box::new(names), Box::new(values))
            }
            DataType::Null => Values::Nothing,
            // Wide numbers keep all their digits as text, and numbers are read from text too.
            _ => Values::Text(cast(&DataType::Utf8)?.as_string().clone()),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Values::Text(array) => array.is_null(row),
            Values::Int(array) | Values::Time { ticks: array, .. } => array.is_null(row),
            Values::Double(array) => array.is_null(row),
            Values::Bool(array) => array.is_null(row),
            Values::Date(array) => array.is_null(row),
            Values::List(array, _) => array.is_null(row),
            Values::Struct(array, _) | Values::Map(array, _, _) => array.is_null(row),
            Values::Nothing => true,
        }
    }

    #[inline]
    fn found<'a>(&'a self, row: usize, nested: &'a mut Vec<u8>) -> Found<'a> {
        if self.is_null(row) {
            return Found::Absent;
        }
        match self {
            Values::Text(array) => Found::Text(array.value(row)),
            Values::Int(array) => Found::Int(array.value(row)),
            Values::Double(array) if array.value(row).is_nan() => Found::Absent,
            Values::Double(array) => Found::Double(array.value(row)),
            Values::Bool(array) => Found::Bool(array.value(row)),
            Values::Time {
                ticks,
                scale,
                utc: true,
            } => Found::Instant(scale.ms(ticks.value(row))),
            Values::Time {
                ticks,
                scale,
                utc: false,
            } => local(scale.ms(ticks.value(row))).map_or(Found::Absent, Found::Local),
            Values::Date(array) => date(array.value(row)).map_or(Found::Absent, Found::Date),
            Values::List(..) | Values::Struct(..) | Values::Map(..) => {
                nested.clear();
                self.push_json(row, nested);
                Found::Json(nested)
            }
            Values::Nothing => Found::Absent,
        }
    }

    /// Appends the value as JSON, which is how values inside lists and objects are handed on.
    fn push_json(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            Values::Text(array) => push_json_text(out, array.value(row)),
            Values::Int(array) => push_int(out, array.value(row)),
            Values::Double(array) => push_double(out, array.value(row)),
            Values::Bool(array) => {
                out.extend_from_slice(if array.value(row) { b"true" } else { b"false" });
            }
            Values::Time { ticks, scale, utc } => {
                out.push(b'"');
                push_time(out, scale.ms(ticks.value(row)));
                if !utc {
                    out.pop();
                }
                out.push(b'"');
            }
            Values::Date(array) => {
                let text = date(array.value(row)).map(|date| date.to_string());
                push_json_text(out, &text.unwrap_or_default());
            }
            Values::List(list, values) => {
                let offsets = list.value_offsets();
                let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
                push_joined(out, (b'[', b']'), start..end, |out, at| {
                    values.push_json(at, out)
                });
            }
            Values::Struct(_, fields) => {
                let fields = fields.iter().filter(|(_, values)| !values.is_null(row));
                push_joined(out, (b'{', b'}'), fields, |out, (name, values)| {
                    push_json_text(out, name);
                    out.push(b':');
                    values.push_json(row, out);
                });
            }
            Values::Map(array, names, values) => {
                let offsets = array.as_map().value_offsets();
                let entries = offsets[row] as usize..offsets[row + 1] as usize;
                let entries =
                    entries.filter(|&at| matches!(&**names, Values::Text(n) if n.is_valid(at)));
                push_joined(out, (b'{', b'}'), entries, |out, at| {
                    names.push_json(at, out);
                    out.push(b':');
                    values.push_json(at, out);
                });
            }
            Values::Nothing => out.extend_from_slice(b"null"),
        }
    }
}

fn push_joined<T>(
    out: &mut Vec<u8>,
    ends: (u8, u8),
    items: impl Iterator<Item = T>,
    mut push: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(ends.0);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(ends.1);
}

/// A time without zone, counted as if it were UTC.
fn local(at_ms: i64) -> Option<DateTime> {
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    epoch.checked_add(SignedDuration::from_millis(at_ms)).ok()
}

fn date(days: i32) -> Option<Date> {
    Some(local(i64::from(days) * 86_400_000)?.date())
}
