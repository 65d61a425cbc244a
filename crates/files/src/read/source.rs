//! The bytes of a file, decompressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::error::{CUT_OFF, FilesError, Place};
use crate::input::{Compression, InputFile, InputKind};

/// Bytes read from the disk at once.
const BUFFER_BYTES: usize = 256 << 10;

/// Counts what is read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

pub(super) type Source = Box<dyn Read + Send>;

/// Opens a file, decompressed.
pub(super) fn open(file: &InputFile, read: &Arc<AtomicU64>) -> Result<Source, FilesError> {
    let unreadable = |source| FilesError::Unreadable {
        path: file.path.clone(),
        source,
    };
    let opened = File::open(&file.path).map_err(unreadable)?;
    let counted = Counted {
        file: opened,
        read: Arc::clone(read),
    };
    let mut buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
    let head = buffered.fill_buf().map_err(unreadable)?;
    if let Some(detail) = other_than_named(file, head) {
        let (path, place) = (file.path.clone(), Place::default());
        return Err(FilesError::Damaged {
            path,
            place,
            detail,
        });
    }
    Ok(match file.compression {
        Compression::None => Box::new(buffered),
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(buffered);
            Box::new(decoder.map_err(unreadable)?)
        }
    })
}

const UTF_16: &str = "text in UTF-16";

/// What files of other formats begin with.
const BEGINNINGS: [(&[u8], &str); 8] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "Parquet"),
    (b"Obj\x01", "Avro"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
];

/// What is wrong with a file that is not what its name says, from its first byte on. Parquet and
/// Avro that are not compressed as a whole are told by their own readers.
fn other_than_named(file: &InputFile, head: &[u8]) -> Option<String> {
    let mut beginnings = BEGINNINGS.iter();
    let found = beginnings.find(|(beginning, _)| head.starts_with(beginning));
    // CSV may have an encoding of its own.
    let found = found.filter(|(_, name)| *name != UTF_16 || file.kind == InputKind::JsonLines);
    let found = found.map(|(_, name)| *name);
    let named = match (file.compression, file.kind) {
        (Compression::Gzip, _) => "gzip",
        (Compression::Zstd, _) => "zstd",
        (Compression::None, InputKind::JsonLines) => "JSON lines",
        (Compression::None, InputKind::Csv) => "CSV",
        (Compression::None, InputKind::Parquet | InputKind::Avro) => return None,
    };
    // A frame of zstd that is to be skipped may come first.
    let skippable = head.get(1..4) == Some(b"\x2a\x4d\x18");
    let is_named = match file.compression {
        Compression::None => found.is_none(),
        Compression::Gzip => found == Some("gzip"),
        Compression::Zstd => found == Some("zstd") || skippable,
    };
    if is_named || head.is_empty() {
        return None;
    }
    Some(format!(
        "it is no {named}, as its name says, but {}",
        found.unwrap_or("something else")
    ))
}

/// Opens a file in which one can go back and forth: if it is compressed, a copy that is not, in a
/// temporary file without a name.
pub(super) fn open_seekable(file: &InputFile, read: &Arc<AtomicU64>) -> Result<File, FilesError> {
    let unreadable = |source| FilesError::Unreadable {
        path: file.path.clone(),
        source,
    };
    match file.compression {
        Compression::None => File::open(&file.path).map_err(unreadable),
        Compression::Gzip | Compression::Zstd => {
            let mut source = open(file, read)?;
            let mut copy = || {
                let mut copy = tempfile::tempfile()?;
                io::copy(&mut source, &mut copy)?;
                copy.seek(SeekFrom::Start(0))?;
                Ok(copy)
            };
            copy().map_err(unreadable)
        }
    }
}

/// What to say of an error in the middle of a file.
pub(super) fn detail(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => CUT_OFF.to_owned(),
        _ => error.to_string(),
    }
}
