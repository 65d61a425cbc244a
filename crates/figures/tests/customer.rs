//! Contributions of one customer: what the campaign's rows cannot say.

#![allow(clippy::unwrap_used)]

use calendar::Calendar;
use figures::{
    BOUNDS_MS, Contributions, Dimension, Entry, Family, Figure, FigureRow, Figures, Settings,
    Sheet, bucket_of, bucket_text,
};
use model::{
    Channel, ChannelSet, Contact, ContactResult, Direction, EndKind, Initiation, Millis, Mode,
    Money, Reading, Readings, Resolved, Roles, Scope, Step, StepStatus,
};

/// 2026-01-05T08:00:00Z, a Monday; nine o'clock in Paris.
const MONDAY_AT: Millis = Millis(1_767_600_000_000);

fn figures(dimensions: &[&str]) -> Figures {
    let dimensions = dimensions
        .iter()
        .map(|name| Dimension::named(name).unwrap());
    let reading = Reading {
        name: "j+7 assisted any".into(),
        window: 0,
        scope: 0,
        mode: Mode::Any,
    };
    Figures::new(Settings {
        calendar: Calendar::new("Europe/Paris", &[], &[]).unwrap(),
        readings: Readings {
            windows: vec!["j+7".into()],
            scopes: vec![Scope {
                name: "assisted".into(),
                channels: ChannelSet::of(&[Channel::Phone]),
            }],
            list: vec![reading],
            headline: 0,
            reason_depth: 8,
        },
        families: vec![Family {
            dimensions: dimensions.collect(),
            values_max: 10,
        }],
        answer_within_ms: [None; 5],
    })
}

fn visit() -> ContactResult {
    let step = |name: &str| Step {
        at: MONDAY_AT,
        name: name.into(),
        status: StepStatus::Completed,
        page: "p".into(),
    };
    let contact = Contact {
        channel: Channel::Web,
        source: "site".into(),
        contact_id: "V1".into(),
        root_contact_id: "V1".into(),
        thread_id: "".into(),
        related_contact_ids: Vec::new(),
        other_leg_ids: Vec::new(),
        identifiers: Vec::new(),
        medium: "".into(),
        direction: Direction::Inbound,
        initiation: Initiation::Customer,
        started_at: MONDAY_AT,
        ended_at: MONDAY_AT,
        end_kind: EndKind::Stated,
        silent_at: None,
        outcome: None,
        wait_ms: None,
        handle_ms: Some(5_001),
        reason: None,
        queue: "".into(),
        agent: "".into(),
        team: "a,b%\n".into(),
        site: "".into(),
        tier: "".into(),
        party: "".into(),
        page: "p".into(),
        disposition: "".into(),
        may_contact: None,
        due_at: None,
        extra_cost: None,
        satisfaction: None,
        legs: 1,
        steps: vec![step("help"), step("payment")],
        has_counting_step: true,
        attributes: vec![("app_version".into(), "5.2=beta".into())],
    };
    ContactResult {
        customer: "".into(),
        contact,
        resolved: Resolved::Unknown,
        roles: Roles::default(),
        capped: false,
        cost: None,
        names: Vec::new(),
        readings: Vec::new(),
        revision: 1,
        cause: "".into(),
    }
}

fn rows(figures: &Figures, contributions: &Contributions) -> Vec<FigureRow> {
    let mut sheet = Sheet::default();
    sheet.add(contributions);
    figures.rows(&sheet, MONDAY_AT)
}

#[test]
fn a_segment_says_the_last_step_and_hides_what_separates() {
    let figures = figures(&["step", "team", "attributes.app_version"]);
    let rows = rows(&figures, &figures.of_customer(&[visit()], &[]));
    let segment = rows
        .iter()
        .find(|row| row.figure == Figure::Contacts && !row.segment.is_empty());
    assert_eq!(
        segment.unwrap().segment,
        "step=payment,team=a%2Cb%25%0A,attributes.app_version=5.2=beta"
    );
}

#[test]
fn what_nobody_knows_counts_in_volumes_alone() {
    let figures = figures(&["page"]);
    let rows = rows(&figures, &figures.of_customer(&[visit()], &[]));
    let whole = rows.iter().filter(|row| row.segment.is_empty());
    let found: Vec<_> = whole
        .map(|row| (row.figure, row.hour, row.numerator, row.denominator))
        .collect();
    let expected = [
        (Figure::Contacts, Some(9), 1.0, None),
        (Figure::HandleTime, Some(9), 5_001.0, Some(1)),
        (Figure::Identified, Some(9), 0.0, Some(1)),
    ];
    assert_eq!(found, expected);
    let handled = rows.iter().find(|row| row.figure == Figure::HandleTime);
    assert_eq!(handled.unwrap().buckets, [(1, 1)]);
    assert!(rows.iter().all(|row| row.coverage == Some(0.0)));
}

#[test]
fn buckets_hold_their_upper_bounds() {
    for (place, bound) in BOUNDS_MS.iter().enumerate() {
        assert_eq!(usize::from(bucket_of(*bound)), place);
        assert_eq!(usize::from(bucket_of(bound + 1)), place + 1);
    }
    assert_eq!(bucket_of(-1), 0);
    assert_eq!(bucket_text(0), "5000");
    assert_eq!(bucket_text(bucket_of(i64::MAX)), "more");
}

#[test]
fn entries_of_rules_are_rates_of_what_is_decided() {
    let figures = figures(&["page"]);
    let entry = |decided, broken, cost| Entry {
        rule: "slow-chat",
        entered_at: MONDAY_AT,
        channel: Some(Channel::Chat),
        decided,
        broken,
        cost: Some(Money(cost)),
    };
    let mut contributions = Contributions::default();
    let entries = [
        entry(true, true, 2_500_000),
        entry(true, false, 9_000_000),
        entry(false, false, 1),
    ];
    figures.add_entries(&entries, &mut contributions);
    let found: Vec<_> = rows(&figures, &contributions)
        .into_iter()
        .map(|row| (row.figure, row.rule.to_string(), row.value(), row.matured))
        .collect();
    let rule = || "slow-chat".to_owned();
    let expected = [
        (Figure::RuleCost, rule(), Some(2.5), false),
        (Figure::RuleRate, rule(), Some(0.5), false),
    ];
    assert_eq!(found, expected);
}

#[test]
fn dimensions_are_a_closed_list_and_attributes() {
    assert!(
        figures::DIMENSIONS
            .iter()
            .all(|name| Dimension::named(name).is_some())
    );
    assert!(Dimension::named("attributes.app_version").is_some());
    assert_eq!(Dimension::named("attributes."), None);
    assert_eq!(Dimension::named("taem"), None);
    // Each has a value, none of which panics.
    for name in figures::DIMENSIONS {
        let figures = figures(&[name]);
        rows(&figures, &figures.of_customer(&[visit()], &[]));
    }
}
