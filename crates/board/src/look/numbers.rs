//! The numbers of a date: out of the topic `figures` where it has them, else counted from contacts.

use super::{Look, is_below};
use crate::kept::{FigureKey, Name, Sum, pairs};
use crate::views::{Basis, Day};
use model::Channel;
use std::cell::RefCell;
use std::collections::HashMap;

/// Where numbers come from.
pub(crate) enum Numbers {
    /// Rows of the topic that are not broken down.
    Whole,
    /// Rows of the families with all keys that the filter names; remembers which segments fit.
    Segments(RefCell<HashMap<Name, bool>>, Vec<String>),
    /// The contacts that are kept.
    Contacts,
    /// Nothing.
    NotThere,
}

impl Numbers {
    pub(super) fn of(look: &Look<'_>) -> Numbers {
        let kept = look.kept;
        let filter = look.filter;
        let wanted: Vec<&str> = [
            ("reason", filter.reason.is_some()),
            ("team", filter.team.is_some()),
            ("tier", filter.tier.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_wanted)| is_wanted.then_some(key))
        .collect();
        if kept.figures.is_empty() {
            let has_contacts = kept.contacts.len() > 0;
            return if has_contacts {
                Numbers::Contacts
            } else {
                Numbers::NotThere
            };
        }
        if wanted.is_empty() {
            return Numbers::Whole;
        }
        let is_headline = look.reading == kept.settings.headline;
        match family(&kept.settings.families, &wanted) {
            Some(family) if is_headline => Numbers::Segments(RefCell::default(), family),
            _ => Numbers::Contacts,
        }
    }
}

/// The family with the fewest keys that has all of these.
pub(super) fn family(families: &[Vec<String>], wanted: &[&str]) -> Option<Vec<String>> {
    let has = |family: &&Vec<String>| wanted.iter().all(|key| family.iter().any(|one| one == key));
    families
        .iter()
        .filter(has)
        .min_by_key(|family| family.len())
        .cloned()
}

/// What is counted of contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) contacts: f64,
    pub(super) identified: f64,
    pub(super) followers: f64,
    pub(super) repeats: f64,
    pub(super) retries: f64,
}

impl Cell {
    pub(super) fn add(&mut self, other: &Cell, part: f64) {
        self.contacts += part * other.contacts;
        self.identified += part * other.identified;
        self.followers += part * other.followers;
        self.repeats += part * other.repeats;
        self.retries += part * other.retries;
    }
}

/// Hours of a day, and a place for what has none.
const HOURS: usize = 25;

/// A date by hour and channel.
#[derive(Clone, Debug)]
pub(super) struct OfDay {
    cells: Box<[[Cell; 5]; HOURS]>,
    /// What repeats cost, and how many have a known cost.
    pub(super) avoidable: Sum,
    pub(super) is_there: bool,
}

impl Default for OfDay {
    fn default() -> OfDay {
        OfDay {
            cells: Box::new([[Cell::default(); 5]; HOURS]),
            avoidable: Sum::default(),
            is_there: false,
        }
    }
}

impl OfDay {
    fn cell(&mut self, hour: Option<u8>, channel: Channel) -> &mut Cell {
        let hour = hour.map_or(HOURS - 1, |hour| usize::from(hour).min(HOURS - 2));
        self.is_there = true;
        &mut self.cells[hour][channel as usize]
    }

    /// All of it, or one channel's.
    pub(super) fn whole(&self, channel: Option<Channel>) -> Cell {
        let mut sum = Cell::default();
        for hour in self.cells.iter() {
            for (place, cell) in hour.iter().enumerate() {
                if channel.is_none_or(|channel| channel as usize == place) {
                    sum.add(cell, 1.0);
                }
            }
        }
        sum
    }

    /// The hours before one, and a part of that one.
    pub(super) fn up_to(&self, hour: u8, part: f64, channel: Option<Channel>) -> Cell {
        let mut sum = Cell::default();
        for (at, cells) in self.cells.iter().take(HOURS - 1).enumerate() {
            let part = match at.cmp(&usize::from(hour)) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => part,
                std::cmp::Ordering::Greater => break,
            };
            for (place, cell) in cells.iter().enumerate() {
                if channel.is_none_or(|channel| channel as usize == place) {
                    sum.add(cell, part);
                }
            }
        }
        sum
    }

    /// It says what was when: nothing of it stands in rows without hour.
    pub(super) fn has_hours(&self) -> bool {
        let without = &self.cells[HOURS - 1];
        self.is_there && without.iter().all(|cell| *cell == Cell::default())
    }
}

impl Look<'_> {
    pub(super) fn basis(&self) -> Basis {
        match &self.numbers {
            Numbers::Whole | Numbers::Segments(..) => Basis::Figures,
            Numbers::Contacts => Basis::Contacts {
                since: self.contacts_since(),
            },
            Numbers::NotThere => Basis::NotThere,
        }
    }

    /// The first date of which all contacts are kept.
    pub(super) fn contacts_since(&self) -> Day {
        let contacts = &self.kept.contacts;
        let first = || contacts.between(i64::MIN, i64::MAX).next();
        match contacts.let_go_until {
            Some(until) => Day(super::day_of(self.kept, until).0 + 1),
            None => first().map_or(self.today, |one| {
                super::day_of(self.kept, one.contact.started_at)
            }),
        }
    }

    pub(super) fn figure(&self, name: &str) -> Option<Name> {
        self.kept.names.find(name)
    }

    /// Whether a row's segment is one that the filter asks for.
    pub(super) fn fits_segment(&self, key: &FigureKey) -> bool {
        match &self.numbers {
            Numbers::Whole => key.segment.is_empty(),
            Numbers::Segments(known, family) => {
                let mut known = known.borrow_mut();
                *known.entry(key.segment).or_insert_with(|| {
                    let pairs = pairs(self.kept.names.text(key.segment));
                    is_of(&pairs, family) && self.fits_pairs(&pairs)
                })
            }
            Numbers::Contacts | Numbers::NotThere => false,
        }
    }

    /// Whether a segment's values are those that the filter asks for.
    pub(super) fn fits_pairs(&self, pairs: &[(String, String)]) -> bool {
        let value = |key| {
            let found = pairs.iter().find(|(one, _)| one == key);
            found.map_or("", |(_, value)| value.as_str())
        };
        let is = |key, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| value(key) == wanted)
        };
        let reason = self.filter.reason.as_deref();
        reason.is_none_or(|reason| is_below(value("reason"), reason))
            && is("team", &self.filter.team)
            && is("tier", &self.filter.tier)
    }

    /// The numbers of a date.
    pub(super) fn of_day(&self, day: Day) -> OfDay {
        match &self.numbers {
            Numbers::Whole | Numbers::Segments(..) => self.of_figures(day),
            Numbers::Contacts => self.of_contacts(self.start_of(day), self.end_of(day)),
            Numbers::NotThere => OfDay::default(),
        }
    }

    fn of_figures(&self, day: Day) -> OfDay {
        let figures = [
            "contacts",
            "identified",
            "repeat_rate",
            "retry_rate",
            "avoidable_cost",
        ];
        let [contacts, identified, repeats, retries, avoidable] =
            figures.map(|name| self.figure(name));
        let reading = u16::try_from(self.reading).ok();
        let mut of_day = OfDay::default();
        for (_, key, sum) in self.kept.figures.rows(day, day) {
            if !self.fits_segment(&key) || !self.fits_channel(key.channel) {
                continue;
            }
            let figure = Some(key.figure);
            if figure == avoidable {
                of_day.avoidable.numerator += sum.numerator;
                of_day.avoidable.denominator += sum.denominator;
                continue;
            }
            let Some(channel) = key.channel else { continue };
            if figure == contacts {
                of_day.cell(key.hour, channel).contacts += sum.numerator;
            } else if figure == identified {
                of_day.cell(key.hour, channel).identified += sum.numerator;
            } else if figure == repeats && key.reading == reading {
                let cell = of_day.cell(key.hour, channel);
                cell.repeats += sum.numerator;
                cell.followers += sum.denominator as f64;
            } else if figure == retries && key.reading == reading {
                of_day.cell(key.hour, channel).retries += sum.numerator;
            }
        }
        of_day
    }

    pub(super) fn fits_channel(&self, channel: Option<Channel>) -> bool {
        self.filter.channel.is_none() || self.filter.channel == channel
    }

    /// The same from the contacts that start in some instants.
    pub(super) fn of_contacts(&self, from: i64, to: i64) -> OfDay {
        let mut of_day = OfDay::default();
        let mut clock = HourClock::default();
        for one in self.contacts(from, to) {
            let contact = &one.contact;
            let said = one.said.in_reading(self.reading);
            let hour = clock.hour(contact.started_at, |at| self.hour_of(at));
            let cell = of_day.cell(Some(hour), contact.channel);
            cell.contacts += 1.0;
            if contact.customer.is_some() {
                cell.identified += 1.0;
            }
            if contact.is_follower && said.takes_part {
                cell.followers += 1.0;
            }
            cell.repeats += f64::from(u8::from(said.is_repeat));
            cell.retries += f64::from(u8::from(said.is_retry));
            let in_headline = one.said.in_reading(self.kept.settings.headline);
            if let (true, Some(cost)) = (in_headline.is_repeat, contact.cost) {
                of_day.avoidable.numerator += cost;
                of_day.avoidable.denominator += 1;
            }
        }
        of_day
    }
}

/// Whether a segment's keys are those of a family.
pub(super) fn is_of(pairs: &[(String, String)], family: &[String]) -> bool {
    pairs.len() == family.len() && pairs.iter().zip(family).all(|((key, _), of)| key == of)
}

/// Hours of instants in order: asks the calendar once an hour. Hours begin where quarters of an hour
/// of UTC do, in every zone.
#[derive(Default)]
struct HourClock {
    quarter: Option<(i64, u8)>,
}

impl HourClock {
    fn hour(&mut self, at: i64, ask: impl Fn(i64) -> u8) -> u8 {
        let quarter = at.div_euclid(900_000);
        match self.quarter {
            Some((of, hour)) if of == quarter => hour,
            _ => {
                let hour = ask(at);
                self.quarter = Some((quarter, hour));
                hour
            }
        }
    }
}
