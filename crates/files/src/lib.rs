//! Data files: reads contact events from JSON lines, CSV, Parquet and Avro container files, plain or
//! compressed, and writes the output tables in the same formats.
//!
//! Whatever the format, a record is handed on as the JSON text of one canonical record, so that there
//! is one decoder behind it; a row is handed over as cells of the table's columns, so that there is one
//! way to write it.
//!
//! Invariant: the only crate that knows csv, parquet, avro files, compression and the file system for
//! data.
//! Invariant: knows no event, contact or verdict; it moves columns by name.
//! Invariant: a damaged file is an error with its place, never a panic; memory is bounded by
//! constants, never by a file.

mod columns;
mod error;
mod folder;
mod import;
mod input;
mod read;
mod row;
mod table;
mod text;
mod time;
mod write;

pub use error::{CUT_OFF, FilesError, Place};
pub use folder::OutputFolder;
pub use import::Import;
pub use input::{Compression, InputFile, InputKind, open_inputs};
pub use read::{
    Body, Chunk, ChunkNotes, InputReader, LINE_BYTES_MAX, ReadOptions, Reading, Record,
};
pub use table::{Column, ColumnKind, TABLE_NAMES, Table};
pub use write::{
    Block, Cell, Cells, EncodedRows, Encoding, Format, TableEncoder, TableWriter, ValueFormat,
    ValuePart, push_avro_count,
};
