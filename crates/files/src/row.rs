//! One row of a file as the JSON text of a canonical record.

use std::ops::Range;

use jiff::civil::{Date, DateTime};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::columns::{CANONICAL_NAMES, ColumnPlan, FieldKind, Plan, Target, field};
use crate::read::Body;
use crate::text::{push_double, push_int, push_json_text, push_time};
use crate::time;

/// What a file has in one column of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    Absent,
    Text(&'a str),
    Int(i64),
    Double(f64),
    Bool(bool),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// A time without zone.
    Local(DateTime),
    Date(Date),
    /// A list, or an object, as JSON text.
    Json(&'a [u8]),
}

/// Whole numbers up to here have a double each.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Between the columns that a hash is made of.
const SEPARATOR: u8 = 0x1f;

/// Builds records, one after the other, in buffers that it keeps.
#[derive(Default)]
pub(crate) struct RowBuilder {
    out: Vec<u8>,
    identifiers: Vec<u8>,
    attributes: Vec<u8>,
    /// Columns that only tell rows apart.
    others: Vec<u8>,
    cleared: Vec<u8>,
    scratch: String,
    /// Fields that have a value, as bits.
    seen: u64,
    /// Where the values of some fields stand.
    spans: [Range<usize>; 4],
    is_contact: bool,
    /// What could not be read as a time.
    bad_times: Vec<String>,
    /// Local times that exist twice or not at all, over all rows.
    pub(crate) ambiguous_times: u64,
}

/// The fields whose values defaults are made of.
const SPANNED: [usize; 4] = [
    field::EVENT_ID,
    field::CONTACT_ID,
    field::STARTED_AT,
    field::OCCURRED_AT,
];

impl RowBuilder {
    pub(crate) fn begin(&mut self) {
        self.out.clear();
        self.out.push(b'{');
        self.identifiers.clear();
        self.attributes.clear();
        self.others.clear();
        self.cleared.clear();
        self.seen = 0;
        self.is_contact = false;
        self.bad_times.clear();
    }

    fn has(&self, field: usize) -> bool {
        self.seen & 1 << field != 0
    }

    /// Adds the value of a column. Of two columns for one field the first that has a value counts.
    pub(crate) fn put(&mut self, plan: &Plan, column: &ColumnPlan, found: Found<'_>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let found = match found {
            Found::Absent => Found::Absent,
            found if column.values.is_empty() => found,
            found => match column.values.get(text_of(found, &mut scratch)) {
                Some(mapped) => Found::Text(mapped),
                None => found,
            },
        };
        if !matches!(found, Found::Absent | Found::Text("")) {
            self.put_present(plan, column, found);
        }
        self.scratch = scratch;
    }

    fn put_present(&mut self, plan: &Plan, column: &ColumnPlan, found: Found<'_>) {
        let mut scratch = String::new();
        match column.target {
            Target::Field(field, kind) => self.put_field(plan, column, (field, kind), found),
            Target::Identifier => {
                push_comma(&mut self.identifiers);
                self.identifiers.extend_from_slice(&column.label);
                push_json_text(&mut self.identifiers, text_of(found, &mut scratch));
                self.identifiers.push(b'}');
            }
            Target::Attribute => {
                push_comma(&mut self.attributes);
                self.attributes.extend_from_slice(&column.label);
                push_json_text(&mut self.attributes, text_of(found, &mut scratch));
            }
            Target::Identifiers => {
                self.put_nested(column, found, |builder| &mut builder.identifiers)
            }
            Target::Attributes => self.put_nested(column, found, |builder| &mut builder.attributes),
            Target::Cleared => self.put_nested(column, found, |builder| &mut builder.cleared),
            Target::Unknown => {
                if plan.hashes_all {
                    self.others
                        .extend_from_slice(text_of(found, &mut scratch).as_bytes());
                    self.others.push(SEPARATOR);
                }
            }
        }
    }

    fn put_field(
        &mut self,
        plan: &Plan,
        column: &ColumnPlan,
        (field, kind): (usize, FieldKind),
        found: Found<'_>,
    ) {
        if self.has(field) {
            return;
        }
        self.seen |= 1 << field;
        push_comma(&mut self.out);
        self.out.extend_from_slice(&column.label);
        let start = self.out.len();
        match kind {
            FieldKind::Text => push_text(&mut self.out, found),
            FieldKind::Number => push_number(&mut self.out, found),
            FieldKind::Bool => push_bool(&mut self.out, found),
            FieldKind::Texts => push_texts(&mut self.out, found),
            FieldKind::Time => match push_at(&mut self.out, plan, found) {
                Some(is_ambiguous) => self.ambiguous_times += u64::from(is_ambiguous),
                None => self.bad_times.push(bad_time(plan, column, field, found)),
            },
        }
        if let Some(at) = SPANNED.iter().position(|&spanned| spanned == field) {
            self.spans[at] = start..self.out.len();
        }
        if field == field::KIND {
            self.is_contact = &self.out[start..] == b"\"contact\"";
        }
    }

    /// Adds what stands inside a list or an object. Text that is neither is handed on as it is, so
    /// that it is refused with its reason.
    fn put_nested(
        &mut self,
        column: &ColumnPlan,
        found: Found<'_>,
        inner: impl Fn(&mut RowBuilder) -> &mut Vec<u8>,
    ) {
        let read;
        let json: &[u8] = match found {
            Found::Json(json) => json,
            Found::Text(text) => match serde_json::from_str::<Value>(text.trim()) {
                Ok(Value::Array(_)) if column.target != Target::Attributes => {
                    text.trim().as_bytes()
                }
                Ok(Value::Object(_)) if column.target == Target::Attributes => {
                    text.trim().as_bytes()
                }
                _ => {
                    read = text;
                    push_comma(&mut self.out);
                    self.out.extend_from_slice(&column.label);
                    return push_json_text(&mut self.out, read);
                }
            },
            _ => return,
        };
        let json = json
            .get(1..json.len().saturating_sub(1))
            .unwrap_or_default()
            .trim_ascii();
        if !json.is_empty() {
            let inner = inner(self);
            push_comma(inner);
            inner.extend_from_slice(json);
        }
    }

    /// Completes the record. Its text holds until the next row begins.
    pub(crate) fn finish(&mut self, plan: &Plan) -> Body<'_> {
        if plan.completes {
            self.complete(plan);
        }
        for (name, inner, ends) in [
            ("identifiers", &self.identifiers, (b'[', b']')),
            ("attributes", &self.attributes, (b'{', b'}')),
        ] {
            if !inner.is_empty() {
                push_comma(&mut self.out);
                push_json_text(&mut self.out, name);
                self.out.extend_from_slice(&[b':', ends.0]);
                self.out.extend_from_slice(inner);
                self.out.push(ends.1);
            }
        }
        if !self.cleared.is_empty() {
            self.clear_fields();
        }
        self.out.push(b'}');
        if self.bad_times.is_empty() {
            return Body::Json(&self.out);
        }
        Body::BadTimes {
            json: &self.out,
            details: &self.bad_times,
        }
    }

    /// What a row leaves out and a record must have.
    fn complete(&mut self, plan: &Plan) {
        let hash = (!self.has(field::EVENT_ID)).then(|| self.hash());
        for (field, name, value) in [
            (field::CHANNEL, "channel", &plan.channel),
            (field::SOURCE, "source", &plan.source),
        ] {
            if let Some(value) = value.as_ref().filter(|_| !self.has(field)) {
                self.put_default(field, name, |out| push_json_text(out, value));
            }
        }
        let is_signal = self.has(field::SIGNAL);
        if let Some(kind) = plan
            .kind
            .as_ref()
            .filter(|_| !self.has(field::KIND) && !is_signal)
        {
            self.put_default(field::KIND, "kind", |out| push_json_text(out, kind));
            self.is_contact = kind == "contact";
        }
        // A contact has one record, so that its two ids can stand for each other. A signal, or one
        // of several events of a contact, cannot borrow the contact's id.
        let is_contact = self.is_contact && !is_signal;
        if let Some(hash) = hash {
            let contact_id = self.value(1).filter(|_| is_contact);
            let id = contact_id.unwrap_or_else(|| format!("\"{hash:016x}\"").into_bytes());
            let start = self.put_default(field::EVENT_ID, "event_id", |out| {
                out.extend_from_slice(&id);
            });
            self.spans[0] = start..self.out.len();
        }
        if is_contact && !self.has(field::CONTACT_ID) {
            let id = self.value(0).unwrap_or_default();
            self.put_default(field::CONTACT_ID, "contact_id", |out| {
                out.extend_from_slice(&id)
            });
        }
        if let Some(started_at) = self.value(2).filter(|_| !self.has(field::OCCURRED_AT)) {
            self.put_default(field::OCCURRED_AT, "occurred_at", |out| {
                out.extend_from_slice(&started_at);
            });
        }
    }

    /// The JSON text of one of the [`SPANNED`] fields.
    fn value(&self, at: usize) -> Option<Vec<u8>> {
        self.has(SPANNED[at])
            .then(|| self.out[self.spans[at].clone()].to_vec())
    }

    fn put_default(&mut self, field: usize, name: &str, put: impl FnOnce(&mut Vec<u8>)) -> usize {
        push_comma(&mut self.out);
        push_json_text(&mut self.out, name);
        self.out.push(b':');
        let start = self.out.len();
        put(&mut self.out);
        self.seen |= 1 << field;
        start
    }

    /// A hash of what the row says.
    fn hash(&self) -> u64 {
        let parts = [&self.out, &self.identifiers, &self.attributes, &self.others];
        xxh3_64(&parts.map(Vec::as_slice).join(&SEPARATOR))
    }

    /// Where null means absent, a list says which fields are stated as null.
    fn clear_fields(&mut self) {
        let list = [b"[", self.cleared.as_slice(), b"]"].concat();
        let names: Vec<String> = serde_json::from_slice(&list).unwrap_or_default();
        for name in names {
            let field = match Target::of(&name, &[]) {
                Target::Field(field, _) if !self.has(field) => Some(field),
                Target::Identifiers if self.identifiers.is_empty() => None,
                Target::Attributes if self.attributes.is_empty() => None,
                _ => continue,
            };
            push_comma(&mut self.out);
            push_json_text(&mut self.out, &name);
            self.out.extend_from_slice(b":null");
            if let Some(field) = field {
                self.seen |= 1 << field;
            }
        }
    }
}

fn push_comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
}

/// The value as text: that which a table of values is asked for.
fn text_of<'a>(found: Found<'a>, scratch: &'a mut String) -> &'a str {
    let mut bytes = std::mem::take(scratch).into_bytes();
    bytes.clear();
    match found {
        Found::Text(text) => return text,
        Found::Absent => return "",
        Found::Bool(truth) => return if truth { "true" } else { "false" },
        Found::Int(number) => push_int(&mut bytes, number),
        Found::Double(number) => match whole(number) {
            Some(number) => push_int(&mut bytes, number),
            None => push_double(&mut bytes, number),
        },
        Found::Instant(at_ms) => push_time(&mut bytes, at_ms),
        Found::Local(at) => bytes.extend_from_slice(at.to_string().as_bytes()),
        Found::Date(date) => bytes.extend_from_slice(date.to_string().as_bytes()),
        Found::Json(json) => bytes.extend_from_slice(json),
    }
    *scratch = String::from_utf8(bytes).unwrap_or_default();
    scratch
}

fn push_text(out: &mut Vec<u8>, found: Found<'_>) {
    match found {
        Found::Text(text) => push_json_text(out, text),
        Found::Json(json) => out.extend_from_slice(json),
        other => push_json_text(out, text_of(other, &mut String::new())),
    }
}

/// A double that is a whole number, as integers with gaps come out of some tools.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < WHOLE_MAX).then_some(number as i64)
}

/// A number, or the text that is none, which will be refused with its reason.
fn push_number(out: &mut Vec<u8>, found: Found<'_>) {
    let double = match found {
        Found::Int(number) => return push_int(out, number),
        Found::Double(number) => number,
        Found::Text(text) => {
            if let Ok(number) = text.trim().parse() {
                return push_int(out, number);
            }
            match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => number,
                _ => return push_json_text(out, text),
            }
        }
        other => return push_text(out, other),
    };
    match whole(double) {
        Some(number) => push_int(out, number),
        None => push_double(out, double),
    }
}

fn push_bool(out: &mut Vec<u8>, found: Found<'_>) {
    let truth = match found {
        Found::Bool(truth) => Some(truth),
        Found::Int(number @ (0 | 1)) => Some(number == 1),
        Found::Text(text) => {
            let is = |words: [&str; 2]| {
                words
                    .iter()
                    .any(|word| text.trim().eq_ignore_ascii_case(word))
            };
            if is(["true", "1"]) {
                Some(true)
            } else {
                is(["false", "0"]).then_some(false)
            }
        }
        _ => None,
    };
    match truth {
        Some(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        None => push_text(out, found),
    }
}

/// A list of texts: JSON, or joined by `|` as in the output tables.
fn push_texts(out: &mut Vec<u8>, found: Found<'_>) {
    match found {
        Found::Json(json) => out.extend_from_slice(json),
        Found::Text(text) if serde_json::from_str::<Vec<Value>>(text).is_ok() => {
            out.extend_from_slice(text.as_bytes());
        }
        other => {
            let mut scratch = String::new();
            out.push(b'[');
            for part in text_of(other, &mut scratch)
                .split('|')
                .filter(|part| !part.is_empty())
            {
                if out.last() != Some(&b'[') {
                    out.push(b',');
                }
                push_json_text(out, part);
            }
            out.push(b']');
        }
    }
}

/// What is to be said of a cell that is no time: its column, the format, and what was found.
fn bad_time(plan: &Plan, column: &ColumnPlan, field: usize, found: Found<'_>) -> String {
    let (field, _) = CANONICAL_NAMES[field];
    let mut text = format!("{field}: ");
    if column.name != field {
        text.push_str(&format!("column `{}`, ", column.name));
    }
    let zone = plan.zone.iana_name().unwrap_or("local time");
    let expected = match &plan.time_format {
        Some(format) => format!("a time written as `{format}`"),
        None => "RFC 3339, with an offset or as local time, or epoch milliseconds".to_owned(),
    };
    let mut scratch = String::new();
    let cell = text_of(found, &mut scratch);
    let cell = match time::shown(cell) {
        Some(cell) => format!("`{cell}`"),
        None => "a text that is none".to_owned(),
    };
    text.push_str(&format!("expected {expected} ({zone}), found {cell}"));
    text
}

/// A time as epoch milliseconds, or what is none as it is. Returns whether it was ambiguous; `None`
/// for what is no time.
fn push_at(out: &mut Vec<u8>, plan: &Plan, found: Found<'_>) -> Option<bool> {
    let format = plan.time_format.as_deref();
    let read = match found {
        Found::Instant(at_ms) => {
            push_int(out, at_ms);
            return Some(false);
        }
        Found::Int(at_ms) if format.is_none() => {
            push_int(out, at_ms);
            return Some(false);
        }
        Found::Int(_) => time::read(text_of(found, &mut String::new()), &plan.zone, format),
        Found::Text(text) => time::read(text, &plan.zone, format),
        Found::Local(local) => time::resolve(local, &plan.zone),
        Found::Date(date) => {
            time::resolve(date.to_datetime(jiff::civil::Time::midnight()), &plan.zone)
        }
        Found::Double(number) => {
            push_number(out, Found::Double(number));
            return Some(false);
        }
        Found::Absent | Found::Bool(_) | Found::Json(_) => None,
    };
    match read {
        Some(read) => {
            push_int(out, read.at_ms);
            Some(read.ambiguous)
        }
        None => {
            push_text(out, found);
            None
        }
    }
}
