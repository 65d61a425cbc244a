//! Semantics §2 and §2.1: what a contact is, and phone, chat and video contacts out of legs.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::event::Identifier;
use super::journeys::Happening;
use super::registers::{self, Event, PROVENANCES, Provenance, register, statement, text, whole};

/// How the end of a contact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// An event said so.
    Stated,
    /// Silence said so.
    Inferred,
    /// It has not ended; its end is its last event.
    Open,
}

/// One attempt on one channel. Times are UTC milliseconds, amounts millionths.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Its id.
    pub contact_id: String,
    /// Its channel.
    pub channel: String,
    /// Its source.
    pub source: String,
    /// The first leg.
    pub root_contact_id: String,
    /// The mail thread.
    pub thread_id: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// `customer`, `brand`, `scheduled`, `transfer`.
    pub initiation: String,
    /// How a chat or a visit came about.
    pub medium: Option<String>,
    /// When it started.
    pub start: i64,
    /// When the customer left.
    pub end: i64,
    /// How that is known.
    pub end_kind: EndKind,
    /// None: unknown.
    pub outcome: Option<String>,
    /// Who says it, and the path.
    pub reason: Option<(Provenance, String)>,
    /// Queue, agent and team.
    pub queue: Option<String>,
    /// Who answered.
    pub agent: Option<String>,
    /// Whose agent that is.
    pub team: Option<String>,
    /// Other dimensions by the name of their column: site, tier, party, page, disposition.
    pub others: BTreeMap<&'static str, String>,
    /// Whether the customer may be called.
    pub may_contact: Option<bool>,
    /// Wait up to the first answer.
    pub wait_ms: Option<i64>,
    /// Handling time.
    pub handle_ms: Option<i64>,
    /// Number of legs.
    pub legs: i64,
    /// Extra costs.
    pub extra_cost: Option<i64>,
    /// Compensations.
    pub compensations: Option<i64>,
    /// Score of the survey, in millionths.
    pub satisfaction: Option<i64>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, String>,
    /// One identifier per type.
    pub identifiers: BTreeMap<String, Identifier>,
    /// Other ids of the same contact.
    pub related_contact_ids: BTreeSet<String>,
    /// The ids under which its legs are known; none for a mail or a visit.
    pub leg_ids: BTreeSet<String>,
    /// A visit with a step that counts.
    pub has_counting_step: bool,
    /// Whether a machine made it, where that is said.
    pub automatic: Option<bool>,
    /// Appointment or promised time.
    pub due_at: Option<i64>,
    /// Service steps, then events of kinds that rules ask for, in order of time (§10.1).
    pub inside: Vec<Happening>,
    /// Signals about it.
    pub signals: Vec<Event>,
    /// False of a video chat that was booked and has not opened: no contact (§10.1).
    pub has_opened: bool,
}

impl Contact {
    /// Order of contacts: start, contact id, channel, source.
    pub fn order(&self) -> (i64, &str, &str, &str) {
        (self.start, &self.contact_id, &self.channel, &self.source)
    }

    /// Whether it is still going on at the end of time.
    pub fn is_open(&self) -> bool {
        self.end_kind == EndKind::Open
    }
}

/// A contact with the fields that are plain registers over these events. Start and end are to be
/// set by the caller.
pub fn of_events(
    contact_id: &str,
    channel: &str,
    source: &str,
    events: &[&Event],
    signals: &[&Event],
    world: &World,
) -> Contact {
    let mut others = BTreeMap::new();
    for name in ["site", "tier", "party", "page"] {
        if let Some(value) = text(events, name) {
            others.insert(name, value);
        }
    }
    let stated = |record| registers::disposition(record, &world.config);
    if let Some(disposition) = statement(events, stated).flatten() {
        others.insert("disposition", disposition);
    }
    Contact {
        contact_id: contact_id.to_string(),
        channel: channel.to_string(),
        source: source.to_string(),
        root_contact_id: text(events, "root_contact_id").unwrap_or(contact_id.to_string()),
        thread_id: text(events, "thread_id"),
        direction: text(events, "direction").unwrap_or("inbound".to_string()),
        initiation: text(events, "initiation").unwrap_or("customer".to_string()),
        medium: text(events, "medium"),
        start: 0,
        end: 0,
        end_kind: EndKind::Stated,
        outcome: text(events, "outcome"),
        reason: registers::reason(events, &PROVENANCES, &world.config),
        queue: text(events, "queue"),
        agent: text(events, "agent"),
        team: text(events, "team"),
        others,
        may_contact: registers::flag(events, "may_contact"),
        wait_ms: whole(events, "wait_ms"),
        handle_ms: whole(events, "handle_ms"),
        legs: 1,
        extra_cost: whole(events, "extra_cost"),
        compensations: registers::compensations(signals),
        satisfaction: registers::satisfaction(signals),
        attributes: registers::attributes(events),
        identifiers: registers::identifiers(events),
        related_contact_ids: registers::related_contact_ids(events),
        leg_ids: BTreeSet::new(),
        has_counting_step: false,
        automatic: registers::flag(events, "automatic"),
        due_at: whole(events, "due_at"),
        inside: kept(events, world),
        signals: signals.iter().map(|signal| (*signal).clone()).collect(),
        has_opened: true,
    }
}

/// The kind as the record says it: a rule may ask for one that the channel does not know.
pub fn word_of(event: &Event) -> &str {
    let kind = event.kind();
    kind.strip_prefix("unknown ").unwrap_or(kind)
}

/// Events of kinds that some rule asks for (§10.1).
pub fn kept(events: &[&Event], world: &World) -> Vec<Happening> {
    let is_asked = |event: &&Event| {
        let kinds = &world.config.kinds;
        kinds.iter().any(|kind| kind == word_of(event))
    };
    let mut asked: Vec<&Event> = events.iter().copied().filter(is_asked).collect();
    asked.sort_by_key(|event| {
        let record = event.greatest();
        (record.occurred_at, &record.event_id, &record.source)
    });
    let happening = |event: &&Event| Happening {
        at: event.occurred_at(),
        kind: Some(word_of(event).to_string()),
        page: event.greatest().text("page").map(str::to_string),
        ..Happening::default()
    };
    asked.iter().map(happening).collect()
}

/// Semantics §1.5: whether an event of this kind opens its contact.
pub fn opens(channel: &str, kind: &str) -> bool {
    let completes = match kind {
        "qualified" => true,
        "ended" => matches!(channel, "phone" | "chat" | "video"),
        "closed" => channel == "email",
        "scheduled" | "invited" => channel == "video",
        _ => false,
    };
    !completes
}

fn is_booking(channel: &str, event: &Event) -> bool {
    channel == "video" && matches!(event.kind(), "scheduled" | "invited")
}

/// Events by the leg, mail or visit that they name.
pub fn by_contact_id<'a>(events: &[&'a Event]) -> BTreeMap<&'a str, Vec<&'a Event>> {
    let mut groups: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        groups
            .entry(event.contact_id().unwrap_or_default())
            .or_default()
            .push(event);
    }
    groups
}

struct Leg<'a> {
    contact_id: &'a str,
    events: Vec<&'a Event>,
    start: i64,
    stated_end: Option<i64>,
    stated_outcome: Option<String>,
    first_answer: Option<i64>,
}

impl<'a> Leg<'a> {
    /// None if nothing opens it.
    fn of(channel: &str, contact_id: &'a str, events: Vec<&'a Event>) -> Option<Self> {
        let started_at = whole(&events, "started_at");
        let opening = events.iter().filter(|event| opens(channel, event.kind()));
        let first_opening = opening.map(|event| event.occurred_at()).min();
        let is_booked = events.iter().any(|event| is_booking(channel, event));
        if first_opening.is_none() && !(is_booked && started_at.is_some()) {
            return None;
        }
        let start = started_at.or(first_opening)?;
        let answers = events
            .iter()
            .filter(|event| matches!(event.kind(), "answered" | "accepted"));
        Some(Leg {
            contact_id,
            start,
            stated_end: registers::end(&events).map(|end| end.max(start)),
            stated_outcome: text(&events, "outcome"),
            first_answer: answers.map(|event| event.occurred_at()).min(),
            events,
        })
    }

    fn has_kind(&self, kind: &str) -> bool {
        self.events.iter().any(|event| event.kind() == kind)
    }

    fn outcome(&self, is_open: bool, short_below_ms: i64) -> Option<String> {
        if is_open || self.stated_outcome.is_some() {
            return self.stated_outcome.clone();
        }
        let inferred = if self.has_kind("dropped") {
            "failed"
        } else if self.first_answer.is_some() || self.has_kind("contact") {
            "handled"
        } else {
            "abandoned"
        };
        let end = self
            .stated_end
            .unwrap_or(last_event(&self.events).max(self.start));
        let is_short = end - self.start < short_below_ms;
        Some(if is_short { "short" } else { inferred }.to_string())
    }

    fn wait_ms(&self, is_answered: bool) -> Option<i64> {
        let to_answer = self.first_answer.map(|at| (at - self.start).max(0));
        let to_end = self
            .stated_end
            .filter(|_| !is_answered)
            .map(|end| end - self.start);
        whole(&self.events, "wait_ms").or(to_answer).or(to_end)
    }

    fn handle_ms(&self) -> Option<i64> {
        let transfers = self
            .events
            .iter()
            .filter(|event| event.kind() == "transferred");
        let last_transfer = transfers.map(|event| event.occurred_at()).max();
        let until = self.stated_end.or(last_transfer);
        let after_answer = || Some((until? - self.first_answer?).max(0));
        whole(&self.events, "handle_ms").or_else(after_answer)
    }
}

/// The greatest `occurred_at`, `qualified` left out.
pub fn last_event(events: &[&Event]) -> i64 {
    let lasting = events.iter().filter(|event| event.kind() != "qualified");
    lasting
        .map(|event| event.occurred_at())
        .max()
        .unwrap_or(i64::MIN)
}

/// Open up to this much silence after the last event, then ended by itself.
pub fn unless_stated(last_event: i64, silence_ms: i64, world: &World) -> (i64, EndKind) {
    let is_open = world.end_of_time <= last_event + silence_ms;
    (
        last_event,
        if is_open {
            EndKind::Open
        } else {
            EndKind::Inferred
        },
    )
}

/// A video chat that was booked and has not opened. It begins with its first event, for whoever has
/// to know whose it is.
fn booked(
    channel: &str,
    source: &str,
    id: &str,
    events: &[&Event],
    signals: &[&Event],
    world: &World,
) -> Contact {
    let first = events.iter().map(|event| event.occurred_at()).min();
    Contact {
        root_contact_id: id.to_string(),
        start: first.unwrap_or(0),
        end: first.unwrap_or(0),
        has_opened: false,
        ..of_events(id, channel, source, events, signals, world)
    }
}

/// The contact under a phone, chat or video key; none (and events counted) if nothing opens it.
pub fn of_legs(
    channel: &str,
    source: &str,
    id: &str,
    events: &[&Event],
    signals: &[&Event],
    world: &mut World,
) -> Option<Contact> {
    let groups = by_contact_id(events).into_iter();
    let mut legs: Vec<Leg> = groups
        .filter_map(|(contact_id, events)| Leg::of(channel, contact_id, events))
        .collect();
    legs.sort_by_key(|leg| (leg.start, leg.contact_id));
    let (Some(first), Some(last)) = (legs.first(), legs.last()) else {
        let is_appointment = events.iter().any(|event| is_booking(channel, event));
        world.incomplete += if is_appointment {
            0
        } else {
            events.len() as u64
        };
        return is_appointment.then(|| booked(channel, source, id, events, signals, world));
    };
    let (end, end_kind) = match last.stated_end {
        Some(end) => (end.max(first.start), EndKind::Stated),
        None => {
            let last_event = last_event(events).max(last.start);
            unless_stated(last_event, world.config.silence_ms(channel), world)
        }
    };
    let is_open = end_kind == EndKind::Open;
    let short_below_ms = world.config.short_below_ms(channel);
    let outcome = |leg: &Leg| leg.outcome(is_open, short_below_ms);
    let is_handled = |leg: &Leg| outcome(leg).as_deref() == Some("handled");
    let is_answered = |leg: &&Leg| leg.first_answer.is_some() || is_handled(leg);

    let waited = legs.iter().find(is_answered).unwrap_or(last);
    let last_answered = legs.iter().rev().find(is_answered);
    let preferred = last_answered.into_iter().chain(legs.iter().rev());
    let of_last = |name| preferred.clone().find_map(|leg| text(&leg.events, name));
    let of_first = |name| {
        let first = legs
            .iter()
            .find(|leg| register(&leg.events, name).is_some())?;
        text(&first.events, name)
    };
    let leg_wait = waited.wait_ms(is_answered(&waited));
    Some(Contact {
        root_contact_id: id.to_string(),
        start: first.start,
        end,
        end_kind,
        outcome: if legs.iter().any(is_handled) {
            Some("handled".into())
        } else {
            outcome(last)
        },
        wait_ms: leg_wait.map(|wait| waited.start - first.start + wait),
        handle_ms: registers::sum(legs.iter().map(Leg::handle_ms)),
        queue: of_last("queue"),
        agent: of_last("agent"),
        team: of_last("team"),
        direction: text(&first.events, "direction").unwrap_or("inbound".to_string()),
        initiation: text(&first.events, "initiation").unwrap_or("customer".to_string()),
        leg_ids: legs.iter().map(|leg| leg.contact_id.to_string()).collect(),
        medium: of_first("medium"),
        extra_cost: registers::sum(legs.iter().map(|leg| whole(&leg.events, "extra_cost"))),
        legs: legs.len() as i64,
        ..of_events(id, channel, source, events, signals, world)
    })
}
