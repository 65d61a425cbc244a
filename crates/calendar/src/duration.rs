//! Durations as people write them: `15s`, `30min`, `24h`, `7d`, `500ms`, `1h30min`.

use std::fmt::Write as _;

/// The units, greatest first, and how many milliseconds each has.
const UNITS: &[(&str, i64)] = &[
    ("d", crate::DAY_MS),
    ("h", crate::HOUR_MS),
    ("min", crate::MINUTE_MS),
    ("s", 1_000),
    ("ms", 1),
];

/// The milliseconds of a text such as `1h30min`: whole numbers, each with its unit, greatest unit
/// first. A day is 24 hours.
#[must_use]
pub fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut units = UNITS;
    let mut total_ms: i64 = 0;
    while !rest.is_empty() || total_ms == 0 && units.len() == UNITS.len() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .bytes()
            .take_while(|byte| !byte.is_ascii_digit())
            .count();
        let (unit, tail) = tail.split_at_checked(letters)?;
        let place = units.iter().position(|(name, _)| *name == unit)?;
        let number_ms = number.parse::<i64>().ok()?.checked_mul(units[place].1)?;
        total_ms = total_ms.checked_add(number_ms)?;
        (rest, units) = (tail, &units[place + 1..]);
    }
    Some(total_ms)
}

/// The shortest text of a duration of at least 0 milliseconds, such as `1h30min`; a negative one
/// has a minus before it.
#[must_use]
pub fn duration_text(duration_ms: i64) -> String {
    if duration_ms == 0 {
        return "0s".into();
    }
    let mut text = String::from(if duration_ms < 0 { "-" } else { "" });
    let mut rest_ms = duration_ms.unsigned_abs();
    for (unit, unit_ms) in UNITS {
        let unit_ms = unit_ms.unsigned_abs();
        // Up to two days people count in hours, which are never taken for local days.
        let enough_ms = if *unit == "d" { 2 * unit_ms } else { unit_ms };
        if rest_ms >= enough_ms {
            write!(text, "{}{unit}", rest_ms / unit_ms).expect("writing to a string cannot fail");
            rest_ms %= unit_ms;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{duration_ms, duration_text};

    #[test]
    fn reads_what_people_write() {
        for (text, duration_ms) in [
            ("15s", 15_000),
            ("30min", 1_800_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("500ms", 500),
            ("0s", 0),
            ("1h30min", 5_400_000),
            ("1d12h", 129_600_000),
            ("1min5ms", 60_005),
        ] {
            assert_eq!(super::duration_ms(text), Some(duration_ms), "{text}");
        }
    }

    #[test]
    fn refuses_all_else() {
        for text in [
            "",
            "s",
            "15",
            "1.5h",
            "-1h",
            "1m",
            "1 h",
            "30min1h",
            "1h1h",
            "1hour",
            "1h30",
            "é",
            "99999999999999d",
            "9999999999999999999s",
        ] {
            assert_eq!(duration_ms(text), None, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "0s",
            "15s",
            "30min",
            "47h",
            "7d",
            "500ms",
            "1h30min",
            "2d1h1min1s1ms",
        ] {
            assert_eq!(duration_text(duration_ms(text).unwrap()), text);
        }
        assert_eq!(duration_text(-1500), "-1s500ms");
    }
}
