//! The bytes of a file, decompressed.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::error::FilesError;
use crate::input::{Compression, InputFile};

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
    let buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
    Ok(match file.compression {
        Compression::None => Box::new(buffered),
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(buffered);
            Box::new(decoder.map_err(unreadable)?)
        }
    })
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
        io::ErrorKind::UnexpectedEof => "the file ends before it is complete".to_owned(),
        _ => error.to_string(),
    }
}
