//! What the output topics said, as far as it is kept. Every store has a limit; at the limit the oldest
//! goes, and that is said.

mod acts;
mod alerts;
mod contacts;
mod figures;
mod journeys;
mod names;
mod others;
mod take;

pub(crate) use acts::{ActKey, Acts, Written};
pub(crate) use alerts::{Alert, Alerts};
pub(crate) use contacts::{Contacts, Kept as KeptContact};
pub(crate) use figures::{Figures, Key as FigureKey, Sum, pairs, segments};
pub(crate) use journeys::{Journey, Journeys};
pub(crate) use names::{Name, Names, cut};
pub(crate) use others::{Letters, Marker, Samples, Session, Sessions};
pub use take::{Mistake, Table};

use crate::settings::Settings;
use crate::views::At;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// A record's key, hashed: the board never needs to say it.
pub(crate) type Id = u128;

pub(crate) fn id_of(key: &[u8]) -> Id {
    xxh3_128(key)
}

pub(crate) fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Contacts: about 400 bytes each.
    pub contacts: usize,
    /// Alerts: about 500 bytes each.
    pub alerts: usize,
    /// Sessions: about 250 bytes each.
    pub sessions: usize,
    /// Broken journeys: about 200 bytes each.
    pub journeys: usize,
    /// Rows of figures, each task's own: about 80 bytes each.
    pub figures: usize,
    /// Samples: about 200 bytes each.
    pub samples: usize,
}

impl Default for Capacity {
    fn default() -> Capacity {
        Capacity {
            contacts: 500_000,
            alerts: 100_000,
            sessions: 200_000,
            journeys: 200_000,
            figures: 3_000_000,
            samples: 200_000,
        }
    }
}

/// All that is kept.
#[derive(Debug)]
pub struct Kept {
    pub(crate) settings: Settings,
    pub(crate) capacity: Capacity,
    pub(crate) names: Names,
    pub(crate) contacts: Contacts,
    pub(crate) alerts: Alerts,
    pub(crate) sessions: Sessions,
    pub(crate) journeys: Journeys,
    pub(crate) figures: Figures,
    pub(crate) samples: Samples,
    /// By instant and hashed key, the newest.
    pub(crate) markers: BTreeMap<(i64, Id), Marker>,
    pub(crate) letters: Letters,
    pub(crate) acts: Acts,
    /// The latest event time that anything spoke of.
    pub(crate) data_until: Option<At>,
    /// Rises with every record that was taken.
    pub(crate) version: u64,
    /// Records that could not be read.
    pub(crate) unreadable: u64,
}

impl Kept {
    /// Nothing yet.
    #[must_use]
    pub fn new(settings: Settings, capacity: Capacity) -> Kept {
        Kept {
            settings,
            capacity,
            names: Names::default(),
            contacts: Contacts::new(capacity.contacts),
            alerts: Alerts::new(capacity.alerts),
            sessions: Sessions::new(capacity.sessions),
            journeys: Journeys::new(capacity.journeys),
            figures: Figures::new(capacity.figures),
            samples: Samples::new(capacity.samples),
            markers: BTreeMap::new(),
            letters: Letters::default(),
            acts: Acts::new(capacity.alerts),
            data_until: None,
            version: 0,
            unreadable: 0,
        }
    }

    /// Rises with everything that was taken.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}
