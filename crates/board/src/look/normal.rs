//! What is normal: quartiles of the last eight same weekdays without holidays.

use super::Look;
use super::numbers::{Cell, OfDay};
use crate::views::{Day, Normal};
use figures::{MATCHING_DAYS_MAX, MATCHING_DAYS_MIN};

/// Weeks that are looked back for eight days without holidays.
const WEEKS_MAX: i32 = 12;

/// Quartiles of some values; nothing of fewer than three.
pub(super) fn quartiles(mut values: Vec<f64>) -> Option<Normal> {
    if values.len() < MATCHING_DAYS_MIN {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some(Normal {
        lower: quantile(&values, 0.25),
        median: quantile(&values, 0.5),
        upper: quantile(&values, 0.75),
        days: values.len(),
    })
}

/// Between two values in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}

/// A rate of known followers.
pub(super) fn rate(cell: &Cell) -> Option<f64> {
    (cell.followers > 0.0).then(|| cell.repeats / cell.followers)
}

impl Look<'_> {
    /// The same weekdays before a date, the latest first, without holidays; eight at most.
    pub(super) fn same_weekdays(&self, day: Day) -> impl Iterator<Item = Day> {
        let calendar = &self.kept.settings.calendar;
        let days = (1..=WEEKS_MAX).map(move |weeks| Day(day.0 - 7 * weeks));
        days.filter(|day| !calendar.is_holiday(i64::from(day.0)))
    }

    /// The numbers of the days that a date is compared with: those of which there is anything.
    pub(super) fn matching_days(&self, day: Day) -> Vec<OfDay> {
        let days = self.same_weekdays(day).map(|day| self.of_day(day));
        let there = days.filter(|of_day| of_day.is_there);
        there.take(MATCHING_DAYS_MAX).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::quartiles;

    #[test]
    fn quartiles_lie_between_values_in_proportion() {
        let normal = quartiles(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(
            (normal.lower, normal.median, normal.upper),
            (1.75, 2.5, 3.25)
        );
        assert_eq!(normal.days, 4);
        assert_eq!(quartiles(vec![1.0, 2.0]), None);
    }
}
