//! A generated day of five channels, through topics and through files.

use crate::deployment::Deployment;
use jiff::civil::date;
use simulator::workload::day::{DayOptions, day};

/// Customers of the brand: some ten thousand events.
const CUSTOMERS: u64 = 12_000;
/// When time ends, a day after the day.
pub const UNTIL: &str = "2026-03-19T00:00:00Z";

/// A generated day with its days before.
pub fn events(seed: u64) -> Vec<String> {
    events_of(seed, CUSTOMERS)
}

/// The same of a brand with so many customers.
pub fn events_of(seed: u64, customers: u64) -> Vec<String> {
    let options = DayOptions {
        seed,
        date: date(2026, 3, 17),
        customers,
        scale: 1.0,
        ..DayOptions::default()
    };
    day(options).map(|record| record.json).collect()
}

#[test]
fn a_day_on_kafka_settles_to_what_a_replay_says() {
    let Some(deployment) = Deployment::new("settles", "") else {
        return;
    };
    let mut events = events(1);
    let process = deployment.start("a", "all");
    let half = events.len() / 2;
    deployment.send(&events[..half]);
    deployment.send(&events[half..]);
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    let expected = deployment.replayed(&events, UNTIL);
    assert!(
        expected.len("contacts") > 1_000,
        "{}",
        expected.difference(&expected)
    );
    deployment.expect(&expected);
    deployment.expect_figures();
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn a_day_in_avro_settles_to_what_a_replay_of_its_json_says() {
    let Some(deployment) = Deployment::with_registry("avro") else {
        return;
    };
    let mut events = events(2);
    let process = deployment.start("a", "all");
    deployment.send(&events);
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    deployment.expect(&deployment.replayed(&events, UNTIL));
    deployment.expect_figures();
    let (code, text) = deployment.run(&["topics", "--config", "a.toml", "verify"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(process.stop(), Some(0));
}
