//! A JSON line written by hand: the workloads that must be fast, or large, spend their time here.

/// A JSON object that is being written into a text. Names and texts are the workload's own and
/// need no escaping.
pub(crate) struct Line<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Line<'a> {
    /// Opens an object at the end of `out`.
    pub(crate) fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_first: true,
        }
    }

    fn name(&mut self, name: &str) {
        self.out.push_str(if self.is_first { "\"" } else { ",\"" });
        self.is_first = false;
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.out.push('"');
        self.out.push_str(value);
        self.out.push('"');
        self
    }

    /// Opens a text that the caller writes, up to [`Self::close_text`].
    pub(crate) fn open_text(&mut self, name: &str) -> &mut String {
        self.name(name);
        self.out.push('"');
        self.out
    }

    pub(crate) fn close_text(&mut self) -> &mut Self {
        self.out.push('"');
        self
    }

    /// Names a value whose JSON the caller writes.
    pub(crate) fn open_raw(&mut self, name: &str) -> &mut String {
        self.name(name);
        self.out
    }

    /// Writes a value that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.out.push_str(json);
        self
    }

    pub(crate) fn integer(&mut self, name: &str, value: i64) -> &mut Self {
        self.name(name);
        push_integer(self.out, value);
        self
    }

    /// A time in RFC 3339, UTC, with milliseconds.
    pub(crate) fn time(&mut self, name: &str, at_ms: i64) -> &mut Self {
        self.name(name);
        self.out.push('"');
        push_time(self.out, at_ms);
        self.out.push('"');
        self
    }

    /// Closes the object.
    pub(crate) fn close(self) {
        self.out.push('}');
    }
}

pub(crate) fn push_integer(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push_digits(out, value.unsigned_abs(), 1);
}

/// Decimal digits with leading zeros up to `width`, which is at most 20.
pub(crate) fn push_digits(out: &mut String, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    while value > 0 || digits.len() - first < width {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.push_str(std::str::from_utf8(&digits[first..]).expect("only ASCII digits were written"));
}

/// Writes `2025-10-14T08:00:00.000Z`.
pub(crate) fn push_time(out: &mut String, at_ms: i64) {
    let days = at_ms.div_euclid(86_400_000);
    let in_day_ms = at_ms.rem_euclid(86_400_000) as u64;
    let (year, month, day) = civil_date(days);
    let pair = |value: u64| [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
    let mut text = *b"0000-00-00T00:00:00.000Z";
    text[0..2].copy_from_slice(&pair(year / 100));
    text[2..4].copy_from_slice(&pair(year % 100));
    text[5..7].copy_from_slice(&pair(month));
    text[8..10].copy_from_slice(&pair(day));
    text[11..13].copy_from_slice(&pair(in_day_ms / 3_600_000));
    text[14..16].copy_from_slice(&pair(in_day_ms / 60_000 % 60));
    text[17..19].copy_from_slice(&pair(in_day_ms / 1_000 % 60));
    text[20] = b'0' + (in_day_ms % 1_000 / 100) as u8;
    text[21..23].copy_from_slice(&pair(in_day_ms % 100));
    out.push_str(std::str::from_utf8(&text).expect("only ASCII digits were written"));
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar
/// (Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
fn civil_date(days: i64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as u64, month as u64, day as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for at_ms in (0..4_000_000_000_000).step_by(86_399_877_777 / 7) {
            let mut text = String::new();
            push_time(&mut text, at_ms);
            let parsed: jiff::Timestamp = text.parse().expect("a time in RFC 3339");
            assert_eq!(parsed.as_millisecond(), at_ms, "{text}");
        }
    }

    #[test]
    fn a_line_is_json() {
        let mut text = String::new();
        let mut line = Line::new(&mut text);
        line.text("a", "b")
            .integer("c", -120)
            .integer("zero", 0)
            .raw("d", "[1]");
        push_digits(line.open_text("id"), 42, 6);
        line.close_text();
        line.close();
        assert_eq!(text, r#"{"a":"b","c":-120,"zero":0,"d":[1],"id":"000042"}"#);
    }
}
