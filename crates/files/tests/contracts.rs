//! The page of data contracts says what the schemas say. `UPDATE=1 cargo test -p files --test
//! contracts` writes it anew.

use files::{ColumnKind, Table};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data-contracts.md");
const VERDICTS: &str = include_str!("../../../schemas/kafka/verdicts.avsc");
const INPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/input");

const ROWS: &str = "
### CSV and Parquet

Columns have the names of the fields below. Identifiers are columns named by their type, such as
`customer_id`; an attribute is a column `attributes.NAME`; lists are joined with `|` or written as JSON. A
column of another name is passed over and named; a column that stands twice is an error. CSV is separated by
commas; what has other separators or names needs an `[import.NAME]`. A row may leave out:

- `kind`: it is `contact`, a whole contact in one record.
- `occurred_at`: it is `started_at`.
- `event_id`: of a `contact` it is the `contact_id`, else a hash of what the row says, so that the same row
  twice is a duplicate.
- `contact_id` of a `contact`: it is the `event_id`.

A time without offset is local time in the import's `time_zone`, else the tenant's. One that exists twice when
clocks are changed is the first; one that does not exist is moved on by the gap; both are counted
(`ambiguous_times`). A date alone is its midnight. A whole number is epoch milliseconds.
";

const HEAD: &str = "\
# Data contracts: what goes in and what comes out

This page is made out of the Avro schemas in `schemas/`, which are the contract; a test compares the two.
`ricochet replay` writes one file for each output table, in Parquet, CSV, JSON lines or Avro; columns and
their order are the same in all formats.

## How to read the tables

- Files hold settled results: no withdrawn alert, no superseded visit. Rows stand in order of (`started_at`,
  `contact_id`, `channel`, `source`, `window`, `scope`, `reason_mode`); those of `figures` and `samples` begin with
  their date. How figures are read and added up: [figures.md](figures.md).
- Times are UTC: RFC 3339 with milliseconds in CSV and JSON, timestamps in Parquet and Avro.
- *Empty* means unknown or not applicable: an empty cell in CSV, null elsewhere. A column that is never empty
  says so.
- In CSV a list is joined with `|` and a map is JSON text.
- `contact_id` is unique within (`channel`, `source`): join tables on all three.
- Columns are only ever added. A reader that names the columns it uses keeps working.
- What a column means is said here in a line; the rules behind it are in `docs/semantics.md`.

`summary.json` stands beside the tables. Besides the figures it counts `unknown_kinds` (events of kinds
that are not in their channel's list, kept as plain activity, by `channel/kind`),
`unknown_identifier_types` (identifiers of types that are neither in `unique` nor in `handles`, which say
nothing, by type), `unmapped_codes` (by `source/code`), `incomplete` (events that wait for a contact),
`events_cut` and `contacts_capped` (beyond the limits). Words that might be personal count as `other`.

## Output tables
";

const ON_KAFKA: &str = "
## Records on Kafka

The service writes each table to the topic `<application_id>.<table>`, with the same fields. With a Schema
Registry a value is Avro in Confluent's framing: a byte 0, the schema's id as four bytes, big end first, the
datum. The schema's subject is `<application_id>.<table>-value`. Without a registry it is a JSON object in which
every field is present: what is empty is null, times are RFC 3339 in UTC. A key is text, and means nothing but
that the same key is the same row: when a contact becomes another customer's, or nobody's, its key changes too. A
value of null says that what was said under this key holds no more.

**figures** and **samples** are told by each task for itself: a key is `task/name`, and the sums over tasks of the last values of a
name are the row of a replay. `value` is the task's own share, `coverage` is empty. How to add them up:
[figures.md](figures.md#as-a-topic).

**verdicts** differ: one record has all readings of a contact, always all of them, in a list `readings`.
";

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Int | ColumnKind::Long => "whole number",
        ColumnKind::Bool => "true or false",
        ColumnKind::Double => "number",
        ColumnKind::Time => "time",
        ColumnKind::TextList => "list of texts",
        ColumnKind::TextMap => "map of texts",
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for table in Table::all() {
        let schema: Value = serde_json::from_str(table.schema).expect("a schema is JSON");
        let doc = schema["doc"].as_str().expect("a schema has a doc");
        let name = table.name;
        write!(
            page,
            "\n### {name}\n\n{doc}\n\n| column | type | empty | meaning |\n|---|---|---|---|\n"
        )
        .expect("writing to a string cannot fail");
        for column in &table.columns {
            let empty = if column.nullable { "yes" } else { "never" };
            let meaning = column.doc.replace('|', "\\|");
            let kind = kind(column.kind);
            writeln!(page, "| `{}` | {kind} | {empty} | {meaning} |", column.name)
                .expect("writing to a string cannot fail");
        }
    }
    page.push_str(ON_KAFKA);
    page.push_str("\n| field | meaning |\n|---|---|\n");
    let schema: Value = serde_json::from_str(VERDICTS).expect("a schema is JSON");
    fields(&mut page, "", &schema["fields"]);
    page.push_str("\n## Input records\n\nOne canonical record for all channels, as Avro or as JSON lines with the same names.\nIn JSON an absent field says nothing and an explicit null says \"no value\"; Avro has `cleared` for the latter.\n");
    page.push_str(ROWS);
    let mut inputs: Vec<_> = std::fs::read_dir(INPUTS)
        .expect("the input schemas are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "avsc")
        })
        .collect();
    inputs.sort();
    for path in inputs {
        input(&mut page, &path);
    }
    page
}

fn input(page: &mut String, path: &Path) {
    let text = std::fs::read_to_string(path).expect("a schema can be read");
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .expect("a schema has a name");
    let doc = schema["doc"].as_str().expect("a schema has a doc");
    write!(
        page,
        "\n### {name}\n\n{doc}\n\n| field | meaning |\n|---|---|\n"
    )
    .expect("writing to a string cannot fail");
    fields(page, "", &schema["fields"]);
}

/// A line for each field of a record; those of a list of records follow it.
fn fields(page: &mut String, of: &str, fields_of: &Value) {
    for field in fields_of.as_array().expect("a record has fields") {
        let doc = field["doc"].as_str().expect("a field has a doc");
        let doc = doc.replace('|', "\\|");
        let name = field["name"].as_str().expect("a field has a name");
        writeln!(page, "| `{of}{name}` | {doc} |").expect("writing to a string cannot fail");
        let inner = &field["type"]["items"]["fields"];
        if of.is_empty() && name == "readings" {
            fields(page, "readings[].", inner);
        }
    }
}

#[test]
fn the_page_of_data_contracts_says_what_the_schemas_say() {
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &expected).expect("the page can be written");
    }
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        found == expected,
        "docs/data-contracts.md differs; UPDATE=1 cargo test -p files"
    );
}
