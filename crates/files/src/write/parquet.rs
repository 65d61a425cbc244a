//! Rows as a Parquet file.
//!
//! The pages are made here and not by the Arrow writer, which looks up every text of every row in a
//! hash table: measured on the verdicts, that alone is dearer than this module as a whole. The layout
//! is the oldest and best understood there is: version 1 data pages, dictionaries with plain values
//! behind them, zstd. The footer is left to the Parquet library.

use std::fmt::Write as _;
use std::fs::File;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use crate::table::{Column, ColumnKind, Table};

use super::column::ColumnEncoder;
use super::pages::{ColumnChunk, Compressor};
use super::{Block, Cell, RowProblem};

/// Rows of a page. A reader that skips pages skips this many.
const PAGE_ROWS: u64 = 32_768;
/// Rows of a row group: what a reader takes in at once, and what the writer holds in memory.
const ROW_GROUP_ROWS: u64 = 1 << 20;
/// Bytes held in memory at which a row group ends early.
const ROW_GROUP_BYTES_MAX: usize = 128 << 20;
/// Who wrote the file, in the form that readers of the footer look for.
const CREATED_BY: &str = concat!("ricochet version ", env!("CARGO_PKG_VERSION"));
/// How often the bytes held are counted, in rows.
const WEIGH_ROWS: u64 = 256;

/// All columns of some rows.
pub(super) struct RowGroup {
    columns: Vec<ColumnChunk>,
}

pub(super) struct ParquetEncoder {
    columns: Vec<ColumnEncoder>,
    compressor: Compressor,
    rows: u64,
    /// Rows since the pages ended, and since the bytes held were counted.
    page_rows: u64,
    unweighed_rows: u64,
    full: Vec<RowGroup>,
    failed: Option<ParquetError>,
}

/// The Parquet schema of a table.
fn schema(table: &Table) -> TypePtr {
    let mut text = format!("message {} {{\n", table.name);
    for column in &table.columns {
        push_column(&mut text, column).expect("a text takes what is written");
    }
    text.push('}');
    Arc::new(parse_message_type(&text).expect("the schema of a table is one of Parquet"))
}

fn push_column(
    text: &mut String,
    Column {
        name,
        kind,
        nullable,
        ..
    }: &Column,
) -> std::fmt::Result {
    let repetition = if *nullable { "optional" } else { "required" };
    let primitive = match kind {
        ColumnKind::Text => "binary",
        ColumnKind::Int => "int32",
        ColumnKind::Long | ColumnKind::Time => "int64",
        ColumnKind::Bool => "boolean",
        ColumnKind::Double => "double",
        ColumnKind::TextList => {
            assert!(!nullable, "a list is empty, never null");
            return writeln!(
                text,
                "required group {name} (LIST) {{ repeated group list {{ \
                 required binary element (STRING); }} }}"
            );
        }
        ColumnKind::TextMap => {
            assert!(!nullable, "a map is empty, never null");
            return writeln!(
                text,
                "required group {name} (MAP) {{ repeated group key_value {{ \
                 required binary key (STRING); required binary value (STRING); }} }}"
            );
        }
    };
    let logical = match kind {
        ColumnKind::Text => " (STRING)",
        ColumnKind::Time => " (TIMESTAMP(MILLIS,true))",
        _ => "",
    };
    writeln!(text, "{repetition} {primitive} {name}{logical};")
}

impl ParquetEncoder {
    pub(super) fn new(table: &Table) -> ParquetEncoder {
        let schema = SchemaDescriptor::new(schema(table));
        let mut leaves = schema.columns().iter().cloned();
        let encoder = |column| ColumnEncoder::new(column, leaves.by_ref());
        ParquetEncoder {
            columns: table.columns.iter().map(encoder).collect(),
            compressor: Compressor::new(),
            rows: 0,
            page_rows: 0,
            unweighed_rows: 0,
            full: Vec::new(),
            failed: None,
        }
    }

    #[inline]
    pub(super) fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), RowProblem> {
        for (at, (column, cell)) in self.columns.iter_mut().zip(cells).enumerate() {
            column.push(cell).map_err(|problem| (at, problem))?;
        }
        self.count(1);
        Ok(())
    }

    pub(super) fn write_block(&mut self, block: &Block<'_>) -> Result<(), RowProblem> {
        for (at, (column, cells)) in self.columns.iter_mut().zip(block.columns).enumerate() {
            column
                .push_cells(cells, block.rows)
                .map_err(|problem| (at, problem))?;
        }
        self.count(block.rows as u64);
        Ok(())
    }

    fn count(&mut self, rows: u64) {
        self.rows += rows;
        self.page_rows += rows;
        self.unweighed_rows += rows;
        if self.unweighed_rows >= WEIGH_ROWS
            && let Err(error) = self.weigh()
        {
            self.failed = Some(error);
        }
    }

    /// Ends pages and the row group where they are full.
    fn weigh(&mut self) -> Result<(), ParquetError> {
        self.unweighed_rows = 0;
        let full = self.page_rows >= PAGE_ROWS;
        if full {
            self.page_rows = 0;
        }
        let mut bytes = 0;
        for leaf in self.columns.iter_mut().flat_map(ColumnEncoder::leaves) {
            if full || leaf.is_page_heavy() {
                leaf.end_page(&mut self.compressor)?;
            }
            bytes += leaf.bytes();
        }
        if self.rows >= ROW_GROUP_ROWS || bytes > ROW_GROUP_BYTES_MAX {
            self.end_row_group()?;
        }
        Ok(())
    }

    pub(super) fn end_row_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.page_rows = 0;
        let leaves = self.columns.iter_mut().flat_map(ColumnEncoder::leaves);
        let chunks = leaves.map(|leaf| leaf.end_row_group(rows, &mut self.compressor));
        let columns = chunks.collect::<Result<_, _>>()?;
        self.full.push(RowGroup { columns });
        Ok(())
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        !self.full.is_empty() || self.failed.is_some()
    }

    pub(super) fn take_full(&mut self) -> Result<Vec<RowGroup>, ParquetError> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut self.full)),
        }
    }
}

/// The file that row groups go into.
pub(super) struct Sink(SerializedFileWriter<File>);

impl Sink {
    pub(super) fn new(table: &Table, file: File) -> Result<Sink, ParquetError> {
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .build();
        SerializedFileWriter::new(file, schema(table), Arc::new(properties)).map(Sink)
    }

    pub(super) fn append(&mut self, group: RowGroup) -> Result<(), std::io::Error> {
        let mut writer = self.0.next_row_group()?;
        for ColumnChunk { bytes, close } in group.columns {
            writer.append_column(&bytes, close)?;
        }
        writer.close()?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<File, std::io::Error> {
        Ok(self.0.into_inner()?)
    }
}
