//! Parquet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression as Codec;

use crate::columns::{Plan, PlanOptions};
use crate::error::{CUT_OFF, FilesError, Place};
use crate::input::{Compression, InputFile};

use super::batch::Rows;
use super::{Content, Damage, source};

/// Rows of a chunk.
const CHUNK_ROWS: usize = 8_192;

pub(super) struct ParquetReader {
    reader: ParquetRecordBatchReader,
    plan: Arc<Plan>,
    /// Which column of the plan each column of a batch is.
    needed: Arc<[usize]>,
    row: u64,
    rows: u64,
    bytes: u64,
    /// Of a file that is not compressed as a whole: its bytes, by the share of its rows.
    read: Option<Arc<AtomicU64>>,
}

/// The Parquet library checks most of what it reads, but a damaged file can still make it panic.
fn caught<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err("the file is damaged".to_owned()))
}

/// What to say of columns that are compressed in a way that is not read.
fn unreadable_codec(codec: Codec) -> Option<String> {
    let is_read = matches!(
        codec,
        Codec::UNCOMPRESSED | Codec::SNAPPY | Codec::GZIP(_) | Codec::ZSTD(_)
    );
    let name = format!("{codec:?}");
    let name = name.split('(').next().unwrap_or_default().to_lowercase();
    (!is_read).then(|| {
        format!(
            "its columns are compressed with {name}, which is not read; allowed: snappy, gzip, \
             zstd, none"
        )
    })
}

impl ParquetReader {
    pub(super) fn open(
        file: &InputFile,
        options: PlanOptions<'_>,
        read: &Arc<AtomicU64>,
    ) -> Result<ParquetReader, FilesError> {
        let opened = source::open_seekable(file, read)?;
        let damaged = |detail| FilesError::Damaged {
            path: file.path.clone(),
            place: Place::default(),
            detail,
        };
        let open = || ParquetRecordBatchReaderBuilder::try_new(opened).map_err(|e| e.to_string());
        let builder = caught(open).map_err(damaged)?;
        let columns = builder.metadata().row_groups().iter();
        let mut codecs = columns
            .flat_map(|group| group.columns())
            .map(|column| column.compression());
        if let Some(detail) = codecs.find_map(unreadable_codec) {
            return Err(damaged(detail));
        }
        let names = builder
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().as_str());
        let plan = Arc::new(Plan::new(names, options));
        let needed: Arc<[usize]> = (0..plan.columns.len())
            .filter(|&at| plan.needs(at))
            .collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), needed.iter().copied());
        let rows = builder.metadata().file_metadata().num_rows();
        let rows = u64::try_from(rows).map_err(|_| damaged("the file is damaged".to_owned()))?;
        let builder = builder.with_projection(mask).with_batch_size(CHUNK_ROWS);
        let reader = caught(|| builder.build().map_err(|e| e.to_string())).map_err(damaged)?;
        let read = (file.compression == Compression::None).then(|| Arc::clone(read));
        Ok(ParquetReader {
            reader,
            plan,
            needed,
            row: 1,
            rows,
            bytes: file.bytes,
            read,
        })
    }

    pub(super) fn dropped_columns(&self) -> &[String] {
        &self.plan.dropped
    }

    pub(super) fn next_chunk(&mut self) -> Result<Option<Content>, Damage> {
        let next = caught(|| {
            self.reader
                .next()
                .transpose()
                .map_err(|error| error.to_string())
        });
        let place = Place {
            line: self.row,
            offset: None,
        };
        let damage = |detail| Damage { place, detail };
        let Some(batch) = next.map_err(damage)? else {
            if self.row <= self.rows {
                return Err(damage(CUT_OFF.to_owned()));
            }
            return Ok(None);
        };
        let first_row = self.row;
        self.row += batch.num_rows() as u64;
        if let Some(read) = &self.read {
            let share = (self.row - 1) as f64 / self.rows.max(1) as f64;
            read.store((self.bytes as f64 * share) as u64, Ordering::Relaxed);
        }
        let (plan, needed) = (Arc::clone(&self.plan), Arc::clone(&self.needed));
        Ok(Some(Content::Batch(Rows {
            batch,
            first_row,
            plan,
            needed,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_that_is_not_read_is_named() {
        let told = unreadable_codec(Codec::BROTLI(parquet::basic::BrotliLevel::default()));
        assert!(told.is_some_and(|told| told.contains("compressed with brotli, which")));
        assert_eq!(unreadable_codec(Codec::SNAPPY), None);
    }
}
