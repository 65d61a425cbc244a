//! The pages of one Parquet column of one row group, compressed and with their headers.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// The least effort of zstd: the pages are dictionary keys, small before they get here.
const ZSTD_LEVEL: i32 = 1;

/// Compresses pages; one for all columns of an encoder, since its tables are dear to set up.
pub(super) struct Compressor(zstd::bulk::Compressor<'static>);

impl Compressor {
    pub(super) fn new() -> Compressor {
        let compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL);
        Compressor(compressor.expect("zstd has the level, and memory is there"))
    }
}

/// The data pages of a column so far.
pub(super) struct Pages {
    sink: TrackedWrite<Vec<u8>>,
    uncompressed: usize,
    entries: u64,
}

/// A whole column of a row group, ready to be put into a file.
pub(super) struct ColumnChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

impl Pages {
    pub(super) fn new() -> Pages {
        Pages {
            sink: TrackedWrite::new(Vec::new()),
            uncompressed: 0,
            entries: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.sink.bytes_written()
    }

    /// Adds a data page: its levels and values, uncompressed.
    pub(super) fn add(
        &mut self,
        body: &[u8],
        entries: u32,
        encoding: Encoding,
        compressor: &mut Compressor,
    ) -> Result<(), ParquetError> {
        let page = Page::DataPage {
            buf: compressor.0.compress(body)?.into(),
            num_values: entries,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.entries += u64::from(entries);
        self.uncompressed += write_page(&mut self.sink, page, body.len())?;
        Ok(())
    }

    /// The column with its dictionary in front.
    pub(super) fn finish(
        self,
        dictionary: Option<(Bytes, u32)>,
        descr: ColumnDescPtr,
        statistics: Statistics,
        rows: u64,
        compressor: &mut Compressor,
    ) -> Result<ColumnChunk, ParquetError> {
        let mut sink = TrackedWrite::new(Vec::new());
        let mut uncompressed = self.uncompressed;
        let has_dictionary = dictionary.is_some();
        if let Some((plain, num_values)) = dictionary {
            let page = Page::DictionaryPage {
                buf: compressor.0.compress(&plain)?.into(),
                num_values,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            uncompressed += write_page(&mut sink, page, plain.len())?;
        }
        let mut bytes = sink.into_inner()?;
        let data_page_offset = bytes.len() as i64;
        bytes.extend_from_slice(&self.sink.into_inner()?);
        let metadata = ColumnChunkMetaData::builder(descr)
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_encodings(vec![
                Encoding::PLAIN,
                Encoding::RLE,
                Encoding::RLE_DICTIONARY,
            ])
            .set_num_values(i64::try_from(self.entries)?)
            .set_total_compressed_size(i64::try_from(bytes.len())?)
            .set_total_uncompressed_size(i64::try_from(uncompressed)?)
            .set_dictionary_page_offset(has_dictionary.then_some(0))
            .set_data_page_offset(data_page_offset)
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(ColumnChunk {
            bytes: bytes.into(),
            close,
        })
    }
}

/// Returns how many bytes the page has, header included, when it is not compressed.
fn write_page(
    sink: &mut TrackedWrite<Vec<u8>>,
    page: Page,
    uncompressed: usize,
) -> Result<usize, ParquetError> {
    let mut writer = SerializedPageWriter::new(sink);
    Ok(writer
        .write_page(CompressedPage::new(page, uncompressed))?
        .uncompressed_size)
}
