//! The monitor over a whole history: the entries of journey rules in the order in which they were,
//! segment by segment.

use crate::queue::{Queue, QueueError, Store, Writer};
use model::{AlertStatus, Brings, Change, Course, Deadlines, Millis, Now, Place, Stage, Text};
use rayon::prelude::*;
use stage_monitor::{JourneyDegraded, Monitor, OTHER, Output, Rosters, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// Parts into which the segments are spread.
const PARTS: usize = 64;

/// The entries of a history.
pub(crate) struct Watched {
    store: Arc<Store>,
    courses: Queue<(Text, Course)>,
    /// The first entry of each segment.
    first: Mutex<BTreeMap<Text, Millis>>,
}

/// Takes entries; each thread has its own.
pub(crate) struct Entries<'a> {
    watched: &'a Watched,
    writer: Writer<'a, (Text, Course)>,
    first: BTreeMap<Text, Millis>,
}

impl Entries<'_> {
    /// Takes an entry of a segment, by its key.
    pub(crate) fn push(&mut self, place: &Text, course: Course) -> Result<(), QueueError> {
        let at = course.entered_at;
        match self.first.get_mut(place) {
            Some(first) => *first = at.min(*first),
            None => drop(self.first.insert(place.clone(), at)),
        }
        push(&mut self.writer, place, course)
    }

    pub(crate) fn finish(self) -> Result<(), QueueError> {
        let mut all = self.watched.first();
        for (place, at) in self.first {
            let first = all.entry(place).or_insert(at);
            *first = at.min(*first);
        }
        self.writer.finish()
    }
}

fn push(
    writer: &mut Writer<'_, (Text, Course)>,
    place: &Text,
    course: Course,
) -> Result<(), QueueError> {
    let part = (xxh3_64(place.as_bytes()) % PARTS as u64) as usize;
    // Greater for a later instant, before 1970 too.
    let order = course.entered_at.0.cast_unsigned() ^ 1 << 63;
    writer.push_to(part, order, &(place, course))
}

impl Watched {
    pub(crate) fn new(store: &Arc<Store>) -> Watched {
        Watched {
            store: Arc::clone(store),
            courses: Queue::new(store, PARTS),
            first: Mutex::default(),
        }
    }

    pub(crate) fn writer(&self) -> Entries<'_> {
        Entries {
            watched: self,
            writer: self.courses.writer(),
            first: BTreeMap::new(),
        }
    }

    fn first(&self) -> std::sync::MutexGuard<'_, BTreeMap<Text, Millis>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The alerts that stand at the end of time, each as it was told last.
    pub(crate) fn judge(
        &self,
        monitor: &Monitor,
        now: &Now,
    ) -> Result<Vec<JourneyDegraded>, QueueError> {
        let others = self.others(monitor);
        let rest = Queue::new(&self.store, PARTS);
        let of_part = |courses: &Queue<(Text, Course)>, part| {
            let mut judged = Judged::new(monitor, now);
            let mut writer = rest.writer();
            let mut groups = courses.take(part)?;
            let mut at_once = Vec::new();
            while groups.next_of_hash(|_, entry| at_once.push(entry))? {
                for (place, course) in at_once.drain(..) {
                    match others.get(&place) {
                        Some(other) => push(&mut writer, other, course)?,
                        None => judged.hear(place, course),
                    }
                }
            }
            writer.finish()?;
            Ok(judged.finish())
        };
        let all = |courses: &Queue<(Text, Course)>| {
            let parts = (0..PARTS).into_par_iter();
            let alerts: Result<Vec<_>, QueueError> =
                parts.map(|part| of_part(courses, part)).collect();
            alerts.map(|alerts| alerts.into_iter().flatten().collect())
        };
        let mut alerts: Vec<JourneyDegraded> = all(&self.courses)?;
        if !others.is_empty() {
            let rest_of_all = |part| {
                let mut judged = Judged::new(monitor, now);
                let mut groups = rest.take(part)?;
                while groups.next_of_hash(|_, (place, course)| judged.hear(place, course))? {}
                Ok(judged.finish())
            };
            let of_others: Result<Vec<_>, QueueError> =
                (0..PARTS).into_par_iter().map(rest_of_all).collect();
            alerts.extend(of_others?.into_iter().flatten());
        }
        Ok(alerts)
    }

    /// The segments that have no place of their own, with the key under which they are watched: as
    /// they would be had all entries come in their order.
    fn others(&self, monitor: &Monitor) -> BTreeMap<Text, Text> {
        let first = self.first();
        let in_order: BTreeSet<(Millis, &Text)> =
            first.iter().map(|(key, at)| (*at, key)).collect();
        let mut rosters = Rosters::default();
        let mut others = BTreeMap::new();
        for (at, key) in in_order {
            let entered = Change::entered(at);
            let place = rosters.place(monitor.settings(), key, &entered);
            if place != *key {
                debug_assert_eq!(Place::of_key(&place).segment, OTHER);
                others.insert(key.clone(), place);
            }
        }
        others
    }
}

/// Segments that are judged while their entries are heard.
struct Judged<'a> {
    monitor: &'a Monitor,
    now: &'a Now,
    states: BTreeMap<Text, State>,
    alerts: BTreeMap<Text, JourneyDegraded>,
}

impl<'a> Judged<'a> {
    fn new(monitor: &'a Monitor, now: &'a Now) -> Judged<'a> {
        Judged {
            monitor,
            now,
            states: BTreeMap::new(),
            alerts: BTreeMap::new(),
        }
    }

    /// Hears of an entry; they come in the order in which they were. All minutes before it are
    /// judged first, as by a service that hears of it as it comes.
    fn hear(&mut self, place: Text, course: Course) {
        let mut state = self.states.remove(&place).unwrap_or_default();
        let end = self.now.seen(Brings::ALL);
        self.settle(&place, &mut state, &Now::all(course.entered_at.min(end)));
        let change = Change {
            before: None,
            after: Some(course),
        };
        self.monitor.apply(&place, &mut state, change);
        self.states.insert(place, state);
    }

    fn settle(&mut self, key: &Text, state: &mut State, now: &Now) {
        let mut told = Vec::new();
        let mut is_due = true;
        while is_due {
            self.monitor.settle(key, state, now, &mut told);
            let mut deadlines = Deadlines::default();
            self.monitor.deadlines(state, &mut deadlines);
            let mut due = deadlines.as_slice().iter();
            is_due = due.any(|(wait, at)| *at <= now.reached(*wait));
        }
        for output in told {
            if let Output::Alert(alert) = output {
                self.alerts.insert(alert.alert_id.clone(), alert);
            }
        }
    }

    fn finish(mut self) -> Vec<JourneyDegraded> {
        for (key, mut state) in std::mem::take(&mut self.states) {
            let now = self.now.clone();
            self.settle(&key, &mut state, &now);
        }
        let alerts = self.alerts.into_values();
        let standing = alerts.filter(|alert| alert.status != AlertStatus::Withdrawn);
        standing.collect()
    }
}
