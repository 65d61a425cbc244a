//! Writing the output tables: rows of cells in, one file for each table out.

mod avro;
mod block;
mod column;
mod hybrid;
mod lines;
mod pages;
mod parquet;
mod value;
mod values;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use crate::error::FilesError;
use crate::table::{Column, ColumnKind, Table};

use avro::AvroEncoder;
pub use block::{Block, Cells};
use lines::LineEncoder;
use parquet::{ParquetEncoder, RowGroup};
pub use value::{ValueFormat, ValuePart, push_avro_count};

/// The file formats of the output tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet, zstd-compressed.
    Parquet,
    /// RFC 4180 with a header; empty means null, lists are joined by `|`, maps are JSON.
    Csv,
    /// One JSON object a line, every column present.
    Jsonl,
    /// An Avro container with the schema of the table, deflated.
    Avro,
}

impl Format {
    /// Its name on the command line, which is the extension of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Avro => "avro",
        }
    }
}

impl FromStr for Format {
    type Err = FilesError;

    fn from_str(text: &str) -> Result<Format, FilesError> {
        let all = [Format::Parquet, Format::Csv, Format::Jsonl, Format::Avro];
        let found = all.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| FilesError::UnknownFormat {
            found: text.to_owned(),
        })
    }
}

/// What a row has in one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Unknown or not applicable; only in a nullable column.
    Null,
    /// For [`ColumnKind::Text`].
    Text(&'a str),
    /// For [`ColumnKind::Int`], where it must fit into 32 bits, and [`ColumnKind::Long`].
    Int(i64),
    /// For [`ColumnKind::Bool`].
    Bool(bool),
    /// For [`ColumnKind::Double`]; a number that is not finite counts as null.
    Double(f64),
    /// For [`ColumnKind::Time`]: milliseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// For [`ColumnKind::TextList`].
    List(&'a [&'a str]),
    /// For [`ColumnKind::TextMap`]: names, each once, with their texts.
    Map(&'a [(&'a str, &'a str)]),
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// What is wrong with a row: the place of its column, and the problem. Columns beyond the table's
/// stand for the row as a whole.
type RowProblem = (usize, &'static str);

pub(crate) const NOT_NULLABLE: &str = "is never empty, but a row has no value for it";
pub(crate) const WRONG_KIND: &str = "was given a value of another kind";
pub(crate) const WRONG_COUNT: &str = "a row has more or fewer cells than the table has columns";

/// Whether a cell fits its column; the line formats and Avro ask this before they write anything.
fn check_cell(column: &Column, cell: &Cell<'_>) -> Result<(), &'static str> {
    match (column.kind, cell) {
        (_, Cell::Null) if column.nullable => Ok(()),
        (ColumnKind::Double, Cell::Double(number)) if column.nullable || number.is_finite() => {
            Ok(())
        }
        (_, Cell::Null) | (ColumnKind::Double, Cell::Double(_)) => Err(NOT_NULLABLE),
        (ColumnKind::Int, Cell::Int(number)) if i32::try_from(*number).is_ok() => Ok(()),
        (ColumnKind::Text, Cell::Text(_))
        | (ColumnKind::Long, Cell::Int(_))
        | (ColumnKind::Bool, Cell::Bool(_))
        | (ColumnKind::Time, Cell::Time(_))
        | (ColumnKind::TextList, Cell::List(_))
        | (ColumnKind::TextMap, Cell::Map(_)) => Ok(()),
        _ => Err(WRONG_KIND),
    }
}

fn check_row(table: &Table, cells: &[Cell<'_>]) -> Result<(), RowProblem> {
    let mut both = table.columns.iter().zip(cells).enumerate();
    both.try_for_each(|(at, (column, cell))| check_cell(column, cell).map_err(|why| (at, why)))
}

/// Turns rows into the bytes of a format. Independent of the file, so that several threads can encode
/// a batch each; see [`TableWriter::encoder`].
pub struct TableEncoder {
    table: &'static Table,
    path: Arc<Path>,
    rows: Rows,
}

enum Rows {
    Lines(LineEncoder),
    Avro(Box<AvroEncoder>),
    Parquet(Box<ParquetEncoder>),
}

/// Makes encoders for a table, while another thread writes it.
#[derive(Clone, Debug)]
pub struct Encoding {
    path: Arc<Path>,
    format: Format,
    table: &'static Table,
}

impl Encoding {
    /// An encoder for a batch of rows, to be used on any thread. In Parquet a batch becomes a row
    /// group or more, so that it should have 100 000 rows or more.
    #[must_use]
    pub fn encoder(&self) -> TableEncoder {
        TableEncoder::new(self.table, self.format, Arc::clone(&self.path))
    }
}

/// Rows in the bytes of their format, for [`TableWriter::append`].
pub struct EncodedRows(Encoded);

enum Encoded {
    Bytes(Vec<u8>),
    RowGroups(Vec<RowGroup>),
}

impl TableEncoder {
    fn new(table: &'static Table, format: Format, path: Arc<Path>) -> TableEncoder {
        let rows = match format {
            Format::Csv => Rows::Lines(LineEncoder::csv(table)),
            Format::Jsonl => Rows::Lines(LineEncoder::jsonl(table)),
            Format::Avro => Rows::Avro(Box::new(AvroEncoder::new(table))),
            Format::Parquet => Rows::Parquet(Box::new(ParquetEncoder::new(table))),
        };
        TableEncoder { table, path, rows }
    }

    /// Adds a row, one cell for each column in the order of the table.
    ///
    /// # Errors
    /// When a cell does not fit its column; the encoder must then be thrown away.
    #[inline]
    pub fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), FilesError> {
        if cells.len() != self.table.columns.len() {
            return Err(self.row_error((usize::MAX, WRONG_COUNT)));
        }
        let written = match &mut self.rows {
            Rows::Parquet(rows) => rows.write_row(cells),
            Rows::Lines(rows) => check_row(self.table, cells).map(|()| rows.write_row(cells)),
            Rows::Avro(rows) => check_row(self.table, cells).map(|()| rows.write_row(cells)),
        };
        written.map_err(|problem| self.row_error(problem))
    }

    /// Adds the rows of a block.
    ///
    /// # Errors
    /// When a cell does not fit its column; the encoder must then be thrown away.
    pub fn write_block(&mut self, block: &Block<'_>) -> Result<(), FilesError> {
        let fits = |column: &Cells<'_>| column.has_rows(block.rows);
        if block.columns.len() != self.table.columns.len() || !block.columns.iter().all(fits) {
            return Err(self.row_error((usize::MAX, WRONG_COUNT)));
        }
        match &mut self.rows {
            Rows::Parquet(rows) => rows
                .write_block(block)
                .map_err(|problem| self.row_error(problem)),
            Rows::Lines(_) | Rows::Avro(_) => block.rows(|cells| self.write_row(cells)),
        }
    }

    #[cold]
    fn row_error(&self, (at, problem): RowProblem) -> FilesError {
        let column = self
            .table
            .columns
            .get(at)
            .map_or("*", |column| &column.name);
        FilesError::Row {
            path: self.path.to_path_buf(),
            table: self.table.name,
            column: column.to_owned(),
            problem,
        }
    }

    /// Whether enough has gathered that it should be taken and appended.
    fn is_full(&self) -> bool {
        match &self.rows {
            Rows::Lines(rows) => rows.is_full(),
            Rows::Avro(rows) => rows.is_full(),
            Rows::Parquet(rows) => rows.is_full(),
        }
    }

    /// What is complete; the rest stays.
    fn take_full(&mut self) -> Result<EncodedRows, FilesError> {
        match &mut self.rows {
            Rows::Lines(rows) => Ok(EncodedRows(Encoded::Bytes(rows.take()))),
            Rows::Avro(rows) => Ok(EncodedRows(Encoded::Bytes(rows.take()))),
            Rows::Parquet(rows) => match rows.take_full() {
                Ok(groups) => Ok(EncodedRows(Encoded::RowGroups(groups))),
                Err(source) => Err(unwritable(&self.path, source)),
            },
        }
    }

    /// Everything that was added.
    ///
    /// # Errors
    /// When the compressor fails.
    pub fn finish(mut self) -> Result<EncodedRows, FilesError> {
        match &mut self.rows {
            Rows::Lines(_) => {}
            Rows::Avro(rows) => rows.end_block(),
            Rows::Parquet(rows) => {
                rows.end_row_group()
                    .map_err(|source| unwritable(&self.path, source))?;
            }
        }
        self.take_full()
    }
}

fn unwritable(path: &Path, source: impl Into<std::io::Error>) -> FilesError {
    FilesError::Unwritable {
        path: path.to_path_buf(),
        source: source.into(),
    }
}

/// Writes one table into one file, `<table>.<format>`.
pub struct TableWriter {
    path: Arc<Path>,
    format: Format,
    table: &'static Table,
    encoder: TableEncoder,
    sink: Sink,
}

enum Sink {
    Bytes(File),
    Parquet(parquet::Sink),
}

impl TableWriter {
    /// Creates the file of `table` in the folder `dir`, replacing one of that name.
    ///
    /// # Errors
    /// When the file cannot be created or written.
    pub fn create(table: &'static Table, dir: &Path, format: Format) -> Result<Self, FilesError> {
        let path: PathBuf = dir.join(format!("{}.{}", table.name, format.name()));
        let file = File::create(&path).map_err(|source| unwritable(&path, source))?;
        let path: Arc<Path> = path.into();
        let encoder = TableEncoder::new(table, format, Arc::clone(&path));
        let sink = match format {
            Format::Parquet => {
                let sink = parquet::Sink::new(table, file);
                Sink::Parquet(sink.map_err(|source| unwritable(&path, source))?)
            }
            _ => Sink::Bytes(file),
        };
        let mut writer = TableWriter {
            path,
            format,
            table,
            encoder,
            sink,
        };
        match format {
            Format::Csv => writer.write_bytes(&lines::header(table))?,
            Format::Avro => writer.write_bytes(&avro::header(table))?,
            Format::Jsonl | Format::Parquet => {}
        }
        Ok(writer)
    }

    /// Where it writes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a row, one cell for each column in the order of the table.
    ///
    /// # Errors
    /// When a cell does not fit its column or the file cannot be written; the file is then of no use.
    #[inline]
    pub fn write_row(&mut self, cells: &[Cell<'_>]) -> Result<(), FilesError> {
        self.encoder.write_row(cells)?;
        if self.encoder.is_full() {
            let encoded = self.encoder.take_full()?;
            self.append_encoded(encoded)?;
        }
        Ok(())
    }

    /// Adds the rows of a block.
    ///
    /// # Errors
    /// When a cell does not fit its column or the file cannot be written; the file is then of no use.
    pub fn write_block(&mut self, block: &Block<'_>) -> Result<(), FilesError> {
        self.encoder.write_block(block)?;
        if self.encoder.is_full() {
            let encoded = self.encoder.take_full()?;
            self.append_encoded(encoded)?;
        }
        Ok(())
    }

    /// What makes encoders for this table.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        Encoding {
            path: Arc::clone(&self.path),
            format: self.format,
            table: self.table,
        }
    }

    /// An encoder for a batch of rows of this table, see [`Encoding::encoder`].
    #[must_use]
    pub fn encoder(&self) -> TableEncoder {
        self.encoding().encoder()
    }

    /// Adds the rows of an encoder, after all rows that were added before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&mut self, rows: EncodedRows) -> Result<(), FilesError> {
        let fresh = self.encoder();
        let before = std::mem::replace(&mut self.encoder, fresh).finish()?;
        self.append_encoded(before)?;
        self.append_encoded(rows)
    }

    fn append_encoded(&mut self, rows: EncodedRows) -> Result<(), FilesError> {
        match (rows.0, &mut self.sink) {
            (Encoded::Bytes(bytes), _) => self.write_bytes(&bytes),
            (Encoded::RowGroups(groups), Sink::Parquet(sink)) => {
                let mut groups = groups.into_iter();
                let written = groups.try_for_each(|group| sink.append(group));
                written.map_err(|source| unwritable(&self.path, source))
            }
            (Encoded::RowGroups(_), Sink::Bytes(_)) => {
                unreachable!("only an encoder of a Parquet file makes row groups")
            }
        }
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        match &mut self.sink {
            Sink::Bytes(file) => file
                .write_all(bytes)
                .map_err(|source| unwritable(&self.path, source)),
            Sink::Parquet(_) => unreachable!("a Parquet file is written by row groups"),
        }
    }

    /// Writes what is left and makes sure that it is on the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), FilesError> {
        let fresh = self.encoder();
        let rest = std::mem::replace(&mut self.encoder, fresh).finish()?;
        self.append_encoded(rest)?;
        let file = match self.sink {
            Sink::Bytes(file) => Ok(file),
            Sink::Parquet(sink) => sink.finish(),
        };
        file.and_then(|file| file.sync_all())
            .map_err(|source| unwritable(&self.path, source))
    }
}
