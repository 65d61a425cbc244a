//! What is let go of: contacts whose retention is over, and what goes on of them.
//!
//! The chain is read in order, from the oldest contact to the newest. What a contact leaves behind
//! for those after it is little: which priors' windows are still open, which session is running,
//! which alert stands. So the reading stops at a cut, and goes on from there later as if it had
//! never stopped: what is said of the contacts after the cut is the same, to the last digit.

use crate::alerts::SoFar;
use crate::chain::{self, Chain, Held, Link};
use crate::readings::{self, Run, Runs};
use crate::sessions;
use crate::tell::State;
use crate::{Customers, join};
use model::{
    Alert, Channel, Contact, ContactName, EndKind, Millis, PriorRole, Provenance, Resolved,
    Session, Text, Upsert,
};
use rules::Quarantine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Two local days and what a clock change adds, in milliseconds: so much is let go of in one go,
/// and a customer is looked at once a day at most.
const TWO_DAYS_MS: i64 = 50 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// What goes on of contacts that were let go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Past {
    /// The contacts that later ones still speak of, bare, in order: the chain begins with them.
    pub(crate) contacts: Vec<Contact>,
    /// The chains that are still running.
    runs: Vec<PastRun>,
    /// Local days that quarantine the customer, ascending.
    pub(crate) heavy_days: Vec<i64>,
    /// Of each policy, by name and version, the start of the contact of its last standing alert.
    standing: Vec<(Text, u32, Millis)>,
}

/// Where the chain of a reading stands at the cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PastRun {
    /// The reading, by its number.
    reading: u16,
    /// The first levels of the reason that its contacts share; empty where any reason will do.
    reason: Text,
    /// Priors whose window is open, by `due_at`.
    active: Vec<(Millis, PriorRole)>,
    /// The prior with the latest anchor: the anchor, and its place in [`Past::contacts`].
    latest: (Millis, u16),
    /// The running session's first contact: its place in [`Past::contacts`].
    session: u16,
    rank: u32,
    /// What the session came to, where sessions or alerts of the reading are told.
    so_far: Option<Box<PastSession>>,
}

/// A session up to the cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PastSession {
    session: Session,
    /// Its latest origin; empty if there is none.
    origin: Text,
}

impl Past {
    /// Whether a contact was let go and is still spoken of: what was told of it stands.
    pub(crate) fn holds(&self, name: &ContactName) -> bool {
        self.contacts.iter().any(|contact| contact.name() == *name)
    }

    fn run_of(&self, reading: u16, session: usize) -> Option<&PastSession> {
        let is_it = |run: &&PastRun| run.reading == reading && usize::from(run.session) == session;
        self.runs.iter().find(is_it)?.so_far.as_deref()
    }

    /// What a session of a reading came to before the cut; `None` if it began after.
    pub(crate) fn session(&self, reading: u16, session: usize) -> Option<Session> {
        self.run_of(reading, session)
            .map(|past| past.session.clone())
    }

    /// The same, as an alert speaks of it.
    pub(crate) fn so_far(&self, reading: u16, session: usize) -> Option<SoFar> {
        let past = self.run_of(reading, session)?;
        Some(SoFar {
            origin: past.origin.clone(),
            channels: past.session.channels.clone(),
            reasons: past.session.reasons.clone(),
            cost: past.session.cost,
        })
    }

    /// The start of the contact of a policy's last standing alert.
    pub(crate) fn standing_at(&self, policy: &rules::Policy) -> Option<Millis> {
        let is_it = |(name, version, _): &&(Text, u32, Millis)| {
            *name == policy.name && *version == policy.version
        };
        self.standing.iter().find(is_it).map(|(_, _, at)| *at)
    }

    /// The reasons by which chains of mode `same` are running.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = &str> {
        let reasons = self.runs.iter().map(|run| run.reason.as_str());
        reasons.filter(|reason| !reason.is_empty())
    }

    /// Lets the chains of a reading go on; `group` says by which number a reason is known.
    pub(crate) fn resume(
        &self,
        reading: u16,
        runs: &mut Runs,
        group: impl Fn(&str) -> Option<u32>,
    ) {
        let of_reading = self.runs.iter();
        for past in of_reading.filter(|run| run.reading == reading) {
            let Some(group) = group(&past.reason) else {
                continue;
            };
            let (anchor_at, latest) = past.latest;
            *runs.of(group) = Run::resumed(
                past.active.clone(),
                (anchor_at, u32::from(latest)),
                u32::from(past.session),
                past.rank,
            );
        }
    }

    /// The contacts that the chain begins with.
    pub(crate) fn upserts(&self) -> impl Iterator<Item = Upsert> {
        self.contacts.iter().map(|contact| Upsert {
            contact: contact.clone(),
            version: 0,
            resolved: Resolved::Unknown,
            moved: false,
        })
    }
}

impl Customers {
    /// Lets go of the contacts whose retention is over, if there are any, and says when to look
    /// again. What there was to tell of them was told.
    pub(crate) fn let_go(&self, key: &str, state: &mut State, now: Millis) {
        let Some(keep_ms) = self.settings.keep_ms else {
            return;
        };
        state.let_go_at = due_at(state, keep_ms);
        if state.let_go_at.is_none_or(|at| at > now) {
            return;
        }
        if !self.known.is_alone(now) {
            state.let_go_at = Some(now.plus(DAY_MS));
            return;
        }
        let before = now.minus(keep_ms);
        if let Some(day) = self.cut_day(key, state, before, keep_ms) {
            self.cut(key, state, day);
        }
        let from = self
            .settings
            .calendar
            .day_start(self.settings.calendar.local_day(before));
        let is_held = |alert: &Alert| state.held.contains_key(&alert.contact);
        state
            .alerts
            .retain(|_, alert| alert.event_at >= from || is_held(alert));
        let held = |name: &ContactName| state.held.contains_key(name);
        let mut journeys = std::mem::take(&mut state.beside.journeys);
        journeys.retain(|_, journey| {
            journey.entered_at >= from || state.beside.is_begun_by(&journey.entered_by, held)
        });
        state.beside.journeys = journeys;
        if state.held.is_empty() && state.alerts.is_empty() && state.beside.is_empty() {
            *state = State::default();
            return;
        }
        // What could not be let go of yet is looked at again in a day.
        state.let_go_at = due_at(state, keep_ms).map(|at| at.max(now.plus(DAY_MS)));
    }

    /// The local day before which everything can be let go: everything that started before has
    /// ended before the instant, and nothing that started before is one contact with something
    /// that did not.
    fn cut_day(&self, key: &str, state: &State, before: Millis, keep_ms: i64) -> Option<i64> {
        let calendar = &self.settings.calendar;
        let held = || state.held.values().map(|upsert| &upsert.contact);
        let needed = held().filter(|contact| last_at(contact, keep_ms) >= before);
        let beside = || state.beside.times();
        let needed_beside =
            beside().filter(|(at, last_at)| *last_at.min(&at.plus(keep_ms)) >= before);
        let needed = needed.map(|contact| contact.started_at);
        let needed_from = needed.chain(needed_beside.map(|(at, _)| at)).min();
        let mut day = calendar.local_day(needed_from.unwrap_or(before).min(before));
        loop {
            let from = calendar.day_start(day);
            let latest = held().map(|contact| contact.started_at);
            let latest = latest.chain(beside().map(|(at, _)| at));
            let latest = latest.filter(|started_at| *started_at < from).max()?;
            // What rules look at lies on one side of the cut, so that what began behind it still
            // finds all that came after.
            if !self.settings.rules.is_empty() {
                let across = held().filter(|one| one.started_at < from && one.ended_at >= from);
                let across = across.map(|contact| contact.started_at);
                let booked = beside().filter(|(at, last_at)| *at < from && *last_at >= from);
                let booked = booked.filter(|(_, last_at)| *last_at < before);
                let across = across.chain(booked.map(|(at, _)| at)).min();
                if let Some(across) = across {
                    day = calendar.local_day(across);
                    continue;
                }
            }
            if !self.is_joined_across(key, state, from) {
                return Some(day);
            }
            day = calendar.local_day(latest);
        }
    }

    fn is_joined_across(&self, key: &str, state: &State, from: Millis) -> bool {
        let all = || chain::split(&self.settings, key, state.held(), &state.past).0;
        let is_before = |held: &Held| held.contact.started_at < from;
        let (before, after): (Vec<_>, Vec<_>) = all().into_iter().partition(is_before);
        let wholes = |parts| join::joined(&self.settings, parts, &mut Vec::new()).len();
        wholes(before) + wholes(after) != wholes(all())
    }

    /// Lets go of everything that started before a local day.
    fn cut(&self, key: &str, state: &mut State, day: i64) {
        let settings = &self.settings;
        let from = settings.calendar.day_start(day);
        // The chain is looked at while what is held is let go of: it has copies.
        let copies = state.held.values().cloned().map(Held::Own).collect();
        let chain = Chain::of(settings, key, copies, &state.past);
        let links = chain.links.iter();
        let cut = links
            .take_while(|link| link.contact().started_at < from)
            .count();
        let mut gone: BTreeSet<ContactName> = names(&chain.links[..cut]);
        let unknown = chain.unknown.iter();
        let unknown = unknown.filter(|link| link.contact().started_at < from);
        gone.extend(unknown.map(|link| link.contact().name()));
        let left = state.held.values().map(|upsert| upsert.contact.started_at);
        let past = match left.filter(|started_at| *started_at >= from).min() {
            None => Past::default(),
            Some(first_at) => self.past_at(key, &chain, cut, first_at, state),
        };
        state
            .held
            .retain(|_, upsert| upsert.contact.started_at >= from);
        let held = &state.held;
        state.beside.cut(from, |name| held.contains_key(name));
        let spoken_of: BTreeSet<ContactName> = past.contacts.iter().map(Contact::name).collect();
        let in_order = &chain.links[chain.first.min(cut)..cut];
        state.let_go_counted(self, &gone, in_order, &spoken_of);
        state.told.retain(|name, _| !gone.contains(name));
        state.hidden.retain(|name, _| !gone.contains(name));
        let headline = self.known.number(settings.readings.headline);
        let running = past.runs.iter();
        let running = running.filter(|run| run.reading == headline);
        let running: BTreeSet<ContactName> = running
            .map(|run| past.contacts[usize::from(run.session)].name())
            .collect();
        let left = names(&chain.links[cut..]);
        let is_left = |first: &ContactName| left.contains(first) || running.contains(first);
        state.let_go_counted_sessions(is_left);
        state.sessions.retain(|first, _| is_left(first));
        let former_cut = chain.cut;
        state.past = past;
        let left_cut = Chain::of(settings, key, state.held(), &state.past).cut;
        state.keep_cut(former_cut, left_cut);
    }

    /// What goes on at a cut behind which the first contact starts at `first_at`.
    fn past_at(
        &self,
        key: &str,
        chain: &Chain,
        cut: usize,
        first_at: Millis,
        state: &State,
    ) -> Past {
        let settings = &self.settings;
        let mut kept: Vec<usize> = self.lending(chain, cut, first_at);
        kept.extend(busy(chain, cut, first_at));
        let so_far = readings::up_to(self, chain, &state.past, cut, first_at);
        for (_, _, run) in &so_far.running {
            kept.extend(run.latest().map(|(_, place)| place));
            kept.push(run.session());
        }
        kept.sort_unstable();
        kept.dedup();
        let place = |place: usize| kept.partition_point(|kept| *kept < place) as u16;
        let told = |reading: usize| {
            let mut policies = settings.policies.iter();
            reading == settings.readings.headline
                || policies.any(|policy| policy.reading == reading)
        };
        let past_run = |(reading, reason, run): &(usize, Text, Run)| {
            let (latest_at, latest) = run.latest()?;
            let first = run.session();
            Some(PastRun {
                reading: self.known.number(*reading),
                reason: reason.clone(),
                active: run.active().to_vec(),
                latest: (latest_at, place(latest)),
                session: place(first),
                rank: run.rank(),
                so_far: told(*reading).then(|| {
                    let (rows, past) = (&so_far.rows, &state.past);
                    let reading = (*reading, self.known.number(*reading));
                    let (session, origin) = sessions::up_to(chain, rows, reading, first, cut, past);
                    Box::new(PastSession { session, origin })
                }),
            })
        };
        let day = settings.calendar.local_day(first_at) - Quarantine::DAYS_AFTER;
        Past {
            runs: so_far.running.iter().filter_map(past_run).collect(),
            contacts: kept
                .iter()
                .map(|place| bare(chain.links[*place].contact()))
                .collect(),
            heavy_days: self.heavy_days(key, state, day, first_at),
            standing: self.standing(state, first_at),
        }
    }

    /// Visits before the cut that may lend their reason to a contact behind it.
    fn lending(&self, chain: &Chain, cut: usize, first_at: Millis) -> Vec<usize> {
        let within_ms = self.settings.page_reason_within_ms;
        let lends = |place: &usize| {
            let contact = chain.links[*place].contact();
            let reason = contact.reason.as_ref();
            contact.channel == Channel::Web
                && reason.is_some_and(|reason| reason.provenance == Provenance::Page)
                && first_at.since(contact.ended_at) <= within_ms
        };
        (0..cut).filter(lends).collect()
    }

    fn heavy_days(&self, key: &str, state: &State, from: i64, first_at: Millis) -> Vec<i64> {
        let until = self.settings.calendar.local_day(first_at);
        let held = state.held.values().map(|upsert| &upsert.contact);
        let quarantine = chain::quarantine(&self.settings, key, held, &state.past);
        let days = quarantine.heavy_days().iter().copied();
        days.filter(|day| (from..until).contains(day)).collect()
    }

    /// The last standing alert before the cut of every policy whose cool-down goes on.
    fn standing(&self, state: &State, first_at: Millis) -> Vec<(Text, u32, Millis)> {
        let mut standing = Vec::new();
        for policy in &self.settings.policies {
            let of_policy = state.alerts.values().filter(|alert| {
                alert.policy == policy.name
                    && alert.policy_version == policy.version
                    && alert.status != model::AlertStatus::Withdrawn
                    && alert.event_at < first_at
            });
            let latest = of_policy.map(|alert| alert.event_at).max();
            let latest = latest.max(state.past.standing_at(policy));
            if let Some(at) = latest.filter(|at| first_at.since(*at) < policy.cool_down_ms) {
                standing.push((policy.name.clone(), policy.version, at));
            }
        }
        standing
    }
}

/// When the oldest contacts may be let go of.
fn due_at(state: &State, keep_ms: i64) -> Option<Millis> {
    let held = || state.held.values().map(|upsert| &upsert.contact);
    let first = held().map(|contact| contact.started_at).min();
    let of_day = first.map(|first| {
        let of_day = held().filter(|contact| contact.started_at.since(first) < DAY_MS);
        let last = of_day.map(|contact| last_at(contact, keep_ms)).max();
        last.unwrap_or(first)
    });
    let alerts = state.alerts.values().map(|alert| alert.event_at);
    let beside = state.beside.times();
    let beside = beside.map(|(at, last_at)| last_at.min(at.plus(keep_ms)));
    let journeys = state.beside.journeys.values();
    let journeys = journeys.map(|journey| journey.entered_at);
    let others = alerts.chain(beside).chain(journeys);
    let first = of_day.into_iter().chain(others).min();
    first.map(|at| at.plus(keep_ms).plus(TWO_DAYS_MS))
}

/// When a contact was last going on. One that states an end in a far future holds up the others for
/// one more retention, not for ever.
fn last_at(contact: &Contact, keep_ms: i64) -> Millis {
    match contact.end_kind {
        EndKind::Open => contact.silent_at.unwrap_or(contact.ended_at),
        EndKind::Stated | EndKind::Inferred => contact.ended_at,
    }
    .max(contact.due_at.unwrap_or(Millis::MIN))
    .min(contact.started_at.plus(keep_ms))
}

/// The call, chat or video chat before the cut that went on for longest, if it goes on behind it.
fn busy(chain: &Chain, cut: usize, first_at: Millis) -> Option<usize> {
    let talks = |place: &usize| {
        let channel = chain.links[*place].contact().channel;
        matches!(channel, Channel::Phone | Channel::Chat | Channel::Video)
    };
    let longest = (0..cut)
        .filter(talks)
        .max_by_key(|place| chain.links[*place].contact().ended_at)?;
    (chain.links[longest].contact().ended_at >= first_at).then_some(longest)
}

fn names(links: &[Link]) -> BTreeSet<ContactName> {
    links.iter().map(|link| link.contact().name()).collect()
}

/// What others need of a contact: its name, when it was, and what it may lend.
fn bare(contact: &Contact) -> Contact {
    Contact {
        root_contact_id: Text::default(),
        thread_id: Text::default(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: Vec::new(),
        medium: Text::default(),
        queue: Text::default(),
        agent: Text::default(),
        team: Text::default(),
        site: Text::default(),
        tier: Text::default(),
        party: Text::default(),
        page: Text::default(),
        disposition: Text::default(),
        steps: Vec::new(),
        attributes: Vec::new(),
        ..contact.clone()
    }
}
