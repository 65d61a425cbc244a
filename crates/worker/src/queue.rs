//! A queue between two stages of a history: spread over partitions by key, in memory up to a limit,
//! then on disk.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// A queue that could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The folder for what does not fit into memory cannot be used.
    #[error("cannot keep records in {folder}: {source}")]
    Disk {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was written cannot be read back.
    #[error("a record kept in {folder} cannot be read back: {source}")]
    Record {
        /// The folder.
        folder: PathBuf,
        /// What was wrong with it.
        source: postcard::Error,
    },
}

/// How much all queues of a history may hold in memory, and where the rest goes.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    bytes_max: usize,
    bytes: AtomicUsize,
}

impl Store {
    pub(crate) fn new(folder: &Path, bytes_max: usize) -> Arc<Store> {
        Arc::new(Store {
            folder: folder.to_owned(),
            bytes_max,
            bytes: AtomicUsize::new(0),
        })
    }

    fn disk_error(&self, source: std::io::Error) -> QueueError {
        QueueError::Disk {
            folder: self.folder.clone(),
            source,
        }
    }

    fn record_error(&self, source: postcard::Error) -> QueueError {
        QueueError::Record {
            folder: self.folder.clone(),
            source,
        }
    }
}

/// Room of a piece. Pieces are handed over and freed as they are, never grown or copied into a
/// whole: the system would have to clear new memory for each growth.
const PIECE_BYTES: usize = 32 * 1024;
/// What a piece holds at least when it is handed over, so that the record that fills it still fits.
const PIECE_FULL_BYTES: usize = PIECE_BYTES - 2 * 1024;
/// Smallest part of a partition that is worth a write to disk.
const SPILL_BYTES: usize = 256 * 1024;

/// Records by key, spread over partitions.
pub(crate) struct Queue<T> {
    store: Arc<Store>,
    partitions: Vec<Mutex<Partition>>,
    records: PhantomData<fn(T) -> T>,
}

#[derive(Default)]
struct Partition {
    pieces: Vec<Vec<u8>>,
    /// Bytes in `pieces`.
    bytes: usize,
    file: Option<File>,
}

impl<T: DeserializeOwned> Queue<T> {
    pub(crate) fn new(store: &Arc<Store>, partitions: usize) -> Queue<T> {
        let partitions = (0..partitions).map(|_| Mutex::default()).collect();
        Queue {
            store: Arc::clone(store),
            partitions,
            records: PhantomData,
        }
    }

    pub(crate) fn partitions(&self) -> usize {
        self.partitions.len()
    }

    pub(crate) fn writer(&self) -> Writer<'_, T> {
        let buffers = self.partitions.iter().map(|_| Vec::new()).collect();
        Writer {
            queue: self,
            buffers,
        }
    }

    fn hand_over(&self, partition: usize, piece: Vec<u8>) -> Result<(), QueueError> {
        let mut guard = self.partitions[partition]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let bytes = piece.len();
        let held = self.store.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        guard.bytes += bytes;
        guard.pieces.push(piece);
        if held > self.store.bytes_max && guard.bytes >= SPILL_BYTES {
            self.spill(&mut guard)
                .map_err(|source| self.store.disk_error(source))?;
        }
        Ok(())
    }

    fn spill(&self, partition: &mut Partition) -> std::io::Result<()> {
        if partition.file.is_none() {
            partition.file = Some(tempfile::tempfile_in(&self.store.folder)?);
        }
        if let Some(file) = &mut partition.file {
            for piece in &partition.pieces {
                file.write_all(piece)?;
            }
        }
        self.store
            .bytes
            .fetch_sub(partition.bytes, Ordering::Relaxed);
        partition.pieces.clear();
        partition.bytes = 0;
        Ok(())
    }

    /// Takes a partition's records out, grouped by key.
    pub(crate) fn take(&self, partition: usize) -> Result<Groups<T>, QueueError> {
        Ok(Groups::new(
            Arc::clone(&self.store),
            self.take_pieces(partition)?,
        ))
    }

    fn take_pieces(&self, partition: usize) -> Result<Vec<Vec<u8>>, QueueError> {
        let mut guard = self.partitions[partition]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Partition {
            mut pieces,
            bytes,
            file,
        } = std::mem::take(&mut *guard);
        drop(guard);
        self.store.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(mut file) = file {
            let mut bytes = Vec::new();
            let read = file
                .seek(SeekFrom::Start(0))
                .and_then(|_| file.read_to_end(&mut bytes));
            read.map_err(|source| self.store.disk_error(source))?;
            pieces.insert(0, bytes);
        }
        Ok(pieces)
    }
}

/// Writes records into a queue; each thread has its own.
pub(crate) struct Writer<'a, T> {
    queue: &'a Queue<T>,
    buffers: Vec<Vec<u8>>,
}

/// Length of what stands before each record: hash of its key, length of what follows.
const HEADER_BYTES: usize = 12;

impl<T: DeserializeOwned> Writer<'_, T> {
    /// Appends a record under its key.
    pub(crate) fn push(&mut self, key: &str, record: &T) -> Result<(), QueueError>
    where
        T: Serialize,
    {
        let hash = xxh3_64(key.as_bytes());
        let partition = (hash >> 32) as usize % self.buffers.len();
        self.write(partition, hash, key, record)
    }

    /// Appends a record without a key to a partition of the caller's choice, under a number by which
    /// it is taken out in order. It may be of another type, one that borrows, if it is written as a
    /// `T` is.
    pub(crate) fn push_to(
        &mut self,
        partition: usize,
        order: u64,
        record: &impl Serialize,
    ) -> Result<(), QueueError> {
        self.write(partition, order, "", record)
    }

    fn write(
        &mut self,
        partition: usize,
        hash: u64,
        key: &str,
        record: &impl Serialize,
    ) -> Result<(), QueueError> {
        let mut buffer = std::mem::take(&mut self.buffers[partition]);
        if buffer.capacity() == 0 {
            buffer.reserve_exact(PIECE_BYTES);
        }
        let start = buffer.len();
        buffer.extend_from_slice(&hash.to_le_bytes());
        buffer.extend_from_slice(&[0; 4]);
        let store = &self.queue.store;
        let mut buffer = postcard::to_extend(&(key, record), buffer)
            .map_err(|source| store.record_error(source))?;
        let length = (buffer.len() - start - HEADER_BYTES) as u32;
        buffer[start + 8..start + HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
        if buffer.len() >= PIECE_FULL_BYTES {
            return self.queue.hand_over(partition, buffer);
        }
        self.buffers[partition] = buffer;
        Ok(())
    }

    /// Hands everything over to the queue.
    pub(crate) fn finish(self) -> Result<(), QueueError> {
        for (partition, mut buffer) in self.buffers.into_iter().enumerate() {
            if !buffer.is_empty() {
                buffer.shrink_to_fit();
                self.queue.hand_over(partition, buffer)?;
            }
        }
        Ok(())
    }
}

/// The records of one partition, group by group of equal keys; inside a group in the order in
/// which each writer wrote them.
pub(crate) struct Groups<T> {
    store: Arc<Store>,
    pieces: Vec<Vec<u8>>,
    /// Hash of the key, piece and place in it of every record, by hash.
    records: Vec<(u64, u32, u32)>,
    next: usize,
    decoded: PhantomData<fn() -> T>,
    /// Groups of keys that share a hash.
    pending: Vec<(String, Vec<T>)>,
}

impl<T: DeserializeOwned> Groups<T> {
    fn new(store: Arc<Store>, pieces: Vec<Vec<u8>>) -> Groups<T> {
        let mut records = Vec::new();
        for (piece, bytes) in pieces.iter().enumerate() {
            let places = places(bytes).map(|(hash, place)| (hash, piece as u32, place as u32));
            records.extend(places);
        }
        records.sort_unstable();
        Groups {
            store,
            pieces,
            records,
            next: 0,
            decoded: PhantomData,
            pending: Vec::new(),
        }
    }

    /// The next key with its records.
    pub(crate) fn next_group(&mut self) -> Result<Option<(String, Vec<T>)>, QueueError> {
        if let Some(group) = self.pending.pop() {
            return Ok(Some(group));
        }
        let mut pending = std::mem::take(&mut self.pending);
        self.next_of_hash(|key, record| {
            match pending.iter_mut().find(|(known, _)| known == key) {
                Some((_, records)) => records.push(record),
                None => pending.push((key.to_owned(), vec![record])),
            }
        })?;
        self.pending = pending;
        Ok(self.pending.pop())
    }

    /// Calls `each` with the records of the next hash, or order; false if there is none.
    pub(crate) fn next_of_hash(
        &mut self,
        mut each: impl FnMut(&str, T),
    ) -> Result<bool, QueueError> {
        let Some((hash, ..)) = self.records.get(self.next) else {
            return Ok(false);
        };
        let of_hash = self.records[self.next..]
            .iter()
            .take_while(|(other, ..)| other == hash)
            .count();
        let records = self.next..self.next + of_hash;
        self.next = records.end;
        for (_, piece, place) in &self.records[records] {
            let bytes = &self.pieces[*piece as usize][*place as usize..];
            let (key, record): (&str, T) =
                postcard::from_bytes(bytes).map_err(|source| self.store.record_error(source))?;
            each(key, record);
        }
        Ok(true)
    }
}

/// Hash of the key and place of every record of a piece.
fn places(piece: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let place = next + HEADER_BYTES;
        let header = piece.get(next..place)?;
        let hash = u64::from_le_bytes(array(&header[..8]));
        let length = u32::from_le_bytes(array(&header[8..]));
        next = place + length as usize;
        Some((hash, place))
    })
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the slice was cut to this length")
}
