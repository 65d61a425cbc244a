//! What of a contact counts that it says alone.

use crate::customer::{Figures, Placed};
use crate::facts::{Facts, flags};
use crate::key::Slot;
use model::{Channel, Direction, Initiation, Outcome, Session, Text};

impl Figures {
    /// The facts of a contact, but for what readings say of it.
    pub(crate) fn of_contact(&self, placed: &Placed<'_>, sessions: &[Session]) -> Facts {
        let told = &placed.told;
        let contact = told.contact;
        let is_inbound = contact.direction == Direction::Inbound;
        let is_handled = contact.outcome == Some(Outcome::Handled);
        let answer_within_ms = self.settings.answer_within_ms[contact.channel as usize];
        // Where a source does not say how long it took, nothing is known of it.
        let is_offered = is_inbound
            && (!is_handled || contact.wait_ms.is_some())
            && contact.initiation != Initiation::Scheduled
            && answer_within_ms.is_some()
            && matches!(
                contact.outcome,
                Some(Outcome::Handled | Outcome::Abandoned | Outcome::Unanswered | Outcome::Failed)
            );
        let in_time = contact.wait_ms.zip(answer_within_ms);
        let is_in_time = in_time.is_some_and(|(wait_ms, within_ms)| wait_ms <= within_ms);
        let is_mail = is_inbound
            && contact.channel == Channel::Email
            && matches!(
                contact.outcome,
                Some(Outcome::Handled | Outcome::Unanswered)
            );
        let (takes_part, alone) = self.alone(placed, sessions);
        let root = &contact.root_contact_id;
        Facts {
            flags: flags(&[
                (Slot::OFFERED, is_offered),
                (Slot::WITHIN, is_offered && is_handled && is_in_time),
                (Slot::MAILS, is_mail),
                (Slot::MAILS_ANSWERED, is_mail && is_handled),
                (Slot::TAKING_PART, takes_part),
                (Slot::ALONE, alone.is_some()),
                (
                    Slot::ALONE_OPEN,
                    alone.is_some_and(|session| !session.complete),
                ),
            ]),
            cost: told.cost.map(|cost| cost.0),
            score: contact.satisfaction.map(|score| score.0),
            wait_ms: contact.wait_ms.filter(|_| is_inbound && is_handled),
            handle_ms: contact.handle_ms,
            rank: placed.in_session.rank.min(10) as u8,
            origin_channel: placed.in_session.origin_channel,
            segments: placed.segments.clone(),
            root_contact_id: match *root == contact.contact_id {
                true => Text::default(),
                false => root.clone(),
            },
            ..Facts::of(placed.day, placed.hour, contact.channel, told.is_known)
        }
    }

    /// Whether a contact takes part in the headline, and its session if it is alone there.
    fn alone<'a>(
        &self,
        placed: &Placed<'_>,
        sessions: &'a [Session],
    ) -> (bool, Option<&'a Session>) {
        let headline = self.headline();
        let said = placed.told.reading(headline);
        let Some(said) = said.filter(|said| placed.told.is_known && said.count > 0) else {
            return (false, None);
        };
        let contact = placed.told.contact;
        let is_first = |session: &&Session| {
            session.first.contact_id == contact.contact_id
                && session.first.channel == contact.channel
                && session.first.source == contact.source
        };
        let first_of = || sessions.iter().find(is_first);
        let alone = (said.rank == 1).then(first_of).flatten();
        (true, alone.filter(|session| session.contacts == 1))
    }
}
