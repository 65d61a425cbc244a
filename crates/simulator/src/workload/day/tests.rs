use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

fn options(seed: u64) -> DayOptions {
    DayOptions {
        seed,
        customers: 20_000,
        scale: 1.0,
        ..DayOptions::default()
    }
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let first: Vec<TimedRecord> = day(options(1)).take(3_000).collect();
    assert!(first == day(options(1)).take(3_000).collect::<Vec<_>>());
    assert!(first != day(options(2)).take(3_000).collect::<Vec<_>>());
}

#[test]
fn records_are_json_in_order_and_of_a_platforms_size() {
    let options = options(1);
    let (mut last_ms, mut bytes, mut count) = (0, 0, 0);
    for record in day(options.clone()) {
        assert!(record.at_ms >= last_ms, "{}", record.json);
        last_ms = record.at_ms;
        let event: Value = serde_json::from_str(&record.json).expect("a JSON object");
        assert_eq!(event["tenant"], "demo");
        assert!(
            event["channel"].is_string() || event["signal"].is_string(),
            "{}",
            record.json
        );
        bytes += record.json.len();
        count += 1;
    }
    assert!(last_ms < options.closes_at_ms());
    assert!(
        (200..400).contains(&(bytes / count)),
        "{} bytes a record",
        bytes / count
    );
}

#[test]
fn the_day_has_plausible_volumes() {
    let options = options(1);
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut hours = [0_u64; 24];
    let mut total = 0_u64;
    for record in day(options.clone()).filter(|record| record.at_ms >= options.opens_at_ms()) {
        let event: Value = serde_json::from_str(&record.json).expect("a JSON object");
        let name = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let kind = match event["signal"].as_str() {
            Some(signal) => format!("signal {signal}"),
            None => format!("{} {}", name("channel"), name("kind")),
        };
        *kinds.entry(kind).or_default() += 1;
        hours[((record.at_ms - options.opens_at_ms()) / HOUR_MS) as usize + 6] += 1;
        total += 1;
    }
    for (kind, count) in &kinds {
        println!("{kind:<24} {count:>7}");
    }
    println!("by local hour {hours:?}, {total} records");
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    let (calls, answered) = (count("phone offered"), count("phone answered"));
    assert!((200..600).contains(&calls), "{calls} calls");
    assert!(
        answered * 100 / calls > 60 && answered < calls,
        "{answered} of {calls} answered"
    );
    assert!(count("web page_view") > 4 * calls);
    assert!(count("email received") > 30 && count("email sent") > 60);
    assert!(count("video joined") >= 5 && count("chat started") > 60);
    assert!(count("signal delivered") > 100 && count("signal csat") > 5);
    assert_eq!(count("signal marker"), 1);
    assert!(
        hours[10] > 3 * hours[6] && hours[10] > 2 * hours[23],
        "{hours:?}"
    );
}

#[test]
fn traffic_follows_customers_and_scale() {
    let count = |customers, scale| {
        day(DayOptions {
            customers,
            scale,
            ..options(5)
        })
        .count() as f64
    };
    let one = count(10_000, 1.0);
    let more_customers = count(30_000, 1.0) / one;
    let larger_scale = count(10_000, 3.0) / one;
    assert!((2.6..3.4).contains(&more_customers), "{more_customers}");
    assert!((2.6..3.4).contains(&larger_scale), "{larger_scale}");
}

#[test]
fn every_identifier_is_fictitious() {
    for number in 0..70_000 {
        let customer = Customer(number);
        assert!(customer.email().contains("@example."));
        let Some(phone) = customer.phone() else {
            continue;
        };
        assert_eq!(phone.len(), 12, "{phone}");
        let is_free = [
            "+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998",
        ]
        .iter()
        .any(|prefix| phone.starts_with(prefix));
        assert!(is_free, "{phone}");
    }
    assert_eq!(Customer(0).phone(), Customer(1).phone(), "a household");
    assert_ne!(Customer(2).phone(), Customer(3).phone());
}

#[test]
fn the_configuration_is_toml_and_names_every_code() {
    let config: toml::Table = day_config().parse().expect("TOML");
    let codes = config["tables"]["reasons"]
        .as_array()
        .expect("a table of reasons");
    for reason in &reasons::REASONS {
        let row = codes
            .iter()
            .find(|row| row["code"].as_str() == Some(reason.code));
        let path = row.and_then(|row| row["reason"].as_str());
        assert_eq!(path, Some(reason.path), "{}", reason.code);
    }
}
