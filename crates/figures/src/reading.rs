//! What the readings say of a contact.

use crate::customer::{AGE_DAYS_MAX, Figures, Placed};
use crate::facts::{Facts, bit};
use crate::key::Slot;
use model::{Class, PriorRole, ReadingResult, Status, Verdict};

impl Figures {
    pub(crate) fn say_readings(&self, chain: &[Placed<'_>], at: usize, facts: &mut Facts) {
        let placed = &chain[at];
        for said in placed.told.readings {
            let numbers = in_reading(placed, said);
            let set = numbers.iter().filter(|(_, is_set)| *is_set);
            let bits = set.fold(0, |bits, (slot, _)| bits | bit(*slot));
            let bits = bits | self.followed(placed, said);
            facts.say(said.reading, bits, self.age_days(chain, at, said));
        }
    }

    /// How many days after its date the customer of an origin came back.
    fn age_days(&self, chain: &[Placed<'_>], at: usize, said: &ReadingResult) -> Option<u8> {
        let place = usize::from(said.reading);
        let next = said.next.filter(|_| said.origin)?;
        if !self.aged.contains(&place) {
            return None;
        }
        let placed = &chain[at];
        let reading = &self.settings.readings.list[place];
        let next_id = &placed.told.names[usize::from(next)];
        let thread = self.thread(reading, placed.told.contact);
        let is_next = |other: &&Placed<'_>| {
            other.told.roles.follower
                && other.told.contact.contact_id == *next_id
                && other.takes_part(place)
                && self.thread(reading, other.told.contact) == thread
        };
        let next = chain[at + 1..].iter().find(is_next)?;
        let age_days = (next.day - placed.day).clamp(0, AGE_DAYS_MAX);
        u8::try_from(age_days).ok()
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

/// What a contact counts as in a reading.
fn in_reading(placed: &Placed<'_>, said: &ReadingResult) -> [(Slot, bool); 9] {
    let roles = placed.told.roles;
    let is_matured = is_matured(said);
    let is_abandoned = roles.prior == Some(PriorRole::Abandoned) && is_decided(said);
    let is_resolved = said.verdict == Verdict::Resolved;
    [
        (Slot::FOLLOWERS, roles.follower && said.count > 0),
        (Slot::REPEATS, said.class == Some(Class::Repeat)),
        (Slot::RETRIES, said.class == Some(Class::Retry)),
        (Slot::ORIGINS, said.origin),
        (Slot::ORIGINS_MATURED, said.origin && is_matured),
        (Slot::RESOLVED, said.origin && is_matured && is_resolved),
        (Slot::ABANDONED, is_abandoned),
        (Slot::ABANDONED_MATURED, is_abandoned && is_matured),
        (Slot::LOST, said.verdict == Verdict::Lost),
    ]
}
