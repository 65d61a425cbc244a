//! Walks through the bytes of a datum.

use super::schema::Shape;
use crate::values::Raw;
use std::borrow::Cow;

/// More elements than this in one datum are refused: an array of nulls has no bytes to bound it.
const ELEMENTS_MAX: u32 = 1 << 18;

/// A datum that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It ends before it is complete.
    Truncated,
    /// It is not what the schema says.
    Malformed(&'static str),
}

/// A place in a datum.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    elements: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(datum: &'a [u8]) -> Cursor<'a> {
        Cursor {
            rest: datum,
            elements: 0,
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Broken::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A whole number: zigzag, seven bits a byte.
    fn long(&mut self) -> Result<i64, Broken> {
        let mut number = 0_u64;
        for (place, &byte) in self.rest.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        Err(if self.rest.len() < 10 {
            Broken::Truncated
        } else {
            Broken::Malformed("a whole number of more than 10 bytes")
        })
    }

    fn length(&mut self) -> Result<usize, Broken> {
        usize::try_from(self.long()?).map_err(|_| Broken::Malformed("a negative length"))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Broken> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?)
            .map_err(|_| Broken::Malformed("a string that is not UTF-8"))
    }

    /// Follows unions to what is there.
    pub(super) fn chosen<'s>(&mut self, shape: &'s Shape) -> Result<&'s Shape, Broken> {
        let Shape::Union(branches) = shape else {
            return Ok(shape);
        };
        let branch = usize::try_from(self.long()?).ok();
        let chosen = branch.and_then(|branch| branches.get(branch));
        chosen.ok_or(Broken::Malformed("a branch that its union does not have"))
    }

    /// A single value; of what is none, only that it is there.
    pub(super) fn raw(&mut self, shape: &Shape) -> Result<Raw<'a>, Broken> {
        Ok(match self.chosen(shape)? {
            Shape::Null => Raw::Null,
            Shape::Boolean => match self.take(1)? {
                [0] => Raw::Bool(false),
                [1] => Raw::Bool(true),
                _ => return Err(Broken::Malformed("a boolean that is neither 0 nor 1")),
            },
            Shape::Long => Raw::Int(self.long()?),
            Shape::Micros => Raw::Int(self.long()?.div_euclid(1_000)),
            Shape::Float => {
                let bytes = self.take(4)?.try_into().expect("four bytes were taken");
                Raw::Float(f64::from(f32::from_le_bytes(bytes)))
            }
            Shape::Double => {
                let bytes = self.take(8)?.try_into().expect("eight bytes were taken");
                Raw::Float(f64::from_le_bytes(bytes))
            }
            Shape::Text => Raw::Text(Cow::Borrowed(self.text()?)),
            Shape::Enum(words) => {
                let place = usize::try_from(self.long()?).ok();
                let word = place.and_then(|place| words.get(place));
                let word = word.ok_or(Broken::Malformed("a symbol that its enum does not have"))?;
                Raw::Text(Cow::Owned(word.to_string()))
            }
            other => {
                self.skip(other)?;
                Raw::Other(match other {
                    Shape::Array(_) => "an array",
                    Shape::Map(_) => "a map",
                    Shape::Record(_) => "a record",
                    _ => "bytes",
                })
            }
        })
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, shape: &Shape) -> Result<(), Broken> {
        match self.chosen(shape)? {
            Shape::Null => {}
            Shape::Boolean => drop(self.take(1)?),
            Shape::Long | Shape::Micros | Shape::Enum(_) => drop(self.long()?),
            Shape::Float => drop(self.take(4)?),
            Shape::Double => drop(self.take(8)?),
            Shape::Text | Shape::Bytes => {
                let length = self.length()?;
                self.take(length)?;
            }
            Shape::Fixed(length) => drop(self.take(*length)?),
            Shape::Array(element) => {
                let mut blocks = self.blocks();
                while blocks.next(self)? {
                    self.skip(element)?;
                }
            }
            Shape::Map(element) => {
                let mut blocks = self.blocks();
                while blocks.next(self)? {
                    self.text()?;
                    self.skip(element)?;
                }
            }
            Shape::Record(fields) => {
                for (_, field) in fields {
                    self.skip(field)?;
                }
            }
            Shape::Union(_) => return Err(Broken::Malformed("a union inside of a union")),
        }
        Ok(())
    }

    /// The blocks of an array or map that begins here.
    pub(super) fn blocks(&self) -> Blocks {
        Blocks { left: 0 }
    }
}

/// Elements left in the running block of an array or map.
pub(super) struct Blocks {
    left: u64,
}

impl Blocks {
    /// Goes to the next element; false behind the last one.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Broken> {
        if self.left == 0 {
            let count = cursor.long()?;
            if count < 0 {
                // A negative count is followed by the block's size in bytes.
                cursor.length()?;
            }
            self.left = count.unsigned_abs();
            if self.left == 0 {
                return Ok(false);
            }
        }
        self.left -= 1;
        cursor.elements += 1;
        if cursor.elements > ELEMENTS_MAX {
            return Err(Broken::Malformed("too many elements in arrays and maps"));
        }
        Ok(true)
    }
}
