//! What all tasks have counted, added up as a reader of topics `figures` and `samples` does.

use super::results::Told;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

type Row = Map<String, Value>;

/// Samples of a date, figure and segment at most.
const SAMPLES_MAX: usize = 20;
/// What no task knows of the others.
const OF_ALL: [&str; 2] = ["value", "coverage"];

/// The last row of each task, by the name that its rows share with those of other tasks.
fn last(told: Vec<Told>) -> BTreeMap<String, Vec<Row>> {
    let mut last: BTreeMap<String, Row> = BTreeMap::new();
    for (key, value) in told {
        match value {
            Some(Value::Object(row)) => last.insert(key, row),
            _ => last.remove(&key),
        };
    }
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (key, row) in last {
        let (_, name) = key.split_once('/').unwrap_or_default();
        rows.entry(name.to_owned()).or_default().push(row);
    }
    rows
}

/// Adds the rows of all tasks: numerators, denominators, buckets.
pub(super) fn added(told: Vec<Told>) -> Vec<Row> {
    let rows = last(told).into_values();
    rows.filter_map(|rows| rows.into_iter().reduce(|sum, row| add(sum, &row)))
        .map(without_shares)
        .collect()
}

/// Leaves out what is computed from sums.
pub(super) fn without_shares(mut row: Row) -> Row {
    OF_ALL.iter().for_each(|column| drop(row.remove(*column)));
    row
}

fn add(mut sum: Row, row: &Row) -> Row {
    // Amounts are sums of millionths.
    let millionths = |row: &Row| {
        let number = row["numerator"].as_f64().unwrap_or(f64::NAN);
        (number * 1e6).round() as i128
    };
    let numerator = (millionths(&sum) + millionths(row)) as f64 / 1e6;
    let count = |row: &Row| row["denominator"].as_i64();
    let denominator = count(&sum).map(|own| own + count(row).unwrap_or(0));
    let buckets = |row: &Row| row["buckets"].as_object().cloned().unwrap_or_default();
    let mut all = buckets(&sum);
    for (bound, count) in buckets(row) {
        let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
        let known = all.get(&bound).and_then(number).unwrap_or(0);
        let both = known + number(&count).unwrap_or(0);
        all.insert(bound, json!(both.to_string()));
    }
    let matured = [&sum, row].iter().all(|row| row["matured"] == json!(true));
    sum.insert("numerator".into(), json!(numerator));
    sum.insert("denominator".into(), json!(denominator));
    sum.insert("buckets".into(), Value::Object(all));
    sum.insert("matured".into(), json!(matured));
    sum
}

/// The samples of all tasks, those with the least hashes.
pub(super) fn chosen(told: Vec<Told>) -> Vec<Row> {
    let mut of_name: BTreeMap<String, BTreeSet<(u64, String)>> = BTreeMap::new();
    for row in last(told).into_values().flatten() {
        let text = |column: &str| row[column].as_str().unwrap_or_default();
        let line = ["figure", "channel", "source", "contact_id"].map(text);
        let hash = xxh3_64(line.join("\n").as_bytes());
        let mut row = row.clone();
        row.remove("rank");
        let name = ["date", "figure", "rule", "segment"].map(|column| row[column].to_string());
        let text = Value::Object(row).to_string();
        of_name
            .entry(name.join(" "))
            .or_default()
            .insert((hash, text));
    }
    let of_one = |samples: BTreeSet<(u64, String)>| {
        let ranked = samples.into_iter().take(SAMPLES_MAX).zip(1..);
        let row = |((_, text), rank): ((u64, String), u32)| {
            let mut row: Row = serde_json::from_str(&text).unwrap_or_default();
            row.insert("rank".into(), json!(rank));
            row
        };
        ranked.map(row).collect::<Vec<Row>>()
    };
    of_name.into_values().flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tasks_add_up() {
        let row = |numerator: f64, denominator: u64, matured: bool| {
            json!({"numerator": numerator, "denominator": denominator, "matured": matured,
                "buckets": {"5000": "2"}, "value": 1.0, "coverage": null})
        };
        let told = vec![
            ("0/a".to_owned(), Some(row(0.1, 1, true))),
            ("0/a".to_owned(), Some(row(0.2, 2, true))),
            ("1/a".to_owned(), Some(row(0.1, 3, false))),
            ("2/a".to_owned(), Some(row(9.0, 9, false))),
            ("2/a".to_owned(), None),
        ];
        let expected = json!({"numerator": 0.3, "denominator": 5, "matured": false,
            "buckets": {"5000": "4"}});
        assert_eq!(json!(added(told)), json!([expected]));
    }
}
