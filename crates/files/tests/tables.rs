//! Every format is read back by the library that other programs use for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow::record_batch::RecordBatch;
use files::{Block, Cell, Cells, ColumnKind, FilesError, Format, OutputFolder, Table, TableWriter};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A cell that owns what it holds.
#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Null,
    Text(String),
    Int(i64),
    Bool(bool),
    Double(f64),
    Time(i64),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

fn write(writer: &mut impl FnMut(&[Cell<'_>]) -> Result<(), FilesError>, rows: &[Vec<Owned>]) {
    for row in rows {
        let lists: Vec<Vec<&str>> = row
            .iter()
            .map(|cell| match cell {
                Owned::List(texts) => texts.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            })
            .collect();
        let maps: Vec<Vec<(&str, &str)>> = row
            .iter()
            .map(|cell| match cell {
                Owned::Map(map) => map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
                _ => Vec::new(),
            })
            .collect();
        let cells = row.iter().enumerate().map(|(at, cell)| match cell {
            Owned::Null => Cell::Null,
            Owned::Text(text) => Cell::Text(text),
            Owned::Int(number) => Cell::Int(*number),
            Owned::Bool(truth) => Cell::Bool(*truth),
            Owned::Double(number) => Cell::Double(*number),
            Owned::Time(at_ms) => Cell::Time(*at_ms),
            Owned::List(_) => Cell::List(&lists[at]),
            Owned::Map(_) => Cell::Map(&maps[at]),
        });
        writer(&cells.collect::<Vec<_>>()).expect("the row fits");
    }
}

fn time_text(at_ms: i64) -> String {
    format!(
        "{:.3}",
        jiff::Timestamp::from_millisecond(at_ms).expect("in range")
    )
}

/// The row as JSON lines and the other formats should give it back.
fn expected(table: &Table, row: &[Owned]) -> Map<String, Value> {
    let value = |cell: &Owned| match cell {
        Owned::Null => Value::Null,
        Owned::Text(text) => json!(text),
        Owned::Int(number) => json!(number),
        Owned::Bool(truth) => json!(truth),
        Owned::Double(number) => json!(number),
        Owned::Time(at_ms) => json!(time_text(*at_ms)),
        Owned::List(texts) => json!(texts),
        Owned::Map(map) => json!(map),
    };
    let names = table.columns.iter().map(|column| column.name.clone());
    names.zip(row.iter().map(value)).collect()
}

fn read_jsonl(path: &Path) -> Vec<Map<String, Value>> {
    let text = std::fs::read_to_string(path).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

fn read_parquet(path: &Path) -> Vec<Map<String, Value>> {
    let file = File::open(path).expect("the file is there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .expect("Parquet")
        .build();
    reader
        .expect("Parquet")
        .flat_map(|batch| batch_rows(&batch.expect("a batch")))
        .collect()
}

fn batch_rows(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let mut rows = vec![Map::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        for (at, row) in rows.iter_mut().enumerate() {
            row.insert(field.name().clone(), arrow_value(column.as_ref(), at));
        }
    }
    rows
}

fn arrow_value(column: &dyn Array, at: usize) -> Value {
    use arrow::datatypes::{DataType, TimeUnit};
    if column.is_null(at) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => json!(column.as_string::<i32>().value(at)),
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(at)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(at)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(at)),
        DataType::Boolean => json!(column.as_boolean().value(at)),
        DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) => {
            assert_eq!(zone.as_ref(), "UTC");
            json!(time_text(
                column.as_primitive::<TimestampMillisecondType>().value(at)
            ))
        }
        DataType::List(_) => {
            let texts = column.as_list::<i32>().value(at);
            (0..texts.len())
                .map(|at| arrow_value(texts.as_ref(), at))
                .collect()
        }
        DataType::Map(_, _) => {
            let entries = column.as_map().value(at);
            let names = entries.column(0).as_string::<i32>();
            let texts = entries.column(1).as_string::<i32>();
            (0..entries.len())
                .map(|at| (names.value(at).to_owned(), json!(texts.value(at))))
                .collect::<Map<_, _>>()
                .into()
        }
        other => panic!("a column of type {other}"),
    }
}

fn read_avro(path: &Path) -> Vec<Map<String, Value>> {
    let file = File::open(path).expect("the file is there");
    let reader = apache_avro::Reader::new(file).expect("Avro");
    let row = |value: Result<apache_avro::types::Value, _>| match value.expect("a row") {
        apache_avro::types::Value::Record(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, avro_value(value)))
            .collect(),
        other => panic!("a row that is no record: {other:?}"),
    };
    reader.map(row).collect()
}

fn avro_value(value: apache_avro::types::Value) -> Value {
    use apache_avro::types::Value as Avro;
    match value {
        Avro::Null => Value::Null,
        Avro::Union(_, value) => avro_value(*value),
        Avro::String(text) => json!(text),
        Avro::Int(number) => json!(number),
        Avro::Long(number) => json!(number),
        Avro::Double(number) => json!(number),
        Avro::Boolean(truth) => json!(truth),
        Avro::TimestampMillis(at_ms) => json!(time_text(at_ms)),
        Avro::Array(values) => values.into_iter().map(avro_value).collect(),
        Avro::Map(entries) => {
            let entries: BTreeMap<_, _> = entries
                .into_iter()
                .map(|(name, value)| (name, avro_value(value)))
                .collect();
            json!(entries)
        }
        other => panic!("a value of another kind: {other:?}"),
    }
}

fn read_csv(table: &Table, path: &Path) -> Vec<Map<String, Value>> {
    let mut reader = csv::Reader::from_path(path).expect("CSV");
    let names: Vec<String> = reader
        .headers()
        .expect("a header")
        .iter()
        .map(Into::into)
        .collect();
    let found: Vec<&String> = table.columns.iter().map(|column| &column.name).collect();
    assert_eq!(names.iter().collect::<Vec<_>>(), found);
    let row = |row: csv::StringRecord| {
        let cells = row.iter().zip(&table.columns);
        cells
            .map(|(text, column)| (column.name.clone(), csv_value(column.kind, text)))
            .collect()
    };
    reader
        .records()
        .map(|record| row(record.expect("a row")))
        .collect()
}

fn csv_value(kind: ColumnKind, text: &str) -> Value {
    match kind {
        ColumnKind::TextList if text.is_empty() => json!([]),
        ColumnKind::TextList => json!(text.split('|').collect::<Vec<_>>()),
        ColumnKind::TextMap if text.is_empty() => json!({}),
        ColumnKind::TextMap => serde_json::from_str(text).expect("JSON"),
        _ if text.is_empty() => Value::Null,
        ColumnKind::Text | ColumnKind::Time => json!(text),
        ColumnKind::Bool => json!(text == "true"),
        ColumnKind::Double => json!(text.parse::<f64>().expect("a number")),
        ColumnKind::Int | ColumnKind::Long => json!(text.parse::<i64>().expect("a number")),
    }
}

/// Writes rows as blocks of these many rows, by turns: what is the same, picked and single as such.
fn write_blocks(writer: &mut TableWriter, rows: &[Vec<Owned>], sizes: &[usize]) {
    let mut all: Vec<Vec<Cell<'static>>> = Vec::new();
    let leak = |text: &str| &*String::leak(text.to_owned());
    let keep = |cell: &Cell<'_>| match *cell {
        Cell::Text(text) => Cell::Text(leak(text)),
        Cell::List(list) => Cell::List(Vec::leak(list.iter().map(|text| leak(text)).collect())),
        Cell::Map(map) => {
            let map = map.iter().map(|(name, text)| (leak(name), leak(text)));
            Cell::Map(Vec::leak(map.collect()))
        }
        Cell::Null => Cell::Null,
        Cell::Int(number) => Cell::Int(number),
        Cell::Bool(truth) => Cell::Bool(truth),
        Cell::Double(number) => Cell::Double(number),
        Cell::Time(at_ms) => Cell::Time(at_ms),
    };
    let mut gather = |cells: &[Cell<'_>]| {
        all.push(cells.iter().map(keep).collect());
        Ok(())
    };
    write(&mut gather, rows);
    let mut sizes = sizes.iter().cycle();
    let mut rest = &all[..];
    while !rest.is_empty() {
        let size = (*sizes.next().expect("there are sizes")).min(rest.len());
        let (now, later) = rest.split_at(size);
        write_block(writer, now);
        rest = later;
    }
}

fn write_block(writer: &mut TableWriter, rows: &[Vec<Cell<'_>>]) {
    let columns: Vec<Vec<Cell<'_>>> = (0..rows[0].len())
        .map(|at| rows.iter().map(|row| row[at]).collect())
        .collect();
    let known: Vec<Vec<Cell<'_>>> = columns
        .iter()
        .map(|cells| {
            let stated = cells.iter().filter(|cell| **cell != Cell::Null);
            stated.copied().collect()
        })
        .collect();
    let picks: Vec<Vec<u16>> = columns
        .iter()
        .zip(&known)
        .map(|(cells, known)| {
            let place = |cell: &Cell<'_>| known.iter().position(|known| known == cell);
            let places = cells.iter().map(place);
            places
                .map(|place| place.map_or(Cells::NOTHING, |place| place as u16))
                .collect()
        })
        .collect();
    let cells = (0..columns.len()).map(|at| {
        if columns[at].iter().all(|cell| *cell == columns[at][0]) {
            Cells::Same(columns[at][0])
        } else {
            Cells::Picked {
                cells: &known[at],
                picks: &picks[at],
            }
        }
    });
    let columns: Vec<Cells<'_>> = cells.collect();
    let block = Block {
        rows: rows.len(),
        columns: &columns,
    };
    writer.write_block(&block).expect("the block fits");
}

fn check(table: &'static Table, rows: &[Vec<Owned>], batches: &[usize]) {
    let dir = tempfile::tempdir().expect("a folder");
    let expected: Vec<_> = rows.iter().map(|row| expected(table, row)).collect();
    for format in [Format::Jsonl, Format::Csv, Format::Parquet, Format::Avro] {
        let mut writer = TableWriter::create(table, dir.path(), format).expect("a writer");
        let mut rest = rows;
        for &batch in batches {
            let (now, later) = rest.split_at(batch.min(rest.len()));
            let mut encoder = writer.encoder();
            write(&mut |cells| encoder.write_row(cells), now);
            writer
                .append(encoder.finish().expect("encoded"))
                .expect("written");
            rest = later;
        }
        write(&mut |cells| writer.write_row(cells), rest);
        check_file(writer, format, table, &expected);
        let mut writer = TableWriter::create(table, dir.path(), format).expect("a writer");
        write_blocks(&mut writer, rows, &[3, 1, 14, 300]);
        check_file(writer, format, table, &expected);
    }
}

fn check_file(writer: TableWriter, format: Format, table: &Table, expected: &[Map<String, Value>]) {
    let path = writer.path().to_path_buf();
    writer.finish().expect("written");
    let found = match format {
        Format::Jsonl => read_jsonl(&path),
        Format::Csv => read_csv(table, &path),
        Format::Parquet => read_parquet(&path),
        Format::Avro => read_avro(&path),
    };
    assert_eq!(found.len(), expected.len(), "{format:?}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{format:?}, row {at}");
    }
}

/// Empty text is left out: CSV cannot tell it from null.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "phone", "j+7", "é\"\u{1},\n ;|'"]).prop_map(str::to_owned),
        1 => "[^|]{1,20}",
    ]
}

fn cell(kind: ColumnKind, nullable: bool) -> BoxedStrategy<Owned> {
    let cell = match kind {
        ColumnKind::Text => text().prop_map(Owned::Text).boxed(),
        ColumnKind::Int => prop_oneof![
            0..5_i64,
            Just(i64::from(i32::MIN)),
            Just(i64::from(i32::MAX))
        ]
        .prop_map(Owned::Int)
        .boxed(),
        ColumnKind::Long => prop_oneof![0..5_i64, any::<i64>()]
            .prop_map(Owned::Int)
            .boxed(),
        ColumnKind::Bool => any::<bool>().prop_map(Owned::Bool).boxed(),
        ColumnKind::Double =>
        // Exact in hundredths, since the reader of JSON rounds longer ones.
        {
            (-99_999_i32..99_999)
                .prop_map(|n| Owned::Double(f64::from(n) / 100.0))
                .boxed()
        }
        ColumnKind::Time => (-60_000_000_000_000..250_000_000_000_000_i64)
            .prop_map(Owned::Time)
            .boxed(),
        ColumnKind::TextList => prop::collection::vec("[a-z0-9é,\" ]{1,3}", 0..4)
            .prop_map(Owned::List)
            .boxed(),
        ColumnKind::TextMap => prop::collection::btree_map(text(), text(), 0..4)
            .prop_map(Owned::Map)
            .boxed(),
    };
    if nullable {
        prop_oneof![cell, Just(Owned::Null)].boxed()
    } else {
        cell
    }
}

fn rows(table: &'static Table) -> impl Strategy<Value = Vec<Vec<Owned>>> {
    let row: Vec<_> = table
        .columns
        .iter()
        .map(|column| cell(column.kind, column.nullable))
        .collect();
    // Each row stands there up to twelve times, as the readings of a contact do.
    prop::collection::vec((row, 1..12_usize), 0..30).prop_map(|rows| {
        rows.into_iter()
            .flat_map(|(row, times)| std::iter::repeat_n(row, times))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_formats_read_back(
        (table, rows) in prop::sample::select(Table::all().iter().collect::<Vec<_>>())
            .prop_flat_map(|table| (Just(table), rows(table))),
        batches in prop::collection::vec(0..100_usize, 0..3),
    ) {
        check(table, &rows, &batches);
    }
}

fn marker(at: i64, kind: &str, name: Option<String>) -> Vec<Owned> {
    vec![
        Owned::Text("acme".into()),
        Owned::Time(at),
        Owned::Text(kind.into()),
        name.map_or(Owned::Null, Owned::Text),
        Owned::Map(BTreeMap::new()),
    ]
}

#[test]
fn long_files_have_pages_dictionaries_and_plain_values() {
    // More than a page of rows: names that never repeat, times that do, and a name that is heavy.
    let rows: Vec<_> = (0..80_000_i64)
        .map(|at| {
            let name = match at % 20_000 {
                7 => Some("x".repeat(300_000)),
                n if n % 11 == 0 => None,
                _ => Some(format!("name {at}")),
            };
            marker(at / 3, if at % 2 == 0 { "release" } else { "script" }, name)
        })
        .collect();
    check(
        Table::named("markers").expect("the table is there"),
        &rows,
        &[70_000],
    );
}

#[test]
fn a_parquet_file_says_its_least_and_greatest() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let dir = tempfile::tempdir().expect("a folder");
    let table = Table::named("markers").expect("the table is there");
    let mut writer = TableWriter::create(table, dir.path(), Format::Parquet).expect("a writer");
    let rows = [
        marker(30, "b", None),
        marker(-20, "a", Some("n".into())),
        marker(10, "c", None),
    ];
    write(&mut |cells| writer.write_row(cells), &rows);
    writer.finish().expect("written");
    let file = File::open(dir.path().join("markers.parquet")).expect("the file is there");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let group = reader.metadata().row_group(0);
    let statistics = |at: usize| group.column(at).statistics().expect("statistics").clone();
    assert_eq!(
        statistics(1).min_bytes_opt(),
        Some((-20_i64).to_le_bytes().as_slice())
    );
    assert_eq!(
        statistics(1).max_bytes_opt(),
        Some(30_i64.to_le_bytes().as_slice())
    );
    assert_eq!(statistics(2).min_bytes_opt(), Some(b"a".as_slice()));
    assert_eq!(statistics(2).max_bytes_opt(), Some(b"c".as_slice()));
    assert_eq!(statistics(3).null_count_opt(), Some(2));
}

#[test]
fn a_row_that_does_not_fit_is_an_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let table = Table::named("markers").expect("the table is there");
    for format in [Format::Jsonl, Format::Csv, Format::Parquet, Format::Avro] {
        let failed = |cells: &[Cell<'_>]| {
            let mut writer = TableWriter::create(table, dir.path(), format).expect("a writer");
            writer
                .write_row(cells)
                .expect_err("the row does not fit")
                .to_string()
        };
        let (tenant, at, kind) = (Cell::Text("t"), Cell::Time(0), Cell::Text("k"));
        assert!(failed(&[tenant, at, kind]).contains("markers.*"));
        let nulled = failed(&[tenant, Cell::Null, kind, Cell::Null, Cell::Map(&[])]);
        assert!(
            nulled.contains("markers.at") && nulled.contains("never empty"),
            "{nulled}"
        );
        let other = failed(&[tenant, Cell::Int(0), kind, Cell::Null, Cell::Map(&[])]);
        assert!(
            other.contains("markers.at") && other.contains("another kind"),
            "{other}"
        );
        let listed = failed(&[tenant, at, Cell::List(&["k"]), Cell::Null, Cell::Map(&[])]);
        assert!(listed.contains("markers.kind"), "{listed}");
    }
    assert!(
        "xml"
            .parse::<Format>()
            .expect_err("no format")
            .to_string()
            .contains("jsonl")
    );
}

#[test]
fn an_output_folder_appears_when_it_is_complete() {
    let dir = tempfile::tempdir().expect("a folder");
    let target = dir.path().join("above/out");
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(dir.path().join("above")).expect("a folder");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect()
    };
    let write = || {
        let folder = OutputFolder::create(&target).expect("a folder");
        let table = Table::named("markers").expect("the table is there");
        folder
            .table(table, Format::Csv)
            .expect("a writer")
            .finish()
            .expect("written");
        folder
            .write_json("summary.json", &json!({ "read": 1 }))
            .expect("written");
        assert!(!target.join("summary.json").exists());
        assert_eq!(
            names()
                .iter()
                .filter(|name| name.starts_with(".out.partial-"))
                .count(),
            1
        );
        folder
    };
    drop(write());
    assert!(names().is_empty(), "a dropped folder leaves nothing");
    std::fs::create_dir(&target).expect("an empty folder may be there");
    write().finish().expect("renamed");
    assert_eq!(names(), ["out"]);
    assert!(target.join("summary.json").exists() && target.join("markers.csv").exists());
    let again = OutputFolder::create(&target)
        .map(|_| ())
        .expect_err("the folder exists");
    assert!(matches!(again, FilesError::OutputExists { .. }), "{again}");
    assert_eq!(names(), ["out"]);
    let file = target.join("markers.csv");
    let below = OutputFolder::create(&file.join("x"))
        .map(|_| ())
        .expect_err("no folder");
    assert!(below.to_string().contains("markers.csv"), "{below}");
}

#[test]
fn a_full_disk_is_an_error_with_its_path() {
    // Every write to this device fails as a full disk does.
    let dir = tempfile::tempdir().expect("a folder");
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    for format in [Format::Jsonl, Format::Csv, Format::Parquet, Format::Avro] {
        let link = dir.path().join(format!("markers.{}", format.name()));
        std::os::unix::fs::symlink(full, &link).expect("a link");
        let table = Table::named("markers").expect("the table is there");
        let written = TableWriter::create(table, dir.path(), format).and_then(|mut writer| {
            let cells = [
                Cell::Text("t"),
                Cell::Time(0),
                Cell::Text("k"),
                Cell::Null,
                Cell::Map(&[]),
            ];
            (0..10).try_for_each(|_| writer.write_row(&cells))?;
            writer.finish()
        });
        let error = written.expect_err("the disk is full").to_string();
        assert!(
            error.contains("markers.") && error.contains("No space left"),
            "{error}"
        );
    }
}
