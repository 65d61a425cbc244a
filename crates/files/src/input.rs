//! The input files that paths name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::FilesError;

/// The format of an input file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A JSON object a line.
    JsonLines,
    /// CSV with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// An Avro container.
    Avro,
}

/// How an input file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one member or several.
    Gzip,
    /// zstd, of one frame or several.
    Zstd,
}

/// One file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its format, by its extension.
    pub kind: InputKind,
    /// Its compression, by its last extension.
    pub compression: Compression,
    /// Its size on disk, bytes.
    pub bytes: u64,
}

/// The extensions that are read.
const ALLOWED: &str = ".jsonl, .ndjson, .json, .csv, .parquet, .avro, each also with .gz or .zst";

/// Folders inside folders are looked into down to this depth.
const DEPTH_MAX: usize = 32;

/// Finds the input files: files in the order given, folders in the order of the names in them, at any
/// depth. In a folder, names that begin with `.` or `_` are passed over.
///
/// # Errors
/// When a path does not exist or may not be read, a folder holds no input, or a file is of an unknown
/// kind.
pub fn open_inputs(paths: &[PathBuf]) -> Result<Vec<InputFile>, FilesError> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        let found = fs::metadata(path).map_err(unreadable(path))?;
        if found.is_dir() {
            walk(path, 0, &mut files)?;
            if files.len() == before {
                return Err(FilesError::NoInput {
                    path: path.clone(),
                    allowed: ALLOWED,
                });
            }
        } else {
            files.push(input_file(path)?);
        }
    }
    Ok(files)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> FilesError {
    let path = path.to_path_buf();
    move |source| FilesError::Unreadable { path, source }
}

fn walk(dir: &Path, depth: usize, files: &mut Vec<InputFile>) -> Result<(), FilesError> {
    if depth > DEPTH_MAX {
        return Err(unreadable(dir)(io::Error::other(
            "folders are nested too deep",
        )));
    }
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut names: Vec<_> = entries
        .map_err(unreadable(dir))?
        .iter()
        .map(fs::DirEntry::file_name)
        .collect();
    names.sort();
    for name in names {
        if matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_')) {
            continue;
        }
        let path = dir.join(name);
        if fs::metadata(&path).map_err(unreadable(&path))?.is_dir() {
            walk(&path, depth + 1, files)?;
        } else {
            files.push(input_file(&path)?);
        }
    }
    Ok(())
}

fn input_file(path: &Path) -> Result<InputFile, FilesError> {
    let extension = |path: &Path| {
        path.extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
    };
    let compression = match extension(path).as_deref() {
        Some("gz") => Compression::Gzip,
        Some("zst") => Compression::Zstd,
        _ => Compression::None,
    };
    let bare = match compression {
        Compression::None => path.to_path_buf(),
        Compression::Gzip | Compression::Zstd => path.with_extension(""),
    };
    let kind = match extension(&bare).as_deref() {
        Some("jsonl" | "ndjson" | "json") => InputKind::JsonLines,
        Some("csv") => InputKind::Csv,
        Some("parquet") => InputKind::Parquet,
        Some("avro") => InputKind::Avro,
        other => {
            return Err(FilesError::UnknownKind {
                path: path.to_path_buf(),
                found: other.unwrap_or_default().to_owned(),
                allowed: ALLOWED,
            });
        }
    };
    let opened = File::open(path).and_then(|file| file.metadata());
    let bytes = opened.map_err(unreadable(path))?.len();
    Ok(InputFile {
        path: path.to_path_buf(),
        kind,
        compression,
        bytes,
    })
}
