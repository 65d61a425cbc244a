//! Days and windows against civil-date arithmetic done one day at a time, in zones whose clocks do
//! odd things.

use calendar::{Anchor, Calendar, Span, Weekday, Window};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::Millis;

const WEEK: [Weekday; 5] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
];

fn calendar(zone: &str, holidays: &[&str]) -> Calendar {
    let holidays: Vec<String> = holidays.iter().map(|day| (*day).to_owned()).collect();
    Calendar::new(zone, &WEEK, &holidays).expect("the zone exists")
}

fn at(text: &str) -> Millis {
    let timestamp: Timestamp = text.parse().expect("a test's instant");
    Millis(timestamp.as_millisecond())
}

fn text(at: Millis) -> String {
    Timestamp::from_millisecond(at.0)
        .expect("a test's instant")
        .to_string()
}

#[track_caller]
fn due(zone: &str, span: Span, anchor: &str, expected: &str) {
    let window = Window {
        span,
        anchor: Anchor::End,
    };
    let due_at = window.due_at(&calendar(zone, &["2026-12-25"]), at(anchor));
    assert_eq!(text(due_at), expected);
}

#[test]
fn a_window_of_calendar_days_ends_with_the_last_day() {
    // Until the end of the seventh day after the day of the anchor, whatever its hour.
    let span = Span::CalendarDays(7);
    due(
        "Europe/Paris",
        span,
        "2026-03-02T09:00:00Z",
        "2026-03-09T23:00:00Z",
    );
    due(
        "Europe/Paris",
        span,
        "2026-03-02T22:59:59.999Z",
        "2026-03-09T23:00:00Z",
    );
    due(
        "Europe/Paris",
        span,
        "2026-03-02T23:00:00Z",
        "2026-03-10T23:00:00Z",
    );
    due(
        "Europe/Paris",
        Span::CalendarDays(0),
        "2026-03-02T09:00:00Z",
        "2026-03-02T23:00:00Z",
    );
}

#[test]
fn days_of_23_and_25_hours_are_days() {
    // Clocks go forward on 29 March 2026 and back on 25 October 2026.
    let intraday = Span::CalendarDays(0);
    due(
        "Europe/Paris",
        intraday,
        "2026-03-29T10:00:00Z",
        "2026-03-29T22:00:00Z",
    );
    due(
        "Europe/Paris",
        Span::CalendarDays(1),
        "2026-03-28T10:00:00Z",
        "2026-03-29T22:00:00Z",
    );
    due(
        "Europe/Paris",
        intraday,
        "2026-10-25T10:00:00Z",
        "2026-10-25T23:00:00Z",
    );
    due(
        "Europe/Paris",
        Span::Rolling(86_400_000),
        "2026-03-28T12:00:00Z",
        "2026-03-29T12:00:00.001Z",
    );
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    // Friday 18 December 2026: Monday 21 and Tuesday 22 are the two working days after it.
    let two = Span::BusinessDays(2);
    due(
        "Europe/Paris",
        two,
        "2026-12-18T10:00:00Z",
        "2026-12-22T23:00:00Z",
    );
    // From a Saturday the first working day is Monday.
    due(
        "Europe/Paris",
        two,
        "2026-12-19T10:00:00Z",
        "2026-12-22T23:00:00Z",
    );
    // Wednesday 23: Thursday 24 and, past Christmas and the weekend, Monday 28.
    due(
        "Europe/Paris",
        two,
        "2026-12-23T10:00:00Z",
        "2026-12-28T23:00:00Z",
    );
    // The days off after the last working day are inside.
    due(
        "Europe/Paris",
        Span::BusinessDays(1),
        "2026-12-17T10:00:00Z",
        "2026-12-20T23:00:00Z",
    );
}

#[test]
fn a_midnight_that_does_not_exist_begins_the_day_after_the_gap() {
    // In Santiago the clocks went from 24:00 to 01:00 on the night to 4 September 2022.
    let intraday = Span::CalendarDays(0);
    due(
        "America/Santiago",
        intraday,
        "2022-09-03T20:00:00Z",
        "2022-09-04T04:00:00Z",
    );
    // In Cairo on the night to 26 April 2024.
    due(
        "Africa/Cairo",
        intraday,
        "2024-04-25T10:00:00Z",
        "2024-04-25T22:00:00Z",
    );
}

#[test]
fn a_midnight_that_exists_twice_begins_the_day_at_the_first() {
    // In Havana clocks go back from 01:00 to 00:00 on 1 November 2026.
    due(
        "America/Havana",
        Span::CalendarDays(0),
        "2026-10-31T20:00:00Z",
        "2026-11-01T04:00:00Z",
    );
}

#[test]
fn a_day_that_was_left_out_has_no_hours() {
    // Apia went from 29 to 31 December 2011.
    let calendar = calendar("Pacific/Apia", &[]);
    let before = calendar.local_day(at("2011-12-30T09:00:00Z"));
    let after = calendar.local_day(at("2011-12-30T11:00:00Z"));
    assert_eq!(after - before, 2);
    assert_eq!(calendar.day_start(before + 1), calendar.day_start(after));
    due(
        "Pacific/Apia",
        Span::CalendarDays(1),
        "2011-12-30T09:00:00Z",
        "2011-12-30T10:00:00Z",
    );
}

#[test]
fn the_table_agrees_with_civil_dates_everywhere() {
    let zones = [
        "Europe/Paris",
        "America/Santiago",
        "Africa/Cairo",
        "Pacific/Apia",
        "Asia/Jerusalem",
        "UTC",
        "America/New_York",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
    ];
    let epoch = date(1970, 1, 1);
    for name in zones {
        let calendar = calendar(name, &[]);
        let zone = TimeZone::get(name).expect("the zone exists");
        // Every 7 h 13 min over forty years, and some instants outside of the table.
        let step_ms = 7 * 3_600_000 + 13 * 60_000;
        let inside = (0..48_000).map(|n| 631_152_000_000 + n * step_ms);
        for at_ms in inside.chain([
            -5_000_000_000_000,
            0,
            6_000_000_000_000,
            100_000_000_000_000,
        ]) {
            let timestamp = Timestamp::from_millisecond(at_ms).expect("inside jiff's range");
            let local = timestamp.to_zoned(zone.clone()).date();
            let expected = i64::from((local - epoch).get_days());
            let day = calendar.local_day(Millis(at_ms));
            assert_eq!(day, expected, "{name} {timestamp}");
            assert!(calendar.day_start(day).0 <= at_ms, "{name} {timestamp}");
            assert!(at_ms < calendar.day_start(day + 1).0, "{name} {timestamp}");
        }
    }
}

#[test]
fn due_at_never_gets_earlier_when_the_anchor_gets_later() {
    let spans = [
        Span::CalendarDays(0),
        Span::CalendarDays(7),
        Span::BusinessDays(0),
        Span::BusinessDays(3),
        Span::Rolling(3_600_000),
    ];
    for zone in [
        "America/Santiago",
        "America/Havana",
        "Pacific/Apia",
        "Europe/Paris",
    ] {
        let calendar = calendar(zone, &["2011-12-31"]);
        for span in spans {
            let window = Window {
                span,
                anchor: Anchor::End,
            };
            let mut last = Millis::MIN;
            for hour in 0..20_000 {
                let anchor_at = Millis(1_300_000_000_000 + hour * 3_600_000);
                let due_at = window.due_at(&calendar, anchor_at);
                assert!(due_at >= last, "{zone} {span:?} {anchor_at:?}");
                assert!(due_at > anchor_at, "{zone} {span:?} {anchor_at:?}");
                last = due_at;
            }
        }
    }
}

#[test]
fn absurd_instants_stay_within_range() {
    let calendar = calendar("Europe/Paris", &[]);
    for span in [
        Span::CalendarDays(30),
        Span::BusinessDays(2),
        Span::Rolling(i64::MAX),
    ] {
        let window = Window {
            span,
            anchor: Anchor::Start,
        };
        for at_ms in [i64::MIN, -1, 253_402_300_799_999, i64::MAX] {
            let _ = window.due_at(&calendar, Millis(at_ms));
        }
    }
    let far = date(9999, 12, 30)
        .checked_add(1.day())
        .expect("the last day there is");
    assert!(
        calendar
            .day_start(i64::from((far - date(1970, 1, 1)).get_days()))
            .0
            > 0
    );
}

#[test]
fn an_unknown_zone_and_a_day_that_is_none_are_told() {
    let unknown = Calendar::new("Europe/Pariss", &WEEK, &[]).expect_err("no such zone");
    assert!(
        unknown
            .to_string()
            .contains("unknown time zone `Europe/Pariss`")
    );
    let no_date = Calendar::new("UTC", &WEEK, &["25.12.2026".into()]).expect_err("no date");
    assert!(no_date.to_string().contains("`25.12.2026` is not a date"));
}

#[test]
fn silence_is_counted_on_working_days() {
    let calendar = calendar("Europe/Paris", &["2026-12-25"]);
    let after =
        |from: &str, minutes: i64| text(calendar.after_working_ms(at(from), minutes * 60_000));
    // A Tuesday; then a Friday late in the evening, whose silence goes on on Monday.
    assert_eq!(after("2026-12-15T10:00:00Z", 20), "2026-12-15T10:20:00Z");
    assert_eq!(after("2026-12-18T22:50:00Z", 20), "2026-12-20T23:10:00Z");
    // Nobody misses a source on a Saturday, nor on a holiday and the weekend behind it.
    assert_eq!(after("2026-12-19T12:00:00Z", 20), "2026-12-20T23:20:00Z");
    assert_eq!(after("2026-12-24T22:50:00Z", 20), "2026-12-27T23:10:00Z");
    assert_eq!(
        after("2026-12-14T23:00:00Z", 2 * 24 * 60),
        "2026-12-16T23:00:00Z"
    );
    let idle = Calendar::new("Europe/Paris", &[], &[]).expect("the zone exists");
    assert_eq!(
        idle.after_working_ms(at("2026-12-15T10:00:00Z"), 1),
        Millis::MAX
    );
}
