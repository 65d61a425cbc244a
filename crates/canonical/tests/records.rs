//! What a record comes to: text in, one line out.

#![allow(clippy::unwrap_used)]

use canonical::{Decoded, Reader, decode_json};
use model::{Event, Signal, Value};
use proptest::prelude::*;
use std::fmt::Write as _;

/// What was decoded, on one line.
fn line(decoded: &Decoded) -> String {
    match decoded {
        Decoded::Event(event) => event_line(event),
        Decoded::Signal(signal) => signal_line(signal),
        Decoded::Ignored { why } => format!("ignored {}", why.name()),
        Decoded::Rejected { reason, detail } => format!("{}: {detail}", reason.name()),
    }
}

fn event_line(event: &Event) -> String {
    let mut line = format!("{} {}", event.channel.name(), event.kind.name());
    let texts = [
        ("tenant", &event.tenant),
        ("source", &event.source),
        ("contact", &event.contact_id),
        ("root", &event.root_contact_id),
        ("thread", &event.thread_id),
    ];
    for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        write!(line, " {name}={text}").unwrap();
    }
    if event.updated_at != event.occurred_at {
        write!(
            line,
            " updated=+{}",
            event.updated_at.since(event.occurred_at)
        )
        .unwrap();
    }
    for id in &event.related_contact_ids {
        write!(line, " ~{id}").unwrap();
    }
    for identifier in &event.identifiers {
        let mark = if identifier.verified { "!" } else { "" };
        write!(line, " <{}>{mark}", identifier.text()).unwrap();
    }
    for (field, value) in &event.fields {
        write!(line, " {}=", field.name()).unwrap();
        match value {
            Value::Null => line.push_str("null"),
            Value::Text(text) => line.push_str(text),
            Value::Int(number) => write!(line, "{number}").unwrap(),
            Value::Time(at) => write!(line, "@{}", at.0).unwrap(),
            Value::Bool(truth) => write!(line, "{truth}").unwrap(),
            Value::Money(amount) => write!(line, "{}", amount.0).unwrap(),
            Value::Direction(word) => line.push_str(word.name()),
            Value::Initiation(word) => line.push_str(word.name()),
            Value::Outcome(word) => line.push_str(word.name()),
            Value::StepStatus(word) => line.push_str(word.name()),
        }
    }
    attributes(&mut line, &event.attributes);
    line
}

fn signal_line(signal: &Signal) -> String {
    let mut line = format!("signal {}", signal.name.name());
    if let Some(channel) = signal.channel {
        write!(line, " {}", channel.name()).unwrap();
    }
    if !signal.contact_id.is_empty() {
        write!(line, " contact={}", signal.contact_id).unwrap();
    }
    let numbers = [
        ("amount", signal.amount),
        ("score", signal.score),
        ("scale", signal.scale),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            write!(line, " {name}={}", number.0).unwrap();
        }
    }
    if let Some(due_at) = signal.due_at {
        write!(line, " due=@{}", due_at.0).unwrap();
    }
    attributes(&mut line, &signal.attributes);
    line
}

fn attributes(line: &mut String, attributes: &[(model::Text, Option<model::Text>)]) {
    for (name, value) in attributes {
        write!(line, " {name}:{}", value.as_deref().unwrap_or("-")).unwrap();
    }
}

/// Decodes a whole record.
fn check(json: &str, expected: &str) {
    assert_eq!(line(&decode_json(json.as_bytes())), expected, "{json}");
}

/// Decodes a phone record of contact L1 with more fields, and leaves out what all have.
fn with(fields: &str, expected: &str) {
    let head = r#""channel":"phone","event_id":"E1","kind":"ended","occurred_at":1772359200000"#;
    let json = format!(
        r#"{{{head},"contact_id":"L1"{}{fields}}}"#,
        if fields.is_empty() { "" } else { "," }
    );
    let found = line(&decode_json(json.as_bytes()));
    let found = found
        .strip_prefix("phone ended contact=L1")
        .unwrap_or(&found)
        .trim();
    assert_eq!(found, expected, "{json}");
}

#[test]
fn fields_state_values_or_nothing_or_no_value() {
    with("", "");
    with(r#""queue":"Q1""#, "queue=Q1");
    with(r#""queue":null"#, "queue=null");
    with(r#""queue":"""#, "queue=null");
    with(r#""queue":"a","queue":"b""#, "queue=b");
    with(r#""queue":"a","queue":null"#, "queue=null");
    with(
        r#""queue":5"#,
        "wrong_type: queue: expected a text, found a number",
    );
    with(
        r#""queue":["a"]"#,
        "wrong_type: queue: expected a text, found a list",
    );
    with(
        r#""weather":{"a":[1,2,{"b":null}]},"cleared":["queue"]"#,
        "",
    );
    with(
        r#""tenant":null,"source":"","root_contact_id":null,"updated_at":null"#,
        "",
    );
    with(
        r#""tenant":"acme","source":"acd","root_contact_id":"L0","thread_id":"T""#,
        "phone ended tenant=acme source=acd contact=L1 root=L0 thread=T",
    );
}

#[test]
fn times_durations_amounts_and_words_are_checked() {
    with(
        r#""started_at":"2026-03-01T10:00:00Z""#,
        "started_at=@1772359200000",
    );
    with(
        r#""started_at":1772359200000.0"#,
        "started_at=@1772359200000",
    );
    let bad = "bad_time: started_at: expected RFC 3339 with offset or epoch milliseconds, found";
    for (value, found) in [
        (
            r#""2026-03-01T10:00:00""#,
            "2026-03-01T10:00:00: it has no offset such as Z or +01:00",
        ),
        (
            r#""2026-02-30T10:00:00Z""#,
            "2026-02-30T10:00:00Z: its month has no such day",
        ),
        (
            r#""kim@example.org""#,
            "a text: it is not written as in 2026-03-01T10:00:00+01:00",
        ),
        ("1772359200.5", "a number: it is no whole number"),
        (
            "99999999999999999",
            "a number: it is past the year 9999; are these milliseconds?",
        ),
        (
            "253402387140000",
            "a number: it is past the year 9999; are these milliseconds?",
        ),
    ] {
        with(
            &format!(r#""started_at":{value}"#),
            &format!("{bad} {found}"),
        );
    }
    for value in ["253402387139999", r#""9999-12-31T23:59:59.999-23:59""#] {
        with(
            &format!(r#""started_at":{value}"#),
            "started_at=@253402300799999",
        );
    }
    with(
        r#""started_at":true"#,
        "wrong_type: started_at: expected a time, found a boolean",
    );
    with(r#""started_at":"""#, "started_at=null");
    with(r#""updated_at":1772359200007"#, "updated=+7");
    with(
        r#""wait_ms":0,"handle_ms":90000.0"#,
        "wait_ms=0 handle_ms=90000",
    );
    with(
        r#""wait_ms":-1"#,
        "bad_value: wait_ms: expected 0 to 1000000000000000 milliseconds",
    );
    with(
        r#""wait_ms":1.5"#,
        "wrong_type: wait_ms: expected whole milliseconds, found a number",
    );
    with(
        r#""wait_ms":"9""#,
        "wrong_type: wait_ms: expected whole milliseconds, found a text",
    );
    with(r#""extra_cost":-1.25"#, "extra_cost=-1250000");
    with(
        r#""extra_cost":1e300"#,
        "bad_value: extra_cost: expected less than nine million millions",
    );
    with(
        r#""automatic":true,"may_contact":null"#,
        "automatic=true may_contact=null",
    );
    with(
        r#""automatic":"yes""#,
        "wrong_type: automatic: expected a boolean, found a text",
    );
    with(
        r#""direction":"outbound","outcome":"failed""#,
        "direction=outbound outcome=failed",
    );
    with(
        r#""direction":"sideways""#,
        "bad_value: direction: expected inbound or outbound, found \"sideways\"",
    );
    with(
        r#""direction":"+33199000001""#,
        "bad_value: direction: expected inbound or outbound, found another text",
    );
    with(r#""step":"help","step_status":null"#, "step=help");
    with(
        r#""step":"help","step_status":"failed""#,
        "step=help step_status=failed",
    );
}

#[test]
fn a_reason_stands_under_its_provenance() {
    with(r#""reason":"billing""#, "reason.qualified=billing");
    with(
        r#""reason":"billing","reason_source":"page""#,
        "reason.page=billing",
    );
    with(r#""reason":null"#, "reason.qualified=null");
    with(
        r#""reason":"","reason_source":"declared""#,
        "reason.declared=null",
    );
    with(r#""reason_source":"declared""#, "");
    with(r#""reason_code":"B1""#, "reason_code=B1");
    with(
        r#""reason_code":"B1","reason_source":null"#,
        "reason_code=B1",
    );
    with(
        r#""reason_code":"B1","reason_source":"queue""#,
        "reason_source=queue reason_code=B1",
    );
    with(
        r#""reason_source":"agent""#,
        "bad_value: reason_source: expected page or queue or declared or qualified, found \"agent\"",
    );
}

#[test]
fn lists_are_read_whole_or_refused() {
    let identifiers = [
        (
            r#"[{"type":"phone","value":"+33199000001","verified":true}]"#,
            "<phone:+33199000001>!",
        ),
        (
            r#"[{"value":4711,"type":"customer_id"}]"#,
            "<customer_id:4711>",
        ),
        (
            r#"[{"type":"a","value":"x"},{"type":"a","value":"y","extra":[1]}]"#,
            "<a:x> <a:y>",
        ),
        (r#"[{"type":"a","value":""}]"#, "<a:>"),
        (r#"[{"type":"phone","value":null}]"#, ""),
        ("null", ""),
        ("[]", ""),
        (r#"[{"type":"a"}]"#, "missing_field: identifiers.value"),
        (r#"[{"value":"a"}]"#, "missing_field: identifiers.type"),
        (
            r#"[{"type":"","value":"a"}]"#,
            "missing_field: identifiers.type",
        ),
        (
            r#"[{"type":"a","value":123456789012345678901}]"#,
            "wrong_type: identifiers.value: expected a text, found a number that is not exact",
        ),
        (
            r#"[{"type":"a","value":"b","verified":"yes"}]"#,
            "wrong_type: identifiers.verified: expected a boolean, found a text",
        ),
        (
            r#"[{"type":"a","value":"b"},"c",{"type":"d","value":"e"}]"#,
            "wrong_type: identifiers: expected a list of objects, found a text",
        ),
        (
            r#"{"type":"a"}"#,
            "wrong_type: identifiers: expected a list of objects, found an object",
        ),
        (
            r#""a""#,
            "wrong_type: identifiers: expected a list of objects, found a text",
        ),
    ];
    for (json, expected) in identifiers {
        with(&format!(r#""identifiers":{json}"#), expected);
    }
    with(r#""related_contact_ids":["L7","","L8"]"#, "~L7 ~L8");
    with(
        r#""related_contact_ids":["L7",null]"#,
        "wrong_type: related_contact_ids: expected texts, found null",
    );
    with(
        r#""attributes":{"a":"b","n":1,"f":1.5,"t":true,"x":null,"e":""}"#,
        "a:b n:1 f:1.5 t:true x:- e:-",
    );
    with(r#""attributes":{"a":"b","c":"d","a":"e"}"#, "a:e c:d");
    with(
        r#""attributes":{"a":{}}"#,
        "wrong_type: attributes: expected texts, found an object",
    );
    with(
        r#""attributes":[]"#,
        "wrong_type: attributes: expected an object of texts, found a list",
    );
    let many: Vec<String> = (0..300).map(|n| format!("\"a{n}\":1")).collect();
    with(
        &format!(r#""attributes":{{{}}}"#, many.join(",")),
        "bad_value: attributes: expected at most 256 values",
    );
}

#[test]
fn what_is_required() {
    let fields = [
        ("channel", r#""phone""#),
        ("event_id", r#""E1""#),
        ("kind", r#""offered""#),
        ("occurred_at", "1772359200000"),
        ("contact_id", r#""L1""#),
    ];
    for missing in [
        "",
        "channel",
        "event_id",
        "kind",
        "occurred_at",
        "contact_id",
    ] {
        for instead in [None, Some("null"), Some(r#""""#)] {
            let value = |(name, value)| match (name == missing, instead) {
                (true, None) => String::new(),
                (true, Some(instead)) => format!("\"{name}\":{instead},"),
                (false, _) => format!("\"{name}\":{value},"),
            };
            let fields: String = fields.into_iter().map(value).collect();
            let expected = match missing {
                "" => "phone offered contact=L1".to_owned(),
                missing => format!("missing_field: {missing}"),
            };
            check(&format!("{{{}}}", fields.trim_end_matches(',')), &expected);
        }
    }
    check(
        r#"{"channel":"web","event_id":"E1","kind":"page_view","occurred_at":1772359200000}"#,
        "web page_view",
    );
    check(
        r#"{"channel":"fax","event_id":"E1"}"#,
        "unknown_channel: channel: expected phone or chat or email or video or web, found \"fax\"",
    );
    check(
        r#"{"channel":"chat","event_id":"E","kind":"offered","occurred_at":1772359200000,"contact_id":"L"}"#,
        "chat offered contact=L",
    );
}

#[test]
fn signals_are_records_with_a_signal_and_no_kind() {
    let head = r#""event_id":"S1","occurred_at":1772359200000"#;
    check(
        &format!(r#"{{"signal":"churned",{head}}}"#),
        "signal churned",
    );
    check(
        &format!(
            r#"{{"signal":"csat",{head},"channel":"chat","contact_id":"L1","score":4.5,"scale":5,"attributes":{{"w":1}}}}"#
        ),
        "signal csat chat contact=L1 score=4500000 scale=5000000 w:1",
    );
    check(
        &format!(r#"{{"signal":"promised",{head},"due_at":"2026-03-01T10:00:00Z"}}"#),
        "signal promised due=@1772359200000",
    );
    check(
        &format!(r#"{{"signal":"sneezed",{head}}}"#),
        "ignored unknown_signal",
    );
    check(
        &format!(r#"{{"signal":"csat",{head},"contact_id":"L1"}}"#),
        "missing_field: channel",
    );
    check(
        r#"{"signal":"csat","event_id":"S1"}"#,
        "missing_field: occurred_at",
    );
    check(
        &format!(
            r#"{{"signal":"csat","kind":"ended","channel":"phone","contact_id":"L1",{head}}}"#
        ),
        "phone ended contact=L1",
    );
    check(
        &format!(r#"{{"signal":"csat","kind":null,{head}}}"#),
        "signal csat",
    );
}

#[test]
fn what_is_no_record() {
    check("", "empty: ");
    check("  \r\n", "empty: ");
    check(
        "[]",
        "not_json: expected one JSON object a line, found a list",
    );
    check(
        "5",
        "not_json: expected one JSON object a line, found a number",
    );
    check(
        "{} {}",
        "not_json: expected one JSON object a line, found a fault at 1:4",
    );
    check(
        r#"{"a":1,}"#,
        "not_json: expected one JSON object a line, found a fault at 1:8",
    );
    check(
        r#"{"channel":"pho"#,
        "truncated: expected one JSON object a line, found one that is not closed after 15 bytes",
    );
    check(
        "{\"channel\":\"\\ud800\"}",
        "not_json: expected one JSON object a line, found a fault at 1:19",
    );
    check(
        r#"{"wait_ms":1e400}"#,
        "not_json: expected one JSON object a line, found a number out of range at 1:16",
    );
    for text in [r#"{"a":NaN}"#, r#"{"a":-Infinity}"#, r#"{"a": Infinity}"#] {
        let Decoded::Rejected { detail, .. } = decode_json(text.as_bytes()) else {
            panic!("{text} is no record");
        };
        assert!(
            detail.contains("found a number that JSON does not have (NaN, Infinity) at 1:"),
            "{text}: {detail}"
        );
    }
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(canonical::RECORD_BYTES_MAX));
    check(
        &large,
        "too_large: expected at most 1048576 bytes, found 1048584",
    );
    check("\u{feff}{}", "missing_field: channel");
    assert_eq!(
        line(&decode_json(b"{\"queue\":\"\xff\"}")),
        "not_json: expected UTF-8"
    );
}

const WHOLE: &str = r#"{"channel":"phone","event_id":"E1","kind":"ended","occurred_at":"2026-03-01T10:00:00Z","contact_id":"L1","identifiers":[{"type":"phone","value":"+33199000001","verified":true}],"wait_ms":12,"extra_cost":0.5,"attributes":{"a":"b"},"related_contact_ids":["L2"],"reason":"a/b","outcome":"handled"}"#;

const SCHEMA: &str = include_str!("../../../schemas/input/email.avsc");

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_json(&bytes);
        let _ = Reader::new(SCHEMA).unwrap().decode(&bytes);
    }

    #[test]
    fn a_changed_record_is_survived_and_no_refusal_repeats_an_identifier(
        changes in proptest::collection::vec((0..WHOLE.len(), any::<u8>()), 1..4),
        end in 0..=WHOLE.len(),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..end]] {
            if let Decoded::Rejected { detail, .. } = decode_json(bytes) {
                prop_assert!(!detail.contains("99000001"), "{}", detail);
            }
        }
    }

    #[test]
    fn any_json_is_survived(text in r#"\{("(channel|kind|signal|wait_ms|occurred_at|identifiers|attributes|reason)":(null|true|-?[0-9]{1,20}|"[a-z]{0,3}"|\[\]|\[\{"type":"a","value":[0-9]{1,25}\}\]|\{"a":[0-9]\}),){0,6}"x":1\}"#) {
        let _ = decode_json(text.as_bytes());
    }
}
