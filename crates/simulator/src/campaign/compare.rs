//! Settled results as tables of rows that can be compared, whoever computed them.

use crate::oracle::{Row, Settled};
use figures::{Figures, Sheet};
use files::{Cell, ColumnKind, Table};
use model::Millis;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use tables::Names;
use worker::Bucket;

/// Columns that say how a result was reached, not what it is.
const HISTORY: &[(&str, &[&str])] = &[
    ("contacts", &["revision", "superseded_by"]),
    ("verdicts", &["revision", "cause"]),
    ("sessions", &[]),
    ("alerts", &["revision", "cause", "status", "details"]),
    ("journeys", &["revision", "cause", "status"]),
    ("markers", &[]),
    ("figures", &[]),
    ("samples", &[]),
];

/// Columns that name a row of a table.
const KEYS: &[(&str, &[&str])] = &[
    ("contacts", &["contact_id", "channel", "source", "customer"]),
    (
        "verdicts",
        &[
            "contact_id",
            "channel",
            "source",
            "customer",
            "window",
            "scope",
            "reason_mode",
        ],
    ),
    ("sessions", &["customer", "session_id"]),
    ("alerts", &["alert_id"]),
    ("journeys", &["entry_id"]),
    ("markers", &["at", "kind", "name", "attributes"]),
    (
        "figures",
        &[
            "date",
            "hour",
            "figure",
            "rule",
            "window",
            "scope",
            "reason_mode",
            "from_channel",
            "channel",
            "segment",
            "age_days",
        ],
    ),
    ("samples", &["date", "figure", "rule", "segment", "rank"]),
];

/// Figures of the summary that say what arrived, and so differ when records come twice.
const ARRIVED: &[&str] = &["read", "decoded", "ignored", "rejected", "duplicates"];
/// Figures of the summary that are compared.
const SUMMARY: &[&str] = &[
    "read",
    "decoded",
    "ignored",
    "rejected",
    "new",
    "duplicates",
    "too_late",
    "conflicting",
    "contacts",
    "customers",
    "coverage",
    "readings",
    "policies",
    "rules",
    "contacts_capped",
    "incomplete",
    "identity_conflicts",
];

/// All tables of a settled result and its summary.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    rows: BTreeMap<&'static str, BTreeMap<String, Map<String, Value>>>,
    summary: Map<String, Value>,
}

/// A row or figure that is not the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The table, or `summary`.
    pub table: &'static str,
    /// The row's name, and the column.
    pub place: String,
    /// What the oracle says.
    pub expected: String,
    /// What the engine says.
    pub found: String,
    /// The contacts that it is about.
    pub contacts: Vec<String>,
    /// Whose row it is, as `type:value`.
    pub customer: Option<String>,
}

impl Difference {
    /// Names the contacts and the customer of the row that is not the same.
    fn about(mut self, row: &Map<String, Value>) -> Difference {
        let named = |column| {
            row.get(column)
                .map(text)
                .filter(|name: &String| !name.is_empty())
        };
        self.contacts = ["contact_id", "session_id"]
            .into_iter()
            .filter_map(named)
            .collect();
        self.customer = named("customer");
        self
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            table,
            place,
            expected,
            found,
            ..
        } = self;
        write!(
            out,
            "{table} {place}: the oracle says {expected}, the engine says {found}"
        )
    }
}

impl Tables {
    /// What the oracle computed.
    #[must_use]
    pub fn of_oracle(settled: Settled) -> Tables {
        let mut tables = Tables::default();
        let named = [
            ("contacts", settled.contacts),
            ("verdicts", settled.verdicts),
            ("sessions", settled.sessions),
            ("alerts", settled.alerts),
            ("journeys", settled.journeys),
            ("markers", settled.markers),
        ];
        for (table, rows) in named {
            for row in rows {
                tables.add(table, row.into_iter().collect());
            }
        }
        if let Value::Object(summary) = settled.summary {
            tables.summary = summary;
        }
        tables
    }

    /// What the engine computed.
    #[must_use]
    pub fn of_engine(names: &Names, bucket: &Bucket, summary: Map<String, Value>) -> Tables {
        let mut tables = Tables {
            summary,
            ..Tables::default()
        };
        // The oracle does not know how many days a run's history has.
        for counted in ["policies", "rules"] {
            let all = tables.summary.get_mut(counted);
            let all = all.and_then(Value::as_object_mut).into_iter();
            for figures in all.flat_map(|all| all.values_mut()) {
                if let Some(figures) = figures.as_object_mut() {
                    figures.remove("per_day");
                }
            }
        }
        for result in &bucket.contacts {
            tables::contact(names, result, |cells| tables.add_cells("contacts", cells));
            let added: Result<(), ()> = tables::verdicts(names, result, |cells| {
                tables.add_cells("verdicts", cells);
                Ok(())
            });
            added.expect("adding a row to a map cannot fail");
        }
        for session in &bucket.sessions {
            tables::session(names, session, |cells| tables.add_cells("sessions", cells));
        }
        for alert in &bucket.alerts {
            tables::alert(names, alert, |cells| tables.add_cells("alerts", cells));
        }
        for journey in &bucket.journeys {
            tables::journey(names, journey, |cells| tables.add_cells("journeys", cells));
        }
        for journey in &bucket.broken {
            tables::broken_journey(names, journey, |cells| tables.add_cells("alerts", cells));
        }
        for marker in &bucket.markers {
            tables::marker(names, marker, |cells| tables.add_cells("markers", cells));
        }
        tables
    }

    /// Leaves out, of both, the broken journeys of these rules that are not the same, and says how many
    /// of its own there were.
    pub(crate) fn excuse(&mut self, found: &mut Tables, rules: &[&str]) -> u64 {
        let before = self.count_rules(rules);
        for (table, column) in [("journeys", "rule"), ("alerts", "name")] {
            let (Some(own), Some(others)) = (self.rows.get_mut(table), found.rows.get_mut(table))
            else {
                continue;
            };
            let is_of = |row: &Map<String, Value>| {
                let mut rules = rules.iter();
                rules.any(|rule| row.get(column) == Some(&json!(rule)))
            };
            let agrees = |row: &Map<String, Value>, other: Option<&Map<String, Value>>| {
                !is_of(row) || other.is_some_and(|other| columns(table, "", row, other).is_empty())
            };
            own.retain(|key, row| agrees(row, others.get(key)));
            others.retain(|key, row| agrees(row, own.get(key)));
        }
        before - self.count_rules(rules)
    }

    /// Number of broken journeys of these rules.
    pub(crate) fn count_rules(&self, rules: &[&str]) -> u64 {
        let is_of = |row: &&Map<String, Value>| {
            rules
                .iter()
                .any(|rule| row.get("rule") == Some(&json!(rule)))
        };
        self.rows("journeys").filter(is_of).count() as u64
    }

    /// Adds what the oracle counted.
    pub(crate) fn add_rows(&mut self, table: &'static str, rows: Vec<Row>) {
        for row in rows {
            self.add(table, row.into_iter().collect());
        }
    }

    /// Adds rows.
    pub(crate) fn add_maps(&mut self, table: &'static str, rows: Vec<Map<String, Value>>) {
        for row in rows {
            self.add(table, row);
        }
    }

    /// Forgets the rows of a table.
    pub(crate) fn clear(&mut self, table: &str) {
        self.rows.remove(table);
    }

    /// Adds what the engine counted until time has come so far.
    pub(crate) fn add_figures(
        &mut self,
        names: &Names,
        figures: &Figures,
        sheet: &Sheet,
        now: Millis,
    ) {
        for row in figures.rows(sheet, now) {
            tables::figure(names, &row, |cells| self.add_cells("figures", cells));
        }
        for row in figures.samples(sheet) {
            tables::sample(names, &row, |cells| self.add_cells("samples", cells));
        }
    }

    /// Says the same figures as another result: where only rows are compared.
    pub(crate) fn adopt_summary(&mut self, other: &Tables) {
        self.summary.clone_from(&other.summary);
    }

    fn add_cells(&mut self, table: &'static str, cells: &[Cell]) {
        self.add(table, json_row(table, cells));
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, table: &'static str, mut row: Map<String, Value>) {
        for column in columns_of(HISTORY, table) {
            row.remove(*column);
        }
        if row.get("status") == Some(&json!("revised")) {
            row.insert("status".into(), json!("final"));
        }
        let key: Vec<String> = columns_of(KEYS, table)
            .iter()
            .map(|column| row.get(*column).map_or_else(String::new, text))
            .collect();
        let rows = self.rows.entry(table).or_default();
        // Two visits may have one id, with and without a device: their rows are told apart by text.
        let mut key = key.join(" ");
        let mut row = row;
        while let Some(known) = rows.get_mut(&key) {
            let (a, b) = (Value::Object(known.clone()), Value::Object(row.clone()));
            let (a, b) = (a.to_string(), b.to_string());
            if a > b {
                std::mem::swap(known, &mut row);
            }
            key.push_str(" again");
        }
        rows.insert(key, row);
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.rows.values().map(|rows| rows.len() as u64).sum()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of a table, in order of their names.
    pub(crate) fn rows(&self, table: &str) -> impl Iterator<Item = &Map<String, Value>> {
        self.rows.get(table).into_iter().flat_map(BTreeMap::values)
    }

    /// A number of the summary; 0 if it is not there.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        self.summary.get(name).and_then(Value::as_u64).unwrap_or(0)
    }

    /// Where what was found is not what these tables say.
    #[must_use]
    pub fn differences(&self, found: &Tables, doubled: bool) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (table, _) in KEYS {
            let none = BTreeMap::new();
            let expected_rows = self.rows.get(table).unwrap_or(&none);
            let found_rows = found.rows.get(table).unwrap_or(&none);
            for (key, row) in expected_rows {
                match found_rows.get(key) {
                    None => differences.push(
                        Difference {
                            table,
                            place: key.clone(),
                            expected: Value::Object(row.clone()).to_string(),
                            found: "no such row".into(),
                            ..Difference::default()
                        }
                        .about(row),
                    ),
                    Some(found) => differences.extend(columns(table, key, row, found)),
                }
            }
            for (key, row) in found_rows
                .iter()
                .filter(|(key, _)| !expected_rows.contains_key(*key))
            {
                differences.push(
                    Difference {
                        table,
                        place: key.clone(),
                        expected: "no such row".into(),
                        found: Value::Object(row.clone()).to_string(),
                        ..Difference::default()
                    }
                    .about(row),
                );
            }
        }
        let figures = SUMMARY
            .iter()
            .filter(|figure| !doubled || !ARRIVED.contains(figure));
        for figure in figures {
            let (a, b) = (self.summary.get(*figure), found.summary.get(*figure));
            if !same(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null)) {
                differences.push(difference("summary", figure, a, b));
            }
        }
        differences
    }
}

/// A row of an output table as JSON.
pub(crate) fn json_row(table: &'static str, cells: &[Cell]) -> Map<String, Value> {
    let columns = &Table::named(table)
        .expect("the table is one of the output tables")
        .columns;
    let row = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| (column.name.clone(), value(column.kind, cell)));
    row.collect()
}

fn columns(
    table: &'static str,
    key: &str,
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
) -> Vec<Difference> {
    let names = expected
        .keys()
        .chain(found.keys().filter(|name| !expected.contains_key(*name)));
    let differing = names.filter(|name| {
        let (a, b) = (expected.get(*name), found.get(*name));
        !same(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null))
    });
    differing
        .map(|name| {
            difference(
                table,
                &format!("{key} · {name}"),
                expected.get(name),
                found.get(name),
            )
            .about(expected)
        })
        .collect()
}

fn difference(
    table: &'static str,
    place: &str,
    expected: Option<&Value>,
    found: Option<&Value>,
) -> Difference {
    let say = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    Difference {
        table,
        place: place.into(),
        expected: say(expected),
        found: say(found),
        ..Difference::default()
    }
}

/// Whether two values are the same; whole numbers may be written as decimal ones.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys());
            names.into_iter().all(|name| {
                same(
                    a.get(name).unwrap_or(&Value::Null),
                    b.get(name).unwrap_or(&Value::Null),
                )
            })
        }
        (a, b) => a == b,
    }
}

fn columns_of(tables: &[(&str, &'static [&'static str])], table: &str) -> &'static [&'static str] {
    tables
        .iter()
        .find(|(name, _)| *name == table)
        .map_or(&[], |(_, columns)| columns)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn value(kind: ColumnKind, cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Int(number) => json!(number),
        Cell::Bool(truth) => json!(truth),
        Cell::Double(number) => json!(number),
        Cell::Time(at) => {
            debug_assert!(kind == ColumnKind::Time);
            json!(instant(*at))
        }
        Cell::List(texts) => json!(texts),
        Cell::Map(entries) => {
            let map: Map<String, Value> = entries
                .iter()
                .map(|(name, value)| ((*name).into(), json!(value)))
                .collect();
            Value::Object(map)
        }
    }
}

/// RFC 3339 in UTC with milliseconds.
fn instant(at_ms: i64) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at_ms);
    timestamp.map_or_else(
        |_| at_ms.to_string(),
        |timestamp| timestamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}
