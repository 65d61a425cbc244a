//! What a supervisor is told of a segment.
//!
//! Each minute an entry comes, and every third of them breaks after ten minutes: 20 breaks an hour
//! like clockwork. While the segment is degraded two of three do.

use model::{AlertStatus, Deadlines, Millis, Money, Now, Stage};

use super::{DAY, START, Watched, at, settings};
use crate::{Cause, Change, Course, End, JourneyDegraded, Output, Standing};

const BREAK_AGE: i64 = 10;

fn broken(minute: i64, customer: i64) -> End {
    End::Broken {
        at: at(minute),
        customer: customer.unsigned_abs(),
        cost: Some(Money(2_000_000)),
    }
}

/// Clockwork from one minute to before another, degraded where that is true.
fn run(watched: &mut Watched, from: i64, to: i64, is_degraded: impl Fn(i64) -> bool) {
    for minute in START + from..START + to {
        changes(minute, &is_degraded).for_each(|change| watched.hear(change));
        watched.pass_to(minute + 1);
    }
}

/// What a minute of the clockwork tells.
fn changes(minute: i64, is_degraded: &impl Fn(i64) -> bool) -> impl Iterator<Item = Change> {
    let entered = minute - BREAK_AGE;
    let breaks = match entered % 3 {
        0 => true,
        1 => false,
        _ => is_degraded(minute - START),
    };
    let end = match breaks {
        true => broken(minute, entered / 2),
        false => End::Over { at: at(minute) },
    };
    let ended = (entered >= START).then(|| Change::ended(at(entered), end));
    ended.into_iter().chain([Change::entered(at(minute))])
}

fn alerts(watched: &mut Watched) -> Vec<JourneyDegraded> {
    let told = std::mem::take(&mut watched.told).into_iter();
    told.filter_map(|told| match told {
        Output::Alert(alert) => Some(alert),
        Output::Standing { .. } => None,
    })
    .collect()
}

/// Three weeks in which nothing is wrong.
fn learned(holidays: &[&str]) -> Watched {
    let mut watched = Watched::new(settings(holidays));
    run(&mut watched, 0, 21 * DAY, |_| false);
    assert_eq!(alerts(&mut watched), []);
    watched
}

#[test]
fn a_bad_release_is_told_with_since_when_how_many_and_at_what_cost() {
    let mut watched = learned(&[]);
    let (from, to) = (21 * DAY + 600, 21 * DAY + 840);
    run(&mut watched, 21 * DAY, 22 * DAY, |minute| {
        (from..to).contains(&minute)
    });
    let told = alerts(&mut watched);
    let raised = &told[0];
    assert_eq!((raised.status, raised.revision), (AlertStatus::Raised, 1));
    let minutes = |later: Millis| (later.0 - at(START + from).0) / 60_000;
    assert!(minutes(raised.since).abs() <= 3, "{raised:?}");
    assert!((20..90).contains(&minutes(raised.raised_at)), "{raised:?}");
    // Twice as many as the clockwork has in that time, each customer with two entries.
    let lasted = minutes(raised.raised_at) - minutes(raised.since);
    assert!(
        (f64::from(raised.breaks) - lasted as f64 / 1.5).abs() <= 2.0,
        "{raised:?}"
    );
    assert!(
        (raised.expected - lasted as f64 / 3.0).abs() <= 2.0,
        "{raised:?}"
    );
    assert_eq!(
        raised.toll.cost,
        Money(2_000_000 * i64::from(raised.breaks))
    );
    assert!(raised.toll.customers < u64::from(raised.breaks) && !raised.toll.is_partial);

    let over = told.last().unwrap();
    assert_eq!(
        (over.status, over.cause),
        (AlertStatus::Revised, Cause::Over)
    );
    assert!(told.iter().all(|one| one.alert_id == raised.alert_id));
    let revisions: Vec<u32> = told.iter().map(|one| one.revision).collect();
    assert_eq!(revisions, (1..=told.len() as u32).collect::<Vec<u32>>());
    let over_since = minutes(over.over_since.unwrap());
    assert!((over_since - (to - from)).abs() <= 3, "{over:?}");
    assert_ne!(watched.state.standing, Some(Standing::Degraded));
}

#[test]
fn an_alarm_is_no_baseline() {
    let mut watched = learned(&[]);
    let hours = |minute: i64| (600..1200).contains(&minute.rem_euclid(DAY));
    let weekdays = |minute: i64| (21..24).contains(&minute.div_euclid(DAY)) && hours(minute);
    run(&mut watched, 21 * DAY, 28 * DAY, weekdays);
    let before = alerts(&mut watched);
    let raised = before
        .iter()
        .filter(|one| one.status == AlertStatus::Raised)
        .count();
    assert_eq!(raised, 3, "found anew each day");
    let recent = watched.state.baseline.recents.back().unwrap();
    assert!(
        recent
            .factors
            .iter()
            .all(|factor| (0.9..1.1).contains(factor)),
        "{recent:?}"
    );
    let limits = recent.limits.unwrap();
    assert!(limits.dispersion < 0.01, "{limits:?}");
}

#[test]
fn what_comes_late_withdraws_the_alert() {
    let mut watched = learned(&[]);
    let from = 21 * DAY + 600;
    run(&mut watched, 21 * DAY, from + 90, |minute| minute >= from);
    let raised = alerts(&mut watched).remove(0);
    // The confirmations had only been late: those entries were fulfilled in time.
    for minute in START + from..START + from + 90 {
        let entered = minute - BREAK_AGE;
        if entered % 3 == 2 {
            watched.hear(Change {
                before: Some(Course {
                    entered_at: at(entered),
                    end: broken(minute, entered / 2),
                }),
                after: Some(Course {
                    entered_at: at(entered),
                    end: End::Over { at: at(minute) },
                }),
            });
        }
    }
    watched.pass_to(START + from + 91);
    let told = alerts(&mut watched);
    let withdrawn = told.last().unwrap();
    assert_eq!(
        (withdrawn.status, withdrawn.cause),
        (AlertStatus::Withdrawn, Cause::Undone)
    );
    assert_eq!(withdrawn.alert_id, raised.alert_id);
    let disturbed = watched.state.baseline.days.iter().map(|day| day.disturbed);
    assert_eq!(
        disturbed.max(),
        Some(0),
        "those hours are a baseline after all"
    );
}

#[test]
fn first_days_and_holidays_say_what_is_missing() {
    let mut watched = Watched::new(settings(&["2026-08-26"]));
    run(&mut watched, 0, 10 * DAY, |_| true);
    let Some(standing @ Standing::Learning { days, .. }) = watched.state.standing else {
        panic!("{:?}", watched.state.standing)
    };
    assert!(days < 14);
    assert!(
        standing.words().starts_with("not enough traffic: "),
        "{}",
        standing.words()
    );
    // Wednesday the 26th is a holiday, on which everything breaks.
    let mut watched = learned(&["2026-08-26"]);
    let holiday = 23 * DAY..24 * DAY;
    run(&mut watched, 21 * DAY, 23 * DAY + 700, |minute| {
        holiday.contains(&minute)
    });
    assert_eq!(watched.state.standing, Some(Standing::Holiday));
    assert_eq!(alerts(&mut watched), []);
}

#[test]
fn a_segment_that_falls_asleep_costs_no_minutes() {
    let mut watched = learned(&[]);
    let end = START + 21 * DAY;
    for entered in end - BREAK_AGE..end {
        let end = End::Over { at: at(end) };
        watched.hear(Change::ended(at(entered), end));
    }
    watched.monitor.settle(
        &watched.key.clone(),
        &mut watched.state,
        &Now::NEVER,
        &mut watched.told,
    );
    let next = watched.state.next.unwrap();
    assert!(
        next < end + 2 * DAY,
        "time that never ends is not walked through"
    );
    let mut deadlines = Deadlines::default();
    watched.monitor.deadlines(&watched.state, &mut deadlines);
    assert!(deadlines.as_slice().is_empty());
    // A year later it wakes up, and has to be learned anew.
    let later = 386 * DAY;
    watched.hear(Change::entered(at(START + later)));
    watched.pass_to(START + later + 120);
    assert!(matches!(
        watched.state.standing,
        Some(Standing::Learning { days: 0, .. })
    ));
}

#[test]
fn a_lasting_change_becomes_normal() {
    let mut watched = learned(&[]);
    run(&mut watched, 21 * DAY, 30 * DAY, |_| true);
    let told = alerts(&mut watched);
    let last = told.last().unwrap();
    assert_eq!(last.cause, Cause::NewNormal);
    assert!(matches!(
        watched.state.standing,
        Some(Standing::Learning { .. })
    ));
}

#[test]
fn all_at_once_and_in_any_order_is_the_same() {
    let from = 21 * DAY + 600;
    let is_degraded = |minute: i64| (from..from + 240).contains(&minute);
    let mut as_it_came = Watched::new(settings(&[]));
    run(&mut as_it_came, 0, 22 * DAY, is_degraded);
    let mut at_once = Watched::new(settings(&[]));
    let minutes = START..START + 22 * DAY;
    let told: Vec<Change> = minutes
        .flat_map(|minute| changes(minute, &is_degraded))
        .collect();
    // What is told of one entry stays in order.
    let entered = told.iter().rev().filter(|change| change.before.is_none());
    entered.for_each(|change| at_once.hear(*change));
    let ended = told.iter().rev().filter(|change| change.before.is_some());
    ended.for_each(|change| at_once.hear(*change));
    at_once.pass_to(START + 22 * DAY);
    assert!(as_it_came.told.len() > 3);
    assert_eq!(at_once.told, as_it_came.told);
}

#[test]
fn what_is_kept_of_a_segment_is_small() {
    let watched = learned(&[]);
    let bytes = postcard::to_allocvec(&watched.state).unwrap().len();
    assert!((5_000..30_000).contains(&bytes), "{bytes}");
}
