//! A normal day, the same age, before and after.

#![allow(clippy::unwrap_used)]

use calendar::{Calendar, Weekday};
use figures::{Figure, FigureRow, Series, around, normal, same_age};
use model::Text;

/// 2026-01-05, a Monday.
const MONDAY: i32 = 20_458;

fn row(day: i32, hour: Option<u8>, age_days: Option<u8>, share: (u32, u64)) -> FigureRow {
    FigureRow {
        day,
        hour,
        figure: Figure::RepeatRate,
        rule: Text::default(),
        reading: Some(0),
        from_channel: None,
        channel: None,
        segment: Text::default(),
        age_days,
        numerator: share.0.into(),
        denominator: Some(share.1),
        buckets: Vec::new(),
        matured: true,
        coverage: None,
    }
}

fn calendar(holidays: &[&str]) -> Calendar {
    let holidays: Vec<String> = holidays.iter().map(|date| (*date).to_owned()).collect();
    Calendar::new("Europe/Paris", &[Weekday::Mon], &holidays).unwrap()
}

/// Repeats of ten contacts an hour, on Mondays from the first on.
fn mondays(repeats: &[u32]) -> Vec<FigureRow> {
    let weeks = repeats.iter().zip(0..);
    let rows = weeks.flat_map(|(repeats, week)| {
        let day = MONDAY + 7 * week;
        [
            row(day, Some(9), None, (*repeats, 10)),
            row(day, Some(15), None, (10, 10)),
            // The day after is another weekday.
            row(day + 1, Some(9), None, (9, 9)),
        ]
    });
    rows.collect()
}

#[test]
fn a_normal_day_is_the_same_weekday_up_to_the_same_hour() {
    let series = Series::of(&mondays(&[1, 2, 3, 4, 9]), |_| true);
    let found = normal(&series, &calendar(&[]), MONDAY + 28, Some(9)).unwrap();
    assert_eq!(found.days, 4);
    assert!((found.lower - 0.175).abs() < 1e-12);
    assert!((found.median - 0.25).abs() < 1e-12);
    assert!((found.upper - 0.325).abs() < 1e-12);
    let whole = normal(&series, &calendar(&[]), MONDAY + 28, None).unwrap();
    assert!((whole.median - 0.625).abs() < 1e-12);
}

#[test]
fn a_holiday_is_no_normal_day_and_three_days_are_the_least() {
    let series = Series::of(&mondays(&[1, 2, 3, 4, 9]), |_| true);
    let day = MONDAY + 28;
    let one_off = calendar(&["2026-01-19"]);
    let found = normal(&series, &one_off, day, Some(9)).unwrap();
    assert_eq!((found.days, found.median), (3, 0.2));
    let two_off = calendar(&["2026-01-19", "2026-01-12"]);
    assert_eq!(normal(&series, &two_off, day, Some(9)), None);
    assert_eq!(normal(&Series::default(), &one_off, day, None), None);
}

#[test]
fn no_more_than_the_last_eight_days_are_looked_at() {
    let series = Series::of(&mondays(&[9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 5]), |_| true);
    let found = normal(&series, &calendar(&[]), MONDAY + 70, Some(9)).unwrap();
    assert_eq!((found.days, found.upper), (8, 0.1));
}

#[test]
fn a_young_day_is_compared_with_days_that_were_as_young() {
    let rows: Vec<FigureRow> = (0..4)
        .flat_map(|week| {
            let day = MONDAY + 7 * week;
            [1, 4, 6].into_iter().zip(0..).map(move |(returned, age)| {
                row(day, None, Some(age), (returned + week.unsigned_abs(), 10))
            })
        })
        .collect();
    let series = Series::of(&rows, |_| true);
    let today = MONDAY + 21;
    assert_eq!(series.value(today, None, Some(1)), Some(0.7));
    let found = same_age(&series, &calendar(&[]), today, 1).unwrap();
    assert_eq!((found.days, found.median), (3, 0.5));
    assert_eq!(same_age(&series, &calendar(&[]), today, 9), None);
}

#[test]
fn before_and_after_a_marker_its_own_day_counts_nowhere() {
    let rows: Vec<FigureRow> = (0..7)
        .map(|nth| {
            let repeats = match nth {
                0..3 => 1,
                3 => 100,
                _ => 4,
            };
            row(MONDAY + nth, Some(9), None, (repeats, 10))
        })
        .collect();
    let series = Series::of(&rows, |_| true);
    let found = around(&series, MONDAY + 3, 3);
    assert_eq!((found.before, found.after), (Some(0.1), Some(0.4)));
    let nothing = around(&series, MONDAY + 40, 3);
    assert_eq!((nothing.before, nothing.after), (None, None));
}
