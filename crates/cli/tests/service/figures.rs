//! What a service counts, in metrics and in topic `figures`, is what stands in its tables.

use crate::deployment::{Deployment, Process, head};
use crate::settles::{UNTIL, events, events_of};
use std::time::{Duration, Instant};
use testbed::Broker;

/// The sum of the samples of a metric whose labels contain all of these words.
pub fn sum(metrics: &str, name: &str, words: &[&str]) -> f64 {
    metrics
        .lines()
        .filter(|line| line.starts_with(name) && line[name.len()..].starts_with(['{', ' ']))
        .filter(|line| words.iter().all(|word| line.contains(word)))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

/// The metrics when nothing waits any more: they are taken twice a second, and clocks still come
/// after the last row.
fn settled_metrics(process: &Process) -> String {
    let asked_at = Instant::now();
    loop {
        std::thread::sleep(Duration::from_secs(2));
        let (status, metrics) = process.get("/metrics");
        assert_eq!(status, 200);
        if sum(&metrics, "ricochet_lag_records", &[]) == 0.0 {
            return metrics;
        }
        assert!(asked_at.elapsed() < Duration::from_secs(60), "{metrics}");
    }
}

#[test]
fn metrics_are_what_the_tables_say() {
    let Some(deployment) = Deployment::new("figures", "") else {
        return;
    };
    let mut events = events(5);
    let process = deployment.start("a", "all");
    deployment.send(&events);
    deployment.send(&["not json".to_owned(), "{}".to_owned()]);
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    let expected = deployment.replayed(&events, UNTIL);
    deployment.expect(&expected);
    let metrics = settled_metrics(&process);
    let told = sum(&metrics, "ricochet_contacts_told_total", &[]);
    let withdrawn = sum(&metrics, "ricochet_contacts_withdrawn_total", &[]);
    assert_eq!(
        told - withdrawn,
        expected.len("contacts") as f64,
        "{metrics}"
    );
    let raised = sum(&metrics, "ricochet_alerts_total", &["raised"]);
    let taken_back = sum(&metrics, "ricochet_alerts_total", &["withdrawn"]);
    assert_eq!(
        raised - taken_back,
        expected.len("alerts") as f64,
        "{metrics}"
    );
    let read = sum(&metrics, "ricochet_records_read_total", &[]);
    let decoded = sum(&metrics, "ricochet_records_decoded_total", &[]);
    let ignored = sum(&metrics, "ricochet_records_ignored_total", &[]);
    let rejected = sum(&metrics, "ricochet_records_rejected_total", &[]);
    assert_eq!(read, decoded + ignored + rejected, "{metrics}");
    assert!(rejected >= 2.0, "{metrics}");
    let new = sum(&metrics, "ricochet_events_new_total", &[]);
    let duplicate = sum(&metrics, "ricochet_events_duplicate_total", &[]);
    let too_late = sum(&metrics, "ricochet_events_too_late_total", &[]);
    assert_eq!(decoded, new + duplicate + too_late, "{metrics}");
    let (status, body) = process.get("/health/ready");
    assert_eq!(status, 200, "{body}");
    assert_eq!(process.get("/health/live").0, 200);
    assert_eq!(process.stop(), Some(0));
}

/// A day through so many tasks, with a crash in the middle: what all tasks have counted in the end
/// adds up to the figures of a replay, row by row.
fn figures_add_up(partitions: u32) {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let id = format!("figures-of-{partitions}");
    let deployment = Deployment::of(
        &broker.bootstrap_servers(),
        &id,
        &head(""),
        None,
        partitions,
    );
    let mut events = events_of(6, 2_000);
    let process = deployment.start("a", "all");
    let other = deployment.start("b", "all");
    let half = events.len() / 2;
    deployment.send(&events[..half]);
    std::thread::sleep(Duration::from_secs(3));
    process.kill();
    deployment.send(&events[half..]);
    let process = deployment.start("a", "all");
    let ends = deployment.end_time(&events, UNTIL);
    events.extend(ends);
    deployment.expect(&deployment.replayed(&events, UNTIL));
    deployment.expect_figures();
    assert_eq!(process.stop(), Some(0));
    assert_eq!(other.stop(), Some(0));
}

#[test]
fn figures_of_three_tasks_add_up_after_a_crash() {
    figures_add_up(3);
}

#[test]
fn figures_of_seven_tasks_add_up_after_a_crash() {
    figures_add_up(7);
}
