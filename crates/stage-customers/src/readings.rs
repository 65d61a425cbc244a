//! Every reading of every contact, in one pass for each reading (`docs/semantics.md`, 5).
//!
//! A window's `due_at` never gets earlier when its anchor gets later. So of all earlier priors the
//! one with the latest anchor reaches furthest, and a contact has a prior exactly if that one
//! reaches it. How many reach it is counted by letting them expire in order of their `due_at`.

use crate::chain::{Chain, Link};
use crate::retention::Past;
use crate::{Customers, Settings};
use calendar::Anchor;
use model::{
    Channel, Class, EndKind, Millis, Mode, Now, PriorRole, ReadingResult, Status, Text, Verdict,
};
use std::ops::Range;

/// What the readings say of a contact.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) names: Vec<Text>,
    pub(crate) readings: Vec<ReadingResult>,
    /// Place in the chain of each of `names`.
    places: Vec<u32>,
}

impl Row {
    pub(crate) fn reading(&self, reading: usize) -> Option<&ReadingResult> {
        self.readings
            .iter()
            .find(|result| usize::from(result.reading) == reading)
    }

    /// The chain place that a name stands for.
    pub(crate) fn place(&self, name: Option<u16>) -> Option<usize> {
        name.map(|name| self.places[usize::from(name)] as usize)
    }

    fn name(&mut self, place: usize, links: &[Link]) -> u16 {
        let known = self
            .places
            .iter()
            .position(|known| *known as usize == place);
        let name = known.unwrap_or_else(|| {
            self.places.push(place as u32);
            self.names.push(links[place].contact().contact_id.clone());
            self.names.len() - 1
        });
        name as u16
    }
}

/// The rows of a customer's contacts, and of those that count as unknown.
pub(crate) struct Rows {
    pub(crate) known: Vec<Row>,
    pub(crate) unknown: Vec<Row>,
}

/// No reason: in mode `same` such a contact is compared with nothing.
const NO_GROUP: u32 = u32::MAX;

/// What the loops look at of a contact.
struct View {
    started_at: Millis,
    ended_at: Millis,
    prior: Option<PriorRole>,
    follower: bool,
    origin: bool,
    channel: Channel,
    open: bool,
    /// Contacts with the same reason share a group.
    reason_group: u32,
}

impl View {
    fn takes_part(&self) -> bool {
        self.prior.is_some() || self.follower
    }
}

pub(crate) fn evaluate(customers: &Customers, chain: &Chain, past: &Past, now: &Now) -> Rows {
    let known = walk(customers, chain, past, chain.links.len(), now, |_, _, _| {});
    let unknown = chain
        .unknown
        .iter()
        .map(|link| unknown_row(&customers.settings, &customers.row_order, link));
    Rows {
        known,
        unknown: unknown.collect(),
    }
}

/// How far the readings have come at a place in the chain.
pub(crate) struct UpTo {
    /// The rows of the contacts before it.
    pub(crate) rows: Vec<Row>,
    /// The chains that are running: place of the reading, reason, and where it stands.
    pub(crate) running: Vec<(usize, Text, Run)>,
}

/// How far the readings have come before a place; chains of which no window holds `at` are over.
pub(crate) fn up_to(
    customers: &Customers,
    chain: &Chain,
    past: &Past,
    until: usize,
    at: Millis,
) -> UpTo {
    let mut running = Vec::new();
    let now = &Now::UNKNOWN;
    let rows = walk(
        customers,
        chain,
        past,
        until,
        now,
        |reading, runs, reasons| {
            let mode = customers.settings.readings.list[reading].mode;
            for (group, run) in runs.runs.iter_mut().enumerate() {
                run.expire(at);
                if run.count() > 0 {
                    let reason = match mode {
                        Mode::Any => Text::default(),
                        Mode::Same => reasons[group].into(),
                    };
                    running.push((reading, reason, run.clone()));
                }
            }
        },
    );
    UpTo { rows, running }
}

/// Goes through the chain as far as a place, reading by reading; after each of them `and_then` is
/// shown where its chains stand.
fn walk(
    customers: &Customers,
    chain: &Chain,
    past: &Past,
    until: usize,
    now: &Now,
    mut and_then: impl FnMut(usize, &mut Runs, &[&str]),
) -> Vec<Row> {
    let (settings, row_order) = (&customers.settings, &customers.row_order);
    let (views, reasons) = views(settings, &chain.links, past);
    let dues = dues(settings, &views);
    let followers = next_followers(settings, &views, reasons.len());
    let with_capacity = || Row {
        readings: Vec::with_capacity(row_order.len()),
        ..Row::default()
    };
    let mut rows: Vec<Row> = views.iter().map(|_| with_capacity()).collect();
    let mut runs = Runs::default();
    for reading in row_order {
        let definition = &settings.readings.list[*reading];
        let next = &followers[definition.scope * 2 + definition.mode as usize];
        let due_at = &dues[definition.window];
        let one = OneReading {
            settings,
            reading: *reading,
            views: &views,
            due_at,
            next,
            settled_at: now.settled(settings.followers_of(*reading)),
        };
        runs.reset();
        past.resume(customers.known.number(*reading), &mut runs, |reason| {
            if reason.is_empty() {
                return Some(0);
            }
            let group = reasons.iter().position(|known| *known == reason)?;
            Some(group as u32)
        });
        one.evaluate(chain.first..until, &chain.links, &mut runs, &mut rows);
        and_then(*reading, &mut runs, &reasons);
    }
    rows
}

fn views<'a>(settings: &Settings, links: &'a [Link], past: &'a Past) -> (Vec<View>, Vec<&'a str>) {
    let mut reasons: Vec<&str> = past.reasons().collect();
    let depth = settings.readings.reason_depth;
    let view = |link: &Link, reason_group| View {
        started_at: link.contact().started_at,
        ended_at: link.contact().ended_at,
        prior: link.roles.prior,
        follower: link.roles.follower,
        origin: link.roles.origin,
        channel: link.contact().channel,
        open: link.contact().end_kind == EndKind::Open,
        reason_group,
    };
    let mut views = Vec::with_capacity(links.len());
    for link in links {
        let group = link.contact().reason.as_ref().map(|reason| {
            let path = first_levels(&reason.path, depth);
            let known = reasons.iter().position(|known| *known == path);
            known.unwrap_or_else(|| {
                reasons.push(path);
                reasons.len() - 1
            }) as u32
        });
        views.push(view(link, group.unwrap_or(NO_GROUP)));
    }
    (views, reasons)
}

/// The first levels of a reason path.
fn first_levels(path: &str, depth: usize) -> &str {
    let end = path
        .match_indices('/')
        .nth(depth.saturating_sub(1))
        .map(|(place, _)| place);
    end.map_or(path, |end| &path[..end])
}

/// For each window, the first instant after it for every contact that takes part.
fn dues(settings: &Settings, views: &[View]) -> Vec<Vec<Millis>> {
    let of_window = |window: &calendar::Window| {
        let due_at = |view: &View| {
            if !view.takes_part() {
                return Millis::MIN;
            }
            window.due_at(&settings.calendar, anchor_at(window.anchor, view))
        };
        views.iter().map(due_at).collect()
    };
    settings.windows.iter().map(of_window).collect()
}

fn anchor_at(anchor: Anchor, view: &View) -> Millis {
    match anchor {
        Anchor::Start => view.started_at,
        Anchor::End => view.ended_at,
    }
}

/// For each scope and mode, the place of the first follower after every contact.
fn next_followers(settings: &Settings, views: &[View], reasons: usize) -> Vec<Vec<Option<u32>>> {
    let mut all = Vec::with_capacity(settings.readings.scopes.len() * 2);
    let mut last: Vec<Option<u32>> = Vec::new();
    for scope in &settings.readings.scopes {
        for mode in [Mode::Any, Mode::Same] {
            last.clear();
            last.resize(reasons + 1, None);
            let mut next = vec![None; views.len()];
            for (place, view) in views.iter().enumerate().rev() {
                let group = group(view, mode);
                if !scope.channels.contains(view.channel) || group == NO_GROUP {
                    continue;
                }
                next[place] = last[group as usize];
                if view.follower {
                    last[group as usize] = Some(place as u32);
                }
            }
            all.push(next);
        }
    }
    all
}

fn group(view: &View, mode: Mode) -> u32 {
    match mode {
        Mode::Any => 0,
        Mode::Same => view.reason_group,
    }
}

/// The running state of a group of compared contacts.
#[derive(Clone, Default)]
pub(crate) struct Run {
    /// Priors whose window is running, by `due_at`; those before `expired` have passed.
    active: Vec<(Millis, PriorRole)>,
    expired: usize,
    answered: u32,
    /// The prior with the latest anchor so far.
    latest: Option<(Millis, u32)>,
    session: u32,
    rank: u32,
}

impl Run {
    /// One that goes on from where it stood: the windows that are open, the prior with the latest
    /// anchor, the running session and the rank in it.
    pub(crate) fn resumed(
        active: Vec<(Millis, PriorRole)>,
        latest: (Millis, u32),
        session: u32,
        rank: u32,
    ) -> Run {
        let answered = active
            .iter()
            .filter(|(_, role)| *role == PriorRole::Answered);
        Run {
            answered: answered.count() as u32,
            active,
            expired: 0,
            latest: Some(latest),
            session,
            rank,
        }
    }

    /// Priors whose window is open, by `due_at`.
    pub(crate) fn active(&self) -> &[(Millis, PriorRole)] {
        &self.active[self.expired..]
    }

    /// The prior with the latest anchor: the anchor, and its place in the chain.
    pub(crate) fn latest(&self) -> Option<(Millis, usize)> {
        self.latest.map(|(at, place)| (at, place as usize))
    }

    /// Place in the chain of the running session's first contact.
    pub(crate) fn session(&self) -> usize {
        self.session as usize
    }

    /// Contacts of the session so far.
    pub(crate) fn rank(&self) -> u32 {
        self.rank
    }

    fn expire(&mut self, until: Millis) {
        while let Some((due_at, role)) = self.active.get(self.expired)
            && *due_at <= until
        {
            self.answered -= u32::from(*role == PriorRole::Answered);
            self.expired += 1;
        }
    }

    fn count(&self) -> u32 {
        (self.active.len() - self.expired) as u32
    }

    fn add(&mut self, due_at: Millis, role: PriorRole, anchor_at: Millis, place: u32) {
        let later = self.active[self.expired..]
            .iter()
            .rev()
            .take_while(|(due, _)| *due > due_at);
        let at = self.active.len() - later.count();
        self.active.insert(at, (due_at, role));
        self.answered += u32::from(role == PriorRole::Answered);
        if self
            .latest
            .is_none_or(|(latest_at, _)| latest_at <= anchor_at)
        {
            self.latest = Some((anchor_at, place));
        }
    }
}

/// Reused from reading to reading.
#[derive(Default)]
pub(crate) struct Runs {
    runs: Vec<Run>,
}

impl Runs {
    fn reset(&mut self) {
        for run in &mut self.runs {
            run.active.clear();
            run.expired = 0;
            run.answered = 0;
            run.latest = None;
            run.session = 0;
            run.rank = 0;
        }
    }

    pub(crate) fn of(&mut self, group: u32) -> &mut Run {
        let group = group as usize;
        if self.runs.len() <= group {
            self.runs.resize(group + 1, Run::default());
        }
        &mut self.runs[group]
    }
}

struct OneReading<'a> {
    settings: &'a Settings,
    reading: usize,
    views: &'a [View],
    due_at: &'a [Millis],
    next: &'a [Option<u32>],
    /// Every source that can bring a follower has settled up to here.
    settled_at: Millis,
}

impl OneReading<'_> {
    fn evaluate(&self, places: Range<usize>, links: &[Link], runs: &mut Runs, rows: &mut [Row]) {
        let definition = &self.settings.readings.list[self.reading];
        let channels = self.settings.readings.scopes[definition.scope].channels;
        for place in places {
            let view = &self.views[place];
            if !channels.contains(view.channel) {
                continue;
            }
            let row = &mut rows[place];
            if !view.takes_part() {
                row.readings
                    .push(outside(self.reading, Verdict::Ineligible, view.open));
                continue;
            }
            let result = match group(view, definition.mode) {
                NO_GROUP => self.alone(place, view, links, row),
                group => self.chained(place, view, runs.of(group), links, row),
            };
            row.readings.push(result);
        }
    }

    /// Mode `same` without a reason: compared with nothing.
    fn alone(&self, place: usize, view: &View, links: &[Link], row: &mut Row) -> ReadingResult {
        let verdict = match view.prior {
            Some(_) => Verdict::Undecidable,
            None => Verdict::Ineligible,
        };
        let session = Some(row.name(place, links));
        let result = outside(self.reading, verdict, view.open);
        ReadingResult {
            count: 1,
            rank: 1,
            session,
            ..result
        }
    }

    fn chained(
        &self,
        place: usize,
        view: &View,
        run: &mut Run,
        links: &[Link],
        row: &mut Row,
    ) -> ReadingResult {
        run.expire(view.started_at);
        let priors = run.count();
        let prior = run.latest.filter(|_| priors > 0);
        if priors == 0 {
            run.session = place as u32;
            run.rank = 0;
        }
        run.rank += 1;
        let class = match (view.follower && priors > 0, run.answered > 0) {
            (false, _) => None,
            (true, true) => Some(Class::Repeat),
            (true, false) => Some(Class::Retry),
        };
        let next = self.next_inside(place);
        let mut result = self.judged(place, view, class, next);
        result.class = class;
        result.count = priors + 1;
        result.rank = run.rank;
        result.session = Some(row.name(run.session as usize, links));
        result.next = next.map(|next| row.name(next, links));
        if let Some((anchor_at, prior)) = prior {
            let prior = prior as usize;
            let of_prior = &self.views[prior];
            result.prior = Some(row.name(prior, links));
            result.gap_ms = view.started_at.since(anchor_at).max(0);
            result.overlap = view.started_at < of_prior.ended_at;
            result.channel_changed = view.channel != of_prior.channel;
        }
        if let Some(role) = view.prior {
            let window = &self.settings.windows[self.settings.readings.list[self.reading].window];
            run.add(
                self.due_at[place],
                role,
                anchor_at(window.anchor, view),
                place as u32,
            );
        }
        result
    }

    /// The first later follower, if it starts inside the contact's own window: any other follower
    /// starts no earlier.
    fn next_inside(&self, place: usize) -> Option<usize> {
        let next = self.next[place]? as usize;
        (self.views[next].started_at < self.due_at[place]).then_some(next)
    }

    fn judged(
        &self,
        place: usize,
        view: &View,
        class: Option<Class>,
        next: Option<usize>,
    ) -> ReadingResult {
        let Some(role) = view.prior else {
            return outside(self.reading, Verdict::Ineligible, view.open);
        };
        let due_at = self.due_at[place];
        let passed = self.settled_at >= due_at;
        let verdict = match (next.is_some(), role) {
            (true, PriorRole::Answered) => Verdict::Repeated,
            (true, PriorRole::Abandoned) => Verdict::Retried,
            (false, _) if !passed => Verdict::Pending,
            (false, PriorRole::Answered) => Verdict::Resolved,
            (false, PriorRole::Abandoned) => Verdict::Lost,
        };
        ReadingResult {
            status: if passed {
                Status::Final
            } else {
                Status::Provisional
            },
            origin: view.origin && class != Some(Class::Repeat),
            due_at: Some(due_at),
            ..outside(self.reading, verdict, view.open)
        }
    }
}

/// A row with everything empty but its verdict.
fn outside(reading: usize, verdict: Verdict, open: bool) -> ReadingResult {
    ReadingResult {
        reading: reading as u16,
        verdict,
        status: if open {
            Status::Provisional
        } else {
            Status::Final
        },
        class: None,
        prior: None,
        gap_ms: 0,
        overlap: false,
        channel_changed: false,
        count: 0,
        rank: 0,
        session: None,
        next: None,
        origin: false,
        due_at: None,
        revision: 1,
    }
}

fn unknown_row(settings: &Settings, row_order: &[usize], link: &Link) -> Row {
    let verdict = match link.roles.prior {
        Some(_) => Verdict::Undecidable,
        None => Verdict::Ineligible,
    };
    let open = link.contact().end_kind == EndKind::Open;
    let in_scope = row_order.iter().filter(|reading| {
        let scope = settings.readings.list[**reading].scope;
        settings.readings.scopes[scope]
            .channels
            .contains(link.contact().channel)
    });
    let readings = in_scope
        .map(|reading| outside(*reading, verdict, open))
        .collect();
    Row {
        readings,
        ..Row::default()
    }
}
