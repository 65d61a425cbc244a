//! What is accepted and probably not meant is told: ends of time, unknown kinds and types, readings
//! that cannot say anything.

use crate::case::{Case, SMALL, call, calls, lines, with};
use serde_json::json;

#[test]
fn an_end_at_the_end_of_time_is_one_and_is_told() {
    let case = Case::new(&SMALL.replace(
        "readings = [\"j+7 assisted any\"]\n",
        "readings = [\"j+7 assisted any\", \"24h all same\", \"b all any\"]\n",
    ));
    let config = std::fs::read_to_string(case.path("c.toml")).unwrap();
    let windows = "[windows]\n\"j+7\" = { calendar_days = 7 }\n\"24h\" = { rolling = \"24h\" }\n\
                   b = { business_days = 2 }\n";
    case.put("c.toml", config + windows);
    let never = [
        json!("9999-12-31T23:59:59Z"),
        json!("9999-12-31T23:59:59.999-12:00"),
        json!(253_402_300_799_999_i64),
    ];
    let mut records = calls(5);
    for (at, never) in never.iter().enumerate() {
        let open = call(&format!("N{at}"), "C9", 3, at as u32);
        let fields = json!({"ended_at": never, "due_at": never, "updated_at": never});
        records.push(with(&open, fields));
    }
    records.push(with(
        &call("N9", "C9", 4, 1),
        json!({"started_at": "9999-12-31T23:00:00Z", "ended_at": "9999-12-31T23:59:59Z"}),
    ));
    case.put("in.jsonl", lines(&records));
    for format in ["csv", "jsonl", "parquet", "avro"] {
        let ran = case.run(&format!(
            "replay --config c.toml --input in.jsonl --output {format} --format {format}"
        ));
        assert_eq!(ran.code, Some(0), "{format}: {}", ran.err);
        let note = "note: the end of time, Fri 31 Dec 9999 23:59:59 UTC, lies more than a year after \
                    the last event, Wed 4 Mar 2026 02:00:00: all windows before it are final";
        assert!(ran.err.contains(note), "{}", ran.err);
        assert_eq!(case.summary(format)["rejected"], json!({}));
    }
    let contacts = case.table("csv", "contacts");
    let ends: Vec<&str> = contacts
        .iter()
        .filter(|row| row["customer"] == "customer_id:C9")
        .map(|row| row["ended_at"].as_str())
        .collect();
    let last = "9999-12-31T23:59:59.999Z";
    let second = "9999-12-31T23:59:59.000Z";
    assert_eq!(ends, [second, last, last, second]);
    let explained = case.run("explain --config c.toml --input in.jsonl --customer C9");
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    assert!(explained.out.contains("until Fri 31 Dec 9999 23:59:59 UTC"));
    let ran = case.replay("in.jsonl", "until", "--until 9999-12-31T23:59:59Z");
    assert!(ran.err.contains("note: the end of time, "), "{}", ran.err);
    let ran = case.replay("in.jsonl", "until-march", "--until 2026-03-05T00:00:00Z");
    assert!(!ran.err.contains("the end of time"), "{}", ran.err);
    case.replay("in.jsonl", "arrived", "--as-arrived");
}

#[test]
fn unknown_kinds_and_types_are_counted_and_named() {
    let case = Case::new(SMALL);
    let whose = |kind: &str, value: &str| json!({"identifiers": [{"type": kind, "value": value}]});
    let records = [
        with(&call("P1", "C1", 1, 1), json!({"kind": "ofered"})),
        with(&call("P2", "C1", 1, 2), whose("customerId", "C1")),
        with(&call("P3", "C1", 1, 3), whose("customerId", "C1")),
        with(&call("P4", "C1", 1, 4), whose("kim@example.org", "C1")),
    ];
    case.put("in.jsonl", lines(&records));
    let ran = case.replay("in.jsonl", "out", "");
    let note = "note: identifiers of no known type, which say nothing: customerId 2, other 1; known: \
                customer_id, loyalty, email, phone, device\n";
    assert!(ran.err.contains(note), "{}", ran.err);
    let line = "           1 of an unknown kind, kept as plain activity: phone ofered\n";
    assert!(ran.out.contains(line), "{}", ran.out);
    let summary = case.summary("out");
    assert_eq!(summary["unknown_kinds"], json!({"phone/ofered": 1}));
    assert_eq!(
        summary["unknown_identifier_types"],
        json!({"customerId": 2, "other": 1})
    );
    let checked = case.run("check --config c.toml --input in.jsonl");
    assert!(
        checked
            .out
            .contains("         1  unknown kind, kept as plain activity\n"),
        "{}",
        checked.out
    );
    let line = "  identifiers of no known type: customerId 2, other 1\n";
    assert!(checked.out.contains(line), "{}", checked.out);
}

#[test]
fn where_no_contact_has_a_reason_no_rate_says_anything() {
    let same = SMALL.replace("j+7 assisted any", "j+7 assisted same");
    for (reason, expected) in [(json!(null), "–"), (json!("billing"), "0.0 %")] {
        let case = Case::new(&same);
        let records = [
            call("P1", "C1", 1, 1),
            with(&call("P2", "C2", 2, 1), json!({"reason": reason})),
        ];
        case.put("in.jsonl", lines(&records));
        let ran = case.replay("in.jsonl", "out", "");
        let reading = ran.out.lines().find(|line| line.contains("assisted same"));
        let reading: Vec<&str> = reading
            .unwrap()
            .split("  ")
            .filter(|part| !part.is_empty())
            .collect();
        assert_eq!(reading[3].trim(), expected, "{}", ran.out);
    }
}

#[test]
fn an_erasure_that_is_not_acted_upon_is_told() {
    let case = Case::new(SMALL);
    let erase = json!({"signal": "erase", "event_id": "S1", "occurred_at": "2026-03-05T10:00:00Z",
                       "identifiers": [{"type": "customer_id", "value": "C1"}]});
    case.put("with.jsonl", lines(&[call("A", "C1", 3, 9), erase]));
    case.put("without.jsonl", lines(&[call("A", "C1", 3, 9)]));
    let note = "note: 1 erasures were asked for, and a replay erases nothing";
    assert!(case.replay("with.jsonl", "with", "").err.contains(note));
    assert!(
        !case
            .replay("without.jsonl", "without", "")
            .err
            .contains(note)
    );
}
