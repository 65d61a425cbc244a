//! What reading a record and writing a row costs, on one thread:
//! `files FOLDER [--rows N] [--rounds N]`.
//!
//! In the folder are `events.jsonl`, `events.parquet` and `avro/*.avro`, as `benches/run` makes them.
//! In a replay several threads share the decoding and the encoding.

mod writing;

use anyhow::{Context, Result, bail};
use benches::clock::{Spent, timed};
use benches::table::{self, Line};
use files::{Body, Format, ReadOptions, Reading, open_inputs};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The allocator of `ricochet` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: files FOLDER [--rows N] [--rounds N]";
const INPUTS: [(&str, &str); 3] = [
    ("read JSON lines", "events.jsonl"),
    ("read Avro", "avro"),
    ("read Parquet", "events.parquet"),
];
const FORMATS: [(&str, Format); 4] = [
    ("write verdicts, Parquet", Format::Parquet),
    ("write verdicts, Avro", Format::Avro),
    ("write verdicts, CSV", Format::Csv),
    ("write verdicts, JSON lines", Format::Jsonl),
];

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().context(USAGE)?);
    let (mut rows, mut rounds) = (400_000, 5);
    while let Some(word) = words.next() {
        let number = words.next().and_then(|number| number.parse::<u64>().ok());
        let number = number.filter(|number| *number > 0).context(USAGE)?;
        match word.as_str() {
            "--rows" => rows = number,
            "--rounds" => rounds = number,
            _ => bail!(USAGE),
        }
    }
    let mut lines = vec![Line::new("reference: lines of JSON", "records")];
    lines.extend(INPUTS.map(|(name, _)| Line::new(name, "records")));
    lines.extend(FORMATS.map(|(name, _)| Line::new(name, "rows")));
    let mut bytes_of_row = [0.0; FORMATS.len()];
    for _ in 0..rounds {
        let mut round = vec![reference(&folder.join(INPUTS[0].1), rows)?];
        for (_, input) in INPUTS {
            round.push(read(&folder.join(input), rows)?);
        }
        for ((_, format), bytes) in FORMATS.into_iter().zip(&mut bytes_of_row) {
            let written = writing::verdicts(rows, format)?;
            *bytes = written.bytes as f64 / written.rows as f64;
            round.push((written.spent, written.rows));
        }
        for (line, (spent, items)) in lines.iter_mut().zip(round) {
            line.add(spent, items as usize);
        }
    }
    table::print(&lines);
    println!();
    for ((name, _), bytes) in FORMATS.into_iter().zip(bytes_of_row) {
        println!("{name}: {bytes:.1} bytes a row");
    }
    Ok(())
}

/// Lines are found and not looked at.
fn reference(path: &Path, rows: u64) -> Result<(Spent, u64)> {
    let mut file = BufReader::with_capacity(256 << 10, std::fs::File::open(path)?);
    let (spent, found) = timed(|| {
        let (mut found, mut line) = (0, Vec::new());
        while found < rows && file.read_until(b'\n', &mut line)? > 0 {
            black_box(&line);
            line.clear();
            found += 1;
        }
        std::io::Result::Ok(found)
    });
    Ok((spent, found?))
}

/// Reads the first records of a file or folder, as the JSON texts that the decoder takes.
fn read(path: &Path, rows: u64) -> Result<(Spent, u64)> {
    let reading = Reading::new(ReadOptions {
        zone: jiff::tz::TimeZone::UTC,
        identifier_types: Vec::new(),
        imports: Vec::new(),
    })?;
    let inputs = open_inputs(&[path.to_path_buf()])?;
    let (spent, found) = timed(|| {
        let mut found = 0;
        for input in &inputs {
            for chunk in reading.open(input)? {
                if found >= rows {
                    break;
                }
                let chunk = chunk?;
                let notes = chunk.for_each(|record| {
                    if let Body::Json(json) = record.body {
                        black_box(json);
                    }
                });
                found += notes.records;
            }
        }
        anyhow::Ok(found)
    });
    Ok((spent, found?))
}
