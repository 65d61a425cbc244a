//! What the baseline says: factors for the hours of the week, and how far days and hours stray from
//! what is expected of them.
//!
//! Everything is shrunk by empirical Bayes: a ratio of breaks to expected ones that rests on little
//! is drawn towards what is known of more, by as much as such ratios differ among each other.

/// Factors by weekday (Monday first) and hour.
pub(crate) type Factors = [[f64; 24]; 7];

/// An hour of a day that was learned from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Weeks before today, from 0.
    pub(crate) week: usize,
    /// Days before today, from 1.
    pub(crate) day: usize,
    pub(crate) weekday: usize,
    pub(crate) hour: usize,
    /// Breaks that were seen.
    pub(crate) breaks: f64,
    /// Breaks that were expected by age alone.
    pub(crate) expected: f64,
}

/// Seen and expected breaks of some cells together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    breaks: f64,
    expected: f64,
}

impl Sum {
    fn add(&mut self, breaks: f64, expected: f64) {
        self.breaks += breaks;
        self.expected += expected;
    }
}

/// The variance of the true ratios of some sums around 1, by moments: what is seen beyond chance;
/// and the error of that, if there is nothing but chance.
fn variance(sums: impl Iterator<Item = Sum> + Clone) -> (f64, f64) {
    let beyond = |sum: Sum| (sum.breaks - sum.expected).powi(2) - sum.expected;
    let squares: f64 = sums.clone().map(|sum| sum.expected * sum.expected).sum();
    if squares <= 0.0 {
        return (0.0, 0.0);
    }
    let variance = sums.map(beyond).sum::<f64>() / squares;
    (variance.max(0.0), (2.0 / squares).sqrt())
}

/// Ratios of sums, drawn towards 1: the posterior mean of a gamma prior of mean 1 and the variance
/// found among them (Clayton and Kaldor 1987).
fn shrunk(sums: &[Sum]) -> Vec<f64> {
    let prior = 1.0 / variance(sums.iter().copied()).0.max(1e-6);
    let ratio = |sum: &Sum| (sum.breaks + prior) / (sum.expected + prior);
    sums.iter().map(ratio).collect()
}

/// The factors of the hours of the week out of the cells that `counts` takes: overall level, times
/// hour of the day, times day of the week, times what the single hour has of its own.
pub(crate) fn factors(cells: &[Cell], counts: impl Fn(&Cell) -> bool) -> Factors {
    let mut all = Sum::default();
    let cells = || cells.iter().filter(|cell| counts(cell));
    cells().for_each(|cell| all.add(cell.breaks, cell.expected));
    let level = if all.expected > 0.0 {
        all.breaks / all.expected
    } else {
        1.0
    };
    let mut hours = [Sum::default(); 24];
    cells().for_each(|cell| hours[cell.hour].add(cell.breaks, cell.expected * level));
    let hours = shrunk(&hours);
    let mut days = [Sum::default(); 7];
    cells().for_each(|cell| {
        days[cell.weekday].add(cell.breaks, cell.expected * level * hours[cell.hour]);
    });
    let days = shrunk(&days);
    let mut singles = vec![Sum::default(); 7 * 24];
    cells().for_each(|cell| {
        let expected = cell.expected * level * hours[cell.hour] * days[cell.weekday];
        singles[cell.weekday * 24 + cell.hour].add(cell.breaks, expected);
    });
    let singles = shrunk(&singles);
    std::array::from_fn(|day| {
        std::array::from_fn(|hour| level * hours[hour] * days[day] * singles[day * 24 + hour])
    })
}

/// How far whole hours and whole days stray from what is expected of them, as a variance around 1:
/// the greater of both. Each week is expected from the other weeks alone, so that the error of the
/// baseline is part of it. The error of the variance itself is taken off: what chance alone may have
/// brought about would only make the test slower.
pub(crate) fn dispersion(cells: &[Cell]) -> f64 {
    let weeks = cells.iter().map(|cell| cell.week).max().unwrap_or(0) + 1;
    let days = cells.iter().map(|cell| cell.day).max().unwrap_or(0) + 1;
    let mut hourly = Vec::with_capacity(cells.len());
    let mut daily = vec![Sum::default(); days];
    for week in 0..weeks {
        let others = factors(cells, |cell| cell.week != week);
        for cell in cells.iter().filter(|cell| cell.week == week) {
            let expected = cell.expected * others[cell.weekday][cell.hour];
            let mut sum = Sum::default();
            sum.add(cell.breaks, expected);
            hourly.push(sum);
            daily[cell.day].add(cell.breaks, expected);
        }
    }
    let beyond = |(variance, error): (f64, f64)| (variance - error).max(0.0);
    beyond(variance(hourly.iter().copied())).max(beyond(variance(daily.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::{Cell, dispersion, factors};

    /// Four weeks: `level(day, hour)` times as many breaks as expected.
    fn cells(expected: f64, level: impl Fn(usize, usize) -> f64) -> Vec<Cell> {
        let hours = (1..=28).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        hours
            .map(|(day, hour)| Cell {
                week: (day - 1) / 7,
                day,
                weekday: day % 7,
                hour,
                breaks: (expected * level(day, hour)).round(),
                expected,
            })
            .collect()
    }

    #[test]
    fn a_swing_over_the_day_is_found() {
        let swing = |_, hour: usize| if hour < 8 { 0.5 } else { 2.0 };
        let found = factors(&cells(40.0, swing), |_| true);
        assert!((found[3][2] - 0.5).abs() < 0.02, "{}", found[3][2]);
        assert!((found[3][12] - 2.0).abs() < 0.02, "{}", found[3][12]);
        assert!(dispersion(&cells(40.0, swing)) < 0.001);
    }

    #[test]
    fn an_hour_of_its_own_is_found() {
        let odd = |day: usize, hour| if day % 7 == 2 && hour == 9 { 3.0 } else { 1.0 };
        let found = factors(&cells(40.0, odd), |_| true);
        assert!(found[2][9] > 2.0, "{}", found[2][9]);
        assert!((found[3][9] - 1.0).abs() < 0.15, "{}", found[3][9]);
    }

    #[test]
    fn days_that_differ_are_dispersion() {
        let days = |day: usize, _| if day.is_multiple_of(2) { 0.8 } else { 1.2 };
        let found = dispersion(&cells(40.0, days));
        assert!((0.02..0.09).contains(&found), "{found}");
    }

    #[test]
    fn nothing_learned_is_no_factor() {
        assert_eq!(factors(&[], |_| true)[0][0], 1.0);
        assert_eq!(dispersion(&[]), 0.0);
    }
}
