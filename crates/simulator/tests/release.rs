//! A bad release, from records to the alert: found, named, counted, and the same whichever way the
//! stages are run.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use model::{AlertStatus, Millis};
use settings::{Loaded, Meant};
use simulator::oracle::{self, InputLine, Options};
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
        payments_per_hour_after: 240,
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

/// The journeys of the last days, as the oracle finds them: when each was decided, whose it is, and
/// its cost in millionths. Each customer pays once, so that earlier days change nothing.
fn broken_by_the_oracle(records: &[(i64, String)]) -> Vec<(Millis, String, i64)> {
    let from_ms = records[records.len() - 1].0 - 24 * 60 * MINUTE_MS;
    let last = records.iter().filter(|(at_ms, _)| *at_ms >= from_ms);
    let lines = last.zip(1..).map(|((_, json), line)| InputLine {
        file: "records".to_owned(),
        line,
        text: json.clone(),
    });
    let lines: Vec<InputLine> = lines.collect();
    let settled = oracle::settle(RELEASE_CONFIG, &lines, Options::default()).unwrap();
    let of_rule = settled.journeys.iter().filter(|row| row["rule"] == RULE);
    let told = of_rule.map(|row| {
        let decided_at: jiff::Timestamp = row["decided_at"].as_str().unwrap().parse().unwrap();
        let cost = row["cost"].as_f64().unwrap_or(0.0);
        let customer = row["customer"].as_str().unwrap().to_owned();
        (
            Millis(decided_at.as_millisecond()),
            customer,
            (cost * 1e6).round() as i64,
        )
    });
    told.collect()
}

/// Customers and cost of the journeys that broke in the minutes from one instant to before another.
fn counted(broken: &[(Millis, String, i64)], from: Millis, to: Millis) -> (u64, i64) {
    let broke = broken.iter().filter(|(at, ..)| (from..to).contains(at));
    let (mut customers, mut cost) = (BTreeSet::new(), 0);
    for (_, customer, own) in broke {
        customers.insert(customer);
        cost += own;
    }
    (customers.len() as u64, cost)
}

/// Seeds that are tried: `RELEASE_SEEDS`, by default a few.
fn seeds() -> u64 {
    let asked = std::env::var("RELEASE_SEEDS");
    asked.map_or(2, |seeds| seeds.parse().expect("a number of seeds"))
}

#[test]
#[ignore = "takes minutes without optimisation: see ./dev release"]
fn a_bad_release_is_found_within_half_an_hour_and_named() {
    for seed in 1..=seeds() {
        let options = options(seed);
        let records = release(&options);
        let engine = meant().engine(|| vec![7; 32], None, None).unwrap();
        let (told, _) = as_it_came(&engine, &records, false);
        let of_rule = told.iter().filter(|alert| alert.place.rule == RULE);
        let of_rule: Vec<&JourneyDegraded> = of_rule.collect();
        let first = of_rule.first().expect("it is found");
        assert_eq!(first.status, AlertStatus::Raised);
        assert_eq!(first.place.segment, "page=Paiement");
        // At first the new version's entries are too young to tell it from the other.
        let named: BTreeSet<&str> = of_rule.iter().map(|alert| alert.within.as_str()).collect();
        let last = of_rule.last().expect("it is found");
        assert_eq!(last.within, "attributes.app_version=7.2", "{last:?}");
        assert!(
            named.is_subset(&BTreeSet::from(["", &last.within])),
            "{named:?}"
        );
        let after_ms = first.raised_at.0 - options.released_at_ms();
        let is_in_time = (0..=30 * MINUTE_MS).contains(&after_ms);
        assert!(is_in_time, "seed {seed}: {first:?}");
        println!("seed {seed}: found after {} min", after_ms / MINUTE_MS);
        let broken = broken_by_the_oracle(&records);
        let hour = Millis(options.released_at_ms() + 60 * MINUTE_MS);
        let in_an_hour = counted(&broken, hour, hour.plus(60 * MINUTE_MS));
        assert!(in_an_hour.0 >= 200, "{in_an_hour:?}");
        assert!(of_rule.len() > 1, "it goes on, hour by hour");
        for alert in &of_rule {
            // What was told at the end of a minute: all breaks of it and before.
            let told_at = told_at(alert, &of_rule);
            let expected = counted(&broken, alert.since, told_at);
            let found = (alert.toll.customers, alert.toll.cost.0);
            assert_eq!(found, expected, "seed {seed}: {alert:?}");
            assert!(!alert.toll.is_partial);
        }
    }
}

/// The end of the minutes that an alert speaks of: when it was raised, and hours after that.
fn told_at(alert: &JourneyDegraded, all: &[&JourneyDegraded]) -> Millis {
    let first = all[0].raised_at;
    first.plus(i64::from(alert.revision - 1) * 60 * MINUTE_MS)
}

#[test]
#[ignore = "takes minutes without optimisation: see ./dev release"]
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
