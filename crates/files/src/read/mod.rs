//! Reading input files: chunks of rows, each of which any thread can turn into records.

mod avro;
mod batch;
mod csv;
mod lines;
mod parquet;
mod source;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;

use crate::columns::PlanOptions;
use crate::error::{FilesError, Place};
use crate::import::{Import, Meant};
use crate::input::{InputFile, InputKind};
use crate::row::RowBuilder;

use self::avro::AvroReader;
use self::csv::CsvReader;
use self::lines::LinesReader;
use self::parquet::ParquetReader;

/// Bytes of text that a chunk has, about.
const CHUNK_BYTES: usize = 1 << 20;

/// Bytes of a line of JSON or a row of CSV beyond which it is not read.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// How all files are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Of times without offset in files whose import names none.
    pub zone: TimeZone,
    /// Identifier types besides the built-in `customer_id`, `loyalty`, `email`, `phone`, `device`.
    pub identifier_types: Vec<String>,
    /// Files with column names of their own; the first that matches a file counts.
    pub imports: Vec<Import>,
}

/// Reads input files; see [`Reading::open`].
#[derive(Debug)]
pub struct Reading {
    zone: TimeZone,
    identifier_types: Vec<String>,
    imports: Vec<Arc<Meant>>,
}

impl Reading {
    /// Checks the options.
    ///
    /// # Errors
    /// When an import cannot be meant.
    pub fn new(options: ReadOptions) -> Result<Reading, FilesError> {
        let ReadOptions {
            zone,
            identifier_types,
            imports,
        } = options;
        let check = |import| Meant::check(import, &identifier_types).map(Arc::new);
        let imports = imports.into_iter().map(check).collect::<Result<_, _>>()?;
        Ok(Reading {
            zone,
            identifier_types,
            imports,
        })
    }

    /// Begins to read a file. Only one thread reads it; see [`Chunk::for_each`] for the rest.
    ///
    /// # Errors
    /// When it cannot be opened, or is not of its kind at all.
    pub fn open(&self, file: &InputFile) -> Result<InputReader, FilesError> {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let import = self
            .imports
            .iter()
            .find(|import| import.matches(&name))
            .map(Arc::as_ref);
        let container = matches!(file.kind, InputKind::Parquet | InputKind::Avro);
        if container && file.bytes == 0 {
            return Err(FilesError::Damaged {
                path: file.path.clone(),
                place: Place::default(),
                detail: "it is empty".to_owned(),
            });
        }
        let read = Arc::new(AtomicU64::new(0));
        let options = PlanOptions {
            identifier_types: &self.identifier_types,
            import,
            zone: &self.zone,
            are_contacts: matches!(file.kind, InputKind::Csv | InputKind::Parquet),
        };
        let inner = match file.kind {
            InputKind::JsonLines => {
                let mapping = self.imports.iter().find(|import| import.matches(&name));
                let mapping = mapping.map(|import| lines::Mapping {
                    import: Arc::clone(import),
                    identifier_types: self.identifier_types.clone(),
                    zone: self.zone.clone(),
                });
                Inner::Lines(LinesReader::open(file, mapping, &read)?)
            }
            InputKind::Csv => Inner::Csv(Box::new(CsvReader::open(file, options, &read)?)),
            InputKind::Parquet => {
                Inner::Parquet(Box::new(ParquetReader::open(file, options, &read)?))
            }
            InputKind::Avro => Inner::Avro(Box::new(AvroReader::open(file, options, &read)?)),
        };
        let path: Arc<Path> = file.path.as_path().into();
        let import = import.map(|import| import.typed.name.clone());
        Ok(InputReader {
            path,
            import,
            read,
            inner,
            failed: false,
        })
    }
}

/// The chunks of one file. After an error there are no more; the chunks before it stand.
pub struct InputReader {
    path: Arc<Path>,
    import: Option<String>,
    read: Arc<AtomicU64>,
    inner: Inner,
    failed: bool,
}

enum Inner {
    Lines(LinesReader),
    Csv(Box<CsvReader>),
    Parquet(Box<ParquetReader>),
    Avro(Box<AvroReader>),
}

impl InputReader {
    /// Name of the import that the file is read by.
    #[must_use]
    pub fn import(&self) -> Option<&str> {
        self.import.as_deref()
    }

    /// Columns of the file that say nothing to us. Of JSON lines none are listed.
    #[must_use]
    pub fn dropped_columns(&self) -> &[String] {
        match &self.inner {
            Inner::Lines(_) => &[],
            Inner::Csv(reader) => reader.dropped_columns(),
            Inner::Parquet(reader) => reader.dropped_columns(),
            Inner::Avro(reader) => reader.dropped_columns(),
        }
    }

    /// How many of the file's bytes, as they are on disk, have been read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Iterator for InputReader {
    type Item = Result<Chunk, FilesError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = match &mut self.inner {
            Inner::Lines(reader) => reader.next_chunk(),
            Inner::Csv(reader) => reader.next_chunk(),
            Inner::Parquet(reader) => reader.next_chunk(),
            Inner::Avro(reader) => reader.next_chunk(),
        };
        match next {
            Ok(content) => content.map(|content| Ok(Chunk { content })),
            Err(Damage { place, detail }) => {
                self.failed = true;
                Some(Err(FilesError::Damaged {
                    path: self.path.to_path_buf(),
                    place,
                    detail,
                }))
            }
        }
    }
}

/// Where and why reading stopped.
struct Damage {
    place: Place,
    detail: String,
}

/// Some rows of a file, which any thread can turn into records.
pub struct Chunk {
    content: Content,
}

enum Content {
    Lines(lines::Lines),
    Csv(csv::Rows),
    Batch(batch::Rows),
    Avro(avro::Rows),
    TooLarge(Place),
}

/// One record, or one that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it stands.
    pub place: Place,
    /// What stands there.
    pub body: Body<'a>,
}

/// What stands in the place of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// The JSON text of a canonical record; of JSON lines the line as it is.
    Json(&'a [u8]),
    /// The same, of which some times could not be read.
    BadTimes {
        /// The JSON text; what could not be read stands in it as a text.
        json: &'a [u8],
        /// For each such field its name, a colon, and what was expected and found.
        details: &'a [String],
    },
    /// A row that is none: its fields are not as many as the header's, or not in the file's encoding.
    NotCsv {
        /// What is wrong with it.
        detail: &'a str,
        /// Its fields, end to end.
        bytes: &'a [u8],
    },
    /// A line or row of more than [`LINE_BYTES_MAX`] bytes.
    TooLarge,
}

/// What was noticed in a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkNotes {
    /// Records, those that are none among them.
    pub records: u64,
    /// Local times that exist twice, or not at all, when clocks are changed.
    pub ambiguous_times: u64,
}

impl Chunk {
    /// Calls `each` with every record in order. Blank lines are no records.
    pub fn for_each(&self, mut each: impl FnMut(Record<'_>)) -> ChunkNotes {
        let mut records = 0;
        let mut builder = RowBuilder::default();
        let mut counted = |record: Record<'_>| {
            records += 1;
            each(record);
        };
        match &self.content {
            Content::Lines(lines) => lines.for_each(&mut builder, &mut counted),
            Content::Csv(rows) => rows.for_each(&mut builder, &mut counted),
            Content::Batch(rows) => rows.for_each(&mut builder, &mut counted),
            Content::Avro(rows) => rows.for_each(&mut builder, &mut counted),
            Content::TooLarge(place) => counted(Record {
                place: *place,
                body: Body::TooLarge,
            }),
        }
        ChunkNotes {
            records,
            ambiguous_times: builder.ambiguous_times,
        }
    }
}
