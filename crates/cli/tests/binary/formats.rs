//! The same history in every format that is read, and the same rows in every format that is written.

use crate::case::{Case, rows};
use arrow::array::{Array, AsArray, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::array::{ArrayRef, BooleanArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use files::{ColumnKind, TABLE_NAMES, Table};
use jiff::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};
use simulator::workload::day::{DayOptions, day, day_config};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

type Rows = Vec<Map<String, Value>>;

/// A day of five channels, with a marker.
fn a_day() -> Vec<Value> {
    let options = DayOptions {
        seed: 7,
        date: jiff::civil::date(2025, 3, 4),
        customers: 300,
        scale: 1.0,
        ..DayOptions::default()
    };
    let records = day(options).map(|record| serde_json::from_str(&record.json).unwrap());
    let marker = json!({"signal": "marker", "event_id": "m1", "purpose": "release",
                        "occurred_at": "2025-03-03T10:00:00Z",
                        "attributes": {"name": "web 5.2", "team": "portal"}});
    records.chain([marker]).collect()
}

fn config() -> String {
    day_config().replace("[identity]\n", "[identity]\npseudonymise = false\n")
}

fn case_of_the_day() -> (Case, Vec<Value>) {
    let case = Case::new(&config());
    let day = a_day();
    let text: String = day.iter().map(|record| format!("{record}\n")).collect();
    case.put("day.jsonl", text);
    (case, day)
}

fn time_text(at_ms: i64) -> Value {
    json!(format!(
        "{:.3}",
        Timestamp::from_millisecond(at_ms).unwrap()
    ))
}

fn of_jsonl(path: &Path) -> Rows {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whether two rows are the same, but for the last digit of numbers: the JSON parser of this test
/// rounds it otherwise.
fn agree(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let same = |(name, a): (&String, &Value)| match (a.as_f64(), b[name].as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs(),
        _ => *a == b[name],
    };
    a.len() == b.len() && a.iter().all(same)
}

fn of_csv(table: &Table, path: &Path) -> Rows {
    let value = |kind: ColumnKind, text: &str| match kind {
        ColumnKind::TextList if text.is_empty() => json!([]),
        ColumnKind::TextList => json!(text.split('|').collect::<Vec<_>>()),
        ColumnKind::TextMap if text.is_empty() => json!({}),
        ColumnKind::TextMap => serde_json::from_str(text).unwrap(),
        _ if text.is_empty() => Value::Null,
        ColumnKind::Text | ColumnKind::Time => json!(text),
        ColumnKind::Bool => json!(text.parse::<bool>().unwrap()),
        ColumnKind::Double => json!(text.parse::<f64>().unwrap()),
        ColumnKind::Int | ColumnKind::Long => json!(text.parse::<i64>().unwrap()),
    };
    let row = |row: crate::case::Row| {
        let cells = table.columns.iter();
        cells
            .map(|column| (column.name.clone(), value(column.kind, &row[&column.name])))
            .collect()
    };
    rows(path).into_iter().map(row).collect()
}

fn of_parquet(path: &Path) -> Rows {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap());
    let mut all = Rows::new();
    for batch in reader.unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let first = all.len();
        all.resize(first + batch.num_rows(), Map::new());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            for at in 0..batch.num_rows() {
                all[first + at].insert(field.name().clone(), of_arrow(column.as_ref(), at));
            }
        }
    }
    all
}

fn of_arrow(column: &dyn Array, at: usize) -> Value {
    if column.is_null(at) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => json!(column.as_string::<i32>().value(at)),
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(at)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(at)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(at)),
        DataType::Boolean => json!(column.as_boolean().value(at)),
        DataType::Timestamp(..) => {
            time_text(column.as_primitive::<TimestampMillisecondType>().value(at))
        }
        DataType::List(_) => {
            let texts = column.as_list::<i32>().value(at);
            (0..texts.len())
                .map(|at| of_arrow(texts.as_ref(), at))
                .collect()
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(at);
            let (names, texts) = (entries.column(0), entries.column(1));
            let name = |at| names.as_string::<i32>().value(at).to_owned();
            let entry = |at| (name(at), of_arrow(texts.as_ref(), at));
            (0..entries.len()).map(entry).collect::<Map<_, _>>().into()
        }
        other => panic!("a column of type {other}"),
    }
}

fn of_avro(path: &Path) -> Rows {
    let reader = apache_avro::Reader::new(File::open(path).unwrap()).unwrap();
    let row = |value| match value {
        apache_avro::types::Value::Record(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, of_avro_value(value)))
            .collect(),
        other => panic!("a row that is no record: {other:?}"),
    };
    reader.map(|value| row(value.unwrap())).collect()
}

fn of_avro_value(value: apache_avro::types::Value) -> Value {
    use apache_avro::types::Value as Avro;
    match value {
        Avro::Null => Value::Null,
        Avro::Union(_, value) => of_avro_value(*value),
        Avro::String(text) => json!(text),
        Avro::Int(number) => json!(number),
        Avro::Long(number) => json!(number),
        Avro::Double(number) => json!(number),
        Avro::Boolean(truth) => json!(truth),
        Avro::TimestampMillis(at_ms) => time_text(at_ms),
        Avro::Array(values) => values.into_iter().map(of_avro_value).collect(),
        Avro::Map(entries) => {
            let entry = |(name, value)| (name, of_avro_value(value));
            entries.into_iter().map(entry).collect::<Map<_, _>>().into()
        }
        other => panic!("a value of another kind: {other:?}"),
    }
}

/// Names of the columns as the file has them, in its order.
fn columns_of(format: &str, path: &Path) -> Vec<String> {
    match format {
        "csv" => {
            let mut reader = csv::Reader::from_path(path).unwrap();
            reader
                .headers()
                .unwrap()
                .iter()
                .map(str::to_owned)
                .collect()
        }
        "jsonl" => {
            let text = std::fs::read_to_string(path).unwrap();
            let line = text.lines().next().unwrap();
            let mut names: Vec<String> = serde_json::from_str::<Map<String, Value>>(line)
                .unwrap()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            names.sort_by_key(|name| line.find(&format!("\"{name}\":")));
            names
        }
        "parquet" => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap());
            let schema = reader.unwrap().schema().clone();
            schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect()
        }
        _ => {
            let reader = apache_avro::Reader::new(File::open(path).unwrap()).unwrap();
            let apache_avro::Schema::Record(schema) = reader.writer_schema() else {
                panic!("a table is no record");
            };
            schema
                .fields
                .iter()
                .map(|field| field.name.clone())
                .collect()
        }
    }
}

/// The values by which the rows of a table are in order.
fn order_of(
    table: &str,
    row: &Map<String, Value>,
    starts: &HashMap<String, String>,
) -> Vec<String> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let name = |row: &Map<String, Value>| {
        // A journey that began with a signal has no contact.
        ["contact_id", "channel", "source"].map(|column| {
            let text = row.get(column).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        })
    };
    match table {
        "contacts" => [vec![text("started_at")], name(row).to_vec()].concat(),
        "verdicts" => {
            let name = name(row);
            let start = starts[&name.join(" ")].clone();
            let reading = ["window", "scope", "reason_mode"].map(text);
            [vec![start], name.to_vec(), reading.to_vec()].concat()
        }
        "sessions" => vec![text("started_at"), text("session_id")],
        "alerts" => [
            vec![text("event_at")],
            name(row).to_vec(),
            vec![text("name")],
        ]
        .concat(),
        "journeys" => [
            vec![text("entered_at")],
            name(row).to_vec(),
            vec![text("rule")],
        ]
        .concat(),
        "markers" => vec![text("at")],
        "figures" | "samples" => {
            // What is empty comes first, and numbers are as wide as they get.
            let column = |name: &str| match row.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => format!("{:>4}", number.to_string()),
                _ => String::new(),
            };
            let columns = [
                "date",
                "hour",
                "figure",
                "rule",
                "window",
                "scope",
                "reason_mode",
                "from_channel",
                "channel",
                "segment",
                "age_days",
                "rank",
            ];
            let of_samples = ["date", "figure", "rule", "segment", "rank"];
            let columns = if table == "samples" {
                &of_samples[..]
            } else {
                &columns
            };
            columns.iter().map(|name| column(name)).collect()
        }
        _ => vec![text("topic"), format!("{:9}", row["line"])],
    }
}

#[test]
fn every_format_is_written_with_the_same_rows_in_order() {
    let (case, _) = case_of_the_day();
    case.put("bad.jsonl", "not json\n{\"channel\":\"fax\"}\n");
    for format in ["jsonl", "csv", "parquet", "avro"] {
        let ran = case.run(&format!(
            "replay --config c.toml --input day.jsonl bad.jsonl --output {format} --format {format}"
        ));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    let path = |table: &str, format: &str| case.path(&format!("{format}/{table}.{format}"));
    let contacts = of_jsonl(&path("contacts", "jsonl"));
    let start = |row: &Map<String, Value>| {
        let name = ["contact_id", "channel", "source"].map(|name| row[name].as_str().unwrap());
        (
            name.join(" "),
            row["started_at"].as_str().unwrap().to_owned(),
        )
    };
    let starts: HashMap<String, String> = contacts.iter().map(start).collect();
    for name in TABLE_NAMES {
        let table = Table::named(name).unwrap();
        let expected: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let lines = of_jsonl(&path(name, "jsonl"));
        assert!(!lines.is_empty(), "{name} says something");
        for format in ["jsonl", "csv", "parquet", "avro"] {
            assert_eq!(
                columns_of(format, &path(name, format)),
                expected,
                "{name}.{format}"
            );
        }
        for (format, found) in [
            ("csv", of_csv(table, &path(name, "csv"))),
            ("parquet", of_parquet(&path(name, "parquet"))),
            ("avro", of_avro(&path(name, "avro"))),
        ] {
            assert_eq!(found.len(), lines.len(), "{name}.{format}");
            let differs = found
                .iter()
                .zip(&lines)
                .find(|(found, line)| !agree(found, line));
            assert_eq!(differs, None, "{name}.{format}");
        }
        let keys: Vec<Vec<String>> = lines
            .iter()
            .map(|row| order_of(name, row, &starts))
            .collect();
        let unordered = keys.windows(2).find(|pair| pair[0] >= pair[1]);
        assert_eq!(unordered, None, "{name}");
    }
}

/// What a record holds of a field: as many inputs cannot tell an absent value from null, those that
/// are null are named in `cleared`, and lists and objects are JSON text.
fn flat(record: &Value) -> Map<String, Value> {
    let mut row = Map::new();
    let mut cleared = Vec::new();
    for (name, value) in record.as_object().unwrap() {
        match value {
            Value::Null => cleared.push(name.clone()),
            Value::Array(_) | Value::Object(_) => {
                row.insert(name.clone(), json!(value.to_string()));
            }
            value => {
                row.insert(name.clone(), value.clone());
            }
        }
    }
    if !cleared.is_empty() {
        row.insert("cleared".into(), json!(json!(cleared).to_string()));
    }
    row
}

struct Flat {
    names: Vec<String>,
    rows: Vec<Map<String, Value>>,
}

impl Flat {
    fn of(records: &[Value]) -> Flat {
        let rows: Vec<_> = records.iter().map(flat).collect();
        let names: BTreeSet<&String> = rows.iter().flat_map(Map::keys).collect();
        let names = names.into_iter().cloned().collect();
        Flat { names, rows }
    }

    fn column<'a, T>(&'a self, name: &'a str, of: fn(&Value) -> Option<T>) -> Vec<Option<T>> {
        let value = |row: &Map<String, Value>| {
            row.get(name)
                .map(|value| of(value).unwrap_or_else(|| panic!("{name}: {value}")))
        };
        self.rows.iter().map(value).collect()
    }

    fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.names).unwrap();
        for row in &self.rows {
            let cell = |name: &String| match row.get(name) {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            };
            writer.write_record(self.names.iter().map(cell)).unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// Times as timestamps, numbers as doubles.
    fn parquet(&self) -> Vec<u8> {
        let column = |name: &String| -> (String, ArrayRef, bool) {
            let example = self.rows.iter().find_map(|row| row.get(name)).unwrap();
            let array: ArrayRef = match example {
                _ if name.ends_with("_at") => {
                    let times = TimestampMillisecondArray::from(self.column(name, at_ms));
                    Arc::new(times.with_timezone("UTC"))
                }
                Value::Bool(_) => Arc::new(BooleanArray::from(self.column(name, Value::as_bool))),
                Value::Number(_) => Arc::new(Float64Array::from(self.column(name, Value::as_f64))),
                _ => {
                    let text = |value: &Value| value.as_str().map(str::to_owned);
                    Arc::new(StringArray::from(self.column(name, text)))
                }
            };
            (name.clone(), array, true)
        };
        let batch = RecordBatch::try_from_iter_with_nullable(self.names.iter().map(column));
        let batch = batch.unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn avro(&self) -> Vec<u8> {
        use apache_avro::types::Value as Avro;
        let kind = |name: &String| match self.rows.iter().find_map(|row| row.get(name)) {
            _ if name.ends_with("_at") => {
                json!({"type": "long", "logicalType": "timestamp-millis"})
            }
            Some(Value::Bool(_)) => json!("boolean"),
            Some(Value::Number(_)) => json!("double"),
            _ => json!("string"),
        };
        let field = |name: &String| json!({"name": name, "type": ["null", kind(name)]});
        let fields: Vec<Value> = self.names.iter().map(field).collect();
        let schema = json!({"type": "record", "name": "Event", "fields": fields});
        let schema = apache_avro::Schema::parse_str(&schema.to_string()).unwrap();
        let mut writer = apache_avro::Writer::new(&schema, Vec::new()).unwrap();
        for row in &self.rows {
            let cell = |name: &String| {
                let value = match row.get(name) {
                    None => return (name.clone(), Avro::Union(0, Box::new(Avro::Null))),
                    Some(value) if name.ends_with("_at") => {
                        Avro::TimestampMillis(at_ms(value).unwrap())
                    }
                    Some(Value::Bool(truth)) => Avro::Boolean(*truth),
                    Some(Value::Number(number)) => Avro::Double(number.as_f64().unwrap()),
                    Some(value) => Avro::String(value.as_str().unwrap().to_owned()),
                };
                (name.clone(), Avro::Union(1, Box::new(value)))
            };
            let record = Avro::Record(self.names.iter().map(cell).collect());
            writer.append_value(record).unwrap();
        }
        writer.into_inner().unwrap()
    }
}

fn at_ms(value: &Value) -> Option<i64> {
    let parsed = value
        .as_str()
        .map(|text| text.parse::<Timestamp>().unwrap().as_millisecond());
    parsed.or(value.as_i64())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_format_is_read_to_the_same_rows() {
    let (case, day) = case_of_the_day();
    case.replay("day.jsonl", "expected", "");
    let lines = std::fs::read(case.path("day.jsonl")).unwrap();
    let flat = Flat::of(&day);
    let (csv, parquet, avro) = (flat.csv(), flat.parquet(), flat.avro());
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    for (name, bytes) in [
        ("a.jsonl.gz", gzip(&lines)),
        ("b.ndjson.zst", zstd(&lines)),
        ("c.csv", csv.clone()),
        ("d.csv.gz", gzip(&csv)),
        ("e.parquet", parquet.clone()),
        ("f.parquet.zst", zstd(&parquet)),
        ("g.avro", avro.clone()),
        ("h.avro.gz", gzip(&avro)),
    ] {
        case.put(name, bytes);
        let out = name.replace('.', "-");
        case.replay(name, &out, "--strict");
        for table in TABLE_NAMES {
            let read = |out: &str| {
                std::fs::read_to_string(case.path(&format!("{out}/{table}.csv"))).unwrap()
            };
            let (found, expected) = (read(&out), read("expected"));
            let differs = found
                .lines()
                .zip(expected.lines())
                .find(|(found, expected)| found != expected);
            assert_eq!(differs, None, "{name}: {table}");
            assert_eq!(found.len(), expected.len(), "{name}: {table}");
        }
    }
}
