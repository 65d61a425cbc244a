//! Instants and durations as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Millis;

/// An instant in the centre's zone: `Mon 2 Mar 2026 10:00:05`.
pub fn local(zone: &TimeZone, at: Millis) -> String {
    let Ok(timestamp) = Timestamp::from_millisecond(at.0) else {
        return at.0.to_string();
    };
    let zoned = timestamp.to_zoned(zone.clone());
    zoned.strftime("%a %-d %b %Y %H:%M:%S").to_string()
}
