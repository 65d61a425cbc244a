//! Real event data, where it is there, through topics: what stands in them is what a replay says.

use crate::deployment::Deployment;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::path::Path;
use testbed::Broker;

/// Beside the project, never in it.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// The canonical words of a row, beyond those that all data sets share.
type Words = fn(&mut Map<String, Value>, &dyn Fn(&str) -> String);

/// The rows of a data set as canonical events, in order of time; nothing where it is not there.
fn events(file: &str, zone: &str, words: Words) -> Option<Vec<String>> {
    let path = Path::new(FOLDER).join(file);
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    let zone = TimeZone::get(zone).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut events: Vec<(String, String)> = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        let cell = |name: &str| {
            let at = header.iter().position(|column| column == name).unwrap();
            row[at].to_owned()
        };
        // No call at all, says the description of the data.
        if cell("outcome") == "PHANTOM" {
            continue;
        }
        let time = |name: &str| {
            let local: DateTime = cell(name).parse().unwrap();
            zone.to_zoned(local).unwrap().timestamp().to_string()
        };
        let mut event = Map::new();
        let started_at = time("ts");
        for (name, value) in [
            ("kind", json!("contact")),
            ("event_id", json!(cell("event_id"))),
            ("contact_id", json!(cell("event_id"))),
            ("occurred_at", json!(started_at)),
            ("started_at", json!(started_at)),
            (
                "identifiers",
                json!([{"type": "customer_id", "value": cell("customer_id")}]),
            ),
        ] {
            event.insert(name.to_owned(), value);
        }
        if !cell("end_ts").is_empty() {
            event.insert("ended_at".to_owned(), json!(time("end_ts")));
        }
        if !cell("reason").is_empty() {
            event.insert("reason".to_owned(), json!(cell("reason")));
        }
        let is_out = cell("direction") == "out";
        event.insert(
            "direction".to_owned(),
            json!(if is_out { "outbound" } else { "inbound" }),
        );
        words(&mut event, &cell);
        events.push((started_at, Value::Object(event).to_string()));
    }
    events.sort();
    Some(events.into_iter().map(|(_, event)| event).collect())
}

/// Sends a data set through topics, in three pieces, and compares all tables with a replay's.
fn run_equals_replay(name: &str, config: &str, zone: &str, until: &str, words: Words) {
    let Some(mut events) = events(&format!("{name}.csv"), zone, words) else {
        return;
    };
    let Some(broker) = Broker::shared() else {
        return;
    };
    let plain = "pseudonymise = false";
    assert!(config.contains(plain), "{name}: a service hashes");
    let head = config.replace(plain, "secret_file = \"secret\"");
    let id = name.replace('_', "-");
    let deployment = Deployment::on(&broker.bootstrap_servers(), &id, &head, None);
    let process = deployment.start("a", "all");
    for piece in events.chunks(events.len().div_ceil(3)) {
        deployment.send(piece);
    }
    let ends = deployment.end_time(&events, until);
    events.extend(ends);
    let expected = deployment.replayed(&events, until);
    assert!(expected.len("contacts") > 5_000, "{name}");
    deployment.expect(&expected);
    assert_eq!(process.stop(), Some(0));
}

#[test]
fn calls_of_a_bank() {
    let words: Words = |event, cell| {
        event.insert("channel".into(), json!("phone"));
        let outcome = match cell("outcome").as_str() {
            "AGENT" => "handled",
            "HANG" => "abandoned",
            other => panic!("{other}"),
        };
        event.insert("outcome".into(), json!(outcome));
    };
    let config = include_str!("../configs/bank_calls.toml");
    run_equals_replay(
        "bank_calls",
        config,
        "Asia/Jerusalem",
        "2000-02-01T00:00:00Z",
        words,
    );
}

#[test]
fn calls_and_texts_of_pairs() {
    let words: Words = |event, cell| {
        let is_text = cell("channel") == "sms";
        event.insert(
            "channel".into(),
            json!(if is_text { "chat" } else { "phone" }),
        );
        let outcome = match cell("outcome").as_str() {
            "answered" => "handled",
            "zero" => "short",
            "missed" => "abandoned",
            _ => return,
        };
        event.insert("outcome".into(), json!(outcome));
    };
    let config = include_str!("../configs/calls_and_texts.toml");
    run_equals_replay(
        "calls_and_texts",
        config,
        "Europe/Copenhagen",
        "2000-04-01T00:00:00Z",
        words,
    );
}

#[test]
fn incidents_of_a_help_desk() {
    let words: Words = |event, cell| {
        event.insert("channel".into(), json!(cell("channel")));
        event.insert("attributes".into(), json!({"reassigned": cell("outcome")}));
    };
    let config = include_str!("../configs/helpdesk_incidents.toml");
    run_equals_replay(
        "helpdesk_incidents",
        config,
        "Europe/Rome",
        "2017-06-01T00:00:00Z",
        words,
    );
}

#[test]
fn visits_of_a_travel_site() {
    let words: Words = |event, cell| {
        event.insert("channel".into(), json!("web"));
        event.insert("step".into(), json!(cell("outcome")));
    };
    let config = include_str!("../configs/web_and_app_visits.toml");
    run_equals_replay(
        "web_and_app_visits",
        config,
        "America/Santiago",
        "2015-12-01T00:00:00Z",
        words,
    );
}
