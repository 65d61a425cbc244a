//! Event time: zones, local days, working days, windows.
//!
//! Invariant: knows no contact and no wall clock. Every instant comes in as an argument.

mod days;
mod duration;
mod window;

pub use days::{Calendar, CalendarError, Weekday};
pub use duration::{duration_ms, duration_text};
pub use window::{Anchor, Span, Window};

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of 24 hours, which is not always a local day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
