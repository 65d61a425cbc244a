//! Rows as lines: CSV and JSON lines.

use crate::table::Table;
use crate::text::{push_double, push_int, push_json_text, push_time};

use super::Cell;

/// Bytes after which the gathered lines are written.
const LINES_BYTES: usize = 1 << 20;

pub(super) struct LineEncoder {
    /// What stands before each value in JSON, such as `,"gap_ms":`; empty for CSV.
    labels: Option<Vec<Vec<u8>>>,
    out: Vec<u8>,
    scratch: Vec<u8>,
}

impl LineEncoder {
    pub(super) fn csv(_table: &Table) -> LineEncoder {
        LineEncoder {
            labels: None,
            out: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn jsonl(table: &Table) -> LineEncoder {
        let label = |(at, name): (usize, &String)| {
            let mut label = vec![if at == 0 { b'{' } else { b',' }];
            push_json_text(&mut label, name);
            label.push(b':');
            label
        };
        let names = table.columns.iter().map(|column| &column.name);
        let labels = Some(names.enumerate().map(label).collect());
        LineEncoder {
            labels,
            out: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn write_row(&mut self, cells: &[Cell<'_>]) {
        match &self.labels {
            Some(labels) => {
                for (label, cell) in labels.iter().zip(cells) {
                    self.out.extend_from_slice(label);
                    push_json(&mut self.out, cell);
                }
                self.out.extend_from_slice(b"}\n");
            }
            None => {
                for (at, cell) in cells.iter().enumerate() {
                    if at > 0 {
                        self.out.push(b',');
                    }
                    push_csv(&mut self.out, &mut self.scratch, cell);
                }
                self.out.push(b'\n');
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.len() >= LINES_BYTES
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

/// The first line of a CSV file.
pub(super) fn header(table: &Table) -> Vec<u8> {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut line = names.join(",").into_bytes();
    line.push(b'\n');
    line
}

pub(super) fn push_json(out: &mut Vec<u8>, cell: &Cell<'_>) {
    match *cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Text(text) => push_json_text(out, text),
        Cell::Int(number) => push_int(out, number),
        Cell::Bool(truth) => push_bool(out, truth),
        Cell::Double(number) => push_double(out, number),
        Cell::Time(at_ms) => {
            out.push(b'"');
            push_time(out, at_ms);
            out.push(b'"');
        }
        Cell::List(texts) => {
            out.push(b'[');
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                push_json_text(out, text);
            }
            out.push(b']');
        }
        Cell::Map(entries) => push_json_map(out, entries),
    }
}

fn push_json_map(out: &mut Vec<u8>, entries: &[(&str, &str)]) {
    out.push(b'{');
    for (at, (name, text)) in entries.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_json_text(out, name);
        out.push(b':');
        push_json_text(out, text);
    }
    out.push(b'}');
}

fn push_bool(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

fn push_csv(out: &mut Vec<u8>, scratch: &mut Vec<u8>, cell: &Cell<'_>) {
    match *cell {
        Cell::Null => {}
        Cell::Double(number) if !number.is_finite() => {}
        Cell::Text(text) => push_csv_text(out, text.as_bytes()),
        Cell::Int(number) => push_int(out, number),
        Cell::Bool(truth) => push_bool(out, truth),
        Cell::Double(number) => push_double(out, number),
        Cell::Time(at_ms) => push_time(out, at_ms),
        Cell::List(texts) => {
            scratch.clear();
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    scratch.push(b'|');
                }
                scratch.extend_from_slice(text.as_bytes());
            }
            push_csv_text(out, scratch);
        }
        Cell::Map([]) => {}
        Cell::Map(entries) => {
            scratch.clear();
            push_json_map(scratch, entries);
            push_csv_text(out, scratch);
        }
    }
}

/// A field is quoted where it must be, and where a program that trims fields would change it.
fn push_csv_text(out: &mut Vec<u8>, text: &[u8]) {
    let plain = |byte: &u8| !matches!(byte, b',' | b'"' | b'\r' | b'\n' | b' ' | b'\t');
    if text.iter().all(plain) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for part in text.split_inclusive(|&byte| byte == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}
