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
