//! Email: the mails of one thread (`docs/semantics.md`, 2.2).

use crate::assemble::{Assembled, add_signals, end_by_silence, inside, plain, root_or};
use crate::erase::Piece;
use crate::legs::stated_end;
use crate::registers::{Heard, Registers, by_contact_id, identifiers, newest, of_event};
use crate::{Settings, State};
use model::{Channel, Contact, Direction, EndKind, Field, Kind, Millis, Outcome, Text};

/// What was said under one mail's id.
struct Mail<'a> {
    contact_id: &'a Text,
    heard: Vec<&'a Heard>,
    at: Millis,
    received: bool,
}

/// A received mail that is a contact, with the answers that it got.
struct Waiting<'a> {
    mail: usize,
    /// The answer that made it `handled`.
    answered_at: Option<Millis>,
    /// Places of the mails whose agent, reason and handling time are its own.
    answers: Vec<usize>,
    /// Places of the customer's mails soon after an answer.
    thanks: Vec<usize>,
    mails: &'a [Mail<'a>],
}

pub(crate) fn assemble(settings: &Settings, state: &State, now: Millis) -> Assembled {
    let all: Vec<&Heard> = state.events.iter().collect();
    let mut mails = Vec::new();
    let mut incomplete = 0;
    for (contact_id, heard) in by_contact_id(all.iter().copied()) {
        match mail(contact_id, &heard) {
            Some(mail) => mails.push(mail),
            None => incomplete += count_without_closed(&heard),
        }
    }
    mails.retain(|mail| !is_automatic(mail));
    sort(&mut mails);
    let closed = closings(&all);
    let (waiting, outbound_places) = walk(settings, &mails);
    let inbound = waiting
        .iter()
        .map(|waiting| contact(settings, waiting, &closed, now));
    let outbound = outbound_places
        .iter()
        .map(|place| outbound_contact(&mails[*place]));
    let mut contacts: Vec<Contact> = inbound.chain(outbound).collect();
    let of_waiting = waiting.iter().map(Waiting::heard);
    let of_outbound = outbound_places
        .iter()
        .map(|place| mails[*place].heard.clone());
    let mut insides = Vec::with_capacity(contacts.len());
    for (contact, heard) in contacts.iter_mut().zip(of_waiting.chain(of_outbound)) {
        let name = contact.contact_id.clone();
        let of_it = || state.signals.iter().filter(|(_, s)| s.contact_id == name);
        add_signals(contact, of_it());
        insides.push(inside(settings, &heard, of_it()));
    }
    Assembled {
        contacts,
        inside: insides,
        unopened: None,
        incomplete,
    }
}

impl<'a> Waiting<'a> {
    /// All events of the mail, of what answered it and of what followed it.
    fn heard(&self) -> Vec<&'a Heard> {
        let own = std::iter::once(&self.mail);
        let all = own.chain(&self.answers).chain(&self.thanks);
        all.flat_map(|place| self.mails[*place].heard.iter().copied())
            .collect()
    }
}

/// The contacts of a thread, its answers, and what is left: each goes or stays as one. An answer
/// goes with the mails before it, whichever of them it answers.
pub(crate) fn pieces<'a>(settings: &Settings, state: &'a State, now: Millis) -> Vec<Piece<'a>> {
    let all: Vec<&Heard> = state.events.iter().collect();
    let groups = by_contact_id(all.iter().copied());
    let mut pieces = Vec::new();
    let mut mails: Vec<Mail> = Vec::new();
    for (contact_id, heard) in &groups {
        match mail(contact_id, heard).filter(|mail| !is_automatic(mail)) {
            Some(mail) => mails.push(mail),
            None => pieces.push(Piece {
                name: None,
                identifiers: identifiers(heard.iter().copied()),
                heard: heard.clone(),
                mails: vec![contact_id],
                after: Vec::new(),
            }),
        }
    }
    sort(&mut mails);
    let closed = closings(&all);
    let (waiting, outbound) = walk(settings, &mails);
    // Of each mail the piece of which it is a part.
    let mut parts: Vec<Option<usize>> = vec![None; mails.len()];
    for one in &waiting {
        let contact = contact(settings, one, &closed, now);
        let own = std::iter::once(&one.mail).chain(&one.thanks);
        own.clone()
            .for_each(|place| parts[*place] = Some(pieces.len()));
        pieces.push(Piece {
            name: Some(contact.name()),
            identifiers: contact.identifiers,
            heard: own
                .clone()
                .flat_map(|place| mails[*place].heard.clone())
                .collect(),
            mails: own.map(|place| mails[*place].contact_id).collect(),
            after: Vec::new(),
        });
    }
    for (place, mail) in mails.iter().enumerate() {
        if parts[place].is_some() {
            continue;
        }
        let before = waiting.iter().filter(|one| one.mail < place);
        let is_contact = outbound.contains(&place);
        let piece = Piece {
            name: is_contact.then(|| outbound_contact(mail).name()),
            identifiers: identifiers(mail.heard.iter().copied()),
            heard: mail.heard.clone(),
            mails: vec![mail.contact_id],
            after: before.filter_map(|one| parts[one.mail]).collect(),
        };
        pieces.push(piece);
    }
    pieces
}

fn sort(mails: &mut [Mail]) {
    mails.sort_unstable_by(|a, b| {
        (a.at, !a.received, a.contact_id.as_bytes()).cmp(&(
            b.at,
            !b.received,
            b.contact_id.as_bytes(),
        ))
    });
}

fn count_without_closed(heard: &[&Heard]) -> u64 {
    newest(heard)
        .iter()
        .filter(|(_, event)| event.kind != Kind::Closed)
        .count() as u64
}

/// A whole mail that the brand sent. A version that says no direction takes none back.
fn is_outbound_record(event: &model::Event, heard: &[&Heard]) -> bool {
    event.kind == Kind::Contact && of_event(heard, event).direction() == Some(Direction::Outbound)
}

fn mail<'a>(contact_id: &'a Text, heard: &[&'a Heard]) -> Option<Mail<'a>> {
    let newest = newest(heard);
    let opening = newest
        .iter()
        .filter(|(_, event)| !event.kind.only_completes());
    let opened_at = opening.clone().map(|(_, event)| event.occurred_at).min()?;
    let received = opening
        .clone()
        .any(|(_, event)| event.kind != Kind::Sent && !is_outbound_record(event, heard));
    let registers = Registers::of(heard.iter().copied());
    Some(Mail {
        contact_id,
        heard: heard.to_vec(),
        at: registers.time(Field::StartedAt).unwrap_or(opened_at),
        received,
    })
}

fn is_automatic(mail: &Mail) -> bool {
    Registers::of(mail.heard.iter().copied()).truth(Field::Automatic) == Some(true)
}

/// The `closed` events of the thread, whatever mail they name, in order of time.
fn closings(heard: &[&Heard]) -> Vec<Closing> {
    let newest = newest(heard).into_iter();
    let mut closed: Vec<&Heard> = newest
        .filter(|(_, event)| event.kind == Kind::Closed)
        .collect();
    closed.sort_by(|(_, a), (_, b)| {
        (a.occurred_at, &a.event_id, &a.source).cmp(&(b.occurred_at, &b.event_id, &b.source))
    });
    let closing = |(_, event): &&Heard| Closing {
        at: event.occurred_at,
        stated_at: of_event(heard, event).time(Field::EndedAt),
    };
    closed.iter().map(closing).collect()
}

/// Walks the thread in time: which received mails are contacts, which sent mails answer which.
fn walk<'a>(settings: &Settings, mails: &'a [Mail<'a>]) -> (Vec<Waiting<'a>>, Vec<usize>) {
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut outbound = Vec::new();
    let mut last_answer_at: Option<Millis> = None;
    for (place, mail) in mails.iter().enumerate() {
        if mail.received {
            let thanks = last_answer_at
                .is_some_and(|answer_at| mail.at.since(answer_at) <= settings.mail_grace_ms);
            if thanks {
                waiting
                    .last_mut()
                    .expect("an answer has answered one")
                    .thanks
                    .push(place);
            } else {
                waiting.push(Waiting {
                    mail: place,
                    answered_at: None,
                    answers: vec![],
                    thanks: vec![],
                    mails,
                });
            }
            continue;
        }
        let Some(last) = waiting.len().checked_sub(1) else {
            // Only the first mail of a thread stands for itself: a later one that answers nobody
            // is no contact.
            if outbound.is_empty() {
                outbound.push(place);
            }
            continue;
        };
        last_answer_at = Some(mail.at);
        let unanswered = waiting
            .iter_mut()
            .filter(|waiting| waiting.answered_at.is_none());
        unanswered.for_each(|waiting| waiting.answered_at = Some(mail.at));
        waiting[last].answers.push(place);
    }
    (waiting, outbound)
}

fn contact(settings: &Settings, waiting: &Waiting, closed: &[Closing], now: Millis) -> Contact {
    let mail = &waiting.mails[waiting.mail];
    let registers = Registers::of(mail.heard.iter().copied());
    let mut contact = named(mail, plain(Channel::Email, &mail.heard, &registers));
    contact.direction = Direction::Inbound;
    contact.started_at = mail.at;
    let answered_at = waiting.answered_at;
    contact.outcome = registers.outcome().or(Some(if answered_at.is_some() {
        Outcome::Handled
    } else {
        Outcome::Unanswered
    }));
    contact.wait_ms = contact
        .wait_ms
        .or(answered_at.map(|at| at.since(mail.at).max(0)));
    take_answers(waiting, &mut contact);
    let last_answer_at = waiting.answers.iter().map(|place| waiting.mails[*place].at);
    let last_answer_at = last_answer_at.chain(answered_at).max();
    end(
        settings,
        mail,
        &registers,
        last_answer_at,
        closed,
        &mut contact,
        now,
    );
    contact
}

fn named(mail: &Mail, mut contact: Contact) -> Contact {
    let event = &mail.heard[0].1;
    let first_given = [&event.thread_id, &event.root_contact_id, &event.contact_id];
    let thread = first_given.into_iter().find(|id| !id.is_empty());
    contact.source = event.source.clone();
    contact.contact_id = mail.contact_id.clone();
    contact.root_contact_id = root_or(&contact);
    contact.thread_id = thread.cloned().unwrap_or_default();
    contact
}

/// What the answers say belongs to the last mail that they answer.
fn take_answers(waiting: &Waiting, contact: &mut Contact) {
    let mail = &waiting.mails[waiting.mail];
    let mut all: Vec<&Heard> = mail.heard.clone();
    for place in &waiting.answers {
        let answer = &waiting.mails[*place];
        all.extend(&answer.heard);
        let registers = Registers::of(answer.heard.iter().copied());
        if let Some(handle_ms) = registers.duration_ms(Field::HandleMs) {
            contact.handle_ms = Some(contact.handle_ms.unwrap_or(0).saturating_add(handle_ms));
        }
        let of_answer = |text: &mut Text, field| {
            let stated = registers.text(field);
            if !stated.is_empty() {
                *text = stated;
            }
        };
        of_answer(&mut contact.agent, Field::Agent);
        of_answer(&mut contact.team, Field::Team);
        of_answer(&mut contact.queue, Field::Queue);
    }
    for place in &waiting.thanks {
        let thanks = &waiting.mails[*place];
        if take_identifiers(&thanks.heard, contact) {
            all.extend(&thanks.heard);
        }
    }
    contact.reason = Registers::of(all.into_iter()).reason();
}

/// Takes identifiers of types that the contact does not have, unless one of another type says that
/// this is somebody else.
fn take_identifiers(heard: &[&Heard], contact: &mut Contact) -> bool {
    let stated = identifiers(heard.iter().copied());
    let contradicts = stated.iter().any(|new| {
        let known = contact.identifier(&new.kind);
        known.is_some_and(|known| known.value != new.value)
    });
    if contradicts {
        return false;
    }
    for new in stated {
        if contact.identifier(&new.kind).is_none() {
            contact.identifiers.push(new);
        }
    }
    contact
        .identifiers
        .sort_unstable_by(|a, b| a.kind.cmp(&b.kind));
    true
}

fn end(
    settings: &Settings,
    mail: &Mail,
    registers: &Registers,
    last_answer_at: Option<Millis>,
    closed: &[Closing],
    contact: &mut Contact,
    now: Millis,
) {
    if let Some(ended_at) = stated_end(registers, &mail.heard) {
        contact.ended_at = ended_at.max(contact.started_at);
        contact.end_kind = EndKind::Stated;
        return;
    }
    contact.ended_at = last_answer_at
        .unwrap_or(contact.started_at)
        .max(contact.started_at);
    // The first one at or after the start of the mail.
    if let Some(closing) = closed
        .iter()
        .find(|closing| closing.at >= contact.started_at)
    {
        let ended_at = closing.stated_at.or(last_answer_at).unwrap_or(closing.at);
        contact.end_kind = EndKind::Stated;
        contact.ended_at = ended_at.max(contact.started_at);
        return;
    }
    let silence_ms = match last_answer_at {
        Some(_) => settings.silence_ms(Channel::Email),
        None => settings.unanswered_silence_ms,
    };
    end_by_silence(contact, silence_ms, now);
}

/// When a thread was closed, and when the customer left, if the event says that too.
struct Closing {
    at: Millis,
    stated_at: Option<Millis>,
}

fn outbound_contact(mail: &Mail) -> Contact {
    let registers = Registers::of(mail.heard.iter().copied());
    let mut contact = named(mail, plain(Channel::Email, &mail.heard, &registers));
    contact.direction = Direction::Outbound;
    contact.started_at = mail.at;
    contact.ended_at = mail.at;
    contact.end_kind = EndKind::Stated;
    contact
}
