//! Rows of the output tables as they settled, whether from files or from topics.

use crate::avro::Avro;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// What differs between two runs that say the same: how often something was revised, and why.
const OF_THE_WAY: [&str; 2] = ["revision", "cause"];
/// Tables that are compared.
const TABLES: [&str; 6] = [
    "contacts", "verdicts", "sessions", "alerts", "journeys", "markers",
];

/// Settled rows, by table, in order.
#[derive(Debug, Default, PartialEq)]
pub struct Tables(BTreeMap<&'static str, Vec<String>>);

impl Tables {
    /// The first rows that only one of the two has.
    pub fn difference(&self, told: &Tables) -> String {
        let mut text = String::new();
        for table in TABLES {
            let expected = self.0.get(table).map_or(&[][..], Vec::as_slice);
            let found = told.0.get(table).map_or(&[][..], Vec::as_slice);
            text.push_str(&format!(
                "{table}: {} rows expected, {} found\n",
                expected.len(),
                found.len()
            ));
            let missing = expected
                .iter()
                .filter(|row| found.binary_search(row).is_err());
            missing
                .take(3)
                .for_each(|row| text.push_str(&format!("  missing {row}\n")));
            let wrong = found
                .iter()
                .filter(|row| expected.binary_search(row).is_err());
            wrong
                .take(3)
                .for_each(|row| text.push_str(&format!("  wrong   {row}\n")));
        }
        text
    }

    /// Number of rows of a table.
    pub fn len(&self, table: &str) -> usize {
        self.0.get(table).map_or(0, Vec::len)
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = Value> {
        let rows = self.0.get(table).into_iter().flatten();
        rows.map(|row| serde_json::from_str(row).unwrap())
    }

    /// Changes the rows of a table, or leaves some out.
    pub fn change(&mut self, table: &str, change: impl Fn(Value) -> Option<Value>) {
        if let Some(rows) = self.0.get_mut(table) {
            let parsed = rows.iter().map(|row| serde_json::from_str(row).unwrap());
            *rows = parsed
                .filter_map(change)
                .map(|row| row.to_string())
                .collect();
            rows.sort_unstable();
        }
    }

    fn add(&mut self, table: &'static str, row: Map<String, Value>) {
        let mut row = settled(row);
        let has = |status: &str| row.get("status").is_some_and(|found| found == status);
        let is_raised = matches!(table, "alerts" | "journeys");
        if is_raised && has("withdrawn") {
            return;
        }
        if is_raised || has("revised") {
            // A verdict that is final and one that was revised since settle to the same.
            row.insert("status".into(), "final".into());
        }
        self.0
            .entry(table)
            .or_default()
            .push(Value::Object(row).to_string());
    }

    fn sort(mut self) -> Tables {
        for table in TABLES {
            self.0.entry(table).or_default().sort_unstable();
        }
        self
    }
}

fn settled(row: Map<String, Value>) -> Map<String, Value> {
    row.into_iter()
        .filter(|(name, value)| !value.is_null() && !OF_THE_WAY.contains(&name.as_str()))
        .collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("expected an object, found {other}"),
    }
}

/// The tables of a replay.
pub fn of_files(folder: &Path) -> Tables {
    let mut tables = Tables::default();
    for table in TABLES {
        let text = std::fs::read_to_string(folder.join(format!("{table}.jsonl"))).unwrap();
        for line in text.lines() {
            tables.add(table, object(serde_json::from_str(line).unwrap()));
        }
    }
    tables.sort()
}

/// The rows of table `figures` of a replay, as text, less what only sums can say.
pub fn figures_of_files(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("figures.jsonl")).unwrap();
    let rows = text
        .lines()
        .map(|line| object(serde_json::from_str(line).unwrap()));
    let mut rows: Vec<String> = rows.map(|row| without_shares(row).to_string()).collect();
    rows.sort_unstable();
    rows
}

/// The sums over all tasks of the last rows of topic `figures`, as text.
pub fn figures_of_topics(servers: &str, application_id: &str, avro: Option<&Avro>) -> Vec<String> {
    let mut last = BTreeMap::new();
    for row in testbed::topics::read_committed(servers, &format!("{application_id}.figures")) {
        last.insert(row.key, row.value);
    }
    let mut sums: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (key, value) in last {
        let Some(value) = value else { continue };
        let row = object(match avro {
            None => serde_json::from_slice(&value).unwrap(),
            Some(avro) => avro.decode(&value),
        });
        let (_task, name) = key.split_once('/').unwrap();
        match sums.remove(name) {
            None => sums.insert(name.to_owned(), row),
            Some(sum) => sums.insert(name.to_owned(), added(sum, &row)),
        };
    }
    let rows = sums.into_values();
    let mut rows: Vec<String> = rows.map(|row| without_shares(row).to_string()).collect();
    rows.sort_unstable();
    rows
}

/// Numerators, denominators and buckets add up.
fn added(mut sum: Map<String, Value>, row: &Map<String, Value>) -> Map<String, Value> {
    let both = |name: &str| [&sum, row].map(|row| row[name].as_f64().unwrap_or(0.0));
    let [a, b] = both("numerator");
    let numerator = ((a * 1e6).round() + (b * 1e6).round()) / 1e6;
    let [a, b] = both("denominator");
    let is_share = sum["denominator"].is_number();
    let matured = sum["matured"] == true && row["matured"] == true;
    let mut buckets = sum["buckets"].as_object().cloned().unwrap_or_default();
    for (bound, count) in row["buckets"].as_object().into_iter().flatten() {
        let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
        let known = buckets.get(bound).map_or(0, number);
        buckets.insert(bound.clone(), (known + number(count)).to_string().into());
    }
    sum.insert("numerator".into(), numerator.into());
    if is_share {
        sum.insert("denominator".into(), ((a + b) as u64).into());
    }
    sum.insert("matured".into(), matured.into());
    sum.insert("buckets".into(), buckets.into());
    sum
}

fn without_shares(row: Map<String, Value>) -> Value {
    let shown = row.into_iter();
    let shown = shown.filter(|(name, value)| {
        !value.is_null() && !["value", "coverage"].contains(&name.as_str())
    });
    // Whole numbers are written as such, whoever wrote them.
    let number = |value: Value| match value.as_f64().filter(|_| value.is_f64()) {
        Some(number) if number.fract() == 0.0 => (number as i64).into(),
        _ => value,
    };
    Value::Object(shown.map(|(name, value)| (name, number(value))).collect())
}

/// The last record of each key of the output topics.
pub fn of_topics(servers: &str, application_id: &str, avro: Option<&Avro>) -> Tables {
    let mut tables = Tables::default();
    for table in TABLES {
        let mut last = BTreeMap::new();
        let mut partitions = BTreeMap::new();
        for row in testbed::topics::read_committed(servers, &format!("{application_id}.{table}")) {
            let known = partitions.insert(row.key.clone(), row.partition);
            assert!(
                known.is_none_or(|known| known == row.partition),
                "{table}: key {} is written to two partitions",
                row.key
            );
            last.insert(row.key, row.value);
        }
        for value in last.into_values().flatten() {
            let value = match avro {
                None => serde_json::from_slice(&value).unwrap(),
                Some(avro) => avro.decode(&value),
            };
            let mut row = object(value);
            if table != "verdicts" {
                tables.add(table, row);
                continue;
            }
            let Some(Value::Array(readings)) = row.remove("readings") else {
                panic!("a record of verdicts has no readings");
            };
            row.remove("cause");
            for reading in readings {
                let mut whole = row.clone();
                whole.extend(object(reading));
                tables.add(table, whole);
            }
        }
    }
    tables.sort()
}
