//! Views of examples that are small enough to be checked by hand.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

mod support;

use board::views::{Basis, By, Change, Filter, Period, Place, Standing, State, Statement};
use board::{Board, Capacity, Table};
use model::Channel;
use serde_json::json;
use support::{Contact, NOW, board, board_with, tell, tell_alert, tell_contact, tell_figure};

fn look(board: &Board, query: &[(&str, &str)]) -> std::sync::Arc<board::views::View> {
    let filter = Filter::read(query.iter().copied()).unwrap();
    board.view(&filter).unwrap()
}

/// Two customers: A1 is an origin, A2 its repeat an hour later; B1 stands alone; U1 is nobody's.
fn tell_four(board: &Board) {
    let of = Contact {
        session: Some("A1"),
        origin: true,
        ..Contact::default()
    };
    tell_contact(board, &of);
    let repeat = Contact {
        id: "A2",
        channel: "chat",
        started_at: "2026-01-27T10:00:00Z",
        reason: Some("delivery/late"),
        team: Some("south"),
        cost: Some(3.5),
        class: Some("repeat"),
        session: Some("A1"),
        ..Contact::default()
    };
    tell_contact(board, &repeat);
    let alone = Contact {
        id: "B1",
        customer: Some("customer_id:h2"),
        started_at: "2026-01-27T13:10:00Z",
        session: Some("B1"),
        origin: true,
        ..Contact::default()
    };
    tell_contact(board, &alone);
    let unknown = Contact {
        id: "U1",
        customer: None,
        started_at: "2026-01-27T13:20:00Z",
        reason: None,
        ..Contact::default()
    };
    tell_contact(board, &unknown);
}

#[test]
fn without_figures_everything_is_counted_from_contacts() {
    let board = board();
    tell_four(&board);
    let view = look(&board, &[]);
    assert!(matches!(view.now.basis, Basis::Contacts { .. }));
    // A1, A2 and B1 are known followers, A2 is a repeat.
    let rate = view.now.repeat_rate;
    assert_eq!((rate.numerator, rate.denominator), (1.0, 3));
    assert!(rate.as_counts, "three contacts make no rate");
    assert_eq!(view.now.contacts, 4);
    assert_eq!(
        (view.now.coverage.numerator, view.now.coverage.denominator),
        (3.0, 4)
    );
    assert_eq!(view.now.avoidable_cost.amount, 3.5);
    // The cost of A2 is charged to A1's reason, though A2 has another one.
    let first = &view.causes.rows[0];
    assert_eq!(
        (first.name.as_str(), first.cost.amount),
        ("billing/payment", 3.5)
    );
    assert_eq!(first.samples[0].contact_id, "A2");
    let second = view
        .causes
        .rows
        .iter()
        .find(|row| row.name == "delivery/late")
        .unwrap();
    assert_eq!((second.rate.numerator, second.rate.denominator), (1.0, 1));
    assert_eq!(second.cost.amount, 0.0);
    // Quarters of an hour from midnight up to 14:32, 58 of them and now.
    assert_eq!(view.now.line.len(), 59);
    let last = view.now.line.last().unwrap();
    assert_eq!((last.so_far.numerator, last.contacts), (1.0, 4));
    // 10:00 to 10:15 in Paris holds A1, which started at 10:00.
    assert_eq!(view.now.line[39].contacts, 0);
    assert_eq!(view.now.line[40].contacts, 1);
    assert!(view.quality.statements.contains(&Statement::NoFigures));
}

#[test]
fn a_filter_that_figures_cannot_say_is_counted_from_contacts() {
    let board = board();
    tell_four(&board);
    tell_figure(
        &board,
        0,
        &json!({ "channel": "phone", "hour": 10, "numerator": 9.0 }),
    );
    let view = look(&board, &[("team", "south"), ("reason", "delivery")]);
    assert!(matches!(view.now.basis, Basis::Contacts { .. }));
    assert_eq!(view.now.contacts, 1);
    let one = look(&board, &[("team", "south")]);
    assert_eq!(one.now.basis, Basis::Figures, "one family has teams");
    let other = look(&board, &[("reason", "deliver")]);
    assert_eq!(other.now.contacts, 0, "a part of a word is no reason");
}

#[test]
fn figures_of_all_tasks_are_added_and_the_last_of_a_name_holds() {
    let board = board();
    let rate = |task, repeats: f64, followers: u64| {
        let row = json!({
            "figure": "repeat_rate", "window": "j+7", "scope": "assisted", "reason_mode": "any",
            "channel": "phone", "hour": 9, "numerator": repeats, "denominator": followers,
        });
        tell_figure(&board, task, &row);
        row
    };
    rate(0, 1.0, 10);
    rate(1, 9.0, 40);
    rate(0, 6.0, 20);
    let view = look(&board, &[]);
    let share = view.now.repeat_rate;
    assert_eq!(
        (share.numerator, share.denominator, share.value),
        (15.0, 60, Some(0.25))
    );
    assert!(!share.as_counts);
    assert_eq!(view.now.basis, Basis::Figures);
    // A task has no such row any more.
    let mut row = rate(1, 9.0, 40);
    row["tenant"] = json!("acme");
    row["date"] = json!("2026-01-27");
    for absent in ["rule", "from_channel", "age_days", "segment"] {
        row[absent] = json!(null);
    }
    tell(&board, Table::Figures, &support::figure_key(1, &row), None);
    std::thread::sleep(std::time::Duration::from_millis(600));
    let share = look(&board, &[]).now.repeat_rate;
    assert_eq!((share.numerator, share.denominator), (6.0, 20));
}

#[test]
fn a_normal_tuesday_is_made_of_the_same_hours() {
    let board = board();
    // Four Tuesdays with 10, 20, 30 and 40 of 100 from 9 to 10 o'clock, and 50 of 100 at 20 o'clock.
    for (weeks, repeats) in [(1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)] {
        let day = jiff::civil::date(2026, 1, 27) - jiff::ToSpan::weeks(weeks);
        for (hour, repeats) in [(9, repeats), (20, 50.0)] {
            let row = json!({
                "date": day.to_string(), "figure": "repeat_rate", "window": "j+7",
                "scope": "assisted", "reason_mode": "any", "channel": "phone", "hour": hour,
                "numerator": repeats, "denominator": 100,
            });
            tell_figure(&board, 0, &row);
        }
    }
    let today = json!({
        "figure": "repeat_rate", "window": "j+7", "scope": "assisted", "reason_mode": "any",
        "channel": "phone", "hour": 9, "numerator": 39.0, "denominator": 100,
    });
    tell_figure(&board, 0, &today);
    let now = &look(&board, &[]).now;
    // At 14:32 only the first hour counts: 10, 20, 30, 40 %.
    let normal = now.normal.unwrap();
    assert!((normal.lower - 0.175).abs() < 1e-9);
    assert!((normal.median - 0.25).abs() < 1e-9);
    assert!((normal.upper - 0.325).abs() < 1e-9);
    assert_eq!((normal.days, now.place), (4, Place::Above));
    // The band goes on to the evening: (40 + 50) / 200 at most.
    let last = now.band.last().unwrap();
    assert!(last.normal.upper < 0.45 && last.normal.upper > 0.40);
    assert_eq!(now.band.len(), 15, "from 10 o'clock to midnight");
}

#[test]
fn causes_are_ranked_by_what_they_cost_and_names_come_back_as_they_were() {
    let board = board();
    for (segment, cost) in [
        ("reason=<script>alert(1)</script>", 5.0),
        ("reason=a%2C b", 9.0),
    ] {
        let row = json!({
            "figure": "avoidable_cost", "window": "j+7", "scope": "assisted", "reason_mode": "any",
            "from_channel": "phone", "channel": "phone", "segment": segment, "numerator": cost,
            "denominator": 2,
        });
        tell_figure(&board, 0, &row);
    }
    let causes = &look(&board, &[]).causes;
    let names: Vec<&str> = causes.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["a, b", "<script>alert(1)</script>"]);
    assert_eq!(causes.cost.amount, 14.0);
    assert_eq!(causes.rows[0].trend.len(), 14);
    assert_eq!(causes.rows[0].trend[13].cost, 9.0);
}

#[test]
fn a_page_is_charged_what_it_caused() {
    let board = board();
    let row = |figure: &str, numerator: f64, denominator: Option<u64>| {
        json!({
            "figure": figure, "window": "j+7", "scope": "all", "reason_mode": "any",
            "from_channel": "web", "channel": "phone", "segment": "page=payment",
            "numerator": numerator, "denominator": denominator,
        })
    };
    tell_figure(&board, 0, &row("caused", 7.0, None));
    tell_figure(&board, 0, &row("caused_cost", 21.0, Some(6)));
    tell_figure(&board, 0, &row("followed", 4.0, Some(40)));
    let view = look(&board, &[("by", "page")]);
    assert_eq!(view.causes.by, By::Page);
    let page = &view.causes.rows[0];
    assert_eq!(
        (page.name.as_str(), page.caused, page.cost.amount),
        ("payment", Some(7), 21.0)
    );
    assert_eq!(page.rate.value, Some(0.1));
    // Rows that are broken down do not count in the flow of channels.
    assert!(view.flow.bands.is_empty());
    let mut whole = row("caused", 7.0, None);
    whole["segment"] = json!(null);
    tell_figure(&board, 0, &whole);
    std::thread::sleep(std::time::Duration::from_millis(600));
    let band = look(&board, &[]).flow.bands[0];
    assert_eq!(
        (band.from, band.to, band.caused),
        (Channel::Web, Channel::Phone, 7)
    );
}

#[test]
fn who_waits_longest_stands_first_with_the_story() {
    let board = board();
    tell_four(&board);
    let third = Contact {
        id: "A3",
        started_at: "2026-01-27T13:00:00Z",
        class: Some("repeat"),
        session: Some("A1"),
        ..Contact::default()
    };
    tell_contact(&board, &third);
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    tell_alert(&board, "bb", "customer_id:h2", "2026-01-27T08:00:00Z");
    let people = &look(&board, &[]).people;
    let ids: Vec<&str> = people
        .rows
        .iter()
        .map(|row| row.alert_id.as_str())
        .collect();
    assert_eq!(ids, ["bb", "aa"]);
    assert_eq!((people.open, people.taken), (2, 0));
    assert_eq!(people.oldest_at.unwrap().text(), "2026-01-27T08:00:00Z");
    board.take_act(
        b"bb/1/x",
        Some(br#"{"kind":"acknowledge","by":"ann","at":1,"assignee":null}"#),
    );
    std::thread::sleep(std::time::Duration::from_millis(600));
    let people = &look(&board, &[]).people;
    assert_eq!(people.rows[0].alert_id, "aa");
    assert_eq!(
        (people.rows[1].standing, people.taken),
        (Standing::Acknowledged, 1)
    );
    let detail = board.alert("aa").unwrap();
    let story: Vec<(&str, bool, bool)> = detail
        .contacts
        .iter()
        .map(|one| (one.contact_id.as_str(), one.is_of_session, one.is_alerts))
        .collect();
    assert_eq!(
        story,
        [("A1", true, false), ("A2", true, false), ("A3", true, true)]
    );
    assert_eq!(detail.contacts[1].class.as_deref(), Some("repeat"));
    let text = serde_json::to_string(&detail).unwrap();
    assert!(
        !text.contains("customer_id:h1"),
        "no customer's key stands in a view"
    );
    assert_eq!(look(&board, &[("team", "south")]).people.open, 0);
    assert_eq!(
        look(&board, &[("channel", "chat")]).people.open,
        2,
        "on the way"
    );
}

#[test]
fn what_is_taken_back_is_gone() {
    let board = board();
    tell_four(&board);
    tell_alert(&board, "aa", "customer_id:h1", "2026-01-27T13:00:00Z");
    tell(&board, Table::Contacts, "customer_id:h1/chat/acd/A2", None);
    tell(&board, Table::Verdicts, "customer_id:h1/chat/acd/A2", None);
    tell(&board, Table::Alerts, "customer_id:h1/aa", None);
    let view = look(&board, &[]);
    assert_eq!(
        (view.now.contacts, view.now.repeat_rate.numerator),
        (3, 0.0)
    );
    assert_eq!(view.people.open, 0);
}

#[test]
fn more_than_is_kept_lets_go_of_the_oldest_and_says_so() {
    let capacity = Capacity {
        contacts: 10,
        alerts: 5,
        ..Capacity::default()
    };
    let board = board_with(capacity);
    for minute in 0..30 {
        let (id, at) = (
            format!("C{minute}"),
            format!("2026-01-27T09:{minute:02}:00Z"),
        );
        let contact = Contact {
            id: &id,
            started_at: &at,
            ..Contact::default()
        };
        tell_contact(&board, &contact);
        tell_alert(&board, &format!("{minute:032}"), "customer_id:h1", &at);
    }
    let view = look(&board, &[]);
    assert_eq!(view.now.contacts, 10);
    assert_eq!(view.people.open, 5);
    assert_eq!(view.people.let_go, 25);
    let limits = view.quality.limits;
    assert_eq!(
        (limits.contacts, limits.alerts, limits.let_go),
        ((10, 10), (5, 5), 45)
    );
    let kept = view.quality.statements.iter();
    assert_eq!(
        kept.filter(|one| matches!(one, Statement::Kept { .. }))
            .count(),
        1
    );
}

#[test]
fn a_million_alerts_are_bounded() {
    let board = board();
    let row = support::alert("@", "customer_id:h1", "2026-01-27T09:00:00Z").to_string();
    let began = std::time::Instant::now();
    for part in 0..1_000 {
        let mut records = Vec::new();
        for number in 0..1_000 {
            let id = format!("{:032x}", part * 1_000 + number);
            let row = row.replacen('@', &id, 1);
            records.push((format!("c/{id}"), row));
        }
        let records = records.iter().map(|(key, value)| board::Record {
            table: Table::Alerts,
            key: key.as_bytes(),
            value: Some(value.as_bytes()),
            told_at: board::views::At(support::at(NOW)),
        });
        board.stands(State::Behind {
            since: board.now(),
            records: 1,
        });
        assert_eq!(board.take(records).0, 0);
    }
    let view = look(&board, &[]);
    assert_eq!(view.people.open, 100_000);
    assert_eq!((view.people.rows.len(), view.people.let_go), (50, 900_000));
    assert!(began.elapsed().as_secs() < 300, "{:?}", began.elapsed());
}

#[test]
fn an_empty_board_says_so_and_a_source_that_is_silent_is_named() {
    let board = board();
    assert_eq!(look(&board, &[]).freshness.state, State::Empty);
    let details = json!({
        "source": "ivr", "silent_since": "2026-01-27T13:00:00Z",
        "last_event_at": "2026-01-27T13:00:00Z", "silence_max": "20min", "words": "",
    });
    let mut row = support::alert("ss", "x", "2026-01-27T13:20:00Z");
    row["type"] = json!("SourceSilent");
    row["name"] = json!("ivr");
    row["customer"] = json!(null);
    row["details"] = json!(details.to_string());
    tell(&board, Table::Alerts, "SourceSilent/ss", Some(&row));
    std::thread::sleep(std::time::Duration::from_millis(600));
    let view = look(&board, &[]);
    let first = &view.quality.statements[0];
    assert!(matches!(first, Statement::SourceSilent { source, .. } if source == "ivr"));
    let named = view
        .now
        .changes
        .iter()
        .any(|one| matches!(one, Change::SourceSilent { .. }));
    assert!(named);
    assert_eq!(
        view.people.open, 0,
        "nobody can be called back about a source"
    );
}

#[test]
fn a_journey_that_is_degraded_is_shown_with_what_was_expected() {
    let board = board();
    assert!(!look(&board, &[]).journeys.has_monitor);
    let details = json!({
        "segment": ["page=payment", "attributes.app_version=42"], "since": "2026-01-27T13:05:00Z",
        "breaks": 80, "expected": 31.5, "customers": 63,
    });
    let mut row = support::alert("dd", "x", "2026-01-27T13:20:00Z");
    row["type"] = json!("JourneyDegraded");
    row["name"] = json!("slow-chat");
    row["customer"] = json!(null);
    row["cost"] = json!(410.0);
    row["details"] = json!(details.to_string());
    tell(&board, Table::Alerts, "slow-chat/dd", Some(&row));
    std::thread::sleep(std::time::Duration::from_millis(600));
    let journeys = &look(&board, &[]).journeys;
    let one = &journeys.degraded[0];
    assert_eq!(one.title.fr, "A attendu et abandonné");
    assert_eq!(
        (one.customers, one.cost, one.breaks),
        (Some(63), Some(410.0), Some(80.0))
    );
    assert_eq!(one.since.text(), "2026-01-27T13:05:00Z");
    assert_eq!(one.told[0].expected, 31.5);
    assert!(!journeys.has_figures, "nobody has told rates of rules");
    assert_eq!(journeys.rules.len(), 1);
}

#[test]
fn a_filter_is_read_and_written_alike() {
    let pairs = [
        ("reason", "billing/payment"),
        ("period", "2026-01-01..2026-01-31"),
        ("by", "team"),
        ("lang", "fr"),
    ];
    let filter = Filter::read(pairs).unwrap();
    assert_eq!(filter.by, By::Team);
    let said: Vec<(&str, String)> = filter.pairs();
    let again = Filter::read(said.iter().map(|(key, value)| (*key, value.as_str()))).unwrap();
    assert_eq!(again, filter);
    assert_eq!(
        Filter::read([("period", "today")]).unwrap().period,
        Period::Today
    );
    for wrong in [
        ("channel", "fax"),
        ("period", "93d"),
        ("period", "1d"),
        ("period", "2026-01-31..2026-01-01"),
        ("period", "2020-01-01..2026-01-01"),
        ("by", "agent"),
    ] {
        assert!(Filter::read([wrong]).is_err(), "{wrong:?}");
    }
    let long = "x".repeat(301);
    assert!(Filter::read([("reason", long.as_str())]).is_err());
}
