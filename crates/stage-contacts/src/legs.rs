//! Phone, chat and video: the legs of one contact (`docs/semantics.md`, 2.1).

use crate::assemble::{Assembled, add_signals, end_by_silence, inside, plain};
use crate::registers::{Heard, Registers, by_contact_id, newest};
use crate::{Settings, State};
use model::{
    Contact, Direction, EndKind, Field, Initiation, Inside, Kind, Millis, Money, Outcome, Text,
    Value,
};

/// One leg of a contact: what was said under one `contact_id`.
struct Leg<'a> {
    contact_id: &'a Text,
    registers: Registers<'a>,
    started_at: Millis,
    /// Stated; never before its start.
    ended_at: Option<Millis>,
    answered_at: Option<Millis>,
    /// When the agent passed the customer on.
    transferred_at: Option<Millis>,
    /// The leg's last event, wrap-ups left out.
    last_event_at: Millis,
    dropped: bool,
    whole: bool,
    /// Stated, or inferred once the contact is closed.
    outcome: Option<Outcome>,
}

impl Leg<'_> {
    fn is_answered(&self) -> bool {
        self.answered_at.is_some() || self.outcome == Some(Outcome::Handled)
    }

    fn wait_ms(&self) -> Option<i64> {
        if let Some(stated_ms) = self.registers.duration_ms(Field::WaitMs) {
            return Some(stated_ms);
        }
        match self.answered_at {
            Some(answered_at) => Some(answered_at.since(self.started_at).max(0)),
            None if self.is_answered() => None,
            None => Some(self.ended_at?.since(self.started_at)),
        }
    }

    fn handle_ms(&self) -> Option<i64> {
        let stated_ms = self.registers.duration_ms(Field::HandleMs);
        let until = self.ended_at.or(self.transferred_at);
        stated_ms.or_else(|| Some(until?.since(self.answered_at?).max(0)))
    }

    fn infer_outcome(&mut self, short_below_ms: i64) {
        if self.outcome.is_some() {
            return;
        }
        let ended_at = self.ended_at.unwrap_or(self.last_event_at);
        let is_short = ended_at.since(self.started_at) < short_below_ms;
        self.outcome = Some(if is_short {
            Outcome::Short
        } else if self.dropped {
            Outcome::Failed
        } else if self.answered_at.is_some() || self.whole {
            Outcome::Handled
        } else {
            Outcome::Abandoned
        });
    }
}

pub(crate) fn assemble(settings: &Settings, state: &State, now: Millis) -> Assembled {
    let heard: Vec<&Heard> = state.events.iter().collect();
    let mut legs = legs(&heard);
    if legs.is_empty() {
        let events = newest(&heard);
        // A booked video chat that has not taken place waits for nothing that is missing.
        let booked = events.iter().any(|(_, event)| is_booking(&event.kind));
        return Assembled {
            unopened: unopened(settings, state, &heard).filter(|_| booked),
            incomplete: if booked { 0 } else { events.len() as u64 },
            ..Assembled::default()
        };
    }
    legs.sort_unstable_by(|a, b| {
        (a.started_at, a.contact_id.as_bytes()).cmp(&(b.started_at, b.contact_id.as_bytes()))
    });
    let mut contact = contact(settings, &heard, &mut legs, now);
    add_signals(&mut contact, state.signals.iter());
    Assembled {
        inside: vec![inside(settings, &heard, state.signals.iter())],
        contacts: vec![contact],
        ..Assembled::default()
    }
}

/// A contact that was booked and has not opened, if it has anything that rules ask for. It begins
/// with its first event, for whoever has to know whose it is.
fn unopened(settings: &Settings, state: &State, heard: &[&Heard]) -> Option<(Contact, Inside)> {
    let inside = Inside {
        is_unopened: true,
        ..inside(settings, heard, state.signals.iter())
    };
    if inside.kept.is_empty() && inside.signals.is_empty() {
        return None;
    }
    let (_, event) = heard.first()?;
    let registers = Registers::of(heard.iter().copied());
    let mut contact = plain(event.channel, heard, &registers);
    let booked = newest(heard).into_iter().map(|(_, event)| event);
    let booked_at = booked.map(|event| event.occurred_at).min()?;
    name(&mut contact, event);
    contact.started_at = booked_at;
    contact.ended_at = booked_at;
    contact.end_kind = EndKind::Stated;
    Some((contact, inside))
}

fn name(contact: &mut Contact, event: &model::Event) {
    let root = if event.root_contact_id.is_empty() {
        &event.contact_id
    } else {
        &event.root_contact_id
    };
    contact.source = event.source.clone();
    contact.contact_id = root.clone();
    contact.root_contact_id = root.clone();
}

fn is_booking(kind: &Kind) -> bool {
    matches!(kind, Kind::Scheduled | Kind::Invited)
}

fn legs<'a>(heard: &[&'a Heard]) -> Vec<Leg<'a>> {
    let groups = by_contact_id(heard.iter().copied());
    groups
        .iter()
        .filter_map(|(contact_id, heard)| leg(contact_id, heard))
        .collect()
}

/// The leg that these events make, if one of them opens it.
fn leg<'a>(contact_id: &'a Text, heard: &[&'a Heard]) -> Option<Leg<'a>> {
    let newest = newest(heard);
    let opening = newest
        .iter()
        .filter(|(_, event)| !event.kind.only_completes());
    let opened_at = opening.map(|(_, event)| event.occurred_at).min();
    let registers = Registers::of(heard.iter().copied());
    let stated_at = registers.time(Field::StartedAt);
    let booked = newest.iter().any(|(_, event)| is_booking(&event.kind));
    // A booked video chat takes place once something says when it started.
    let started_at = match opened_at {
        Some(opened_at) => stated_at.unwrap_or(opened_at),
        None => stated_at.filter(|_| booked)?,
    };
    let answered = newest
        .iter()
        .filter(|(_, event)| matches!(event.kind, Kind::Answered | Kind::Accepted))
        .map(|(_, event)| event.occurred_at);
    let activity = newest
        .iter()
        .filter(|(_, event)| event.kind != Kind::Qualified);
    let last_event_at = activity.map(|(_, event)| event.occurred_at).max();
    let transferred = newest
        .iter()
        .filter(|(_, event)| event.kind == Kind::Transferred)
        .map(|(_, event)| event.occurred_at);
    let has = |kind: &Kind| newest.iter().any(|(_, event)| event.kind == *kind);
    Some(Leg {
        contact_id,
        started_at,
        ended_at: stated_end(&registers, heard).map(|at| at.max(started_at)),
        answered_at: answered.min(),
        transferred_at: transferred.max(),
        last_event_at: last_event_at.unwrap_or(started_at).max(started_at),
        dropped: has(&Kind::Dropped),
        whole: has(&Kind::Contact),
        outcome: registers.outcome(),
        registers,
    })
}

/// The end that the records state. Without one, or with an older "no value", it is the latest of
/// those that an event implies: it ends a leg, or is a whole contact, and does not say when. What an
/// event says has no value does not take back what the same event implies.
pub(crate) fn stated_end(registers: &Registers, heard: &[&Heard]) -> Option<Millis> {
    if let Some(stated) = registers.time(Field::EndedAt) {
        return Some(stated);
    }
    let no_value = registers.version(Field::EndedAt);
    let implied = heard.iter().filter_map(|(version, event)| {
        if !matches!(event.stated(Field::EndedAt), None | Some(Value::Null)) {
            return None;
        }
        let at = match event.kind {
            Kind::Ended | Kind::Dropped => event.occurred_at,
            Kind::Contact => match event.stated(Field::StartedAt) {
                Some(Value::Time(started_at)) => *started_at,
                _ => event.occurred_at,
            },
            _ => return None,
        };
        Some((*version, at))
    });
    let latest = implied.max_by_key(|(version, _)| *version);
    latest
        .filter(|(version, _)| no_value.is_none_or(|null| *version >= null))
        .map(|(_, at)| at)
}

fn contact(settings: &Settings, heard: &[&Heard], legs: &mut [Leg], now: Millis) -> Contact {
    let event = &heard[0].1;
    let registers = Registers::of(heard.iter().copied());
    let mut contact = plain(event.channel, heard, &registers);
    name(&mut contact, event);
    contact.legs = legs.len() as u32;
    let root = &contact.contact_id;
    let others = legs.iter().filter(|leg| leg.contact_id != root);
    contact.other_leg_ids = others.map(|leg| leg.contact_id.clone()).collect();
    end(settings, heard, legs, &mut contact, now);
    outcome(settings, legs, &mut contact);
    sum_up(legs, &mut contact);
    contact
}

fn end(settings: &Settings, heard: &[&Heard], legs: &[Leg], contact: &mut Contact, now: Millis) {
    let last = &legs[legs.len() - 1];
    contact.started_at = legs[0].started_at;
    if let Some(ended_at) = last.ended_at {
        contact.ended_at = ended_at;
        contact.end_kind = EndKind::Stated;
        return;
    }
    let newest = newest(heard);
    let activity = newest
        .iter()
        .filter(|(_, event)| event.kind != Kind::Qualified);
    let last_event_at = activity.map(|(_, event)| event.occurred_at).max();
    contact.ended_at = last_event_at
        .unwrap_or(last.started_at)
        .max(last.started_at);
    end_by_silence(contact, settings.silence_ms(contact.channel), now);
}

fn outcome(settings: &Settings, legs: &mut [Leg], contact: &mut Contact) {
    if contact.end_kind != EndKind::Open {
        let short_below_ms = settings.short_below_ms(contact.channel);
        legs.iter_mut()
            .for_each(|leg| leg.infer_outcome(short_below_ms));
    }
    contact.outcome = if legs.iter().any(|leg| leg.outcome == Some(Outcome::Handled)) {
        Some(Outcome::Handled)
    } else {
        legs[legs.len() - 1].outcome
    };
}

fn sum_up(legs: &[Leg], contact: &mut Contact) {
    let last = &legs[legs.len() - 1];
    let first_answered = legs.iter().find(|leg| leg.is_answered()).unwrap_or(last);
    let before_ms = first_answered.started_at.since(contact.started_at);
    contact.wait_ms = first_answered
        .wait_ms()
        .map(|wait_ms| before_ms.saturating_add(wait_ms));
    contact.handle_ms = legs
        .iter()
        .filter_map(Leg::handle_ms)
        .reduce(i64::saturating_add);
    contact.queue = of_last_answered(legs, Field::Queue);
    contact.agent = of_last_answered(legs, Field::Agent);
    contact.team = of_last_answered(legs, Field::Team);
    let costs = legs
        .iter()
        .filter_map(|leg| leg.registers.money(Field::ExtraCost));
    contact.extra_cost = costs.reduce(Money::plus);
    // A leg that says neither came in, and by the customer: a later leg of the brand's changes nothing.
    let first = &legs[0].registers;
    contact.direction = first.direction().unwrap_or(Direction::Inbound);
    contact.initiation = first.initiation().unwrap_or(Initiation::Customer);
    let mut media = legs.iter().map(|leg| leg.registers.text(Field::Medium));
    contact.medium = media.find(|medium| !medium.is_empty()).unwrap_or_default();
}

/// What the last answered leg states; if it is silent, the last leg that states something.
fn of_last_answered(legs: &[Leg], field: Field) -> Text {
    let answered = legs.iter().rfind(|leg| leg.is_answered());
    let stated = answered
        .map(|leg| leg.registers.text(field))
        .unwrap_or_default();
    if !stated.is_empty() {
        return stated;
    }
    let mut texts = legs.iter().rev().map(|leg| leg.registers.text(field));
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}
