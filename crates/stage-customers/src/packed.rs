//! What is kept of a customer, as few bytes: it is written with every change of his.

/// Contacts by their name, which stands in them.
pub(crate) mod held {
    use model::{ContactName, Upsert};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    type Held = BTreeMap<ContactName, Box<Upsert>>;

    pub(crate) fn serialize<S: Serializer>(held: &Held, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(held.values())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Held, D::Error> {
        let held = Vec::<Box<Upsert>>::deserialize(deserializer)?.into_iter();
        Ok(held.map(|upsert| (upsert.contact.name(), upsert)).collect())
    }
}

/// Bytes that are written as they are.
pub(crate) mod bytes {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }

    struct Bytes;

    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }
    }
}

/// What was told of a contact's readings: there are many to a contact, and as single fields they
/// cost more time than everything else that is kept of it.
pub(crate) mod readings {
    use crate::tell::ToldReading;
    use model::Status;
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;

    pub(crate) fn serialize<S: Serializer>(
        readings: &[ToldReading],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&packed(readings))
    }

    fn packed(readings: &[ToldReading]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(readings.len() * 11);
        for told in readings {
            push_number(&mut bytes, u64::from(told.reading));
            let revision = u64::from(told.revision) << 2 | told.status as u64;
            push_number(&mut bytes, revision);
            bytes.extend_from_slice(&told.digest);
        }
        bytes
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<ToldReading>, D::Error> {
        deserializer.deserialize_bytes(Packed)
    }

    struct Packed;

    impl Visitor<'_> for Packed {
        type Value = Vec<ToldReading>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("what was told of readings, as bytes")
        }

        fn visit_bytes<E: Error>(self, mut bytes: &[u8]) -> Result<Vec<ToldReading>, E> {
            // The least that one takes is known, so that a length of nonsense reserves little.
            let mut readings = Vec::with_capacity(bytes.len() / 10);
            while !bytes.is_empty() {
                let told = take(&mut bytes);
                readings.push(told.ok_or_else(|| E::custom("what was told is cut short"))?);
            }
            Ok(readings)
        }
    }

    fn take(bytes: &mut &[u8]) -> Option<ToldReading> {
        let reading = number(bytes)?;
        let revision = number(bytes)?;
        let (digest, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(ToldReading {
            reading: u16::try_from(reading).ok()?,
            revision: u32::try_from(revision >> 2).ok()?,
            status: *Status::ALL.get((revision & 3) as usize)?,
            digest: *digest,
        })
    }

    /// Seven bits a byte, the least first.
    fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
    }

    fn number(bytes: &mut &[u8]) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = bytes.split_first()?;
            *bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn told(reading: u16, revision: u32, status: Status) -> ToldReading {
            ToldReading {
                reading,
                revision,
                status,
                digest: [1, 2, 3, 4, 5, 6, 7, reading as u8],
            }
        }

        #[test]
        fn reads_back_what_was_written_and_notices_what_is_missing() {
            let readings = vec![
                told(0, 1, Status::Provisional),
                told(1, 63, Status::Final),
                told(u16::MAX, u32::MAX, Status::Revised),
            ];
            let bytes = packed(&readings);
            let read = |bytes: &[u8]| Packed.visit_bytes::<serde::de::value::Error>(bytes);
            assert_eq!(read(&bytes).unwrap(), readings);
            for cut in 1..10 {
                assert!(read(&bytes[..bytes.len() - cut]).is_err(), "{cut}");
            }
        }
    }
}
