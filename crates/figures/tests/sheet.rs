//! Sums leave no trace of the order in which they came, of who counted them, nor of what was taken
//! back.

#![allow(clippy::unwrap_used)]

use calendar::Calendar;
use figures::{
    Contributions, Dimension, Family, Figure, Figures, Group, Key, SAMPLES_MAX, Sample, SampleKey,
    Settings, Sheet, SheetError, Slot, VALUES_HELD_MAX,
};
use model::{Channel, ChannelSet, ContactName, Millis, Mode, Reading, Readings, Scope, Text};
use proptest::prelude::*;
use std::sync::LazyLock;

const DAY: i32 = 20_458;

/// A calendar computes all its days when it is made.
static CALENDAR: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::new("Europe/Paris", &[], &[]).unwrap());

fn counting(values_max: usize) -> Figures {
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
            dimensions: vec![Dimension::named("page").unwrap()],
            values_max,
        }],
        answer_within_ms: [None; 5],
    })
}

/// What a contact with a page adds, much as a real one does.
fn contact(number: u16, page: &str, cost: i128) -> Contributions {
    let mut into = Contributions::default();
    let key = Key {
        channel: Some(Channel::Phone),
        hour: Some(9),
        ..Key::of(Group::Volume, DAY + i32::from(number % 3))
    };
    let numbers = [(Slot::ALL, 1), (Slot::COST, cost), (Slot::COSTED, 1)];
    let with_page = Key {
        hour: None,
        family: Some(0),
        segment: page.into(),
        ..key.clone()
    };
    let name = ContactName {
        contact_id: format!("K{number}").into(),
        channel: Channel::Phone,
        source: "acd".into(),
    };
    let sample = Sample::new(Figure::Contacts, name, Text::default());
    for (family, segment) in [(None, ""), (Some(0), page)] {
        let key = SampleKey {
            day: key.day,
            figure: Figure::Contacts,
            rule: Text::default(),
            family,
            segment: segment.into(),
        };
        into.sample(key, sample.clone());
    }
    into.add(key, &numbers);
    into.add(with_page, &numbers);
    into
}

fn contacts() -> impl Strategy<Value = Vec<Contributions>> {
    let one = (0_u16..400, "[a-e]", -5_i128..50);
    let many = prop::collection::btree_map(0_u16..400, one, 1..60);
    many.prop_map(|many| {
        let contacts = many
            .into_iter()
            .map(|(number, (_, page, cost))| contact(number, &page, cost));
        contacts.collect()
    })
}

fn sheet_of<'a>(contacts: impl IntoIterator<Item = &'a Contributions>) -> Sheet {
    let mut sheet = Sheet::default();
    contacts.into_iter().for_each(|one| sheet.add(one));
    sheet
}

/// All that is shown of a sheet.
fn shown(sheet: &Sheet) -> String {
    let figures = counting(3);
    let now = Millis(i64::from(DAY + 9) * 86_400_000);
    format!(
        "{:?}\n{:?}",
        figures.rows(sheet, now),
        figures.samples(sheet)
    )
}

proptest! {
    #[test]
    fn the_sheets_of_several_tasks_are_the_sheet_of_all(
        contacts in contacts(), tasks in 1_usize..5, rotated in 0_usize..60,
    ) {
        let whole = sheet_of(&contacts);
        let mut turned = contacts.clone();
        turned.rotate_left(rotated % contacts.len());
        let mut merged = Sheet::default();
        for task in 0..tasks {
            merged.merge(&sheet_of(turned.iter().skip(task).step_by(tasks)));
        }
        prop_assert_eq!(shown(&merged), shown(&whole));
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace(
        contacts in contacts(), others in contacts(),
    ) {
        let mut sheet = sheet_of(&contacts);
        let before = shown(&sheet);
        // Costs of another kind of page, so that none of them is one of the first.
        let others: Vec<Contributions> = (0..others.len() as u16)
            .map(|nth| contact(1_000 + nth % 30, "z", 7))
            .collect();
        let few = &others[..others.len().min(15)];
        few.iter().for_each(|one| sheet.add(one));
        prop_assert_ne!(&shown(&sheet), &before);
        few.iter().for_each(|one| sheet.take_back(one));
        prop_assert_eq!(shown(&sheet), before);
    }

    #[test]
    fn bytes_hold_all_of_a_sheet(contacts in contacts()) {
        let sheet = sheet_of(&contacts);
        prop_assert_eq!(Sheet::decode(&sheet.encoded()).unwrap(), sheet);
    }

    #[test]
    fn bytes_of_nonsense_are_no_sheet_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Sheet::decode(&bytes);
    }
}

#[test]
fn a_newer_sheet_is_said_to_be_newer() {
    assert_eq!(Sheet::decode(&[9, 1, 2]), Err(SheetError::Newer(9)));
    assert_eq!(Sheet::decode(&[]), Err(SheetError::Damaged));
}

#[test]
fn a_revision_replaces_what_was_said() {
    let mut sheet = sheet_of(&[contact(1, "a", 3)]);
    sheet.replace(&contact(1, "a", 3), &contact(1, "b", 9));
    assert_eq!(shown(&sheet), shown(&sheet_of(&[contact(1, "b", 9)])));
}

#[test]
fn a_contact_that_moves_to_another_customer_stays_a_sample() {
    // Its new customer is counted before the former one is taken back.
    let mut sheet = sheet_of(&[contact(1, "a", 3)]);
    sheet.add(&contact(1, "a", 3));
    sheet.take_back(&contact(1, "a", 3));
    assert_eq!(shown(&sheet), shown(&sheet_of(&[contact(1, "a", 3)])));
    assert_eq!(counting(3).samples(&sheet).len(), 2);
}

#[test]
fn most_frequent_values_are_shown_and_the_others_are_other() {
    let pages = ["d", "a", "a", "b", "c", "c", "c"];
    let contacts = pages
        .iter()
        .zip(0..)
        .map(|(page, nth)| contact(3 * nth, page, 1));
    let contacts: Vec<Contributions> = contacts.collect();
    let sheet = sheet_of(&contacts);
    let rows = counting(2).rows(&sheet, Millis(0));
    let of_contacts = rows.iter().filter(|row| row.figure == Figure::Contacts);
    let found: Vec<(&str, f64)> = of_contacts
        .map(|row| (row.segment.as_str(), row.numerator))
        .collect();
    // The segment comes after the hour: rows of the whole day stand first.
    let expected = [
        ("page=a", 2.0),
        ("page=c", 3.0),
        ("page=other", 2.0),
        ("", 7.0),
    ];
    assert_eq!(found, expected);
}

#[test]
fn beyond_what_is_held_values_are_other_whoever_counted_them() {
    let number = VALUES_HELD_MAX + 25;
    let pages: Vec<String> = (0..number).map(|nth| format!("p{nth}")).collect();
    let of = |pages: &[String]| {
        let contacts = pages.iter().map(|page| contact(0, page, 1));
        sheet_of(&contacts.collect::<Vec<_>>())
    };
    let whole = of(&pages);
    assert!(whole.has_let_go(0));
    let mut merged = of(&pages[number / 2..]);
    assert!(!merged.has_let_go(0));
    merged.merge(&of(&pages[..number / 2]));
    assert_eq!(shown(&merged), shown(&whole));
    let rows = counting(number).rows(&whole, Millis(0));
    let other = rows
        .iter()
        .find(|row| row.figure == Figure::Contacts && row.segment == "page=other");
    assert_eq!(other.unwrap().numerator, 25.0);

    let mut left = whole.clone();
    left.take_back(&contact(0, &pages[0], 1));
    let sum = |sheet: &Sheet| {
        let rows = counting(number).rows(sheet, Millis(0));
        let with_page = rows
            .iter()
            .filter(|row| row.figure == Figure::Contacts && !row.segment.is_empty());
        with_page.map(|row| row.numerator).sum::<f64>()
    };
    assert_eq!(sum(&left), sum(&whole) - 1.0);
}

#[test]
fn twenty_samples_are_the_same_ones_in_any_order() {
    let contacts: Vec<Contributions> = (0..300).map(|nth| contact(3 * nth, "a", 1)).collect();
    let whole = sheet_of(&contacts);
    let reversed = sheet_of(contacts.iter().rev());
    assert_eq!(shown(&whole), shown(&reversed));
    let samples = counting(3).samples(&whole);
    assert_eq!(samples.len(), 2 * SAMPLES_MAX);

    // Fewer than twenty are taken back: others take their places.
    let mut left = whole.clone();
    contacts[..15].iter().for_each(|one| left.take_back(one));
    assert_eq!(
        counting(3).samples(&left),
        counting(3).samples(&sheet_of(&contacts[15..]))
    );
}
