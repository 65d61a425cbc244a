//! Looks at what is kept, through a filter, at an instant.

mod causes;
mod changes;
mod flow;
mod journeys;
mod normal;
mod now;
mod numbers;
mod people;
mod quality;
mod resolved;

pub(crate) use people::AlertQuery;

use crate::kept::{Kept, KeptContact, Name};
use crate::views::{At, Choices, Day, Filter, Freshness, Quality, Span, Statement, View};
use model::{Channel, Millis};
use numbers::Numbers;
use std::collections::HashMap;

/// Values of a filter's key that are offered.
const CHOICES_MAX: usize = 200;

/// One look.
pub(crate) struct Look<'a> {
    pub(crate) kept: &'a Kept,
    pub(crate) filter: &'a Filter,
    /// Now.
    pub(crate) at: i64,
    pub(crate) today: Day,
    pub(crate) span: Span,
    /// Place of the reading.
    pub(crate) reading: usize,
    /// Where the numbers come from.
    pub(crate) numbers: Numbers,
}

/// A reading that is not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchReading {
    /// Those that are.
    pub allowed: Vec<String>,
}

impl<'a> Look<'a> {
    /// # Errors
    /// The filter's reading is not evaluated.
    pub(crate) fn new(
        kept: &'a Kept,
        filter: &'a Filter,
        at: At,
    ) -> Result<Look<'a>, NoSuchReading> {
        let settings = &kept.settings;
        let reading = match &filter.reading {
            None => Some(settings.headline),
            Some(name) => settings.readings.iter().position(|one| one.name == *name),
        };
        let allowed = || {
            settings
                .readings
                .iter()
                .map(|one| one.name.clone())
                .collect()
        };
        let reading = reading.ok_or_else(|| NoSuchReading { allowed: allowed() })?;
        let today = day_of(kept, at.0);
        let mut look = Look {
            kept,
            filter,
            at: at.0,
            today,
            span: filter.period.span(today),
            reading,
            numbers: Numbers::NotThere,
        };
        look.numbers = Numbers::of(&look);
        Ok(look)
    }

    pub(crate) fn view(&self, freshness: Freshness) -> View {
        let settings = &self.kept.settings;
        let scan = self.scan();
        let mut quality = self.quality(&scan);
        self.say_behind(&freshness, &mut quality);
        View {
            at: At(self.at),
            today: self.today,
            tenant: settings.tenant.clone(),
            time_zone: settings.time_zone.clone(),
            currency: settings.currency.clone(),
            language: settings.language.to_owned(),
            filter: self.filter.clone(),
            reading: settings.readings[self.reading].name.clone(),
            choices: self.choices(&scan),
            now: self.now(),
            causes: self.causes(),
            people: self.people(),
            journeys: self.journeys(),
            flow: self.flow(),
            resolved: self.resolved(),
            quality,
            freshness,
        }
    }

    fn say_behind(&self, freshness: &Freshness, quality: &mut Quality) {
        if let crate::views::State::Behind { records, .. } = freshness.state {
            let records = Statement::Behind { records };
            quality
                .statements
                .retain(|one| !matches!(one, Statement::AllSourcesTalk { .. }));
            quality.statements.insert(0, records);
        }
    }

    /// The first instant of a date.
    pub(crate) fn start_of(&self, day: Day) -> i64 {
        self.kept.settings.calendar.day_start(i64::from(day.0)).0
    }

    /// The first instant after a date.
    pub(crate) fn end_of(&self, day: Day) -> i64 {
        self.start_of(Day(day.0.saturating_add(1)))
    }

    pub(crate) fn hour_of(&self, at: i64) -> u8 {
        self.kept.settings.calendar.local_hour(Millis(at))
    }

    pub(crate) fn text(&self, name: Name) -> String {
        self.kept.names.text(name).to_owned()
    }

    /// Contacts of some instants that fit the filter.
    pub(crate) fn contacts(&self, from: i64, to: i64) -> impl Iterator<Item = &'a KeptContact> {
        let mut fits = self.fitting();
        let kept = self.kept;
        kept.contacts.between(from, to).filter(move |one| fits(one))
    }

    /// Whether a contact fits the filter; each reason is compared once.
    pub(crate) fn fitting(&self) -> impl FnMut(&KeptContact) -> bool + use<'a> {
        let names = &self.kept.names;
        let channel: Option<Channel> = self.filter.channel;
        let wanted = |text: &'a Option<String>| text.as_deref().map(|text| names.find(text));
        let (team, tier) = (wanted(&self.filter.team), wanted(&self.filter.tier));
        let reason: Option<&'a str> = self.filter.reason.as_deref();
        let mut known: HashMap<Name, bool> = HashMap::new();
        move |one: &KeptContact| {
            let contact = &one.contact;
            let is = |wanted: &Option<Option<Name>>, found: Name| {
                wanted.is_none_or(|wanted| wanted == Some(found))
            };
            channel.is_none_or(|channel| channel == contact.channel)
                && is(&team, contact.team)
                && is(&tier, contact.tier)
                && reason.is_none_or(|reason| {
                    let found = contact.reason;
                    *known
                        .entry(found)
                        .or_insert_with(|| is_below(names.text(found), reason))
                })
        }
    }

    /// Counts what all contacts of the period say of themselves, whatever the filter.
    fn scan(&self) -> Scan {
        let mut scan = Scan::default();
        let (from, to) = (self.start_of(self.span.from), self.end_of(self.span.to));
        for one in self.kept.contacts.between(from, to) {
            let contact = &one.contact;
            for (counts, name) in [
                (&mut scan.reasons, contact.reason),
                (&mut scan.teams, contact.team),
                (&mut scan.tiers, contact.tier),
                (&mut scan.not_counted, contact.not_counted),
            ] {
                *counts.entry(name).or_default() += 1;
            }
            let source = scan.sources.entry(contact.source).or_default();
            source.contacts += 1;
            source.identified += u64::from(contact.customer.is_some());
            source.channels[contact.channel as usize] = true;
            source.last_at = source.last_at.max(contact.started_at);
            let channel = &mut scan.channels[contact.channel as usize];
            channel.0 += u64::from(contact.customer.is_some());
            channel.1 += 1;
            let scope = &self.kept.settings.readings[self.reading].channels;
            if scope.contains(&contact.channel) {
                scan.costed += u64::from(contact.cost.is_some());
                scan.in_scope += 1;
            }
            scan.contacts += 1;
        }
        scan
    }

    fn choices(&self, scan: &Scan) -> Choices {
        let settings = &self.kept.settings;
        let ranked = |counts: &HashMap<Name, u64>| {
            let mut list: Vec<(&Name, &u64)> =
                counts.iter().filter(|(name, _)| !name.is_empty()).collect();
            list.sort_by(|a, b| b.1.cmp(a.1).then(self.text(*a.0).cmp(&self.text(*b.0))));
            let list = list.into_iter().take(CHOICES_MAX);
            list.map(|(name, _)| self.text(*name)).collect()
        };
        let mut readings: Vec<String> = settings
            .readings
            .iter()
            .map(|one| one.name.clone())
            .collect();
        if settings.headline < readings.len() {
            let headline = readings.remove(settings.headline);
            readings.insert(0, headline);
        }
        Choices {
            readings,
            channels: Channel::ALL.to_vec(),
            reasons: ranked(&scan.reasons),
            teams: ranked(&scan.teams),
            tiers: ranked(&scan.tiers),
        }
    }
}

pub(crate) fn day_of(kept: &Kept, at: i64) -> Day {
    let day = kept.settings.calendar.local_day(Millis(at));
    Day(i32::try_from(day).unwrap_or_default())
}

/// Whether a reason is another one or lies below it.
pub(crate) fn is_below(reason: &str, wanted: &str) -> bool {
    let rest = reason.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || wanted.ends_with('/'))
}

/// What all contacts of a period say of themselves.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) contacts: u64,
    pub(crate) reasons: HashMap<Name, u64>,
    pub(crate) teams: HashMap<Name, u64>,
    pub(crate) tiers: HashMap<Name, u64>,
    pub(crate) not_counted: HashMap<Name, u64>,
    pub(crate) sources: HashMap<Name, OfSource>,
    /// Known and all, by channel.
    pub(crate) channels: [(u64, u64); 5],
    /// Contacts of the reading's channels with a known cost, and all.
    pub(crate) costed: u64,
    pub(crate) in_scope: u64,
}

/// What the contacts of a source say.
#[derive(Default)]
pub(crate) struct OfSource {
    pub(crate) contacts: u64,
    pub(crate) identified: u64,
    pub(crate) channels: [bool; 5],
    pub(crate) last_at: i64,
}
