//! What of a contact counts, apart from whose it is: few bytes, kept by a task, of which its
//! contributions can be made again when they have to be taken back.

use crate::contributions::Contributions;
use crate::customer::{BY_ORIGIN_CHANNEL, BY_RANK, Figures};
use crate::dimension::{Dimension, rank_text};
use crate::histogram::bucket_of;
use crate::key::{Group, Key, Slot};
use crate::samples::{Sample, SampleKey};
use crate::table::Figure;
use model::{Channel, ContactName, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A contact as another one counts it: the one before, or the one whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its channel.
    pub channel: Channel,
    /// Its segment in each family.
    pub segments: Vec<Text>,
}

/// What some readings say of a contact: those in which it is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Numbers that are one: see [`NUMBERS`].
    bits: u16,
    /// Of an origin, how many days after its date its customer came back.
    age_days: Option<u8>,
    /// Places of the readings: thirty-two of them, and a bit for each.
    block: u16,
    places: u32,
}

/// What of a contact counts. Two contacts with equal facts add the same numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub(crate) day: i32,
    pub(crate) hour: u8,
    pub(crate) channel: Channel,
    pub(crate) is_known: bool,
    /// Numbers that are one: see [`FLAGS`].
    pub(crate) flags: u8,
    pub(crate) cost: Option<i64>,
    pub(crate) score: Option<i64>,
    /// Of what was answered.
    pub(crate) wait_ms: Option<i64>,
    pub(crate) handle_ms: Option<i64>,
    /// Place in its session, up to ten; 0 if it takes no part in the headline.
    pub(crate) rank: u8,
    pub(crate) origin_channel: Option<Channel>,
    pub(crate) said: Vec<Said>,
    pub(crate) segments: Vec<Text>,
    pub(crate) caused: Option<Neighbour>,
    pub(crate) avoidable: Option<Neighbour>,
    /// For links of samples; empty if it is the contact's own id.
    pub(crate) root_contact_id: Text,
}

/// Numbers of a contact in a reading that are nought or one, by bit.
pub(crate) const NUMBERS: [Slot; 16] = [
    Slot::FOLLOWERS,
    Slot::REPEATS,
    Slot::RETRIES,
    Slot::ORIGINS,
    Slot::ORIGINS_MATURED,
    Slot::RESOLVED,
    Slot::ABANDONED,
    Slot::ABANDONED_MATURED,
    Slot::LOST,
    Slot::FOLLOWED_ALL,
    Slot::FOLLOWED_WAITING,
    Slot(Slot::FOLLOWED_ON.0),
    Slot(Slot::FOLLOWED_ON.0 + 1),
    Slot(Slot::FOLLOWED_ON.0 + 2),
    Slot(Slot::FOLLOWED_ON.0 + 3),
    Slot(Slot::FOLLOWED_ON.0 + 4),
];

/// The bit of a number in a reading.
pub(crate) fn bit(slot: Slot) -> u16 {
    let place = NUMBERS.iter().position(|known| *known == slot);
    place.map_or(0, |place| 1 << place)
}

/// Who follows a contact: the numbers from the tenth on.
const FOLLOWED: u16 = !((1 << 9) - 1);
const FOLLOWER: u16 = 1;
const REPEAT: u16 = 1 << 1;
const RETRY: u16 = 1 << 2;
const ORIGIN: u16 = 1 << 3;
const MATURED: u16 = 1 << 4;
const RESOLVED: u16 = 1 << 5;
const LOST: u16 = 1 << 8;

/// Numbers of a contact without a reading, or in the headline, that are nought or one, by bit.
pub(crate) const FLAGS: [Slot; 7] = [
    Slot::OFFERED,
    Slot::WITHIN,
    Slot::MAILS,
    Slot::MAILS_ANSWERED,
    Slot::TAKING_PART,
    Slot::ALONE,
    Slot::ALONE_OPEN,
];

fn flag(slot: Slot) -> u8 {
    let place = FLAGS.iter().position(|known| *known == slot);
    place.map_or(0, |place| 1 << place)
}

/// The flags of numbers that are one.
pub(crate) fn flags(numbers: &[(Slot, bool)]) -> u8 {
    let set = numbers.iter().filter(|(_, is_set)| *is_set);
    set.fold(0, |flags, (slot, _)| flags | flag(*slot))
}

impl Facts {
    /// Of a contact of which nothing else counts.
    pub(crate) fn of(day: i32, hour: u8, channel: Channel, is_known: bool) -> Facts {
        Facts {
            day,
            hour,
            channel,
            is_known,
            flags: 0,
            cost: None,
            score: None,
            wait_ms: None,
            handle_ms: None,
            rank: 0,
            origin_channel: None,
            said: Vec::new(),
            segments: Vec::new(),
            caused: None,
            avoidable: None,
            root_contact_id: Text::default(),
        }
    }

    /// The facts that bytes hold; `None` if they are damaged.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Facts> {
        postcard::from_bytes(bytes).ok()
    }

    /// The facts as bytes.
    #[must_use]
    pub fn encoded(&self) -> Box<[u8]> {
        let bytes = postcard::to_extend(self, Vec::with_capacity(128));
        bytes
            .expect("facts have nothing that cannot be written")
            .into_boxed_slice()
    }

    /// The contact as others count it.
    #[must_use]
    pub fn neighbour(&self) -> Neighbour {
        Neighbour {
            channel: self.channel,
            segments: self.segments.clone(),
        }
    }

    /// The local date, in days since 1970-01-01, if the contact's customer is known.
    #[must_use]
    pub fn day_of_customer(&self) -> Option<i32> {
        self.is_known.then_some(self.day)
    }

    /// Takes what a reading says.
    pub(crate) fn say(&mut self, place: u16, bits: u16, age_days: Option<u8>) {
        if bits == 0 && age_days.is_none() {
            return;
        }
        let (block, place) = (place / 32, 1 << (place % 32));
        let mut said = self.said.iter_mut();
        let same =
            said.find(|said| (said.bits, said.age_days, said.block) == (bits, age_days, block));
        match same {
            Some(said) => said.places |= place,
            None => self.said.push(Said {
                bits,
                age_days,
                block,
                places: place,
            }),
        }
    }

    /// What the readings say: place, bits, and age.
    fn said(&self) -> impl Iterator<Item = (u16, u16, Option<u8>)> {
        self.said.iter().flat_map(|said| {
            let places = (0..32).filter(|place| said.places & (1 << place) != 0);
            places.map(|place| (said.block * 32 + place, said.bits, said.age_days))
        })
    }

    /// What the reading at a place says.
    pub(crate) fn bits(&self, place: usize) -> u16 {
        let mut said = self.said();
        said.find(|(of, ..)| usize::from(*of) == place)
            .map_or(0, |(_, bits, _)| bits)
    }

    /// Whether it could have settled the matter, in the reading at a place.
    pub(crate) fn is_origin(&self, place: usize) -> bool {
        self.bits(place) & ORIGIN != 0
    }

    fn has(&self, slot: Slot) -> bool {
        self.flags & flag(slot) != 0
    }
}

impl Figures {
    /// What a contact adds.
    pub fn add_facts(&self, name: &ContactName, facts: &Facts, into: &mut Contributions) {
        let headline = facts.bits(self.headline());
        self.add_contact(facts, headline, into);
        self.add_readings(facts, into);
        self.add_neighbours(facts, into);
        self.add_samples(name, facts, headline, into);
    }

    fn add_contact(&self, facts: &Facts, headline: u16, into: &mut Contributions) {
        let mut numbers = volume(facts);
        if facts.is_known {
            push_bits(&mut numbers, headline & !FOLLOWED);
            let of_origin = facts.handle_ms.filter(|_| headline & ORIGIN != 0);
            push_duration(&mut numbers, Slot::ORIGIN_HANDLE_MS, of_origin);
            let of_repeat = facts.handle_ms.filter(|_| headline & REPEAT != 0);
            push_duration(&mut numbers, Slot::REPEAT_HANDLE_MS, of_repeat);
        }
        let key = Key {
            channel: Some(facts.channel),
            ..Key::of(Group::Contact, facts.day)
        };
        let whole = Key {
            hour: Some(facts.hour),
            ..key.clone()
        };
        into.add(whole, &numbers);
        let flow = self.flow.map_or(0, |flow| facts.bits(flow));
        push_bits(&mut numbers, flow & FOLLOWED);
        for (family, segment) in families(&facts.segments) {
            let key = Key {
                family: Some(family),
                segment: segment.clone(),
                ..key.clone()
            };
            into.add(key, &numbers);
        }
        self.add_score(facts, into);
    }

    /// Adds the score of a contact by its place in the session, and by the channel of its origin.
    fn add_score(&self, facts: &Facts, into: &mut Contributions) {
        let (Some(score), 1..) = (facts.score, facts.rank) else {
            return;
        };
        let origin_channel = facts.origin_channel.map_or("", Channel::name);
        let by = [
            (BY_RANK, "rank", rank_text(facts.rank.into())),
            (BY_ORIGIN_CHANNEL, "origin_channel", origin_channel),
        ];
        for (family, name, segment) in by {
            let mut families = self.settings.families.iter();
            // The tenant's family says it already.
            if families.any(|family| family.dimensions == [Dimension::Named(name)]) {
                continue;
            }
            let key = Key {
                channel: Some(facts.channel),
                family: Some(family),
                segment: segment.into(),
                ..Key::of(Group::Contact, facts.day)
            };
            into.add(key, &[(Slot::SCORE, score.into()), (Slot::SCORED, 1)]);
        }
    }

    /// Adds what is counted of a contact in every reading but the headline, who follows it, and
    /// when its customer came back.
    fn add_readings(&self, facts: &Facts, into: &mut Contributions) {
        if !facts.is_known {
            return;
        }
        let (mut numbers, mut ages) = (Vec::new(), Vec::new());
        for (place, bits, age_days) in facts.said() {
            let is_headline = usize::from(place) == self.headline();
            let own = if is_headline { bits & FOLLOWED } else { bits };
            let mut of_reading = Vec::with_capacity(16);
            push_bits(&mut of_reading, own);
            let of_reading = of_reading.into_iter();
            numbers.extend(of_reading.map(|(slot, number)| (slot.in_reading(place), number)));
            if !self.aged.contains(&usize::from(place)) {
                continue;
            }
            if bits & ORIGIN != 0 {
                ages.push((Slot::AGED.in_reading(place), 1));
            }
            if let Some(age_days) = age_days {
                ages.push((Slot(age_days.into()).in_reading(place), 1));
            }
        }
        let key = |group| Key {
            channel: Some(facts.channel),
            ..Key::of(group, facts.day)
        };
        into.add(key(Group::Readings), &numbers);
        into.add(key(Group::Age), &ages);
    }

    /// Adds what a contact says of the one before it, and of its origin.
    fn add_neighbours(&self, facts: &Facts, into: &mut Contributions) {
        let cost = facts.cost;
        let costs = [
            (Slot::COST, cost.unwrap_or(0).into()),
            (Slot::COSTED, cost.is_some().into()),
        ];
        let key = |group, reading: Option<usize>, neighbour: &Neighbour| Key {
            reading: reading.and_then(|place| u16::try_from(place).ok()),
            from_channel: Some(neighbour.channel),
            channel: Some(facts.channel),
            ..Key::of(group, facts.day)
        };
        if let Some(prior) = &facts.caused {
            let numbers = [(Slot::ALL, 1), costs[0], costs[1]];
            let key = key(Group::Caused, self.flow, prior);
            add_with_segments(key, &prior.segments, &numbers, into);
        }
        if let Some(origin) = &facts.avoidable {
            let key = key(Group::Avoidable, Some(self.headline()), origin);
            add_with_segments(key, &origin.segments, &costs, into);
        }
    }

    fn add_samples(
        &self,
        name: &ContactName,
        facts: &Facts,
        headline: u16,
        into: &mut Contributions,
    ) {
        let is = |bits: u16| facts.is_known && headline & bits == bits;
        let came_back = is(ORIGIN | MATURED) && headline & RESOLVED == 0;
        let own = [
            (Figure::Contacts, true),
            (
                Figure::AnsweredWithin,
                facts.has(Slot::OFFERED) && !facts.has(Slot::WITHIN),
            ),
            (
                Figure::MailAnswered,
                facts.has(Slot::MAILS) && !facts.has(Slot::MAILS_ANSWERED),
            ),
            (Figure::Satisfaction, facts.score.is_some()),
            (Figure::RepeatRate, is(REPEAT)),
            (Figure::RetryRate, is(RETRY)),
            (Figure::Fir, came_back),
            (Figure::LostRate, is(LOST)),
        ];
        let own = own.into_iter().filter(|(_, fits)| *fits);
        let own = own.map(|(figure, _)| (figure, &facts.segments));
        let caused = facts.caused.iter();
        let caused = caused.map(|prior| (Figure::Caused, &prior.segments));
        let avoidable = facts.avoidable.iter();
        let avoidable = avoidable.map(|origin| (Figure::AvoidableCost, &origin.segments));
        let root = match facts.root_contact_id.is_empty() {
            true => &name.contact_id,
            false => &facts.root_contact_id,
        };
        for (figure, segments) in own.chain(caused).chain(avoidable) {
            let sample = Sample::new(figure, name.clone(), root.clone());
            add_sample(figure, facts.day, segments, sample, into);
        }
    }

    /// What the contacts of one known customer on one date add to the figures of customers: who came
    /// counts once.
    pub fn add_day<'a>(
        &self,
        day: i32,
        facts: impl Iterator<Item = &'a Facts>,
        into: &mut Contributions,
    ) {
        // Of each reading whether it came, and whether it repeated.
        let mut came: BTreeMap<u16, bool> = BTreeMap::new();
        let mut is_there = false;
        for facts in facts {
            is_there = true;
            for (place, bits, _) in facts.said() {
                if bits & FOLLOWER != 0 {
                    *came.entry(place).or_default() |= bits & REPEAT != 0;
                }
            }
        }
        if !is_there {
            return;
        }
        let mut numbers = vec![(Slot::IDENTIFIED.in_reading(0), 1)];
        for (place, repeats) in came {
            numbers.push((Slot::ALL.in_reading(place), 1));
            numbers.push((Slot::PART.in_reading(place), repeats.into()));
        }
        into.add(Key::of(Group::Customer, day), &numbers);
    }
}

/// What is counted of a contact without a reading, and, where it takes part, in the headline.
fn volume(facts: &Facts) -> Vec<(Slot, i128)> {
    let mut numbers = vec![
        (Slot::ALL, 1),
        (Slot::IDENTIFIED, facts.is_known.into()),
        (Slot::COST, facts.cost.unwrap_or(0).into()),
        (Slot::COSTED, facts.cost.is_some().into()),
        (Slot::SCORE, facts.score.unwrap_or(0).into()),
        (Slot::SCORED, facts.score.is_some().into()),
    ];
    let set = FLAGS.iter().filter(|slot| facts.has(**slot));
    numbers.extend(set.map(|slot| (*slot, 1)));
    push_duration(&mut numbers, Slot::WAIT_MS, facts.wait_ms);
    push_duration(&mut numbers, Slot::HANDLE_MS, facts.handle_ms);
    numbers
}

fn push_bits(numbers: &mut Vec<(Slot, i128)>, bits: u16) {
    let set = NUMBERS.iter().enumerate();
    let set = set.filter(|(place, _)| bits & (1 << place) != 0);
    numbers.extend(set.map(|(_, slot)| (*slot, 1)));
}

fn push_duration(numbers: &mut Vec<(Slot, i128)>, slot: Slot, duration_ms: Option<i64>) {
    if let Some(duration_ms) = duration_ms {
        numbers.push((slot, duration_ms.into()));
        numbers.push((slot.bucket(bucket_of(duration_ms)), 1));
    }
}

fn families(segments: &[Text]) -> impl Iterator<Item = (u8, &Text)> {
    (0..BY_ORIGIN_CHANNEL).zip(segments)
}

fn add_with_segments(
    key: Key,
    segments: &[Text],
    numbers: &[(Slot, i128)],
    into: &mut Contributions,
) {
    for (family, segment) in families(segments) {
        let key = Key {
            family: Some(family),
            segment: segment.clone(),
            ..key.clone()
        };
        into.add(key, numbers);
    }
    into.add(key, numbers);
}

fn add_sample(
    figure: Figure,
    day: i32,
    segments: &[Text],
    sample: Sample,
    into: &mut Contributions,
) {
    let key = SampleKey {
        day,
        figure,
        rule: Text::default(),
        family: None,
        segment: Text::default(),
    };
    for (family, segment) in families(segments) {
        let key = SampleKey {
            family: Some(family),
            segment: segment.clone(),
            ..key.clone()
        };
        into.sample(key, sample.clone());
    }
    into.sample(key, sample);
}
