//! From the settled rows of one customer to the facts that count.

use crate::Settings;
use crate::contributions::Contributions;
use crate::dimension::{InSession, segment};
use crate::facts::{Facts, Neighbour};
use crate::key::{Group, Key, Slot};
use model::{
    Contact, ContactName, ContactResult, Millis, Mode, Money, Reading, ReadingResult, Resolved,
    Roles, Session, Text,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Families beyond the configured ones, by which satisfaction is always broken down.
pub(crate) const BY_RANK: u8 = u8::MAX;
/// The other of them.
pub(crate) const BY_ORIGIN_CHANNEL: u8 = u8::MAX - 1;
/// Days after an origin's date that are told apart.
pub(crate) const AGE_DAYS_MAX: i32 = 31;

/// Turns rows into contributions, and sums of them into tables.
#[derive(Clone, Debug)]
pub struct Figures {
    pub(crate) settings: Settings,
    /// The reading that says who comes after whom over all channels.
    pub(crate) flow: Option<usize>,
    /// Readings whose origins are followed day by day.
    pub(crate) aged: Vec<usize>,
}

/// A contact with everything that is told of it, where it is held.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The contact.
    pub contact: &'a Contact,
    /// How its customer was found.
    pub resolved: &'a Resolved,
    /// Whether that is anybody.
    pub is_known: bool,
    /// What it counts as.
    pub roles: &'a Roles,
    /// What it cost.
    pub cost: Option<Money>,
    /// Ids of contacts that `readings` speak of, by place.
    pub names: &'a [Text],
    /// What the readings say of it.
    pub readings: &'a [ReadingResult],
}

impl<'a> Told<'a> {
    pub(crate) fn reading(&self, place: usize) -> Option<&'a ReadingResult> {
        let mut readings = self.readings.iter();
        readings.find(|said| usize::from(said.reading) == place)
    }
}

impl<'a> From<&'a ContactResult> for Told<'a> {
    fn from(result: &'a ContactResult) -> Told<'a> {
        Told {
            contact: &result.contact,
            resolved: &result.resolved,
            is_known: !result.customer.is_empty(),
            roles: &result.roles,
            cost: result.cost,
            names: &result.names,
            readings: &result.readings,
        }
    }
}

/// What contacts that were let go leave behind for those after them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// The running sessions of the headline, by what their contacts have in common: the first
    /// contact's channel, and the latest origin.
    running: BTreeMap<Text, (Neighbour, Neighbour)>,
    /// The contacts that later ones may come after, by id.
    priors: Vec<(Text, Neighbour)>,
}

impl Before {
    /// Whether nothing is left behind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.running.is_empty() && self.priors.is_empty()
    }
}

impl Figures {
    /// The figures of a tenant.
    #[must_use]
    pub fn new(settings: Settings) -> Figures {
        let readings = &settings.readings;
        let headline = &readings.list[readings.headline];
        let of_window =
            |reading: &Reading, mode| reading.window == headline.window && reading.mode == mode;
        let is_all = |reading: &Reading| readings.scopes[reading.scope].name == "all";
        let flow = readings
            .list
            .iter()
            .position(|reading| of_window(reading, Mode::Any) && is_all(reading));
        let aged = readings.list.iter().enumerate();
        let aged = aged.filter(|(_, reading)| of_window(reading, headline.mode));
        Figures {
            flow: flow.or((headline.mode == Mode::Any).then_some(readings.headline)),
            aged: aged.map(|(place, _)| place).collect(),
            settings,
        }
    }

    /// Everything that numbers of the same name have to have in common, as a text: a task that
    /// finds another one counts anew.
    #[must_use]
    pub fn terms(&self) -> Text {
        let readings = &self.settings.readings;
        let mut text = format!("figures 1 {}", readings.headline);
        for reading in &readings.list {
            text.push('\n');
            text.push_str(&reading.name);
        }
        for family in &self.settings.families {
            text.push('\n');
            for dimension in &family.dimensions {
                text.push(',');
                text.push_str(&dimension.to_string());
            }
        }
        text.into()
    }

    /// Local date in days since 1970-01-01, and local hour.
    pub(crate) fn local(&self, at: Millis) -> (i32, u8) {
        let calendar = &self.settings.calendar;
        let day = i32::try_from(calendar.local_day(at)).unwrap_or(i32::MAX);
        (day, calendar.local_hour(at))
    }

    /// The local date of an instant, in days since 1970-01-01.
    #[must_use]
    pub fn day(&self, at: Millis) -> i32 {
        self.local(at).0
    }

    pub(crate) fn headline(&self) -> usize {
        self.settings.readings.headline
    }

    /// What the contacts under one customer's key, in any order, and the sessions of their customer
    /// add.
    #[must_use]
    pub fn of_customer(&self, contacts: &[ContactResult], sessions: &[Session]) -> Contributions {
        let mut told: Vec<Told<'_>> = contacts.iter().map(Told::from).collect();
        told.sort_by(|a, b| a.contact.order(b.contact));
        let facts = self.facts(&told, sessions, &Before::default());
        let mut into = Contributions::default();
        let mut days = BTreeSet::new();
        for (told, facts) in told.iter().zip(&facts) {
            self.add_facts(&told.contact.name(), facts, &mut into);
            days.extend(facts.day_of_customer());
        }
        for day in days {
            let of_day = |facts: &&Facts| facts.day_of_customer() == Some(day);
            self.add_day(day, facts.iter().filter(of_day), &mut into);
        }
        for session in sessions {
            self.add_session(&self.session(session), &mut into);
        }
        into
    }

    /// The facts of the contacts under one customer's key. They are in order; those of nobody may
    /// stand anywhere.
    #[must_use]
    pub fn facts(&self, told: &[Told<'_>], sessions: &[Session], before: &Before) -> Vec<Facts> {
        let mut chain: Vec<Placed<'_>> = told.iter().map(|one| self.place(*one)).collect();
        self.look_at_sessions(&mut chain, before);
        look_ahead(&mut chain);
        for placed in &mut chain {
            let families = self.settings.families.iter();
            let told = placed.told;
            let segments = families.map(|family| segment(family, &told, &placed.in_session));
            placed.segments = segments.collect();
        }
        let places = 0..chain.len();
        places
            .map(|at| self.facts_of(&chain, at, sessions, before))
            .collect()
    }

    fn facts_of(
        &self,
        chain: &[Placed<'_>],
        at: usize,
        sessions: &[Session],
        before: &Before,
    ) -> Facts {
        let placed = &chain[at];
        let mut facts = self.of_contact(placed, sessions);
        if placed.told.is_known {
            self.say_readings(chain, at, &mut facts);
            facts.caused = self.caused(chain, at, before);
            facts.avoidable = self.avoidable(chain, at);
        }
        facts
    }

    fn place<'a>(&self, told: Told<'a>) -> Placed<'a> {
        let (day, hour) = self.local(told.contact.started_at);
        Placed {
            told,
            day,
            hour,
            in_session: InSession::default(),
            origin: None,
            next_on: [None; 5],
            segments: Vec::new(),
        }
    }

    /// The reason that contacts of a reading have in common: in mode `any` they need none.
    pub(crate) fn thread<'a>(&self, reading: &Reading, contact: &'a Contact) -> Option<&'a str> {
        match reading.mode {
            Mode::Any => Some(""),
            Mode::Same => {
                let path = contact.reason.as_ref()?.path.as_str();
                let depth = self.settings.readings.reason_depth;
                let cut = path.match_indices('/').nth(depth.saturating_sub(1));
                Some(cut.map_or(path, |(end, _)| &path[..end]))
            }
        }
    }

    /// Finds where the sessions of the headline reading begin, and the origin of each contact.
    fn look_at_sessions<'a>(&self, chain: &mut [Placed<'a>], before: &'a Before) {
        let headline = self.headline();
        let reading = &self.settings.readings.list[headline];
        // By reason in mode `same`: the first contact of the running session, and its last origin.
        let running = before.running.iter();
        let mut running: BTreeMap<&str, (Stands<'a>, Stands<'a>)> = running
            .map(|(thread, (first, origin))| {
                let stands = (Stands::Before(first), Stands::Before(origin));
                (thread.as_str(), stands)
            })
            .collect();
        for at in 0..chain.len() {
            let told = chain[at].told;
            let Some(said) = told.reading(headline).filter(|said| said.count > 0) else {
                continue;
            };
            let here = (Stands::At(at), Stands::At(at));
            let mut of_session = here;
            if let Some(thread) = self.thread(reading, told.contact) {
                let found = running.entry(thread).or_insert(here);
                if said.rank == 1 {
                    *found = here;
                }
                if said.origin {
                    found.1 = here.1;
                }
                of_session = *found;
            }
            let channel = |of: Stands<'_>| match of {
                Stands::At(at) => chain[at].told.contact.channel,
                Stands::Before(neighbour) => neighbour.channel,
            };
            chain[at].in_session = InSession {
                rank: said.rank,
                entry_channel: Some(channel(of_session.0)),
                origin_channel: Some(channel(of_session.1)),
            };
            chain[at].origin = Some(of_session.1);
        }
    }

    /// What contacts that are let go of leave behind: they are in order, and `spoken_of` are the ids
    /// of those that later ones may come after.
    #[must_use]
    pub fn before(
        &self,
        former: &Before,
        gone: &[(&Contact, Facts)],
        spoken_of: &BTreeSet<ContactName>,
    ) -> Before {
        let headline = self.headline();
        let reading = &self.settings.readings.list[headline];
        let mut before = former.clone();
        before.priors.retain(|(id, neighbour)| {
            let mut names = spoken_of.iter();
            names.any(|name| name.contact_id == *id && name.channel == neighbour.channel)
        });
        for (contact, facts) in gone {
            let neighbour = facts.neighbour();
            if spoken_of.contains(&contact.name()) {
                let prior = (contact.contact_id.clone(), neighbour.clone());
                before.priors.push(prior);
            }
            let thread = self.thread(reading, contact);
            let (Some(thread), 1..) = (thread, facts.rank) else {
                continue;
            };
            let here = || (neighbour.clone(), neighbour.clone());
            let found = before.running.entry(thread.into()).or_insert_with(here);
            if facts.rank == 1 {
                *found = here();
            }
            if facts.is_origin(headline) {
                found.1 = neighbour;
            }
        }
        before
    }

    /// What of a session counts.
    #[must_use]
    pub fn session(&self, session: &Session) -> SessionFacts {
        SessionFacts {
            day: self.day(session.started_at),
            channel: session.first.channel,
            contacts: session.contacts,
            complete: session.complete,
            cost: session.cost.map(|cost| cost.0),
        }
    }

    /// What a session adds.
    pub fn add_session(&self, session: &SessionFacts, into: &mut Contributions) {
        let key = Key {
            reading: u16::try_from(self.headline()).ok(),
            channel: Some(session.channel),
            ..Key::of(Group::Session, session.day)
        };
        into.add(
            key,
            &[
                (Slot::ALL, 1),
                (Slot::PART, session.contacts.into()),
                (Slot::WAITING, (!session.complete).into()),
                (Slot::COST, session.cost.unwrap_or(0).into()),
                (Slot::COSTED, session.cost.is_some().into()),
            ],
        );
    }
}

/// What of a session counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    day: i32,
    channel: model::Channel,
    contacts: u32,
    complete: bool,
    cost: Option<i64>,
}

/// Where a contact stands.
#[derive(Clone, Copy)]
pub(crate) enum Stands<'a> {
    /// At a place in the chain.
    At(usize),
    /// It was let go.
    Before(&'a Neighbour),
}

/// A contact, with where it stands.
pub(crate) struct Placed<'a> {
    pub(crate) told: Told<'a>,
    pub(crate) day: i32,
    pub(crate) hour: u8,
    pub(crate) in_session: InSession,
    /// The origin of its session: the latest up to it, else the session's first contact.
    pub(crate) origin: Option<Stands<'a>>,
    /// Start of the next follower on each channel, in order of [`model::Channel::ALL`].
    pub(crate) next_on: [Option<Millis>; 5],
    /// Its segment in each family.
    pub(crate) segments: Vec<Text>,
}

impl Placed<'_> {
    pub(crate) fn takes_part(&self, reading: usize) -> bool {
        let said = self.told.reading(reading);
        self.told.is_known && said.is_some_and(|said| said.count > 0)
    }

    pub(crate) fn neighbour(&self) -> Neighbour {
        Neighbour {
            channel: self.told.contact.channel,
            segments: self.segments.clone(),
        }
    }
}

/// The contact that one comes after, if it was let go: by id, and whether its channel is another.
pub(crate) fn prior_before(
    before: &Before,
    id: &str,
    is_it: impl Fn(&Neighbour) -> bool,
) -> Option<Neighbour> {
    let mut priors = before.priors.iter().rev();
    let found = priors.find(|(known, neighbour)| known == id && is_it(neighbour));
    found.map(|(_, neighbour)| neighbour.clone())
}

/// Finds the next follower on each channel: starts only grow, so it is inside a window if any is.
fn look_ahead(chain: &mut [Placed<'_>]) {
    let mut next_on = [None; 5];
    for placed in chain.iter_mut().rev() {
        placed.next_on = next_on;
        if placed.told.is_known && placed.told.roles.follower {
            let contact = placed.told.contact;
            next_on[contact.channel as usize] = Some(contact.started_at);
        }
    }
}
