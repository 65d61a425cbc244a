//! Files that are cut off, or are not what their name says: what can be read is read, the rest is
//! told with its place.

use crate::case::{Case, SMALL, calls, lines};
use serde_json::{Value, json};
use std::io::Write;

const HEADER: &str = "contact_id,channel,kind,started_at,customer_id\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Replays a file of which something is missing. Returns what was decoded and the one dead letter.
fn damaged(name: &str, bytes: &[u8]) -> (u64, String, String) {
    let case = Case::new(SMALL);
    case.put(name, bytes);
    let ran = case.replay(name, "out", "");
    assert!(
        ran.errors().starts_with(&format!("ricochet: {name}: ")),
        "{}",
        ran.errors()
    );
    assert!(
        ran.errors().ends_with("what stands before it was read"),
        "{}",
        ran.errors()
    );
    let letters = case.table("out", "dead_letters");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0]["reason"], "truncated");
    let decoded = case.summary("out")["decoded"].as_u64().unwrap();
    (
        decoded,
        letters[0]["line"].clone(),
        letters[0]["detail"].clone(),
    )
}

#[test]
fn a_compressed_file_that_was_cut() {
    let text = lines(&calls(500)).repeat(4).into_bytes();
    for (name, bytes) in [
        ("cut.jsonl.gz", gzip(&text)),
        ("cut.jsonl.zst", zstd::encode_all(&text[..], 1).unwrap()),
    ] {
        let (decoded, line, detail) = damaged(name, &bytes[..bytes.len() - 7]);
        assert!((1..=2_000).contains(&decoded), "{name}: {decoded}");
        assert_eq!(
            line,
            (decoded + 1).to_string(),
            "the first line that was not read"
        );
        assert_eq!(detail, "the file ends before it is complete", "{name}");
    }
}

#[test]
fn a_file_that_is_not_compressed_at_all() {
    let (decoded, line, _) = damaged("not.jsonl.gz", b"this is no gzip");
    assert_eq!((decoded, line.as_str()), (0, "1"));
}

#[test]
fn a_quote_that_is_left_open() {
    let case = Case::new(SMALL);
    let text = format!(
        "{HEADER}P1,phone,contact,2026-03-01T10:00:00Z,C1\n\
         P2,phone,contact,\"2026-03-01T11:00:00Z,C1\nP3,phone,contact,2026-03-01T12:00:00Z,C1\n"
    );
    case.put("in.csv", text);
    case.replay("in.csv", "out", "");
    assert_eq!(case.dead("out"), ["in.csv:3 not_csv"]);
    let detail = &case.table("out", "dead_letters")[0]["detail"];
    assert_eq!(
        detail,
        "fewer fields than the header, over several lines; is a quote left open?"
    );
    assert_eq!(case.summary("out")["contacts"]["phone"], 1);
}

#[test]
fn rows_of_csv_that_are_none() {
    let case = Case::new(SMALL);
    let text = format!(
        "{HEADER}P1,phone\nP1,phone,contact,2026-03-01T10:00:00Z,C1,more\n\n\
         P2,phone,contact,soon,C1\nP3,phone,contact,2026-03-01T12:00:00Z,C1\n\
         P4,phone,contact,2026-03-01T12:00:00Z,C\u{fffd}\n"
    );
    let bytes = text.replace('\u{fffd}', "\u{1}").into_bytes();
    let bytes: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == 1 { 0xe9 } else { *byte })
        .collect();
    case.put("in.csv", bytes);
    case.replay("in.csv", "out", "");
    assert_eq!(
        case.dead("out"),
        [
            "in.csv:2 not_csv",
            "in.csv:3 not_csv",
            "in.csv:5 bad_time",
            "in.csv:7 not_csv"
        ]
    );
    assert_eq!(case.summary("out")["contacts"]["phone"], 1);
}

#[test]
fn clocks_that_are_changed_are_noticed_in_csv() {
    let case = Case::new(SMALL);
    // In Paris 02:30 is twice on 25 October 2026 and never on 29 March.
    let text = format!(
        "{HEADER}P1,phone,contact,2025-10-26T02:30:00,C1\nP2,phone,contact,2026-03-29T02:30:00,C2\n\
         P3,phone,contact,2026-03-29T12:00:00,C3\nP4,phone,contact,2026-02-30T12:00:00,C4\n"
    );
    case.put("in.csv", text);
    let ran = case.replay("in.csv", "out", "");
    let contacts = case.table("out", "contacts");
    let starts: Vec<&str> = contacts
        .iter()
        .map(|row| row["started_at"].as_str())
        .collect();
    assert_eq!(
        starts,
        [
            "2025-10-26T00:30:00.000Z",
            "2026-03-29T01:30:00.000Z",
            "2026-03-29T10:00:00.000Z"
        ],
        "the first of two; moved on by the gap; a plain one"
    );
    assert_eq!(case.summary("out")["ambiguous_times"], 2);
    assert_eq!(case.dead("out"), ["in.csv:5 bad_time"]);
    assert!(
        ran.err
            .contains("note: 2 local times exist twice or not at all"),
        "{}",
        ran.err
    );
}

#[test]
fn a_container_that_was_cut_is_no_input() {
    let case = Case::new(SMALL);
    case.put("good.jsonl", lines(&calls(50)));
    for format in ["parquet", "avro"] {
        let made = case.run(&format!(
            "replay --config c.toml --input good.jsonl --output {format} --format {format}"
        ));
        assert_eq!(made.code, Some(0), "{}", made.err);
        let bytes = std::fs::read(case.path(&format!("{format}/contacts.{format}"))).unwrap();
        case.put(&format!("cut.{format}"), &bytes[..bytes.len() - 20]);
        case.put(&format!("empty.{format}"), "");
        case.put(
            &format!("text.{format}"),
            "this is a plain text and no container",
        );
    }
    for name in [
        "cut.parquet",
        "empty.parquet",
        "text.parquet",
        "empty.avro",
        "text.avro",
    ] {
        let ran = case.run(&format!(
            "replay --config c.toml --input {name} --output out"
        ));
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        let message = format!("ricochet: {name}: the file: ");
        assert!(
            ran.errors().starts_with(&message),
            "{name}: {}",
            ran.errors()
        );
        assert!(!case.path("out").exists(), "nothing was written");
        assert_eq!(case.left_over(), Vec::<String>::new());
    }
    let ran = case.run("replay --config c.toml --input empty.avro --output out");
    assert_eq!(ran.errors(), "ricochet: empty.avro: the file: it is empty");
    // Blocks of Avro before the damage stand.
    let ran = case.replay("cut.avro", "cut", "");
    assert!(ran.errors().contains("cut.avro: row "), "{}", ran.errors());
    assert_eq!(case.summary("cut")["rejected"]["truncated"], 1);
}

#[test]
fn a_file_of_nothing_is_a_history_of_nothing() {
    let case = Case::new(SMALL);
    case.put("in/a.jsonl", "");
    case.put("in/b.csv", "");
    case.put("in/c.csv", HEADER);
    case.put("in/d.jsonl.gz", gzip(b""));
    let ran = case.replay("in", "out", "--strict");
    assert_eq!(case.summary("out")["read"], 0);
    assert_eq!(
        case.summary("out")["readings"]["j+7 assisted any"]["fir"],
        Value::Null
    );
    assert!(ran.out.contains("Contacts   0\n"), "{}", ran.out);
    assert_eq!(case.table("out", "contacts").len(), 0);
}

#[test]
fn columns_that_say_nothing_are_named() {
    let case = Case::new(&format!("{SMALL}[import.acd]\nmatch = \"acd-*.csv\"\n"));
    case.put(
        "other.csv",
        "contact_id,channel,kind,started_at,shoe_size,hat\nP1,phone,contact,2026-03-01,43,7\n",
    );
    let ran = case.replay("other.csv", "out", "");
    assert!(
        ran.err
            .contains("note: other.csv: columns not read: shoe_size, hat\n"),
        "{}",
        ran.err
    );
    let unused = "note: import.acd.match: no file is read by `acd-*.csv`\n";
    assert!(ran.err.contains(unused), "{}", ran.err);
    let checked = case.run("check --config c.toml --input other.csv");
    assert!(
        checked.out.contains("columns not read: shoe_size, hat\n"),
        "{}",
        checked.out
    );
    assert_eq!(case.summary("out")["rejected"], json!({}));
}
