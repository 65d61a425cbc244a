//! The reference of all keys, `docs/configuration.md`, made out of the list of keys.

use crate::duration_text;
use crate::keys::{KEYS, Key, Kind, LeftOut};
use std::fmt::Write as _;

const BEFORE: &str = include_str!("reference/before.md");
const AFTER: &str = include_str!("reference/after.md");

/// The tables of the configuration: path of their keys, heading, what they are for.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "",
        "The root of the file",
        "These stand before the first table.",
    ),
    (
        "windows.NAME",
        "`[windows]`",
        "How long after a contact a customer who comes again counts as coming back. Each window has a name of the tenant's and one length. Naming any replaces the four defaults: `intraday` (0 calendar days), `24h` (rolling), `j+7` and `j+30` (calendar days). The order in the file is the order of the readings.",
    ),
    (
        "scopes",
        "`[scopes]`",
        "Adds to, or redefines, the scopes `assisted`, `all` and `phone`.",
    ),
    (
        "roles[]",
        "`[[roles]]`",
        "What counts. The first row that matches wins, and the built-in table comes last (`semantics.md`, What counts). A key left out matches everything.",
    ),
    ("visits", "`[visits]`", "Web contacts."),
    (
        "channels.CHANNEL",
        "`[channels.CHANNEL]`",
        "One table for each of `phone`, `chat`, `email`, `video`, `web`.",
    ),
    (
        "sources.SOURCE",
        "`[sources.SOURCE]`",
        "One table for each source. `[sources.default]` speaks for every source that has no table of its own; a key left out of a source's own table has the default below, not that of `[sources.default]`.",
    ),
    (
        "costs.CHANNEL",
        "`[costs.CHANNEL]`",
        "What a contact costs. A channel without a table has no cost of its own.",
    ),
    (
        "identity",
        "`[identity]`",
        "Who is a customer, and what becomes of identifiers.",
    ),
    (
        "policies[]",
        "`[[policies]]`",
        "When a repeat is told as a `RepeatContact` alert. Naming any replaces the two defaults, `third-in-seven-days` (count 3 in `j+7 assisted any`) and `again-today-same-reason` (count 2 in `intraday assisted same`); a default whose reading is not evaluated is left out. `policies = []`: none.",
    ),
    (
        "tables",
        "`[tables]`",
        "Tables of codes; their form is told below.",
    ),
    (
        "import.NAME",
        "`[import.NAME]`",
        "How to read CSV and Parquet files whose columns are not the canonical ones.",
    ),
    (
        "figures",
        "`[figures]`",
        "What contacts add up to (`figures.md`).",
    ),
    (
        "figures.segments[]",
        "`[[figures.segments]]`",
        "Dimensions of the figures, at most 50 tables. Naming any replaces the defaults: `reason`, `page` and `team`, each by itself.",
    ),
    (
        "kafka",
        "`[kafka]`",
        "The service's side of Kafka; `replay` and `demo` need none of it.",
    ),
    (
        "http",
        "`[http]`",
        "The live page, the API and the metrics.",
    ),
];

/// The text of `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(BEFORE);
    for (index, (table, heading, doc)) in TABLES.iter().enumerate() {
        write!(text, "\n### {heading}\n\n{doc}\n\n").expect("writing to a string cannot fail");
        text.push_str("| key | type and range | default | example | meaning |\n");
        text.push_str("|---|---|---|---|---|\n");
        for key in KEYS.iter().filter(|key| table_of(key) == Some(index)) {
            text.push_str(&row(key, table));
        }
    }
    text.push('\n');
    text.push_str(AFTER);
    text
}

/// The place of a key's table: the longest that its path begins with.
fn table_of(key: &Key) -> Option<usize> {
    let below = |table: &str| {
        table.is_empty()
            || key
                .path
                .strip_prefix(table)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let tables = TABLES
        .iter()
        .enumerate()
        .filter(|(_, (table, _, _))| below(table));
    tables
        .max_by_key(|(_, (table, _, _))| table.len())
        .map(|(index, _)| index)
}

fn row(key: &Key, table: &str) -> String {
    let name = key.path[table.len()..].trim_start_matches('.');
    let default = match key.default {
        LeftOut::Required => "required".to_owned(),
        LeftOut::Is(value) => code(value),
        LeftOut::Told(told) => told.to_owned(),
    };
    let cells = [
        code(name),
        kind_text(&key.kind),
        default,
        code(key.example),
        key.doc.to_owned(),
    ];
    format!(
        "| {} |\n",
        cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
    )
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn kind_text(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::TextOrEmpty => "text, may be empty".into(),
        Kind::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| code(word)).collect();
            format!("one of {}", words.join(", "))
        }
        Kind::Bool => "`true` or `false`".into(),
        Kind::Integer { min, max } => format!("whole number, {min} to {max}"),
        Kind::Number { max } => format!("number, 0 to {max}"),
        Kind::Duration { min_ms, max_ms } => {
            format!(
                "duration, {} to {}",
                duration_text(*min_ms),
                duration_text(*max_ms)
            )
        }
        Kind::Date => "date".into(),
        Kind::List(item) => format!("list of: {}", kind_text(item)),
        Kind::Codes { columns } => {
            let names: Vec<String> = columns.iter().map(|(name, _)| code(name)).collect();
            format!("path of a file, or a list; columns {}", names.join(", "))
        }
    }
}
