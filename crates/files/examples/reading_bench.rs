//! Measures what reading a row costs: `reading_bench [ROWS]`.
//!
//! The rows are invented contacts of ten columns. One thread reads and decodes; in a replay several
//! share the decoding.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMillisecondArray};
use arrow::record_batch::RecordBatch;
use files::{Body, ReadOptions, Reading, open_inputs};
use parquet::arrow::ArrowWriter;

const BATCH_ROWS: i64 = 50_000;

fn batch(first: i64) -> RecordBatch {
    let rows = first..first + BATCH_ROWS;
    let text = |of: &dyn Fn(i64) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.clone().map(of)))
    };
    let time = |of: &dyn Fn(i64) -> i64| -> ArrayRef {
        let times = TimestampMillisecondArray::from_iter_values(rows.clone().map(of));
        Arc::new(times.with_timezone("UTC"))
    };
    let number = |of: &dyn Fn(i64) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.clone().map(of)))
    };
    let start = |at: i64| 1_772_359_200_000 + at * 900;
    RecordBatch::try_from_iter([
        (
            "channel",
            text(&|at| if at % 3 == 0 { "chat" } else { "phone" }.to_owned()),
        ),
        ("contact_id", text(&|at| format!("call-{at:010}"))),
        (
            "customer_id",
            text(&|at| format!("C{:07}", at * 7_919 % 1_000_000)),
        ),
        (
            "phone",
            text(&|at| format!("+33 1 99 00 {:02} {:02}", at % 100, at / 100 % 100)),
        ),
        ("started_at", time(&start)),
        ("ended_at", time(&|at| start(at) + at % 600_000)),
        (
            "outcome",
            text(&|at| if at % 7 == 0 { "abandoned" } else { "handled" }.to_owned()),
        ),
        ("reason", text(&|at| format!("billing/{}", at % 40))),
        ("wait_ms", number(&|at| at % 90_000)),
        ("handle_ms", number(&|at| at % 600_000)),
    ])
    .expect("columns of equal length")
}

fn measure(path: &Path, rows: u64) {
    let zone = jiff::tz::TimeZone::UTC;
    let options = ReadOptions {
        zone,
        identifier_types: Vec::new(),
        imports: Vec::new(),
    };
    let reading = Reading::new(options).expect("the options are sound");
    let file = open_inputs(&[path.to_path_buf()])
        .expect("the file is there")
        .remove(0);
    let start = cpu_ns();
    let (mut found, mut bytes) = (0, 0);
    for chunk in reading.open(&file).expect("the file can be read") {
        found += chunk
            .expect("the file is whole")
            .for_each(|record| match record.body {
                Body::Json(json) => bytes += json.len(),
                Body::NotCsv(_) | Body::TooLarge => unreachable!("all rows are sound"),
            })
            .records;
    }
    assert_eq!(found, rows);
    let spent = (cpu_ns() - start) as f64 / rows as f64;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    println!(
        "{name:>16}: {spent:6.1} ns a row, {} bytes of JSON a row",
        bytes as u64 / rows
    );
}

/// Time that this thread has had on a processor, in nanoseconds: other programs do not count.
fn cpu_ns() -> u64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let spent = spent.split_whitespace().next().map(str::parse);
    spent.and_then(Result::ok).expect("a number comes first")
}

fn main() {
    let rows = std::env::args()
        .nth(1)
        .map_or(2_000_000, |rows| rows.parse().expect("a number"));
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.parquet");
    let file = std::fs::File::create(&path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch(0).schema(), None).expect("a writer");
    let mut csv = String::from(
        "channel,contact_id,customer_id,phone,started_at,ended_at,outcome,reason,wait_ms,handle_ms\n",
    );
    for first in (0..rows).step_by(BATCH_ROWS as usize) {
        writer.write(&batch(first)).expect("written");
        for at in first..first + BATCH_ROWS {
            csv.push_str(&format!(
                "phone,call-{at:010},C{:07},+33 1 99 00 11 22,2026-03-01T10:00:{:02}Z,\
                 2026-03-01 10:10:00,handled,billing/{},{},{}\n",
                at * 7_919 % 1_000_000,
                at % 60,
                at % 40,
                at % 90_000,
                at % 600_000,
            ));
        }
    }
    writer.close().expect("written");
    let rows = (rows as u64).next_multiple_of(BATCH_ROWS as u64);
    measure(&path, rows);
    let path = dir.path().join("a.csv");
    std::fs::write(&path, csv).expect("written");
    measure(&path, rows);
    let line =
        r#"{"channel":"phone","contact_id":"call-0000000001","customer_id":"C1","kind":"ended"}"#;
    let text = format!("{line}\n").repeat(rows as usize);
    let path = dir.path().join("a.jsonl");
    std::fs::write(&path, &text).expect("written");
    measure(&path, rows);
    let path = dir.path().join("a.jsonl.gz");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, text.as_bytes()).expect("written");
    std::fs::write(&path, gz.finish().expect("written")).expect("written");
    measure(&path, rows);
}
