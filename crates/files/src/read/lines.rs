//! JSON lines.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memrchr};
use serde_json::{Map, Value};

use crate::columns::{ColumnPlan, Plan, PlanOptions};
use crate::error::{FilesError, Place};
use crate::import::Meant;
use crate::input::InputFile;
use crate::row::{Found, RowBuilder};

use super::source::{self, Source};
use super::{Body, CHUNK_BYTES, Content, Damage, LINE_BYTES_MAX, Record};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) struct LinesReader {
    source: Source,
    mapping: Option<Arc<Mapping>>,
    /// What was read behind the last whole line.
    carry: Vec<u8>,
    /// Line and byte at which `carry` begins.
    line: u64,
    offset: u64,
    ended: bool,
    error: Option<io::Error>,
}

/// Objects of another shape, and how they become canonical records.
pub(super) struct Mapping {
    pub(super) import: Arc<Meant>,
    pub(super) identifier_types: Vec<String>,
    pub(super) zone: TimeZone,
}

/// Whole lines.
pub(super) struct Lines {
    bytes: Vec<u8>,
    first: Place,
    mapping: Option<Arc<Mapping>>,
}

impl LinesReader {
    pub(super) fn open(
        file: &InputFile,
        mapping: Option<Mapping>,
        read: &Arc<AtomicU64>,
    ) -> Result<LinesReader, FilesError> {
        Ok(LinesReader {
            source: source::open(file, read)?,
            mapping: mapping.map(Arc::new),
            carry: Vec::new(),
            line: 1,
            offset: 0,
            ended: false,
            error: None,
        })
    }

    fn place(&self) -> Place {
        Place {
            line: self.line,
            offset: Some(self.offset),
        }
    }

    /// Reads some bytes more; at the end of the file, or of what can be read of it, `ended` is set.
    fn read_more(&mut self, bytes: &mut Vec<u8>) {
        let before = bytes.len();
        match self
            .source
            .by_ref()
            .take(CHUNK_BYTES as u64)
            .read_to_end(bytes)
        {
            Ok(_) => self.ended = bytes.len() == before,
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
            }
        }
    }

    pub(super) fn next_chunk(&mut self) -> Result<Option<Content>, Damage> {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut searched = 0;
        while !self.ended {
            self.read_more(&mut bytes);
            if let Some(end) = memrchr(b'\n', &bytes[searched..]) {
                self.carry = bytes.split_off(searched + end + 1);
                return Ok(Some(self.lines(bytes)));
            }
            searched = bytes.len();
            if bytes.len() > LINE_BYTES_MAX {
                return Ok(Some(self.skip_line(bytes.len())));
            }
        }
        if let Some(error) = self.error.take() {
            // What is left is a line that was cut.
            return Err(Damage {
                place: self.place(),
                detail: source::detail(&error),
            });
        }
        Ok((!bytes.is_empty()).then(|| self.lines(bytes)))
    }

    fn lines(&mut self, bytes: Vec<u8>) -> Content {
        let first = self.place();
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        self.offset += bytes.len() as u64;
        Content::Lines(Lines {
            bytes,
            first,
            mapping: self.mapping.clone(),
        })
    }

    /// Passes over a line of which `bytes` bytes were read.
    fn skip_line(&mut self, bytes: usize) -> Content {
        let place = self.place();
        self.line += 1;
        self.offset += bytes as u64;
        let mut rest = Vec::new();
        while !self.ended {
            rest.clear();
            self.read_more(&mut rest);
            if let Some(end) = memchr(b'\n', &rest) {
                self.carry = rest.split_off(end + 1);
                self.offset += rest.len() as u64;
                break;
            }
            self.offset += rest.len() as u64;
        }
        Content::TooLarge(place)
    }
}

impl Lines {
    pub(super) fn for_each(&self, builder: &mut RowBuilder, each: &mut impl FnMut(Record<'_>)) {
        let mut mapper = self.mapping.as_deref().map(Mapper::new);
        let mut place = self.first;
        let mut rest = self.bytes.as_slice();
        if place.offset == Some(0) {
            rest = rest.strip_prefix(BYTE_ORDER_MARK).unwrap_or(rest);
            place.offset = Some((self.bytes.len() - rest.len()) as u64);
        }
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at(end);
            let text = line.trim_ascii();
            if !text.is_empty() {
                let body = match &mut mapper {
                    _ if line.len() > LINE_BYTES_MAX => Body::TooLarge,
                    Some(mapper) => mapper.map(text, builder),
                    None => Body::Json(text),
                };
                each(Record { place, body });
            }
            place.line += 1;
            place.offset = place.offset.map(|offset| offset + end as u64);
            rest = after;
        }
    }
}

/// Maps objects; remembers what becomes of each name.
struct Mapper<'a> {
    mapping: &'a Mapping,
    plan: Plan,
    columns: HashMap<String, ColumnPlan>,
    nested: Vec<u8>,
}

impl<'a> Mapper<'a> {
    fn new(mapping: &'a Mapping) -> Mapper<'a> {
        let mut plan = Plan::new(std::iter::empty(), mapping.options());
        // Names are met only as lines are read, so a line without an id is known by all it says.
        plan.hashes_all = true;
        Mapper {
            mapping,
            plan,
            columns: HashMap::new(),
            nested: Vec::new(),
        }
    }

    /// A line that is no object is handed on as it is: it will be refused with its reason.
    fn map<'b>(&mut self, line: &'b [u8], builder: &'b mut RowBuilder) -> Body<'b> {
        let Ok(object) = serde_json::from_slice::<Map<String, Value>>(line) else {
            return Body::Json(line);
        };
        builder.begin();
        for (name, value) in &object {
            if !self.columns.contains_key(name) {
                let column = ColumnPlan::new(name, self.mapping.options());
                self.columns.insert(name.clone(), column);
            }
            let found = match value {
                Value::Null => Found::Absent,
                Value::Bool(truth) => Found::Bool(*truth),
                Value::String(text) => Found::Text(text),
                Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(number), _) => Found::Int(number),
                    (None, Some(number)) => Found::Double(number),
                    (None, None) => Found::Absent,
                },
                Value::Array(_) | Value::Object(_) => {
                    self.nested = value.to_string().into_bytes();
                    Found::Json(&self.nested)
                }
            };
            builder.put(&self.plan, &self.columns[name], found);
        }
        builder.finish(&self.plan)
    }
}

impl Mapping {
    fn options(&self) -> PlanOptions<'_> {
        PlanOptions {
            identifier_types: &self.identifier_types,
            import: Some(&self.import),
            zone: &self.zone,
            are_contacts: false,
        }
    }
}
