//! The readings of a contact as few bytes: there are many to a contact, and each says little. As
//! single fields they cost more time than everything else that is kept of a contact.

use crate::{Class, Millis, ReadingResult, Status, Verdict};
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

/// Bits of the second byte.
const ORIGIN: u8 = 1;
const CHANNEL_CHANGED: u8 = 1 << 1;
const OVERLAP: u8 = 1 << 2;
const HAS_PRIOR: u8 = 1 << 3;
const HAS_SESSION: u8 = 1 << 4;
const HAS_NEXT: u8 = 1 << 5;
const HAS_DUE: u8 = 1 << 6;

pub(crate) fn serialize<S: Serializer>(
    readings: &[ReadingResult],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(readings.len() * 24);
    for reading in readings {
        push(&mut bytes, reading);
    }
    serializer.serialize_bytes(&bytes)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ReadingResult>, D::Error> {
    deserializer.deserialize_bytes(Packed)
}

struct Packed;

impl Visitor<'_> for Packed {
    type Value = Vec<ReadingResult>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("readings as bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<ReadingResult>, E> {
        let mut rest = Rest(bytes);
        // The least that a reading takes is known, so that a length of nonsense reserves little.
        let mut readings = Vec::with_capacity(bytes.len() / 12);
        while !rest.0.is_empty() {
            let reading = rest.reading();
            readings
                .push(reading.ok_or_else(|| E::custom("readings are cut short or no readings"))?);
        }
        Ok(readings)
    }
}

fn push(bytes: &mut Vec<u8>, reading: &ReadingResult) {
    let class = reading.class.map_or(0, |class| class as u8 + 1);
    bytes.push(reading.verdict as u8 | (reading.status as u8) << 3 | class << 5);
    let flag = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
    bytes.push(
        flag(reading.origin, ORIGIN)
            | flag(reading.channel_changed, CHANNEL_CHANGED)
            | flag(reading.overlap, OVERLAP)
            | flag(reading.prior.is_some(), HAS_PRIOR)
            | flag(reading.session.is_some(), HAS_SESSION)
            | flag(reading.next.is_some(), HAS_NEXT)
            | flag(reading.due_at.is_some(), HAS_DUE),
    );
    push_number(bytes, u64::from(reading.reading));
    push_number(bytes, u64::from(reading.count));
    push_number(bytes, u64::from(reading.rank));
    push_number(bytes, u64::from(reading.revision));
    push_number(bytes, reading.gap_ms.cast_unsigned());
    for name in [reading.prior, reading.session, reading.next]
        .into_iter()
        .flatten()
    {
        push_number(bytes, u64::from(name));
    }
    if let Some(Millis(due_at)) = reading.due_at {
        bytes.extend_from_slice(&due_at.to_le_bytes());
    }
}

/// Seven bits a byte, the least first.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn narrow<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// A name if there is one, or else `None`; fails if it is cut short.
    fn name(&mut self, flags: u8, bit: u8) -> Option<Option<u16>> {
        if flags & bit == 0 {
            return Some(None);
        }
        self.narrow().map(Some)
    }

    fn reading(&mut self) -> Option<ReadingResult> {
        let (words, flags) = (self.byte()?, self.byte()?);
        let class = match words >> 5 {
            0 => None,
            place => Some(*Class::ALL.get(usize::from(place) - 1)?),
        };
        Some(ReadingResult {
            reading: self.narrow()?,
            verdict: *Verdict::ALL.get(usize::from(words & 7))?,
            status: *Status::ALL.get(usize::from(words >> 3 & 3))?,
            class,
            origin: flags & ORIGIN != 0,
            channel_changed: flags & CHANNEL_CHANGED != 0,
            overlap: flags & OVERLAP != 0,
            count: self.narrow()?,
            rank: self.narrow()?,
            revision: self.narrow()?,
            gap_ms: self.number()?.cast_signed(),
            prior: self.name(flags, HAS_PRIOR)?,
            session: self.name(flags, HAS_SESSION)?,
            next: self.name(flags, HAS_NEXT)?,
            due_at: if flags & HAS_DUE == 0 {
                None
            } else {
                let (due_at, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                Some(Millis(i64::from_le_bytes(*due_at)))
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading() -> impl Strategy<Value = ReadingResult> {
        let words = (
            prop::sample::select(Verdict::ALL),
            prop::sample::select(Status::ALL),
            prop::option::of(prop::sample::select(Class::ALL)),
        );
        let flags = any::<(bool, bool, bool)>();
        let names = any::<(Option<u16>, Option<u16>, Option<u16>)>();
        let numbers = any::<(u16, u32, u32, u32, i64, Option<i64>)>();
        (words, flags, names, numbers).prop_map(|(words, flags, names, numbers)| ReadingResult {
            reading: numbers.0,
            verdict: words.0,
            status: words.1,
            class: words.2,
            prior: names.0,
            gap_ms: numbers.4,
            overlap: flags.0,
            channel_changed: flags.1,
            count: numbers.1,
            rank: numbers.2,
            session: names.1,
            next: names.2,
            origin: flags.2,
            due_at: numbers.5.map(Millis),
            revision: numbers.3,
        })
    }

    proptest! {
        #[test]
        fn reads_back(readings in prop::collection::vec(reading(), 0..5), cut in 1_usize..7) {
            let mut bytes = Vec::new();
            readings.iter().for_each(|reading| push(&mut bytes, reading));
            let read = |bytes: &[u8]| Packed.visit_bytes::<serde::de::value::Error>(bytes);
            prop_assert_eq!(read(&bytes).expect("readings"), readings);
            // A reading is at least seven bytes, so a cut inside the last one is noticed.
            if let Some(short) = bytes.len().checked_sub(cut) {
                prop_assert!(read(&bytes[..short]).is_err() || short == 0);
            }
        }

        #[test]
        fn nonsense_is_an_error_or_readings(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Packed.visit_bytes::<serde::de::value::Error>(&bytes);
        }
    }
}
