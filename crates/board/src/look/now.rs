//! The headline figures.

use super::Look;
use super::normal::{quartiles, rate};
use super::numbers::{Cell, OfDay};
use crate::kept::Sum;
use crate::views::{Amount, At, BandPoint, ChannelVolume, Day, LinePoint, Now, Place, Share};
use model::Channel;

const QUARTER_MS: i64 = 900_000;
const HOUR_MS: i64 = 3_600_000;

fn count(number: f64) -> u64 {
    number.max(0.0).round() as u64
}

fn repeat_rate(cell: &Cell) -> Share {
    Share::of(cell.repeats, count(cell.followers))
}

impl Look<'_> {
    pub(super) fn now(&self) -> Now {
        let days = self.span.from.0..=self.span.to.0;
        let days: Vec<(Day, OfDay)> = days.map(|day| (Day(day), self.of_day(Day(day)))).collect();
        let mut whole = Cell::default();
        let mut avoidable = Sum::default();
        for (_, of_day) in &days {
            whole.add(&of_day.whole(None), 1.0);
            avoidable.numerator += of_day.avoidable.numerator;
            avoidable.denominator += of_day.avoidable.denominator;
        }
        let one_day = (self.span.from == self.span.to).then_some(self.span.from);
        let matching = one_day
            .map(|day| self.matching_days(day))
            .unwrap_or_default();
        let of_normal = |of: &dyn Fn(&Cell) -> Option<f64>, channel| {
            quartiles(
                self.up_to_now(&matching, channel)
                    .iter()
                    .filter_map(of)
                    .collect(),
            )
        };
        let rate_now = repeat_rate(&whole);
        let normal = of_normal(&rate, None);
        let compared = rate_now.value.filter(|_| !rate_now.as_counts);
        Now {
            span: self.span,
            basis: self.basis(),
            repeat_rate: rate_now,
            normal,
            place: Place::of(compared, normal.as_ref()),
            retry_rate: Share::of(whole.retries, count(whole.followers)),
            line: match one_day {
                Some(day) => self.line(day),
                None => days
                    .iter()
                    .map(|(day, of_day)| self.point_of(*day, of_day))
                    .collect(),
            },
            band: one_day
                .map(|day| self.band(day, &matching))
                .unwrap_or_default(),
            contacts: count(whole.contacts),
            contacts_normal: of_normal(&|cell| Some(cell.contacts), None),
            channels: Channel::ALL
                .iter()
                .map(|channel| {
                    let mut cell = Cell::default();
                    for (_, of_day) in &days {
                        cell.add(&of_day.whole(Some(*channel)), 1.0);
                    }
                    ChannelVolume {
                        channel: *channel,
                        contacts: count(cell.contacts),
                        identified: Share::of(cell.identified, count(cell.contacts)),
                        normal: of_normal(&|cell| Some(cell.contacts), Some(*channel)),
                    }
                })
                .collect(),
            coverage: Share::of(whole.identified, count(whole.contacts)),
            open_alerts: self.open_alerts(),
            avoidable_cost: Amount {
                amount: avoidable.numerator,
                known: avoidable.denominator,
                of: Some(count(whole.repeats))
                    .filter(|_| self.reading == self.kept.settings.headline),
            },
            changes: self.changes(),
        }
    }

    /// Of days that say what was when: what was counted up to the time of day of now.
    fn up_to_now(&self, days: &[OfDay], channel: Option<Channel>) -> Vec<Cell> {
        let is_today = self.span.to == self.today;
        let part = self.at.rem_euclid(HOUR_MS) as f64 / HOUR_MS as f64;
        let hour = self.hour_of(self.at);
        if !is_today {
            return days.iter().map(|day| day.whole(channel)).collect();
        }
        let days = days.iter().filter(|day| day.has_hours());
        days.map(|day| day.up_to(hour, part, channel)).collect()
    }

    /// A date as one point.
    fn point_of(&self, day: Day, of_day: &OfDay) -> LinePoint {
        let whole = of_day.whole(None);
        LinePoint {
            at: At(self.end_of(day).min(self.at)),
            so_far: repeat_rate(&whole),
            contacts: count(whole.contacts),
        }
    }

    /// The rate since midnight at each quarter of an hour, from the contacts that are kept.
    fn line(&self, day: Day) -> Vec<LinePoint> {
        let (start, end) = (self.start_of(day), self.end_of(day).min(self.at + 1));
        let mut points = Vec::new();
        let mut sum = (0.0, 0, 0);
        let mut until = start + QUARTER_MS;
        let mut push = |until: i64, (repeats, followers, contacts): (f64, u64, u64)| {
            points.push(LinePoint {
                at: At(until),
                so_far: Share::of(repeats, followers),
                contacts,
            });
        };
        for one in self.contacts(start, end) {
            while one.contact.started_at >= until {
                push(until, sum);
                until += QUARTER_MS;
            }
            let said = one.said.in_reading(self.reading);
            sum.0 += f64::from(u8::from(said.is_repeat));
            sum.1 += u64::from(one.contact.is_follower && said.takes_part);
            sum.2 += 1;
        }
        while until < end {
            push(until, sum);
            until += QUARTER_MS;
        }
        if end > start {
            push(end.min(self.at), sum);
        }
        points
    }

    /// What is normal at each full hour of a date.
    fn band(&self, day: Day, matching: &[OfDay]) -> Vec<BandPoint> {
        let days: Vec<&OfDay> = matching.iter().filter(|day| day.has_hours()).collect();
        let (start, end) = (self.start_of(day), self.end_of(day));
        let mut band = Vec::new();
        let mut at = start + HOUR_MS;
        while at <= end {
            // Up to the end of the hour that this instant ends.
            let hour = self.hour_of(at - 1);
            let rates = days
                .iter()
                .filter_map(|day| rate(&day.up_to(hour, 1.0, None)));
            if let Some(normal) = quartiles(rates.collect()) {
                band.push(BandPoint { at: At(at), normal });
            }
            at += HOUR_MS;
        }
        band
    }
}
