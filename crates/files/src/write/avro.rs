//! Rows as an Avro container file, by the Avro 1.11 specification, "Object Container Files".
//!
//! The schemas are flat and known, so the datum is written by hand: it is several times cheaper than
//! to build a value tree for each row. The tests read the files back with the Avro library.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use xxhash_rust::xxh3::xxh3_128;

use crate::table::{ColumnKind, Table};

use super::Cell;

/// Bytes of rows, before compression, that make a block.
const BLOCK_BYTES: usize = 64 << 10;
/// Bytes of blocks after which they are written.
const BLOCKS_BYTES: usize = 1 << 20;

pub(super) struct AvroEncoder {
    kinds: Vec<(ColumnKind, bool)>,
    sync: [u8; 16],
    block: Vec<u8>,
    block_rows: i64,
    out: Vec<u8>,
}

/// The mark between blocks. It is drawn from the schema, so that the same rows give the same file.
fn sync_marker(table: &Table) -> [u8; 16] {
    xxh3_128(table.schema.as_bytes()).to_be_bytes()
}

/// What stands before the first block.
pub(super) fn header(table: &Table) -> Vec<u8> {
    let mut out = b"Obj\x01".to_vec();
    push_long(&mut out, 2);
    for (name, value) in [("avro.codec", "deflate"), ("avro.schema", table.schema)] {
        push_text(&mut out, name);
        push_text(&mut out, value);
    }
    push_long(&mut out, 0);
    out.extend_from_slice(&sync_marker(table));
    out
}

impl AvroEncoder {
    pub(super) fn new(table: &Table) -> AvroEncoder {
        AvroEncoder {
            kinds: table
                .columns
                .iter()
                .map(|column| (column.kind, column.nullable))
                .collect(),
            sync: sync_marker(table),
            block: Vec::new(),
            block_rows: 0,
            out: Vec::new(),
        }
    }

    pub(super) fn write_row(&mut self, cells: &[Cell<'_>]) {
        let out = &mut self.block;
        for (&(_, nullable), cell) in self.kinds.iter().zip(cells) {
            push_nullable(out, nullable, cell);
        }
        self.block_rows += 1;
        if self.block.len() >= BLOCK_BYTES {
            self.end_block();
        }
    }

    pub(super) fn end_block(&mut self) {
        if self.block_rows == 0 {
            return;
        }
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflater
            .write_all(&self.block)
            .expect("a buffer takes what is written");
        let deflated = deflater.finish().expect("a buffer takes what is written");
        push_long(&mut self.out, self.block_rows);
        push_long(&mut self.out, length(deflated.len()));
        self.out.extend_from_slice(&deflated);
        self.out.extend_from_slice(&self.sync);
        self.block.clear();
        self.block_rows = 0;
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.len() >= BLOCKS_BYTES
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

/// A cell of a column; in one that is nullable the branch of its union first.
#[inline]
pub(super) fn push_nullable(out: &mut Vec<u8>, nullable: bool, cell: &Cell<'_>) {
    if nullable {
        let is_null = match cell {
            Cell::Null => true,
            Cell::Double(number) => !number.is_finite(),
            _ => false,
        };
        // 0 and 1 as longs.
        out.push(if is_null { 0 } else { 2 });
        if is_null {
            return;
        }
    }
    push_cell(out, cell);
}

fn push_cell(out: &mut Vec<u8>, cell: &Cell<'_>) {
    match *cell {
        Cell::Null => {}
        Cell::Text(text) => push_text(out, text),
        Cell::Int(number) | Cell::Time(number) => push_long(out, number),
        Cell::Bool(truth) => out.push(u8::from(truth)),
        Cell::Double(number) => out.extend_from_slice(&number.to_le_bytes()),
        Cell::List(texts) => {
            if !texts.is_empty() {
                push_long(out, length(texts.len()));
                texts.iter().for_each(|text| push_text(out, text));
            }
            push_long(out, 0);
        }
        Cell::Map(entries) => {
            if !entries.is_empty() {
                push_long(out, length(entries.len()));
                for (name, text) in entries {
                    push_text(out, name);
                    push_text(out, text);
                }
            }
            push_long(out, 0);
        }
    }
}

pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).expect("memory has fewer than 2^63 bytes")
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_long(out, length(text.len()));
    out.extend_from_slice(text.as_bytes());
}

/// Zigzag, then seven bits a byte.
#[inline]
pub(super) fn push_long(out: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    if rest < 0x80 {
        out.push(rest as u8);
        return;
    }
    let (mut bytes, mut len) = ([0; 10], 0);
    while rest >= 0x80 {
        bytes[len] = rest as u8 | 0x80;
        rest >>= 7;
        len += 1;
    }
    bytes[len] = rest as u8;
    out.extend_from_slice(&bytes[..=len]);
}
