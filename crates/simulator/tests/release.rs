//! The bad release of the demo's day, from records to the alert: found, named, counted, and the same
//! whichever way the stages are run.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use model::{AlertStatus, Millis};
use settings::{Loaded, Meant};
use simulator::oracle::{self, InputLine, Options};
use simulator::workload::day::{DayOptions, TimedRecord, day, day_config};
use stage_door::{Clocks, Place};
use stage_monitor::JourneyDegraded;
use std::collections::{BTreeMap, BTreeSet};
use worker::{Bucket, Counts, Engine, History, Live, Partitions};

const MINUTE_MS: i64 = 60_000;
const RULE: &str = "payment-without-confirmation";

fn meant() -> Meant {
    let loaded = Loaded::from_text(&day_config(), "test").unwrap();
    loaded.meant().unwrap()
}

fn admitted(
    engine: &Engine,
    records: &[TimedRecord],
    mut each: impl FnMut(i64, model::Text, model::ContactInput),
) {
    let (mut clocks, mut counts) = (Clocks::default(), Counts::default());
    for TimedRecord { at_ms, json } in records {
        let place = Place {
            source: "",
            partition: 0,
            recorded_at: Some(Millis(*at_ms)),
            lateness: true,
        };
        let decoded = canonical::decode_json(json.as_bytes());
        // The day has records that nobody can use, as every day has.
        if let Ok((key, input)) = engine.admit(decoded, &place, &mut clocks, &mut counts) {
            each(*at_ms, key, input);
        }
    }
}

/// As `replay` does it.
fn replayed(engine: &Engine, records: &[TimedRecord]) -> Bucket {
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

/// As it comes, minute by minute. Returns all that was told of degraded journeys, each with the
/// minute in which it was, and what stands in the end.
fn as_it_came(
    engine: &Engine,
    records: &[TimedRecord],
    restarts: bool,
) -> (Vec<(Millis, JourneyDegraded)>, Vec<JourneyDegraded>) {
    let mut live = Live::new(engine, Partitions::ONE);
    let mut told = Vec::new();
    let mut minute = records[0].at_ms.div_euclid(MINUTE_MS);
    let mut last = Millis::MIN;
    admitted(engine, records, |at_ms, key, input| {
        let next = at_ms.div_euclid(MINUTE_MS);
        if next > minute {
            let now = Millis(next * MINUTE_MS);
            live.advance(now);
            told.extend(live.degraded.drain(..).map(|alert| (now, alert)));
            if restarts && next % 7 == 0 {
                live.restart().unwrap();
            }
            minute = next;
        }
        last = last.max(worker::horizon(&input));
        live.offer(key, input);
    });
    live.advance(last);
    told.extend(live.degraded.drain(..).map(|alert| (last, alert)));
    (told, live.told.settled().degraded)
}

/// Customers of the rule's journeys that broke in the minutes from one instant to before another, and
/// their cost in millionths, as the oracle finds them in the records that had come until then.
fn counted_by_the_oracle(records: &[TimedRecord], from: Millis, to: Millis) -> (u64, i64) {
    let come = records.iter().take_while(|record| record.at_ms < to.0);
    let lines = come.zip(1..).map(|(record, line)| InputLine {
        file: "records".to_owned(),
        line,
        text: record.json.clone(),
    });
    let lines: Vec<InputLine> = lines.collect();
    let until = Options {
        until: Some(to.0),
        ..Options::default()
    };
    let settled = oracle::settle(&day_config(), &lines, until).unwrap();
    let (mut customers, mut cost) = (BTreeSet::new(), 0);
    for row in settled.journeys.iter().filter(|row| row["rule"] == RULE) {
        let decided_at: jiff::Timestamp = row["decided_at"].as_str().unwrap().parse().unwrap();
        if (from..to).contains(&Millis(decided_at.as_millisecond())) {
            customers.insert(row["customer"].as_str().unwrap().to_owned());
            cost += (row["cost"].as_f64().unwrap_or(0.0) * 1e6).round() as i64;
        }
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
        let options = DayOptions::demo(seed);
        let records: Vec<TimedRecord> = day(options.clone()).collect();
        let engine = meant().engine(|| vec![7; 32], None, None).unwrap();
        let (told, _) = as_it_came(&engine, &records, false);
        let (released_ms, _) = options.incident_ms();
        let of_rule = told.iter().filter(|(_, alert)| {
            alert.place.rule == RULE && alert.raised_at.0 >= released_ms
        });
        let of_rule: Vec<&(Millis, JourneyDegraded)> = of_rule.collect();
        for (at, alert) in &told {
            let after_min = (at.0 - released_ms) / MINUTE_MS;
            let (place, toll) = (&alert.place, alert.toll);
            println!(
                "seed {seed}: {after_min} min: {} {} {} {:?}: {} breaks, {:.1} expected, {} customers",
                place.rule, place.segment, alert.within, alert.cause, alert.breaks, alert.expected,
                toll.customers
            );
        }
        let (found_at, first) = of_rule.first().expect("it is found");
        assert_eq!(first.status, AlertStatus::Raised);
        assert_eq!(first.place.segment, "page=Paiement");
        assert_eq!(first.within, "attributes.app_version=5.13", "{first:?}");
        let after_ms = found_at.0 - released_ms;
        let is_in_time = (0..=30 * MINUTE_MS).contains(&after_ms);
        assert!(is_in_time, "seed {seed}: {first:?}");
        let expected = counted_by_the_oracle(&records, first.since, *found_at);
        let found = (first.toll.customers, first.toll.cost.0);
        assert_eq!(found, expected, "seed {seed}: {first:?}");
        assert!(!first.toll.is_partial);
        let hour = Millis(released_ms + 30 * MINUTE_MS);
        let in_an_hour = counted_by_the_oracle(&records, hour, hour.plus(60 * MINUTE_MS));
        assert!(in_an_hour.0 >= 200, "{in_an_hour:?}");
        let (_, last) = of_rule.last().expect("it is found");
        assert!(last.over_since.is_some(), "mended at 15:30: {last:?}");
    }
}

#[test]
#[ignore = "takes minutes without optimisation: see ./dev release"]
fn replay_tells_the_rows_that_a_service_tells() {
    let records: Vec<TimedRecord> = day(DayOptions::demo(4)).collect();
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
