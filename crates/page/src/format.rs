//! Numbers, amounts, times and durations as the language writes them.
//!
//! Whatever is unknown or no number is a dash. Spaces inside a number, and between a number and its
//! unit, never break: the narrow no-break space U+202F, as French typography has it.

use crate::texts::{Language, Texts};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Stands between a number and its unit, and between thousands in French.
pub const NARROW: char = '\u{202f}';
/// What stands for an unknown value.
pub const DASH: &str = "–";

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How one page writes: its language, the centre's zone and currency.
#[derive(Clone, Debug)]
pub struct Format {
    /// Whose words and separators.
    pub language: Language,
    /// The centre's zone, in which all times are shown.
    pub zone: TimeZone,
    /// ISO 4217 code of the amounts, as configured.
    pub currency: String,
}

impl Format {
    /// The words of the page's language.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// A whole number with separated thousands: `4,212`, `4 212`.
    #[must_use]
    pub fn whole(&self, number: u64) -> String {
        let digits = number.to_string();
        // French leaves four digits together in running text, but columns of numbers are separated.
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(self.separator());
            }
            text.push(digit);
        }
        text
    }

    /// A number with so many digits after the point: `1,204.5`, `1 204,5`.
    #[must_use]
    pub fn decimal(&self, number: f64, digits: usize) -> String {
        if !number.is_finite() {
            return DASH.to_owned();
        }
        let written = format!("{:.digits$}", number.abs());
        let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
        // Beyond 18 digits nobody reads them.
        let whole = whole
            .parse()
            .map_or_else(|_| whole.to_owned(), |whole| self.whole(whole));
        let is_nought = written.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let sign = if number < 0.0 && !is_nought {
            "\u{2212}"
        } else {
            ""
        };
        let point = if self.language == Language::French {
            ","
        } else {
            "."
        };
        if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}{point}{fraction}")
        }
    }

    /// A share between 0 and 1 as a percentage with one digit: `18.4 %`, `18,4 %`.
    #[must_use]
    pub fn percent(&self, share: f64) -> String {
        with_unit(self.decimal(share * 100.0, 1), "%")
    }

    /// A share as a whole percentage.
    #[must_use]
    pub fn percent_whole(&self, share: f64) -> String {
        with_unit(self.decimal(share * 100.0, 0), "%")
    }

    /// An amount without cents: `3,140 €`, `3 140 €`.
    #[must_use]
    pub fn amount(&self, units: f64) -> String {
        self.money(units, 0)
    }

    /// An amount with cents: `4.65 €`, `4,65 €`.
    #[must_use]
    pub fn amount_exact(&self, units: f64) -> String {
        self.money(units, 2)
    }

    fn money(&self, units: f64, digits: usize) -> String {
        let sign = match self.currency.as_str() {
            "EUR" => "€",
            "GBP" => "£",
            "USD" => "$",
            code => code,
        };
        with_unit(self.decimal(units, digits), sign)
    }

    fn separator(&self) -> char {
        match self.language {
            Language::English => ',',
            Language::French => NARROW,
        }
    }

    /// The local time of day: `14:05`.
    #[must_use]
    pub fn clock(&self, at_ms: i64) -> String {
        let local = self.local(at_ms);
        local.map_or_else(
            || DASH.to_owned(),
            |local| format!("{:02}:{:02}", local.hour(), local.minute()),
        )
    }

    /// The local date: `Tue 14 Oct`, `mar. 14 oct.`.
    #[must_use]
    pub fn date(&self, at_ms: i64) -> String {
        let Some(local) = self.local(at_ms) else {
            return DASH.to_owned();
        };
        self.date_words(local.date())
    }

    /// A local date without a time.
    #[must_use]
    pub fn date_words(&self, date: jiff::civil::Date) -> String {
        let texts = self.texts();
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let month = usize::try_from(date.month() - 1).unwrap_or(0);
        let (weekday, month) = (texts.weekdays[weekday], texts.months[month]);
        format!("{weekday} {} {month}", date.day())
    }

    /// The local date and time of day.
    #[must_use]
    pub fn date_clock(&self, at_ms: i64) -> String {
        format!("{} {}", self.date(at_ms), self.clock(at_ms))
    }

    /// The local time, with the date where it is another than that of `now_ms`.
    #[must_use]
    pub fn when(&self, at_ms: i64, now_ms: i64) -> String {
        let same_day = match (self.local(at_ms), self.local(now_ms)) {
            (Some(at), Some(now)) => at.date() == now.date(),
            _ => false,
        };
        if same_day {
            self.clock(at_ms)
        } else {
            self.date_clock(at_ms)
        }
    }

    /// An instant as machines read it, for `<time datetime>`.
    #[must_use]
    pub fn machine_time(&self, at_ms: i64) -> String {
        Timestamp::from_millisecond(at_ms).map_or_else(|_| String::new(), |at| at.to_string())
    }

    fn local(&self, at_ms: i64) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }

    /// A duration in its two greatest units: `41 s`, `3 min`, `2 h 05`, `3 d 4 h`.
    #[must_use]
    pub fn duration(&self, duration_ms: i64) -> String {
        let duration_ms = duration_ms.max(0);
        let day = self.texts().day_sign;
        if duration_ms < MINUTE_MS {
            format!("{}{NARROW}s", duration_ms / SECOND_MS)
        } else if duration_ms < HOUR_MS {
            format!("{}{NARROW}min", duration_ms / MINUTE_MS)
        } else if duration_ms < DAY_MS {
            let minutes = duration_ms % HOUR_MS / MINUTE_MS;
            format!("{}{NARROW}h{NARROW}{minutes:02}", duration_ms / HOUR_MS)
        } else {
            let hours = duration_ms % DAY_MS / HOUR_MS;
            let days = duration_ms / DAY_MS;
            if hours == 0 {
                format!("{days}{NARROW}{day}")
            } else {
                format!("{days}{NARROW}{day} {hours}{NARROW}h")
            }
        }
    }
}

fn with_unit(number: String, unit: &str) -> String {
    if number == DASH {
        return number;
    }
    format!("{number}{NARROW}{unit}")
}

#[cfg(test)]
mod tests;
