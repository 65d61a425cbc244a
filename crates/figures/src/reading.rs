//! What a contact adds to the figures of its readings.

use crate::contributions::Contributions;
use crate::customer::{AGE_DAYS_MAX, Figures, Placed, sample};
use crate::key::{Group, Key, Slot};
use crate::table::Figure;
use crate::volume::push_duration;
use model::{Class, PriorRole, ReadingResult, Session, Status, Verdict};

impl Figures {
    /// Adds what is counted of a contact in every reading but the headline, and who follows it.
    pub(crate) fn add_readings(&self, chain: &[Placed<'_>], at: usize, into: &mut Contributions) {
        let placed = &chain[at];
        let mut numbers = Vec::with_capacity(8 * placed.result.readings.len());
        for said in &placed.result.readings {
            let mut push = |(slot, number): (Slot, i128)| {
                if number != 0 {
                    numbers.push((slot.in_reading(said.reading), number));
                }
            };
            if usize::from(said.reading) != self.headline() {
                in_reading(placed, said).into_iter().for_each(&mut push);
            }
            self.followed(placed, said).for_each(&mut push);
        }
        let key = Key {
            channel: Some(placed.result.contact.channel),
            ..Key::of(Group::Readings, placed.day)
        };
        into.add(key, &numbers);
        for said in &placed.result.readings {
            self.add_age(chain, at, said, into);
        }
    }

    /// How many days after its date the customer of an origin came back.
    pub(crate) fn add_age(
        &self,
        chain: &[Placed<'_>],
        at: usize,
        said: &ReadingResult,
        into: &mut Contributions,
    ) {
        let place = usize::from(said.reading);
        let Some(next) = said.next.filter(|_| said.origin) else {
            return;
        };
        if !self.aged.contains(&place) {
            return;
        }
        let placed = &chain[at];
        let reading = &self.settings.readings.list[place];
        let next_id = &placed.result.names[usize::from(next)];
        let thread = self.thread(reading, placed.result);
        let is_next = |other: &&Placed<'_>| {
            other.result.roles.follower
                && other.result.contact.contact_id == *next_id
                && other.takes_part(place)
                && self.thread(reading, other.result) == thread
        };
        let Some(next) = chain[at + 1..].iter().find(is_next) else {
            return;
        };
        let age_days = (next.day - placed.day).clamp(0, AGE_DAYS_MAX);
        let key = Key {
            channel: Some(placed.result.contact.channel),
            ..Key::of(Group::Age, placed.day)
        };
        let slot = Slot(age_days.unsigned_abs()).in_reading(said.reading);
        into.add(key, &[(slot, 1)]);
    }
}

/// Whether there is a verdict that is worth a rate.
pub(crate) fn is_decided(said: &ReadingResult) -> bool {
    match said.verdict {
        Verdict::Ineligible | Verdict::Undecidable => false,
        Verdict::Pending
        | Verdict::Repeated
        | Verdict::Retried
        | Verdict::Resolved
        | Verdict::Lost => true,
    }
}

/// Whether the window has passed.
pub(crate) fn is_matured(said: &ReadingResult) -> bool {
    is_decided(said) && said.verdict != Verdict::Pending && said.status != Status::Provisional
}

/// What a contact adds in a reading.
pub(crate) fn in_reading(placed: &Placed<'_>, said: &ReadingResult) -> [(Slot, i128); 9] {
    let roles = &placed.result.roles;
    let is_matured = is_matured(said);
    let is_abandoned = roles.prior == Some(PriorRole::Abandoned) && is_decided(said);
    [
        (Slot::FOLLOWERS, (roles.follower && said.count > 0).into()),
        (Slot::REPEATS, (said.class == Some(Class::Repeat)).into()),
        (Slot::RETRIES, (said.class == Some(Class::Retry)).into()),
        (Slot::ORIGINS, said.origin.into()),
        (Slot::ORIGINS_MATURED, (said.origin && is_matured).into()),
        (
            Slot::RESOLVED,
            (said.origin && is_matured && said.verdict == Verdict::Resolved).into(),
        ),
        (Slot::ABANDONED, is_abandoned.into()),
        (Slot::ABANDONED_MATURED, (is_abandoned && is_matured).into()),
        (Slot::LOST, (said.verdict == Verdict::Lost).into()),
    ]
}

/// What it adds besides in the headline reading.
pub(crate) fn push_headline(
    numbers: &mut Vec<(Slot, i128)>,
    placed: &Placed<'_>,
    said: &ReadingResult,
    sessions: &[Session],
) {
    let name = placed.result.contact.name();
    let first_of = || sessions.iter().find(|session| session.first == name);
    let alone = (said.rank == 1).then(first_of).flatten();
    let alone = alone.filter(|session| session.contacts == 1);
    numbers.push((Slot::TAKING_PART, (said.count > 0).into()));
    numbers.push((Slot::ALONE, alone.is_some().into()));
    let is_open = alone.is_some_and(|session| !session.complete);
    numbers.push((Slot::ALONE_OPEN, is_open.into()));
    let handle_ms = placed.result.contact.handle_ms;
    let of_origin = handle_ms.filter(|_| said.origin);
    push_duration(numbers, Slot::ORIGIN_HANDLE_MS, of_origin);
    let of_repeat = handle_ms.filter(|_| said.class == Some(Class::Repeat));
    push_duration(numbers, Slot::REPEAT_HANDLE_MS, of_repeat);
}

pub(crate) fn sample_reading(placed: &Placed<'_>, said: &ReadingResult, into: &mut Contributions) {
    let came_back = said.origin && is_matured(said) && said.verdict != Verdict::Resolved;
    let fits = [
        (Figure::RepeatRate, said.class == Some(Class::Repeat)),
        (Figure::RetryRate, said.class == Some(Class::Retry)),
        (Figure::Fir, came_back),
        (Figure::LostRate, said.verdict == Verdict::Lost),
    ];
    for (figure, _) in fits.iter().filter(|(_, fits)| *fits) {
        sample(*figure, placed, &placed.segments, into);
    }
}
