//! What the monitor has heard of the entries of journey rules, against the journeys that readers
//! see: those are compared with the oracle's.

use super::world::APPLICATION;
use crate::broker::Broker;
use crate::campaign::Tables;
use model::Place;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use worker::service::{Record, StageName, rosters_of, topic_name};

/// By [`Place::rule_key`]: breaks, and what they have cost in millionths.
type Heard = BTreeMap<String, (i64, i64)>;

/// Compares what the monitor's changelog says, as committed, with the rows of table `journeys`.
/// Returns how many breaks it has heard of.
pub(super) fn compare(broker: &Broker, tables: &Tables, broken: &mut Vec<String>) -> u64 {
    let changelog = topic_name(APPLICATION, StageName::Monitor.changelog());
    let records = broker.committed_records(&changelog);
    let records: Vec<Record> = records.into_iter().map(|(_, record)| record).collect();
    let rosters = match rosters_of(&records) {
        Ok(rosters) => rosters,
        Err(what) => {
            broken.push(format!("monitor: {what}"));
            return 0;
        }
    };
    let mut heard = Heard::new();
    for (rule, roster) in &rosters.of_rules {
        let all = roster.tallied();
        if all.entries < all.breaks {
            broken.push(format!(
                "monitor: {all:?} of {rule:?}: more breaks than entries"
            ));
        }
        if all.breaks != 0 || all.cost.0 != 0 {
            heard.insert(rule.to_string(), (all.breaks, all.cost.0));
        }
    }
    let told = of_rows(tables);
    let rules: BTreeSet<&String> = heard.keys().chain(told.keys()).collect();
    for rule in rules {
        let (own, rows) = (heard.get(rule), told.get(rule));
        if own != rows {
            broken.push(format!(
                "monitor: breaks and millionths of {rule:?}: heard {own:?}, journeys have {rows:?}"
            ));
        }
    }
    let breaks = heard
        .values()
        .map(|(breaks, _)| breaks.max(&0).unsigned_abs());
    breaks.sum()
}

/// The same of the rows of table `journeys`.
fn of_rows(tables: &Tables) -> Heard {
    let mut told = Heard::new();
    for row in tables.rows("journeys") {
        let place = Place {
            rule: row["rule"].as_str().unwrap_or_default().into(),
            version: row["version"].as_u64().unwrap_or(0) as u32,
            segment: model::Text::default(),
        };
        let cost = row.get("cost").and_then(Value::as_f64).unwrap_or(0.0);
        let (breaks, sum) = told.entry(place.rule_key()).or_default();
        *breaks += 1;
        *sum += (cost * 1e6).round() as i64;
    }
    told
}
