//! Web: the visits of one device (`docs/semantics.md`, 2.3).

use crate::assemble::{Assembled, add_signals, end_by_silence, inside, plain, root_or};
use crate::erase::Piece;
use crate::legs::stated_end;
use crate::registers::{Heard, Registers, identifiers, newest, placed};
use crate::{Settings, State};
use model::{
    Channel, Contact, EndKind, Event, Field, Kind, Millis, Provenance, Reason, Step, StepStatus,
    Text, Value,
};
use xxhash_rust::xxh3::xxh3_64;

/// A visit keeps its newest service steps.
const STEPS_PER_VISIT_MAX: usize = 200;

pub(crate) fn assemble(settings: &Settings, state: &State, now: Millis) -> Assembled {
    let (mut with_id, without_id): (Vec<Placed>, Vec<Placed>) = placed(state.events.iter())
        .into_iter()
        .partition(|(newest, _)| has_id(newest));
    let (mut contacts, mut heard_of) = (Vec::new(), Vec::new());
    let mut incomplete = 0;
    let id = |(newest, _): &Placed| (newest.contact_id.clone(), newest.source.clone());
    with_id.sort_by_key(id);
    for visit_events in with_id.chunk_by(|a, b| id(a) == id(b)) {
        let heard: Vec<&Heard> = visit_events.iter().map(|(_, heard)| *heard).collect();
        match visit(settings, &heard, None, now) {
            Some(contact) => {
                contacts.push(contact);
                heard_of.push(heard);
            }
            None => incomplete += newest(&heard).len() as u64,
        }
    }
    for placed in cut_at_silences(settings, &without_id) {
        let heard: Vec<&Heard> = placed.iter().map(|(_, heard)| *heard).collect();
        match visit(settings, &heard, device(&heard), now) {
            Some(contact) => {
                contacts.push(contact);
                heard_of.push(heard);
            }
            None => incomplete += newest(&heard).len() as u64,
        }
    }
    let mut insides = Vec::with_capacity(contacts.len());
    for (contact, heard) in contacts.iter_mut().zip(heard_of) {
        let (id, source) = (contact.contact_id.clone(), contact.source.clone());
        let of_it = || {
            let signals = state.signals.iter();
            signals.filter(|(_, s)| s.contact_id == id && s.source == source)
        };
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

/// The visits of a device, and what is left: each goes or stays as one.
pub(crate) fn pieces<'a>(settings: &Settings, state: &'a State, now: Millis) -> Vec<Piece<'a>> {
    let (_, without_id): (Vec<Placed>, Vec<Placed>) = placed(state.events.iter())
        .into_iter()
        .partition(|(newest, _)| has_id(newest));
    let groups = cut_at_silences(settings, &without_id).into_iter();
    let piece = |heard: Vec<&'a Heard>| {
        let contact = visit(settings, &heard, device(&heard), now);
        Piece {
            name: contact.map(|contact| contact.name()),
            identifiers: identifiers(heard.iter().copied()),
            heard,
            mails: Vec::new(),
            after: Vec::new(),
        }
    };
    let heard = |placed: Vec<Placed<'a>>| placed.into_iter().map(|(_, heard)| heard).collect();
    groups.map(heard).map(piece).collect()
}

/// The text of the device that the events of a key without a visit id share.
fn device(heard: &[&Heard]) -> Option<Text> {
    let of_device = |event: &Event| {
        event
            .identifiers
            .iter()
            .find(|i| i.kind == "device")
            .cloned()
    };
    heard
        .iter()
        .find_map(|(_, event)| of_device(event))
        .map(|identifier| identifier.text())
}

/// An event's version, beside the newest version of the same event.
pub(crate) type Placed<'a> = (&'a Event, &'a Heard);

/// The events of every visit under a device's key.
pub(crate) fn visits_of_device<'a>(settings: &Settings, state: &'a State) -> Vec<Vec<Placed<'a>>> {
    cut_at_silences(settings, &placed(state.events.iter()))
}

fn has_id(newest: &Event) -> bool {
    !newest.contact_id.is_empty()
}

/// Groups events without a visit id: all versions of an event stand where the newest stands.
fn cut_at_silences<'a>(settings: &Settings, placed: &[Placed<'a>]) -> Vec<Vec<Placed<'a>>> {
    let mut by_time = placed.to_vec();
    by_time.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    let mut alone: Vec<Vec<Placed>> = Vec::new();
    let mut visits: Vec<Vec<Placed>> = Vec::new();
    let mut last_at: Option<Millis> = None;
    for versions in by_time.chunk_by(|(a, _), (b, _)| std::ptr::eq(*a, *b)) {
        let newest = versions[0].0;
        let heard = versions.iter().copied();
        if matches!(newest.kind, Kind::Contact | Kind::Qualified) {
            alone.push(heard.collect());
            continue;
        }
        let goes_on =
            last_at.is_some_and(|at| newest.occurred_at.since(at) <= settings.inactivity_ms);
        last_at = Some(newest.occurred_at);
        match visits.last_mut() {
            Some(visit) if goes_on => visit.extend(heard),
            _ => visits.push(heard.collect()),
        }
    }
    visits.append(&mut alone);
    visits
}

fn order(event: &Event) -> (Millis, &[u8], &[u8]) {
    (
        event.occurred_at,
        event.event_id.as_bytes(),
        event.source.as_bytes(),
    )
}

fn visit(
    settings: &Settings,
    heard: &[&Heard],
    device: Option<Text>,
    now: Millis,
) -> Option<Contact> {
    let mut newest = newest(heard);
    newest.sort_by(|(_, a), (_, b)| order(a).cmp(&order(b)));
    let mut opening = newest
        .iter()
        .filter(|(_, event)| !event.kind.only_completes());
    let (_, first) = opening.next()?;
    let last_event_at = opening
        .next_back()
        .map_or(first.occurred_at, |(_, e)| e.occurred_at);
    let registers = Registers::of(heard.iter().copied());
    let mut contact = plain(Channel::Web, heard, &registers);
    contact.source = first.source.clone();
    contact.contact_id = match device {
        Some(device) => visit_id(&device, &first.event_id),
        None => first.contact_id.clone(),
    };
    contact.root_contact_id = root_or(&contact);
    let whole = newest.iter().any(|(_, event)| event.kind == Kind::Contact);
    contact.started_at = match registers.time(Field::StartedAt) {
        Some(started_at) if whole => started_at,
        _ => first.occurred_at,
    };
    match stated_end(&registers, heard).filter(|_| whole) {
        Some(ended_at) => {
            contact.ended_at = ended_at.max(contact.started_at);
            contact.end_kind = EndKind::Stated;
        }
        None => {
            contact.ended_at = last_event_at.max(contact.started_at);
            end_by_silence(&mut contact, settings.inactivity_ms, now);
        }
    }
    take_steps(settings, &newest, &registers, &mut contact);
    Some(contact)
}

/// `v` and the hash of the device and of the visit's first event.
fn visit_id(device: &str, first_event_id: &str) -> Text {
    let hash = xxh3_64(format!("{device}\n{first_event_id}").as_bytes());
    format!("v{hash:016x}").into()
}

fn take_steps(
    settings: &Settings,
    newest: &[&Heard],
    registers: &Registers,
    contact: &mut Contact,
) {
    let mut page = Text::default();
    let mut page_of_step = Text::default();
    let mut page_reason = None;
    for (version, event) in newest {
        let event_page = event.text(Field::Page).cloned().unwrap_or_default();
        if !event_page.is_empty() {
            page = event_page.clone();
        }
        let Some(name) = event.text(Field::Step) else {
            continue;
        };
        page_of_step = event_page.clone();
        if let Some(path) = event.text(Field::ReasonPage) {
            page_reason = Some(Reason {
                path: path.clone(),
                provenance: Provenance::Page,
                version: *version,
            });
        }
        contact.steps.push(Step {
            at: event.occurred_at,
            name: name.clone(),
            status: match event.stated(Field::StepStatus) {
                Some(Value::StepStatus(status)) => *status,
                _ => StepStatus::Completed,
            },
            page: event_page,
        });
    }
    contact.has_counting_step = settings.count_steps.iter().any(|counted| {
        counted == "*"
            || contact
                .steps
                .iter()
                .any(|step| step.name == *counted || step.status.name() == counted)
    });
    let surplus = contact.steps.len().saturating_sub(STEPS_PER_VISIT_MAX);
    contact.steps.drain(..surplus);
    contact.page = if page_of_step.is_empty() {
        page
    } else {
        page_of_step
    };
    let stated = registers
        .reason()
        .filter(|reason| reason.provenance > Provenance::Queue);
    contact.reason = stated.or(page_reason);
}
