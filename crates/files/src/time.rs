//! Times as files have them.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A time, and whether its zone has it twice or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) at_ms: i64,
    pub(crate) ambiguous: bool,
}

impl Resolved {
    fn sure(at_ms: i64) -> Resolved {
        Resolved {
            at_ms,
            ambiguous: false,
        }
    }
}

/// A local time: one that exists twice is the first, one that does not exist is moved on by the gap.
pub(crate) fn resolve(local: DateTime, zone: &TimeZone) -> Option<Resolved> {
    let found = zone.to_ambiguous_timestamp(local);
    let ambiguous = !matches!(found.offset(), AmbiguousOffset::Unambiguous { .. });
    let Ok(at) = found.compatible() else {
        // The library's instants end before the year 9999 does.
        let offset = zone.to_offset(Timestamp::MAX);
        return (local.year() == 9999).then(|| Resolved::sure(counted(local, offset)));
    };
    Some(Resolved {
        at_ms: at.as_millisecond(),
        ambiguous,
    })
}

/// A local time less its offset, in milliseconds since 1970.
fn counted(local: DateTime, offset: Offset) -> i64 {
    let since = local.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    let of_civil = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    of_civil.saturating_sub(i64::from(offset.seconds()) * 1_000)
}

/// Reads a time as text: by `format` if there is one, else epoch milliseconds; else ISO 8601 with `T`
/// or a space. Without offset it is a time in `zone`, without a time the day's midnight there.
pub(crate) fn read(text: &str, zone: &TimeZone, format: Option<&str>) -> Option<Resolved> {
    let text = text.trim();
    if let Some(format) = format {
        if let Some(read) = read_formatted(text, zone, format) {
            return Some(read);
        }
    } else if let Ok(at_ms) = text.parse() {
        return Some(Resolved::sure(at_ms));
    }
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    match pieces.to_numeric_offset() {
        Some(offset) => Some(Resolved::sure(counted(local, offset))),
        None => resolve(local, zone),
    }
}

/// A cell as a message may repeat it: one that looks like a time, and not like a number of a person.
pub(crate) fn shown(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    let is_sign = |byte: u8| byte.is_ascii_digit() || b"-/.:, +TtZzAaPpMm".contains(&byte);
    let date = cell.split([' ', 'T', 't']).next().unwrap_or_default();
    let numbers: Vec<&str> = date.split(['-', '/', '.']).collect();
    let is_date = numbers.len() == 3 && numbers.iter().any(|number| number.len() == 4);
    let is_time = cell.len() <= 40 && cell.bytes().all(is_sign) && (is_date || cell.contains(':'));
    is_time.then_some(cell)
}

fn read_formatted(text: &str, zone: &TimeZone, format: &str) -> Option<Resolved> {
    let read = strtime::parse(format, text).ok()?;
    if let Ok(at) = read.to_timestamp() {
        return Some(Resolved::sure(at.as_millisecond()));
    }
    let date = read.to_date().ok()?;
    let time = match read.hour() {
        Some(_) => read.to_time().ok()?,
        None => Time::midnight(),
    };
    resolve(date.to_datetime(time), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: Option<&str>, expected: &str) {
        let zone = TimeZone::get("Europe/Paris").expect("the zone is known");
        let found = read(text, &zone, format).map_or("none".to_owned(), |read| {
            let at = jiff::Timestamp::from_millisecond(read.at_ms).expect("in range");
            format!("{at}{}", if read.ambiguous { " ambiguous" } else { "" })
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn iso_times_are_local_unless_they_say_otherwise() {
        check("2026-03-01T10:00:00", None, "2026-03-01T09:00:00Z");
        check(" 2026-07-01 10:00 ", None, "2026-07-01T08:00:00Z");
        check("2026-03-01 10:00:00.25", None, "2026-03-01T09:00:00.25Z");
        check("2026-03-01T10:00:00Z", None, "2026-03-01T10:00:00Z");
        check("2026-03-01T10:00:00-05:00", None, "2026-03-01T15:00:00Z");
        check("2026-03-01", None, "2026-02-28T23:00:00Z");
        check("1772359200000", None, "2026-03-01T10:00:00Z");
        check("01/03/2026", None, "none");
        let zone = TimeZone::get("Europe/Paris").expect("the zone is known");
        for text in ["9999-12-31 23:59:59", "9999-12-31T23:59:59+01:00"] {
            let at = read(text, &zone, None).map(|read| read.at_ms);
            assert_eq!(at, Some(253_402_297_199_000), "{text}");
        }
        check("", None, "none");
        assert_eq!(shown("31.02.2026 10:00"), Some("31.02.2026 10:00"));
        assert_eq!(
            [
                shown("01 99 00 12 34"),
                shown("01.99.00.12.34"),
                shown("Kim")
            ],
            [None; 3]
        );
    }

    #[test]
    fn a_local_time_that_is_twice_or_never_is_noticed() {
        check(
            "2026-03-29 02:30:00",
            None,
            "2026-03-29T01:30:00Z ambiguous",
        );
        check(
            "2026-10-25 02:30:00",
            None,
            "2026-10-25T00:30:00Z ambiguous",
        );
        check("2026-10-25 03:00:00", None, "2026-10-25T02:00:00Z");
    }

    #[test]
    fn times_of_another_format() {
        check(
            "01.03.2026 10:00",
            Some("%d.%m.%Y %H:%M"),
            "2026-03-01T09:00:00Z",
        );
        check("03/01/2026", Some("%m/%d/%Y"), "2026-02-28T23:00:00Z");
        check(
            "2026-03-01 10:00:00 +0500",
            Some("%F %T %z"),
            "2026-03-01T05:00:00Z",
        );
        check("1772359200", Some("%s"), "2026-03-01T10:00:00Z");
        check(
            "2026-03-01T10:00:00Z",
            Some("%d.%m.%Y"),
            "2026-03-01T10:00:00Z",
        );
        check("32.03.2026", Some("%d.%m.%Y"), "none");
    }
}
