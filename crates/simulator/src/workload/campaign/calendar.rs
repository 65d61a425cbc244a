//! Just enough calendar to aim at the bounds of windows. Whether the engine agrees is not decided
//! here: a time that misses its bound only makes the campaign less sharp.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How long a window is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// At most this many milliseconds.
    Rolling(i64),
    /// To the end of the X-th day.
    Calendar(i64),
    /// To the end of the X-th working day.
    Business(i64),
}

/// The local date of an instant.
pub(super) fn local_date(zone: &TimeZone, at_ms: i64) -> Date {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).date()
}

/// The first instant of a local day.
pub(super) fn day_start_ms(zone: &TimeZone, date: Date) -> i64 {
    date.to_zoned(zone.clone())
        .map_or(0, |start| start.timestamp().as_millisecond())
}

/// A day `days` after another.
pub(super) fn plus_days(date: Date, days: i64) -> Date {
    date.saturating_add(days.days())
}

/// The first instant outside a window.
pub(super) fn due_at_ms(
    zone: &TimeZone,
    week: &[&str],
    holidays: &[Date],
    length: Length,
    anchor_ms: i64,
) -> i64 {
    let date = local_date(zone, anchor_ms);
    match length {
        Length::Rolling(length_ms) => anchor_ms + length_ms + 1,
        Length::Calendar(days) => day_start_ms(zone, plus_days(date, days + 1)),
        Length::Business(days) => {
            let mut left = days + 1;
            let mut day = date;
            while left > 0 {
                day = plus_days(day, 1);
                if week.contains(&weekday_name(day)) && !holidays.contains(&day) {
                    left -= 1;
                }
            }
            day_start_ms(zone, day)
        }
    }
}

/// The name of a weekday in the configuration.
fn weekday_name(date: Date) -> &'static str {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    NAMES[date.weekday().to_monday_zero_offset() as usize]
}

/// The first change of the clock after an instant.
pub(super) fn next_clock_change_ms(zone: &TimeZone, after_ms: i64) -> Option<i64> {
    let after = Timestamp::from_millisecond(after_ms).ok()?;
    zone.following(after)
        .next()
        .map(|change| change.timestamp().as_millisecond())
}
