//! Confluent's wire format.

use std::fmt;

/// Bytes before the datum.
pub const PREFIX_BYTES: usize = 5;

const MAGIC: u8 = 0;

/// A value that is not framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It has fewer bytes than the frame alone.
    TooShort {
        /// Its length, bytes.
        length: usize,
    },
    /// Its first byte is not the one that frames begin with.
    WrongMagic {
        /// The first byte.
        found: u8,
    },
}

impl fmt::Display for Framing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Framing::TooShort { length } => write!(
                out,
                "expected a byte 0, a schema id of 4 bytes and a datum, found {length} bytes"
            ),
            Framing::WrongMagic { found } => write!(
                out,
                "expected a byte 0 before the schema id, found {found}: not written with a registry"
            ),
        }
    }
}

/// What stands before every datum of a schema.
#[must_use]
pub fn prefix(id: u32) -> [u8; PREFIX_BYTES] {
    let [a, b, c, d] = id.to_be_bytes();
    [MAGIC, a, b, c, d]
}

/// The id of the schema and the datum of a framed value.
///
/// # Errors
/// It is not framed.
pub fn split(value: &[u8]) -> Result<(u32, &[u8]), Framing> {
    match *value {
        [MAGIC, a, b, c, d, ref datum @ ..] => Ok((u32::from_be_bytes([a, b, c, d]), datum)),
        [MAGIC, ..] | [] => Err(Framing::TooShort {
            length: value.len(),
        }),
        [found, ..] => Err(Framing::WrongMagic { found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_framed_is_split_again(id: u32, datum: Vec<u8>) {
            let framed = [&prefix(id)[..], &datum].concat();
            prop_assert_eq!(split(&framed), Ok((id, &datum[..])));
        }

        #[test]
        fn any_bytes_are_split_or_refused(value: Vec<u8>) {
            match split(&value) {
                Ok((id, datum)) => prop_assert_eq!([&prefix(id)[..], datum].concat(), value),
                Err(Framing::TooShort { length }) => prop_assert!(length < PREFIX_BYTES),
                Err(Framing::WrongMagic { found }) => prop_assert_eq!((value[0], found != 0), (found, true)),
            }
        }
    }

    #[test]
    fn the_frame_is_that_of_the_contract() {
        assert_eq!(prefix(0x0102_0304), [0, 1, 2, 3, 4]);
        assert_eq!(split(b"\0\0\0\0\x07"), Ok((7, &b""[..])));
        assert_eq!(split(b"\0\0\0\0"), Err(Framing::TooShort { length: 4 }));
        assert_eq!(split(b""), Err(Framing::TooShort { length: 0 }));
        assert_eq!(
            split(b"{\"a\":1}"),
            Err(Framing::WrongMagic { found: b'{' })
        );
    }
}
