//! What a contact adds to the figures that look at it alone.

use crate::contributions::Contributions;
use crate::customer::{BY_ORIGIN_CHANNEL, BY_RANK, Figures, Placed, sample};
use crate::dimension::{Dimension, rank_text};
use crate::histogram::bucket_of;
use crate::key::{Group, Key, Slot};
use crate::reading::{in_reading, push_headline, sample_reading};
use crate::table::Figure;
use model::{Channel, Direction, Initiation, Money, Outcome, Session};

impl Figures {
    /// Adds what is counted of a contact without a reading, and in the headline.
    pub(crate) fn add_contact(
        &self,
        chain: &[Placed<'_>],
        at: usize,
        sessions: &[Session],
        into: &mut Contributions,
    ) {
        let placed = &chain[at];
        let mut numbers = self.volume(placed);
        self.sample_volume(placed, &numbers, into);
        self.add_score(placed, into);
        let headline = placed.result.reading(self.headline());
        if let Some(said) = headline.filter(|_| placed.is_known) {
            numbers.extend(in_reading(placed, said));
            push_headline(&mut numbers, placed, said, sessions);
            sample_reading(placed, said, into);
        }
        let key = Key {
            channel: Some(placed.result.contact.channel),
            ..Key::of(Group::Contact, placed.day)
        };
        let whole = Key {
            hour: Some(placed.hour),
            ..key.clone()
        };
        into.add(whole, &numbers);
        let flow = self.flow.and_then(|flow| placed.result.reading(flow));
        if let Some(said) = flow.filter(|_| placed.is_known) {
            numbers.extend(self.followed(placed, said));
        }
        for (family, segment) in &placed.segments {
            let key = Key {
                family: Some(*family),
                segment: segment.clone(),
                ..key.clone()
            };
            into.add(key, &numbers);
        }
    }

    /// Adds the score of a contact by its place in the session, and by the channel of its origin.
    fn add_score(&self, placed: &Placed<'_>, into: &mut Contributions) {
        let score = placed.result.contact.satisfaction;
        let (Some(score), 1..) = (score, placed.in_session.rank) else {
            return;
        };
        let by = [
            (BY_RANK, "rank", rank_text(placed.in_session.rank)),
            (
                BY_ORIGIN_CHANNEL,
                "origin_channel",
                placed.in_session.origin_channel,
            ),
        ];
        for (family, name, segment) in by {
            let mut families = self.settings.families.iter();
            // The tenant's family says it already.
            if families.any(|family| family.dimensions == [Dimension::Named(name)]) {
                continue;
            }
            let key = Key {
                channel: Some(placed.result.contact.channel),
                family: Some(family),
                segment: segment.into(),
                ..Key::of(Group::Contact, placed.day)
            };
            into.add(key, &[(Slot::SCORE, score.0.into()), (Slot::SCORED, 1)]);
        }
    }

    /// What a contact adds to the figures that look at it alone.
    pub(crate) fn volume(&self, placed: &Placed<'_>) -> Vec<(Slot, i128)> {
        let contact = &placed.result.contact;
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
        let money = |amount: Option<Money>| amount.map_or(0, |amount| i128::from(amount.0));
        let mut numbers = vec![
            (Slot::ALL, 1),
            (Slot::IDENTIFIED, placed.is_known.into()),
            (Slot::OFFERED, is_offered.into()),
            (
                Slot::WITHIN,
                (is_offered && is_handled && is_in_time).into(),
            ),
            (Slot::MAILS, is_mail.into()),
            (Slot::MAILS_ANSWERED, (is_mail && is_handled).into()),
            (Slot::COST, money(placed.result.cost)),
            (Slot::COSTED, placed.result.cost.is_some().into()),
            (Slot::SCORE, money(contact.satisfaction)),
            (Slot::SCORED, contact.satisfaction.is_some().into()),
        ];
        let wait_ms = contact.wait_ms.filter(|_| is_inbound && is_handled);
        push_duration(&mut numbers, Slot::WAIT_MS, wait_ms);
        push_duration(&mut numbers, Slot::HANDLE_MS, contact.handle_ms);
        numbers
    }

    pub(crate) fn sample_volume(
        &self,
        placed: &Placed<'_>,
        numbers: &[(Slot, i128)],
        into: &mut Contributions,
    ) {
        let has = |slot| {
            let mut found = numbers.iter().filter(|(of, _)| *of == slot);
            found.any(|(_, number)| *number > 0)
        };
        let fits = [
            (Figure::Contacts, true),
            (
                Figure::AnsweredWithin,
                has(Slot::OFFERED) && !has(Slot::WITHIN),
            ),
            (
                Figure::MailAnswered,
                has(Slot::MAILS) && !has(Slot::MAILS_ANSWERED),
            ),
            (Figure::Satisfaction, has(Slot::SCORED)),
        ];
        for (figure, _) in fits.iter().filter(|(_, fits)| *fits) {
            sample(*figure, placed, &placed.segments, into);
        }
    }
}

pub(crate) fn push_duration(numbers: &mut Vec<(Slot, i128)>, slot: Slot, duration_ms: Option<i64>) {
    if let Some(duration_ms) = duration_ms {
        numbers.push((slot, duration_ms.into()));
        numbers.push((slot.bucket(bucket_of(duration_ms)), 1));
    }
}
