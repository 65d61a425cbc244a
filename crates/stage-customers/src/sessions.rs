//! The sessions of the headline reading (`docs/semantics.md`, 7).

use crate::Settings;
use crate::chain::{Chain, Link};
use crate::readings::Rows;
use model::{Class, EndKind, Money, Now, Session, Text};

pub(crate) fn of_headline(
    settings: &Settings,
    key: &str,
    chain: &Chain,
    rows: &Rows,
    now: &Now,
) -> Vec<Session> {
    let settled_at = now.settled(settings.followers_of(settings.readings.headline));
    let mut sessions: Vec<(usize, Session)> = Vec::new();
    for (place, link) in chain.links.iter().enumerate() {
        let row = &rows.known[place];
        let Some(result) = row.reading(settings.readings.headline) else {
            continue;
        };
        let Some(first) = row.place(result.session) else {
            continue;
        };
        if sessions.last().is_none_or(|(known, _)| *known != first) {
            // In mode `same` sessions interleave: look further back before a new one is begun.
            match sessions.iter().position(|(known, _)| *known == first) {
                Some(known) => {
                    let session = sessions.remove(known);
                    sessions.push(session);
                }
                None => sessions.push((first, begun(key, &chain.links[first]))),
            }
        }
        let Some((_, session)) = sessions.last_mut() else {
            continue;
        };
        add(session, link, result.class);
        let open = link.contact.end_kind == EndKind::Open;
        let may_grow = result.due_at.is_some_and(|due_at| settled_at < due_at);
        session.complete &= !open && !may_grow;
    }
    sessions.sort_by_key(|(first, _)| *first);
    sessions.into_iter().map(|(_, session)| session).collect()
}

fn begun(key: &str, first: &Link) -> Session {
    Session {
        customer: key.into(),
        first: first.contact.name(),
        started_at: first.contact.started_at,
        ended_at: first.contact.ended_at,
        contacts: 0,
        repeats: 0,
        retries: 0,
        channels: Vec::new(),
        reasons: Vec::new(),
        cost: None,
        avoidable_cost: None,
        complete: true,
        last_outcome: Text::default(),
    }
}

fn add(session: &mut Session, link: &Link, class: Option<Class>) {
    let contact = &link.contact;
    session.ended_at = session.ended_at.max(contact.ended_at);
    session.contacts += 1;
    session.repeats += u32::from(class == Some(Class::Repeat));
    session.retries += u32::from(class == Some(Class::Retry));
    push_new(&mut session.channels, contact.channel.name());
    if let Some(reason) = &contact.reason {
        push_new(&mut session.reasons, &reason.path);
    }
    session.cost = sum(session.cost, link.cost);
    if class == Some(Class::Repeat) {
        session.avoidable_cost = sum(session.avoidable_cost, link.cost);
    }
    session.last_outcome = contact.outcome.map_or("", |outcome| outcome.name()).into();
}

/// The sum of the known amounts.
pub(crate) fn sum(amount: Option<Money>, other: Option<Money>) -> Option<Money> {
    match (amount, other) {
        (Some(amount), Some(other)) => Some(amount.plus(other)),
        (amount, other) => amount.or(other),
    }
}

pub(crate) fn push_new(texts: &mut Vec<Text>, text: &str) {
    if !texts.iter().any(|known| known == text) {
        texts.push(text.into());
    }
}
