//! What was settled at once.

use super::Look;
use super::normal::quartiles;
use super::numbers::Numbers;
use crate::kept::Sum;
use crate::views::{Basis, Day, MaturedDay, Place, Resolution, Resolved, Share, YoungDay};
use figures::MATCHING_DAYS_MAX;

/// Matured dates that are shown.
const MATURED_MAX: usize = 28;
/// Dates that are looked back for them: a window of 30 days, and what holidays take.
const DAYS_BACK: i32 = 75;
/// Young dates that are shown.
const YOUNG_MAX: i32 = 14;

impl Look<'_> {
    pub(super) fn resolved(&self) -> Resolved {
        let settings = &self.kept.settings;
        let reading = &settings.readings[self.reading];
        let phone = settings.place((&reading.window, "phone", reading.mode));
        Resolved {
            fir: self.resolution("fir", self.reading),
            fcr: phone.map(|phone| self.resolution("fcr", phone)),
        }
    }

    fn resolution(&self, figure: &str, reading: usize) -> Resolution {
        // Only the headline is broken down.
        let can = match &self.numbers {
            Numbers::Whole => true,
            Numbers::Segments(..) => reading == self.kept.settings.headline,
            Numbers::Contacts | Numbers::NotThere => false,
        };
        let mut days = Vec::new();
        let mut young = Vec::new();
        if can {
            self.add_days(figure, reading, &mut days, &mut young);
        }
        let beyond = days.len().saturating_sub(MATURED_MAX);
        days.drain(..beyond);
        let matured = days.iter().fold((0.0, 0), |sum, one: &MaturedDay| {
            (sum.0 + one.share.numerator, sum.1 + one.share.denominator)
        });
        Resolution {
            reading: self.kept.settings.readings[reading].name.clone(),
            basis: if can { Basis::Figures } else { Basis::NotThere },
            matured: Share::of(matured.0, matured.1),
            days,
            young,
        }
    }

    fn add_days(
        &self,
        figure: &str,
        reading: usize,
        days: &mut Vec<MaturedDay>,
        young: &mut Vec<YoungDay>,
    ) {
        let figure = self.figure(figure);
        let reading = u16::try_from(reading).ok();
        for day in (self.today.0 - DAYS_BACK)..=self.today.0 {
            let day = Day(day);
            let sum = self.kept.figures.sum(day, |key| {
                Some(key.figure) == figure
                    && key.reading == reading
                    && self.fits_channel(key.channel)
                    && self.fits_segment(key)
            });
            if !sum.is_there {
                continue;
            }
            if sum.matured && sum.denominator > 0 && day < self.today {
                days.push(MaturedDay {
                    day,
                    share: sum.share(),
                });
            } else if self.today.0 - day.0 < YOUNG_MAX && matches!(self.numbers, Numbers::Whole) {
                young.extend(self.young(day, reading));
            }
        }
    }

    /// A young date against the same weekdays when they were as young.
    fn young(&self, day: Day, reading: Option<u16>) -> Option<YoungDay> {
        let age_days = u8::try_from(self.today.0 - day.0).ok()?;
        let own = self.not_back(day, reading, age_days)?;
        let days = self.same_weekdays(day);
        let shares = days.filter_map(|day| self.not_back(day, reading, age_days)?.value);
        let normal = quartiles(shares.take(MATCHING_DAYS_MAX).collect());
        let compared = own.value.filter(|_| !own.as_counts);
        Some(YoungDay {
            day,
            age_days,
            not_back: own,
            normal,
            place: Place::of(compared, normal.as_ref()),
        })
    }

    /// Origins of a date whose customer was not back at an age.
    fn not_back(&self, day: Day, reading: Option<u16>, age_days: u8) -> Option<Share> {
        let figure = self.figure("returned_by_age");
        let sum: Sum = self.kept.figures.sum(day, |key| {
            Some(key.figure) == figure
                && key.reading == reading
                && key.age_days == Some(age_days)
                && self.fits_channel(key.channel)
                && key.segment.is_empty()
        });
        let origins = sum.denominator;
        sum.is_there
            .then(|| Share::of(origins as f64 - sum.numerator, origins))
    }
}
