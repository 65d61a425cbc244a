//! What a figure is compared with: a normal day, former days at the same age, and the days before.
//! Pure functions of rows of table `figures`.

use crate::table::FigureRow;
use calendar::Calendar;
use std::collections::BTreeMap;

/// So many matching days make a normal one at most: the last ones.
pub const MATCHING_DAYS_MAX: usize = 8;
/// With fewer matching days nothing is said.
pub const MATCHING_DAYS_MIN: usize = 3;

/// A figure over time: sums of rows that may be added, by date, hour and age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    sums: BTreeMap<(i32, Option<u8>, Option<u8>), Sum>,
    /// Rows are plain counts: where there is none, nothing was counted.
    is_count: bool,
}

/// Numerator and denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    numerator: f64,
    denominator: f64,
}

/// What is normal: quartiles of matching days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// A quarter of the days were below.
    pub lower: f64,
    /// Half of the days were below.
    pub median: f64,
    /// Three quarters of the days were below.
    pub upper: f64,
    /// From how many days it was made, [`MATCHING_DAYS_MIN`] to [`MATCHING_DAYS_MAX`].
    pub days: usize,
}

/// A figure before and after an instant, its own date left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    /// Over the days before; `None` if nothing was counted.
    pub before: Option<f64>,
    /// Over the days after.
    pub after: Option<f64>,
}

impl Series {
    /// The rows that fit, added up. They should be of one figure, reading and family of segments.
    #[must_use]
    pub fn of(rows: &[FigureRow], fits: impl Fn(&FigureRow) -> bool) -> Series {
        let mut series = Series {
            is_count: true,
            ..Series::default()
        };
        for row in rows.iter().filter(|row| fits(row)) {
            let sum = series.sums.entry((row.day, row.hour, row.age_days));
            let sum = sum.or_default();
            sum.numerator += row.numerator;
            sum.denominator += row.denominator.unwrap_or(0) as f64;
            series.is_count &= row.denominator.is_none();
        }
        series
    }

    /// Its value on a date: the hours up to one, that one included, or all; of an age, if it has
    /// ages.
    #[must_use]
    pub fn value(&self, day: i32, hour_max: Option<u8>, age_days: Option<u8>) -> Option<f64> {
        let mut sum = Sum::default();
        for ((_, hour, age), one) in self.sums.range((day, None, None)..(day + 1, None, None)) {
            let is_early = hour_max.is_none_or(|max| hour.is_some_and(|hour| hour <= max));
            if is_early && *age == age_days {
                sum.numerator += one.numerator;
                sum.denominator += one.denominator;
            }
        }
        self.share(sum)
    }

    fn share(&self, sum: Sum) -> Option<f64> {
        if self.is_count {
            return Some(sum.numerator);
        }
        (sum.denominator > 0.0).then(|| sum.numerator / sum.denominator)
    }

    fn over(&self, days: std::ops::Range<i32>) -> Option<f64> {
        let mut sum = Sum::default();
        let found = self
            .sums
            .range((days.start, None, None)..(days.end, None, None));
        for (_, one) in found {
            sum.numerator += one.numerator;
            sum.denominator += one.denominator;
        }
        self.share(sum)
    }
}

/// What is normal on a date's weekday, over the hours up to one (`None`: the whole day): the last
/// eight such days before it that were no holidays. Nothing is said of fewer than three.
#[must_use]
pub fn normal(
    series: &Series,
    calendar: &Calendar,
    day: i32,
    hour_max: Option<u8>,
) -> Option<Normal> {
    matching(series, calendar, day, |day| {
        series.value(day, hour_max, None)
    })
}

/// What a young date is compared with: its weekday's last eight at the same age. The series is one of
/// `returned_by_age`.
#[must_use]
pub fn same_age(series: &Series, calendar: &Calendar, day: i32, age_days: u8) -> Option<Normal> {
    matching(series, calendar, day, |day| {
        series.value(day, None, Some(age_days))
    })
}

fn matching(
    series: &Series,
    calendar: &Calendar,
    day: i32,
    value: impl Fn(i32) -> Option<f64>,
) -> Option<Normal> {
    let (first, ..) = series.sums.keys().next()?;
    let days = (1..).map(|weeks| day - 7 * weeks);
    let days = days.take_while(|day| day >= first);
    let days = days.filter(|day| !calendar.is_holiday(i64::from(*day)));
    let mut values: Vec<f64> = days.filter_map(value).take(MATCHING_DAYS_MAX).collect();
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

/// Between two values in proportion, as spreadsheets do it.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}

/// A figure over so many whole days before and after a date, such as that of a marker. The date
/// itself is in neither.
#[must_use]
pub fn around(series: &Series, day: i32, days: i32) -> Around {
    Around {
        before: series.over(day - days..day),
        after: series.over(day + 1..day + 1 + days),
    }
}
