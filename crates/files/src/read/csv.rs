//! CSV with a header.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use csv::{ByteRecord, Position};
use encoding_rs::{CoderResult, Decoder, UTF_8};

use crate::columns::{Plan, PlanOptions, Target};
use crate::error::{FilesError, Place};
use crate::input::InputFile;
use crate::row::{Found, RowBuilder};

use super::source::{self, Source};
use super::{Body, CHUNK_BYTES, Content, Damage, LINE_BYTES_MAX, Record};

pub(super) struct CsvReader {
    reader: csv::Reader<Watched<Source>>,
    plan: Arc<Plan>,
    /// Whether the text was UTF-8 to begin with, so that its bytes are still to be checked.
    is_utf8: bool,
    row: ByteRecord,
    error: Option<Damage>,
}

/// Some rows, end to end.
pub(super) struct Rows {
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    rows: Vec<Row>,
    plan: Arc<Plan>,
    is_utf8: bool,
}

struct Row {
    place: Place,
    fields: Range<usize>,
}

/// Remembers the bytes of the row that is being read, and is an error in place of a row without end,
/// such as one with a quote that is never closed.
struct Watched<R> {
    inner: R,
    /// Bytes read since the last row began.
    since_row: usize,
    /// The last bytes read, and where they begin.
    window: Vec<u8>,
    window_at: u64,
}

/// Bytes of the window behind the row that are let go of at once.
const WINDOW_BYTES: usize = 256 << 10;

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row > LINE_BYTES_MAX {
            let detail =
                format!("a row of more than {LINE_BYTES_MAX} bytes; is a quote left open?");
            return Err(io::Error::other(detail));
        }
        let count = self.inner.read(buffer)?;
        self.since_row += count;
        self.window.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl<R> Watched<R> {
    /// Where a row begins that the CSV reader began to look for at `from`: it counts the ends of lines
    /// that it passes over, a line feed after a carriage return among them, to the row behind them.
    fn row_begins(&mut self, from: &Position) -> Place {
        let mut at = usize::try_from(from.byte() - self.window_at).unwrap_or(usize::MAX);
        if at > WINDOW_BYTES && at <= self.window.len() {
            self.window.drain(..at);
            self.window_at += at as u64;
            at = 0;
        }
        let rest = self.window.get(at..).unwrap_or_default();
        let passed = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let (mut count, mut lines) = (0, 0);
        for byte in passed {
            count += 1;
            lines += u64::from(*byte == b'\n');
        }
        Place {
            line: from.line() + lines,
            offset: Some(from.byte() + count),
        }
    }
}

impl CsvReader {
    pub(super) fn open(
        file: &InputFile,
        options: PlanOptions<'_>,
        read: &Arc<AtomicU64>,
    ) -> Result<CsvReader, FilesError> {
        let source = source::open(file, read)?;
        let encoding = options.import.map_or(UTF_8, |import| import.encoding);
        let is_utf8 = encoding == UTF_8;
        let source: Source = if is_utf8 {
            source
        } else {
            Box::new(Transcoded::new(
                source,
                encoding.new_decoder_with_bom_removal(),
            ))
        };
        let (window, window_at) = (Vec::new(), 0);
        let watched = Watched {
            inner: source,
            since_row: 0,
            window,
            window_at,
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(options.import.map_or(b',', |import| import.separator))
            .flexible(true)
            .buffer_capacity(64 << 10)
            .from_reader(watched);
        let damaged = |detail: String| FilesError::Damaged {
            path: file.path.clone(),
            place: Place {
                line: 1,
                offset: Some(0),
            },
            detail,
        };
        let header = reader
            .byte_headers()
            .map_err(|error| damaged(csv_detail(&error)))?;
        let names = header
            .iter()
            .map(|name| std::str::from_utf8(name).map(str::trim));
        let names = names.collect::<Result<Vec<_>, _>>();
        let names =
            names.map_err(|_| damaged("the header is not in the file's encoding".to_owned()))?;
        let plan = Arc::new(Plan::new(names.iter().copied(), options));
        if let Some(detail) = wrong_header(&names, &plan) {
            return Err(damaged(detail));
        }
        let row = ByteRecord::new();
        Ok(CsvReader {
            reader,
            plan,
            is_utf8,
            row,
            error: None,
        })
    }

    pub(super) fn dropped_columns(&self) -> &[String] {
        &self.plan.dropped
    }

    pub(super) fn next_chunk(&mut self) -> Result<Option<Content>, Damage> {
        if let Some(damage) = self.error.take() {
            return Err(damage);
        }
        let mut rows = Rows {
            bytes: Vec::new(),
            ends: Vec::new(),
            rows: Vec::new(),
            plan: Arc::clone(&self.plan),
            is_utf8: self.is_utf8,
        };
        while rows.bytes.len() < CHUNK_BYTES {
            let from = self.reader.position().clone();
            self.reader.get_mut().since_row = 0;
            let read = self.reader.read_byte_record(&mut self.row);
            let place = self.reader.get_mut().row_begins(&from);
            match read {
                Ok(true) => rows.push(&self.row, place),
                Ok(false) => break,
                Err(error) => {
                    self.error = Some(Damage {
                        place,
                        detail: csv_detail(&error),
                    });
                    break;
                }
            }
        }
        if rows.rows.is_empty() {
            return self.error.take().map_or(Ok(None), Err);
        }
        Ok(Some(Content::Csv(rows)))
    }
}

/// What is wrong with the names of columns, if anything.
fn wrong_header(names: &[&str], plan: &Plan) -> Option<String> {
    let is_known = |at: usize| plan.columns[at].target != Target::Unknown;
    let twice = (1..names.len()).find(|&at| is_known(at) && names[..at].contains(&names[at]));
    if let Some(at) = twice {
        return Some(format!("the header has the column `{}` twice", names[at]));
    }
    if (0..names.len()).any(is_known) {
        return None;
    }
    let first = names.first().copied().unwrap_or_default();
    if first.starts_with(['{', '[']) {
        return Some("it is no CSV, as its name says, but JSON".to_owned());
    }
    let separators = [(';', ";"), ('\t', "tab"), ('|', "|")];
    let (_, name) = separators.iter().find(|(sign, _)| first.contains(*sign))?;
    Some(format!(
        "the header has no known column, and `{name}` where its separator should stand; to read it, \
         add to the configuration: [import.NAME] match = \"...\", separator = \"{name}\""
    ))
}

fn csv_detail(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => source::detail(error),
        _ => error.to_string(),
    }
}

impl Rows {
    fn push(&mut self, row: &ByteRecord, place: Place) {
        let (bytes, fields) = (self.bytes.len(), self.ends.len());
        self.bytes.extend_from_slice(row.as_slice());
        self.ends.extend(
            (0..row.len())
                .filter_map(|at| row.range(at))
                .map(|at| bytes + at.end),
        );
        self.rows.push(Row {
            place,
            fields: fields..self.ends.len(),
        });
    }

    pub(super) fn for_each(&self, builder: &mut RowBuilder, each: &mut impl FnMut(Record<'_>)) {
        let mut start = 0;
        for Row { place, fields } in &self.rows {
            let ends = &self.ends[fields.clone()];
            let end = ends.last().copied().unwrap_or(start);
            let body = match self.map(start, ends, builder) {
                Ok(()) => builder.finish(&self.plan),
                Err(detail) => Body::NotCsv {
                    detail,
                    bytes: &self.bytes[start..end],
                },
            };
            each(Record {
                place: *place,
                body,
            });
            start = end;
        }
    }

    fn map(
        &self,
        mut start: usize,
        ends: &[usize],
        builder: &mut RowBuilder,
    ) -> Result<(), &'static str> {
        const ENCODING: &str = "a field is not in the file's encoding";
        if ends.len() != self.plan.columns.len() {
            let end = ends.last().copied().unwrap_or(start);
            let over_lines = self.bytes[start..end].contains(&b'\n');
            return Err(match (ends.len() < self.plan.columns.len(), over_lines) {
                (true, false) => "fewer fields than the header",
                (false, false) => "more fields than the header",
                (true, true) => {
                    "fewer fields than the header, over several lines; is a quote left open?"
                }
                (false, true) => {
                    "more fields than the header, over several lines; is a quote left open?"
                }
            });
        }
        builder.begin();
        for (column, &end) in self.plan.columns.iter().zip(ends) {
            let field = std::str::from_utf8(&self.bytes[start..end]).map_err(|_| ENCODING)?;
            if !self.is_utf8 && field.contains(char::REPLACEMENT_CHARACTER) {
                return Err(ENCODING);
            }
            builder.put(&self.plan, column, Found::Text(field));
            start = end;
        }
        Ok(())
    }
}

/// Text in another encoding, as UTF-8. What is not in that encoding becomes U+FFFD.
struct Transcoded {
    source: Source,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    /// Nothing more comes from the source.
    ended: bool,
    text: Vec<u8>,
    text_at: usize,
    /// Nothing more comes from the decoder, which must not be asked again.
    finished: bool,
}

const TRANSCODED_BYTES: usize = 64 << 10;

impl Transcoded {
    fn new(source: Source, decoder: Decoder) -> Transcoded {
        let (raw, text) = (Vec::new(), Vec::new());
        let (raw_at, text_at, ended, finished) = (0, 0, false, false);
        Transcoded {
            source,
            decoder,
            raw,
            raw_at,
            ended,
            text,
            text_at,
            finished,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw.len() && !self.ended {
            self.raw.resize(TRANSCODED_BYTES, 0);
            self.raw_at = 0;
            let read = self.source.read(&mut self.raw);
            self.raw.truncate(*read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        self.text.resize(TRANSCODED_BYTES, 0);
        let raw = &self.raw[self.raw_at..];
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
        self.raw_at += read;
        self.text.truncate(written);
        self.text_at = 0;
        self.finished = self.ended && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Transcoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text.len() {
            if self.finished {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.text.len() - self.text_at);
        buffer[..count].copy_from_slice(&self.text[self.text_at..self.text_at + count]);
        self.text_at += count;
        Ok(count)
    }
}
