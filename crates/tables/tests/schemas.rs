//! The published schemas of the outputs agree with each other, and over time.

#![allow(clippy::unwrap_used)]

use apache_avro::Schema;
use apache_avro::schema::{RecordField, RecordSchema};
use apache_avro::schema_compatibility::SchemaCompatibility;
use std::fs;
use std::path::PathBuf;
use tables::RECORD_SCHEMAS;

/// The folders of output schemas: of files, and of what is otherwise on Kafka.
const FOLDERS: [&str; 2] = ["output", "kafka"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas")
        .join(name)
}

/// The tables that have a schema in a folder.
fn tables_of(name: &str) -> Vec<String> {
    let files = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut tables: Vec<String> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "avsc")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    tables.sort();
    tables
}

fn text(folder_name: &str, file: &str) -> String {
    fs::read_to_string(folder(folder_name).join(file)).expect(file)
}

fn parse(text: &str) -> Schema {
    Schema::parse_str(text).unwrap()
}

fn record(schema: &Schema) -> &RecordSchema {
    let Schema::Record(record) = schema else {
        panic!("no record")
    };
    record
}

#[test]
fn the_current_schema_reads_what_every_version_wrote_and_is_kept_as_the_last() {
    for of in FOLDERS {
        for table in tables_of(of) {
            let current = text(of, &format!("{table}.avsc"));
            let versions = (1..).map_while(|version| {
                let file = folder(of).join(format!("history/{table}.v{version}.avsc"));
                fs::read_to_string(file).ok()
            });
            let versions: Vec<String> = versions.collect();
            for past in &versions {
                SchemaCompatibility::can_read(&parse(past), &parse(&current)).expect(&table);
            }
            let last = versions.last().expect("no version is kept");
            assert_eq!(*last, current, "{of}/{table}: keep this as a new version");
        }
    }
}

#[test]
fn a_change_that_breaks_readers_is_noticed() {
    let current = text("kafka", "verdicts.avsc");
    let retyped = current.replace(
        r#""revision", "type": "int""#,
        r#""revision", "type": "string""#,
    );
    let demanding = current.replace(
        r#"{"name": "window","#,
        r#"{"name": "weight", "type": "int", "doc": "New."}, {"name": "window","#,
    );
    for broken in [retyped, demanding] {
        assert_ne!(broken, current);
        assert!(SchemaCompatibility::can_read(&parse(&current), &parse(&broken)).is_err());
    }
}

#[test]
fn every_table_with_a_topic_has_a_schema_of_its_records() {
    let mut of_records: Vec<&str> = RECORD_SCHEMAS.iter().map(|(table, _)| *table).collect();
    of_records.sort_unstable();
    assert_eq!(of_records, tables_of("output"));
    let on_kafka = tables_of("kafka");
    for (table, schema) in RECORD_SCHEMAS {
        let is_its_own = on_kafka.iter().any(|own| own == table);
        let of = if is_its_own { "kafka" } else { "output" };
        assert_eq!(*schema, text(of, &format!("{table}.avsc")), "{table}");
    }
}

/// Name, type and default of a field; what is said of it may differ.
fn essence(field: &RecordField) -> (String, Schema, Option<String>) {
    let default = field.default.as_ref().map(ToString::to_string);
    (field.name.clone(), field.schema.clone(), default)
}

#[test]
fn the_record_of_verdicts_has_the_columns_of_the_table_with_those_from_window_on_in_its_readings() {
    let table = parse(&text("output", "verdicts.avsc"));
    let on_kafka = parse(&text("kafka", "verdicts.avsc"));
    let of_table: Vec<_> = record(&table).fields.iter().map(essence).collect();
    let window = of_table
        .iter()
        .position(|(name, ..)| name == "window")
        .unwrap();

    let (readings, of_contact) = record(&on_kafka).fields.split_last().unwrap();
    assert_eq!(readings.name, "readings");
    let Schema::Array(readings) = &readings.schema else {
        panic!("readings are no list")
    };
    let of_reading = &record(&readings.items).fields;
    let essences = |fields: &[RecordField]| fields.iter().map(essence).collect::<Vec<_>>();
    assert_eq!(essences(of_contact), of_table[..window]);
    assert_eq!(essences(of_reading), of_table[window..]);
    for field in of_reading.iter().chain(&record(&on_kafka).fields) {
        let doc = field.doc.as_deref().unwrap_or_default();
        let is_nullable = matches!(field.schema, Schema::Union(_));
        assert!(doc.ends_with('.'), "{}", field.name);
        assert_eq!(doc.contains("Empty:"), is_nullable, "{}", field.name);
    }
}
