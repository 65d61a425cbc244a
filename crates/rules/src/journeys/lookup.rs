//! All moments of a history in one order, and for a step the moments that it fits, so that the
//! first one after another is found without looking at all.

use super::history::{History, MomentRef, Value};
use super::keys::Compared;
use super::rule::{Pattern, Step};
use super::test_of::{Target, Test};
use model::Millis;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Lists no longer than this are looked through; longer ones are sorted by what `same` compares.
const LOOKED_THROUGH_MAX: usize = 48;
/// So many different values of what `differs` compares are kept apart.
const APART_MAX: usize = 16;

/// The moments of a history in order: time, then id (bytewise), channel, source; of one contact, the
/// contact itself before what happened inside.
pub(super) struct Moments<'h, 'a> {
    pub history: &'h History<'a>,
    pub list: Vec<(Millis, MomentRef)>,
    /// Where each contact's serial numbers begin; its own is the first, then what happened inside.
    base: Vec<u32>,
    /// Place in `list` by serial number.
    place: Vec<u32>,
}

impl<'h, 'a> Moments<'h, 'a> {
    pub(super) fn new(history: &'h History<'a>) -> Moments<'h, 'a> {
        let mut base = Vec::with_capacity(history.contacts.len());
        let mut list = Vec::with_capacity(history.contacts.len() * 2 + history.signals.len());
        let mut serial = 0_u32;
        for (place, seen) in history.contacts.iter().enumerate() {
            base.push(serial);
            serial += 1 + seen.inside.len() as u32;
            let place = place as u32;
            if seen.opened {
                list.push((seen.contact.started_at, MomentRef::Contact(place)));
            }
            for (inside, happening) in seen.inside.iter().enumerate() {
                list.push((happening.at, MomentRef::Inside(place, inside as u32)));
            }
        }
        for (place, heard) in history.signals.iter().enumerate() {
            list.push((heard.signal.occurred_at, MomentRef::Signal(place as u32)));
        }
        list.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| by_name(history, a.1, b.1)));
        let mut moments = Moments {
            history,
            place: vec![u32::MAX; serial as usize],
            list,
            base,
        };
        for at in 0..moments.list.len() {
            if let Some(serial) = moments.serial(moments.list[at].1) {
                moments.place[serial] = at as u32;
            }
        }
        moments
    }

    fn serial(&self, of: MomentRef) -> Option<usize> {
        match of {
            MomentRef::Contact(place) => Some(self.base[place as usize] as usize),
            MomentRef::Inside(place, inside) => {
                Some((self.base[place as usize] + 1 + inside) as usize)
            }
            MomentRef::Signal(_) => None,
        }
    }

    /// The place of a contact, or of something inside one.
    pub(super) fn place_of(&self, of: MomentRef) -> Option<u32> {
        let place = self.place[self.serial(of)?];
        (place != u32::MAX).then_some(place)
    }

    /// Whether a moment fits one of a pattern's tests, counts left aside.
    fn fits(&self, pattern: &Pattern, of: MomentRef) -> bool {
        pattern.tests.iter().any(|test| self.fits_test(test, of))
    }

    fn fits_test(&self, test: &Test, of: MomentRef) -> bool {
        match of {
            MomentRef::Contact(place) => test.fits_whole(&self.history.contacts[place as usize]),
            MomentRef::Inside(place, inside) => {
                test.fits_inside(&self.history.contacts[place as usize], inside as usize)
            }
            MomentRef::Signal(place) => test.fits_signal(&self.history.signals[place as usize]),
        }
    }

    fn due_at(&self, of: MomentRef) -> Option<Millis> {
        match of {
            MomentRef::Contact(place) | MomentRef::Inside(place, _) => {
                self.history.contacts[place as usize].contact.due_at
            }
            MomentRef::Signal(place) => self.history.signals[place as usize].signal.due_at,
        }
    }

    /// Whether a step may take a moment that fits its pattern: a copy fulfils an absence only, and
    /// what a bound is measured from has an appointed time.
    fn may_take(&self, step: &Step, of: MomentRef) -> bool {
        let is_copy = match of {
            MomentRef::Signal(place) => self.history.signals[place as usize].copy,
            MomentRef::Contact(_) | MomentRef::Inside(..) => false,
        };
        (step.absent || !is_copy) && (!step.needs_due_at || self.due_at(of).is_some())
    }

    /// Whether a step takes this moment by itself: no count, nothing compared.
    pub(super) fn takes(&self, step: &Step, of: MomentRef) -> bool {
        self.fits(&step.pattern, of) && self.may_take(step, of)
    }

    /// The place at which a contact has what a counted step asks for, if it has.
    pub(super) fn counted_in(&self, step: &Step, contact: u32) -> Option<u32> {
        let seen = &self.history.contacts[contact as usize];
        let common = step.pattern.common.count.unwrap_or(0);
        let mut reached: Option<u32> = None;
        let mut reach = |place: Option<u32>| {
            reached = match (reached, place) {
                (Some(before), Some(now)) => Some(before.min(now)),
                (before, now) => before.or(now),
            };
        };
        if common > 0 {
            let fits = |inside: &usize| {
                let mut tests = step.pattern.tests.iter();
                tests.any(|test| test.fits_inside(seen, *inside))
            };
            let nth = (0..seen.inside.len()).filter(fits).nth(common as usize - 1);
            reach(nth.and_then(|inside| self.place_inside(contact, inside)));
        } else {
            for test in &step.pattern.tests {
                if test.target == Target::Contact && test.fits_whole(seen) {
                    reach(self.place_of(MomentRef::Contact(contact)));
                }
                let last = test.count.max(1) as usize - 1;
                let fitting =
                    (0..seen.inside.len()).filter(|inside| test.fits_inside(seen, *inside));
                reach(
                    fitting
                        .take(last + 1)
                        .nth(last)
                        .and_then(|inside| self.place_inside(contact, inside)),
                );
            }
        }
        reached.filter(|place| self.may_take(step, self.list[*place as usize].1))
    }

    fn place_inside(&self, contact: u32, inside: usize) -> Option<u32> {
        self.place_of(MomentRef::Inside(contact, inside as u32))
    }

    /// The first place at or after an instant.
    pub(super) fn first_from(&self, at: Millis) -> u32 {
        self.list.partition_point(|moment| moment.0 < at) as u32
    }

    pub(super) fn at(&self, place: u32) -> Millis {
        self.list[place as usize].0
    }

    pub(super) fn of(&self, place: u32) -> MomentRef {
        self.list[place as usize].1
    }

    /// What is compared of a moment; `None` where one of it is unknown.
    pub(super) fn values(
        &self,
        of: MomentRef,
        what: &[Compared],
        depth: usize,
    ) -> Option<Vec<[&'a str; 3]>> {
        let values = what.iter().map(|what| self.history.value(of, *what, depth));
        values.collect()
    }

    pub(super) fn value(&self, of: MomentRef, what: Compared, depth: usize) -> Value<'a> {
        self.history.value(of, what, depth)
    }
}

/// The order of two moments of the same instant.
fn by_name(history: &History<'_>, a: MomentRef, b: MomentRef) -> Ordering {
    let name = |of: MomentRef| match of {
        MomentRef::Contact(place) | MomentRef::Inside(place, _) => {
            let contact = history.contacts[place as usize].contact;
            let channel = contact.channel.name();
            (
                contact.contact_id.as_str(),
                channel,
                contact.source.as_str(),
            )
        }
        MomentRef::Signal(place) => {
            let signal = history.signals[place as usize].signal;
            let channel = signal.channel.map_or("", |channel| channel.name());
            (signal.event_id.as_str(), channel, signal.source.as_str())
        }
    };
    let class = |of: MomentRef| match of {
        MomentRef::Contact(_) => (0, 0),
        MomentRef::Inside(_, inside) => (1, inside),
        MomentRef::Signal(place) => (2, place),
    };
    name(a).cmp(&name(b)).then_with(|| class(a).cmp(&class(b)))
}

/// Places of one value of what `same` compares.
#[derive(Default)]
struct Bucket<'a> {
    all: Vec<u32>,
    /// By what `differs` compares; empty where there is too much of it.
    apart: BTreeMap<Vec<[&'a str; 3]>, Vec<u32>>,
}

/// The moments that a step fits, in order.
pub(super) struct Fitting<'a> {
    list: Vec<u32>,
    buckets: Option<BTreeMap<Vec<[&'a str; 3]>, Bucket<'a>>>,
}

impl<'a> Fitting<'a> {
    pub(super) fn of(step: &Step, moments: &Moments<'_, 'a>, depth: usize) -> Fitting<'a> {
        let list = fitting(step, moments);
        let compares = !step.same.is_empty() || !step.differs.is_empty();
        let is_long = list.len() > LOOKED_THROUGH_MAX;
        let buckets = (compares && is_long).then(|| buckets(step, moments, &list, depth));
        Fitting { list, buckets }
    }

    /// The first place after `after` and before the instant `until` at which the step's comparisons
    /// with its anchors hold.
    pub(super) fn first(
        &self,
        step: &Step,
        moments: &Moments<'_, 'a>,
        anchors: &[MomentRef],
        range: (u32, Millis),
        depth: usize,
    ) -> Option<u32> {
        let (after, until) = range;
        let agrees = |place: &u32| agrees(step, moments, anchors, moments.of(*place), depth);
        let Some(buckets) = &self.buckets else {
            return later(&self.list, after)
                .take_while(|place| moments.at(*place) < until)
                .find(agrees);
        };
        let wanted = moments.values(*anchors.first()?, &step.same, depth)?;
        let bucket = buckets.get(&wanted)?;
        let first = if bucket.apart.is_empty() {
            later(&bucket.all, after)
                .take_while(|place| moments.at(*place) < until)
                .find(agrees)
        } else {
            let of_value = |places: &Vec<u32>| later(places, after).next().filter(agrees);
            bucket.apart.values().filter_map(of_value).min()
        };
        first.filter(|place| moments.at(*place) < until)
    }
}

/// The places of a sorted list that come after another one.
fn later(places: &[u32], after: u32) -> impl Iterator<Item = u32> + '_ {
    let first = places.partition_point(|place| *place <= after);
    places[first..].iter().copied()
}

/// Whether what a step compares holds between a moment and every anchor.
pub(super) fn agrees(
    step: &Step,
    moments: &Moments<'_, '_>,
    anchors: &[MomentRef],
    of: MomentRef,
    depth: usize,
) -> bool {
    let both = |what: Compared, anchor: MomentRef| {
        let own = moments.value(of, what, depth)?;
        Some((own, moments.value(anchor, what, depth)?))
    };
    anchors.iter().all(|anchor| {
        let same = |what: &Compared| both(*what, *anchor).is_some_and(|(own, other)| own == other);
        let differs =
            |what: &Compared| both(*what, *anchor).is_some_and(|(own, other)| own != other);
        step.same.iter().all(same) && step.differs.iter().all(differs)
    })
}

fn fitting(step: &Step, moments: &Moments<'_, '_>) -> Vec<u32> {
    if !step.pattern.counted {
        let places = 0..moments.list.len() as u32;
        return places
            .filter(|place| moments.takes(step, moments.of(*place)))
            .collect();
    }
    let contacts = 0..moments.history.contacts.len() as u32;
    let mut places: Vec<u32> = contacts
        .filter_map(|contact| moments.counted_in(step, contact))
        .collect();
    let is_signal = |place: &u32| matches!(moments.of(*place), MomentRef::Signal(_));
    let all = 0..moments.list.len() as u32;
    let signals = all.filter(is_signal);
    places.extend(signals.filter(|place| moments.takes(step, moments.of(*place))));
    places.sort_unstable();
    places
}

fn buckets<'a>(
    step: &Step,
    moments: &Moments<'_, 'a>,
    list: &[u32],
    depth: usize,
) -> BTreeMap<Vec<[&'a str; 3]>, Bucket<'a>> {
    let mut buckets: BTreeMap<Vec<[&'a str; 3]>, Bucket<'a>> = BTreeMap::new();
    for place in list {
        let of = moments.of(*place);
        // What is unknown is neither the same nor another.
        let same = moments.values(of, &step.same, depth);
        let differs = moments.values(of, &step.differs, depth);
        if let (Some(same), Some(differs)) = (same, differs) {
            let bucket = buckets.entry(same).or_default();
            bucket.all.push(*place);
            if !step.differs.is_empty() {
                bucket.apart.entry(differs).or_default().push(*place);
            }
        }
    }
    for bucket in buckets.values_mut() {
        if bucket.apart.len() > APART_MAX {
            bucket.apart.clear();
        }
    }
    buckets
}
