//! Rows of the table `verdicts`, invented in the shape of a real replay: 24 readings a contact, a third
//! of the contacts with a prior.

use anyhow::{Context, Result};
use benches::clock::{Spent, timed};
use files::{Cell, Format, Table, TableWriter};
use std::hint::black_box;
use std::time::Duration;

const WINDOWS: [(&str, i64); 4] = [("24h", 1), ("intraday", 0), ("j+30", 30), ("j+7", 7)];
const SCOPES: [&str; 3] = ["all", "assisted", "phone"];
const MODES: [&str; 2] = ["any", "same"];
const DAY_MS: i64 = 86_400_000;

/// Calls `row` with each of `rows` invented verdicts, or more, to the end of a contact.
fn invented(rows: u64, mut row: impl FnMut(&[Cell<'_>])) -> u64 {
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

/// What was written.
pub struct Written {
    /// What it took, making the rows taken off.
    pub spent: Spent,
    /// How many rows.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// Writes at least so many rows into a file, which is removed again.
pub fn verdicts(rows: u64, format: Format) -> Result<Written> {
    let folder = tempfile::tempdir()?;
    let table = Table::named("verdicts").context("there is such a table")?;
    let (making, _) = timed(|| {
        invented(rows, |cells| {
            black_box(cells);
        })
    });
    let mut writer = TableWriter::create(table, folder.path(), format)?;
    let path = writer.path().to_path_buf();
    let (both, rows) = timed(|| {
        let mut written = Ok(());
        let rows = invented(rows, |cells| {
            if written.is_ok() {
                written = writer.write_row(cells);
            }
        });
        written.and_then(|()| writer.finish()).map(|_| rows)
    });
    let less = |whole: Duration, part: Duration| whole.saturating_sub(part);
    Ok(Written {
        spent: Spent {
            wall: less(both.wall, making.wall),
            cpu: less(both.cpu, making.cpu),
        },
        rows: rows?,
        bytes: path.metadata()?.len(),
    })
}
