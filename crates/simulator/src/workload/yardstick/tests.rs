use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

fn options(shape: Shape) -> YardstickOptions {
    YardstickOptions {
        contacts: 40_000,
        customers: 10_000,
        days: 35,
        seed: 1,
        shape,
    }
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let text = |seed| {
        let mut out = String::new();
        let mut job = yardstick(YardstickOptions {
            seed,
            ..options(Shape::Events)
        });
        while job.write_next(&mut out) {}
        out
    };
    assert!(text(1) == text(1));
    assert!(text(1) != text(2));
}

#[test]
fn events_are_late_twice_and_large_as_promised() {
    let (mut records, mut late, mut clock_ms) = (0_u64, 0_u64, 0);
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    for record in yardstick(options(Shape::Events)) {
        assert!(record.len() >= 200, "{} bytes: {record}", record.len());
        let event: Value = serde_json::from_str(&record).expect("a JSON object");
        let at: jiff::Timestamp = event["occurred_at"]
            .as_str()
            .expect("a text")
            .parse()
            .expect("a time");
        let at_ms = at.as_millisecond();
        assert!(at_ms > clock_ms - LATE_MS_MAX - 1, "{record}");
        late += u64::from(at_ms < clock_ms);
        clock_ms = clock_ms.max(at_ms);
        records += 1;
        let key = format!("{}{}", event["channel"], event["event_id"]);
        *events.entry(key).or_default() += 1;
    }
    let twice = events.values().filter(|copies| **copies == 2).count() as u64;
    assert_eq!(records, events.len() as u64 + twice);
    // One event at the start of each contact, and nearly always one at its end.
    assert!(
        (79_600..=80_000).contains(&events.len()),
        "{}",
        events.len()
    );
    assert!((700..900).contains(&twice), "{twice} twice");
    assert!((3_500..5_200).contains(&late), "{late} late");
}

#[test]
fn contacts_are_skewed_and_return_for_the_same_reason() {
    let all: Vec<Contact> = contacts(&options(Shape::Events)).collect();
    assert_eq!(all.len(), 40_000);
    assert!(all.is_sorted_by_key(|contact| contact.start_ms));
    let mut by_customer: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut channels = BTreeMap::new();
    for contact in &all {
        by_customer
            .entry(contact.customer)
            .or_default()
            .push(contact.reason);
        *channels.entry(contact.channel.name()).or_insert(0_u64) += 1;
    }
    let most = by_customer.values().map(Vec::len).max().unwrap_or(0);
    println!("{channels:?}, {} customers, most {most}", by_customer.len());
    assert!(
        channels.len() == 5 && channels["phone"] > 3 * channels["email"] / 2,
        "{channels:?}"
    );
    assert!(
        by_customer.len() > 6_000 && most > 15 && most < 400,
        "{} {most}",
        by_customer.len()
    );
    let pairs = by_customer.values().flat_map(|reasons| reasons.windows(2));
    let (same, total) = pairs.fold((0, 0), |(same, total), pair| {
        (same + u64::from(pair[0] == pair[1]), total + 1)
    });
    assert!(
        (8..40).contains(&(same * 100 / total)),
        "{same} of {total} for the same reason"
    );
    let abandoned = all
        .iter()
        .filter(|one| one.outcome == Outcome::Abandoned)
        .count();
    assert!((1_500..4_500).contains(&abandoned), "{abandoned}");
    assert_eq!(REASONS.iter().collect::<BTreeSet<_>>().len(), REASONS.len());
    assert!(REASONS.len() == 40 && REASONS.iter().all(|path| path.matches('/').count() == 2));
}

#[test]
fn whole_contacts_are_the_same_contacts() {
    let wholes: Vec<String> = yardstick(options(Shape::WholeContacts)).collect();
    assert_eq!(wholes.len(), 40_000);
    for (record, contact) in wholes.iter().zip(contacts(&options(Shape::Events))) {
        assert!(record.len() >= 200, "{record}");
        let event: Value = serde_json::from_str(record).expect("a JSON object");
        assert_eq!(event["contact_id"], format!("K{:09}", contact.number));
        let customer_id = format!("C{:08}", contact.customer);
        assert_eq!(event["identifiers"][0]["value"], customer_id);
        let ended: jiff::Timestamp = event["ended_at"]
            .as_str()
            .expect("a text")
            .parse()
            .expect("a time");
        assert_eq!(ended.as_millisecond(), contact.end_ms);
    }
}

#[test]
fn the_configuration_has_fourteen_readings() {
    let config: toml::Table = yardstick_config().parse().expect("TOML");
    let readings = config["readings"].as_array().expect("a list");
    assert_eq!(readings.len(), 14);
    assert!(readings.contains(&config["headline"]));
}
