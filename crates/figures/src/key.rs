//! What is counted, and under which name.

use crate::histogram::BOUNDS_MS;
use model::{Channel, Text};
use serde::{Deserialize, Serialize};

/// Figures that are counted together, because their rows have the same name. A sheet holds `Contact`
/// and `Readings`, which have few keys for many numbers, and ages and customers of all readings under
/// one key; only for its rows that is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Group {
    /// All that is counted of the contacts of a channel without a reading, in the headline, and, in a
    /// segment, of those that follow in the flow reading.
    Contact,
    /// The numbers of contacts of a channel in all readings, each reading in slots of its own.
    Readings,
    /// Contacts, whoever's they are: no reading.
    Volume,
    /// Contacts of known customers in a reading.
    Reading,
    /// Origins of a date by how many days later their customer came back.
    Age,
    /// Contacts on one channel that were followed by one on another.
    Followed,
    /// Contacts on one channel whose prior was on another.
    Caused,
    /// What repeats cost, charged to the channel and segment of the origin.
    Avoidable,
    /// Sessions of the headline reading.
    Session,
    /// Distinct customers of a date.
    Customer,
    /// Entries of journey rules.
    Entry,
}

/// The name of a cell of a sheet. Two contributions with the same name add up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The local date, in days since 1970-01-01.
    pub day: i32,
    /// What is counted.
    pub group: Group,
    /// Local hour of the day, 0 to 23; `None`: the whole day.
    pub hour: Option<u8>,
    /// Place of the reading in the configured list.
    pub reading: Option<u16>,
    /// The channel before.
    pub from_channel: Option<Channel>,
    /// The channel.
    pub channel: Option<Channel>,
    /// Local days after the date.
    pub age_days: Option<u8>,
    /// Place of the family in the configured list; `None`: not broken down.
    pub family: Option<u8>,
    /// Values of the family's dimensions; empty where it is not broken down.
    pub segment: Text,
    /// Name of the journey rule; empty where there is none.
    pub rule: Text,
}

impl Key {
    /// A key of a group and date that says no more.
    #[must_use]
    pub fn of(group: Group, day: i32) -> Key {
        Key {
            day,
            group,
            hour: None,
            reading: None,
            from_channel: None,
            channel: None,
            age_days: None,
            family: None,
            segment: Text::default(),
            rule: Text::default(),
        }
    }
}

/// One of the numbers of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u32);

/// Names a slot after another one.
macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident = $number:expr;)+) => {
        impl Slot { $($(#[$doc])* pub const $name: Slot = Slot($number);)+ }
    };
}

/// Slots that each reading has: 32 numbers or ages, and one of [`Slot::AGED`].
const PER_READING: u32 = 64;
/// Buckets of a histogram, the one without bound among them.
const BUCKETS: u32 = BOUNDS_MS.len() as u32 + 1;

slots! {
    /// Contacts, sessions, customers or entries; the denominator where there is no other.
    ALL = 0;
    /// Contacts of known customers.
    IDENTIFIED = 1;
    /// Contacts that somebody could have answered.
    OFFERED = 2;
    /// Of these, those that were answered in time.
    WITHIN = 3;
    /// Mails that want an answer.
    MAILS = 4;
    /// Of these, those that have one.
    MAILS_ANSWERED = 5;
    /// Sum of known costs, millionths.
    COST = 6;
    /// How many costs are known.
    COSTED = 7;
    /// Sum of scores, millionths.
    SCORE = 8;
    /// How many have a score.
    SCORED = 9;
    /// Contacts of known customers that may come after others.
    FOLLOWERS = 10;
    /// Of these, repeats.
    REPEATS = 11;
    /// Of these, retries.
    RETRIES = 12;
    /// Contacts that could have settled the matter at once.
    ORIGINS = 13;
    /// Of these, those whose window has passed.
    ORIGINS_MATURED = 14;
    /// Of these, those after which nobody came back.
    RESOLVED = 15;
    /// Abandoned priors.
    ABANDONED = 16;
    /// Of these, those whose window has passed.
    ABANDONED_MATURED = 17;
    /// Of these, those whose customer gave up.
    LOST = 18;
    /// Contacts that are alone in their session.
    ALONE = 19;
    /// Of the contacts that are alone in their session, those whose session is not complete.
    ALONE_OPEN = 30;
    /// Contacts of known customers that take part in the headline.
    TAKING_PART = 29;
    /// Priors whose window has passed.
    FOLLOWED_ALL = 22;
    /// Priors whose window has not passed.
    FOLLOWED_WAITING = 23;
    /// Of the priors whose window has passed, those that were followed on the first channel; the
    /// other channels follow.
    FOLLOWED_ON = 24;
    /// Of a cell's things, those that time alone may still move into its numbers.
    WAITING = 20;
    /// The part of the whole that the group is about: followed, caused, repeating, broken.
    PART = 21;
    /// Of ages, the origins of the date; those whose customer came back so many days later stand in
    /// the slots from 0 on.
    AGED = 32;
    /// Milliseconds up to an answer, summed; its buckets follow.
    WAIT_MS = 32;
    /// Milliseconds of handling, summed; its buckets follow.
    HANDLE_MS = 32 + 1 + BUCKETS;
    /// The same of origins.
    ORIGIN_HANDLE_MS = 32 + 2 * (1 + BUCKETS);
    /// The same of repeats.
    REPEAT_HANDLE_MS = 32 + 3 * (1 + BUCKETS);
}

impl Slot {
    /// The slot of a bucket of the histogram whose sum is in this slot.
    #[must_use]
    pub fn bucket(self, bucket: u8) -> Slot {
        Slot(self.0 + 1 + u32::from(bucket).min(BUCKETS - 1))
    }

    /// Of the priors whose window has passed, those that were followed on a channel.
    #[must_use]
    pub fn followed_on(channel: Channel) -> Slot {
        Slot(Slot::FOLLOWED_ON.0 + channel as u32)
    }

    /// Where a reading has this number, one of the first 64, among those of all readings.
    #[must_use]
    pub fn in_reading(self, reading: u16) -> Slot {
        Slot(PER_READING * u32::from(reading) + self.0)
    }

    /// Reading and number of a slot of [`Slot::in_reading`].
    #[must_use]
    pub fn of_reading(self) -> (u16, Slot) {
        let reading = u16::try_from(self.0 / PER_READING).unwrap_or(u16::MAX);
        (reading, Slot(self.0 % PER_READING))
    }

    /// The buckets of the histogram whose sum is in this slot.
    pub fn buckets(self) -> impl Iterator<Item = (u8, Slot)> {
        (0..BUCKETS as u8).map(move |bucket| (bucket, self.bucket(bucket)))
    }
}

/// The numbers of a cell. What is nought is not there, so that a cell to which nothing is left is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(Vec<(Slot, i128)>);

impl Counts {
    /// All numbers that are not nought.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, i128)> {
        self.0.iter().copied()
    }

    /// The number in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> i128 {
        let place = self.0.binary_search_by_key(&slot, |(of, _)| *of);
        place.map_or(0, |place| self.0[place].1)
    }

    /// Adds to a slot; a negative number takes back.
    pub fn add(&mut self, slot: Slot, number: i128) {
        match self.0.binary_search_by_key(&slot, |(of, _)| *of) {
            Ok(place) => {
                self.0[place].1 += number;
                if self.0[place].1 == 0 {
                    self.0.remove(place);
                }
            }
            Err(place) if number != 0 => self.0.insert(place, (slot, number)),
            Err(_) => {}
        }
    }

    /// Adds all that other numbers say.
    pub fn merge(&mut self, other: &Counts) {
        for (slot, number) in &other.0 {
            self.add(*slot, *number);
        }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
