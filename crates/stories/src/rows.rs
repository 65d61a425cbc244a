//! The settled result as rows of the output tables, by the names of their columns: the engine's, as
//! it would write them, and the oracle's.

use crate::notation::Story;
use files::{Cell, Table};
use model::{Alert, ContactResult, Session, Signal};
use serde_json::{Map, Value, json};
use settings::Meant;
use simulator::oracle;
use std::collections::BTreeMap;
use tables::{Names, Summary};
use worker::{Bucket, Counts};

pub(crate) use simulator::oracle::Row;

/// All tables, without what a settled result does not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tables {
    pub contacts: Vec<Row>,
    pub verdicts: Vec<Row>,
    pub sessions: Vec<Row>,
    pub alerts: Vec<Row>,
    pub markers: Vec<Row>,
    pub journeys: Vec<Row>,
    /// The alerts of journeys; `alerts` are those of repeats.
    pub broken: Vec<Row>,
    /// Figures by name; two ways are compared in those that both have.
    pub summary: Map<String, Value>,
}

/// Columns that are not settled: when something was said, and how often.
const UNSETTLED: &[&str] = &["revision", "cause"];
/// A text for people, which is the engine's own.
const DETAILS: &str = "details";
/// Figures of the summary that speak of the way, or that only one of both counts.
const OF_THE_RUN: &[&str] = &["events_cut", "unmapped_reason_codes", "too_late"];

/// The rows that the oracle computed.
pub(crate) fn of_oracle(settled: oracle::Settled) -> Tables {
    let strip = |rows: Vec<Row>| rows.into_iter().map(settle).collect();
    let summary = settled
        .summary
        .as_object()
        .expect("a summary is an object")
        .clone();
    let (broken, alerts): (Vec<Row>, Vec<Row>) = settled
        .alerts
        .into_iter()
        .partition(|row| row["type"] == "BrokenJourney");
    let mut tables = Tables {
        journeys: strip(settled.journeys),
        broken: strip(broken),
        contacts: strip(settled.contacts),
        verdicts: strip(settled.verdicts),
        sessions: strip(settled.sessions),
        alerts: strip(alerts),
        markers: strip(settled.markers),
        summary: strip_summary(summary),
    };
    tables.sort();
    tables
}

/// The rows that the engine would write.
pub(crate) fn of_engine(bucket: &Bucket, counts: &Counts, meant: &Meant, until: i64) -> Tables {
    let names = names(meant);
    let mut summary = Summary::of(meant);
    summary.add(bucket, names.readings.headline, model::Millis(until));
    summary.add_capped(counts);
    let mut tables = Tables {
        contacts: bucket
            .contacts
            .iter()
            .map(|result| contact(&names, result))
            .collect(),
        verdicts: bucket
            .contacts
            .iter()
            .flat_map(|result| verdicts(&names, result))
            .collect(),
        sessions: bucket
            .sessions
            .iter()
            .map(|session| session_row(&names, session))
            .collect(),
        alerts: bucket
            .alerts
            .iter()
            .map(|alert| alert_row(&names, alert))
            .collect(),
        journeys: bucket
            .journeys
            .iter()
            .map(|journey| tables::journey(&names, journey, |cells| row("journeys", cells)))
            .collect(),
        broken: bucket
            .broken
            .iter()
            .map(|journey| tables::broken_journey(&names, journey, |cells| row("alerts", cells)))
            .collect(),
        markers: bucket
            .markers
            .iter()
            .map(|marker| marker_row(&names, marker))
            .collect(),
        summary: strip_summary(summary.json(counts, &names.readings, 1.0)),
    };
    tables.sort();
    tables
}

impl Tables {
    /// Puts sessions, alerts and markers in an order that both agree on. Contacts and verdicts stay
    /// in the order of their tables, which is part of what is compared.
    fn sort(&mut self) {
        let key = |row: &Row| Value::Object(row.clone().into_iter().collect()).to_string();
        for rows in [
            &mut self.alerts,
            &mut self.broken,
            &mut self.journeys,
            &mut self.markers,
        ] {
            rows.sort_by_key(key);
        }
        self.alerts.sort_by_key(|row| row["event_at"].to_string());
        self.sessions
            .sort_by_key(|row| (row["started_at"].to_string(), row["session_id"].to_string()));
    }

    /// Where two ways say different things, if they do.
    pub(crate) fn difference(&self, other: &Tables) -> Option<String> {
        let tables = [
            ("contacts", &self.contacts, &other.contacts),
            ("verdicts", &self.verdicts, &other.verdicts),
            ("sessions", &self.sessions, &other.sessions),
            ("alerts", &self.alerts, &other.alerts),
            ("journeys", &self.journeys, &other.journeys),
            ("alerts of journeys", &self.broken, &other.broken),
            ("markers", &self.markers, &other.markers),
        ];
        for (name, ours, theirs) in tables {
            let different = ours.iter().zip(theirs).find(|(a, b)| a != b);
            if let Some((a, b)) = different {
                return Some(format!("{name}:\n{}", different_columns(a, b)));
            }
            if ours.len() != theirs.len() {
                return Some(format!(
                    "{name}: {} rows, {} rows",
                    ours.len(),
                    theirs.len()
                ));
            }
        }
        let figures = self.summary.iter().filter(|(name, value)| {
            other
                .summary
                .get(*name)
                .is_some_and(|figure| !is_equal(value, figure))
        });
        let figures: Vec<String> = figures
            .map(|(name, value)| format!("{name}: {value}, {}", other.summary[name]))
            .collect();
        (!figures.is_empty()).then(|| figures.join("\n"))
    }
}

/// Whether two figures are equal; `1` is `1.0`.
fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn different_columns(a: &Row, b: &Row) -> String {
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort();
    names.dedup();
    let different = names
        .into_iter()
        .filter(|name| a.get(*name) != b.get(*name));
    let id = a
        .get("contact_id")
        .or(a.get("session_id"))
        .unwrap_or(&Value::Null);
    let place: Vec<String> = ["window", "scope", "reason_mode"]
        .iter()
        .filter_map(|name| Some(a.get(*name)?.as_str()?.to_string()))
        .collect();
    let columns = different.map(|name| {
        let show = |row: &Row| row.get(name).map_or("absent".into(), Value::to_string);
        format!("  {name}: {}, {}", show(a), show(b))
    });
    format!(
        "  of {id} {}\n{}",
        place.join(" "),
        columns.collect::<Vec<_>>().join("\n")
    )
}

/// Takes out of a row what is not settled.
fn settle(mut row: Row) -> Row {
    for column in UNSETTLED {
        row.remove(*column);
    }
    row.remove(DETAILS);
    match row.get("status").and_then(Value::as_str) {
        // A settled result knows no difference between these.
        Some("revised") if row.contains_key("verdict") => {
            row.insert("status".into(), json!("final"))
        }
        Some("revised") => row.insert("status".into(), json!("raised")),
        _ => None,
    };
    row
}

fn strip_summary(mut summary: Map<String, Value>) -> Map<String, Value> {
    for name in OF_THE_RUN {
        summary.remove(*name);
    }
    for (of, number) in [("policies", "alerts"), ("rules", "broken")] {
        if let Some(Value::Object(counted)) = summary.get_mut(of) {
            for (_, counts) in counted {
                *counts = counts[number].clone();
            }
        }
    }
    summary
}

/// What rows say that no stage knows.
pub(crate) fn names(meant: &Meant) -> Names {
    Names {
        tenant: meant.tenant.clone(),
        readings: meant.customers.readings.clone(),
        link: meant.contact_link.clone(),
    }
}

/// A contact's row of table `contacts`.
pub(crate) fn contact(names: &Names, result: &ContactResult) -> Row {
    tables::contact(names, result, |cells| row("contacts", cells))
}

/// A contact's rows of table `verdicts`.
pub(crate) fn verdicts(names: &Names, result: &ContactResult) -> Vec<Row> {
    let mut rows = Vec::new();
    let never: Result<(), ()> = tables::verdicts(names, result, |cells| {
        rows.push(row("verdicts", cells));
        Ok(())
    });
    never.expect("nothing here can fail");
    rows
}

fn session_row(names: &Names, session: &Session) -> Row {
    tables::session(names, session, |cells| row("sessions", cells))
}

/// An alert's row of table `alerts`.
pub(crate) fn alert_row(names: &Names, alert: &Alert) -> Row {
    tables::alert(names, alert, |cells| row("alerts", cells))
}

fn marker_row(names: &Names, marker: &Signal) -> Row {
    tables::marker(names, marker, |cells| row("markers", cells))
}

fn row(table: &str, cells: &[Cell]) -> Row {
    let table = Table::named(table).expect("the table is one of the contract");
    assert_eq!(
        table.columns.len(),
        cells.len(),
        "a cell for each column of {}",
        table.name
    );
    let columns = table.columns.iter().zip(cells);
    settle(
        columns
            .map(|(column, cell)| (column.name.clone(), value(cell)))
            .collect(),
    )
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Int(number) => json!(number),
        Cell::Bool(truth) => json!(truth),
        Cell::Double(number) => json!(number),
        Cell::Time(at) => oracle::tables::time(*at),
        Cell::List(texts) => json!(texts),
        Cell::Map(pairs) => json!(pairs.iter().copied().collect::<BTreeMap<&str, &str>>()),
    }
}

/// The milliseconds of a time in a row.
pub(crate) fn millis(value: &Value) -> Option<i64> {
    let at: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}

/// The rows of the readings that a story names, for one contact's row.
pub(crate) fn of_contact<'a>(
    tables: &'a Tables,
    contact: &'a Row,
) -> impl Iterator<Item = &'a Row> {
    let same = ["contact_id", "channel", "source", "customer"];
    tables
        .verdicts
        .iter()
        .filter(move |row| same.iter().all(|name| row[*name] == contact[*name]))
}

/// The readings that a story is told in.
pub(crate) fn readings(story: &Story, meant: &Meant) -> Vec<String> {
    match &story.readings[..] {
        [] => vec![meant.headline().name.to_string()],
        names => {
            for name in names {
                assert!(
                    meant.customers.readings.find(name).is_some(),
                    "no reading `{name}`"
                );
            }
            names.to_vec()
        }
    }
}
