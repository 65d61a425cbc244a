//! Records on Kafka: what is written as Avro is read back by the reference library, by the published
//! schema, and says the same as the record in JSON and as the row of a file.

#![allow(clippy::unwrap_used)]

mod anything;

use anything::{alert, marker, result, session, text};
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use model::{Channel, ChannelSet, Mode, Reading, Readings, Scope, Text};
use proptest::prelude::*;
use serde_json::{Map, Value as Json};
use tables::{DeadLetter, Names, RECORD_SCHEMAS, Records};

const WINDOWS: [&str; 3] = ["intraday", "24h", "j+7"];

/// Twelve readings.
fn names() -> Names {
    let scopes: [(&str, &[Channel]); 2] = [
        ("assisted", &[Channel::Phone, Channel::Chat]),
        ("all", Channel::ALL),
    ];
    let mut list = Vec::new();
    for (window, window_name) in WINDOWS.iter().enumerate() {
        for (scope, (scope_name, _)) in scopes.iter().enumerate() {
            for mode in Mode::ALL {
                list.push(Reading {
                    name: format!("{window_name} {scope_name} {}", mode.name()).into(),
                    window,
                    scope,
                    mode: *mode,
                });
            }
        }
    }
    let scope = |(name, channels): (&str, &[Channel])| Scope {
        name: name.into(),
        channels: ChannelSet::of(channels),
    };
    Names {
        tenant: "acme".into(),
        readings: Readings {
            windows: WINDOWS.map(Text::from).to_vec(),
            scopes: scopes.map(scope).to_vec(),
            list,
            headline: 0,
            reason_depth: 8,
        },
        link: None,
    }
}

const PREFIX: &[u8] = &[0, 0, 0, 1, 44];

fn schema(table: &str) -> Schema {
    let found = RECORD_SCHEMAS.iter().find(|(name, _)| *name == table);
    Schema::parse_str(found.unwrap().1).unwrap()
}

/// What the reference library reads, as the JSON record has it.
fn as_json(value: Avro) -> Json {
    match value {
        Avro::Null => Json::Null,
        Avro::Boolean(truth) => truth.into(),
        Avro::Int(number) => number.into(),
        Avro::Long(number) => number.into(),
        Avro::Double(number) => number.into(),
        Avro::String(text) => text.into(),
        Avro::TimestampMillis(at_ms) => {
            let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
            let at = epoch.checked_add(jiff::SignedDuration::from_millis(at_ms));
            format!("{:.3}Z", at.unwrap()).into()
        }
        Avro::Union(_, inner) => as_json(*inner),
        Avro::Array(items) => items.into_iter().map(as_json).collect(),
        Avro::Map(entries) => {
            let entries = entries.into_iter();
            Json::Object(
                entries
                    .map(|(name, value)| (name, as_json(value)))
                    .collect(),
            )
        }
        Avro::Record(fields) => {
            let fields = fields.into_iter();
            Json::Object(fields.map(|(name, value)| (name, as_json(value))).collect())
        }
        other => panic!("not in our schemas: {other:?}"),
    }
}

/// The record in JSON, after it was found to be what the Avro record says.
fn check(table: &str, write: impl Fn(&mut Records, &mut Vec<u8>)) -> Map<String, Json> {
    let names = names();
    let mut json = b"of another record".to_vec();
    write(&mut Records::json(&names), &mut json);
    let mut framed = b"of another record".to_vec();
    write(&mut Records::avro(&names, |_| PREFIX.to_vec()), &mut framed);

    let json: Json = serde_json::from_slice(&json).unwrap();
    let mut datum = framed.strip_prefix(PREFIX).unwrap();
    let schema = schema(table);
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let read = reader.read_value(&mut datum).unwrap();
    assert!(datum.is_empty(), "{} bytes are left", datum.len());
    assert_eq!(as_json(read), json);

    let (Schema::Record(record), Json::Object(json)) = (&schema, json) else {
        panic!("{table} is no record")
    };
    let mut in_schema: Vec<&str> = record.fields.iter().map(|field| &*field.name).collect();
    let mut in_json: Vec<&str> = json.keys().map(String::as_str).collect();
    in_schema.sort_unstable();
    in_json.sort_unstable();
    assert_eq!(in_json, in_schema);
    json
}

/// A cell as JSON has it.
fn of_cell(cell: &files::Cell<'_>) -> Json {
    let columns = [files::Column {
        name: "cell".to_owned(),
        kind: files::ColumnKind::Text,
        nullable: true,
        doc: String::new(),
    }];
    let mut written = Vec::new();
    files::ValuePart::opening(&columns, files::ValueFormat::Json).push(&[*cell], &mut written);
    written.push(b'}');
    serde_json::from_slice::<Map<String, Json>>(&written).unwrap()["cell"].take()
}

/// A row of a file as JSON has it.
fn of_row(table: &str, cells: &[files::Cell<'_>]) -> Map<String, Json> {
    let columns = &files::Table::named(table).unwrap().columns;
    assert_eq!(columns.len(), cells.len());
    let both = columns.iter().zip(cells);
    both.map(|(column, cell)| (column.name.clone(), of_cell(cell)))
        .collect()
}

proptest! {
    #[test]
    fn a_contact_is_the_row_of_a_file(result in result(12)) {
        let record = check("contacts", |records, into| records.contact(&result, into));
        let row = tables::contact(&names(), &result, |cells| of_row("contacts", cells));
        prop_assert_eq!(record, row);
    }

    #[test]
    fn verdicts_of_a_contact_are_the_rows_of_a_file(result in result(12)) {
        let mut record = check("verdicts", |records, into| records.verdicts(&result, into));
        let readings = record.remove("readings").unwrap();
        let readings = readings.as_array().unwrap();
        let mut rows = Vec::new();
        let row = |cells: &[files::Cell<'_>]| {
            rows.push(of_row("verdicts", cells));
            Ok::<_, ()>(())
        };
        tables::verdicts(&names(), &result, row).unwrap();
        prop_assert_eq!(readings.len(), rows.len());
        for (reading, row) in readings.iter().zip(rows) {
            let mut whole = record.clone();
            whole.extend(reading.as_object().unwrap().clone());
            prop_assert_eq!(whole, row);
        }
    }

    #[test]
    fn a_session_is_the_row_of_a_file(session in session()) {
        let record = check("sessions", |records, into| records.session(&session, into));
        let row = tables::session(&names(), &session, |cells| of_row("sessions", cells));
        prop_assert_eq!(record, row);
    }

    #[test]
    fn an_alert_is_the_row_of_a_file(alert in alert()) {
        let record = check("alerts", |records, into| records.alert(&alert, into));
        let row = tables::alert(&names(), &alert, |cells| of_row("alerts", cells));
        prop_assert_eq!(record, row);
    }

    #[test]
    fn a_marker_is_the_row_of_a_file(marker in marker()) {
        let record = check("markers", |records, into| records.marker(&marker, into));
        let row = tables::marker(&names(), &marker, |cells| of_row("markers", cells));
        prop_assert_eq!(record, row);
    }

    #[test]
    fn a_dead_letter_says_where_it_stands(
        topic in text(), partition in 0..=i32::MAX as u32, offset in any::<i64>(),
        detail in text(), hash in any::<u128>(),
    ) {
        let letter = DeadLetter {
            topic: &topic, partition, offset, reason: "not_json", detail: &detail, hash,
        };
        let record = check("dead_letters", |records, into| records.dead_letter(&letter, into));
        prop_assert_eq!(&record["topic"], &Json::from(topic.as_str()));
        prop_assert_eq!(&record["partition"], &Json::from(partition));
        prop_assert_eq!(&record["offset"], &Json::from(offset));
        prop_assert_eq!(&record["line"], &Json::Null);
        prop_assert_eq!(record["detail"].is_null(), detail.is_empty());
        prop_assert_eq!(&record["hash"], &Json::from(format!("{hash:032x}")));
    }
}

#[test]
fn what_a_reader_sees() {
    let letter = DeadLetter {
        topic: "acme.calls",
        partition: 3,
        offset: 41,
        reason: "missing_field",
        detail: "",
        hash: 0xab,
    };
    let mut into = Vec::new();
    Records::json(&names()).dead_letter(&letter, &mut into);
    assert_eq!(
        String::from_utf8(into).unwrap(),
        concat!(
            r#"{"topic":"acme.calls","partition":3,"offset":41,"line":null,"#,
            r#""reason":"missing_field","detail":null,"#,
            r#""hash":"000000000000000000000000000000ab"}"#
        )
    );
}
