//! Semantics §2.3: the page events of a device become visits.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::World;
use super::config::{Config, StepRow};
use super::contacts::{self, Contact, EndKind, opens};
use super::erasures::Part;
use super::event::Record;
use super::glob;
use super::journeys::Happening;
use super::registers::{self, Event, Provenance, whole};

/// The visits under one key. `device` is the device identifier's text, if the key is a device.
pub fn of_key(
    device: Option<&str>,
    events: &[&Event],
    signals: &[&Event],
    world: &mut World,
) -> Vec<Contact> {
    let mut named: BTreeMap<(&str, &str), Vec<&Event>> = BTreeMap::new();
    let mut unnamed: Vec<&Event> = Vec::new();
    for event in events {
        match event.contact_id() {
            Some(id) => named
                .entry((&event.greatest().source, id))
                .or_default()
                .push(event),
            None if event.kind() == "qualified" => world.incomplete += 1,
            None => unnamed.push(event),
        }
    }
    let mut contacts = Vec::new();
    for visit in cut(&unnamed, world) {
        let id = id_of(device.unwrap_or_default(), &visit);
        let source = &visit[0].greatest().source;
        contacts.push(visit_of(&id, source, &visit, &[], world));
    }
    for ((source, id), events) in named {
        if !events.iter().any(|event| opens("web", event.kind())) {
            world.incomplete += events.len() as u64;
            continue;
        }
        let speaks_of_it = |signal: &&&Event| {
            signal.contact_id() == Some(id) && signal.greatest().source == source
        };
        let signals: Vec<&Event> = signals.iter().filter(speaks_of_it).copied().collect();
        contacts.push(visit_of(id, source, &events, &signals, world));
    }
    contacts
}

/// The visits of a device, and what belongs to none (§10).
pub fn parts<'a>(device: &str, events: &[&'a Event], world: &mut World) -> Vec<Part<'a>> {
    let (qualified, others): (Vec<&Event>, Vec<&Event>) =
        events.iter().partition(|event| event.kind() == "qualified");
    let mut groups = cut(&others, world);
    let visits = groups.len();
    groups.extend(qualified.into_iter().map(|event| vec![event]));
    let part = |(place, events): (usize, Vec<&'a Event>)| {
        let first = events[0].greatest();
        let is_visit = place < visits;
        Part {
            contact_id: is_visit.then(|| id_of(device, &events)),
            source: first.source.clone(),
            identifiers: registers::identifiers(&events),
            events,
            mails: Vec::new(),
            after: Vec::new(),
        }
    };
    groups.into_iter().enumerate().map(part).collect()
}

/// The visits of a device's events.
fn cut<'a>(events: &[&'a Event], world: &World) -> Vec<Vec<&'a Event>> {
    let (mut alone, mut unnamed) = (Vec::new(), Vec::new());
    for event in events {
        if event.kind() == "contact" {
            alone.push(vec![*event]);
        } else {
            unnamed.push(*event);
        }
    }
    unnamed.sort_by_key(place);
    let mut visits: Vec<Vec<&Event>> = Vec::new();
    for event in unnamed {
        let last = visits.last_mut();
        let last = last.filter(|visit| {
            let before = visit[visit.len() - 1];
            event.occurred_at() - before.occurred_at() <= world.config.inactivity_ms
        });
        match last {
            Some(visit) => visit.push(event),
            None => visits.push(vec![event]),
        }
    }
    visits.extend(alone);
    visits
}

fn id_of(device: &str, visit: &[&Event]) -> String {
    let text = format!("{device}\n{}", visit[0].greatest().event_id);
    format!("v{:016x}", xxh3_64(text.as_bytes()))
}

/// Order of the events of a device.
fn place<'a>(event: &&'a Event) -> (i64, &'a str, &'a str) {
    let record = event.greatest();
    (record.occurred_at, &record.event_id, &record.source)
}

/// What one event says about the way through the site.
struct Step {
    name: Option<String>,
    status: String,
    reason: Option<String>,
    page: Option<String>,
}

fn visit_of(
    id: &str,
    source: &str,
    events: &[&Event],
    signals: &[&Event],
    world: &World,
) -> Contact {
    let mut in_order: Vec<&Event> = events.to_vec();
    in_order.sort_by_key(place);
    let said: Vec<Step> = in_order
        .iter()
        .map(|event| step_of(event.greatest(), &world.config))
        .collect();
    let steps: Vec<&Step> = said.iter().filter(|step| step.name.is_some()).collect();

    let of_last_step = steps.last().and_then(|step| step.page.clone());
    let page = of_last_step.or_else(|| said.iter().rev().find_map(|step| step.page.clone()));
    let own = contacts::of_events(id, "web", source, events, signals, world);
    let mut others = own.others.clone();
    others.remove("page");
    others.extend(page.map(|page| ("page", page)));

    let own_provenances = [Provenance::Qualified, Provenance::Declared];
    let own_reason = registers::reason(events, &own_provenances, &world.config);
    let step_reason = steps.iter().rev().find_map(|step| step.reason.clone());
    let (start, end, end_kind) = times_of(events, world);
    let each = || in_order.iter().zip(&said);
    let taken = each().filter(|(_, step)| step.name.is_some());
    let taken = taken.map(|(event, step)| Happening {
        at: event.occurred_at(),
        kind: None,
        step: step.name.clone(),
        status: Some(step.status.clone()),
        page: step.page.clone(),
    });
    let asked = each().filter(|(event, _)| {
        let kinds = &world.config.kinds;
        kinds.iter().any(|kind| kind == contacts::word_of(event))
    });
    let asked = asked.map(|(event, step)| Happening {
        at: event.occurred_at(),
        kind: Some(contacts::word_of(event).to_string()),
        page: step.page.clone(),
        ..Happening::default()
    });
    let mut inside: Vec<Happening> = taken.chain(asked).collect();
    inside.sort_by_key(|happening| happening.at);
    Contact {
        inside,
        start,
        end,
        end_kind,
        others,
        reason: own_reason.or(step_reason.map(|reason| (Provenance::Page, reason))),
        has_counting_step: counts(&steps, &world.config),
        ..own
    }
}

fn times_of(events: &[&Event], world: &World) -> (i64, i64, EndKind) {
    let lasting = events.iter().filter(|event| event.kind() != "qualified");
    let first = lasting
        .map(|event| event.occurred_at())
        .min()
        .unwrap_or_default();
    if events.iter().any(|event| event.kind() == "contact") {
        let start = whole(events, "started_at").unwrap_or(first);
        if let Some(end) = registers::end(events) {
            return (start, end.max(start), EndKind::Stated);
        }
        let last = contacts::last_event(events).max(start);
        let (end, end_kind) = contacts::unless_stated(last, world.config.inactivity_ms, world);
        return (start, end, end_kind);
    }
    let last = contacts::last_event(events);
    let (end, end_kind) = contacts::unless_stated(last, world.config.inactivity_ms, world);
    (first, end, end_kind)
}

fn step_of(record: &Record, config: &Config) -> Step {
    let row = row_of(record, config);
    let of_row =
        |value: fn(&StepRow) -> &String| row.map(value).filter(|value| !value.is_empty()).cloned();
    let own_name = record.text("step").map(str::to_string);
    let own_status = record.text("step_status").map(str::to_string);
    let status = if own_name.is_some() {
        own_status
    } else {
        of_row(|row| &row.status)
    };
    Step {
        name: own_name.or_else(|| of_row(|row| &row.step)),
        status: status.unwrap_or("completed".to_string()),
        reason: of_row(|row| &row.reason).or_else(|| {
            let of_page = record.text("reason_source") == Some("page");
            registers::own_reason(record, config)
                .filter(|_| of_page)
                .flatten()
        }),
        page: record
            .text("page")
            .map(str::to_string)
            .or_else(|| of_row(|row| &row.page)),
    }
}

/// The row of the table of steps for the event's URL, or else its page, or else its kind.
fn row_of<'a>(record: &Record, config: &'a Config) -> Option<&'a StepRow> {
    let rows = &config.tables.steps;
    let by_event = |name: &str| {
        rows.iter()
            .find(|row| !row.event.is_empty() && row.event == name)
    };
    let by_url = |url| {
        rows.iter()
            .find(|row| !row.url.is_empty() && glob(&row.url, url))
    };
    let url = record.text("url").and_then(by_url);
    url.or_else(|| record.text("page").and_then(by_event))
        .or_else(|| by_event(&record.kind))
}

/// Whether the visit has the roles of a visit with a service step.
fn counts(steps: &[&Step], config: &Config) -> bool {
    let counting = &config.count_steps;
    let fits = |step: &&Step| {
        counting.contains(&step.status)
            || step
                .name
                .as_ref()
                .is_some_and(|name| counting.contains(name))
    };
    counting.iter().any(|word| word == "*") || steps.iter().any(fits)
}
