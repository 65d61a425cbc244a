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
