//! What a customer's rows add to the figures, before it is added.

use crate::key::{Key, Slot};
use crate::samples::{Sample, SampleKey};

/// What some rows add to a sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contributions {
    pub(crate) keys: Vec<Key>,
    /// Place in `keys`, slot, number; those of one key stand together.
    pub(crate) counts: Vec<(u32, Slot, i128)>,
    pub(crate) samples: Vec<(SampleKey, Sample)>,
}

impl Contributions {
    /// Adds numbers under a key; noughts are left out.
    pub fn add(&mut self, key: Key, numbers: &[(Slot, i128)]) {
        let place = self.keys.len() as u32;
        let before = self.counts.len();
        let numbers = numbers.iter().filter(|(_, number)| *number != 0);
        self.counts
            .extend(numbers.map(|(slot, number)| (place, *slot, *number)));
        if self.counts.len() > before {
            self.keys.push(key);
        }
    }

    /// The numbers of each key.
    pub(crate) fn by_key(&self) -> impl Iterator<Item = (&Key, &[(u32, Slot, i128)])> {
        let of_key = self.counts.chunk_by(|(a, ..), (b, ..)| a == b);
        of_key.map(|numbers| (&self.keys[numbers[0].0 as usize], numbers))
    }

    /// Adds a contact as a sample.
    pub fn sample(&mut self, key: SampleKey, sample: Sample) {
        self.samples.push((key, sample));
    }
}
