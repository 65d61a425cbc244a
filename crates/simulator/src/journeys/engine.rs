//! The same customers for the engine.

use calendar::{Calendar, Weekday};
use model::{
    Channel, ChannelSet, Contact, Direction, EndKind, Initiation, Kind, Millis, Money, Outcome,
    Provenance, Reason, Scope, Signal, SignalName, Step, StepStatus, Text, Version,
};
use rules::journeys::{
    Entry, Heard, History, Kept, Known, MomentRef, RuleSet, RuleText, Seen, SourceClock, State,
    Weight,
};

use super::{HOLIDAY, REASON_DEPTH, scopes};
use crate::oracle::journeys as brute;

fn model_scopes() -> Vec<Scope> {
    let scopes = scopes().into_iter();
    scopes
        .map(|(name, channels)| {
            let channels = channels.iter().filter_map(|name| Channel::from_name(name));
            Scope {
                name: name.into(),
                channels: ChannelSet::of(&channels.collect::<Vec<Channel>>()),
            }
        })
        .collect()
}

fn read(text: &str) -> (RuleSet, Vec<String>) {
    let scopes = model_scopes();
    let known = Known {
        scopes: &scopes,
        sources: &[],
        reasons: None,
        steps: None,
    };
    let file = "case.toml";
    let (set, findings) = RuleSet::read(false, &[RuleText { file, text }], &known);
    let errors = findings.iter().filter(|one| one.weight == Weight::Error);
    let errors = errors.map(ToString::to_string).collect();
    (set, errors)
}

/// Whether the engine finds no mistake in rules.
pub(super) fn is_right(text: &str) -> bool {
    read(text).1.is_empty()
}

/// The rules of a text without mistakes.
pub(super) fn rules(text: &str) -> Result<RuleSet, String> {
    let (set, errors) = read(text);
    if errors.is_empty() {
        Ok(set)
    } else {
        Err(errors.join("\n"))
    }
}

struct Told {
    contact: Contact,
    kept: Vec<Kept>,
}

fn told(of: &brute::Contact) -> Told {
    let text = |key: &str| of.texts.get(key).map_or("", String::as_str);
    let channel = Channel::from_name(&of.channel).expect("cases have channels");
    let reason = of.texts.get("reason").map(|path| Reason {
        path: path.into(),
        provenance: Provenance::Qualified,
        version: Version::default(),
    });
    let steps = of.inside.iter().filter(|inside| inside.kind.is_none());
    let page = |inside: &brute::Happening| Text::from(inside.page.as_deref().unwrap_or(""));
    let steps = steps.map(|inside| Step {
        at: Millis(inside.at),
        name: inside.step.as_deref().unwrap_or("").into(),
        status: StepStatus::from_name(inside.status.as_deref().unwrap_or(""))
            .expect("steps of cases have a status"),
        page: page(inside),
    });
    let kept = of.inside.iter().filter_map(|inside| {
        Some(Kept {
            at: Millis(inside.at),
            kind: Kind::from_name(channel, inside.kind.as_deref()?),
            page: page(inside),
        })
    });
    let attributes = of
        .texts
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("attributes.")?.into(), value.into())));
    let contact = Contact {
        channel,
        source: (&of.source).into(),
        contact_id: (&of.id).into(),
        root_contact_id: (&of.id).into(),
        thread_id: text("thread").into(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: Vec::new(),
        medium: text("medium").into(),
        direction: Direction::from_name(text("direction")).expect("cases have directions"),
        initiation: Initiation::from_name(text("initiation")).expect("cases have initiations"),
        started_at: Millis(of.start),
        ended_at: Millis(of.end),
        end_kind: if of.is_open {
            EndKind::Open
        } else {
            EndKind::Stated
        },
        silent_at: None,
        outcome: Outcome::from_name(text("outcome")),
        wait_ms: of.wait,
        handle_ms: None,
        reason,
        queue: Text::default(),
        agent: Text::default(),
        team: Text::default(),
        site: Text::default(),
        tier: text("tier").into(),
        party: text("party").into(),
        page: text("page").into(),
        disposition: text("disposition").into(),
        may_contact: None,
        due_at: of.due_at.map(Millis),
        extra_cost: None,
        satisfaction: of.score.map(Money),
        legs: u32::try_from(of.legs).expect("cases have few legs"),
        steps: steps.collect(),
        has_counting_step: false,
        attributes: attributes.collect(),
    };
    Told {
        contact,
        kept: kept.collect(),
    }
}

fn signal(of: &brute::Signal) -> Signal {
    let attributes = of.texts.iter().filter_map(|(key, value)| {
        Some((key.strip_prefix("attributes.")?.into(), Some(value.into())))
    });
    Signal {
        tenant: Text::default(),
        name: SignalName::from_name(&of.name).expect("cases have signals"),
        event_id: (&of.id).into(),
        occurred_at: Millis(of.at),
        source: (&of.source).into(),
        channel: of.channel.as_deref().and_then(Channel::from_name),
        contact_id: Text::default(),
        root_contact_id: Text::default(),
        thread_id: Text::default(),
        identifiers: Vec::new(),
        due_at: of.due_at.map(Millis),
        purpose: of.texts.get("purpose").map_or("", String::as_str).into(),
        amount: of.amount.map(Money),
        score: of.score.map(Money),
        scale: None,
        attributes: attributes.collect(),
    }
}

fn clock(of: &brute::Clock) -> SourceClock {
    let channels = of.brings.iter().filter_map(|word| Channel::from_name(word));
    let signals = of
        .brings
        .iter()
        .filter_map(|word| SignalName::from_name(word));
    SourceClock {
        name: (&of.name).into(),
        channels: ChannelSet::of(&channels.collect::<Vec<Channel>>()),
        signals: signals.collect(),
        seen: Millis(of.seen),
        settled: Millis(of.settled),
        silent_from: of.silent_from.map(Millis),
    }
}

/// What the matcher says, in the oracle's words.
pub(super) fn entries(
    set: &RuleSet,
    customer: &brute::Customer,
    clocks: &[brute::Clock],
) -> Vec<brute::Entry> {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    let week = [Mon, Tue, Wed, Thu, Fri];
    let calendar = Calendar::new("Europe/Paris", &week, &[HOLIDAY.to_string()]);
    let calendar = calendar.expect("the zone is there");
    let told: Vec<Told> = customer.contacts.iter().map(told).collect();
    let signals: Vec<Signal> = customer.signals.iter().map(signal).collect();
    let mut history = History::default();
    for (told, of) in told.iter().zip(&customer.contacts) {
        let mut seen = Seen::new(&told.contact, of.follower, &told.kept);
        if !of.has_opened {
            seen = Seen::unopened(&told.contact, &told.kept);
            seen.follower = of.follower;
        }
        seen.automatic = of.automatic;
        history.contacts.push(seen);
    }
    for (signal, of) in signals.iter().zip(&customer.signals) {
        history.signals.push(Heard {
            signal,
            contact: of.contact,
            copy: of.is_copy,
        });
    }
    let clocks: Vec<SourceClock> = clocks.iter().map(clock).collect();
    let times = set.times(&clocks);
    let entries = set.entries(&history, &calendar, &times, REASON_DEPTH, Millis::MIN);
    let each = entries.iter().map(|entry| said(set, entry, &history));
    each.collect()
}

fn said(set: &RuleSet, entry: &Entry, history: &History<'_>) -> brute::Entry {
    let label = |of: &Option<MomentRef>| match of {
        None => String::new(),
        Some(MomentRef::Contact(place)) => {
            let contact = history.contacts[*place as usize].contact;
            format!("{} {}", contact.channel.name(), contact.contact_id)
        }
        Some(MomentRef::Inside(place, inside)) => {
            let seen = &history.contacts[*place as usize];
            let happening = &seen.inside[*inside as usize];
            let kind = happening.kind.map_or("", |kind| kind.name());
            let (channel, id) = (seen.contact.channel.name(), &seen.contact.contact_id);
            format!("{channel} {id} {kind}{}@{}", happening.step, happening.at.0)
        }
        Some(MomentRef::Signal(place)) => {
            format!(
                "signal {}",
                history.signals[*place as usize].signal.event_id
            )
        }
    };
    let state = match &entry.state {
        State::Open { until: None } => "open".to_string(),
        State::Open { until: Some(until) } => format!("open until {}", until.0),
        State::HeldBack { sources, .. } => {
            let mut sources: Vec<&str> = sources.iter().map(Text::as_str).collect();
            sources.sort_unstable();
            format!("held back by {}", sources.join(","))
        }
        State::Broken { decided_at } => format!("broken {}", decided_at.0),
        State::Fulfilled { step, at } => format!("fulfilled {} by {step}", at.0),
    };
    brute::Entry {
        rule: set.rules()[entry.rule].name.to_string(),
        at: entry.entered_at.0,
        steps: entry.steps.iter().map(label).collect(),
        state,
    }
}
