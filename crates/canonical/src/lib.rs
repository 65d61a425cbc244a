//! The canonical record: what all channels' events and signals look like, as JSON and as Avro.
//!
//! A record is read into its known fields once ([`Record`]), whatever it was written in, and checked
//! there. What a vendor's own format says is translated into the same fields.
//!
//! Invariant: pure and total. Any bytes give a [`Decoded`], and nothing here knows a tenant, a
//! clock or a secret.
//! Invariant: no refusal's detail repeats a value that could name a person.

mod avro;
mod format;
mod json;
mod names;
mod record;
mod time;
mod values;

pub use avro::{Reader, SchemaError};
pub use format::{Decode, Format, of_channel};
pub use json::decode_json;
pub use names::FieldName;
pub use record::Record;
pub use time::{TIME_MAX, parse_time};
pub use values::{Many, Raw};

use model::{Event, IgnoredWhy, RejectedReason, Signal};

/// Longest record that is read, bytes.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// What became of a record's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// It says something of a contact.
    Event(Box<Event>),
    /// It says something else that matters.
    Signal(Box<Signal>),
    /// It is sound, and of no use.
    Ignored {
        /// Why.
        why: IgnoredWhy,
    },
    /// It cannot be used.
    Rejected {
        /// Why.
        reason: RejectedReason,
        /// The field, what was expected and, where it cannot be personal, what was found.
        detail: String,
    },
}

/// A record that cannot be used, on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: RejectedReason,
    /// The field, what was expected and, where it cannot be personal, what was found.
    pub detail: String,
}

impl Fault {
    /// A fault of one field.
    #[must_use]
    pub fn new(reason: RejectedReason, detail: impl Into<String>) -> Fault {
        Fault {
            reason,
            detail: detail.into(),
        }
    }

    fn wrong_type(field: &str, expected: &str, found: &str) -> Fault {
        Fault::new(
            RejectedReason::WrongType,
            format!("{field}: expected {expected}, found {found}"),
        )
    }
}

impl From<Fault> for Decoded {
    fn from(Fault { reason, detail }: Fault) -> Decoded {
        Decoded::Rejected { reason, detail }
    }
}

/// A found text as a detail may show it: quoted if it is short and cannot be personal.
pub(crate) fn quoted(found: &str) -> String {
    let is_personal = |byte: u8| byte.is_ascii_digit() || byte == b'@' || byte.is_ascii_control();
    if found.len() <= 32 && found.is_ascii() && !found.bytes().any(is_personal) {
        format!("\"{found}\"")
    } else {
        "another text".to_owned()
    }
}
