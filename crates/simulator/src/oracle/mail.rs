//! Semantics §2.2: a thread of mails becomes contacts.

use super::World;
use super::contacts::{self, Contact, EndKind, by_contact_id, opens};
use super::erasures::Part;
use super::event::{Field, Identifier, Record};
use super::glob;
use super::registers::{self, Event, PROVENANCES, text, whole};

struct Mail<'a> {
    contact_id: &'a str,
    events: Vec<&'a Event>,
    is_received: bool,
    time: i64,
    is_automatic: bool,
}

/// A mail of the walk that is a contact, with what the walk found out about it.
struct Draft<'m, 'a> {
    mail: &'m Mail<'a>,
    answered_at: Option<i64>,
    last_answer_at: Option<i64>,
    answers: Vec<&'m Mail<'a>>,
    thanks: Vec<&'m Mail<'a>>,
}

const DAY_MS: i64 = 24 * 3_600_000;

/// The contacts of a thread.
pub fn of_thread(
    source: &str,
    thread_id: &str,
    events: &[&Event],
    signals: &[&Event],
    world: &mut World,
) -> Vec<Contact> {
    let mut mails = Vec::new();
    for (contact_id, events) in by_contact_id(events) {
        let lost = events
            .iter()
            .filter(|event| event.kind() != "closed")
            .count();
        match Mail::of(contact_id, events, world) {
            Some(mail) => mails.push(mail),
            None => world.incomplete += lost as u64,
        }
    }
    mails.retain(|mail| !mail.is_automatic);
    mails.sort_by_key(|mail| (mail.time, !mail.is_received, mail.contact_id));

    let mut closed: Vec<&Event> = events
        .iter()
        .filter(|event| event.kind() == "closed")
        .copied()
        .collect();
    closed.sort_by_key(|event| (event.occurred_at(), &event.greatest().event_id));

    let contact = |draft: &Draft| {
        let id = draft.mail.contact_id;
        let signals: Vec<&Event> = signals
            .iter()
            .filter(|signal| signal.contact_id() == Some(id))
            .copied()
            .collect();
        let own = contacts::of_events(id, "email", source, &draft.mail.events, &signals, world);
        let own = Contact {
            thread_id: Some(thread_id.to_string()),
            ..own
        };
        if draft.mail.is_received {
            received(own, draft, &closed, world)
        } else {
            outbound(own, draft)
        }
    };
    walk(&mails, world.config.mail_grace_ms)
        .iter()
        .map(contact)
        .collect()
}

/// The contacts of a thread, its answers, and what belongs to none (§10).
pub fn parts<'a>(
    source: &str,
    thread_id: &str,
    events: &[&'a Event],
    world: &mut World,
) -> Vec<Part<'a>> {
    let whole = |ids: Vec<&str>, events: Vec<&'a Event>| Part {
        contact_id: None,
        source: source.to_string(),
        identifiers: registers::identifiers(&events),
        events,
        mails: ids.into_iter().map(str::to_string).collect(),
        after: Vec::new(),
    };
    let contacts = of_thread(source, thread_id, events, &[], world);
    let mut parts = Vec::new();
    let mut mails = Vec::new();
    for (contact_id, events) in by_contact_id(events) {
        match Mail::of(contact_id, events.clone(), world).filter(|mail| !mail.is_automatic) {
            Some(mail) => mails.push(mail),
            None => parts.push(whole(vec![contact_id], events)),
        }
    }
    mails.sort_by_key(|mail| (mail.time, !mail.is_received, mail.contact_id));
    let place = |mail: &Mail| mails.iter().position(|one| std::ptr::eq(one, mail));
    let mut part_of: Vec<Option<usize>> = vec![None; mails.len()];
    let mut received: Vec<(usize, usize)> = Vec::new();
    for draft in walk(&mails, world.config.mail_grace_ms) {
        let all = || std::iter::once(&draft.mail).chain(&draft.thanks);
        for mail in all().filter_map(|mail| place(mail)) {
            part_of[mail] = Some(parts.len());
        }
        if draft.mail.is_received {
            received.extend(place(draft.mail).map(|place| (place, parts.len())));
        }
        let events = all().flat_map(|mail| mail.events.clone()).collect();
        let part = whole(all().map(|mail| mail.contact_id).collect(), events);
        let id = draft.mail.contact_id;
        let mut same = contacts.iter().filter(|contact| contact.contact_id == id);
        let identifiers = same.next().map(|contact| contact.identifiers.clone());
        parts.push(Part {
            contact_id: Some(id.to_string()),
            identifiers: identifiers.unwrap_or_default(),
            ..part
        });
    }
    for (place, mail) in mails.iter().enumerate() {
        if part_of[place].is_none() {
            let before = received.iter().filter(|(received, _)| *received < place);
            parts.push(Part {
                after: before.map(|(_, part)| *part).collect(),
                ..whole(vec![mail.contact_id], mail.events.clone())
            });
        }
    }
    parts
}

impl<'a> Mail<'a> {
    /// None if no event says that a mail came or went.
    fn of(contact_id: &'a str, events: Vec<&'a Event>, world: &World) -> Option<Self> {
        let opening: Vec<&Event> = events
            .iter()
            .filter(|event| opens("email", event.kind()))
            .copied()
            .collect();
        let first_opening = opening.iter().map(|event| event.occurred_at()).min()?;
        let is_received = opening.iter().any(|event| !is_sent(event));
        Some(Mail {
            contact_id,
            time: whole(&events, "started_at").unwrap_or(first_opening),
            is_automatic: registers::statement(&events, |record| automatic(record, world))
                .flatten()
                .unwrap_or(false),
            is_received,
            events,
        })
    }
}

fn is_sent(event: &Event) -> bool {
    let direction = text(&[event], "direction");
    match event.kind() {
        "sent" => true,
        "contact" => direction.as_deref() == Some("outbound"),
        _ => false,
    }
}

/// Whether a record says that its mail is automatic: by its sender, if it says that a mail came, or
/// by the flag, which may be a stated null.
fn automatic(record: &Record, world: &World) -> Option<Option<bool>> {
    let came = match record.kind.as_str() {
        "contact" => record.text("direction") != Some("outbound"),
        kind => opens("email", kind) && kind != "sent",
    };
    let globs = &world.config.tables.automatic_senders;
    let is_known = |address: &String| globs.iter().any(|pattern| glob(pattern, address));
    if came && record.addresses.iter().any(is_known) {
        return Some(Some(true));
    }
    match record.fields.get("automatic")? {
        Field::Flag(flag) => Some(Some(*flag)),
        _ => Some(None),
    }
}

/// Goes through the mails in order and says which are contacts and what answers them.
fn walk<'m, 'a>(mails: &'m [Mail<'a>], grace_ms: i64) -> Vec<Draft<'m, 'a>> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut answered_at: Vec<(i64, usize)> = Vec::new();
    for mail in mails {
        let thanked = answered_at
            .iter()
            .rfind(|(at, _)| *at <= mail.time && mail.time <= at + grace_ms);
        if let Some((_, owner)) = thanked.filter(|_| mail.is_received) {
            drafts[*owner].thanks.push(mail);
            continue;
        }
        if mail.is_received || drafts.is_empty() {
            let (answers, thanks) = (Vec::new(), Vec::new());
            drafts.push(Draft {
                mail,
                answered_at: None,
                last_answer_at: None,
                answers,
                thanks,
            });
            continue;
        }
        let is_waiting = |draft: &Draft| draft.mail.is_received && draft.answered_at.is_none();
        let last_received = drafts.iter().rposition(|draft| draft.mail.is_received);
        let last_waiting = drafts.iter().rposition(is_waiting);
        for draft in drafts.iter_mut().filter(|draft| is_waiting(draft)) {
            draft.answered_at = Some(mail.time);
            draft.last_answer_at = Some(mail.time);
        }
        // A sent mail after outbound mails alone answers nothing, so no thanks can follow it.
        if let Some(owner) = last_waiting.or(last_received) {
            drafts[owner].answers.push(mail);
            drafts[owner].last_answer_at = Some(mail.time);
            answered_at.push((mail.time, owner));
        }
    }
    drafts
}

fn received(own: Contact, draft: &Draft, closed: &[&Event], world: &World) -> Contact {
    let start = draft.mail.time;
    let of_answers = |name| {
        draft
            .answers
            .iter()
            .rev()
            .find_map(|answer| text(&answer.events, name))
    };
    let handled_in_answers = draft
        .answers
        .iter()
        .map(|answer| whole(&answer.events, "handle_ms"));
    let mut all_events = draft.mail.events.clone();
    all_events.extend(draft.answers.iter().flat_map(|answer| &answer.events));
    let mut identifiers = own.identifiers.clone();
    for thanks in &draft.thanks {
        let stated = registers::identifiers(&thanks.events);
        let is_same = |(kind, new): (&String, &Identifier)| {
            identifiers
                .get(kind)
                .is_none_or(|known| known.value == new.value)
        };
        if stated.iter().all(is_same) {
            all_events.extend(&thanks.events);
            for (kind, new) in stated {
                identifiers.entry(kind).or_insert(new);
            }
        }
    }
    let is_answered = draft.answered_at.is_some();
    let inferred = if is_answered { "handled" } else { "unanswered" };
    let (end, end_kind) = end_of_received(draft, closed, world);
    let others = draft.answers.iter().chain(&draft.thanks);
    let mut every_event = draft.mail.events.clone();
    every_event.extend(others.flat_map(|mail| mail.events.clone()));
    Contact {
        inside: contacts::kept(&every_event, world),
        start,
        end: end.max(start),
        end_kind,
        direction: "inbound".to_string(),
        outcome: own.outcome.clone().or(Some(inferred.to_string())),
        wait_ms: own.wait_ms.or(draft.answered_at.map(|at| at - start)),
        handle_ms: registers::sum(handled_in_answers.chain([own.handle_ms])),
        queue: of_answers("queue").or(own.queue.clone()),
        agent: of_answers("agent").or(own.agent.clone()),
        team: of_answers("team").or(own.team.clone()),
        reason: registers::reason(&all_events, &PROVENANCES, &world.config),
        identifiers,
        ..own
    }
}

fn end_of_received(draft: &Draft, closed: &[&Event], world: &World) -> (i64, EndKind) {
    let start = draft.mail.time;
    if let Some(end) = registers::end(&draft.mail.events) {
        return (end, EndKind::Stated);
    }
    if let Some(closed) = closed.iter().find(|closed| closed.occurred_at() >= start) {
        let end = whole(&[closed], "ended_at").or(draft.last_answer_at);
        return (end.unwrap_or(closed.occurred_at()), EndKind::Stated);
    }
    match draft.last_answer_at {
        Some(answer) => contacts::unless_stated(answer, world.config.silence_ms("email"), world),
        None => contacts::unless_stated(start, 30 * DAY_MS, world),
    }
}

fn outbound(own: Contact, draft: &Draft) -> Contact {
    Contact {
        start: draft.mail.time,
        end: draft.mail.time,
        end_kind: EndKind::Stated,
        direction: "outbound".to_string(),
        ..own
    }
}
