//! Semantics §5: windows and readings, by the definitions of the page.

use jiff::civil::{Date, Time};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan};

use super::config::{Config, Extent, Reading, Window};
use super::contacts::Contact;
use super::roles::{Counted, Prior};
use super::{Moment, World};

/// What a reading says of one contact. Other contacts are places in the customer's list.
#[derive(Clone, Debug)]
pub struct Row {
    /// `pending repeated retried resolved lost undecidable ineligible`.
    pub verdict: &'static str,
    /// T ≥ due_at, or nothing can come any more.
    pub is_final: bool,
    /// `repeat` or `retry`.
    pub class: Option<&'static str>,
    /// The prior.
    pub prior: Option<usize>,
    /// From the prior's anchor, milliseconds.
    pub gap_ms: Option<i64>,
    /// It starts before the prior's end.
    pub overlap: Option<bool>,
    /// |P(c)| + 1.
    pub count: Option<i64>,
    /// Place in the session, from 1.
    pub rank: Option<i64>,
    /// First contact of the session.
    pub session: Option<usize>,
    /// The first follower in the window.
    pub next: Option<usize>,
    /// It could have settled the matter.
    pub origin: bool,
    /// The prior is on another channel.
    pub channel_changed: Option<bool>,
    /// First instant at which the window is passed, UTC milliseconds.
    pub due_at: Option<i64>,
    /// The window of the contact is passed, whatever its verdict.
    pub is_due: bool,
}

impl Window {
    /// Where the window of a contact begins.
    fn anchor(&self, counted: &Counted) -> Moment {
        if self.from_start {
            counted.start
        } else {
            counted.end
        }
    }
}

/// Whether a follower that starts at `start` is inside the window, by local dates.
pub fn is_inside(window: &Window, anchor: Moment, start: Moment, config: &Config) -> bool {
    match window.extent {
        Extent::Rolling(length) => start.at - anchor.at <= length,
        Extent::CalendarDays(days) => start.date <= add_days(anchor.date, days),
        Extent::BusinessDays(days) => {
            let (mut date, mut worked) = (anchor.date, 0);
            while date < start.date && worked <= days {
                date = add_days(date, 1);
                worked += i64::from(is_working_day(date, config));
            }
            worked <= days
        }
    }
}

/// The first instant at which a window is passed, UTC milliseconds.
pub fn due_at(window: &Window, anchor: Moment, config: &Config) -> i64 {
    match window.extent {
        Extent::Rolling(length) => anchor.at + length + 1,
        Extent::CalendarDays(days) => {
            let next = anchor.date.checked_add((days + 1).days());
            next.map_or(i64::MAX, |next| start_of_day(next, config))
        }
        Extent::BusinessDays(days) => {
            let (mut date, mut worked) = (anchor.date, 0);
            while worked <= days && date < Date::MAX {
                date = add_days(date, 1);
                worked += i64::from(is_working_day(date, config));
            }
            start_of_day(date, config)
        }
    }
}

fn add_days(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}

fn is_working_day(date: Date, config: &Config) -> bool {
    config.week.contains(&date.weekday()) && !config.holidays.contains(&date)
}

/// The first instant of a local day, UTC milliseconds.
fn start_of_day(date: Date, config: &Config) -> i64 {
    let zone = &config.time_zone;
    let midnight = date.to_datetime(Time::midnight());
    let instant = match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(midnight).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(midnight).ok(),
        AmbiguousOffset::Gap { before, .. } => {
            // Counted on without the change, midnight falls on or after it: the change is the
            // last one up to there.
            let counted_on = before.to_timestamp(midnight).ok();
            let just_after =
                counted_on.and_then(|instant| instant.checked_add(1.nanosecond()).ok());
            just_after.and_then(|instant| Some(zone.preceding(instant).next()?.timestamp()))
        }
    };
    instant.map_or(i64::MAX, Timestamp::as_millisecond)
}

/// A reason cut to the levels that are compared.
fn compared_reason<'a>(contact: &'a Contact, config: &Config) -> Option<Vec<&'a str>> {
    let (_, path) = contact.reason.as_ref()?;
    Some(path.split('/').take(config.reason_depth).collect())
}

/// One row per contact of a known customer, given in order; none where the channel is out of scope.
pub fn evaluate(reading: &Reading, contacts: &[Counted], world: &World) -> Vec<Option<Row>> {
    let mut rows: Vec<Option<Row>> = Vec::new();
    for place in 0..contacts.len() {
        let contact = &contacts[place];
        let row = if !is_in_scope(reading, contact) {
            None
        } else if !contact.has_part() {
            Some(apart(contact, true))
        } else {
            Some(row_of(place, reading, contacts, &rows, world))
        };
        rows.push(row);
    }
    rows
}

/// The row of a contact of an unknown customer.
pub fn evaluate_unknown(reading: &Reading, contact: &Counted) -> Option<Row> {
    is_in_scope(reading, contact).then(|| apart(contact, false))
}

fn is_in_scope(reading: &Reading, contact: &Counted) -> bool {
    reading.scope.channels.contains(&contact.contact().channel)
}

/// A row without class, prior, gap, count, rank, session and next.
fn apart(contact: &Counted, is_known: bool) -> Row {
    let is_eligible = contact.prior != Prior::None;
    debug_assert!(
        !(is_eligible && is_known),
        "a known contact with a prior role takes part"
    );
    Row {
        verdict: if is_eligible {
            "undecidable"
        } else {
            "ineligible"
        },
        is_final: !contact.contact().is_open(),
        class: None,
        prior: None,
        gap_ms: None,
        overlap: None,
        count: None,
        rank: None,
        session: None,
        next: None,
        origin: false,
        channel_changed: None,
        due_at: None,
        is_due: false,
    }
}

/// The row of a contact that takes part; `rows` are those of the contacts before it.
fn row_of(
    place: usize,
    reading: &Reading,
    contacts: &[Counted],
    rows: &[Option<Row>],
    world: &World,
) -> Row {
    let window = &reading.window;
    let counted = &contacts[place];
    let contact = counted.contact();
    let own_reason = compared_reason(contact, &world.config);
    let meets = |other: &Counted| {
        let reason = || compared_reason(other.contact(), &world.config);
        is_in_scope(reading, other)
            && other.has_part()
            && (!reading.same_reason || (own_reason.is_some() && own_reason == reason()))
    };
    let earlier: Vec<usize> = (0..place)
        .filter(|other| meets(&contacts[*other]))
        .collect();
    let anchor_of = |other: usize| window.anchor(&contacts[other]);
    let is_prior = |other: &usize| {
        contacts[*other].prior != Prior::None
            && is_inside(window, anchor_of(*other), counted.start, &world.config)
    };
    let priors: Vec<usize> = earlier.iter().copied().filter(is_prior).collect();
    let prior = priors
        .iter()
        .copied()
        .max_by_key(|other| (anchor_of(*other).at, *other));

    let is_answered = |other: &usize| contacts[*other].prior == Prior::Answered;
    let class = match priors.iter().any(is_answered) {
        _ if !counted.follower || priors.is_empty() => None,
        true => Some("repeat"),
        false => Some("retry"),
    };
    let running = earlier.last().filter(|_| !priors.is_empty());
    let before = running.and_then(|before| rows[*before].as_ref());

    let own_anchor = anchor_of(place);
    let first_follower = (place + 1..contacts.len())
        .find(|other| meets(&contacts[*other]) && contacts[*other].follower);
    let next = first_follower
        .filter(|next| is_inside(window, own_anchor, contacts[*next].start, &world.config));

    let due_at = due_at(window, own_anchor, &world.config);
    let is_due = world.end_of_time >= due_at;
    let is_undecidable = reading.same_reason && own_reason.is_none();
    let verdict = match counted.prior {
        Prior::None => "ineligible",
        _ if is_undecidable => "undecidable",
        Prior::Answered if next.is_some() => "repeated",
        Prior::Abandoned if next.is_some() => "retried",
        _ if !is_due => "pending",
        Prior::Answered => "resolved",
        Prior::Abandoned => "lost",
    };
    let is_decided = !matches!(verdict, "ineligible" | "undecidable");
    let prior_contact = prior.map(|prior| contacts[prior].contact());
    Row {
        verdict,
        is_final: if is_decided {
            is_due
        } else {
            !contact.is_open()
        },
        class,
        prior,
        gap_ms: prior.map(|prior| (contact.start - anchor_of(prior).at).max(0)),
        overlap: prior_contact.map(|prior| contact.start < prior.end),
        count: Some(priors.len() as i64 + 1),
        rank: Some(before.and_then(|before| before.rank).unwrap_or(0) + 1),
        session: before.and_then(|before| before.session).or(Some(place)),
        next,
        origin: counted.origin && class != Some("repeat") && is_decided,
        channel_changed: prior_contact.map(|prior| contact.channel != prior.channel),
        due_at: is_decided.then_some(due_at),
        is_due,
    }
}
