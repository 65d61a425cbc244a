//! The sessions of the headline reading (`docs/semantics.md`, 7).

use crate::Customers;
use crate::chain::{Chain, Link};
use crate::readings::{Row, Rows};
use crate::retention::Past;
use model::{Class, EndKind, Millis, Money, Now, Session, Text};

pub(crate) fn of_headline(
    customers: &Customers,
    key: &str,
    chain: &Chain,
    rows: &Rows,
    past: &Past,
    now: &Now,
) -> Vec<Session> {
    let mut sessions: Vec<Begun> = Vec::new();
    let headline = customers.settings.readings.headline;
    let settled_at = now.settled(customers.settings.followers_of(headline));
    for (place, link) in chain.links.iter().enumerate().skip(chain.first) {
        let row = &rows.known[place];
        let Some(result) = row.reading(headline) else {
            continue;
        };
        let Some(first) = row.place(result.session) else {
            continue;
        };
        if sessions.last().is_none_or(|begun| begun.first != first) {
            // In mode `same` sessions interleave: look further back before a new one is begun.
            match sessions.iter().position(|begun| begun.first == first) {
                Some(known) => {
                    let session = sessions.remove(known);
                    sessions.push(session);
                }
                None => {
                    let session = past.session(customers.known.number(headline), first);
                    let session = session.unwrap_or_else(|| begin(&chain.links[first]));
                    let customer = key.into();
                    sessions.push(Begun {
                        first,
                        last_at: Millis::MIN,
                        session: Session {
                            customer,
                            ..session
                        },
                    });
                }
            }
        }
        let Some(begun) = sessions.last_mut() else {
            continue;
        };
        begun.last_at = link.contact().started_at;
        let session = &mut begun.session;
        add(session, link, result.class);
        let open = link.contact().end_kind == EndKind::Open;
        let may_grow = result.due_at.is_some_and(|due_at| settled_at < due_at);
        session.complete &= !open && !may_grow;
    }
    sessions.sort_by_key(|begun| begun.first);
    let holds = |begun: &Begun| customers.known.holds(headline, begun.last_at);
    let sessions = sessions.into_iter().filter(holds);
    sessions.map(|begun| begun.session).collect()
}

/// A session while it is put together.
struct Begun {
    /// Place of its first contact.
    first: usize,
    /// Start of its last contact.
    last_at: Millis,
    session: Session,
}

/// A session of a reading as far as a place in the chain, and its latest origin until then.
pub(crate) fn up_to(
    chain: &Chain,
    rows: &[Row],
    (reading, number): (usize, u16),
    first: usize,
    until: usize,
    past: &Past,
) -> (Session, Text) {
    let begun = past.session(number, first);
    let mut session = begun.unwrap_or_else(|| begin(&chain.links[first]));
    let so_far = past.so_far(number, first);
    let mut origin = so_far.map_or(Text::default(), |so_far| so_far.origin);
    let of_chain = rows.iter().zip(&chain.links).take(until).skip(chain.first);
    for (row, link) in of_chain {
        let Some(result) = row.reading(reading) else {
            continue;
        };
        if row.place(result.session) != Some(first) {
            continue;
        }
        add(&mut session, link, result.class);
        if result.origin {
            origin = link.contact().contact_id.clone();
        }
    }
    (session, origin)
}

fn begin(first: &Link) -> Session {
    Session {
        customer: Text::default(),
        first: first.contact().name(),
        started_at: first.contact().started_at,
        ended_at: first.contact().ended_at,
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
    let contact = link.contact();
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
