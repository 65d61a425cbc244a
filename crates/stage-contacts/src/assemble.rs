//! What the three forms of contacts have in common.

use crate::registers::newest;
use crate::registers::{Heard, Registers, attributes, identifiers};
use crate::{Settings, State, legs, mails, visits};
use model::{
    Channel, Contact, Direction, EndKind, Event, Field, Initiation, Inside, Kept, Millis, Money,
    Signal, SignalName, Text, Told, Version,
};

/// A contact keeps the newest of its events that rules ask for.
const KEPT_PER_CONTACT_MAX: usize = 200;

/// The contacts under one key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembled {
    /// In no particular order.
    pub contacts: Vec<Contact>,
    /// Of each of them, what only rules ask for.
    pub inside: Vec<Inside>,
    /// A video chat that was booked and has not opened, if rules ask for one.
    pub unopened: Option<(Contact, Inside)>,
    /// Events that only complete a contact which has not appeared.
    pub incomplete: u64,
}

pub(crate) fn assemble(settings: &Settings, state: &State, now: Millis) -> Assembled {
    let Some((_, first)) = state.events.first() else {
        return Assembled::default();
    };
    match first.channel {
        Channel::Phone | Channel::Chat | Channel::Video => legs::assemble(settings, state, now),
        Channel::Email => mails::assemble(settings, state, now),
        Channel::Web => visits::assemble(settings, state, now),
    }
}

/// A contact with every field that is a plain register of its events.
pub(crate) fn plain(channel: Channel, heard: &[&Heard], registers: &Registers) -> Contact {
    let mut related_contact_ids: Vec<Text> = Vec::new();
    for (_, event) in heard {
        for related in &event.related_contact_ids {
            if !related_contact_ids.contains(related) {
                related_contact_ids.push(related.clone());
            }
        }
    }
    related_contact_ids.sort_unstable();
    Contact {
        channel,
        source: Text::default(),
        contact_id: Text::default(),
        root_contact_id: latest_text(heard, |event| &event.root_contact_id),
        thread_id: latest_text(heard, |event| &event.thread_id),
        related_contact_ids,
        identifiers: identifiers(heard.iter().copied()),
        medium: registers.text(Field::Medium),
        direction: registers.direction().unwrap_or(Direction::Inbound),
        initiation: registers.initiation().unwrap_or(Initiation::Customer),
        started_at: Millis::MIN,
        ended_at: Millis::MIN,
        end_kind: EndKind::Open,
        silent_at: None,
        outcome: registers.outcome(),
        wait_ms: registers.duration_ms(Field::WaitMs),
        handle_ms: registers.duration_ms(Field::HandleMs),
        reason: registers.reason(),
        queue: registers.text(Field::Queue),
        agent: registers.text(Field::Agent),
        team: registers.text(Field::Team),
        site: registers.text(Field::Site),
        tier: registers.text(Field::Tier),
        party: registers.text(Field::Party),
        page: registers.text(Field::Page),
        disposition: registers.text(Field::Disposition),
        may_contact: registers.truth(Field::MayContact),
        due_at: registers.time(Field::DueAt),
        extra_cost: registers.money(Field::ExtraCost),
        satisfaction: None,
        legs: 1,
        other_leg_ids: Vec::new(),
        steps: Vec::new(),
        has_counting_step: false,
        attributes: attributes(heard.iter().copied()),
    }
}

/// What the greatest version says that states a text.
fn latest_text(heard: &[&Heard], text: fn(&Event) -> &Text) -> Text {
    let stated = heard.iter().filter(|(_, event)| !text(event).is_empty());
    let latest = stated.max_by_key(|(version, _)| *version);
    latest
        .map(|(_, event)| text(event).clone())
        .unwrap_or_default()
}

/// The stated first leg of a mail or a visit; without one it is its own.
pub(crate) fn root_or(contact: &Contact) -> Text {
    if contact.root_contact_id.is_empty() {
        contact.contact_id.clone()
    } else {
        contact.root_contact_id.clone()
    }
}

/// What only rules ask of a contact with these events and signals.
pub(crate) fn inside<'a>(
    settings: &Settings,
    heard: &[&Heard],
    signals: impl Iterator<Item = &'a (Version, Signal)>,
) -> Inside {
    let automatic = Registers::of(heard.iter().copied()).truth(Field::Automatic);
    let mut inside = Inside {
        automatic,
        ..Inside::default()
    };
    if !settings.kinds.is_empty() {
        inside.kept = kept(settings, heard);
    }
    if !settings.signals.is_empty() {
        inside.signals = told(settings, signals);
    }
    inside
}

fn kept(settings: &Settings, heard: &[&Heard]) -> Vec<Kept> {
    let is_asked = |event: &Event| {
        let name = event.kind.name();
        let kinds = settings.kinds.binary_search_by(|kind| (**kind).cmp(name));
        kinds.is_ok()
    };
    // Most contacts have none, which is seen without sorting their versions.
    if !heard.iter().any(|(_, event)| is_asked(event)) {
        return Vec::new();
    }
    let newest = newest(heard);
    let asked = newest.iter().filter(|(_, event)| is_asked(event));
    let mut kept: Vec<Kept> = asked
        .map(|(_, event)| Kept {
            at: event.occurred_at,
            kind: event.kind.clone(),
            page: event.text(Field::Page).cloned().unwrap_or_default(),
        })
        .collect();
    // Of one instant they are in order of their ids already.
    kept.sort_by_key(|event| event.at);
    let surplus = kept.len().saturating_sub(KEPT_PER_CONTACT_MAX);
    kept.drain(..surplus);
    kept
}

fn told<'a>(
    settings: &Settings,
    signals: impl Iterator<Item = &'a (Version, Signal)>,
) -> Vec<Told> {
    let mut newest: Vec<&(Version, Signal)> = signals.collect();
    newest.sort_unstable_by(|(a_version, a), (b_version, b)| {
        (&a.event_id, &a.source, b_version).cmp(&(&b.event_id, &b.source, a_version))
    });
    newest.dedup_by(|(_, later), (_, kept)| {
        later.event_id == kept.event_id && later.source == kept.source
    });
    let asked = newest.into_iter();
    let asked = asked.filter(|(_, signal)| settings.signals.contains(&signal.name));
    asked
        .map(|(version, signal)| bare(*version, signal))
        .collect()
}

/// A signal without its identifiers: whom it speaks of is known to whoever hears it.
pub(crate) fn bare(version: Version, signal: &Signal) -> Told {
    Told {
        version,
        signal: Signal {
            identifiers: Vec::new(),
            ..signal.clone()
        },
    }
}

/// Surveys and compensations that speak of the contact.
pub(crate) fn add_signals<'a>(
    contact: &mut Contact,
    signals: impl Iterator<Item = &'a (Version, Signal)>,
) {
    let mut survey: Option<(Version, Money)> = None;
    let mut compensations: Vec<&(Version, Signal)> = Vec::new();
    for heard in signals {
        let (version, signal) = heard;
        match signal.name {
            SignalName::Csat | SignalName::Nps | SignalName::Ces => {
                if let Some(score) = signal.score
                    && survey.is_none_or(|(known, _)| known < *version)
                {
                    survey = Some((*version, score));
                }
            }
            SignalName::Compensated => compensations.push(heard),
            SignalName::Notified
            | SignalName::Delivered
            | SignalName::Bounced
            | SignalName::Promised
            | SignalName::Ordered
            | SignalName::Churned
            | SignalName::Linked
            | SignalName::Unlinked
            | SignalName::Erase
            | SignalName::Marker => {}
        }
    }
    contact.satisfaction = survey.map(|(_, score)| score);
    let newest = compensations.iter().filter(|(version, signal)| {
        !compensations.iter().any(|(other_version, other)| {
            other.event_id == signal.event_id
                && other.source == signal.source
                && other_version > version
        })
    });
    for (_, signal) in newest {
        if let Some(amount) = signal.amount {
            contact.extra_cost = Some(contact.extra_cost.unwrap_or_default().plus(amount));
        }
    }
}

/// Closes a contact that nobody closed, if time has passed its silence.
pub(crate) fn end_by_silence(contact: &mut Contact, silence_ms: i64, now: Millis) {
    let silent_at = contact.ended_at.plus(silence_ms);
    if now > silent_at {
        contact.end_kind = EndKind::Inferred;
        contact.silent_at = None;
    } else {
        contact.end_kind = EndKind::Open;
        contact.silent_at = Some(silent_at);
    }
}
