//! What a contact says of another one: before it, after it, or whose fault it is.

use crate::customer::{Before, Figures, Placed, Stands, prior_before};
use crate::facts::{Neighbour, bit};
use crate::key::Slot;
use crate::reading::{is_decided, is_matured};
use model::{Channel, Class, Mode, ReadingResult};

impl Figures {
    /// Whether a contact was followed, and on which channels.
    pub(crate) fn followed(&self, placed: &Placed<'_>, said: &ReadingResult) -> u16 {
        let reading = &self.settings.readings.list[usize::from(said.reading)];
        let counts =
            placed.told.roles.prior.is_some() && reading.mode == Mode::Any && is_decided(said);
        let Some(due_at) = said.due_at.filter(|_| counts) else {
            return 0;
        };
        if !is_matured(said) {
            return bit(Slot::FOLLOWED_WAITING);
        }
        let channels = self.settings.readings.scopes[reading.scope].channels;
        let on = Channel::ALL.iter().filter(|channel| {
            let next_at = placed.next_on[**channel as usize];
            next_at.is_some_and(|next_at| next_at < due_at) && channels.contains(**channel)
        });
        on.fold(bit(Slot::FOLLOWED_ALL), |bits, channel| {
            bits | bit(Slot::followed_on(*channel))
        })
    }

    /// What a follower comes after, over all channels.
    pub(crate) fn caused(
        &self,
        chain: &[Placed<'_>],
        at: usize,
        before: &Before,
    ) -> Option<Neighbour> {
        let placed = &chain[at];
        let said = placed.told.reading(self.flow?)?;
        let prior = said.prior.filter(|_| said.class.is_some())?;
        let place = usize::from(said.reading);
        let prior_id = &placed.told.names[usize::from(prior)];
        let own = placed.told.contact.channel;
        let is_prior = |other: &&Placed<'_>| {
            let contact = other.told.contact;
            contact.contact_id == *prior_id
                && other.told.roles.prior.is_some()
                && other.takes_part(place)
                && (contact.channel != own) == said.channel_changed
        };
        match chain[..at].iter().rev().find(is_prior) {
            Some(prior) => Some(prior.neighbour()),
            None => prior_before(before, prior_id, |prior| {
                (prior.channel != own) == said.channel_changed
            }),
        }
    }

    /// The origin of a repeat whose cost is known: it is charged with it.
    pub(crate) fn avoidable(&self, chain: &[Placed<'_>], at: usize) -> Option<Neighbour> {
        let placed = &chain[at];
        let said = placed.told.reading(self.headline())?;
        let is_charged = said.class == Some(Class::Repeat) && placed.told.cost.is_some();
        match placed.origin.filter(|_| is_charged)? {
            Stands::At(origin) => Some(chain[origin].neighbour()),
            Stands::Before(origin) => Some(origin.clone()),
        }
    }
}
