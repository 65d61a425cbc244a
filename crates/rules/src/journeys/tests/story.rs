//! Stories: what a customer did, as text, and what rules say of it.
//!
//! A line is a channel, an id, a start, and `key=value` pairs; a signal is `signal`, its name, its
//! time and pairs. Times are `DAY/HH:MM[:SS[.mmm]]` of June 2026 in UTC; the 1st is a Monday. Steps are
//! `steps=NAME:STATUS@TIME[,...]`, kinds `kinds=NAME@TIME[,...]`.

use super::super::{
    Entry, Heard, History, Kept, MomentRef, RuleSet, Seen, SourceClock, State, StepTrace,
};
use calendar::{Calendar, Weekday};
use model::{
    Channel, Contact, Direction, EndKind, Initiation, Kind, Millis, Outcome, Provenance, Reason,
    Signal, SignalName, Step, StepStatus, Text, Version,
};
use std::fmt::Write as _;

const JUNE: i64 = 1_780_272_000_000; // 2026-06-01T00:00:00Z

pub(super) fn calendar() -> Calendar {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    Calendar::new("UTC", &[Mon, Tue, Wed, Thu, Fri], &[]).unwrap()
}

/// The instant of a text.
pub(super) fn at(text: &str) -> Millis {
    let (day, time) = text
        .split_once('/')
        .unwrap_or_else(|| panic!("no day: {text}"));
    let mut parts = time.split(':');
    let mut number = || {
        parts
            .next()
            .map_or(0.0, |part| part.parse::<f64>().unwrap())
    };
    let (hours, minutes, seconds) = (number(), number(), number());
    let days = day.parse::<f64>().unwrap() - 1.0;
    let total = ((days * 24.0 + hours) * 60.0 + minutes) * 60_000.0 + seconds * 1000.0;
    Millis(JUNE + total.round() as i64)
}

fn time(at: Millis) -> String {
    let total = at.0 - JUNE;
    let (days, rest) = (total.div_euclid(86_400_000), total.rem_euclid(86_400_000));
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, ms) = (rest / 1000 % 60, rest % 1000);
    format!("{}/{hours:02}:{minutes:02}:{seconds:02}.{ms:03}", days + 1)
}

/// A contact of a story with what stands beside it.
struct Told {
    contact: Contact,
    follower: bool,
    opened: bool,
    kept: Vec<Kept>,
}

fn contact(channel: Channel, words: &[&str]) -> Told {
    let started_at = at(words[1]);
    let mut contact = Contact {
        channel,
        source: "default".into(),
        contact_id: words[0].into(),
        root_contact_id: words[0].into(),
        thread_id: Text::default(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: Vec::new(),
        medium: Text::default(),
        direction: Direction::Inbound,
        initiation: Initiation::Customer,
        started_at,
        ended_at: started_at,
        end_kind: EndKind::Stated,
        silent_at: None,
        outcome: None,
        wait_ms: None,
        handle_ms: None,
        reason: None,
        queue: Text::default(),
        agent: Text::default(),
        team: Text::default(),
        site: Text::default(),
        tier: Text::default(),
        party: Text::default(),
        page: Text::default(),
        disposition: Text::default(),
        may_contact: None,
        due_at: None,
        extra_cost: None,
        satisfaction: None,
        legs: 1,
        steps: Vec::new(),
        has_counting_step: false,
        attributes: Vec::new(),
    };
    let (mut follower, mut opened, mut kept) = (true, true, Vec::new());
    for word in &words[2..] {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "end" => contact.ended_at = at(value),
            "open" => contact.end_kind = EndKind::Open,
            "outcome" => contact.outcome = Outcome::from_name(value),
            "direction" => contact.direction = Direction::from_name(value).unwrap(),
            "initiation" => contact.initiation = Initiation::from_name(value).unwrap(),
            "disposition" => contact.disposition = value.into(),
            "due" => contact.due_at = Some(at(value)),
            "wait" => contact.wait_ms = calendar::duration_ms(value),
            "legs" => contact.legs = value.parse().unwrap(),
            "thread" => contact.thread_id = value.into(),
            "tier" => contact.tier = value.into(),
            "reason" => {
                contact.reason = Some(Reason {
                    path: value.into(),
                    provenance: Provenance::Qualified,
                    version: Version::default(),
                });
            }
            "steps" => contact.steps = value.split(',').map(step).collect(),
            "kinds" => {
                let kind = |text: &str| {
                    let (name, when) = text.split_once('@').unwrap();
                    Kept {
                        at: at(when),
                        kind: Kind::from_name(channel, name),
                        page: Text::default(),
                    }
                };
                kept = value.split(',').map(kind).collect();
            }
            "assistance" => follower = false,
            "unopened" => opened = false,
            other => panic!("no such word: {other}"),
        }
    }
    Told {
        contact,
        follower,
        opened,
        kept,
    }
}

fn step(text: &str) -> Step {
    let (name, when) = text.split_once('@').unwrap();
    let (name, status) = name.split_once(':').unwrap_or((name, "completed"));
    Step {
        at: at(when),
        name: name.into(),
        status: StepStatus::from_name(status).unwrap(),
        page: Text::default(),
    }
}

fn signal(words: &[&str]) -> (Signal, bool) {
    let mut signal = Signal {
        tenant: Text::default(),
        name: SignalName::from_name(words[0]).unwrap(),
        event_id: format!("S{}", words[1]).into(),
        occurred_at: at(words[1]),
        source: "default".into(),
        channel: None,
        contact_id: Text::default(),
        root_contact_id: Text::default(),
        thread_id: Text::default(),
        identifiers: Vec::new(),
        due_at: None,
        purpose: Text::default(),
        amount: None,
        score: None,
        scale: None,
        attributes: Vec::new(),
    };
    let mut copy = false;
    for word in &words[2..] {
        match word.split_once('=').unwrap_or((word, "")) {
            ("due", value) => signal.due_at = Some(at(value)),
            ("purpose", value) => signal.purpose = value.into(),
            ("copy", _) => copy = true,
            (other, _) => panic!("no such word: {other}"),
        }
    }
    (signal, copy)
}

/// What the rules that `wanted` names say of a story at the time of the clocks.
pub(super) fn told(
    rules: &RuleSet,
    wanted: &[&str],
    story: &str,
    clocks: &[SourceClock],
) -> String {
    let (mut contacts, mut signals) = (Vec::new(), Vec::new());
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match Channel::from_name(words[0]) {
            Some(channel) => contacts.push(contact(channel, &words[1..])),
            None => signals.push(signal(&words[1..])),
        }
    }
    let mut history = History::default();
    for told in &contacts {
        let mut seen = Seen::new(&told.contact, told.follower, &told.kept);
        seen.opened = told.opened;
        history.contacts.push(seen);
    }
    for (signal, copy) in &signals {
        history.signals.push(Heard {
            signal,
            contact: None,
            copy: *copy,
        });
    }
    let times = rules.times(clocks);
    let entries = rules.entries(&history, &calendar(), &times, usize::MAX, Millis::MIN);
    let mut text = String::new();
    let traced = rules.traced(&history, &calendar(), &times, usize::MAX);
    assert_eq!(entries.len(), traced.len(), "{story}");
    for (entry, (same, trace)) in entries.iter().zip(&traced) {
        assert_eq!(entry, same, "{story}");
        let rule = &rules.rules()[entry.rule];
        agrees(entry, trace, story);
        if wanted.is_empty() || wanted.contains(&rule.name.as_str()) {
            line(&mut text, rule, entry, &history);
        }
    }
    text
}

/// What is said of each step leaves no other state than the entry's.
fn agrees(entry: &Entry, trace: &[StepTrace], story: &str) {
    let of_step = |trace: &StepTrace| match trace {
        StepTrace::Came { by, .. } => Some(*by),
        _ => None,
    };
    let steps: Vec<Option<MomentRef>> = trace.iter().map(of_step).collect();
    assert_eq!(steps, entry.steps, "{story}");
    let over = |(place, trace): (usize, &StepTrace)| match trace {
        StepTrace::Violated { at, .. } | StepTrace::Missed { at } => Some((*at, place)),
        _ => None,
    };
    let over = trace.iter().enumerate().filter_map(over).min();
    let holds = |trace: &StepTrace| {
        use StepTrace::{Absent, Came, Optional};
        let is_passed = matches!(trace, Absent { is_passed, .. } if *is_passed);
        is_passed || matches!(trace, Came { .. } | Optional)
    };
    let state = match entry.state {
        State::Fulfilled { step, at } => over == Some((at, step)),
        State::Broken { .. } | State::HeldBack { .. } => over.is_none() && trace.iter().all(holds),
        State::Open { .. } => over.is_none() && !trace.iter().all(holds),
    };
    assert!(state, "{:?} {trace:?}: {story}", entry.state);
}

fn line(text: &mut String, rule: &super::super::Rule, entry: &Entry, history: &History<'_>) {
    let id = |of: MomentRef| match of {
        MomentRef::Contact(place) => history.contacts[place as usize]
            .contact
            .contact_id
            .to_string(),
        MomentRef::Inside(place, inside) => {
            let seen = &history.contacts[place as usize];
            let happening = &seen.inside[inside as usize];
            let name = happening.kind.map_or(happening.step, |kind| kind.name());
            format!("{}.{name}", seen.contact.contact_id)
        }
        MomentRef::Signal(place) => {
            format!(
                "signal {}",
                history.signals[place as usize].signal.name.name()
            )
        }
    };
    let steps = entry.steps.iter().zip(&rule.steps);
    let steps = steps.filter_map(|(of, step)| Some(format!("{}={}", step.name, id((*of)?))));
    let steps: Vec<String> = steps.collect();
    let state = match &entry.state {
        State::Open { until: None } => "open".to_string(),
        State::Open { until: Some(until) } => format!("open until {}", time(*until)),
        State::HeldBack { until, sources } => {
            format!("held back since {} by {}", time(*until), sources.join(", "))
        }
        State::Broken { decided_at } => format!("BROKEN {}", time(*decided_at)),
        State::Fulfilled { step, at } => {
            format!("fulfilled {} by {}", time(*at), rule.steps[*step].name)
        }
    };
    writeln!(text, "{} [{}] {state}", rule.name, steps.join(" ")).unwrap();
}

/// One of many contacts, a minute apart: a visit with steps, or an abandoned call with a reason of
/// its own.
pub(super) fn nth(nth: u64) -> Contact {
    let id = format!("C{nth}");
    let minutes = nth % 1440;
    let start = format!("{}/{:02}:{:02}", nth / 1440 + 1, minutes / 60, minutes % 60);
    let steps =
        format!("steps=help@{start},form:started@{start},form:failed@{start},payment@{start}");
    let reason = format!("reason=r{nth}");
    match nth % 2 {
        0 => contact(Channel::Web, &[&id, &start, &steps, &reason]).contact,
        _ => contact(Channel::Phone, &[&id, &start, "outcome=abandoned", &reason]).contact,
    }
}
