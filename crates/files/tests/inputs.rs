//! Files in, the JSON text of canonical records out.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListBuilder,
    MapBuilder, StringArray, StringBuilder, StringViewArray, StructBuilder,
    TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use arrow::record_batch::RecordBatch;
use files::{
    Body, FilesError, Import, InputFile, LINE_BYTES_MAX, ReadOptions, Reading, open_inputs,
};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A folder with files in it.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().expect("a folder"))
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").expect("the zone is known")
}

fn options(imports: Vec<Import>) -> ReadOptions {
    ReadOptions {
        zone: paris(),
        identifier_types: vec!["badge".to_owned()],
        imports,
    }
}

/// Everything that a file gives, as lines of text: records with their place, and the error.
struct Read {
    lines: Vec<String>,
    dropped: Vec<String>,
    ambiguous_times: u64,
    chunks: usize,
}

fn read(path: &Path, imports: Vec<Import>) -> Read {
    let reading = Reading::new(options(imports)).expect("the options are sound");
    let files = open_inputs(&[path.to_path_buf()]).expect("the file is there");
    let mut reader = reading.open(&files[0]).expect("the file can be read");
    let (mut lines, mut ambiguous_times, mut chunks) = (Vec::new(), 0, 0);
    for chunk in reader.by_ref() {
        match chunk {
            Ok(chunk) => {
                chunks += 1;
                let before = lines.len();
                let notes = chunk.for_each(|record| {
                    let body = match record.body {
                        Body::Json(json) => String::from_utf8_lossy(json).into_owned(),
                        Body::NotCsv { detail, .. } => format!("not csv: {detail}"),
                        Body::BadTimes { json, .. } => String::from_utf8_lossy(json).into_owned(),
                        Body::TooLarge => "too large".to_owned(),
                    };
                    lines.push(format!("{}: {body}", record.place));
                });
                assert_eq!(notes.records as usize, lines.len() - before);
                ambiguous_times += notes.ambiguous_times;
            }
            Err(error) => {
                assert!(
                    error.to_string().contains(path.to_str().expect("text")),
                    "{error}"
                );
                let FilesError::Damaged { place, detail, .. } = error else {
                    panic!("another error: {error}")
                };
                lines.push(format!("{place}: ERROR {detail}"));
            }
        }
    }
    assert!(reader.next().is_none(), "nothing comes after the end");
    Read {
        lines,
        dropped: reader.dropped_columns().to_vec(),
        ambiguous_times,
        chunks,
    }
}

fn records(path: &Path, imports: Vec<Import>) -> Vec<Value> {
    let lines = read(path, imports).lines;
    lines
        .iter()
        .map(|line| {
            let json = line.split_once(": ").expect("a place").1;
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {line}"))
        })
        .collect()
}

fn import(name: &str, columns: &[(&str, &str)]) -> Import {
    let columns = columns
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
    Import {
        name: name.to_owned(),
        match_glob: "*".to_owned(),
        columns: columns.collect(),
        ..Import::default()
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("written");
    encoder.finish().expect("written")
}

#[test]
fn lines_keep_their_place() {
    let files = Files::new();
    let path = files.put(
        "a.jsonl",
        b"\xef\xbb\xbf{\"a\":1}\r\n\n  \r\n{\"b\":\n{\"c\":3}",
    );
    let expected = [
        r#"line 1 (byte 3): {"a":1}"#,
        r#"line 4 (byte 17): {"b":"#,
        r#"line 5 (byte 23): {"c":3}"#,
    ];
    assert_eq!(read(&path, Vec::new()).lines, expected);
    assert!(
        read(&files.put("b.ndjson", ""), Vec::new())
            .lines
            .is_empty()
    );
}

#[test]
fn a_file_comes_in_chunks_of_whole_lines() {
    let files = Files::new();
    let mut text = String::new();
    let mut expected = Vec::new();
    for at in 0..60_000_u64 {
        let line = json!({ "n": at, "pad": "x".repeat((at % 97) as usize) }).to_string();
        expected.push(format!("line {} (byte {}): {line}", at + 1, text.len()));
        text.push_str(&line);
        text.push('\n');
    }
    let plain = read(&files.put("a.jsonl", &text), Vec::new());
    assert!(plain.chunks > 2);
    assert!(plain.lines == expected);
    let zst = zstd::encode_all(text.as_bytes(), 1).expect("compressed");
    assert!(read(&files.put("a.jsonl.zst", zst), Vec::new()).lines == expected);
    let (first, second) = text.split_at(text.len() / 2);
    let members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    assert!(read(&files.put("a.jsonl.gz", members), Vec::new()).lines == expected);
}

#[test]
fn a_line_without_end_is_passed_over() {
    let files = Files::new();
    let long = "x".repeat(LINE_BYTES_MAX + 3 * 1024 * 1024);
    let path = files.put("a.jsonl", format!("{{}}\n{long}\n{{\"z\":1}}\n{long}"));
    let after = long.len() + 4;
    let expected = [
        "line 1 (byte 0): {}".to_owned(),
        "line 2 (byte 3): too large".to_owned(),
        format!("line 3 (byte {after}): {{\"z\":1}}"),
        format!("line 4 (byte {}): too large", after + 8),
    ];
    assert_eq!(read(&path, Vec::new()).lines, expected);
}

#[test]
fn a_compressed_file_that_was_cut_keeps_what_is_whole() {
    let files = Files::new();
    let lines: Vec<String> = (0..50_000)
        .map(|at| json!({ "n": at * 7_919 }).to_string())
        .collect();
    let text = lines.join("\n");
    let zst = zstd::encode_all(text.as_bytes(), 1).expect("compressed");
    for (name, bytes) in [("a.jsonl.gz", gzip(text.as_bytes())), ("a.jsonl.zst", zst)] {
        let path = files.put(name, &bytes[..bytes.len() / 2]);
        let found = read(&path, Vec::new()).lines;
        let (error, whole) = found.split_last().expect("an error at least");
        assert!(
            error.ends_with("ERROR the file ends before it is complete"),
            "{error}"
        );
        assert!(
            error.starts_with(&format!("line {} ", whole.len() + 1)),
            "{error}"
        );
        assert!(!whole.is_empty() && whole.len() < lines.len());
        assert!(
            whole
                .iter()
                .zip(&lines)
                .all(|(found, line)| found.ends_with(line))
        );
    }
    let path = files.put("b.csv.gz", {
        let rows: String = (0..50_000)
            .map(|at| format!("e{at},c{}\n", at * 7_919))
            .collect();
        let bytes = gzip(format!("event_id,contact_id\n{rows}").as_bytes());
        bytes[..bytes.len() / 2].to_vec()
    });
    let found = read(&path, Vec::new()).lines;
    assert!(found.len() > 1_000);
    assert!(
        found
            .last()
            .expect("an error")
            .contains("ERROR the file ends before")
    );
}

#[test]
fn csv_rows_are_contacts_in_the_canonical_names() {
    let files = Files::new();
    let path = files.put(
        "a.csv",
        "\u{feff}channel,contact_id,started_at,ended_at,customer_id,email,badge,wait_ms,extra_cost,\
         automatic,attributes.app,note,related_contact_ids\n\
         phone,c1,2026-03-01T10:00:00+01:00,,4711,a@example.org,,1500.0,2.50,True,ios,hello,c8|c9\n\
         phone,c2,1772359200000,,,,B7,soon,,maybe,,,\n",
    );
    let expected = [
        json!({
            "channel": "phone", "contact_id": "c1", "event_id": "c1", "kind": "contact",
            "started_at": 1_772_355_600_000_i64, "occurred_at": 1_772_355_600_000_i64,
            "wait_ms": 1500, "extra_cost": 2.5, "automatic": true,
            "related_contact_ids": ["c8", "c9"],
            "identifiers": [
                { "type": "customer_id", "value": "4711" },
                { "type": "email", "value": "a@example.org" },
            ],
            "attributes": { "app": "ios" },
        }),
        json!({
            "channel": "phone", "contact_id": "c2", "event_id": "c2", "kind": "contact",
            "started_at": 1_772_359_200_000_i64, "occurred_at": 1_772_359_200_000_i64,
            "wait_ms": "soon", "automatic": "maybe",
            "identifiers": [{ "type": "badge", "value": "B7" }],
        }),
    ];
    assert_eq!(records(&path, Vec::new()), expected);
    assert_eq!(read(&path, Vec::new()).dropped, ["note"]);
}

#[test]
fn ids_stand_for_each_other_only_where_that_is_safe() {
    let files = Files::new();
    let check = |text: &str, expected: &[(Option<&str>, Option<&str>)]| {
        let records = records(&files.put("a.csv", text), Vec::new());
        let id = |record: &Value, name: &str| record[name].as_str().map(str::to_owned);
        let found: Vec<_> = records
            .iter()
            .map(|r| (id(r, "event_id"), id(r, "contact_id")))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, b)| (a.map(str::to_owned), b.map(str::to_owned)))
            .collect();
        assert_eq!(found, expected, "{text}");
    };
    check("event_id,channel\ne1,chat\n", &[(Some("e1"), Some("e1"))]);
    check("event_id,kind\ne1,page_view\n", &[(Some("e1"), None)]);
    check("event_id,signal\ne1,csat\n", &[(Some("e1"), None)]);
    let rows = records(
        &files.put("a.csv", "contact_id,kind\nc,answered\nc,ended\n"),
        Vec::new(),
    );
    assert_ne!(
        rows[0]["event_id"], rows[1]["event_id"],
        "two events of one contact"
    );
    // Without any id the whole row tells contacts apart, columns that are dropped among them.
    let text =
        "channel,started_at,remark\nphone,2026-03-01,a\nphone,2026-03-01,b\nphone,2026-03-01,a\n";
    let rows = records(&files.put("b.csv", text), Vec::new());
    let id = |at: usize| rows[at]["event_id"].as_str().expect("an id").to_owned();
    assert_eq!(rows[0]["contact_id"], rows[0]["event_id"]);
    assert_eq!(id(0).len(), 16);
    assert_ne!(id(0), id(1));
    assert_eq!(id(0), id(2));
    // What only occurred has no start of its own.
    let rows = records(
        &files.put("c.csv", "event_id,occurred_at\ne,2026-03-01\n"),
        Vec::new(),
    );
    assert!(rows[0].get("started_at").is_none() && rows[0]["occurred_at"].is_number());
}

#[test]
fn rows_that_are_none_keep_their_place() {
    let files = Files::new();
    let path = files.put(
        "a.csv",
        b"event_id,reason\n\na,\"two\nlines\"\nb\nc,\xe9t\xe9\nd,x,y\n\"e\",\"say \"\"hi\"\"\"\n",
    );
    let expected = [
        r#"line 3 (byte 17): {"event_id":"a","reason":"two\nlines","kind":"contact","contact_id":"a"}"#,
        "line 5 (byte 31): not csv: fewer fields than the header",
        "line 6 (byte 33): not csv: a field is not in the file's encoding",
        "line 7 (byte 39): not csv: more fields than the header",
        r#"line 8 (byte 45): {"event_id":"e","reason":"say \"hi\"","kind":"contact","contact_id":"e"}"#,
    ];
    assert_eq!(read(&path, Vec::new()).lines, expected);
}

#[test]
fn rows_keep_their_place_whatever_ends_a_line() {
    let files = Files::new();
    let path = files.put(
        "a.csv",
        "\u{feff}event_id,kind\r\na,x\r\n\r\n\r\nb,x\r\nc\r\nd,x",
    );
    let places = read(&path, Vec::new()).lines;
    let places: Vec<_> = places
        .iter()
        .map(|line| line.split_once(": ").expect("a place").0)
        .collect();
    let expected = [
        "line 2 (byte 18)",
        "line 5 (byte 27)",
        "line 6 (byte 32)",
        "line 7 (byte 35)",
    ];
    assert_eq!(places, expected);
    // So many rows that the reader has let go of those before.
    let text: String = (0..200_000).map(|at| format!("{at},x\r\n")).collect();
    let path = files.put("b.csv", format!("event_id,kind\r\n{text}"));
    let lines = read(&path, Vec::new()).lines;
    let mut offset = 15;
    for (at, line) in lines.iter().enumerate() {
        assert!(
            line.starts_with(&format!("line {} (byte {offset}): ", at + 2)),
            "{line}"
        );
        offset += at.to_string().len() + 4;
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
    let files = Files::new();
    let rows = "a,b\n".repeat(LINE_BYTES_MAX / 3);
    let path = files.put("a.csv", format!("event_id,reason\nx,y\nz,\"{rows}"));
    let found = read(&path, Vec::new()).lines;
    assert_eq!(found.len(), 2);
    assert!(
        found[1].contains("line 3 (byte 20): ERROR") && found[1].contains("quote"),
        "{}",
        found[1]
    );
}

#[test]
fn an_import_maps_names_values_times_and_text() {
    let files = Files::new();
    let (text, _, _) = encoding_rs::WINDOWS_1252.encode(
        "Début;Client;Résultat;Motif;Durée;N°\n\
         01.03.2026 10:00;4711;AGENT;réclamation;12;7\n\
         29.03.2026 02:30;;HANG;;;8\n\
         25.10.2026 02:30;4712;ROBOT;;;9\n",
    );
    let import = Import {
        match_glob: "acd-*.csv".to_owned(),
        separator: ";".to_owned(),
        encoding: "windows-1252".to_owned(),
        time_format: Some("%d.%m.%Y %H:%M".to_owned()),
        channel: Some("phone".to_owned()),
        source: Some("acd".to_owned()),
        values: vec![
            (
                "outcome".to_owned(),
                vec![
                    ("AGENT".to_owned(), "handled".to_owned()),
                    ("HANG".to_owned(), "abandoned".to_owned()),
                    ("ROBOT".to_owned(), String::new()),
                ],
            ),
            (
                "customer_id".to_owned(),
                vec![("4712".to_owned(), "4711".to_owned())],
            ),
        ],
        ..import(
            "acd",
            &[
                ("Début", "started_at"),
                ("Client", "customer_id"),
                ("Résultat", "outcome"),
                ("Motif", "reason"),
                ("Durée", "attributes.duration"),
                ("N°", "contact_id"),
            ],
        )
    };
    let path = files.put("acd-1.csv.gz", gzip(&text));
    let customer = json!([{ "type": "customer_id", "value": "4711" }]);
    let expected = [
        json!({
            "contact_id": "7", "event_id": "7", "channel": "phone", "source": "acd",
            "kind": "contact", "outcome": "handled", "reason": "réclamation",
            "started_at": 1_772_355_600_000_i64, "occurred_at": 1_772_355_600_000_i64,
            "identifiers": customer, "attributes": { "duration": "12" },
        }),
        json!({
            "contact_id": "8", "event_id": "8", "channel": "phone", "source": "acd",
            "kind": "contact", "outcome": "abandoned",
            "started_at": 1_774_747_800_000_i64, "occurred_at": 1_774_747_800_000_i64,
        }),
        json!({
            "contact_id": "9", "event_id": "9", "channel": "phone", "source": "acd",
            "kind": "contact",
            "started_at": 1_792_888_200_000_i64, "occurred_at": 1_792_888_200_000_i64,
            "identifiers": customer,
        }),
    ];
    assert_eq!(records(&path, vec![import.clone()]), expected);
    // Two local times, the one that does not exist and the one that exists twice.
    assert_eq!(read(&path, vec![import.clone()]).ambiguous_times, 2);
    // A file of another name is read without it.
    let other = files.put("other.csv", "Client,event_id\n1,e\n");
    assert_eq!(read(&other, vec![import]).dropped, ["Client"]);
}

#[test]
fn text_in_other_encodings() {
    let files = Files::new();
    let of = |encoding: &str, separator: &str| Import {
        encoding: encoding.to_owned(),
        separator: separator.to_owned(),
        ..import("x", &[])
    };
    let utf16: Vec<u8> = "\u{feff}event_id\treason\nä\t€\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let rows = records(&files.put("a.csv", utf16), vec![of("utf-16le", "tab")]);
    assert_eq!(
        (&rows[0]["event_id"], &rows[0]["reason"]),
        (&json!("ä"), &json!("€"))
    );
    // Larger than one buffer, so that characters are cut between two.
    let many: String = (0..30_000).map(|at| format!("é{at}|ü\n")).collect();
    let utf16: Vec<u8> = format!("event_id|reason\n{many}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let rows = records(&files.put("b.csv", utf16), vec![of("utf-16be", "|")]);
    assert_eq!(rows.len(), 30_000);
    assert!(
        rows.iter()
            .enumerate()
            .all(|(at, row)| row["event_id"] == json!(format!("é{at}")))
    );
    let broken = read(
        &files.put("c.csv", b"event_id,reason\na,\x81\x20\n"),
        vec![of("shift_jis", ",")],
    );
    assert!(
        broken.lines[0].contains("not csv: a field is not in"),
        "{:?}",
        broken.lines
    );
}

#[test]
fn imports_that_cannot_be_meant_say_where() {
    let check = |import: Import, expected: &str| {
        let error = Reading::new(options(vec![import]))
            .expect_err("the import is wrong")
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(
        import("a", &[("x", "custmer")]),
        "import.a.columns: `custmer` is no canonical name; allowed",
    );
    let of = |change: fn(&mut Import)| {
        let mut import = import("a", &[]);
        change(&mut import);
        import
    };
    check(
        of(|i| i.separator = ";;".to_owned()),
        "import.a.separator: `;;`",
    );
    check(
        of(|i| i.encoding = "latin9000".to_owned()),
        "import.a.encoding: `latin9000`",
    );
    check(
        of(|i| i.match_glob = "a[".to_owned()),
        "import.a.match: `a[`",
    );
    check(
        of(|i| i.values = vec![("x".to_owned(), Vec::new())]),
        "import.a.values: `x`",
    );
}

#[test]
fn json_lines_can_be_mapped_too() {
    let files = Files::new();
    let path = files.put(
        "a.jsonl",
        "{\"id\":17,\"when\":\"2026-03-01 10:00:00\",\"who\":{\"x\":1},\"mail\":\"a@example.org\"}\nnonsense\n",
    );
    let mut import = import(
        "crm",
        &[
            ("id", "contact_id"),
            ("when", "started_at"),
            ("mail", "email"),
        ],
    );
    import.channel = Some("email".to_owned());
    let lines = read(&path, vec![import]).lines;
    let record: Value =
        serde_json::from_str(lines[0].split_once(": ").expect("a place").1).expect("JSON");
    let expected = json!({
        "channel": "email", "contact_id": "17", "event_id": record["event_id"], "kind": "contact",
        "started_at": 1_772_355_600_000_i64, "occurred_at": 1_772_355_600_000_i64,
        "identifiers": [{ "type": "email", "value": "a@example.org" }],
    });
    assert_eq!(record, expected);
    assert!(lines[1].ends_with(": nonsense"));
}

#[test]
fn inputs_are_found_in_order() {
    let files = Files::new();
    for name in [
        "in/b.csv",
        "in/a.jsonl.GZ",
        "in/c/d.avro",
        "in/.hidden.txt",
        "in/_SUCCESS",
        "z.parquet",
    ] {
        files.put(name, "");
    }
    let names = |paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| files.0.path().join(path)).collect();
        open_inputs(&paths).map(|found| {
            let name = |file: &InputFile| {
                let path = file
                    .path
                    .strip_prefix(files.0.path())
                    .expect("below the folder");
                format!("{} {:?} {:?}", path.display(), file.kind, file.compression)
            };
            found.iter().map(name).collect::<Vec<_>>()
        })
    };
    let expected = [
        "z.parquet Parquet None",
        "in/a.jsonl.GZ JsonLines Gzip",
        "in/b.csv Csv None",
        "in/c/d.avro Avro None",
    ];
    assert_eq!(names(&["z.parquet", "in"]).expect("found"), expected);
    let failed = |paths: &[&str]| names(paths).expect_err("an error").to_string();
    assert!(failed(&["nothing.csv"]).contains("nothing.csv"));
    files.put("in/e.txt", "");
    assert!(failed(&["in"]).contains("unknown kind of file `txt`; allowed are .jsonl"));
    fs::create_dir(files.0.path().join("empty")).expect("a folder");
    assert!(failed(&["empty"]).contains("without any input file"));
}

/// Two rows in all the types that a tool may write.
fn batch() -> RecordBatch {
    let mut identifiers = ListBuilder::new(StructBuilder::from_fields(
        Fields::from(vec![
            Field::new("type", DataType::Utf8, true),
            Field::new("value", DataType::Utf8, true),
            Field::new("verified", DataType::Boolean, true),
        ]),
        2,
    ));
    let entry = identifiers.values();
    entry
        .field_builder::<StringBuilder>(0)
        .expect("a text")
        .append_value("email");
    entry
        .field_builder::<StringBuilder>(1)
        .expect("a text")
        .append_value("a@example.org");
    entry
        .field_builder::<arrow::array::BooleanBuilder>(2)
        .expect("a truth")
        .append_value(true);
    entry.append(true);
    identifiers.append(true);
    identifiers.append(true);
    let mut attributes = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    attributes.keys().append_value("app");
    attributes.values().append_value("io\"s");
    attributes.append(true).expect("an entry");
    attributes.append(false).expect("none");
    let channel: arrow::array::DictionaryArray<Int32Type> =
        vec!["phone", "chat"].into_iter().collect();
    let decimal = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(9, 2);
    let at = 1_772_359_200_000;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("channel", Arc::new(channel)),
        ("contact_id", Arc::new(Int64Array::from(vec![7, 8]))),
        (
            "customer_id",
            Arc::new(Float64Array::from(vec![Some(4711.0), Some(f64::NAN)])),
        ),
        (
            "phone",
            Arc::new(StringViewArray::from(vec![Some("+33 1 99 00 12 34"), None])),
        ),
        (
            "started_at",
            Arc::new(TimestampMicrosecondArray::from(vec![
                at * 1000,
                at * 1000 + 999,
            ])),
        ),
        (
            "ended_at",
            Arc::new(TimestampMillisecondArray::from(vec![Some(at), None]).with_timezone("UTC")),
        ),
        (
            "due_at",
            Arc::new(Date32Array::from(vec![Some(20_513), None])),
        ),
        (
            "wait_ms",
            Arc::new(Float64Array::from(vec![Some(1500.0), None])),
        ),
        ("extra_cost", Arc::new(decimal.expect("a decimal"))),
        (
            "may_contact",
            Arc::new(BooleanArray::from(vec![Some(false), None])),
        ),
        ("identifiers", Arc::new(identifiers.finish())),
        ("attributes", Arc::new(attributes.finish())),
        (
            "reason",
            Arc::new(StringArray::from(vec![Some(""), Some("a/b")])),
        ),
        ("internal", Arc::new(StringArray::from(vec!["x", "y"]))),
    ];
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .expect("a batch")
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(batch).expect("written");
    writer.close().expect("written");
    bytes
}

#[test]
fn parquet_of_any_tool_gives_canonical_records() {
    let files = Files::new();
    let expected = [
        json!({
            "channel": "phone", "contact_id": "7", "event_id": "7", "kind": "contact",
            "started_at": 1_772_355_600_000_i64, "occurred_at": 1_772_355_600_000_i64,
            "ended_at": 1_772_359_200_000_i64, "due_at": 1_772_319_600_000_i64,
            "wait_ms": 1500, "extra_cost": 12.5, "may_contact": false,
            "identifiers": [
                { "type": "customer_id", "value": "4711" },
                { "type": "phone", "value": "+33 1 99 00 12 34" },
                { "type": "email", "value": "a@example.org", "verified": true },
            ],
            "attributes": { "app": "io\"s" },
        }),
        json!({
            "channel": "chat", "contact_id": "8", "event_id": "8", "kind": "contact",
            "started_at": 1_772_355_600_000_i64, "occurred_at": 1_772_355_600_000_i64,
            "reason": "a/b",
        }),
    ];
    let bytes = parquet(&batch());
    let path = files.put("a.parquet", &bytes);
    assert_eq!(records(&path, Vec::new()), expected);
    let found = read(&path, Vec::new());
    assert_eq!(found.dropped, ["internal"]);
    assert!(found.lines[1].starts_with("row 2: "));
    let zst = zstd::encode_all(bytes.as_slice(), 1).expect("compressed");
    assert_eq!(
        records(&files.put("b.parquet.zst", zst), Vec::new()),
        expected
    );
}

/// What becomes of a file's bytes, in whatever state: an error or an end, and never a panic.
fn survives(files: &Files, name: &str, bytes: &[u8]) -> bool {
    let path = files.put(name, bytes);
    let reading = Reading::new(options(Vec::new())).expect("the options are sound");
    let found = open_inputs(&[path]).expect("the file is there");
    let Ok(reader) = reading.open(&found[0]) else {
        return false;
    };
    let mut whole = true;
    for chunk in reader {
        match chunk {
            Ok(chunk) => {
                chunk.for_each(|_| {});
            }
            Err(error) => {
                assert!(matches!(error, FilesError::Damaged { .. }), "{error}");
                whole = false;
            }
        }
    }
    whole
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    std::panic::set_hook(Box::new(|_| {}));
    let files = Files::new();
    let parquet = parquet(&batch());
    let avro = avro();
    for (name, bytes) in [("a.parquet", parquet), ("a.avro", avro)] {
        assert!(survives(&files, name, &bytes));
        for length in (0..bytes.len()).step_by(97) {
            assert!(
                !survives(&files, name, &bytes[..length]),
                "{name} cut to {length}"
            );
        }
        let mut damaged = bytes.clone();
        for at in (0..bytes.len()).step_by(7) {
            damaged[at] ^= 0x55;
            survives(&files, name, &damaged);
            damaged[at] = bytes[at];
        }
    }
    let _ = std::panic::take_hook();
}

fn avro() -> Vec<u8> {
    let schema = r#"{
        "type": "record", "name": "Event", "fields": [
            {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["phone", "web"]}},
            {"name": "event_id", "type": "string"},
            {"name": "kind", "type": ["null", "string"]},
            {"name": "occurred_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "agent", "type": ["null", "string"]},
            {"name": "wait_ms", "type": ["null", "long"]},
            {"name": "identifiers", "type": {"type": "array", "items": {
                "type": "record", "name": "Identifier", "fields": [
                    {"name": "type", "type": "string"}, {"name": "value", "type": "string"},
                    {"name": "verified", "type": ["null", "boolean"]}]}}},
            {"name": "attributes", "type": {"type": "map", "values": ["null", "string"]}},
            {"name": "cleared", "type": {"type": "array", "items": "string"}},
            {"name": "internal", "type": "int"}
        ]}"#;
    use apache_avro::types::Value as Avro;
    let schema = apache_avro::Schema::parse_str(schema).expect("a schema");
    let mut writer = apache_avro::Writer::new(&schema, Vec::new()).expect("a writer");
    let text = |text: &str| Avro::String(text.to_owned());
    let some = |value| Avro::Union(1, Box::new(value));
    let none = || Avro::Union(0, Box::new(Avro::Null));
    let row = |event_id: &str, cleared: &[&str]| {
        Avro::Record(vec![
            ("channel".into(), Avro::Enum(1, "web".into())),
            ("event_id".into(), text(event_id)),
            ("kind".into(), some(text("page_view"))),
            (
                "occurred_at".into(),
                Avro::TimestampMillis(1_772_359_200_000),
            ),
            ("agent".into(), none()),
            ("wait_ms".into(), some(Avro::Long(5))),
            (
                "identifiers".into(),
                Avro::Array(vec![Avro::Record(vec![
                    ("type".into(), text("device")),
                    ("value".into(), text("D1")),
                    ("verified".into(), none()),
                ])]),
            ),
            (
                "attributes".into(),
                Avro::Map([("a".to_owned(), some(text("1")))].into()),
            ),
            (
                "cleared".into(),
                Avro::Array(cleared.iter().map(|name| text(name)).collect()),
            ),
            ("internal".into(), Avro::Int(3)),
        ])
    };
    writer.append_value(row("e1", &[])).expect("written");
    writer
        .append_value(row("e2", &["agent", "wait_ms", "nonsense"]))
        .expect("written");
    writer.into_inner().expect("written")
}

#[test]
fn avro_rows_are_canonical_records_and_nothing_is_added() {
    let files = Files::new();
    let path = files.put("a.avro.gz", gzip(&avro()));
    let record = |id: &str| {
        json!({
            "channel": "web", "event_id": id, "kind": "page_view",
            "occurred_at": 1_772_359_200_000_i64, "wait_ms": 5,
            "identifiers": [{ "type": "device", "value": "D1" }], "attributes": { "a": "1" },
        })
    };
    let mut second = record("e2");
    second["agent"] = Value::Null;
    assert_eq!(records(&path, Vec::new()), [record("e1"), second]);
    assert_eq!(read(&path, Vec::new()).dropped, ["internal"]);
}

#[test]
fn what_is_written_can_be_read() {
    use files::{Cell, Format, Table, TableWriter};
    let dir = tempfile::tempdir().expect("a folder");
    let table = Table::named("markers").expect("the table is there");
    for format in [Format::Parquet, Format::Csv, Format::Avro] {
        let mut writer = TableWriter::create(table, dir.path(), format).expect("a writer");
        let cells = [
            Cell::Text("acme"),
            Cell::Time(0),
            Cell::Text("release"),
            Cell::Null,
            Cell::Map(&[("a", "1"), ("b", "\"é\"")]),
        ];
        writer.write_row(&cells).expect("the row fits");
        let path = writer.path().to_path_buf();
        writer.finish().expect("written");
        let found = &records(&path, Vec::new())[0];
        assert_eq!(
            found["attributes"],
            json!({ "a": "1", "b": "\"é\"" }),
            "{format:?}"
        );
        assert_eq!(found["kind"], "release");
    }
}
