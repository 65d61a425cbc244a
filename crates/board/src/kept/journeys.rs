//! The newest broken journeys.

use super::Id;
use super::names::{Name, Names};
use crate::rows::JourneyRow;
use model::Channel;
use std::collections::{BTreeSet, HashMap};

/// A broken entry of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) rule: Name,
    pub(crate) channel: Option<Channel>,
    pub(crate) entered_at: i64,
    pub(crate) decided_at: i64,
    pub(crate) is_withdrawn: bool,
    pub(crate) segment: Vec<Name>,
    pub(crate) cost: Option<f64>,
}

impl Journey {
    pub(crate) fn of(row: &JourneyRow, names: &mut Names) -> Journey {
        let segment = row.segment.iter().take(3);
        Journey {
            rule: names.take(&row.rule),
            channel: row.channel,
            entered_at: row.entered_at.0,
            decided_at: row.decided_at.0,
            is_withdrawn: row.status == "withdrawn",
            segment: segment.map(|pair| names.take(pair)).collect(),
            cost: row.cost,
        }
    }
}

/// The newest of them, by entry.
#[derive(Debug)]
pub(crate) struct Journeys {
    max: usize,
    by_id: HashMap<Id, Journey>,
    in_order: BTreeSet<(i64, Id)>,
    pub(crate) let_go: u64,
}

impl Journeys {
    pub(crate) fn new(max: usize) -> Journeys {
        Journeys {
            max,
            by_id: HashMap::new(),
            in_order: BTreeSet::new(),
            let_go: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn put(&mut self, id: Id, journey: Journey) {
        self.forget(id);
        self.in_order.insert((journey.entered_at, id));
        self.by_id.insert(id, journey);
        while self.by_id.len() > self.max {
            let Some((_, oldest)) = self.in_order.first().copied() else {
                break;
            };
            self.forget(oldest);
            self.let_go += 1;
        }
    }

    pub(crate) fn forget(&mut self, id: Id) {
        if let Some(journey) = self.by_id.remove(&id) {
            self.in_order.remove(&(journey.entered_at, id));
        }
    }

    /// Those that were entered in some instants and stand, oldest first.
    pub(crate) fn between(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = &Journey> {
        let range = (from, Id::MIN)..(to.max(from), Id::MIN);
        let journeys = self.in_order.range(range);
        let journeys = journeys.filter_map(|(_, id)| self.by_id.get(id));
        journeys.filter(|journey| !journey.is_withdrawn)
    }
}
