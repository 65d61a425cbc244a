//! Digests of what is told: 64 bits each, so that a change goes unseen with a chance of 1 in 2^64.

use crate::chain::Link;
use crate::readings::Row;
use model::{ReadingResult, Session, Text};
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::xxh3_64;

pub(crate) type Digest = [u8; 8];

/// Takes what is hashed into a buffer, to be digested in one go.
struct Gather<'a>(&'a mut Vec<u8>);

impl Hasher for Gather<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        xxh3_64(self.0)
    }
}

/// Makes digests, one after the other; its memory is used again.
#[derive(Default)]
pub(crate) struct Digests {
    bytes: Vec<u8>,
    names: Vec<u64>,
    /// Of the readings of the contact that was looked at last, in their order.
    pub(crate) readings: Vec<Digest>,
}

impl Digests {
    fn of(&mut self, told: &impl Hash) -> Digest {
        self.bytes.clear();
        let mut gather = Gather(&mut self.bytes);
        told.hash(&mut gather);
        gather.finish().to_le_bytes()
    }

    pub(crate) fn session(&mut self, session: &Session) -> Digest {
        self.of(session)
    }

    /// Everything that is told of a contact, but its readings, its revision and its cause. Those of
    /// its readings are put aside.
    pub(crate) fn contact(
        &mut self,
        link: &Link<'_>,
        row: &Row,
        customer: &str,
        capped: bool,
    ) -> Digest {
        self.names.clear();
        let hash = |name: &Text| xxh3_64(name.as_bytes());
        self.names.extend(row.names.iter().map(hash));
        self.readings.clear();
        for result in &row.readings {
            let digest = self.reading(result);
            self.readings.push(digest);
        }
        let (contact, resolved) = (link.contact(), link.resolved());
        self.of(&(customer, contact, resolved, &link.roles, capped, link.cost))
    }

    /// Everything that is told of a contact in a reading, but its revision and its status.
    fn reading(&mut self, result: &ReadingResult) -> Digest {
        let ReadingResult {
            reading: _,
            verdict,
            status: _,
            class,
            prior,
            gap_ms,
            overlap,
            channel_changed,
            count,
            rank,
            session,
            next,
            origin,
            due_at,
            revision: _,
        } = result;
        let class = class.map_or(u8::MAX, |class| class as u8);
        let flags = u8::from(*overlap) | u8::from(*channel_changed) << 1 | u8::from(*origin) << 2;
        let name = |place: &Option<u16>| match place {
            None => [0; 9],
            Some(place) => {
                let mut bytes = [1; 9];
                bytes[1..].copy_from_slice(&self.names[usize::from(*place)].to_le_bytes());
                bytes
            }
        };
        let mut bytes = [0; 55];
        bytes[0..3].copy_from_slice(&[*verdict as u8, class, flags]);
        bytes[3..12].copy_from_slice(&name(prior));
        bytes[12..21].copy_from_slice(&name(session));
        bytes[21..30].copy_from_slice(&name(next));
        bytes[30..38].copy_from_slice(&gap_ms.to_le_bytes());
        bytes[38..42].copy_from_slice(&count.to_le_bytes());
        bytes[42..46].copy_from_slice(&rank.to_le_bytes());
        if let Some(due_at) = due_at {
            bytes[46] = 1;
            bytes[47..55].copy_from_slice(&due_at.0.to_le_bytes());
        }
        xxh3_64(&bytes).to_le_bytes()
    }
}
