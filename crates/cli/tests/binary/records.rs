//! Records that cannot be used: each is told with its line and why, and nothing else is lost.

use crate::case::{Case, SMALL, call, calls, lines, with};
use serde_json::{Value, json};

/// Replays one good call and a bad line on line 2; returns reason and detail of its dead letter.
fn refusal_of(line: &[u8]) -> (String, String) {
    let case = Case::new(SMALL);
    let mut text = lines(&[call("P0", "C0", 1, 10)]).into_bytes();
    text.extend_from_slice(line);
    text.push(b'\n');
    case.put("in.jsonl", text);
    let ran = case.replay("in.jsonl", "out", "");
    let summary = case.summary("out");
    assert_eq!(
        (&summary["read"], &summary["decoded"]),
        (&json!(2), &json!(1))
    );
    let letters = case.table("out", "dead_letters");
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}");
    };
    assert_eq!(
        (letter["topic"].as_str(), letter["line"].as_str()),
        ("in.jsonl", "2")
    );
    let (reason, detail) = (letter["reason"].clone(), letter["detail"].clone());
    // The report names the place, so that nobody has to open a table to see what is wrong.
    let told = format!("Rejected   {reason}, first at in.jsonl:2: {detail}");
    assert!(ran.out.contains(&told), "{told:?} in {}", ran.out);
    (reason, detail)
}

#[track_caller]
fn check(line: impl AsRef<[u8]>, reason: &str, named: &str) {
    let (found, detail) = refusal_of(line.as_ref());
    assert_eq!(found, reason, "{detail}");
    assert!(detail.contains(named), "{named:?} in {detail:?}");
}

fn changed(fields: Value) -> String {
    with(&call("P1", "C1", 1, 11), fields).to_string()
}

#[test]
fn what_is_no_json() {
    check("not json", "not_json", "expected one JSON object a line");
    check("[1, 2]", "not_json", "expected one JSON object a line");
    check("null", "not_json", "expected one JSON object a line");
    check(
        "{\"channel\":\"phone\",",
        "truncated",
        "one that is not closed after",
    );
    check([b'{', 0xff, 0xfe, b'}'], "not_json", "UTF-8");
    check("[".repeat(100_000), "not_json", "");
}

#[test]
fn what_is_missing() {
    for field in ["channel", "event_id", "kind", "occurred_at", "contact_id"] {
        check(changed(json!({ field: null })), "missing_field", field);
    }
    check(
        changed(json!({"event_id": ""})),
        "missing_field",
        "event_id",
    );
    let page = json!({"channel": "web", "kind": "page_view", "event_id": "w",
                      "occurred_at": "2026-03-01T10:00:00Z"});
    check(page.to_string(), "missing_field", "device");
    let signal = json!({"signal": "csat", "event_id": "s", "contact_id": "P0", "score": 3,
                        "occurred_at": "2026-03-01T10:00:00Z"});
    check(signal.to_string(), "missing_field", "channel");
}

#[test]
fn what_has_the_wrong_type_or_value() {
    check(
        changed(json!({"event_id": 5})),
        "wrong_type",
        "event_id: expected a text, found a number",
    );
    check(changed(json!({"wait_ms": "soon"})), "wrong_type", "wait_ms");
    check(
        changed(json!({"identifiers": "C1"})),
        "wrong_type",
        "identifiers",
    );
    check(changed(json!({"wait_ms": -5})), "bad_value", "wait_ms");
    check(
        changed(json!({"outcome": "perhaps"})),
        "bad_value",
        "expected handled or abandoned",
    );
    check(
        changed(json!({"channel": "fax"})),
        "unknown_channel",
        "found \"fax\"",
    );
    check(
        changed(json!({"tenant": "globex"})),
        "other_tenant",
        "tenant",
    );
}

#[test]
fn clocks_that_cannot_be() {
    check(
        changed(json!({"occurred_at": "yesterday"})),
        "bad_time",
        "RFC 3339",
    );
    check(
        changed(json!({"occurred_at": "2026-03-01T10:00:00"})),
        "bad_time",
        "offset",
    );
    check(
        changed(json!({"occurred_at": "2026-02-30T10:00:00Z"})),
        "bad_time",
        "occurred_at",
    );
    check(
        changed(json!({"started_at": "2026-03-01 noon"})),
        "bad_time",
        "started_at",
    );
    check(
        changed(json!({"occurred_at": "1989-12-31T23:59:59Z"})),
        "impossible_clock",
        "1990",
    );
    check(
        changed(json!({"occurred_at": "2999-01-01T00:00:00Z"})),
        "impossible_clock",
        "occurred_at",
    );
}

#[test]
fn a_line_of_twenty_megabytes_is_passed_over() {
    let long = format!("{{\"x\":\"{}\"}}", "a".repeat(20 << 20));
    check(long, "too_large", "16777216 bytes");
}

#[test]
fn what_is_unknown_is_counted_and_kept() {
    let case = Case::new(SMALL);
    let danced = with(
        &call("P1", "C1", 1, 11),
        json!({"kind": "danced", "ended_at": null}),
    );
    let exploded = json!({"signal": "exploded", "event_id": "s",
                          "occurred_at": "2026-03-01T10:00:00Z"});
    let field = with(&call("P2", "C2", 1, 12), json!({"shoe_size": 43}));
    case.put("in.jsonl", lines(&[danced, exploded, field]));
    case.replay("in.jsonl", "out", "");
    let summary = case.summary("out");
    assert_eq!(summary["decoded"], 2, "an unknown kind is plain activity");
    assert_eq!(summary["ignored"], json!({"unknown_signal": 1}));
    assert_eq!(summary["contacts"]["phone"], 2);
}

#[test]
fn blank_lines_are_no_records() {
    let case = Case::new(SMALL);
    let text = lines(&calls(3)).replace('\n', "\n\n  \n\r\n");
    case.put("in.jsonl", format!("\u{feff}\n{text}"));
    case.replay("in.jsonl", "out", "");
    assert_eq!(case.summary("out")["read"], 3);
}

#[test]
fn identifiers_that_mean_nobody_make_nobody() {
    let nobody = [
        ("customer_id", ""),
        ("customer_id", " "),
        ("customer_id", "0000"),
        ("customer_id", "Anonymous"),
        ("email", "unknown"),
        ("phone", "+00 00-00"),
        ("phone", "withheld"),
        ("phone", "sip:anonymous@example.org"),
        ("device", "null"),
        ("loyalty", "N/A"),
        ("phone", "01 99 00 99 99"),
    ];
    let case = Case::new(&format!("{SMALL}block = [\"+33 1 99 00 99 99\"]\n"));
    let calls: Vec<Value> = nobody
        .iter()
        .enumerate()
        .map(|(at, (kind, value))| {
            let identifiers = json!([{"type": kind, "value": value}]);
            let call = call(&format!("P{at}"), "", 1, at as u32);
            with(&call, json!({ "identifiers": identifiers }))
        })
        .collect();
    case.put("in.jsonl", lines(&calls));
    case.replay("in.jsonl", "out", "");
    let summary = case.summary("out");
    assert_eq!(summary["contacts"]["phone"], nobody.len());
    assert_eq!(
        (&summary["customers"], &summary["coverage"]),
        (&json!(0), &json!(0.0))
    );
    for row in case.table("out", "contacts") {
        assert_eq!(row["customer"], "", "{row:?}");
        assert_eq!(row["not_counted_because"], "unknown_customer");
    }
}

#[test]
fn contacts_that_name_each_other_in_a_ring_are_one() {
    let case = Case::new(SMALL);
    let ring = |at: u32, next: &str| {
        let call = call(&format!("R{at}"), "C1", 1, 10 + at);
        with(
            &call,
            json!({"related_contact_ids": [next, format!("R{at}")]}),
        )
    };
    case.put(
        "in.jsonl",
        lines(&[ring(0, "R1"), ring(1, "R2"), ring(2, "R0")]),
    );
    case.replay("in.jsonl", "out", "");
    let contacts = case.table("out", "contacts");
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!(
        (&*contacts[0]["contact_id"], &*contacts[0]["legs"]),
        ("R0", "3")
    );
}

#[test]
fn strict_says_by_its_status_that_something_was_rejected() {
    let case = Case::new(SMALL);
    case.put("good.jsonl", lines(&calls(3)));
    case.put("bad.jsonl", "not json\n");
    case.replay("good.jsonl", "good", "--strict");
    let ran = case.run("replay --config c.toml --input good.jsonl bad.jsonl --output bad --strict");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(
        case.path("bad/contacts.parquet").exists(),
        "it ran all the same"
    );
    case.replay("good.jsonl bad.jsonl", "not-strict", "");
}
