//! A bad release, from records to the alert: found, named, counted, and the same whichever way the
//! stages are run.

use model::{AlertStatus, Millis};
use settings::{Loaded, Meant};
use simulator::workload::release::{RELEASE_CONFIG, ReleaseOptions, release};
use stage_door::{Clocks, Place};
use stage_monitor::JourneyDegraded;
use std::collections::{BTreeMap, BTreeSet};
use worker::{Bucket, Counts, Engine, History, Live, Partitions};

const MINUTE_MS: i64 = 60_000;
const RULE: &str = "payment-without-confirmation";

fn options(seed: u64) -> ReleaseOptions {
    ReleaseOptions {
        seed,
        // Monday 2026-03-02, 00:00 UTC; the clocks change meanwhile.
        from_ms: 1_772_409_600_000,
        days_before: 22,
        payments_per_hour: 6,
        payments_per_hour_after: 60,
    }
}

fn meant() -> Meant {
    let loaded = Loaded::from_text(RELEASE_CONFIG, "test").unwrap();
    loaded.meant().unwrap()
}

fn admitted(
    engine: &Engine,
    records: &[(i64, String)],
    mut each: impl FnMut(i64, model::Text, model::ContactInput),
) -> Counts {
    let (mut clocks, mut counts) = (Clocks::default(), Counts::default());
    for (at_ms, json) in records {
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: Some(Millis(*at_ms)),
            lateness: true,
        };
        let decoded = canonical::decode_json(json.as_bytes());
        match engine.admit(decoded, &place, &mut clocks, &mut counts) {
            Ok((key, input)) => each(*at_ms, key, input),
            Err(refused) => panic!("{json}: {refused:?}"),
        }
    }
    counts
}

/// As `replay` does it.
fn replayed(engine: &Engine, records: &[(i64, String)]) -> Bucket {
    let folder = std::env::temp_dir();
    let history = History::new(engine, &folder, 64 << 20);
    let mut feed = history.feed();
    let mut inputs = Vec::new();
    admitted(engine, records, |_, key, input| inputs.push((key, input)));
    for (key, input) in &inputs {
        feed.take(key, input).unwrap();
    }
    feed.finish().unwrap();
    let settled = history.settle(None, &|_| {}).unwrap();
    let mut all = Bucket::default();
    for bucket in 0..settled.buckets() {
        all.append(&mut settled.take(bucket).unwrap());
    }
    all
}

/// As it comes, minute by minute. Returns all that was told of degraded journeys, and what stands.
fn as_it_came(
    engine: &Engine,
    records: &[(i64, String)],
    restarts: bool,
) -> (Vec<JourneyDegraded>, Vec<JourneyDegraded>) {
    let mut live = Live::new(engine, Partitions::ONE);
    let mut told = Vec::new();
    let mut minute = records[0].0.div_euclid(MINUTE_MS);
    let mut last = Millis::MIN;
    admitted(engine, records, |at_ms, key, input| {
        let next = at_ms.div_euclid(MINUTE_MS);
        if next > minute {
            live.advance(Millis(next * MINUTE_MS));
            told.append(&mut live.degraded);
            if restarts && next % 7 == 0 {
                live.restart().unwrap();
            }
            minute = next;
        }
        last = last.max(worker::horizon(&input));
        live.offer(key, input);
    });
    live.advance(last);
    told.append(&mut live.degraded);
    (told, live.told.settled().degraded)
}

/// Customers and cost of the journeys that broke from one instant to before another, counted from
/// the rows of the journeys: no part of the monitor.
fn counted(journeys: &Bucket, from: Millis, to: Millis) -> (usize, i64) {
    let broke = journeys.journeys.iter().filter(|journey| {
        let minute = Millis(journey.decided_at.0.div_euclid(MINUTE_MS) * MINUTE_MS);
        journey.rule == RULE && (from..to).contains(&minute)
    });
    let mut customers = BTreeSet::new();
    let mut cost = 0;
    for journey in broke {
        customers.insert(journey.customer.clone());
        cost += journey.cost.map_or(0, |cost| cost.0);
    }
    (customers.len(), cost)
}

#[test]
fn a_bad_release_is_found_within_half_an_hour_and_named() {
    for seed in 1..=3 {
        let options = options(seed);
        let records = release(&options);
        let engine = meant().engine(|| vec![7; 32], None, None).unwrap();
        let (told, _) = as_it_came(&engine, &records, false);
        let of_rule = told.iter().filter(|alert| alert.place.rule == RULE);
        let of_rule: Vec<&JourneyDegraded> = of_rule.collect();
        let first = of_rule.first().expect("it is found");
        assert_eq!(first.status, AlertStatus::Raised);
        assert_eq!(first.place.segment, "page=Paiement");
        assert_eq!(first.within, "attributes.app_version=7.2", "{first:?}");
        let after = first.raised_at.0 - options.released_at_ms();
        assert!(
            (0..=30 * MINUTE_MS).contains(&after),
            "seed {seed}: {first:?}"
        );
        let bucket = replayed(&engine, &records);
        for alert in &of_rule {
            // What was told at the end of a minute: all breaks of it and before.
            let told_at = told_at(alert, &of_rule);
            let (customers, cost) = counted(&bucket, alert.since, told_at);
            assert_eq!(
                alert.toll.customers, customers as u64,
                "seed {seed}: {alert:?}"
            );
            assert_eq!(alert.toll.cost.0, cost, "seed {seed}: {alert:?}");
        }
    }
}

/// The end of the minutes that an alert speaks of: when it was raised, and hours after that.
fn told_at(alert: &JourneyDegraded, all: &[&JourneyDegraded]) -> Millis {
    let first = all[0].raised_at;
    first.plus(i64::from(alert.revision - 1) * 60 * MINUTE_MS)
}

#[test]
fn replay_tells_the_rows_that_a_service_tells() {
    let records = release(&options(4));
    let engine = meant().engine(|| vec![7; 32], None, None).unwrap();
    let replayed = replayed(&engine, &records).degraded;
    let by_id = |alerts: Vec<JourneyDegraded>| -> BTreeMap<String, JourneyDegraded> {
        let alerts = alerts.into_iter();
        alerts
            .map(|alert| (alert.alert_id.to_string(), alert))
            .collect()
    };
    assert!(!replayed.is_empty(), "there is something to compare");
    let replayed = by_id(replayed);
    for restarts in [false, true] {
        let (_, standing) = as_it_came(&engine, &records, restarts);
        assert_eq!(by_id(standing), replayed, "restarts: {restarts}");
    }
}
