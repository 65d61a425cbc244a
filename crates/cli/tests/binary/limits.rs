//! One key with more records than anybody expects: bounded time, bounded memory, nothing lost
//! without being counted.

use crate::case::{Case, SMALL};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Without optimisation a fifth of it has to do.
const EVENTS: usize = if cfg!(debug_assertions) {
    200_000
} else {
    1_000_000
};

fn replayed(line: impl Fn(&mut String, usize)) -> serde_json::Value {
    let case = Case::new(SMALL);
    let mut text = String::new();
    for at in 0..EVENTS {
        line(&mut text, at);
        text.push('\n');
    }
    case.put("in.jsonl", text);
    let started = Instant::now();
    case.replay("in.jsonl", "out", "");
    let took = started.elapsed();
    assert!(
        took < Duration::from_secs(120),
        "{EVENTS} events of one key took {took:?}"
    );
    case.summary("out")
}

/// Seconds of March 2026, one after the other.
fn second(at: usize) -> String {
    let (minute, hour, day) = (at / 60 % 60, at / 3_600 % 24, 1 + at / 86_400 % 28);
    format!("2026-03-{day:02}T{hour:02}:{minute:02}:{:02}Z", at % 60)
}

/// What is left of the beginning and the end when there are too many in between.
#[test]
fn a_contact_of_too_many_events_keeps_its_beginning() {
    let case = Case::new(SMALL);
    let mut text = String::new();
    for at in 0..25_000 {
        let when = second(at);
        let _ = writeln!(
            text,
            "{{\"channel\":\"chat\",\"kind\":\"message\",\"event_id\":\"m{at}\",\
             \"contact_id\":\"C\",\"occurred_at\":\"{when}\"}}"
        );
    }
    case.put("in.jsonl", text);
    let ran = case.replay("in.jsonl", "out", "");
    let contacts = case.table("out", "contacts");
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["started_at"], "2026-03-01T00:00:00.000Z");
    let cut = case.summary("out")["events_cut"].as_u64().unwrap();
    assert!((5_000..=15_000).contains(&cut), "{cut}");
    assert!(
        ran.out
            .contains(" events of contacts with over 10,000 were cut off, from their middle\n"),
        "{}",
        ran.out
    );
}

/// Both ways through the stages let the same contacts go, or none.
#[test]
fn both_ways_agree_on_a_much_used_identifier() {
    for (kind, capped) in [("customer_id", 1_400), ("phone", 0)] {
        let per_day = if capped > 0 {
            "contacts_per_day_max = 0\n"
        } else {
            ""
        };
        let case = Case::new(&format!(
            "contacts_per_customer_max = 100\n{SMALL}{per_day}"
        ));
        let mut text = String::new();
        // More than are kept, twice over and a thousand, which is when a live chain lets go of some.
        for at in 0..1_500 {
            let (minute, hour, day) = (at % 60, at / 60 % 24, 1 + at / 1_440);
            let _ = writeln!(
                text,
                "{{\"channel\":\"phone\",\"kind\":\"contact\",\"event_id\":\"c{at}\",\
                 \"contact_id\":\"c{at}\",\"outcome\":\"handled\",\
                 \"occurred_at\":\"2026-03-{day:02}T{hour:02}:{minute:02}:00Z\",\
                 \"identifiers\":[{{\"type\":\"{kind}\",\"value\":\"+33199001234\"}}]}}"
            );
        }
        case.put("in.jsonl", text);
        case.replay("in.jsonl", "settled", "--tables dead_letters");
        case.replay("in.jsonl", "arrived", "--as-arrived --tables dead_letters");
        let (settled, arrived) = (case.summary("settled"), case.summary("arrived"));
        for figure in ["contacts", "contacts_capped", "coverage", "customers"] {
            assert_eq!(settled[figure], arrived[figure], "{kind}: {figure}");
        }
        assert_eq!(settled["contacts"]["phone"], 1_500);
        assert_eq!(settled["contacts_capped"], capped, "{kind}");
    }
}

#[test]
fn one_contact_with_as_many_events() {
    let summary = replayed(|text, at| {
        let when = second(at);
        let _ = write!(
            text,
            "{{\"channel\":\"chat\",\"kind\":\"message\",\"event_id\":\"m{at}\",\
             \"contact_id\":\"C\",\"occurred_at\":\"{when}\"}}"
        );
    });
    assert_eq!(summary["decoded"], EVENTS);
    assert_eq!(summary["contacts"]["chat"], 1);
}

#[test]
fn one_customer_with_as_many_contacts() {
    let summary = replayed(|text, at| {
        let when = second(at);
        let _ = write!(
            text,
            "{{\"channel\":\"phone\",\"kind\":\"contact\",\"event_id\":\"c{at}\",\
             \"contact_id\":\"c{at}\",\"occurred_at\":\"{when}\",\"identifiers\":\
             [{{\"type\":\"customer_id\",\"value\":\"C1\"}}]}}"
        );
    });
    assert_eq!(
        (&summary["decoded"], &summary["new"]),
        (&EVENTS.into(), &EVENTS.into())
    );
}

#[test]
fn one_device_with_as_many_pages() {
    let summary = replayed(|text, at| {
        let when = second(at);
        let _ = write!(
            text,
            "{{\"channel\":\"web\",\"kind\":\"page_view\",\"event_id\":\"p{at}\",\
             \"occurred_at\":\"{when}\",\"page\":\"home\",\"identifiers\":\
             [{{\"type\":\"device\",\"value\":\"D1\"}}]}}"
        );
    });
    assert_eq!(summary["decoded"], EVENTS);
    assert_eq!(summary["contacts"]["web"], 1);
}
