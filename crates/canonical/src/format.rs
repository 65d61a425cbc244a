//! A format is a row of a channel's table: a name and a plain function.

use crate::{Decoded, Fault, Reader};
use model::{Channel, RejectedReason};

/// A format in which a channel's records come.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name that configuration gives it.
    pub name: &'static str,
    /// How its records are read.
    pub decode: Decode,
}

/// How a format's records are read.
#[derive(Clone, Copy, Debug)]
pub enum Decode {
    /// The bytes say it all.
    Bytes(fn(&[u8]) -> Decoded),
    /// An Avro datum, which needs its writer's schema.
    Datum(fn(&Reader, &[u8]) -> Decoded),
}

/// Refuses a record of another channel than the one that its topic is for. A signal need not name
/// a channel.
#[must_use]
pub fn of_channel(expected: Channel, decoded: Decoded) -> Decoded {
    let found = match &decoded {
        Decoded::Event(event) => Some(event.channel),
        Decoded::Signal(signal) => signal.channel,
        Decoded::Ignored { .. } | Decoded::Rejected { .. } => None,
    };
    match found {
        Some(found) if found != expected => {
            let (expected, found) = (expected.name(), found.name());
            let detail = format!("channel: expected {expected}, found {found}");
            Fault::new(RejectedReason::BadValue, detail).into()
        }
        _ => decoded,
    }
}
