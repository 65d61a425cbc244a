//! Cells as a single value, such as that of a Kafka record: a JSON object or an Avro datum.
//!
//! A value may be made of parts, since a list of records is not a cell: the columns before it are
//! one part, and those of its records another.

use crate::table::Column;
use crate::text::push_json_text;

use super::avro::push_nullable;
use super::lines::push_json;
use super::{Cell, check_cell};

/// How a single value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    /// A JSON object in which every column is present: null where it is empty.
    Json,
    /// An Avro datum, without any framing.
    Avro,
}

/// Columns that stand one behind the other in a value.
#[derive(Clone, Debug)]
pub struct ValuePart {
    format: ValueFormat,
    columns: Vec<Column>,
    /// What stands before each cell in JSON, such as `,"gap_ms":`.
    labels: Vec<Vec<u8>>,
}

impl ValuePart {
    /// The first columns of a value: in JSON it opens the object.
    #[must_use]
    pub fn opening(columns: &[Column], format: ValueFormat) -> ValuePart {
        let mut part = ValuePart::following(columns, format);
        if let Some(label) = part.labels.first_mut() {
            label[0] = b'{';
        }
        part
    }

    /// Columns behind others. In JSON whoever writes the last part closes the object.
    #[must_use]
    pub fn following(columns: &[Column], format: ValueFormat) -> ValuePart {
        let label = |column: &Column| {
            let mut label = vec![b','];
            push_json_text(&mut label, &column.name);
            label.push(b':');
            label
        };
        ValuePart {
            format,
            columns: columns.to_vec(),
            labels: columns.iter().map(label).collect(),
        }
    }

    /// Appends a cell for each column.
    #[inline]
    pub fn push(&self, cells: &[Cell<'_>], out: &mut Vec<u8>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        match self.format {
            ValueFormat::Json => {
                for (label, cell) in self.labels.iter().zip(cells) {
                    out.extend_from_slice(label);
                    push_json(out, cell);
                }
            }
            ValueFormat::Avro => {
                for (column, cell) in self.columns.iter().zip(cells) {
                    debug_assert_eq!(check_cell(column, cell), Ok(()), "{}", column.name);
                    push_nullable(out, column.nullable, cell);
                }
            }
        }
    }
}

/// Appends the number of elements with which a list of records begins in a datum; after a list that
/// has elements another 0 ends it.
pub fn push_avro_count(out: &mut Vec<u8>, count: usize) {
    super::avro::push_long(out, super::avro::length(count));
}
