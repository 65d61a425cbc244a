//! Writes the yardstick to standard output, or measures how fast it is made.
//!
//! `cargo run --release -p simulator --example yardstick -- events|wholes|config [CONTACTS [CUSTOMERS]]`
//! `cargo run --release -p simulator --example yardstick -- measure`

use std::io::{self, Write};
use std::time::Instant;

use simulator::workload::yardstick::{Shape, YardstickOptions, yardstick, yardstick_config};

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let what = words.first().map_or("events", String::as_str);
    let number = |index: usize| words.get(index).and_then(|word| word.parse::<u64>().ok());
    let full = YardstickOptions::default();
    let options = YardstickOptions {
        contacts: number(1).unwrap_or(full.contacts),
        customers: number(2).unwrap_or(full.customers),
        shape: if what == "wholes" {
            Shape::WholeContacts
        } else {
            Shape::Events
        },
        ..full
    };
    match what {
        "config" => io::stdout().write_all(yardstick_config().as_bytes()),
        "measure" => measure(options),
        _ => write(options),
    }
}

fn write(options: YardstickOptions) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut line = String::with_capacity(512);
    let mut job = yardstick(options);
    while job.write_next(&mut line) {
        line.push('\n');
        out.write_all(line.as_bytes())?;
        line.clear();
    }
    out.flush()
}

fn measure(options: YardstickOptions) -> io::Result<()> {
    let began = Instant::now();
    let (mut records, mut bytes) = (0_u64, 0_u64);
    let mut line = String::with_capacity(512);
    let mut job = yardstick(options);
    while job.write_next(&mut line) {
        records += 1;
        bytes += line.len() as u64;
        line.clear();
    }
    let seconds = began.elapsed().as_secs_f64();
    let (per_second, size) = (
        records as f64 / seconds,
        bytes as f64 / records.max(1) as f64,
    );
    writeln!(
        io::stdout(),
        "{records} records of {size:.0} bytes, {per_second:.0} a second"
    )
}
