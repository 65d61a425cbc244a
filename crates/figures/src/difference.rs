//! What changes in the figures when something of a customer does.

use crate::contributions::Contributions;
use crate::key::{Counts, Key, Slot};
use crate::samples::{Sample, SampleKey};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Numbers of one key: its place, slot, number.
type Numbers = [(u32, Slot, i128)];

/// What is to be added to the figures and what is to be taken back. What was said before and is said
/// again is for the most part not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    keys: Vec<Key>,
    /// Place in `keys`, slot, number; those of one key stand together.
    counts: Vec<(u32, Slot, i128)>,
    /// How often more a sample is one.
    samples: Vec<(SampleKey, Sample, i32)>,
}

/// Changes of many customers, summed: each key once, in order, and nothing that is nought.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sum<'a> {
    pub(crate) counts: Vec<(&'a Key, Counts)>,
    pub(crate) samples: Vec<(&'a SampleKey, Vec<(&'a Sample, i32)>)>,
}

impl Difference {
    /// Adds what rows contribute.
    pub fn add(&mut self, contributions: &Contributions) {
        self.replace(&Contributions::default(), contributions);
    }

    /// Takes back what rows contributed.
    pub fn take_back(&mut self, contributions: &Contributions) {
        self.replace(contributions, &Contributions::default());
    }

    /// Takes back what rows contributed, and adds what they contribute now. What is the same in both,
    /// in the same order, is left out.
    pub fn replace(&mut self, former: &Contributions, now: &Contributions) {
        let (former_keys, now_keys) = (former.by_key().collect(), now.by_key().collect());
        let same = |a: &(&Key, &Numbers), b: &(&Key, &Numbers)| a.0 == b.0;
        for pair in pairs(former_keys, now_keys, same) {
            match pair {
                Pair::Former((key, numbers)) => self.count(key, [(numbers, -1)]),
                Pair::Now((key, numbers)) => self.count(key, [(numbers, 1)]),
                Pair::Both((key, former), (_, now)) => {
                    let number = |(_, slot, number): &(u32, Slot, i128)| (*slot, *number);
                    if !former.iter().map(number).eq(now.iter().map(number)) {
                        self.count(key, [(former, -1), (now, 1)]);
                    }
                }
            }
        }
        let (former, now) = (&former.samples, &now.samples);
        for pair in pairs(former.iter().collect(), now.iter().collect(), |a, b| a == b) {
            let ((key, sample), times) = match pair {
                Pair::Former(sample) => (sample, -1),
                Pair::Now(sample) => (sample, 1),
                Pair::Both(..) => continue,
            };
            self.samples.push((key.clone(), sample.clone(), times));
        }
    }

    fn count<const N: usize>(&mut self, key: &Key, numbers: [(&Numbers, i128); N]) {
        let place = self.keys.len() as u32;
        self.keys.push(key.clone());
        for (numbers, times) in numbers {
            let numbers = numbers.iter();
            self.counts
                .extend(numbers.map(|(_, slot, number)| (place, *slot, times * number)));
        }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.samples.is_empty()
    }
}

impl<'a> Sum<'a> {
    pub(crate) fn of(differences: &'a [Difference]) -> Sum<'a> {
        let mut counts: HashMap<&Key, Counts, FixedState> = HashMap::default();
        let mut samples: HashMap<&SampleKey, Vec<(&Sample, i32)>, FixedState> = HashMap::default();
        for difference in differences {
            for numbers in difference.counts.chunk_by(|(a, ..), (b, ..)| a == b) {
                let key = &difference.keys[numbers[0].0 as usize];
                let counts = counts.entry(key).or_default();
                for (_, slot, number) in numbers {
                    counts.add(*slot, *number);
                }
            }
            for (key, sample, times) in &difference.samples {
                samples.entry(key).or_default().push((sample, *times));
            }
        }
        let counts = counts.into_iter().filter(|(_, counts)| !counts.is_empty());
        let samples = samples
            .into_iter()
            .map(|(key, samples)| (key, once_each(samples)));
        let mut sum = Sum {
            counts: counts.collect(),
            samples: samples.filter(|(_, samples)| !samples.is_empty()).collect(),
        };
        sum.counts.sort_unstable_by_key(|(key, _)| *key);
        sum.samples.sort_unstable_by_key(|(key, _)| *key);
        sum
    }
}

/// Samples in order, each once, without those of which nothing changes.
fn once_each(mut samples: Vec<(&Sample, i32)>) -> Vec<(&Sample, i32)> {
    samples.sort_unstable();
    samples.dedup_by(|(sample, times), (before, sum)| {
        let is_same = sample == before;
        if is_same {
            *sum += *times;
        }
        is_same
    });
    samples.retain(|(_, times)| *times != 0);
    samples
}

/// What stands in a former list, in the one of now, or in both.
enum Pair<T> {
    Former(T),
    Now(T),
    Both(T, T),
}

/// Pairs the elements of two short lists that are alike and stand in the same order.
fn pairs<T: Copy>(former: Vec<T>, now: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<Pair<T>> {
    let mut pairs = Vec::with_capacity(former.len().max(now.len()));
    let mut rest = now.as_slice();
    for one in former {
        match rest.iter().position(|other| same(&one, other)) {
            None => pairs.push(Pair::Former(one)),
            Some(place) => {
                pairs.extend(rest[..place].iter().map(|other| Pair::Now(*other)));
                pairs.push(Pair::Both(one, rest[place]));
                rest = &rest[place + 1..];
            }
        }
    }
    pairs.extend(rest.iter().map(|other| Pair::Now(*other)));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Group;
    use crate::table::Figure;
    use model::{Channel, ContactName};
    use proptest::prelude::*;

    fn contributions() -> impl Strategy<Value = Contributions> {
        let counts = prop::collection::vec((0..5_i32, 0..3_u32, -2..3_i64), 0..8);
        let samples = prop::collection::vec((0..2_i32, 0..4_u8), 0..5);
        (counts, samples).prop_map(|(counts, samples)| {
            let mut into = Contributions::default();
            for (day, slot, number) in counts {
                let slots = [(Slot(slot), number.into()), (Slot(slot + 1), 1)];
                into.add(Key::of(Group::Contact, day), &slots);
            }
            for (day, id) in samples {
                let key = SampleKey {
                    day,
                    figure: Figure::Contacts,
                    rule: "".into(),
                    family: None,
                    segment: "".into(),
                };
                let name = ContactName {
                    channel: Channel::Phone,
                    source: "acd".into(),
                    contact_id: id.to_string().into(),
                };
                into.sample(key, Sample::new(Figure::Contacts, name, "".into()));
            }
            into
        })
    }

    proptest! {
        #[test]
        fn what_is_replaced_is_taken_back_and_added(
            former in contributions(),
            now in contributions(),
        ) {
            let mut replaced = Difference::default();
            replaced.replace(&former, &now);
            let mut both = Difference::default();
            both.take_back(&former);
            both.add(&now);
            let (replaced, both) = ([replaced], [both]);
            prop_assert_eq!(Sum::of(&replaced), Sum::of(&both));
            let mut same = Difference::default();
            same.replace(&now, &now);
            prop_assert!(same.is_empty());
        }
    }
}
