//! Text of numbers, times and JSON strings, written straight into a buffer.
//!
//! Files have tens of millions of rows, and the formatting machinery of the standard library costs
//! more than all the rest of a line.

use std::io::Write;

const MS_PER_DAY: i64 = 86_400_000;

/// What each byte of a JSON string becomes: 0 itself, `u` a `\u00XX`, else the letter after `\`.
static ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes[0x08] = b'b';
    escapes[0x0c] = b'f';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Appends `text` as a JSON string with its quotes.
pub(crate) fn push_json_text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'0', b'0', HEX[high], HEX[low]]);
        }
        done = at + 1;
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

/// Appends a whole number in decimal.
pub(crate) fn push_int(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a number as the shortest decimal text that reads back as the same; `null` if it is none.
pub(crate) fn push_double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        write!(out, "{number:?}").expect("a buffer takes what is written");
    } else {
        out.extend_from_slice(b"null");
    }
}

fn push_digits(out: &mut Vec<u8>, number: i64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = number.unsigned_abs();
    let mut at = digits.len();
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at.min(digits.len() - width)..]);
}

/// Appends an instant in milliseconds since 1970 as `2026-03-01T10:00:00.000Z`. Years before 0 and
/// after 9999 get a sign, as ISO 8601 has it.
pub(crate) fn push_time(out: &mut Vec<u8>, at_ms: i64) {
    let (year, month, day) = civil(at_ms.div_euclid(MS_PER_DAY));
    let ms = at_ms.rem_euclid(MS_PER_DAY);
    match year {
        0..=9999 => push_digits(out, year, 4),
        _ => {
            out.push(if year < 0 { b'-' } else { b'+' });
            push_digits(out, year, 6);
        }
    }
    for (mark, number, width) in [
        (b'-', month, 2),
        (b'-', day, 2),
        (b'T', ms / 3_600_000, 2),
        (b':', ms / 60_000 % 60, 2),
        (b':', ms / 1_000 % 60, 2),
        (b'.', ms % 1_000, 3),
    ] {
        out.push(mark);
        push_digits(out, number, width);
    }
    out.push(b'Z');
}

/// Year, month and day of a day counted from 1970-01-01 in the proleptic Gregorian calendar, by
/// Howard Hinnant's `civil_from_days`: eras of 400 years that begin on 1 March.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("what is written is text")
    }

    proptest! {
        #[test]
        fn json_text_reads_back(text in any::<String>()) {
            let json = written(|out| push_json_text(out, &text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("valid JSON"), text);
        }

        #[test]
        fn control_bytes_read_back(bytes in prop::collection::vec(0_u8..0x80, 0..40)) {
            let text = String::from_utf8(bytes).expect("ASCII");
            let json = written(|out| push_json_text(out, &text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("valid JSON"), text);
        }

        #[test]
        fn ints_are_decimal(number in any::<i64>()) {
            prop_assert_eq!(written(|out| push_int(out, number)), number.to_string());
        }

        #[test]
        fn times_are_those_of_jiff(at_ms in -62_167_219_200_000_i64..253_402_207_199_999) {
            let at = jiff::Timestamp::from_millisecond(at_ms).expect("in range");
            prop_assert_eq!(written(|out| push_time(out, at_ms)), format!("{at:.3}"));
        }
    }

    #[test]
    fn odd_numbers() {
        assert_eq!(
            written(|out| push_time(out, 1_772_359_200_000)),
            "2026-03-01T10:00:00.000Z"
        );
        assert_eq!(
            written(|out| push_time(out, 253_402_300_800_000)),
            "+010000-01-01T00:00:00.000Z"
        );
        assert!(written(|out| push_time(out, i64::MIN)).starts_with('-'));
        assert_eq!(written(|out| push_double(out, 0.1)), "0.1");
        assert_eq!(written(|out| push_double(out, 180.0)), "180.0");
        assert_eq!(written(|out| push_double(out, f64::NAN)), "null");
    }
}
