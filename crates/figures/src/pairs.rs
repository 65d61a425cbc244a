//! What a contact says of another one: before it, after it, or whose fault it is.

use crate::contributions::Contributions;
use crate::customer::{Figures, Placed, add_with_segments, sample};
use crate::key::{Group, Key, Slot};
use crate::reading::{is_decided, is_matured};
use crate::table::Figure;
use model::{Channel, Class, Mode, ReadingResult};

impl Figures {
    /// Whether a contact was followed, by channel.
    pub(crate) fn followed(
        &self,
        placed: &Placed<'_>,
        said: &ReadingResult,
    ) -> impl Iterator<Item = (Slot, i128)> {
        let reading = &self.settings.readings.list[usize::from(said.reading)];
        let counts =
            placed.result.roles.prior.is_some() && reading.mode == Mode::Any && is_decided(said);
        let due_at = said.due_at.filter(|_| counts);
        let is_matured = is_matured(said);
        let all = due_at.map(|_| match is_matured {
            true => (Slot::FOLLOWED_ALL, 1),
            false => (Slot::FOLLOWED_WAITING, 1),
        });
        let channels = self.settings.readings.scopes[reading.scope].channels;
        let next_on = placed.next_on;
        let on = Channel::ALL.iter().filter(move |channel| {
            let next_at = next_on[**channel as usize];
            let is_inside = next_at
                .zip(due_at)
                .is_some_and(|(next_at, due_at)| next_at < due_at);
            is_matured && is_inside && channels.contains(**channel)
        });
        let on = on.map(|channel| (Slot::followed_on(*channel), 1));
        all.into_iter().chain(on)
    }

    /// What a follower says of the contact that it comes after, over all channels.
    pub(crate) fn add_caused(&self, chain: &[Placed<'_>], at: usize, into: &mut Contributions) {
        let placed = &chain[at];
        let said = self.flow.and_then(|flow| placed.result.reading(flow));
        let Some(said) = said.filter(|said| said.class.is_some()) else {
            return;
        };
        let Some(prior) = said.prior.map(usize::from) else {
            return;
        };
        let place = usize::from(said.reading);
        let prior_id = &placed.result.names[prior];
        let own = placed.result.contact.channel;
        let is_prior = |other: &&Placed<'_>| {
            let contact = &other.result.contact;
            contact.contact_id == *prior_id
                && other.result.roles.prior.is_some()
                && other.takes_part(place)
                && (contact.channel != own) == said.channel_changed
        };
        let Some(prior) = chain[..at].iter().rev().find(is_prior) else {
            return;
        };
        let cost = placed.result.cost;
        let numbers = [
            (Slot::ALL, 1),
            (Slot::COST, cost.map_or(0, |cost| cost.0.into())),
            (Slot::COSTED, cost.is_some().into()),
        ];
        let key = Key {
            reading: Some(said.reading),
            from_channel: Some(prior.result.contact.channel),
            channel: Some(own),
            ..Key::of(Group::Caused, placed.day)
        };
        add_with_segments(key, &prior.segments, &numbers, into);
        sample(Figure::Caused, placed, &prior.segments, into);
    }

    /// The cost of a repeat, charged to its origin.
    pub(crate) fn add_avoidable(&self, chain: &[Placed<'_>], at: usize, into: &mut Contributions) {
        let placed = &chain[at];
        let said = placed.result.reading(self.headline());
        let is_repeat = said.is_some_and(|said| said.class == Some(Class::Repeat));
        let (Some(cost), Some(origin)) = (placed.result.cost, placed.origin) else {
            return;
        };
        if !is_repeat {
            return;
        }
        let origin = &chain[origin];
        let numbers = [(Slot::COST, cost.0.into()), (Slot::COSTED, 1)];
        let key = Key {
            reading: said.map(|said| said.reading),
            from_channel: Some(origin.result.contact.channel),
            channel: Some(placed.result.contact.channel),
            ..Key::of(Group::Avoidable, placed.day)
        };
        add_with_segments(key, &origin.segments, &numbers, into);
        sample(Figure::AvoidableCost, placed, &origin.segments, into);
    }
}
