use serde::{Deserialize, Serialize};

/// An instant, in milliseconds since 1970-01-01T00:00:00Z. May be negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Millis(pub i64);

impl Millis {
    /// Earlier than every instant.
    pub const MIN: Millis = Millis(i64::MIN);
    /// Later than every instant.
    pub const MAX: Millis = Millis(i64::MAX);
    /// The last instant that is read or written: 9999-12-31T23:59:59.999Z.
    pub const LAST: Millis = Millis(253_402_300_799_999);

    /// This instant, `duration_ms` later; stays within the range of the type.
    #[must_use]
    pub fn plus(self, duration_ms: i64) -> Millis {
        Millis(self.0.saturating_add(duration_ms))
    }

    /// This instant, `duration_ms` earlier; stays within the range of the type.
    #[must_use]
    pub fn minus(self, duration_ms: i64) -> Millis {
        Millis(self.0.saturating_sub(duration_ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
