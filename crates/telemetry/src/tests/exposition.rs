//! What stands in the exposition.

use super::samples::{self, NOW};
use crate::names::ALL;
use crate::{Labels, Metrics, Slots};
use model::Millis;
use std::cell::Cell;
use std::sync::Arc;
use worker::service::{Stats, TaskPhase, TopicPartition};

/// Checks that the exposition has these lines.
fn check(metrics: &Metrics, lines: &str) {
    let text = metrics.text();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let missing = !text.lines().any(|found| found == line);
        let name = line.split(['{', ' ']).next().unwrap();
        let near: Vec<&str> = text
            .lines()
            .filter(|found| found.starts_with(name))
            .collect();
        assert!(!missing, "missing: {line}\nthere is:\n{}", near.join("\n"));
    }
}

#[test]
fn every_metric_can_appear() {
    let text = samples::all().text();
    for metric in ALL {
        let declared = format!("# HELP {} {}", metric.name, metric.help);
        let found = text
            .lines()
            .any(|line| line.replace("\\\"", "\"") == declared);
        assert!(found, "{} is in no sample", metric.name);
    }
}

#[test]
fn lag_and_clocks() {
    check(
        &samples::all(),
        r#"
        ricochet_lag_records{stage="door"} 12
        ricochet_lag_seconds{stage="door"} 2.5
        ricochet_lag_records{stage="customers"} 0
        ricochet_lag_seconds{stage="customers"} 0
        ricochet_event_time_delay_seconds{stage="door"} 90
        ricochet_clock_delay_seconds{source="ivr"} 90
        ricochet_clock_delay_seconds{source="other"} 1
        ricochet_source_silence_seconds{source="ivr"} 5
        ricochet_source_silence_seconds{source="other"} 900
        ricochet_source_silent{source="ivr"} 0
        ricochet_source_silent{source="other"} 1
        "#,
    );
    let text = samples::all().text();
    assert!(
        !text.contains("stranger"),
        "an unconfigured source is a label"
    );
    // A stage that has heard of no time says nothing of its delay.
    let slots = Slots::with_time(["handles"], samples::now);
    let mut stats = Stats::default();
    let task = TopicPartition::new("t", 0);
    let mut fresh = samples::task(TaskPhase::Running);
    fresh.now = Millis::MIN;
    stats.tasks.insert(task, fresh);
    slots.put("handles", stats);
    let text = Metrics::new(Arc::new(slots), Labels::default(), "0").text();
    assert!(!text.contains("ricochet_event_time_delay_seconds"));
}

#[test]
fn both_equations() {
    check(
        &samples::all(),
        r#"
        ricochet_records_read_total 100
        ricochet_records_decoded_total 90
        ricochet_records_ignored_total{why="unknown_signal"} 4
        ricochet_records_ignored_total{why="after_until"} 0
        ricochet_records_rejected_total{reason="bad_time"} 6
        ricochet_records_rejected_total{reason="not_json"} 0
        ricochet_events_new_total 70
        ricochet_events_duplicate_total 15
        ricochet_events_too_late_total 5
        ricochet_events_conflicting_total 3
        "#,
    );
}

#[test]
fn tasks_and_state() {
    check(
        &samples::all(),
        r#"
        ricochet_build_info{version="0.1.0"} 1
        ricochet_ready 0
        ricochet_tasks{stage="door",phase="running"} 2
        ricochet_tasks{stage="contacts",phase="restoring"} 1
        ricochet_tasks{stage="contacts",phase="stopped"} 1
        ricochet_tasks{stage="contacts",phase="running"} 0
        ricochet_restored_records{stage="contacts"} 1234
        ricochet_state_keys{stage="customers"} 11
        ricochet_state_bytes{stage="customers"} 2048
        ricochet_timers_due{stage="customers"} 4
        ricochet_evicted_keys_total{stage="customers"} 6
        ricochet_set_aside_keys{stage="customers"} 1
        ricochet_set_aside_records_total{stage="customers"} 8
        ricochet_resyncs_total{stage="door",cause="assigned"} 2
        ricochet_resyncs_total{stage="door",cause="unknown_outcome"} 0
        ricochet_rebalances_total{stage="door"} 1
        "#,
    );
}

#[test]
fn transactions() {
    check(
        &samples::all(),
        r#"
        ricochet_commit_duration_seconds_bucket{stage="door",le="0.001"} 1
        ricochet_commit_duration_seconds_bucket{stage="door",le="0.002"} 3
        ricochet_commit_duration_seconds_bucket{stage="door",le="0.2"} 6
        ricochet_commit_duration_seconds_bucket{stage="door",le="0.5"} 7
        ricochet_commit_duration_seconds_bucket{stage="door",le="10"} 7
        ricochet_commit_duration_seconds_bucket{stage="door",le="+Inf"} 10
        ricochet_commit_duration_seconds_sum{stage="door"} 40.5
        ricochet_commit_duration_seconds_count{stage="door"} 10
        ricochet_aborts_total{stage="door"} 2
        ricochet_records_sent_total{stage="door",topic="by_contact"} 85
        ricochet_changelog_bytes_total{stage="door"} 4096
        ricochet_clocks_sent_total{stage="door"} 7
        "#,
    );
}

#[test]
fn what_is_told() {
    check(
        &samples::all(),
        r#"
        ricochet_contacts_told_total{channel="phone",customer="known"} 40
        ricochet_contacts_withdrawn_total{channel="phone",customer="known"} 3
        ricochet_contacts_told_total{channel="phone",customer="unknown"} 7
        ricochet_contacts_capped_total{channel="web"} 2
        ricochet_repeats_told_total{reading="j+7 assisted any",channel="phone",reason="billing"} 9
        ricochet_repeats_withdrawn_total{reading="j+7 assisted any",channel="phone",reason="billing"} 2
        ricochet_repeats_told_total{reading="24h \"all\" \\same",channel="phone",reason="billing"} 4
        ricochet_repeats_told_total{reading="other",channel="phone",reason="billing"} 3
        ricochet_repeats_withdrawn_total{reading="other",channel="phone",reason="billing"} 1
        ricochet_retries_told_total{reading="j+7 assisted any",channel="phone",reason="unknown"} 6
        ricochet_verdicts_revised_total{reading="j+7 assisted any"} 3
        ricochet_alerts_total{policy="third-in-seven-days",status="raised"} 5
        ricochet_alerts_total{policy="third-in-seven-days",status="revised"} 2
        ricochet_alerts_total{policy="third-in-seven-days",status="withdrawn"} 1
        "#,
    );
}

thread_local! {
    static TIME: Cell<Millis> = const { Cell::new(NOW) };
}

#[test]
fn a_restore_has_an_age_from_when_it_was_first_seen() {
    let slots = Arc::new(Slots::with_time(["contacts"], || TIME.get()));
    let metrics = Metrics::new(Arc::clone(&slots), samples::labels(), "0");
    slots.put("contacts", samples::contacts());
    TIME.set(NOW.plus(20_000));
    slots.put("contacts", samples::contacts());
    TIME.set(NOW.plus(31_000));
    check(
        &metrics,
        r#"
        ricochet_restore_seconds{stage="contacts"} 31
        ricochet_stage_unheard_seconds{stage="contacts"} 11
        "#,
    );
    let mut stats = samples::contacts();
    for task in stats.tasks.values_mut() {
        task.phase = TaskPhase::Running;
    }
    slots.put("contacts", stats);
    check(&metrics, r#"ricochet_restore_seconds{stage="contacts"} 0"#);
}

#[test]
fn readiness_says_what_each_stage_is_doing() {
    let slots = Slots::with_time(["door", "contacts", "handles", "customers"], samples::now);
    let state = |stage| slots.readiness().stages[stage].clone();
    assert_eq!(state("door").state, "starting");
    slots.put("door", samples::door());
    assert_eq!(state("door").state, "running 2 tasks");
    slots.put("handles", Stats::default());
    assert_eq!(state("handles").state, "waiting for its partitions");
    assert!(!state("handles").ready);
    let stand_by = Stats {
        rebalances: 1,
        is_member: true,
        ..Stats::default()
    };
    slots.put("handles", stand_by);
    assert_eq!(state("handles").state, "standing by without a task");
    let mut stats = samples::contacts();
    slots.put("contacts", stats.clone());
    let stopped = "stopped 1 of 2 tasks: records 5 to 9 of r.by_contact/1 are gone";
    assert_eq!(state("contacts").state, stopped);
    stats
        .tasks
        .retain(|_, task| task.phase == TaskPhase::Restoring);
    slots.put("contacts", stats);
    assert_eq!(state("contacts").state, "restoring 1 of 1 task");
    slots.put("contacts", samples::customers());
    slots.put("customers", samples::customers());
    assert!(slots.readiness().ready);
    slots.failed("customers", "cannot reach broker:9092");
    let found = slots.readiness();
    assert!(!found.ready);
    let expected = concat!(
        r#"{"ready":false,"stages":{"contacts":"running 1 task","#,
        r#""customers":"waiting: cannot reach broker:9092","door":"running 2 tasks","#,
        r#""handles":"standing by without a task"}}"#
    );
    assert_eq!(found.json(), expected);
    slots.put("customers", samples::customers());
    assert!(slots.readiness().ready);
}

#[test]
fn what_can_be_named_before_it_happens_begins_at_zero() {
    let labels = || Labels {
        readings: vec!["24h assisted any".into()],
        policies: vec!["third-in-seven-days".into()],
        ..Labels::default()
    };
    let of_stage = |stage| {
        let slots = Slots::with_time([stage], samples::now);
        Metrics::new(Arc::new(slots), labels(), "0")
    };
    check(
        &of_stage("customers"),
        r#"
        ricochet_contacts_told_total{channel="video",customer="unknown"} 0
        ricochet_contacts_withdrawn_total{channel="phone",customer="known"} 0
        ricochet_verdicts_revised_total{reading="24h assisted any"} 0
        ricochet_alerts_total{policy="third-in-seven-days",status="raised"} 0
        ricochet_alerts_total{policy="third-in-seven-days",status="withdrawn"} 0
        "#,
    );
    // Whoever runs another stage tells nothing of the business.
    assert!(!of_stage("door").text().contains("ricochet_contacts_told"));
}
