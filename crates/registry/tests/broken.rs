//! What is made of registries that do not answer as they should, and of values that are not framed.

#![allow(clippy::unwrap_used)]

mod node;

use model::RejectedReason;
use node::Node;
use registry::{Client, Lookup, Opened, Schemas, prefix};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);
const PHONE: &str = include_str!("../../../schemas/input/phone.avsc");

fn schemas(url: &str) -> Schemas {
    Schemas::new(Arc::new(Client::new(url).unwrap()))
}

fn of_schema(text: &str) -> (u16, String) {
    (200, serde_json::json!({ "schema": text }).to_string())
}

fn unknown(id: &str) -> (u16, String) {
    let text = format!(r#"{{"error_code":40403,"message":"Schema {id} not found"}}"#);
    (404, text)
}

#[test]
fn only_a_registry_that_says_so_makes_an_id_unknown() {
    let answers: [(u16, &str); 8] = [
        (401, r#"{"error_code":401,"message":"Unauthorized"}"#),
        (403, ""),
        (404, "<html>no such page</html>"),
        (404, r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#),
        (429, "slowly"),
        (500, r#"{"error_code":50001,"message":"store"}"#),
        (503, ""),
        (200, "<html>log in</html>"),
    ];
    for (status, body) in answers {
        let node = Node::start(move |_| (status, body.to_owned()));
        let lookup = schemas(&node.url("")).wait(7, LONG);
        assert!(
            matches!(lookup, Lookup::Unreachable(_)),
            "{status} {body}: {lookup:?}"
        );
    }
    let node = Node::start(|_| unknown("7"));
    let lookup = schemas(&node.url("")).wait(7, LONG);
    assert!(matches!(lookup, Lookup::Unknown(_)), "{lookup:?}");
}

#[test]
fn an_id_is_asked_for_once_however_many_look() {
    let node = Node::start(|_| {
        thread::sleep(Duration::from_millis(100));
        of_schema(PHONE)
    });
    let schemas = schemas(&node.url(""));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let lookup = schemas.wait(3, LONG);
                assert!(matches!(lookup, Lookup::Known(_)), "{lookup:?}");
            });
        }
    });
    assert!(matches!(schemas.lookup(3), Lookup::Known(_)));
    assert_eq!(node.paths(), ["/schemas/ids/3"]);
}

#[test]
fn looking_never_waits_for_the_registry() {
    let node = Node::start(|_| {
        thread::sleep(Duration::from_secs(1));
        of_schema(PHONE)
    });
    let schemas = schemas(&node.url(""));
    let start = Instant::now();
    assert!(matches!(schemas.lookup(3), Lookup::Fetching));
    assert!(matches!(
        schemas.open(b"\0\0\0\0\x03datum"),
        Opened::Waiting(None)
    ));
    assert!(start.elapsed() < Duration::from_millis(500));
}

#[test]
fn a_schema_that_reaches_this_node_late_is_not_unknown() {
    let first = AtomicBool::new(true);
    let node = Node::start(move |_| {
        if first.swap(false, Ordering::Relaxed) {
            unknown("3")
        } else {
            of_schema(PHONE)
        }
    });
    let lookup = schemas(&node.url("")).wait(3, LONG);
    assert!(matches!(lookup, Lookup::Known(_)), "{lookup:?}");
}

#[test]
fn an_id_that_can_be_none_is_asked_for_once_and_errors_are_not_believed_for_long() {
    let is_there = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_there);
    let node = Node::start(move |_| {
        if seen.load(Ordering::Relaxed) {
            of_schema(PHONE)
        } else {
            unknown("4000000000")
        }
    });
    let schemas = schemas(&node.url(""));
    for _ in 0..100 {
        let lookup = schemas.wait(4_000_000_000, LONG);
        assert!(matches!(lookup, Lookup::Unknown(_)), "{lookup:?}");
    }
    assert_eq!(node.paths().len(), 1);
    is_there.store(true, Ordering::Relaxed);
    let deadline = Instant::now() + LONG;
    while !matches!(schemas.wait(4_000_000_000, LONG), Lookup::Known(_)) {
        assert!(Instant::now() < deadline, "still unknown");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn another_node_answers_where_one_does_not_and_is_kept() {
    let broken = Node::start(|_| (503, String::new()));
    let sound = Node::start(|_| of_schema(PHONE));
    let schemas = schemas(&format!("{},{}", broken.url(""), sound.url("")));
    for id in 1..4 {
        assert!(matches!(schemas.wait(id, LONG), Lookup::Known(_)));
    }
    assert_eq!(broken.paths().len(), 1);
    assert_eq!(sound.paths().len(), 3);
}

#[test]
fn a_user_is_stated_and_never_shown() {
    let node = Node::start(|_| (401, String::new()));
    let client = Client::new(&node.url("Aladdin:open%20sesame@")).unwrap();
    let error = client.schema(1).unwrap_err();
    assert!(node.had_header("authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("sesame"), "{shown}");
    assert!(error.to_string().contains("does not let us in"), "{error}");
}

#[test]
fn what_is_no_schema_of_an_avro_record_makes_its_records_unreadable() {
    let node = Node::start(|path| match path {
        "/schemas/ids/1" => of_schema(r#""string""#),
        "/schemas/ids/2" => of_schema("{"),
        "/schemas/ids/3" => (200, r#"{"schemaType":"JSON","schema":"{}"}"#.to_owned()),
        _ => (200, r#"{"schemaType":"PROTOBUF","schema":"x"}"#.to_owned()),
    });
    let schemas = schemas(&node.url(""));
    for (id, why) in [
        (1, "record"),
        (2, "JSON"),
        (3, "found JSON"),
        (4, "PROTOBUF"),
    ] {
        let Lookup::Unknown(found) = schemas.wait(id, LONG) else {
            panic!("{id} can be read")
        };
        assert!(found.contains(why), "{found}");
    }
}

#[test]
fn schemas_that_refer_to_each_other_in_a_circle_end() {
    let node = Node::start(|_| {
        let text = r#"{"schema":"\"string\"","references":[
            {"name":"a","subject":"a","version":1},{"name":"b","subject":"b","version":2}]}"#;
        (200, text.to_owned())
    });
    let written = Client::new(&node.url("")).unwrap().schema(1).unwrap();
    assert_eq!(written.references.len(), 2);
}

#[test]
fn values_that_are_not_framed_are_rejected() {
    let node = Node::start(|_| unknown("9"));
    let schemas = schemas(&node.url(""));
    let check = |value: &[u8]| match schemas.open(value) {
        Opened::Rejected(fault) => (fault.reason, fault.detail),
        other => panic!("{other:?}"),
    };
    assert_eq!(check(b"").0, RejectedReason::Empty);
    assert_eq!(check(b"\0\0\0").0, RejectedReason::NotAvro);
    let (reason, detail) = check(br#"{"channel":"phone"}"#);
    assert_eq!(reason, RejectedReason::NotAvro);
    assert!(detail.contains("found 123"), "{detail}");
    let _ = schemas.wait(9, LONG);
    let (reason, detail) = check(&[&prefix(9)[..], b"datum"].concat());
    assert_eq!(reason, RejectedReason::NotAvro);
    assert!(detail.contains("schema id 9"), "{detail}");
    assert_eq!(node.paths().len(), 2);
}
