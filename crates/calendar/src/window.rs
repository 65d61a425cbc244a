//! Windows: how long after a contact a customer who comes again counts as coming back.

use crate::{Calendar, DAY_MS};
use model::Millis;

/// Which instant of the earlier contact a window is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its start.
    Start,
    /// Its end.
    End,
}

/// How long a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Until the end of the x-th local day after the anchor's; 0 is intraday.
    CalendarDays(u32),
    /// Until the end of the x-th working day after the anchor's day, and the days off after it.
    BusinessDays(u32),
    /// Milliseconds, the bound included.
    Rolling(i64),
}

/// A named criterion for "came back".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How long.
    pub span: Span,
    /// From when.
    pub anchor: Anchor,
}

impl Window {
    /// The first instant that is outside the window for an anchor instant. It never gets earlier
    /// when the anchor gets later: the readings rely on that.
    #[must_use]
    pub fn due_at(&self, calendar: &Calendar, anchor_at: Millis) -> Millis {
        match self.span {
            Span::Rolling(duration_ms) => anchor_at.plus(duration_ms).plus(1),
            Span::CalendarDays(days) => {
                calendar.day_start(calendar.local_day(anchor_at) + i64::from(days) + 1)
            }
            Span::BusinessDays(days) => {
                let day = calendar.local_day(anchor_at);
                calendar.day_start(calendar.working_day_after(day, days + 1))
            }
        }
    }

    /// The longest time that the window can last, in milliseconds; days off make a working day
    /// count as up to a fortnight.
    #[must_use]
    pub fn duration_ms_max(&self) -> i64 {
        match self.span {
            Span::Rolling(duration_ms) => duration_ms + 1,
            Span::CalendarDays(days) => (i64::from(days) + 2) * DAY_MS,
            Span::BusinessDays(days) => (i64::from(days) + 2) * 14 * DAY_MS,
        }
    }
}
