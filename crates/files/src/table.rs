//! The output tables, as their Avro schemas under `schemas/output` describe them.
//!
//! The schemas are the single source of column names, order and types: every format is written from
//! them.

use std::sync::OnceLock;

use serde_json::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    /// True or false.
    Bool,
    /// A number with a fraction.
    Double,
    /// An instant, milliseconds since 1970-01-01T00:00:00Z.
    Time,
    /// Texts in order.
    TextList,
    /// Texts by name.
    TextMap,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in every format.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it can be empty.
    pub nullable: bool,
    /// Meaning, unit and range; what empty means.
    pub doc: String,
}

/// An output table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its Avro schema as text.
    pub schema: &'static str,
}

macro_rules! tables {
    ($($name:literal),+) => {
        /// The names of all output tables.
        pub const TABLE_NAMES: &[&str] = &[$($name),+];

        const SCHEMAS: &[&str] =
            &[$(include_str!(concat!("../../../schemas/output/", $name, ".avsc"))),+];
    };
}

tables!(
    "contacts",
    "verdicts",
    "sessions",
    "alerts",
    "journeys",
    "figures",
    "samples",
    "markers",
    "dead_letters"
);

impl Table {
    /// The table of that name, one of [`TABLE_NAMES`].
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Table> {
        Table::all().iter().find(|table| table.name == name)
    }

    /// All tables, in the order of [`TABLE_NAMES`].
    #[must_use]
    pub fn all() -> &'static [Table] {
        static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
        TABLES.get_or_init(|| {
            let named = TABLE_NAMES.iter().zip(SCHEMAS);
            named.map(|(&name, &schema)| parse(name, schema)).collect()
        })
    }

    /// Place of the column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// The schemas are part of the binary, so a fault in one is a bug that every test meets.
fn parse(name: &'static str, schema: &'static str) -> Table {
    let record: Value = serde_json::from_str(schema).expect("an output schema is JSON");
    let fields = record["fields"]
        .as_array()
        .expect("an output schema has fields");
    Table {
        name,
        columns: fields.iter().map(parse_column).collect(),
        schema,
    }
}

fn parse_column(field: &Value) -> Column {
    let text = |key: &str| {
        field[key]
            .as_str()
            .expect("a field of an output schema has a name and a doc")
            .to_owned()
    };
    let (kind, nullable) = match &field["type"] {
        Value::Array(union) => {
            assert!(
                union.len() == 2 && union[0] == "null",
                "a union is null and one type"
            );
            (parse_kind(&union[1]), true)
        }
        kind => (parse_kind(kind), false),
    };
    Column {
        name: text("name"),
        kind,
        nullable,
        doc: text("doc"),
    }
}

fn parse_kind(kind: &Value) -> ColumnKind {
    match kind["type"].as_str().or(kind.as_str()) {
        Some("string") => ColumnKind::Text,
        Some("int") => ColumnKind::Int,
        Some("boolean") => ColumnKind::Bool,
        Some("double") => ColumnKind::Double,
        Some("array") => ColumnKind::TextList,
        Some("map") => ColumnKind::TextMap,
        Some("long") if kind["logicalType"] == "timestamp-millis" => ColumnKind::Time,
        Some("long") => ColumnKind::Long,
        other => unreachable!("an output schema has a type that is not known: {other:?}"),
    }
}
