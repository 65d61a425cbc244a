//! What a task has counted survives whatever happens to it: transactions that are dropped, restores
//! at any moment, a configuration that changes.

#![allow(clippy::unwrap_used)]

use calendar::Calendar;
use figures::{
    Contributions, Difference, Dimension, Family, Figure, FigureRow, Figures, Group, Key, Ledger,
    Row, Sample, SampleKey, Settings, Sheet, Slot, When,
};
use model::{Channel, ChannelSet, ContactName, Millis, Mode, Reading, Readings, Scope, Text};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const DAY: i32 = 20_458;

/// A calendar computes all its days when it is made.
static CALENDAR: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::new("Europe/Paris", &[], &[]).unwrap());

fn counting(dimension: &str) -> Figures {
    let scope = Scope {
        name: "assisted".into(),
        channels: ChannelSet::of(&[Channel::Phone, Channel::Chat]),
    };
    let reading = Reading {
        name: "j+7 assisted any".into(),
        window: 0,
        scope: 0,
        mode: Mode::Any,
    };
    Figures::new(Settings {
        calendar: CALENDAR.clone(),
        readings: Readings {
            windows: vec!["j+7".into()],
            scopes: vec![scope],
            list: vec![reading],
            headline: 0,
            reason_depth: 8,
        },
        families: vec![Family {
            dimensions: vec![Dimension::named(dimension).unwrap()],
            values_max: 10_000,
        }],
        answer_within_ms: [None; 5],
    })
}

/// What a contact adds, much as a real one does: an origin among it, whose customer came back.
fn contact(number: u8) -> Contributions {
    let mut into = Contributions::default();
    let day = DAY + i32::from(number % 3);
    let key = |group| Key {
        channel: Some(Channel::Phone),
        ..Key::of(group, day)
    };
    let page: Text = format!("p{}", number % 5).into();
    let numbers = [(Slot::ALL, 1), (Slot::COST, 7), (Slot::COSTED, 1)];
    for (hour, family, segment) in [(Some(9), None, Text::default()), (None, Some(0), page)] {
        let key = Key {
            hour,
            family,
            segment,
            ..key(Group::Contact)
        };
        into.add(key, &numbers);
    }
    let came_back = Slot(u32::from(number % 4)).in_reading(0);
    into.add(
        key(Group::Age),
        &[(Slot::AGED.in_reading(0), 1), (came_back, 1)],
    );
    let name = ContactName {
        contact_id: format!("K{number}").into(),
        channel: Channel::Phone,
        source: "acd".into(),
    };
    let key = SampleKey {
        day,
        figure: Figure::Contacts,
        rule: Text::default(),
        family: None,
        segment: Text::default(),
    };
    into.sample(key, Sample::new(Figure::Contacts, name, Text::default()));
    into
}

/// A changelog, and the rows that readers see.
#[derive(Default)]
struct Log {
    parts: BTreeMap<Vec<u8>, Vec<u8>>,
    figures: BTreeMap<String, FigureRow>,
    samples: BTreeMap<(i32, u32), Text>,
}

fn name(row: &FigureRow) -> String {
    let FigureRow {
        day,
        hour,
        figure,
        reading,
        channel,
        segment,
        age_days,
        ..
    } = row;
    format!("{day} {hour:?} {figure:?} {reading:?} {channel:?} {segment} {age_days:?}")
}

fn commit(ledger: &mut Ledger, log: &mut Log, rows: Vec<Row>) {
    ledger.changed(|place, value| {
        match value {
            Some(value) => log.parts.insert(place.to_vec(), value.to_vec()),
            None => log.parts.remove(place),
        };
    });
    ledger.committed();
    for row in rows {
        match row {
            Row::Figure(row, true) => drop(log.figures.insert(name(&row), row)),
            Row::Figure(row, false) => drop(log.figures.remove(&name(&row))),
            Row::Sample(row, is_there) => {
                let key = (row.day, row.rank);
                match is_there {
                    true => log.samples.insert(key, row.sample.contact.contact_id),
                    false => log.samples.remove(&key),
                };
            }
        }
    }
}

fn restored(figures: &Figures, log: &Log, first_day: Option<i32>) -> Ledger {
    let mut ledger = Ledger::default();
    for (place, value) in &log.parts {
        ledger.restore(place, Some(value)).unwrap();
    }
    ledger.restored(figures, first_day).unwrap();
    ledger
}

/// What befalls a ledger.
#[derive(Clone, Copy, Debug)]
enum Step {
    Contact(u8),
    Gone(u8),
    Tell,
    Day,
    Dropped(u8),
    Restored,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..60_u8).prop_map(Step::Contact),
        3 => (0..60_u8).prop_map(Step::Gone),
        2 => Just(Step::Tell),
        1 => Just(Step::Day),
        2 => (0..60_u8).prop_map(Step::Dropped),
        1 => Just(Step::Restored),
    ];
    prop::collection::vec(step, 1..120)
}

fn differ(number: u8, is_more: bool) -> Difference {
    let mut difference = Difference::default();
    match is_more {
        true => difference.add(&contact(number)),
        false => difference.take_back(&contact(number)),
    }
    difference
}

proptest! {
    #[test]
    fn what_is_told_last_is_what_was_counted(steps in steps()) {
        let figures = counting("page");
        let mut log = Log::default();
        let mut ledger = restored(&figures, &log, None);
        let mut there = [false; 60];
        let mut when = When { today: DAY, time: Millis(0), every_ms: 1_000 };
        for step in steps {
            when.time = when.time.plus(300);
            ledger.reach(when);
            let mut rows = Vec::new();
            match step {
                Step::Contact(number) | Step::Gone(number) => {
                    let is_more = matches!(step, Step::Contact(_));
                    if there[usize::from(number)] != is_more {
                        there[usize::from(number)] = is_more;
                        ledger.count(&[differ(number, is_more)], when);
                    }
                }
                Step::Tell => rows = ledger.tell(&figures, when, 5),
                Step::Day => {
                    when.today += 1;
                    ledger.reach(when);
                }
                Step::Dropped(number) => {
                    let is_there = there[usize::from(number)];
                    ledger.count(&[differ(number, !is_there)], when);
                    drop(ledger.tell(&figures, when, 3));
                    ledger.dropped();
                    continue;
                }
                Step::Restored => ledger = restored(&figures, &log, None),
            }
            commit(&mut ledger, &mut log, rows);
        }
        ledger.reach(when);
        when.time = when.time.plus(10_000);
        let rows = ledger.tell(&figures, when, usize::MAX);
        prop_assert!(ledger.sizes().1 == 0);
        commit(&mut ledger, &mut log, rows);
        let mut sheet = Sheet::default();
        for number in (0..60_u8).filter(|number| there[usize::from(*number)]) {
            sheet.add(&contact(number));
        }
        let at = CALENDAR.day_start(i64::from(when.today));
        let expected = figures.rows(&sheet, at).into_iter();
        let expected = expected.map(|row| (name(&row), FigureRow { coverage: None, ..row }));
        prop_assert_eq!(&log.figures, &expected.collect());
        let samples = figures.samples(&sheet).into_iter();
        let samples = samples.map(|row| ((row.day, row.rank), row.sample.contact.contact_id));
        prop_assert_eq!(&log.samples, &samples.collect());
        // Of nothing, nothing is kept but the head.
        if there.iter().all(|is_there| !is_there) {
            prop_assert_eq!(log.parts.len(), 1);
        }
    }
}

const WHEN: When = When {
    today: DAY + 1,
    time: Millis(0),
    every_ms: 0,
};

#[test]
fn what_means_something_else_is_counted_anew_and_dates_before_are_closed() {
    let mut log = Log::default();
    let mut ledger = restored(&counting("page"), &log, None);
    for number in 0..6 {
        ledger.count(&[differ(number, true)], WHEN);
    }
    let rows = ledger.tell(&counting("page"), WHEN, usize::MAX);
    commit(&mut ledger, &mut log, rows);
    let of_page = log.figures.clone();
    // Contacts of the first date may have been let go of.
    let figures = counting("team");
    let mut ledger = restored(&figures, &log, Some(DAY + 1));
    for number in 0..6 {
        ledger.count(&[differ(number, true)], WHEN);
    }
    let rows = ledger.tell(&figures, WHEN, usize::MAX);
    let is_closed = |row: &Row| matches!(row, Row::Figure(row, _) if row.day < DAY + 1);
    assert!(!rows.iter().any(is_closed), "{rows:?}");
    let is_told = |row: &&Row| matches!(row, Row::Figure(row, true) if row.segment == "team=p1");
    assert!(rows.iter().any(|row| is_told(&row)));
    commit(&mut ledger, &mut log, rows);
    let again = restored(&figures, &log, Some(DAY + 1));
    assert_eq!(again.sizes(), ledger.sizes());
    assert!(of_page.iter().any(|(_, row)| row.day == DAY));
    // Parts of the former generation were deleted.
    assert_eq!(log.parts.len(), 1 + ledger.sizes().0);
}

#[test]
fn a_closed_date_counts_no_more_and_its_rows_stay() {
    let figures = counting("page");
    let mut log = Log::default();
    let mut ledger = restored(&figures, &log, None);
    for number in 0..6 {
        ledger.count(&[differ(number, true)], WHEN);
    }
    // What was not told yet is told when its date is closed.
    let rows = ledger.close(&figures, DAY + 1);
    assert!(!rows.is_empty());
    commit(&mut ledger, &mut log, rows);
    let closed = log.figures.clone();
    assert!(
        closed
            .values()
            .any(|row| row.day == DAY && row.numerator == 2.0)
    );
    ledger.count(&[differ(9, true)], WHEN);
    let rows = ledger.tell(&figures, WHEN, usize::MAX);
    commit(&mut ledger, &mut log, rows);
    for (name, row) in closed {
        assert_eq!(log.figures[&name], row);
    }
    assert!(log.samples.keys().all(|(day, _)| *day > DAY));
}
