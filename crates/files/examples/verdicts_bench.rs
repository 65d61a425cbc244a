//! Measures what a row of the table `verdicts` costs: `verdicts_bench [ROWS] [FORMAT] [columns | DIR]`.
//!
//! With `columns` each column is measured by itself too; in a folder DIR the file is kept.
//!
//! The rows are invented, in the shape of a real replay: 24 readings a contact, a third of the
//! contacts with a prior. What making the rows costs is measured apart and taken off.

use std::hint::black_box;
use std::path::Path;

use files::{Cell, ColumnKind, Format, Table, TableWriter};

const WINDOWS: [(&str, i64); 4] = [("24h", 1), ("intraday", 0), ("j+30", 30), ("j+7", 7)];
const SCOPES: [&str; 3] = ["all", "assisted", "phone"];
const MODES: [&str; 2] = ["any", "same"];
const DAY_MS: i64 = 86_400_000;

/// Calls `row` with each of `rows` invented verdicts, or more, to the end of a contact.
fn verdicts(rows: u64, mut row: impl FnMut(&[Cell<'_>])) -> u64 {
    let mut made = 0;
    let mut seed = 7_u64;
    let mut contact = 0_u64;
    while made < rows {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let dice = seed >> 33;
        contact += 1;
        let start = 1_772_359_200_000 + contact as i64 * 900;
        let id = format!("call-{contact:010}");
        let customer = format!(
            "customer_id:{:016x}",
            (dice % 500_000).wrapping_mul(0x9e37_79b9)
        );
        let prior_id = format!("call-{:010}", contact.saturating_sub(dice % 50_000));
        let next_id = format!("call-{:010}", contact + 1 + dice % 50_000);
        let gap_ms = (dice % 50_000) as i64 * 900 + (dice % 877) as i64;
        for (at, (window, days)) in WINDOWS.iter().enumerate() {
            let has_prior = dice % 9 < at as u64;
            for scope in SCOPES {
                for mode in MODES {
                    let due = (start / DAY_MS + days + 1) * DAY_MS;
                    let when = |yes: bool, cell| if yes { cell } else { Cell::Null };
                    row(&[
                        Cell::Text("acme"),
                        Cell::Text(&id),
                        Cell::Text("phone"),
                        Cell::Text("acd"),
                        Cell::Text(&customer),
                        Cell::Text(window),
                        Cell::Text(scope),
                        Cell::Text(mode),
                        Cell::Text(if dice % 5 < at as u64 {
                            "repeated"
                        } else {
                            "resolved"
                        }),
                        Cell::Text("final"),
                        when(has_prior, Cell::Text("repeat")),
                        when(has_prior, Cell::Text(&prior_id)),
                        when(has_prior, Cell::Int(gap_ms)),
                        when(has_prior, Cell::Bool(false)),
                        Cell::Int(1 + i64::from(has_prior) * (dice % 4) as i64),
                        Cell::Int(1 + i64::from(has_prior) * (dice % 6) as i64),
                        Cell::Text(if has_prior { &prior_id } else { &id }),
                        when(dice % 5 < at as u64, Cell::Text(&next_id)),
                        Cell::Bool(!has_prior),
                        when(has_prior, Cell::Bool(dice.is_multiple_of(3))),
                        Cell::Time(if *window == "24h" {
                            start + DAY_MS + 1
                        } else {
                            due
                        }),
                        Cell::Int(1),
                        Cell::Null,
                    ]);
                    made += 1;
                }
            }
        }
    }
    made
}

fn timed(run: impl FnOnce() -> u64) -> (u64, u64) {
    let start = cpu_ns();
    let rows = run();
    (cpu_ns() - start, rows)
}

fn ns_per_row((spent, rows): (u64, u64)) -> f64 {
    spent as f64 / rows as f64
}

/// Time that this thread has had on a processor, in nanoseconds: other programs do not count.
fn cpu_ns() -> u64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let spent = spent.split_whitespace().next().map(str::parse);
    spent.and_then(Result::ok).expect("a number comes first")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rows = arguments
        .first()
        .map_or(10_000_000, |rows| rows.parse().expect("a number of rows"));
    let format: Format = arguments
        .get(1)
        .map_or("parquet", String::as_str)
        .parse()
        .expect("a format");
    let dir = tempfile::tempdir().expect("a folder");
    let table = Table::named("verdicts").expect("the table is there");

    let bare = ns_per_row(timed(|| {
        verdicts(rows, |cells| {
            black_box(cells);
        })
    }));
    println!("making a row: {bare:.1} ns");
    let mut writer = TableWriter::create(table, dir.path(), format).expect("a writer");
    let path = writer.path().to_path_buf();
    let whole = timed(|| {
        let rows = verdicts(rows, |cells| writer.write_row(cells).expect("a row fits"));
        writer.finish().expect("the disk has room");
        rows
    });
    let bytes = path.metadata().expect("the file is there").len();
    println!(
        "writing it:   {:.1} ns, {:.2} bytes ({rows} rows)",
        ns_per_row(whole) - bare,
        bytes as f64 / whole.1 as f64
    );
    let extra = arguments.get(2).map(String::as_str);
    if let Some(keep) = extra.filter(|extra| *extra != "columns") {
        let kept = Path::new(keep).join(path.file_name().expect("a file has a name"));
        std::fs::copy(&path, kept).expect("the file is kept");
    }
    if extra == Some("columns") {
        for (at, column) in table.columns.iter().enumerate() {
            let columns = vec![column.clone()];
            let one: &'static Table = Box::leak(Box::new(Table {
                name: "one",
                columns,
                schema: table.schema,
            }));
            let mut writer = TableWriter::create(one, dir.path(), format).expect("a writer");
            let path = writer.path().to_path_buf();
            let spent = timed(|| {
                let rows = verdicts(rows, |cells| {
                    writer.write_row(&cells[at..=at]).expect("a row fits")
                });
                writer.finish().expect("the disk has room");
                rows
            });
            let bytes = path.metadata().expect("the file is there").len() as f64 / rows as f64;
            let spent = ns_per_row(spent) - bare;
            let kind: ColumnKind = column.kind;
            println!(
                "{:>16}: {spent:5.1} ns {bytes:6.3} bytes {kind:?}",
                column.name
            );
        }
    }
}
