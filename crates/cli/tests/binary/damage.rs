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
fn files_that_are_not_what_their_names_say() {
    let case = Case::new(SMALL);
    let text = lines(&calls(3));
    let semicolons = "contact_id;channel;started_at\nP1;phone;2026-03-01T10:00:00Z\n";
    let utf_16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes, told) in [
        (
            "a.jsonl.gz",
            text.clone().into_bytes(),
            "the file: it is no gzip, as its name says, but something else",
        ),
        (
            "a.jsonl.zst",
            gzip(text.as_bytes()),
            "the file: it is no zstd, as its name says, but gzip",
        ),
        (
            "a.jsonl",
            gzip(text.as_bytes()),
            "the file: it is no JSON lines, as its name says, but gzip",
        ),
        (
            "b.jsonl",
            utf_16,
            "the file: it is no JSON lines, as its name says, but text in UTF-16",
        ),
        (
            "a.csv",
            text.into_bytes(),
            "line 1 (byte 0): it is no CSV, as its name says, but JSON",
        ),
        (
            "b.csv",
            semicolons.into(),
            "line 1 (byte 0): the header has no known column, and `;` where its separator should stand; to read it, add to the configuration: [import.NAME] match = \"...\", separator = \";\"",
        ),
        (
            "c.csv",
            b"contact_id,channel,channel\n".to_vec(),
            "line 1 (byte 0): the header has the column `channel` twice",
        ),
    ] {
        case.put(name, bytes);
        let ran = case.run(&format!(
            "replay --config c.toml --input {name} --output out"
        ));
        ran.refused(&format!("ricochet: {name}: {told}"));
        assert!(!case.path("out").exists(), "{name}");
        assert_eq!(case.left_over(), Vec::<String>::new());
    }
    // What is damaged further on keeps what stands before it, and says so.
    let text = lines(&calls(700)).repeat(9);
    let mut bytes = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let middle = bytes.len() * 4 / 5;
    bytes[middle..middle + 40].fill(0xff);
    case.put("damaged.jsonl.zst", bytes);
    case.replay("damaged.jsonl.zst", "out", "");
    assert_eq!(case.summary("out")["rejected"]["damaged"], 1);
    assert!(case.summary("out")["decoded"].as_u64().unwrap() > 0);
}

#[test]
fn cells_that_are_no_times_are_told_with_their_column_and_format() {
    let case = Case::new(&format!(
        "{SMALL}[import.acd]\nmatch = \"acd.csv\"\nchannel = \"phone\"\n\
         time_format = \"%d/%m/%Y %H:%M\"\ncolumns = {{ starts = \"started_at\", id = \"contact_id\" }}\n"
    ));
    case.put(
        "acd.csv",
        "id,starts\nP1,31/02/2026 10:00\nP2,01/03/2026 10:00\nP3,Kim\n",
    );
    case.put(
        "plain.csv",
        format!("{HEADER}P4,phone,contact,2026-02-30 10:00,C1\nP5,phone\n"),
    );
    case.replay("acd.csv plain.csv", "out", "");
    let letters = case.table("out", "dead_letters");
    let details: Vec<&str> = letters.iter().map(|row| row["detail"].as_str()).collect();
    let starts = "started_at: column `starts`, expected a time written as `%d/%m/%Y %H:%M` (Europe/Paris), found";
    assert_eq!(
        details,
        [
            &format!("{starts} `31/02/2026 10:00`"),
            &format!("{starts} a text that is none"),
            "started_at: expected RFC 3339, with an offset or as local time, or epoch milliseconds \
             (Europe/Paris), found `2026-02-30 10:00`",
            "fewer fields than the header",
        ]
    );
    assert!(
        letters.iter().all(|row| row["hash"].len() == 32),
        "{letters:?}"
    );
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
