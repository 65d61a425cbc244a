//! A believable day of a brand that sells energy and a line: what its five channels say from six in
//! the morning to midnight, after weeks like it, so that customers have a past to come back from.
//!
//! The day is played in order of time. What will happen next (a call after a failed payment, an
//! answer tomorrow, a chaser on Thursday) waits in a queue; so the memory is that of what is under
//! way, whatever the length of the day.

mod brand;
mod config;
mod people;
mod phone;
mod reasons;
mod stage;
mod web;
mod written;

use std::collections::BinaryHeap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::dice::Dice;
pub use config::day_config;
use people::Customer;
use stage::{Planned, Stage, Start, What};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Payments in an hour, on the day of a bad release, whatever else there is: invoices are due.
const DUE_PER_HOUR: f64 = 360.0;
/// With a bad release, customers of this brand pay online so many times as often as without.
const PAYS_MORE: f64 = 3.0;

/// Which day, and how large.
#[derive(Clone, Debug)]
pub struct DayOptions {
    /// The same seed and options give the same bytes.
    pub seed: u64,
    /// The local date in Europe/Paris.
    pub date: Date,
    /// Customers of the brand. About one in twenty does something on the day.
    pub customers: u64,
    /// Multiplies the traffic: 1.0 is normal, 2.0 twice as much from the same customers.
    pub scale: f64,
    /// Days of history before the day itself.
    pub days_before: i64,
    /// At 14:00 a release of the payment page sends no confirmation, until it is mended at 15:30, on
    /// a day on which many pay. Without it some payments go wrong at that time.
    pub bad_release: bool,
}

/// A Tuesday of a middling brand, with a fortnight before it and without a bad release.
impl Default for DayOptions {
    fn default() -> DayOptions {
        DayOptions {
            seed: 1,
            date: jiff::civil::date(2025, 10, 14),
            customers: 48_000,
            scale: 0.45,
            days_before: 14,
            bad_release: false,
        }
    }
}

impl DayOptions {
    /// The day of the demo: a bad release, and enough days before it that the monitor knows what is
    /// normal.
    #[must_use]
    pub fn demo(seed: u64) -> DayOptions {
        DayOptions {
            seed,
            days_before: 22,
            bad_release: true,
            ..DayOptions::default()
        }
    }

    /// 06:00 local time of the day, in UTC milliseconds: where the history ends.
    #[must_use]
    pub fn opens_at_ms(&self) -> i64 {
        local_ms(self.date, 6)
    }

    /// From when to when payments go wrong on the day, in UTC milliseconds: 14:00 to 15:30.
    #[must_use]
    pub fn incident_ms(&self) -> (i64, i64) {
        let from_ms = self.opens_at_ms() + 8 * HOUR_MS;
        (from_ms, from_ms + HOUR_MS + 30 * MINUTE_MS)
    }

    /// The midnight that ends the day, in UTC milliseconds.
    #[must_use]
    pub fn closes_at_ms(&self) -> i64 {
        local_ms(self.date.saturating_add(1.day()), 0)
    }
}

/// A record, and when it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedRecord {
    /// UTC milliseconds, never falling from one record to the next. What the record speaks of
    /// lies a little earlier, for late ones minutes or hours.
    pub at_ms: i64,
    /// One canonical event or signal as JSON, without line break.
    pub json: String,
}

/// What customers and the brand begin by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Journey {
    Browse,
    Help,
    Pay,
    Account,
    MoveForm,
    Call,
    CallBack,
    Chat,
    Mail,
    Video,
    Reminder,
}

/// What begins by itself, its share of all journeys in per mille, and whether it follows the hours
/// of the desks or those of the web.
const MIX: [(Journey, f64, &[u16; 24]); 9] = [
    (Journey::Browse, 300.0, &WEB_HOURS),
    (Journey::Help, 150.0, &WEB_HOURS),
    (Journey::Pay, 150.0, &WEB_HOURS),
    (Journey::Account, 70.0, &WEB_HOURS),
    (Journey::MoveForm, 25.0, &WEB_HOURS),
    (Journey::Call, 160.0, &DESK_HOURS),
    (Journey::Chat, 80.0, &CHAT_HOURS),
    (Journey::Mail, 50.0, &WEB_HOURS),
    (Journey::Video, 15.0, &DESK_HOURS),
];

/// Weight of each local hour.
const WEB_HOURS: [u16; 24] = [
    0, 0, 0, 0, 0, 0, 8, 22, 45, 62, 70, 64, 52, 55, 60, 58, 55, 60, 68, 74, 82, 70, 42, 20,
];
const DESK_HOURS: [u16; 24] = [
    0, 0, 0, 0, 0, 0, 0, 0, 70, 100, 96, 84, 52, 66, 88, 84, 76, 70, 48, 24, 0, 0, 0, 0,
];
const CHAT_HOURS: [u16; 24] = [
    0, 0, 0, 0, 0, 0, 0, 0, 20, 62, 74, 70, 60, 66, 74, 70, 66, 70, 72, 66, 54, 0, 0, 0,
];

/// The records of the history and of the day, in order of arrival.
pub fn day(options: DayOptions) -> impl Iterator<Item = TimedRecord> {
    let from_ms = local_ms(options.date.saturating_sub(options.days_before.days()), 6);
    let mut stage = Stage::new(Dice::new(options.seed, 3), &options);
    brand::announce(&mut stage, &options);
    Day {
        until_ms: options.closes_at_ms(),
        minute_ms: from_ms,
        stage,
        options,
    }
}

struct Day {
    options: DayOptions,
    stage: Stage,
    /// Everything that begins before this minute has begun.
    minute_ms: i64,
    until_ms: i64,
}

impl Iterator for Day {
    type Item = TimedRecord;

    fn next(&mut self) -> Option<TimedRecord> {
        loop {
            let queue: &mut BinaryHeap<Planned> = &mut self.stage.queue;
            let is_due = queue.peek().is_some_and(|next| next.at_ms < self.minute_ms);
            if !is_due {
                if self.minute_ms >= self.until_ms {
                    return None;
                }
                self.begin_minute();
                continue;
            }
            let planned = queue.pop()?;
            match planned.what {
                What::Record(json) => {
                    return Some(TimedRecord {
                        at_ms: planned.at_ms,
                        json,
                    });
                }
                What::Start(start) => self.stage.play(start),
            }
        }
    }
}

impl Day {
    /// Lets begin what begins in the next minute.
    fn begin_minute(&mut self) {
        let minute_ms = self.minute_ms;
        self.minute_ms += MINUTE_MS;
        let at = Timestamp::from_millisecond(minute_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = at.to_zoned(self.stage.zone.clone());
        let hour = local.hour() as usize;
        let is_sunday = local.weekday() == Weekday::Sunday;
        let a_day = self.options.customers as f64 * 0.05 * self.options.scale;
        for (journey, per_mille, hours) in MIX {
            let total: u32 = hours.iter().map(|weight| u32::from(*weight)).sum();
            if is_sunday && *hours != WEB_HOURS {
                continue;
            }
            let weight = f64::from(hours[hour]) / f64::from(total) / 60.0;
            let more = match self.options.bad_release && journey == Journey::Pay {
                true => PAYS_MORE,
                false => 1.0,
            };
            let expected = a_day * per_mille / 1_000.0 * weight * more;
            self.begin(minute_ms, journey, expected);
        }
        let (from_ms, to_ms) = self.stage.incident_ms;
        let due_ms = from_ms - 30 * MINUTE_MS..to_ms;
        if self.options.bad_release && due_ms.contains(&minute_ms) {
            self.begin(minute_ms, Journey::Pay, DUE_PER_HOUR / 60.0);
        }
    }

    /// Lets about so many journeys begin in a minute.
    fn begin(&mut self, minute_ms: i64, journey: Journey, expected: f64) {
        let dice = &mut self.stage.dice;
        let count = expected as u64 + u64::from(dice.unit() < expected.fract());
        for _ in 0..count {
            let at_ms = minute_ms + self.stage.dice.between(0, MINUTE_MS - 1);
            let customer = Customer::draw(&mut self.stage.dice, self.options.customers);
            let reason = reasons::draw(&mut self.stage.dice);
            self.stage.plan(Start {
                at_ms,
                journey,
                customer,
                reason,
                attempt: 0,
            });
        }
    }
}

/// A local hour of a date in Europe/Paris, in UTC milliseconds.
fn local_ms(date: Date, hour: i8) -> i64 {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    let at = date.at(hour, 0, 0, 0).to_zoned(zone);
    at.map_or(0, |at| at.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests;
