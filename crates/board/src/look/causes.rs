//! Causes, ranked by what they cost.

use super::Look;
use super::numbers::{Numbers, family, is_of};
use crate::kept::{FigureKey, KeptContact, Name, Sum, segments};
use crate::views::{Basis, By, Cause, CauseRate, Causes, Day, Sample, Share, TrendPoint};
use model::Channel;
use std::collections::{BTreeMap, HashMap};

/// Causes that are shown.
const ROWS_MAX: usize = 50;
/// Dates of a trend.
const TREND_DAYS: i32 = 14;
/// Contacts to listen to.
const SAMPLES_MAX: usize = 20;
/// How the values beyond a family's limit are written.
const OTHER: &str = "other";

/// What is added up of a cause.
#[derive(Default)]
struct Sums {
    rate: Sum,
    cost: Sum,
    contacts: f64,
    caused: f64,
    by_day: BTreeMap<Day, (Sum, f64)>,
    /// Its segments in the tables.
    segments: Vec<Name>,
    /// Contacts to listen to where no samples were told.
    samples: Vec<Sample>,
}

type ByName = HashMap<String, Sums>;

/// The figures that causes are made of.
struct Wanted {
    rate: Option<Name>,
    rate_reading: Option<u16>,
    /// Of pages: the channel that followed.
    to: Option<Channel>,
    cost: Option<Name>,
    contacts: Option<Name>,
    caused: Option<Name>,
}

impl Look<'_> {
    pub(super) fn causes(&self) -> Causes {
        let by = self.filter.by;
        let from_figures = match &self.numbers {
            Numbers::Whole | Numbers::Segments(..) => self.cause_family(),
            Numbers::Contacts | Numbers::NotThere => None,
        };
        let (basis, sums) = match (&self.numbers, &from_figures) {
            (Numbers::NotThere, _) => (Basis::NotThere, ByName::new()),
            (_, Some(family)) => (Basis::Figures, self.causes_of_figures(family)),
            _ => {
                let since = self.contacts_since();
                (Basis::Contacts { since }, self.causes_of_contacts())
            }
        };
        let mut total = Sum::default();
        for one in sums.values() {
            total.numerator += one.cost.numerator;
            total.denominator += one.cost.denominator;
        }
        let mut ranked: Vec<(String, Sums)> = sums.into_iter().collect();
        ranked
            .retain(|(_, one)| one.contacts > 0.0 || one.cost.numerator > 0.0 || one.caused > 0.0);
        ranked.sort_by(|(a, x), (b, y)| {
            let cost = y.cost.numerator.total_cmp(&x.cost.numerator);
            let weight = |one: &Sums| one.rate.numerator + one.caused;
            let weight = weight(y).total_cmp(&weight(x));
            cost.then(weight).then_with(|| a.cmp(b))
        });
        let not_shown = ranked.len().saturating_sub(ROWS_MAX) as u64;
        ranked.truncate(ROWS_MAX);
        Causes {
            by,
            span: self.span,
            basis,
            rate_is: match by {
                By::Page => CauseRate::Followed,
                By::Reason | By::Team => CauseRate::Repeats,
            },
            rows: ranked
                .into_iter()
                .map(|(name, sums)| self.cause(name, sums))
                .collect(),
            not_shown,
            cost: total.amount(None),
        }
    }

    /// The family whose rows say it; only the headline is broken down.
    fn cause_family(&self) -> Option<Vec<String>> {
        if self.reading != self.kept.settings.headline {
            return None;
        }
        let mut wanted = vec![self.filter.by.name()];
        let filter = self.filter;
        for (key, is_wanted) in [
            ("reason", filter.reason.is_some()),
            ("team", filter.team.is_some()),
            ("tier", filter.tier.is_some()),
        ] {
            if is_wanted && !wanted.contains(&key) {
                wanted.push(key);
            }
        }
        family(&self.kept.settings.families, &wanted)
    }

    fn wanted(&self) -> Wanted {
        let place = |place: usize| u16::try_from(place).ok();
        match self.filter.by {
            By::Reason | By::Team => Wanted {
                rate: self.figure("repeat_rate"),
                rate_reading: place(self.reading),
                to: None,
                cost: self.figure("avoidable_cost"),
                contacts: self.figure("contacts"),
                caused: None,
            },
            By::Page => {
                let to = self
                    .filter
                    .channel
                    .filter(|channel| *channel != Channel::Web);
                Wanted {
                    rate: self.figure("followed"),
                    rate_reading: self.kept.settings.flow().and_then(place),
                    to: Some(to.unwrap_or(Channel::Phone)),
                    cost: self.figure("caused_cost"),
                    contacts: self.figure("contacts"),
                    caused: self.figure("caused"),
                }
            }
        }
    }

    /// The dates of the trend, and of the period.
    fn first_day(&self) -> Day {
        let of_trend = Day(self.span.to.0 - (TREND_DAYS - 1));
        of_trend.min(self.span.from)
    }

    fn causes_of_figures(&self, family: &[String]) -> ByName {
        let wanted = self.wanted();
        let days = (self.first_day(), self.span.to);
        let rows: Vec<(Day, FigureKey, Sum)> = self.kept.figures.rows(days.0, days.1).collect();
        let parsed = segments(&self.kept.names, rows.iter().map(|(_, key, _)| key.segment));
        let by = self.filter.by.name();
        let mut names: HashMap<Name, Option<String>> = HashMap::new();
        for (segment, pairs) in &parsed {
            let fits = is_of(pairs, family) && self.fits_pairs(pairs);
            let value = pairs.iter().find(|(key, _)| key == by);
            names.insert(
                *segment,
                value.filter(|_| fits).map(|(_, value)| value.clone()),
            );
        }
        let mut sums = ByName::new();
        for (day, key, sum) in rows {
            let Some(Some(name)) = names.get(&key.segment) else {
                continue;
            };
            if !sums.contains_key(name) {
                sums.insert(name.clone(), Sums::default());
            }
            if let Some(one) = sums.get_mut(name) {
                if !one.segments.contains(&key.segment) {
                    one.segments.push(key.segment);
                }
                self.add_row(&wanted, one, day, &key, &sum);
            }
        }
        sums
    }

    fn add_row(&self, wanted: &Wanted, sums: &mut Sums, day: Day, key: &FigureKey, sum: &Sum) {
        let is_page = self.filter.by == By::Page;
        let from_web = key.from_channel == Some(Channel::Web);
        let in_span = day >= self.span.from;
        let figure = Some(key.figure);
        let of_day = sums.by_day.entry(day).or_default();
        if figure == wanted.rate && key.reading == wanted.rate_reading {
            let fits = if is_page {
                from_web && key.channel == wanted.to
            } else {
                self.fits_channel(key.channel)
            };
            if fits {
                let list = [Some(&mut of_day.0), in_span.then_some(&mut sums.rate)];
                for into in list.into_iter().flatten() {
                    into.numerator += sum.numerator;
                    into.denominator += sum.denominator;
                }
            }
        } else if figure == wanted.cost {
            let fits = if is_page {
                from_web && key.channel != Some(Channel::Web)
            } else {
                true
            };
            if fits
                && (is_page && self.filter.channel == Some(Channel::Web)
                    || self.fits_channel(key.channel))
            {
                of_day.1 += sum.numerator;
                if in_span {
                    sums.cost.numerator += sum.numerator;
                    sums.cost.denominator += sum.denominator;
                }
            }
        } else if figure == wanted.contacts && in_span {
            let fits = if is_page {
                key.channel == Some(Channel::Web)
            } else {
                self.fits_channel(key.channel)
            };
            sums.contacts += if fits { sum.numerator } else { 0.0 };
        } else if figure == wanted.caused && is_page && in_span {
            let fits = from_web && key.channel != Some(Channel::Web);
            let fits = fits
                && (self.filter.channel == Some(Channel::Web) || self.fits_channel(key.channel));
            sums.caused += if fits { sum.numerator } else { 0.0 };
        }
    }

    /// Counts from the contacts that are kept; pages only say their visits.
    fn causes_of_contacts(&self) -> ByName {
        let mut sums = ByName::new();
        let (from, to) = (self.start_of(self.first_day()), self.end_of(self.span.to));
        let in_span_from = self.start_of(self.span.from);
        let mut day = (Day(i32::MIN), i64::MIN);
        for one in self.contacts(from, to) {
            let contact = &one.contact;
            while contact.started_at >= day.1 {
                let of = super::day_of(self.kept, contact.started_at);
                day = (of, self.end_of(of));
            }
            let in_span = contact.started_at >= in_span_from;
            let name = self.cause_of(one);
            let said = one.said.in_reading(self.reading);
            let own = sums.entry(name).or_default();
            let follower = u64::from(contact.is_follower && said.takes_part);
            let repeat = f64::from(u8::from(said.is_repeat));
            let of_day = own.by_day.entry(day.0).or_default();
            let list = [Some(&mut of_day.0), in_span.then_some(&mut own.rate)];
            for into in list.into_iter().flatten() {
                into.numerator += repeat;
                into.denominator += follower;
            }
            own.contacts += f64::from(u8::from(in_span));
            if said.is_repeat {
                self.charge(&mut sums, one, day.0, in_span);
            }
        }
        sums
    }

    /// Charges what a repeat costs to the contact that could have settled the matter.
    fn charge(&self, sums: &mut ByName, repeat: &KeptContact, day: Day, in_span: bool) {
        let origin = self.origin_of(repeat);
        let sums = sums
            .entry(self.cause_of(origin.unwrap_or(repeat)))
            .or_default();
        if in_span && sums.samples.len() < SAMPLES_MAX {
            sums.samples.push(self.sample_of(repeat, day));
        }
        let Some(cost) = repeat.contact.cost else {
            return;
        };
        sums.by_day.entry(day).or_default().1 += cost;
        if in_span {
            sums.cost.numerator += cost;
            sums.cost.denominator += 1;
        }
    }

    /// The latest origin of a contact's session up to it, else the session's first contact.
    fn origin_of(&self, of: &KeptContact) -> Option<&KeptContact> {
        let (customer, session) = (of.contact.customer?, of.said.session?);
        let list = self.kept.contacts.of_customer(customer);
        let session = list.iter().filter(|one| one.said.session == Some(session));
        let until = session.take_while(|one| one.contact.started_at <= of.contact.started_at);
        let until: Vec<&&KeptContact> = until.collect();
        let origin = until.iter().rev().find(|one| one.said.is_origin);
        origin.or(until.first()).map(|one| **one)
    }

    fn cause_of(&self, one: &KeptContact) -> String {
        let contact = &one.contact;
        self.text(match self.filter.by {
            By::Reason => contact.reason,
            By::Page => contact.page,
            By::Team => contact.team,
        })
    }

    fn sample_of(&self, one: &KeptContact, day: Day) -> Sample {
        Sample {
            day,
            contact_id: one.contact.contact_id.to_string(),
            channel: one.contact.channel,
            source: self.text(one.contact.source),
            link: one.contact.link.as_deref().map(str::to_owned),
        }
    }

    fn cause(&self, name: String, sums: Sums) -> Cause {
        let days = (0..TREND_DAYS).map(|back| Day(self.span.to.0 - (TREND_DAYS - 1) + back));
        let trend = days.map(|day| {
            let (rate, cost) = sums.by_day.get(&day).copied().unwrap_or_default();
            TrendPoint {
                day,
                rate: Share::of(rate.numerator, rate.denominator),
                cost,
            }
        });
        let samples = if sums.samples.is_empty() {
            self.samples_of(self.cause_figure(), Name::EMPTY, &sums.segments)
        } else {
            sums.samples
        };
        Cause {
            is_other: name == OTHER,
            rate: sums.rate.share(),
            cost: sums.cost.amount(None),
            contacts: sums.contacts.max(0.0).round() as u64,
            caused: (self.filter.by == By::Page).then(|| sums.caused.max(0.0).round() as u64),
            trend: trend.collect(),
            samples,
            name: crate::kept::cut(&name).to_string(),
        }
    }

    fn cause_figure(&self) -> &'static str {
        match self.filter.by {
            By::Page => "caused",
            By::Reason | By::Team => "avoidable_cost",
        }
    }

    /// The newest samples of the period.
    pub(super) fn samples_of(&self, figure: &str, rule: Name, segments: &[Name]) -> Vec<Sample> {
        let Some(figure) = self.figure(figure) else {
            return Vec::new();
        };
        let mut samples = Vec::new();
        let days = (self.span.from.0..=self.span.to.0).rev();
        for day in days {
            for segment in segments {
                for sample in self.kept.samples.of((day, figure, rule, *segment)) {
                    if !self.fits_channel(Some(sample.channel)) && self.filter.by != By::Page {
                        continue;
                    }
                    samples.push(Sample {
                        day: Day(day),
                        contact_id: sample.contact_id.to_string(),
                        channel: sample.channel,
                        source: self.text(sample.source),
                        link: sample.link.as_deref().map(str::to_owned),
                    });
                    if samples.len() == SAMPLES_MAX {
                        return samples;
                    }
                }
            }
        }
        samples
    }
}
