//! Arrows between crates point down, and the oracle shares no code with the engine.

use crate::scan::Scan;
use crate::tree::{crates, dependencies, expect_none, fits, read, rust_files};

/// From the ground up. A crate may depend on crates of the rows above its own only.
const LAYERS: &[&[&str]] = &[
    // What tests run against knows nothing of ours.
    &["model", "testbed"],
    &["calendar"],
    &["rules", "canonical", "figures"],
    &["consumer-*"],
    &["stage-*"],
    &["worker"],
    &[
        "files",
        "tables",
        "settings",
        "simulator",
        "kafka",
        "registry",
        "telemetry",
        "board",
    ],
    &["cli"],
    // Tests of the whole, which nothing else depends on.
    &["stories", "house", "benches"],
];

/// The arrows inside a layer that are allowed all the same.
const SIDEWAYS: &[(&str, &str)] = &[
    // The simulator runs all of the engine.
    ("simulator", "files"),
    ("simulator", "settings"),
    ("simulator", "tables"),
    // Rows are cells of files, and their links are configured.
    ("tables", "files"),
    ("tables", "settings"),
    // The test that metrics equal the tables runs a generated history.
    ("telemetry", "settings"),
    ("telemetry", "simulator"),
    ("telemetry", "tables"),
];

/// What the oracle must not use: it would repeat the engine's mistakes.
const ENGINE: &[&str] = &[
    "model",
    "calendar",
    "rules",
    "canonical",
    "figures",
    "consumer_*",
    "stage_*",
    "worker",
    "files",
    "tables",
    "settings",
    "kafka",
    "registry",
    "telemetry",
    "board",
];

fn layer(name: &str) -> Option<usize> {
    LAYERS
        .iter()
        .position(|row| row.iter().any(|pattern| fits(pattern, name)))
}

/// What is wrong with an arrow, if anything.
fn wrong_arrow(from: &str, to: &str) -> Option<String> {
    let (Some(from_layer), Some(to_layer)) = (layer(from), layer(to)) else {
        let stranger = if layer(from).is_none() { from } else { to };
        return Some(format!("{stranger} stands in no layer: add it to LAYERS"));
    };
    let allowed = SIDEWAYS
        .iter()
        .any(|(a, b)| from != to && fits(a, from) && fits(b, to));
    (to_layer >= from_layer && !allowed)
        .then(|| format!("{from} → {to}: {to} does not stand below {from}"))
}

/// The places of a file that use a crate of the engine.
fn engine_in_oracle(path: &str, text: &str) -> Vec<String> {
    let scan = Scan::of(path, text);
    let is_engine = |name: &str| ENGINE.iter().any(|pattern| fits(pattern, name));
    scan.paths
        .iter()
        .filter(|found| found.names.len() > 1 || found.import)
        .filter(|found| is_engine(&found.names[0]))
        .map(|found| format!("{path}:{}: {}", found.line, found.names.join("::")))
        .collect()
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (name, package) in crates() {
        if layer(&name).is_none() {
            wrong.push(format!("{name} stands in no layer: add it to LAYERS"));
        }
        for (dependency, _) in dependencies(&package).iter().filter(|(_, ours)| *ours) {
            wrong.extend(wrong_arrow(&name, dependency));
        }
    }
    expect_none("crates may depend only on what stands below them", &wrong);
}

#[test]
fn an_arrow_upward_is_noticed() {
    assert_eq!(wrong_arrow("stage-door", "model"), None);
    assert_eq!(wrong_arrow("simulator", "files"), None);
    assert_eq!(wrong_arrow("consumer-phone", "canonical"), None);
    assert!(wrong_arrow("model", "calendar").is_some());
    assert!(wrong_arrow("stage-door", "stage-contacts").is_some());
    assert!(wrong_arrow("consumer-chat", "consumer-phone").is_some());
    assert!(wrong_arrow("settings", "simulator").is_some());
    assert!(
        wrong_arrow("worker", "attic")
            .unwrap()
            .contains("attic stands in no layer")
    );
}

#[test]
fn the_oracle_shares_no_code_with_the_engine() {
    let mut wrong = Vec::new();
    for path in rust_files("crates/simulator/src/oracle") {
        wrong.extend(engine_in_oracle(&path, &read(&path)));
    }
    expect_none("the oracle may use no crate of the engine", &wrong);
}

#[test]
fn an_oracle_that_borrows_is_noticed() {
    let at = |text| engine_in_oracle("oracle.rs", text);
    assert_eq!(at("use model::Contact;"), ["oracle.rs:1: model::Contact"]);
    assert_eq!(
        at("use {serde, stage_door as door};"),
        ["oracle.rs:1: stage_door"]
    );
    assert_eq!(
        at("fn f() {\n calendar::day(1) }"),
        ["oracle.rs:2: calendar::day"]
    );
    assert_eq!(
        at("fn f() { println!(\"{}\", ::worker::x()) }"),
        ["oracle.rs:1: worker::x"]
    );
    // Modules of the oracle's own may have the same words as names.
    assert!(at("mod calendar; fn f() { calendar::day(1) }").is_empty());
    assert!(at("use super::calendar; fn f(rules: u8) { calendar::day(rules) }").is_empty());
}
