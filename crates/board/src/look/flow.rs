//! Which channel follows which.

use super::Look;
use super::numbers::Numbers;
use crate::kept::Sum;
use crate::views::{Band, Basis, Day, Flow};
use model::Channel;
use std::collections::BTreeMap;

/// Pairs that are shown.
const BANDS_MAX: usize = 8;
/// Dates that are looked back for matured pairs.
const DAYS_BACK: i32 = 28;

/// What is known of a pair.
#[derive(Default)]
struct Sums {
    caused: Sum,
    cost: Sum,
    followed: Sum,
    followed_before: Sum,
}

impl Look<'_> {
    pub(super) fn flow(&self) -> Flow {
        let settings = &self.kept.settings;
        let reading = settings.flow();
        let can = matches!(self.numbers, Numbers::Whole | Numbers::Segments(..));
        let mut pairs = BTreeMap::new();
        if let (Some(reading), true) = (reading, can) {
            self.add_pairs(u16::try_from(reading).ok(), &mut pairs);
        }
        let mut bands: Vec<Band> = pairs
            .into_iter()
            .map(|((from, to), sums)| Band {
                from,
                to,
                caused: sums.caused.count(),
                cost: sums.cost.amount(Some(sums.caused.count())),
                followed: if sums.followed.denominator > 0 {
                    sums.followed.share()
                } else {
                    sums.followed_before.share()
                },
            })
            .filter(|band| band.caused > 0 || band.followed.numerator > 0.0)
            .collect();
        bands.sort_by_key(|band| (std::cmp::Reverse(band.caused), band.from, band.to));
        let others = bands.iter().skip(BANDS_MAX).map(|band| band.caused).sum();
        bands.truncate(BANDS_MAX);
        Flow {
            reading: reading.map(|place| settings.readings[place].name.clone()),
            span: self.span,
            basis: if can { Basis::Figures } else { Basis::NotThere },
            bands,
            others,
        }
    }

    fn add_pairs(&self, reading: Option<u16>, pairs: &mut BTreeMap<(Channel, Channel), Sums>) {
        let [caused, cost, followed] =
            ["caused", "caused_cost", "followed"].map(|name| self.figure(name));
        let back = Day(self.span.to.0 - DAYS_BACK).min(self.span.from);
        for (day, key, sum) in self.kept.figures.rows(back, self.span.to) {
            let (Some(from), Some(to)) = (key.from_channel, key.channel) else {
                continue;
            };
            let concerns = self
                .filter
                .channel
                .is_none_or(|one| one == from || one == to);
            if key.reading != reading || !concerns || !self.fits_segment(&key) {
                continue;
            }
            let sums = pairs.entry((from, to)).or_default();
            let in_span = day >= self.span.from;
            let figure = Some(key.figure);
            let into = match () {
                () if figure == caused && in_span => &mut sums.caused,
                () if figure == cost && in_span => &mut sums.cost,
                () if figure == followed && in_span => &mut sums.followed,
                () if figure == followed => &mut sums.followed_before,
                () => continue,
            };
            into.numerator += sum.numerator;
            into.denominator += sum.denominator;
        }
    }
}
