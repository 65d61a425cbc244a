//! What stands in the output topics in the end, and how it came there.

use super::figures;
use super::plan::Plan;
use super::world::APPLICATION;
use crate::broker::Broker;
use crate::campaign::Tables;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use worker::service::topic_name;

/// The tables whose rows the oracle knows.
const ROWS: [&str; 6] = [
    "contacts", "verdicts", "sessions", "alerts", "journeys", "markers",
];
/// Columns that say how a verdict was reached, not what it is.
const VERSION: &str = "revision";

/// What readers see.
#[derive(Default)]
pub(super) struct Results {
    pub(super) tables: Tables,
    /// By place, why.
    pub(super) dead_letters: BTreeMap<String, String>,
    /// What contradicts itself.
    pub(super) broken: Vec<String>,
    /// Silences of sources that were told, and those that were taken back.
    pub(super) silences: [u64; 2],
}

/// A record of an output topic.
pub(super) type Told = (String, Option<Value>);

impl Results {
    /// Reads all output topics, as a reader of committed records does.
    pub(super) fn read(broker: &Broker) -> Results {
        let mut results = Results::default();
        for table in ROWS {
            let told = results.told(broker, table);
            if table == "verdicts" {
                results.check_revisions(&told);
            }
            let told = match table {
                "alerts" => results.without_silences(told),
                _ => told,
            };
            results.add_last(table, told);
        }
        let figures = figures::added(results.told(broker, "figures"));
        results.tables.add_maps("figures", figures);
        let samples = figures::chosen(results.told(broker, "samples"));
        results.tables.add_maps("samples", samples);
        for (key, value) in results.told(broker, "dead_letters") {
            let reason = value.map(|value| value["reason"].as_str().unwrap_or("").to_owned());
            let former = results.dead_letters.insert(key, reason.unwrap_or_default());
            if former.is_some() {
                results
                    .broken
                    .push("a dead letter was written twice".into());
            }
        }
        results
    }

    /// Samples are compared where none can be missing: where no date was closed.
    pub(super) fn compare_samples(&mut self, expected: &mut Tables, plan: &Plan) {
        if plan.is_lasting {
            self.tables.clear("samples");
            expected.clear("samples");
        }
    }

    /// Takes the silences of sources out, of which the oracle knows nothing, since they are about
    /// real time. Each is raised once, and withdrawn once if the source speaks again.
    fn without_silences(&mut self, told: Vec<Told>) -> Vec<Told> {
        let is_silence = |(_, value): &Told| {
            let kind = value.as_ref().and_then(|value| value["type"].as_str());
            kind == Some("SourceSilent")
        };
        let (silences, others): (Vec<Told>, Vec<Told>) = told.into_iter().partition(is_silence);
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        let mut standing: BTreeMap<String, i64> = BTreeMap::new();
        for (key, value) in silences {
            let value = value.unwrap_or_default();
            let source = value["source"].as_str().unwrap_or_default().to_owned();
            let former = last.insert(key.clone(), revision(&value)).unwrap_or(0);
            let standing = standing.entry(source).or_default();
            let is_next = match value["status"].as_str() {
                Some("raised") => {
                    self.silences[0] += 1;
                    *standing += 1;
                    former == 0
                }
                Some("withdrawn") => {
                    self.silences[1] += 1;
                    *standing -= 1;
                    former == 1
                }
                _ => false,
            };
            if !is_next || revision(&value) != former + 1 {
                let what = format!("silence {key}: {value} after revision {former}");
                self.broken.push(what);
            }
        }
        let wrong = standing.into_iter().filter(|(_, of)| !(0..=1).contains(of));
        let wrong = wrong.map(|(source, of)| format!("{of} silences of {source} stand"));
        self.broken.extend(wrong);
        others
    }

    /// Adds what was told last under every key.
    fn add_last(&mut self, table: &'static str, told: Vec<Told>) {
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        for (key, value) in told {
            match value {
                Some(value) => last.insert(key, value),
                None => last.remove(&key),
            };
        }
        for value in last.into_values() {
            let rows = match value {
                Value::Array(rows) => rows,
                row => vec![row],
            };
            for row in rows {
                self.add(table, row);
            }
        }
    }

    fn add(&mut self, table: &'static str, row: Value) {
        let Value::Object(row) = row else {
            self.broken.push(format!("{table}: {row} is no row"));
            return;
        };
        // Files hold no alert that was withdrawn.
        if row.get("status").and_then(Value::as_str) != Some("withdrawn") {
            self.tables.add(table, row);
        }
    }

    /// All records of a topic. A key has one partition.
    fn told(&mut self, broker: &Broker, table: &str) -> Vec<Told> {
        let mut partitions: BTreeMap<String, u32> = BTreeMap::new();
        let records = broker.committed_records(&topic_name(APPLICATION, table));
        let mut told = Vec::with_capacity(records.len());
        for (partition, record) in records {
            let key = String::from_utf8_lossy(&record.key.unwrap_or_default()).into_owned();
            if *partitions.entry(key.clone()).or_insert(partition) != partition {
                let what = format!("{table} {key}: stands in two partitions");
                self.broken.push(what);
            }
            let value = record.value.map(|value| {
                serde_json::from_slice(&value).expect("the campaign writes JSON itself")
            });
            told.push((key, value));
        }
        told
    }

    /// The revision of a reading begins with 1, and rises by 1 exactly when something else in its
    /// row changes: what is told twice, or not at all, is seen here.
    fn check_revisions(&mut self, told: &[Told]) {
        let mut last: BTreeMap<&str, Option<&Vec<Value>>> = BTreeMap::new();
        for (key, value) in told {
            let next = value.as_ref().and_then(Value::as_array);
            let former = last.insert(key, next).flatten();
            let (Some(next), former) = (next, former) else {
                continue;
            };
            let mut rose = former.is_none();
            for (place, row) in next.iter().enumerate() {
                let was = former.and_then(|rows| rows.get(place));
                let expected = match was {
                    None => 1,
                    Some(was) if same_but_revision(was, row) => revision(was),
                    Some(was) => revision(was) + 1,
                };
                rose |= was.is_some_and(|was| revision(was) != revision(row));
                if revision(row) != expected && self.broken.len() < 20 {
                    let what = format!(
                        "verdicts {key}: revision {} of {row}, expected {expected}; before: {was:?}",
                        revision(row),
                    );
                    self.broken.push(what);
                }
            }
            if !rose && self.broken.len() < 20 {
                self.broken
                    .push(format!("verdicts {key}: told again and nothing changed"));
            }
        }
    }
}

fn revision(row: &Value) -> u64 {
    row[VERSION].as_u64().unwrap_or(0)
}

/// `cause` says why a revision was written, so it is part of the revision.
fn same_but_revision(a: &Value, b: &Value) -> bool {
    let without = |row: &Value| -> Map<String, Value> {
        let mut row = row.as_object().cloned().unwrap_or_default();
        row.remove(VERSION);
        row.remove("cause");
        row
    };
    without(a) == without(b)
}
