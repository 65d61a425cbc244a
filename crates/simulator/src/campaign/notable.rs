//! What settled results show that a generator can aim at and cannot promise: the cases that a first
//! design gets wrong, found again in the oracle's rows.

use super::compare::Tables;
use crate::workload::campaign::RESULT_FEATURES;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Row = Map<String, Value>;

/// How often each result feature occurred (`RESULT_FEATURES` of the workload names them all).
pub(crate) fn features(tables: &Tables) -> Vec<(&'static str, u64)> {
    let mut features = by_value(tables);
    features.extend(by_neighbours(tables));
    features.extend(by_rule(tables));
    features.extend(of_figures(tables));
    let conflicts = tables.figure("identity_conflicts");
    let alerts = tables.rows("alerts").count() as u64;
    let lent = tables
        .rows("contacts")
        .filter(|row| text(row, "channel") != "web" && text(row, "reason_source") == "page");
    let legs = tables
        .rows("contacts")
        .filter(|row| number(row, "legs") > 1);
    features.extend([
        ("result: reason lent by a visit", lent.count() as u64),
        ("result: several legs", legs.count() as u64),
        ("result: identity conflict", conflicts),
        ("result: incomplete event", tables.figure("incomplete")),
        ("result: alert", alerts),
    ]);
    features
}

/// Broken journeys of each rule that `RESULT_FEATURES` names: a rule that never breaks is seen.
fn by_rule(tables: &Tables) -> Vec<(&'static str, u64)> {
    let of_rule = |(feature, _): &(&'static str, u64)| {
        let rule = feature.strip_prefix("rule: ")?;
        let rows = tables
            .rows("journeys")
            .filter(|row| text(row, "rule") == rule);
        Some((*feature, rows.count() as u64))
    };
    RESULT_FEATURES.iter().filter_map(of_rule).collect()
}

/// Cases of the figures.
fn of_figures(tables: &Tables) -> Vec<(&'static str, u64)> {
    let count = |fits: &dyn Fn(&Row) -> bool| {
        let rows = tables.rows("figures").filter(|row| fits(row));
        rows.count() as u64
    };
    let is = |row: &Row, figure: &str| text(row, "figure") == figure;
    let twenty = tables
        .rows("samples")
        .filter(|row| number(row, "rank") == 20);
    vec![
        (
            "result: figure of the values that are not shown",
            count(&|row| text(row, "segment").ends_with("=other")),
        ),
        (
            "result: figure of a young day",
            count(&|row| is(row, "fir") && text(row, "matured") == "false"),
        ),
        (
            "result: figure of origins that came back later",
            count(&|row| {
                is(row, "returned_by_age") && number(row, "age_days") > 0 && row["numerator"] != 0.0
            }),
        ),
        (
            "result: figure of a cost charged to another channel",
            count(&|row| {
                is(row, "avoidable_cost") && text(row, "from_channel") != text(row, "channel")
            }),
        ),
        (
            "result: figure of a contact that another channel caused",
            count(&|row| is(row, "caused") && text(row, "from_channel") != text(row, "channel")),
        ),
        (
            "result: figure of a score by rank",
            count(&|row| is(row, "satisfaction") && text(row, "segment").starts_with("rank=")),
        ),
        ("result: twenty samples", twenty.count() as u64),
    ]
}

/// Rows with a certain value in a certain column.
fn by_value(tables: &Tables) -> Vec<(&'static str, u64)> {
    const VALUES: &[(&str, &str, &str, &str)] = &[
        ("result: repeated", "verdicts", "verdict", "repeated"),
        ("result: retried", "verdicts", "verdict", "retried"),
        ("result: resolved", "verdicts", "verdict", "resolved"),
        ("result: lost", "verdicts", "verdict", "lost"),
        ("result: pending", "verdicts", "verdict", "pending"),
        ("result: undecidable", "verdicts", "verdict", "undecidable"),
        ("result: ineligible", "verdicts", "verdict", "ineligible"),
        ("result: provisional", "verdicts", "status", "provisional"),
        ("result: repeat", "verdicts", "class", "repeat"),
        ("result: retry", "verdicts", "class", "retry"),
        ("result: overlap", "verdicts", "overlap", "true"),
        ("result: capped", "contacts", "capped", "true"),
        (
            "result: quarantined",
            "contacts",
            "not_counted_because",
            "quarantined",
        ),
        (
            "result: assistance",
            "contacts",
            "not_counted_because",
            "assistance",
        ),
        (
            "result: role table",
            "contacts",
            "not_counted_because",
            "role_table",
        ),
        ("result: short", "contacts", "outcome", "short"),
        ("result: failed", "contacts", "outcome", "failed"),
        ("result: unanswered", "contacts", "outcome", "unanswered"),
        ("result: seen by a handle", "contacts", "confidence", "seen"),
        (
            "result: verified by a handle",
            "contacts",
            "confidence",
            "verified",
        ),
        ("result: open contact", "contacts", "end_kind", "open"),
        ("result: end by silence", "contacts", "end_kind", "inferred"),
        ("result: session complete", "sessions", "complete", "true"),
    ];
    let count = |(name, table, column, value): &(&'static str, &str, &str, &str)| {
        let rows = tables.rows(table).filter(|row| text(row, column) == *value);
        (*name, rows.count() as u64)
    };
    VALUES.iter().map(count).collect()
}

/// A contact of a reading: its verdict beside its row in the table of contacts.
struct Told<'a> {
    contact: &'a Row,
    verdict: &'a Row,
}

/// Cases 5 to 8: what a contact is among the others of its customer in a reading.
fn by_neighbours(tables: &Tables) -> Vec<(&'static str, u64)> {
    let contacts: BTreeMap<[String; 4], &Row> = tables
        .rows("contacts")
        .map(|row| (name_of(row), row))
        .collect();
    let mut readings: BTreeMap<[String; 4], Vec<Told>> = BTreeMap::new();
    for verdict in tables
        .rows("verdicts")
        .filter(|row| number(row, "rank") > 0)
    {
        let Some(contact) = contacts.get(&name_of(verdict)) else {
            continue;
        };
        let reading = ["customer", "window", "scope", "reason_mode"];
        let told = Told { contact, verdict };
        readings
            .entry(reading.map(|column| text(verdict, column)))
            .or_default()
            .push(told);
    }
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (reading, mut chain) in readings {
        chain.sort_by_key(|told| {
            ["started_at", "contact_id", "channel", "source"]
                .map(|column| text(told.contact, column))
        });
        for place in 0..chain.len() {
            for feature in of_contact(&chain, place, &reading[3]) {
                *counts.entry(feature).or_default() += 1;
            }
        }
    }
    counts.into_iter().collect()
}

fn of_contact(chain: &[Told], place: usize, mode: &str) -> Vec<&'static str> {
    let told = &chain[place];
    let mut features = Vec::new();
    if number(told.verdict, "count") < number(told.verdict, "rank") {
        features.push("result: case 8, count below rank");
    }
    let prior_id = text(told.verdict, "prior_contact_id");
    let prior = chain[..place]
        .iter()
        .rposition(|one| text(one.contact, "contact_id") == prior_id);
    let Some(prior) = prior else { return features };
    let role = text(chain[prior].contact, "prior_role");
    if role == "abandoned" && text(told.verdict, "class") == "repeat" {
        features.push("result: case 5, repeat behind an abandoned prior");
    }
    let is_prior = |one: &Told| text(one.contact, "prior_role") != "none";
    if mode == "any" && chain[prior + 1..place].iter().any(is_prior) {
        features.push("result: case 6, prior ends last and did not start last");
    }
    let has_next = !text(told.verdict, "next_contact_id").is_empty();
    if has_next && text(told.verdict, "overlap") == "true" {
        features.push("result: case 6, a next inside a longer contact");
    }
    // Reasons that differ in their first level differ at every depth.
    let first_level = |one: &Told| {
        text(one.contact, "reason")
            .split('/')
            .next()
            .unwrap_or("")
            .to_string()
    };
    let is_other = |one: &Told| first_level(one) != first_level(told);
    if mode == "same" && chain[prior + 1..place].iter().any(is_other) {
        features.push("result: case 7, another reason in between");
    }
    features
}

fn name_of(row: &Row) -> [String; 4] {
    ["contact_id", "channel", "source", "customer"].map(|column| text(row, column))
}

fn number(row: &Row, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

fn text(row: &Row, column: &str) -> String {
    match row.get(column) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}
