//! Writes canonical JSON lines, from standard input, in another format that `replay` reads.
//!
//! `convert avro FOLDER`: an Avro container for each channel, by the channel's schema.
//! `convert parquet FILE`: a Parquet file with a column for each field that the yardstick states.

use std::fs::File;
use std::io::{self, BufRead, BufWriter};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use apache_avro::{Codec, Writer};
use arrow::array::{
    ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMillisecondBuilder,
};
use benches::avro::{self, SCHEMAS, TIMES};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rows that are handed to the Parquet writer at a time.
const BATCH_ROWS: usize = 65_536;

/// The columns of the Parquet file, as `replay` takes them without a mapping. An identifier is a
/// column of its type.
const COLUMNS: [&str; 23] = [
    "tenant",
    "channel",
    "source",
    "event_id",
    "kind",
    "occurred_at",
    "contact_id",
    "thread_id",
    "customer_id",
    "device",
    "started_at",
    "ended_at",
    "outcome",
    "wait_ms",
    "reason",
    "reason_source",
    "queue",
    "agent",
    "team",
    "page",
    "step",
    "step_status",
    "attributes.app_version",
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["avro", folder] => to_avro(Path::new(folder)),
        ["parquet", file] => to_parquet(Path::new(file)),
        _ => bail!("usage: convert avro FOLDER | convert parquet FILE"),
    }
}

/// Calls `each` with every line of standard input.
fn lines(mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut input = io::stdin().lock();
    let mut line = Vec::with_capacity(1 << 10);
    while input.read_until(b'\n', &mut line)? > 0 {
        each(&line)?;
        line.clear();
    }
    Ok(())
}

fn to_avro(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let schemas = avro::schemas()?;
    let mut writers = Vec::new();
    for (schema, (channel, _)) in schemas.iter().zip(SCHEMAS) {
        let file = BufWriter::new(File::create(folder.join(format!("{channel}.avro")))?);
        writers.push(Writer::with_codec(schema, file, Codec::Snappy)?);
    }
    lines(|line| {
        let (channel, record) = avro::record(&schemas, line)?;
        // It was resolved by this very schema.
        writers[channel].unvalidated_append_value(record)?;
        Ok(())
    })?;
    for writer in writers {
        let mut file = writer.into_inner()?;
        io::Write::flush(&mut file)?;
    }
    Ok(())
}

/// A column that is being filled.
enum Column {
    Text(StringBuilder),
    Number(Int64Builder),
    Time(TimestampMillisecondBuilder),
}

impl Column {
    fn of(name: &str) -> Column {
        match name {
            "wait_ms" => Column::Number(Int64Builder::new()),
            name if TIMES.contains(&name) => {
                Column::Time(TimestampMillisecondBuilder::new().with_timezone("UTC"))
            }
            _ => Column::Text(StringBuilder::new()),
        }
    }

    fn push(&mut self, value: Option<&Value>) -> Result<()> {
        match self {
            Column::Text(texts) => texts.append_option(value.and_then(Value::as_str)),
            Column::Number(numbers) => numbers.append_option(value.and_then(Value::as_i64)),
            Column::Time(times) => times.append_option(value.map(avro::millis).transpose()?),
        }
        Ok(())
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Column::Text(texts) => Arc::new(texts.finish()),
            Column::Number(numbers) => Arc::new(numbers.finish()),
            Column::Time(times) => Arc::new(times.finish()),
        }
    }
}

/// What a record states of a column.
fn stated<'a>(record: &'a Value, column: &str) -> Option<&'a Value> {
    if let Some(attribute) = column.strip_prefix("attributes.") {
        return record["attributes"].get(attribute);
    }
    record.get(column).or_else(|| {
        let mut identifiers = record["identifiers"].as_array()?.iter();
        let of_type = identifiers.find(|identifier| identifier["type"] == column)?;
        of_type.get("value")
    })
}

fn to_parquet(path: &Path) -> Result<()> {
    let mut columns = COLUMNS.map(Column::of);
    let batch = |columns: &mut [Column; COLUMNS.len()]| {
        let arrays = columns.iter_mut().map(Column::take);
        RecordBatch::try_from_iter_with_nullable(
            COLUMNS
                .iter()
                .zip(arrays)
                .map(|(name, array)| (*name, array, true)),
        )
    };
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let schema = batch(&mut columns)?.schema();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties.build()))?;
    let mut rows = 0;
    lines(|line| {
        let record: Value = serde_json::from_slice(line)?;
        for (name, column) in COLUMNS.iter().zip(&mut columns) {
            column.push(stated(&record, name))?;
        }
        rows += 1;
        if rows % BATCH_ROWS == 0 {
            writer.write(&batch(&mut columns)?)?;
        }
        Ok(())
    })?;
    writer.write(&batch(&mut columns)?)?;
    writer.close()?;
    Ok(())
}
