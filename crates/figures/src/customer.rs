//! What the settled rows of one customer add to the figures.

use crate::Settings;
use crate::contributions::Contributions;
use crate::dimension::{InSession, segment};
use crate::key::{Group, Key, Slot};
use crate::samples::{Sample, SampleKey};
use crate::table::Figure;
use model::{Class, ContactResult, Millis, Mode, Reading, Session, Text};
use std::collections::BTreeMap;

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

    /// Local date in days since 1970-01-01, and local hour.
    pub(crate) fn local(&self, at: Millis) -> (i32, u8) {
        let calendar = &self.settings.calendar;
        let day = i32::try_from(calendar.local_day(at)).unwrap_or(i32::MAX);
        (day, calendar.local_hour(at))
    }

    pub(crate) fn headline(&self) -> usize {
        self.settings.readings.headline
    }

    /// What the contacts under one customer's key, in any order, and the sessions of their customer
    /// add.
    #[must_use]
    pub fn of_customer(&self, contacts: &[ContactResult], sessions: &[Session]) -> Contributions {
        let mut chain: Vec<Placed<'_>> = contacts.iter().map(|one| self.place(one)).collect();
        chain.sort_by(|a, b| a.result.contact.order(&b.result.contact));
        self.look_at_sessions(&mut chain);
        look_ahead(&mut chain);
        for placed in &mut chain {
            let families = self.settings.families.iter().zip(0..BY_ORIGIN_CHANNEL);
            let segments = families
                .map(|(family, nth)| (nth, segment(family, placed.result, &placed.in_session)));
            placed.segments = segments.collect();
        }
        let mut into = Contributions::default();
        for at in 0..chain.len() {
            self.add_contact(&chain, at, sessions, &mut into);
            if chain[at].is_known {
                self.add_readings(&chain, at, &mut into);
                self.add_caused(&chain, at, &mut into);
                self.add_avoidable(&chain, at, &mut into);
            }
        }
        self.add_sessions(sessions, &mut into);
        self.add_customers(&chain, &mut into);
        into
    }

    fn place<'a>(&self, result: &'a ContactResult) -> Placed<'a> {
        let (day, hour) = self.local(result.contact.started_at);
        Placed {
            result,
            day,
            hour,
            is_known: !result.customer.is_empty(),
            in_session: InSession::default(),
            origin: None,
            next_on: [None; 5],
            segments: Vec::new(),
        }
    }

    /// The reason that contacts of a reading have in common: in mode `any` they need none.
    pub(crate) fn thread<'a>(
        &self,
        reading: &Reading,
        result: &'a ContactResult,
    ) -> Option<&'a str> {
        match reading.mode {
            Mode::Any => Some(""),
            Mode::Same => {
                let path = result.contact.reason.as_ref()?.path.as_str();
                let depth = self.settings.readings.reason_depth;
                let cut = path.match_indices('/').nth(depth.saturating_sub(1));
                Some(cut.map_or(path, |(end, _)| &path[..end]))
            }
        }
    }

    /// Finds where the sessions of the headline reading begin, and the origin of each contact.
    fn look_at_sessions(&self, chain: &mut [Placed<'_>]) {
        let headline = self.headline();
        let reading = &self.settings.readings.list[headline];
        // By reason in mode `same`: the first contact of the running session, and its last origin.
        let mut running: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for at in 0..chain.len() {
            let result = chain[at].result;
            let Some(said) = result.reading(headline).filter(|said| said.count > 0) else {
                continue;
            };
            let mut of_session = (at, at);
            if let Some(thread) = self.thread(reading, result) {
                let found = running.entry(thread).or_insert((at, at));
                if said.rank == 1 {
                    *found = (at, at);
                }
                if said.origin {
                    found.1 = at;
                }
                of_session = *found;
            }
            let channel = |at: usize| chain[at].result.contact.channel.name();
            chain[at].in_session = InSession {
                rank: said.rank,
                entry_channel: channel(of_session.0),
                origin_channel: channel(of_session.1),
            };
            chain[at].origin = Some(of_session.1);
        }
    }

    fn add_sessions(&self, sessions: &[Session], into: &mut Contributions) {
        for session in sessions {
            let (day, _) = self.local(session.started_at);
            let key = Key {
                reading: u16::try_from(self.headline()).ok(),
                channel: Some(session.first.channel),
                ..Key::of(Group::Session, day)
            };
            let cost = session.cost;
            into.add(
                key,
                &[
                    (Slot::ALL, 1),
                    (Slot::PART, session.contacts.into()),
                    (Slot::WAITING, (!session.complete).into()),
                    (Slot::COST, cost.map_or(0, |cost| cost.0.into())),
                    (Slot::COSTED, cost.is_some().into()),
                ],
            );
        }
    }

    /// Adds the customer once to each date on which it did something.
    pub(crate) fn add_customers(&self, chain: &[Placed<'_>], into: &mut Contributions) {
        let known: Vec<&Placed<'_>> = chain.iter().filter(|placed| placed.is_known).collect();
        for of_day in known.chunk_by(|a, b| a.day == b.day) {
            // Of each reading whether it came, and whether it repeated.
            let mut came: BTreeMap<u16, bool> = BTreeMap::new();
            for placed in of_day.iter().filter(|placed| placed.result.roles.follower) {
                for said in placed.result.readings.iter().filter(|said| said.count > 0) {
                    *came.entry(said.reading).or_default() |= said.class == Some(Class::Repeat);
                }
            }
            let mut numbers = vec![(Slot::IDENTIFIED.in_reading(0), 1)];
            for (reading, repeats) in came {
                numbers.push((Slot::ALL.in_reading(reading), 1));
                numbers.push((Slot::PART.in_reading(reading), repeats.into()));
            }
            into.add(Key::of(Group::Customer, of_day[0].day), &numbers);
        }
    }
}

/// A contact, with where it stands.
pub(crate) struct Placed<'a> {
    pub(crate) result: &'a ContactResult,
    pub(crate) day: i32,
    pub(crate) hour: u8,
    pub(crate) is_known: bool,
    pub(crate) in_session: InSession,
    /// Place of the origin of its session: the latest up to it, else the session's first contact.
    pub(crate) origin: Option<usize>,
    /// Start of the next follower on each channel, in order of [`Channel::ALL`].
    pub(crate) next_on: [Option<Millis>; 5],
    /// Its segment in each family.
    pub(crate) segments: Vec<(u8, Text)>,
}

impl Placed<'_> {
    pub(crate) fn takes_part(&self, reading: usize) -> bool {
        let said = self.result.reading(reading);
        self.is_known && said.is_some_and(|said| said.count > 0)
    }
}

pub(crate) fn sample(
    figure: Figure,
    placed: &Placed<'_>,
    segments: &[(u8, Text)],
    into: &mut Contributions,
) {
    let contact = &placed.result.contact;
    let sample = Sample::new(figure, contact.name(), contact.root_contact_id.clone());
    let key = SampleKey {
        day: placed.day,
        figure,
        rule: Text::default(),
        family: None,
        segment: Text::default(),
    };
    for (family, segment) in segments {
        let key = SampleKey {
            family: Some(*family),
            segment: segment.clone(),
            ..key.clone()
        };
        into.sample(key, sample.clone());
    }
    into.sample(key, sample);
}

pub(crate) fn add_with_segments(
    key: Key,
    segments: &[(u8, Text)],
    numbers: &[(Slot, i128)],
    into: &mut Contributions,
) {
    for (family, segment) in segments {
        let key = Key {
            family: Some(*family),
            segment: segment.clone(),
            ..key.clone()
        };
        into.add(key, numbers);
    }
    into.add(key, numbers);
}

/// Finds the next follower on each channel: starts only grow, so it is inside a window if any is.
pub(crate) fn look_ahead(chain: &mut [Placed<'_>]) {
    let mut next_on = [None; 5];
    for placed in chain.iter_mut().rev() {
        placed.next_on = next_on;
        if placed.is_known && placed.result.roles.follower {
            let contact = &placed.result.contact;
            next_on[contact.channel as usize] = Some(contact.started_at);
        }
    }
}
