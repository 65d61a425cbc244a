//! What can go wrong with files, each with its path and its place.

use std::fmt;
use std::path::PathBuf;

/// Where in a file something was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line of a text file, row of a Parquet or Avro file, from 1; 0: the file as a whole.
    pub line: u64,
    /// Byte at which the record begins, after decompression, from 0; unknown in Parquet and Avro.
    pub offset: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.offset) {
            (0, _) => write!(f, "the file"),
            (line, None) => write!(f, "row {line}"),
            (line, Some(offset)) => write!(f, "line {line} (byte {offset})"),
        }
    }
}

/// What is said of a file that was cut off.
pub const CUT_OFF: &str = "the file ends before it is complete";

/// An error about a file.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// An input path does not exist or may not be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The path as given or found.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An input folder holds no input.
    #[error("{path} is a folder without any input file; allowed are {allowed}")]
    NoInput {
        /// The folder.
        path: PathBuf,
        /// The file extensions that are read.
        allowed: &'static str,
    },
    /// An input file has an extension that says nothing of its format.
    #[error("{path}: unknown kind of file `{found}`; allowed are {allowed}")]
    UnknownKind {
        /// The file.
        path: PathBuf,
        /// Its extension, compression left out.
        found: String,
        /// The file extensions that are read.
        allowed: &'static str,
    },
    /// Reading stopped in the middle: the records before the place stand.
    #[error("{path}: {place}: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the first record that could not be read begins.
        place: Place,
        /// What is wrong.
        detail: String,
    },
    /// An `[import.NAME]` table that cannot be meant.
    #[error("import.{name}.{key}: `{found}` {problem}")]
    Import {
        /// Its name.
        name: String,
        /// The key.
        key: &'static str,
        /// What was found.
        found: String,
        /// What is wrong or allowed.
        problem: String,
    },
    /// A file could not be written, for example because the disk is full.
    #[error("cannot write {path}: {source}")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The output folder is there already.
    #[error("{path} exists already; allowed: a folder that does not exist, or is empty")]
    OutputExists {
        /// The folder.
        path: PathBuf,
    },
    /// Another run is writing the same folder.
    #[error("{path} is being written by another run (process {process}), into {partial}")]
    OutputBusy {
        /// The folder.
        path: PathBuf,
        /// The other run's process.
        process: u32,
        /// Where it writes.
        partial: PathBuf,
    },
    /// The output path names no folder.
    #[error("{path} is no name for an output folder")]
    OutputName {
        /// The path.
        path: PathBuf,
    },
    /// A row does not fit its table: an error of the caller, found before anything is written.
    #[error("{path}: {table}.{column}: {problem}")]
    Row {
        /// The file.
        path: PathBuf,
        /// Name of the table.
        table: &'static str,
        /// Name of the column, or `*` for the whole row.
        column: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// An output format that is none.
    #[error("`{found}` is no output format; allowed are parquet, csv, jsonl, avro")]
    UnknownFormat {
        /// What was found.
        found: String,
    },
}
