//! Times as records write them.

use model::Millis;

/// The last instant that there is: 9999-12-31T23:59:59.999Z. In zones behind UTC the year 9999 ends
/// up to a day later; what a record states of that day counts as this instant.
pub const TIME_MAX: Millis = Millis::LAST;

/// The end of the year 9999 where it ends last, 23:59 behind UTC.
pub(crate) const STATED_MAX: Millis = Millis(TIME_MAX.0 + (24 * 60 - 1) * 60_000);

/// Milliseconds of a day, leap seconds left out.
const DAY_MS: i64 = 86_400_000;

/// The instant that an RFC 3339 text with offset states; `None` if it is none. `T` and `Z` may be
/// small, a blank may stand for `T`; a leap second counts as the last millisecond before it;
/// fractions are cut to milliseconds.
#[must_use]
pub fn parse_time(text: &str) -> Option<Millis> {
    read_time_text(text).ok()
}

/// The same; the error says why the text is none, and repeats nothing of it.
pub(crate) fn read_time_text(text: &str) -> Result<Millis, &'static str> {
    const SHAPE: &str = "it is not written as in 2026-03-01T10:00:00+01:00";
    let bytes = text.as_bytes();
    let (head, rest) = bytes.split_first_chunk::<19>().ok_or(SHAPE)?;
    let separators = [head[4], head[7], head[13], head[16]];
    if separators != *b"--::" || !matches!(head[10], b'T' | b't' | b' ') {
        return Err(SHAPE);
    }
    let number = |at| two(head, at).ok_or(SHAPE);
    let year = i64::from(number(0)?) * 100 + i64::from(number(2)?);
    let (month, day) = (number(5)?, number(8)?);
    let (hour, minute, second) = (number(11)?, number(14)?, number(17)?);
    if !(1..=12).contains(&month) {
        return Err("there is no such month");
    }
    if day == 0 || day > days_of_month(year, month) {
        return Err("its month has no such day");
    }
    match (hour, minute, second) {
        (24.., ..) => return Err("hours go from 00 to 23"),
        (_, 60.., _) => return Err("minutes go from 00 to 59"),
        (.., 61..) => return Err("seconds go from 00 to 60"),
        _ => {}
    }
    let (millisecond, offset) = fraction(rest).ok_or(SHAPE)?;
    if offset.is_empty() {
        return Err("it has no offset such as Z or +01:00");
    }
    let offset_ms =
        offset_ms(offset).ok_or("its offset is not written as in Z or +01:00, up to 23:59")?;
    let second_ms = if second == 60 {
        59_999
    } else {
        i64::from(second) * 1_000 + millisecond
    };
    let of_day_ms = (i64::from(hour) * 60 + i64::from(minute)) * 60_000 + second_ms;
    let at = Millis(days_since_epoch(year, month, day) * DAY_MS + of_day_ms - offset_ms);
    Ok(at.min(TIME_MAX))
}

/// A text as a refusal may repeat it: one that looks like a time, and like nothing personal.
pub(crate) fn shown(text: &str) -> Option<&str> {
    let date = |byte: u8| byte.is_ascii_digit() || byte == b'-';
    let other = |byte: u8| byte.is_ascii_digit() || b"TtZz:.+- ".contains(&byte);
    let (head, rest) = text.as_bytes().split_first_chunk::<10>()?;
    let is_time = text.len() <= 40
        && (b'1'..=b'9').contains(&head[0])
        && (head[4], head[7]) == (b'-', b'-')
        && head.iter().all(|byte| date(*byte))
        && rest.iter().all(|byte| other(*byte));
    is_time.then_some(text)
}

/// The number of the two digits at a place.
fn two(head: &[u8; 19], at: usize) -> Option<u32> {
    let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Milliseconds of an optional fraction, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = rest else {
        return Some((0, rest));
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 {
        return None;
    }
    let digit = |place: usize| {
        if place < count {
            i64::from(digits[place] - b'0')
        } else {
            0
        }
    };
    Some((digit(0) * 100 + digit(1) * 10 + digit(2), &digits[count..]))
}

/// Milliseconds by which local time is ahead of UTC; `None` if no offset is stated.
fn offset_ms(offset: &[u8]) -> Option<i64> {
    match *offset {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            let (hours, minutes) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
            let ahead_ms = (hours * 60 + minutes) * 60_000;
            let exists = hours <= 23 && minutes <= 59;
            exists.then_some(if sign == b'-' { -ahead_ms } else { ahead_ms })
        }
        _ => None,
    }
}

fn days_of_month(year: i64, month: u32) -> u32 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted in years that begin
/// in March, so that the leap day is the last one (Hinnant, *Low-Level Date Algorithms*).
fn days_since_epoch(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read() {
        let table = [
            ("2026-03-01T10:00:00Z", Some(1_772_359_200_000)),
            ("2026-03-01t10:00:00z", Some(1_772_359_200_000)),
            ("2026-03-01 10:00:00Z", Some(1_772_359_200_000)),
            ("2026-03-01T10:00:00+01:00", Some(1_772_355_600_000)),
            ("2026-03-01T10:00:00-00:30", Some(1_772_361_000_000)),
            ("2026-03-01T10:00:00.5Z", Some(1_772_359_200_500)),
            ("2026-03-01T10:00:00.123999999Z", Some(1_772_359_200_123)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799_999)),
            ("2016-12-31T23:59:60.5Z", Some(1_483_228_799_999)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("1969-12-31T23:59:59.001Z", Some(-999)),
            ("2026-03-01T10:00:00", None),
            ("2026-03-01T10:00:00+0100", None),
            ("2026-03-01T10:00:00+24:00", None),
            ("2026-03-01T24:00:00Z", None),
            ("2026-03-01T10:60:00Z", None),
            ("2026-03-01T10:00:61Z", None),
            ("2026-02-29T10:00:00Z", None),
            ("2100-02-29T10:00:00Z", None),
            ("2026-13-01T10:00:00Z", None),
            ("2026-03-00T10:00:00Z", None),
            ("2026-03-01T10:00:00.Z", None),
            ("2026-03-01T10:00:00Zz", None),
            ("2026-03-1T10:00:00Z", None),
            ("2026-03-01T10:00:0é", None),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999)),
            ("9999-12-31T23:59:59-23:59", Some(253_402_300_799_999)),
            ("9999-12-31T23:59:59+14:00", Some(253_402_250_399_000)),
            ("2026-03-01", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_time(text), expected.map(Millis), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_time_is_said() {
        let table = [
            ("2026-03-01T10:00:00", "offset"),
            ("2026-03-01T10:00:00+0100", "offset"),
            ("2026-03-01T24:00:00Z", "hours go from 00 to 23"),
            ("2026-03-01T10:60:00Z", "minutes"),
            ("2026-02-30T10:00:00Z", "its month has no such day"),
            ("2026-13-01T10:00:00Z", "no such month"),
            ("01/03/2026 10:00:00", "not written as in"),
            ("C1", "not written as in"),
        ];
        for (text, expected) in table {
            let why = read_time_text(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
        let shown = |text| super::shown(text).is_some();
        assert!(shown("2026-02-30T10:00:00Z") && shown("2026-03-01"));
        assert!(!shown("0199001234") && !shown("0199-00-12-34") && !shown("kim@example.org"));
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar_library(
            second in -62_167_219_200_i64..253_402_207_200, nano in 0..1_000_000_000_i32,
            offset_minutes in -1_439..1_440_i32, digits in 0..=9_usize,
        ) {
            let Ok(at) = jiff::Timestamp::new(second, nano) else { return Ok(()) };
            let offset = jiff::tz::Offset::from_seconds(offset_minutes * 60).unwrap();
            let local = offset.to_datetime(at);
            prop_assume!(local.year() >= 0);
            let sign = if offset_minutes < 0 { '-' } else { '+' };
            let ahead = offset_minutes.abs();
            let fraction = &format!("{:09}", local.subsec_nanosecond())[..digits];
            let text = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{fraction}{sign}{:02}:{:02}",
                local.year(), local.month(), local.day(), local.hour(), local.minute(),
                local.second(), if digits == 0 { "" } else { "." }, ahead / 60, ahead % 60,
            );
            let expected: jiff::Timestamp = text.parse().unwrap();
            let expected = expected.as_nanosecond().div_euclid(1_000_000) as i64;
            prop_assert_eq!(parse_time(&text), Some(Millis(expected)), "{}", text);
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let _ = parse_time(&text);
        }
    }
}
