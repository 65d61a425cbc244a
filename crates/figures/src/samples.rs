//! Contacts to listen to: some of those that a figure counts, chosen by a hash and so the same in
//! whatever order they came.

use crate::table::Figure;
use model::{ContactName, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Samples of a figure, date and segment at most.
pub const SAMPLES_MAX: usize = 20;
/// So many are kept, so that those that are taken back can be replaced by others.
const HELD_MAX: usize = 2 * SAMPLES_MAX;

/// What a sample is one of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SampleKey {
    /// The local date, in days since 1970-01-01.
    pub day: i32,
    /// The figure.
    pub figure: Figure,
    /// Name of the journey rule; empty where there is none.
    pub rule: Text,
    /// Place of the family in the configured list; `None`: not broken down.
    pub family: Option<u8>,
    /// Values of the family's dimensions.
    pub segment: Text,
}

/// A contact to listen to. Those with the least hashes are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    hash: u64,
    /// The contact.
    pub contact: ContactName,
    /// The id of its first leg, for links.
    pub root_contact_id: Text,
}

impl Sample {
    /// A contact as a sample of a figure.
    #[must_use]
    pub fn new(figure: Figure, contact: ContactName, root_contact_id: Text) -> Sample {
        let mut text = String::with_capacity(64);
        let channel = contact.channel.name();
        let parts = [figure.name(), channel, &contact.source, &contact.contact_id];
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                text.push('\n');
            }
            text.push_str(part);
        }
        Sample {
            hash: xxh3_64(text.as_bytes()),
            contact,
            root_contact_id,
        }
    }
}

/// The samples that are kept under a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// How often each was added: while a contact moves from one customer to another it may be there
    /// twice.
    held: BTreeMap<Sample, u32>,
    /// The least one that was let go: all from there on are.
    beyond: Option<Sample>,
}

impl Sampled {
    pub(crate) fn add(&mut self, sample: Sample) {
        self.add_times(sample, 1);
    }

    fn add_times(&mut self, sample: Sample, times: u32) {
        if self.is_beyond(&sample) {
            return;
        }
        *self.held.entry(sample).or_default() += times;
        if self.held.len() > HELD_MAX {
            self.beyond = self.held.pop_last().map(|(sample, _)| sample);
        }
    }

    pub(crate) fn take_back(&mut self, sample: &Sample) {
        if let Some(times) = self.held.get_mut(sample) {
            *times -= 1;
            if *times == 0 {
                self.held.remove(sample);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Sampled) {
        if let Some(beyond) = &other.beyond
            && !self.is_beyond(beyond)
        {
            self.held.split_off(beyond);
            self.beyond = Some(beyond.clone());
        }
        for (sample, times) in &other.held {
            self.add_times(sample.clone(), *times);
        }
    }

    pub(crate) fn is_beyond(&self, sample: &Sample) -> bool {
        self.beyond.as_ref().is_some_and(|beyond| sample >= beyond)
    }

    /// Whether nothing is kept and nothing was let go.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.beyond.is_none()
    }

    /// The samples to show, in order.
    pub fn shown(&self) -> impl Iterator<Item = &Sample> {
        self.held.keys().take(SAMPLES_MAX)
    }
}
