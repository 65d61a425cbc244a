//! Sessions, samples, markers and dead letters.

use super::names::{Name, Names, cut, safe_link};
use super::{Id, hash};
use crate::rows::{MarkerRow, SampleRow, SessionRow};
use model::{Channel, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// A session of the headline reading.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) customer: u64,
    /// Hash of its id, as in verdicts.
    pub(crate) session: u64,
    pub(crate) started_at: i64,
    pub(crate) ended_at: i64,
    pub(crate) contacts: u64,
    pub(crate) repeats: u64,
    pub(crate) retries: u64,
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<Name>,
    pub(crate) cost: Option<f64>,
    pub(crate) avoidable_cost: Option<f64>,
    pub(crate) is_complete: bool,
    pub(crate) last_outcome: Name,
}

impl Session {
    pub(crate) fn of(row: &SessionRow, names: &mut Names) -> Session {
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let reasons = row.reasons.iter().take(20);
        Session {
            customer: hash(&row.customer),
            session: hash(&row.session_id),
            started_at: row.started_at.0,
            ended_at: row.ended_at.0,
            contacts: number(row.contacts),
            repeats: number(row.repeats),
            retries: number(row.retries),
            channels: row.channels.iter().take(20).copied().collect(),
            reasons: reasons.map(|reason| names.take(reason)).collect(),
            cost: row.cost,
            avoidable_cost: row.avoidable_cost,
            is_complete: row.complete,
            last_outcome: names.take_some(row.last_outcome.as_ref()),
        }
    }
}

/// The newest sessions, by start.
#[derive(Debug)]
pub(crate) struct Sessions {
    max: usize,
    by_id: HashMap<Id, Session>,
    in_order: BTreeSet<(i64, Id)>,
    by_customer: HashMap<u64, Vec<Id>>,
    pub(crate) let_go: u64,
}

impl Sessions {
    pub(crate) fn new(max: usize) -> Sessions {
        Sessions {
            max,
            by_id: HashMap::new(),
            in_order: BTreeSet::new(),
            by_customer: HashMap::new(),
            let_go: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn put(&mut self, id: Id, session: Session) {
        self.forget(id);
        self.in_order.insert((session.started_at, id));
        self.by_customer
            .entry(session.customer)
            .or_default()
            .push(id);
        self.by_id.insert(id, session);
        while self.by_id.len() > self.max {
            let Some((_, oldest)) = self.in_order.first().copied() else {
                break;
            };
            self.forget(oldest);
            self.let_go += 1;
        }
    }

    pub(crate) fn forget(&mut self, id: Id) {
        let Some(session) = self.by_id.remove(&id) else {
            return;
        };
        self.in_order.remove(&(session.started_at, id));
        if let Some(ids) = self.by_customer.get_mut(&session.customer) {
            ids.retain(|one| *one != id);
            if ids.is_empty() {
                self.by_customer.remove(&session.customer);
            }
        }
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Session> {
        self.by_id.get(&id)
    }

    /// A customer's session by the hash of its id.
    pub(crate) fn find(&self, customer: u64, session: u64) -> Option<(Id, &Session)> {
        let ids = self.by_customer.get(&customer)?;
        let mut found = ids.iter().filter_map(|id| Some((*id, self.by_id.get(id)?)));
        found.find(|(_, one)| one.session == session)
    }

    /// Before an instant and id, the newest first.
    pub(crate) fn before(&self, before: (i64, Id)) -> impl Iterator<Item = (Id, &Session)> {
        let ids = self.in_order.range(..before).rev();
        ids.filter_map(|(_, id)| Some((*id, self.by_id.get(id)?)))
    }
}

/// A contact to listen to.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) contact_id: Text,
    pub(crate) channel: Channel,
    pub(crate) source: Name,
    pub(crate) link: Option<Box<str>>,
}

/// What a sample is of: date, figure, rule, segment.
pub(crate) type SampleOf = (i32, Name, Name, Name);

/// Samples of the newest dates.
#[derive(Debug)]
pub(crate) struct Samples {
    max: usize,
    rows: usize,
    /// By what they are of, rank and task.
    by_place: BTreeMap<SampleOf, BTreeMap<(u32, u32), Sample>>,
    pub(crate) let_go: u64,
}

impl Samples {
    pub(crate) fn new(max: usize) -> Samples {
        Samples {
            max,
            rows: 0,
            by_place: BTreeMap::new(),
            let_go: 0,
        }
    }

    pub(crate) fn put(&mut self, of: SampleOf, task: u32, row: &SampleRow, names: &mut Names) {
        let sample = Sample {
            contact_id: cut(&row.contact_id),
            channel: row.channel,
            source: names.take(&row.source),
            link: safe_link(row.link.as_ref()),
        };
        let place = self.by_place.entry(of).or_default();
        self.rows += usize::from(place.insert((row.rank, task), sample).is_none());
        while self.rows > self.max && self.by_place.len() > 1 {
            let Some((_, gone)) = self.by_place.pop_first() else {
                break;
            };
            self.rows -= gone.len();
            self.let_go += gone.len() as u64;
        }
    }

    pub(crate) fn forget(&mut self, of: SampleOf, rank: u32, task: u32) {
        if let Some(place) = self.by_place.get_mut(&of) {
            self.rows -= usize::from(place.remove(&(rank, task)).is_some());
            if place.is_empty() {
                self.by_place.remove(&of);
            }
        }
    }

    /// Of some date, figure, rule and segment, in order of rank.
    pub(crate) fn of(&self, of: SampleOf) -> impl Iterator<Item = &Sample> {
        self.by_place
            .get(&of)
            .into_iter()
            .flat_map(BTreeMap::values)
    }
}

/// A marker.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) at: i64,
    pub(crate) kind: Name,
    pub(crate) name: Name,
}

impl Marker {
    pub(crate) fn of(row: &MarkerRow, names: &mut Names) -> Marker {
        Marker {
            at: row.at.0,
            kind: names.take_some(row.kind.as_ref()),
            name: names.take_some(row.name.as_ref()),
        }
    }
}

/// Dead letters by reason and topic.
type ByReason = BTreeMap<(Name, Name), u64>;

/// Dead letters counted by quarter of an hour of when they were written.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    counts: VecDeque<(i64, ByReason)>,
}

const QUARTER_MS: i64 = 900_000;
/// Quarters of an hour that are counted apart: two days.
const QUARTERS_MAX: usize = 192;

impl Letters {
    /// One was written at an instant.
    pub(crate) fn count(&mut self, at: i64, reason: Name, topic: Name) {
        let quarter = at.div_euclid(QUARTER_MS);
        let place = self.counts.partition_point(|(one, _)| *one < quarter);
        if self
            .counts
            .get(place)
            .is_none_or(|(one, _)| *one != quarter)
        {
            self.counts.insert(place, (quarter, BTreeMap::new()));
        }
        *self.counts[place].1.entry((reason, topic)).or_default() += 1;
        while self.counts.len() > QUARTERS_MAX {
            self.counts.pop_front();
        }
    }

    /// Those since an instant, by reason and topic.
    pub(crate) fn since(&self, at: i64) -> ByReason {
        let mut sums = BTreeMap::new();
        let since = at.div_euclid(QUARTER_MS);
        for (_, counts) in self.counts.iter().filter(|(quarter, _)| *quarter > since) {
            for (of, count) in counts {
                *sums.entry(*of).or_default() += count;
            }
        }
        sums
    }
}
