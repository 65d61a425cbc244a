//! Local days of one time zone, as a table: which day an instant falls on and when a day begins.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::Millis;

/// A local date as a number of days since 1970-01-01.
type Day = i64;

/// Days that are looked up in the table; instants outside are computed one by one.
const FIRST_DAY: Day = 7_000; // 1989-03-02
const LAST_DAY: Day = 54_000; // 2117-11-06
const DAY_MS: i64 = crate::DAY_MS;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// The weekday of `mon`, `tue`, ..., `sun`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Weekday> {
        Some(match name {
            "mon" => Weekday::Mon,
            "tue" => Weekday::Tue,
            "wed" => Weekday::Wed,
            "thu" => Weekday::Thu,
            "fri" => Weekday::Fri,
            "sat" => Weekday::Sat,
            "sun" => Weekday::Sun,
            _ => return None,
        })
    }

    fn of(day: Day) -> usize {
        (day + 3).rem_euclid(7) as usize // 1970-01-01 was a Thursday
    }
}

/// A calendar that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// No such IANA time zone.
    UnknownZone(String),
    /// Not a date such as `2026-12-25`.
    NotADate(String),
}

impl std::fmt::Display for CalendarError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CalendarError::UnknownZone(name) => {
                write!(
                    f,
                    "unknown time zone `{name}`; allowed: an IANA name such as Europe/Paris"
                )
            }
            CalendarError::NotADate(text) => {
                write!(
                    f,
                    "`{text}` is not a date; allowed: year-month-day such as 2026-12-25"
                )
            }
        }
    }
}

impl std::error::Error for CalendarError {}

/// The centre's calendar: its time zone and working days.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// First instant of each day from `FIRST_DAY` to `LAST_DAY + 1`.
    day_starts: Vec<i64>,
    /// Working days from `FIRST_DAY` on, ascending.
    working_days: Vec<Day>,
    /// Dates that are no working days whatever their weekday, ascending.
    holidays: Vec<Day>,
    /// For each day of the table, how many working days lie up to and including it.
    working_until: Vec<u32>,
}

impl Calendar {
    /// The calendar of a zone, with the days of the week that are worked and dates that are not.
    ///
    /// # Errors
    /// An unknown zone, or a holiday that is not a date.
    pub fn new(
        zone: &str,
        week: &[Weekday],
        holidays: &[String],
    ) -> Result<Calendar, CalendarError> {
        let time_zone =
            TimeZone::get(zone).map_err(|_| CalendarError::UnknownZone(zone.to_string()))?;
        let mut closed = Vec::new();
        for holiday in holidays {
            let date: Date = holiday
                .parse()
                .map_err(|_| CalendarError::NotADate(holiday.clone()))?;
            closed.push(day_of(date));
        }
        closed.sort_unstable();
        let mut worked = [false; 7];
        for day in week {
            worked[*day as usize] = true;
        }
        let mut working_days = Vec::new();
        let mut working_until = Vec::new();
        for day in FIRST_DAY..=LAST_DAY {
            if worked[Weekday::of(day)] && closed.binary_search(&day).is_err() {
                working_days.push(day);
            }
            working_until.push(working_days.len() as u32);
        }
        let day_starts = (FIRST_DAY..=LAST_DAY + 1)
            .map(|day| start_of(&time_zone, day))
            .collect();
        Ok(Calendar {
            zone: time_zone,
            day_starts,
            working_days,
            holidays: closed,
            working_until,
        })
    }

    /// The local date of an instant, in days since 1970-01-01.
    #[must_use]
    pub fn local_day(&self, at: Millis) -> i64 {
        let guess = at.0.div_euclid(DAY_MS) - FIRST_DAY;
        let days = self.day_starts.len() as i64 - 1;
        if guess < 1 || guess >= days - 1 {
            return self.local_day_outside(at);
        }
        // A local day begins within a day and a half of the UTC day of the same date.
        let mut place = guess as usize;
        while self.day_starts[place] > at.0 {
            place -= 1;
        }
        while self.day_starts[place + 1] <= at.0 {
            place += 1;
        }
        place as i64 + FIRST_DAY
    }

    fn local_day_outside(&self, at: Millis) -> i64 {
        day_of(timestamp(at.0).to_zoned(self.zone.clone()).date())
    }

    /// The hour that clocks show at an instant, 0 to 23. Where clocks are put back, the hour that
    /// comes twice is one.
    #[must_use]
    pub fn local_hour(&self, at: Millis) -> u8 {
        let hour = timestamp(at.0).to_zoned(self.zone.clone()).hour();
        u8::try_from(hour).expect("an hour of a day is 0 to 23")
    }

    /// The first instant of a local date (days since 1970-01-01). Where midnight does not exist it
    /// is the first instant after the gap; where it exists twice, the first.
    #[must_use]
    pub fn day_start(&self, day: i64) -> Millis {
        if (FIRST_DAY..=LAST_DAY + 1).contains(&day) {
            return Millis(self.day_starts[(day - FIRST_DAY) as usize]);
        }
        Millis(start_of(&self.zone, day))
    }

    /// The `nth` working day (from 1) after a local date. Beyond the table (years before 1989 and
    /// after 2117), and in a calendar without working days, every day counts as one.
    #[must_use]
    pub fn working_day_after(&self, day: i64, nth: u32) -> i64 {
        let beyond = day + i64::from(nth);
        if !(FIRST_DAY..=LAST_DAY).contains(&day) {
            return beyond;
        }
        let until = self.working_until[(day - FIRST_DAY) as usize] as usize;
        self.working_days
            .get(until + nth as usize - 1)
            .copied()
            .unwrap_or(beyond)
    }

    /// Whether a local date is a working day.
    #[must_use]
    pub fn is_working_day(&self, day: i64) -> bool {
        self.working_days.binary_search(&day).is_ok()
    }

    /// Whether a local date is one of the configured holidays.
    #[must_use]
    pub fn is_holiday(&self, day: i64) -> bool {
        self.holidays.binary_search(&day).is_ok()
    }

    /// The instant at which so much time has passed on working days since another, in milliseconds.
    /// In a calendar without working days it never passes: [`Millis::MAX`].
    #[must_use]
    pub fn after_working_ms(&self, from: Millis, working_ms: i64) -> Millis {
        let mut day = self.local_day(from);
        let mut at = from;
        let mut left_ms = working_ms;
        if self.working_days.is_empty() {
            return Millis::MAX;
        }
        loop {
            if !self.is_working_day(day) {
                day = self.working_day_after(day, 1);
                at = self.day_start(day);
            }
            let room_ms = self.day_start(day + 1).since(at);
            if left_ms <= room_ms || !(FIRST_DAY..LAST_DAY).contains(&day) {
                return at.plus(left_ms);
            }
            left_ms -= room_ms;
            day += 1;
            at = self.day_start(day);
        }
    }

    /// The time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// The jiff timestamp of an instant, at the edge of its range for instants beyond.
fn timestamp(at_ms: i64) -> Timestamp {
    let range = (
        Timestamp::MIN.as_millisecond(),
        Timestamp::MAX.as_millisecond(),
    );
    Timestamp::from_millisecond(at_ms.clamp(range.0, range.1)).unwrap_or(Timestamp::MAX)
}

fn day_of(date: Date) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from((date - epoch).get_days())
}

fn start_of(zone: &TimeZone, day: Day) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = i32::try_from(day)
        .ok()
        .and_then(|days| 0.days().try_days(days).ok())
        .and_then(|span| epoch.checked_add(span).ok());
    let Some(date) = date else {
        return if day < 0 { i64::MIN } else { i64::MAX };
    };
    // A midnight in a gap resolves to the first instant after it, one in a fold to the first.
    match zone
        .to_ambiguous_zoned(date.to_datetime(jiff::civil::Time::midnight()))
        .compatible()
    {
        Ok(zoned) => first_instant_of(zone, date, zoned.timestamp().as_millisecond()),
        Err(_) => {
            if day < 0 {
                i64::MIN
            } else {
                i64::MAX
            }
        }
    }
}

/// Where midnight lies in a gap, `compatible` shifts it by the gap's length, which is later than
/// the gap's end only if the gap began before midnight: step back to the transition then.
fn first_instant_of(zone: &TimeZone, date: Date, shifted_ms: i64) -> i64 {
    let before = timestamp(shifted_ms - 1);
    if before.to_zoned(zone.clone()).date() != date {
        return shifted_ms;
    }
    let found = zone
        .preceding(timestamp(shifted_ms))
        .next()
        .map(|transition| transition.timestamp().as_millisecond());
    found
        .filter(|at| timestamp(*at).to_zoned(zone.clone()).date() == date)
        .unwrap_or(shifted_ms)
}
