//! Times as people write them: `Mon 2 Mar 10:00`, in the centre's zone; lengths as `2d 23h 24min`.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

/// The year of a date that names none.
const YEAR: i16 = 2026;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const UNITS: [(&str, i64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Takes a time off the beginning of some words: an optional weekday, day, month, an optional year,
/// `10:00[:30[.250]]`, and `again` for the second of two equal times. Without a date it is `today`.
pub(crate) fn take(words: &mut Vec<&str>, zone: &TimeZone, today: Option<Date>) -> i64 {
    let first = words[0];
    let weekday = DAYS.iter().position(|day| *day == first);
    if weekday.is_some() {
        words.remove(0);
    }
    let date = if words[0].contains(':') {
        today.unwrap_or_else(|| panic!("`{first}`: a time needs a date here"))
    } else {
        let day = words
            .remove(0)
            .parse()
            .unwrap_or_else(|_| panic!("`{first}` begins no time"));
        let word = words.remove(0);
        let month = MONTHS.iter().position(|name| *name == word);
        let month = month.unwrap_or_else(|| panic!("`{word}` is no month"));
        let year = words[0].parse().ok();
        if year.is_some() {
            words.remove(0);
        }
        Date::new(year.unwrap_or(YEAR), i8::try_from(month).unwrap() + 1, day).unwrap()
    };
    if let Some(weekday) = weekday {
        let real = DAYS[date.weekday().to_monday_zero_offset() as usize];
        assert_eq!(DAYS[weekday], real, "{date} is a {real}");
    }
    let clock = words.remove(0);
    let long = if clock.matches(':').count() == 1 {
        format!("{clock}:00")
    } else {
        clock.into()
    };
    let local: DateTime = format!("{date}T{long}").parse().unwrap();
    let again = words.first() == Some(&"again");
    if again {
        words.remove(0);
    }
    instant(local, zone, again)
}

fn instant(local: DateTime, zone: &TimeZone, again: bool) -> i64 {
    let offset = match (zone.to_ambiguous_timestamp(local).offset(), again) {
        (AmbiguousOffset::Unambiguous { offset }, false) => offset,
        (AmbiguousOffset::Fold { before, .. }, false) => before,
        (AmbiguousOffset::Fold { after, .. }, true) => after,
        (AmbiguousOffset::Unambiguous { .. }, true) => panic!("{local} is there only once"),
        (AmbiguousOffset::Gap { .. }, _) => panic!("no clock ever shows {local}"),
    };
    offset.to_timestamp(local).unwrap().as_millisecond()
}

/// The local date of an instant.
pub(crate) fn date(at: i64, zone: &TimeZone) -> Date {
    zoned(at, zone).date()
}

fn zoned(at: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(at)
        .unwrap()
        .to_zoned(zone.clone())
}

/// An instant in words. The second of two equal times is told by `again`.
pub(crate) fn words(at: i64, zone: &TimeZone) -> String {
    let local = zoned(at, zone);
    let day = DAYS[local.weekday().to_monday_zero_offset() as usize];
    let month = MONTHS[local.month() as usize - 1];
    let year = if local.year() == YEAR {
        String::new()
    } else {
        format!(" {}", local.year())
    };
    let mut text = format!("{day} {} {month}{year} {}", local.day(), clock(&local));
    let ambiguous = zone.to_ambiguous_timestamp(local.datetime()).offset();
    if matches!(ambiguous, AmbiguousOffset::Fold { after, .. } if after == local.offset()) {
        text.push_str(" again");
    }
    text
}

fn clock(local: &Zoned) -> String {
    let mut text = format!("{:02}:{:02}", local.hour(), local.minute());
    if local.second() != 0 || local.millisecond() != 0 {
        text.push_str(&format!(":{:02}", local.second()));
    }
    if local.millisecond() != 0 {
        text.push_str(&format!(".{:03}", local.millisecond()));
    }
    text
}

/// The milliseconds of a length such as `2h 30min`.
pub(crate) fn length_ms(text: &str) -> i64 {
    let one = |word: &str| {
        let unit_at = word
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(word.len());
        let (number, unit) = word.split_at(unit_at);
        let unit = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, unit_ms) = unit.unwrap_or_else(|| panic!("`{text}` is no length of time"));
        number.parse::<i64>().unwrap() * unit_ms
    };
    text.split(' ').map(one).sum()
}

/// A length of time in words.
pub(crate) fn length(mut ms: i64) -> String {
    let mut parts = Vec::new();
    for (unit, unit_ms) in UNITS {
        if ms >= unit_ms {
            parts.push(format!("{}{unit}", ms / unit_ms));
            ms %= unit_ms;
        }
    }
    if parts.is_empty() {
        "no time".into()
    } else {
        parts.join(" ")
    }
}

#[test]
fn times_and_lengths_are_read_as_they_are_written() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    for text in [
        "Mon 2 Mar 10:00",
        "Sun 25 Oct 02:30",
        "Sun 25 Oct 02:30 again",
    ] {
        assert_eq!(
            words(take(&mut text.split(' ').collect(), &zone, None), &zone),
            text
        );
    }
    let text = "Tue 31 Dec 2024 23:59:59.999";
    assert_eq!(
        words(take(&mut text.split(' ').collect(), &zone, None), &zone),
        text
    );
    for text in ["2d 23h 24min", "1s 5ms"] {
        assert_eq!(length(length_ms(text)), text);
    }
}

#[test]
#[should_panic(expected = "2026-03-02 is a Mon")]
fn a_wrong_weekday_is_noticed() {
    take(&mut vec!["Tue", "2", "Mar", "10:00"], &TimeZone::UTC, None);
}

#[test]
#[should_panic(expected = "no clock ever shows")]
fn a_time_that_the_clock_change_leaves_out_is_noticed() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    take(&mut vec!["Sun", "29", "Mar", "02:30"], &zone, None);
}
