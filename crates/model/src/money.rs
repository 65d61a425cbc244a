use serde::{Deserialize, Serialize};

/// An amount in millionths of the tenant's currency. May be negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Money(pub i64);

impl Money {
    /// The amount that a decimal number states, rounded half away from zero; `None` if it is not
    /// finite or beyond nine million millions.
    #[must_use]
    pub fn from_units(units: f64) -> Option<Money> {
        let micros = (units * 1e6).round();
        (micros.is_finite() && micros.abs() < 9e18).then_some(Money(micros as i64))
    }

    /// The amount in units of the currency.
    #[must_use]
    pub fn units(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Both amounts together; stays within the range of the type.
    #[must_use]
    pub fn plus(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }

    /// What `duration_ms` costs at this amount a minute, rounded half up.
    #[must_use]
    pub fn for_minutes(self, duration_ms: i64) -> Money {
        let exact = i128::from(self.0) * i128::from(duration_ms);
        let rounded = (exact + 30_000).div_euclid(60_000);
        Money(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}
