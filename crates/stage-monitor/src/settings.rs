use std::collections::BTreeMap;

use calendar::Calendar;
use jiff::Timestamp;
use model::{Millis, Text};

/// Milliseconds of a minute, the step in which breaks are counted.
pub(crate) const MINUTE_MS: i64 = calendar::MINUTE_MS;

/// What the tenant configures of this stage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant; it is part of alert ids.
    pub tenant: Text,
    /// The centre's calendar: local hours, local days and holidays.
    pub calendar: Calendar,
    /// False alarms that the tenant accepts a month (30 days), over all rules and segments;
    /// above 0. Default 1.
    pub false_alarms_per_month: f64,
    /// Segments, over all rules, among which that budget is divided; at least 1. Default 50.
    pub segments: u32,
    /// What is known of each rule and version; others are watched by [`Watch::default`].
    pub watches: BTreeMap<(Text, u32), Watch>,
}

/// What the monitor has to know of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Age at which an entry has surely come to its end, milliseconds: the sum of the rule's
    /// bounds. Entries that are older are no longer counted as open. At most 31 days.
    pub horizon_ms: i64,
    /// Ages at which many entries break at once, milliseconds: the ends of the rule's absences.
    pub deadlines_ms: Vec<i64>,
}

impl Default for Watch {
    /// Seven days, without deadlines.
    fn default() -> Watch {
        Watch {
            horizon_ms: 7 * calendar::DAY_MS,
            deadlines_ms: Vec::new(),
        }
    }
}

/// The local hour of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalHour {
    /// Local date, days since 1970-01-01.
    pub(crate) day: i64,
    /// 0 to 23, as a clock on the wall shows it.
    pub(crate) hour: usize,
}

/// Monday is 0.
pub(crate) fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize // 1970-01-01 was a Thursday
}

impl Settings {
    /// Where a minute (since 1970-01-01T00:00Z) lies in the tenant's days.
    pub(crate) fn local_hour(&self, minute: i64) -> LocalHour {
        let at_ms = minute.saturating_mul(MINUTE_MS);
        let range = (
            Timestamp::MIN.as_millisecond(),
            Timestamp::MAX.as_millisecond(),
        );
        let clamped = at_ms.clamp(range.0, range.1);
        let timestamp = Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = self.calendar.zone().to_offset(timestamp).seconds();
        let local_s = clamped.div_euclid(1000) + i64::from(offset);
        LocalHour {
            day: self.calendar.local_day(Millis(clamped)),
            hour: (local_s.rem_euclid(86_400) / 3600) as usize,
        }
    }

    /// Whether a local date is a day of the week that is worked, but not this time.
    pub(crate) fn is_holiday(&self, day: i64) -> bool {
        // The same weekday of the weeks around it is worked, so the date itself must be closed.
        !self.calendar.is_working_day(day)
            && [-14, -7, 7, 14]
                .iter()
                .filter(|days| self.calendar.is_working_day(day + **days))
                .count()
                >= 2
    }
}
