//! Tiny histories, computed by hand.

use serde_json::{Value, json};

use super::{InputLine, Options, Row, Settled, settle};

mod open_points;

const CONFIG: &str = "tenant = 'acme'\ntime_zone = 'Europe/Paris'\ncountry = 'FR'\n";

fn run(config: &str, until: &str, records: &[Value]) -> Settled {
    let line = |(nth, record): (usize, &Value)| InputLine {
        file: "story.jsonl".into(),
        line: nth as u64 + 1,
        text: record.to_string(),
    };
    let inputs: Vec<InputLine> = records.iter().enumerate().map(line).collect();
    let until: jiff::Timestamp = until.parse().unwrap();
    let options = Options {
        until: Some(until.as_millisecond()),
        run_start: None,
    };
    settle(&format!("{CONFIG}{config}"), &inputs, options).unwrap()
}

/// A whole contact in one record.
fn whole(channel: &str, id: &str, customer: &str, at: &str, minutes: i64, outcome: &str) -> Value {
    let start: jiff::Timestamp = at.parse().unwrap();
    let end = start.as_millisecond() + minutes * 60_000;
    json!({"channel": channel, "event_id": format!("e-{id}"), "kind": "contact", "occurred_at": at,
        "contact_id": id, "started_at": at, "ended_at": end, "outcome": outcome,
        "identifiers": [{"type": "customer_id", "value": customer}]})
}

fn event(channel: &str, kind: &str, id: &str, at: &str, more: Value) -> Value {
    let mut record = json!({"channel": channel, "event_id": format!("{id}-{kind}-{at}"),
        "kind": kind, "occurred_at": at, "contact_id": id});
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn contact<'a>(settled: &'a Settled, id: &str) -> &'a Row {
    settled
        .contacts
        .iter()
        .find(|row| row["contact_id"] == id)
        .unwrap()
}

fn verdict<'a>(settled: &'a Settled, id: &str, reading: &str) -> &'a Row {
    let names = |row: &Row| {
        ["window", "scope", "reason_mode"].map(|name| row[name].as_str().unwrap().to_string())
    };
    let mut rows = settled.verdicts.iter();
    rows.find(|row| row["contact_id"] == id && names(row).join(" ") == reading)
        .unwrap()
}

/// The values of some columns, as one text.
fn columns(row: &Row, names: &str) -> String {
    names
        .split(' ')
        .map(|name| row[name].to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

const HEADLINE: &str = "j+7 assisted any";

#[test]
fn answered_then_abandoned_then_answered() {
    let records = [
        whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 5, "handled"),
        whole("phone", "B", "C1", "2026-03-03T09:00:00Z", 1, "abandoned"),
        whole("chat", "C", "C1", "2026-03-04T09:00:00Z", 5, "handled"),
    ];
    let settled = run("", "2026-03-20T00:00:00Z", &records);
    let said = |id| {
        let names =
            "verdict status class prior_contact_id count rank session_id next_contact_id origin";
        columns(verdict(&settled, id, HEADLINE), names)
    };
    assert_eq!(
        said("A"),
        r#""repeated" "final" null null 1 1 "A" "B" true"#
    );
    assert_eq!(
        said("B"),
        r#""retried" "final" "repeat" "A" 2 2 "A" "C" false"#
    );
    assert_eq!(
        said("C"),
        r#""resolved" "final" "repeat" "B" 3 3 "A" null false"#
    );
    let c = verdict(&settled, "C", HEADLINE);
    assert_eq!(
        columns(c, "gap_ms overlap channel_changed"),
        "86340000 false true"
    );
    let session = &settled.sessions[0];
    assert_eq!(
        columns(
            session,
            "session_id contacts repeats retries channels complete last_outcome"
        ),
        r#""A" 3 2 0 ["phone","chat"] true "handled""#
    );
    assert_eq!(settled.sessions.len(), 1);
    let alert = &settled.alerts[0];
    let names = "name contact_id count rank origin_contact_id readings event_at";
    let readings = r#"["j+7 assisted any","j+7 all any","j+30 assisted any","j+30 all any"]"#;
    assert_eq!(
        columns(alert, names),
        format!(r#""third-in-seven-days" "C" 3 3 "A" {readings} "2026-03-04T09:00:00.000Z""#)
    );
    assert_eq!(settled.alerts.len(), 1);
    let figures = &settled.summary["readings"][HEADLINE];
    assert_eq!(figures["origins_matured"], 1);
    assert_eq!(figures["origins_resolved"], 0);
    assert_eq!(figures["identified"], 3);
}

#[test]
fn an_abandoned_call_alone_is_lost_and_a_second_one_is_a_retry() {
    let records = [
        whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 1, "abandoned"),
        whole("phone", "B", "C1", "2026-03-02T10:00:00Z", 1, "abandoned"),
    ];
    let settled = run("", "2026-03-20T00:00:00Z", &records);
    let said = |id| columns(verdict(&settled, id, HEADLINE), "verdict class count");
    assert_eq!(said("A"), r#""retried" null 1"#);
    assert_eq!(said("B"), r#""lost" "retry" 2"#);
}

#[test]
fn calendar_windows_follow_the_local_date_when_the_clock_changes() {
    // On 29 March 2026 Paris goes from +01:00 to +02:00: J+7 of Friday 27 March ends on Saturday
    // 4 April, midnight in Paris, which is 22:00 in UTC.
    let records = [
        whole("phone", "A", "C1", "2026-03-27T09:00:00Z", 5, "handled"),
        whole("phone", "B", "C1", "2026-04-03T21:59:59.999Z", 5, "handled"),
        whole("phone", "A2", "C2", "2026-03-27T09:00:00Z", 5, "handled"),
        whole("phone", "B2", "C2", "2026-04-03T22:00:00Z", 5, "handled"),
    ];
    let settled = run("", "2026-04-03T21:59:59.999Z", &records[..1]);
    let names = "verdict status due_at";
    let due = r#""2026-04-03T22:00:00.000Z""#;
    let before = columns(verdict(&settled, "A", HEADLINE), names);
    assert_eq!(before, format!(r#""pending" "provisional" {due}"#));

    let settled = run("", "2026-04-03T22:00:00Z", &records);
    let said = |id| columns(verdict(&settled, id, HEADLINE), names);
    assert_eq!(said("A"), format!(r#""repeated" "final" {due}"#));
    assert_eq!(said("A2"), format!(r#""resolved" "final" {due}"#));
    // 25 October 2026 has 25 hours: intraday is still the same local date.
    let long_day = [
        whole("phone", "A", "C1", "2026-10-24T22:00:00Z", 1, "handled"),
        whole("phone", "B", "C1", "2026-10-25T22:59:59Z", 1, "handled"),
    ];
    let settled = run("", "2026-11-25T00:00:00Z", &long_day);
    let said = columns(
        verdict(&settled, "A", "intraday assisted any"),
        "verdict due_at",
    );
    assert_eq!(said, r#""repeated" "2026-10-25T23:00:00.000Z""#);
    // 24 hours are 24 hours all the same.
    assert_eq!(
        verdict(&settled, "A", "24h assisted any")["verdict"],
        "resolved"
    );
}

#[test]
fn the_start_of_a_day_whose_midnight_does_not_exist() {
    // In Santiago on 6 September 2026 the clock goes from 00:00 to 01:00, which is 04:00 in UTC.
    let config = super::config::read("tenant = 'acme'\ntime_zone = 'America/Santiago'\n").unwrap();
    let world = super::World {
        config,
        end_of_time: 0,
        incomplete: 0,
    };
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let window = &world.config.readings[0].window;
    let due_at = super::readings::due_at(
        window,
        world.moment(at("2026-09-05T15:00:00Z")),
        &world.config,
    );
    assert_eq!(due_at, at("2026-09-06T04:00:00Z"));
}

#[test]
fn both_ways_to_look_at_a_window_agree() {
    let text = "tenant = 'acme'\ntime_zone = 'Europe/Paris'\nweek = ['mon', 'tue', 'sat']\n\
        holidays = ['2026-03-28', '2026-10-27']\n[windows]\na = { calendar_days = 0 }\n\
        b = { calendar_days = 3 }\nc = { business_days = 0 }\nd = { business_days = 2 }\n\
        e = { rolling = '36h' }\n";
    let config = super::config::read(text).unwrap();
    let world = super::World {
        config,
        end_of_time: 0,
        incomplete: 0,
    };
    let hour = 3_600_000;
    let mut compared = 0;
    for month in ["2026-03-25T00:00:00Z", "2026-10-21T00:00:00Z"] {
        let first = month.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        for anchor in (0..24 * 7).step_by(5).map(|hours| first + hours * hour) {
            for start in (-30..24 * 14).map(|hours| anchor + hours * hour) {
                for reading in &world.config.readings {
                    let due_at = super::readings::due_at(
                        &reading.window,
                        world.moment(anchor),
                        &world.config,
                    );
                    let inside = super::readings::is_inside(
                        &reading.window,
                        world.moment(anchor),
                        world.moment(start),
                        &world.config,
                    );
                    assert_eq!(
                        inside,
                        start < due_at,
                        "{} {anchor} {start}",
                        reading.name()
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000);
}

#[test]
fn working_days_pass_over_a_holiday() {
    // Thursday; Friday 1 May is a holiday; so the second working day is Tuesday the 5th.
    let config = "holidays = ['2026-05-01']\n[windows]\n'j+2bd' = { business_days = 2 }\n";
    let records = [
        whole("phone", "A", "C1", "2026-04-30T09:00:00Z", 5, "handled"),
        whole("phone", "B", "C1", "2026-05-05T21:59:00Z", 5, "handled"),
        whole("phone", "C", "C2", "2026-04-30T09:00:00Z", 5, "handled"),
        whole("phone", "D", "C2", "2026-05-05T22:00:00Z", 5, "handled"),
    ];
    let settled = run(config, "2026-06-01T00:00:00Z", &records);
    let said = |id| {
        columns(
            verdict(&settled, id, "j+2bd assisted any"),
            "verdict due_at",
        )
    };
    assert_eq!(said("A"), r#""repeated" "2026-05-05T22:00:00.000Z""#);
    assert_eq!(said("C"), r#""resolved" "2026-05-05T22:00:00.000Z""#);
    // The headline `j+7` does not exist here: the first window and scope take its place.
    assert_eq!(settled.sessions.len(), 3);
}

#[test]
fn a_late_login_claims_what_the_device_did_before_it() {
    let device = json!([{"type": "device", "value": "d1"}]);
    let login = json!([{"type": "device", "value": "d1"}, {"type": "customer_id", "value": "C1"}]);
    let page = |id: &str, at: &str, identifiers: &Value| {
        json!({"channel": "web", "event_id": id, "kind": "page_view", "occurred_at": at,
            "step": "help", "identifiers": identifiers})
    };
    let visits = [
        page("p1", "2026-03-02T09:00:00Z", &device),
        page("p2", "2026-03-02T09:30:00Z", &device),
        page("p3", "2026-03-02T10:00:00.001Z", &device),
        whole("phone", "A", "C1", "2026-03-02T12:00:00Z", 5, "handled"),
    ];
    let before = run("", "2026-04-30T00:00:00Z", &visits);
    let customers = |settled: &Settled| -> Vec<String> {
        settled
            .contacts
            .iter()
            .map(|row| columns(row, "channel customer confidence"))
            .collect()
    };
    let unclaimed = r#""web" "device:d1" "seen""#;
    let call = r#""phone" "customer_id:C1" "unique""#;
    assert_eq!(customers(&before), [unclaimed, unclaimed, call]);

    let mut with_login = visits.to_vec();
    with_login.push(page("p4", "2026-03-09T09:00:00Z", &login));
    let after = run("", "2026-04-30T00:00:00Z", &with_login);
    let claimed = r#""web" "customer_id:C1" "seen""#;
    let logged_in = r#""web" "customer_id:C1" "unique""#;
    assert_eq!(customers(&after), [claimed, claimed, call, logged_in]);
    let said = columns(
        verdict(&after, "A", "j+7 all any"),
        "class count rank channel_changed",
    );
    assert_eq!(said, r#""repeat" 3 3 true"#);

    // The same login 31 days later is out of reach.
    let mut too_late = visits.to_vec();
    too_late.push(page("p4", "2026-04-02T10:00:00Z", &login));
    let after = run("", "2026-04-30T00:00:00Z", &too_late);
    assert_eq!(customers(&after)[..3], [unclaimed, unclaimed, call]);
}

#[test]
fn a_household_line_with_two_owners_belongs_to_neither() {
    let number = |customer: &str| {
        json!({"identifiers": [{"type": "phone", "value": "01 99 00 12 34"},
            {"type": "customer_id", "value": customer}]})
    };
    let bare = json!({"identifiers": [{"type": "phone", "value": "tel:+33199001234;ext=1"}]});
    let first = event(
        "phone",
        "answered",
        "A",
        "2026-03-02T09:00:00Z",
        number("C1"),
    );
    let unsure = event("phone", "answered", "B", "2026-03-03T09:00:00Z", bare);
    let second = event(
        "phone",
        "answered",
        "D",
        "2026-03-20T09:00:00Z",
        number("C2"),
    );
    let names = "customer identified_by confidence";

    let one = run("", "2026-04-20T00:00:00Z", &[first.clone(), unsure.clone()]);
    let said = columns(contact(&one, "B"), names);
    assert_eq!(said, r#""customer_id:C1" "phone" "seen""#);
    let two = run("", "2026-04-20T00:00:00Z", &[first, unsure, second]);
    let said = columns(contact(&two, "B"), names);
    assert_eq!(said, r#""phone:+33199001234" "phone" "seen""#);
    assert_eq!(two.summary["identity_conflicts"], 1);
}

#[test]
fn an_unlink_undoes_what_was_seen_before_it() {
    let both = json!([{"type": "loyalty", "value": "L1"}, {"type": "customer_id", "value": "C1"}]);
    let signal = |name: &str, at: &str| json!({"signal": name, "event_id": format!("s-{at}"), "occurred_at": at, "identifiers": both});
    let bare = json!({"identifiers": [{"type": "loyalty", "value": "L1"}]});
    let mut records = vec![
        event(
            "phone",
            "answered",
            "A",
            "2026-03-10T09:00:00Z",
            bare.clone(),
        ),
        event("phone", "answered", "early", "2026-02-10T09:00:00Z", bare),
        signal("linked", "2026-03-01T09:00:00Z"),
    ];
    let names = "customer confidence";
    let settled = run("", "2026-04-20T00:00:00Z", &records);
    assert_eq!(
        columns(contact(&settled, "A"), names),
        r#""customer_id:C1" "verified""#
    );
    records.push(signal("unlinked", "2026-03-20T09:00:00Z"));
    let settled = run("", "2026-04-20T00:00:00Z", &records);
    assert_eq!(
        columns(contact(&settled, "A"), names),
        r#""loyalty:L1" "seen""#
    );
    // The unlink comes more than 30 days after this one's start.
    assert_eq!(
        columns(contact(&settled, "early"), names),
        r#""customer_id:C1" "verified""#
    );
    records.push(signal("linked", "2026-03-21T09:00:00Z"));
    let settled = run("", "2026-04-20T00:00:00Z", &records);
    assert_eq!(
        columns(contact(&settled, "A"), names),
        r#""customer_id:C1" "verified""#
    );
}

#[test]
fn the_number_first_and_the_customer_at_the_end_are_one_contact() {
    let number = json!({"identifiers": [{"type": "phone", "value": "0199001234"}], "queue": "Q1"});
    let customer = json!({"identifiers": [{"type": "customer_id", "value": "C1"}]});
    let records = [
        event("phone", "offered", "A", "2026-03-02T09:00:00Z", number),
        event(
            "phone",
            "answered",
            "A",
            "2026-03-02T09:00:20Z",
            json!({"agent": "a1"}),
        ),
        event("phone", "ended", "A", "2026-03-02T09:05:00Z", customer),
    ];
    let settled = run("", "2026-03-20T00:00:00Z", &records);
    assert_eq!(settled.contacts.len(), 1);
    let names = "customer confidence started_at ended_at end_kind outcome wait_ms handle_ms queue agent legs";
    assert_eq!(
        columns(contact(&settled, "A"), names),
        r#""customer_id:C1" "unique" "2026-03-02T09:00:00.000Z" "2026-03-02T09:05:00.000Z" "stated" "handled" 20000 280000 "Q1" "a1" 1"#
    );
}

#[test]
fn the_legs_of_a_transferred_call_are_one_contact() {
    let root = |more: Value| {
        let mut more = more;
        more["root_contact_id"] = json!("A");
        more["identifiers"] = json!([{"type": "customer_id", "value": "C1"}]);
        more
    };
    let records = [
        event(
            "phone",
            "offered",
            "A",
            "2026-03-02T09:00:00Z",
            root(json!({"queue": "Q1"})),
        ),
        event(
            "phone",
            "answered",
            "A",
            "2026-03-02T09:00:10Z",
            root(json!({"agent": "a1"})),
        ),
        event(
            "phone",
            "ended",
            "A",
            "2026-03-02T09:01:00Z",
            root(json!({})),
        ),
        event(
            "phone",
            "queued",
            "B",
            "2026-03-02T09:01:00Z",
            root(json!({"queue": "Q2"})),
        ),
        event(
            "phone",
            "ended",
            "B",
            "2026-03-02T09:04:00Z",
            root(json!({})),
        ),
    ];
    let names = "contact_id end_kind ended_at outcome wait_ms handle_ms queue agent legs cost";
    let config = "[costs.phone]\nfixed = 0.4\nper_minute = 0.85\n";
    let settled = run(config, "2026-03-20T00:00:00Z", &records);
    assert_eq!(
        columns(&settled.contacts[0], names),
        r#""A" "stated" "2026-03-02T09:04:00.000Z" "handled" 10000 50000 "Q1" "a1" 2 1.108333"#
    );
    // Without its end the second leg is open for four hours, then ended by itself.
    let settled = run(config, "2026-03-02T13:01:00Z", &records[..4]);
    let said = columns(&settled.contacts[0], "end_kind ended_at outcome");
    assert_eq!(said, r#""open" "2026-03-02T09:01:00.000Z" null"#);
    let settled = run(config, "2026-03-02T13:01:00.001Z", &records[..4]);
    let said = columns(&settled.contacts[0], "end_kind ended_at outcome");
    assert_eq!(said, r#""inferred" "2026-03-02T09:01:00.000Z" "handled""#);
}

#[test]
fn a_chase_is_a_contact_and_a_thanks_is_none() {
    let mail = |kind: &str, id: &str, at: &str, more: Value| {
        let mut more = more;
        more["thread_id"] = json!("T");
        more["identifiers"] = json!([{"type": "email", "value": " C1@Example.org "}]);
        event("email", kind, id, at, more)
    };
    let records = [
        mail(
            "received",
            "m1",
            "2026-03-02T09:00:00Z",
            json!({"reason": "billing"}),
        ),
        mail(
            "sent",
            "auto",
            "2026-03-02T09:00:05Z",
            json!({"automatic": true}),
        ),
        mail("received", "m2", "2026-03-03T09:00:00Z", json!({})),
        mail(
            "sent",
            "a1",
            "2026-03-03T12:00:00Z",
            json!({"agent": "x", "handle_ms": 60000}),
        ),
        mail("received", "thanks", "2026-03-03T13:00:00Z", json!({})),
        mail("received", "m3", "2026-03-03T13:00:00.001Z", json!({})),
    ];
    let settled = run("", "2026-03-10T13:00:00Z", &records);
    let ids: Vec<_> = settled
        .contacts
        .iter()
        .map(|row| row["contact_id"].clone())
        .collect();
    assert_eq!(ids, ["m1", "m2", "m3"]);
    let said = |id| {
        columns(
            contact(&settled, id),
            "outcome end_kind ended_at wait_ms agent",
        )
    };
    assert_eq!(
        said("m1"),
        r#""handled" "inferred" "2026-03-03T12:00:00.000Z" 97200000 null"#
    );
    assert_eq!(
        said("m2"),
        r#""handled" "inferred" "2026-03-03T12:00:00.000Z" 10800000 "x""#
    );
    assert_eq!(
        said("m3"),
        r#""unanswered" "open" "2026-03-03T13:00:00.001Z" null null"#
    );
    assert_eq!(contact(&settled, "m1")["customer"], "email:c1@example.org");
    let row = verdict(&settled, "m2", HEADLINE);
    assert_eq!(
        columns(row, "class prior_contact_id gap_ms overlap"),
        r#""repeat" "m1" 0 true"#
    );
    let row = verdict(&settled, "m3", HEADLINE);
    assert_eq!(
        columns(row, "verdict class prior_contact_id count"),
        r#""pending" "repeat" "m2" 3"#
    );
}

#[test]
fn duplicates_change_nothing_and_corrections_win_by_time() {
    let call = whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 5, "handled");
    let mut correction = call.clone();
    correction["updated_at"] = json!("2026-03-03T09:00:00Z");
    correction["identifiers"] = json!([{"type": "customer_id", "value": "C2"}]);
    correction["queue"] = json!(null);
    let mut conflict = correction.clone();
    conflict["agent"] = json!("a1");
    let mut older = call.clone();
    older["queue"] = json!("Q1");
    older["updated_at"] = json!("2026-03-01T09:00:00Z");
    let mut records = vec![call.clone(), call, correction, conflict, older];
    let forward = run("", "2026-03-20T00:00:00Z", &records);
    records.reverse();
    let backward = run("", "2026-03-20T00:00:00Z", &records);
    for settled in [&forward, &backward] {
        let said = columns(&settled.contacts[0], "customer queue agent ended_at");
        let expected = r#""customer_id:C2" null "a1" "2026-03-02T09:05:00.000Z""#;
        assert_eq!(said, expected);
        let counts = ["decoded", "new", "duplicates", "conflicting"];
        assert_eq!(
            counts.map(|name| settled.summary[name].clone()),
            [5, 4, 1, 1]
        );
    }
    assert_eq!(forward.contacts, backward.contacts);
    assert_eq!(forward.verdicts, backward.verdicts);
}

#[test]
fn every_rejection_has_its_reason() {
    let good = whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 5, "handled");
    let with = |name: &str, value: Value| {
        let mut record = good.clone();
        record[name] = value;
        record
    };
    let records = [
        json!("text"),
        with("kind", json!(null)),
        with("agent", json!(7)),
        with("wait_ms", json!(-1)),
        with("occurred_at", json!("2026-03-02T09:00:00")),
        with("started_at", json!(0)),
        with("channel", json!("fax")),
        with("tenant", json!("other")),
        with("occurred_at", json!("2026-03-20T00:00:00.001Z")),
        json!({"signal": "hello", "event_id": "s", "occurred_at": 1772442000000_i64}),
        good,
    ];
    let settled = run("", "2026-03-20T00:00:00Z", &records);
    let reasons: Vec<_> = settled
        .dead_letters
        .iter()
        .map(|letter| letter.reason)
        .collect();
    assert_eq!(
        reasons,
        [
            "not_json",
            "missing_field",
            "wrong_type",
            "bad_value",
            "bad_time",
            "impossible_clock",
            "unknown_channel",
            "other_tenant"
        ]
    );
    assert_eq!(
        settled.summary["ignored"],
        json!({"after_until": 1, "unknown_signal": 1})
    );
    assert_eq!(settled.summary["decoded"], 1);
}

#[test]
fn the_same_reason_steps_over_another_and_unknown_equals_nothing() {
    let with = |id: &str, at: &str, reason: Option<&str>| {
        let mut record = whole("phone", id, "C1", at, 5, "handled");
        record["reason"] = json!(reason);
        record
    };
    let records = [
        with("A", "2026-03-02T09:00:00Z", Some("x/1")),
        with("B", "2026-03-03T09:00:00Z", Some("y")),
        with("C", "2026-03-04T09:00:00Z", Some("x/2")),
        with("D", "2026-03-05T09:00:00Z", None),
    ];
    let names = "verdict class prior_contact_id count session_id next_contact_id";
    let said = |depth: &str, id| {
        let settled = run(depth, "2026-03-20T00:00:00Z", &records);
        columns(verdict(&settled, id, "j+7 assisted same"), names)
    };
    assert_eq!(
        said("reason_depth = 1\n", "A"),
        r#""repeated" null null 1 "A" "C""#
    );
    assert_eq!(
        said("reason_depth = 1\n", "C"),
        r#""resolved" "repeat" "A" 2 "A" null"#
    );
    assert_eq!(said("", "C"), r#""resolved" null null 1 "C" null"#);
    assert_eq!(said("", "D"), r#""undecidable" null null 1 "D" null"#);
}

#[test]
fn a_visit_during_a_call_is_assistance_and_lends_its_reason_after() {
    let config = "[tables]\nsteps = [{url = 'https://shop.example/help/*', step = 'help', \
        reason = 'delivery', page = 'Help'}]\n";
    let page = |id: &str, at: &str| {
        json!({"channel": "web", "event_id": id, "kind": "page_view", "occurred_at": at,
            "contact_id": id, "url": "https://shop.example/help/late?order=1#top",
            "identifiers": [{"type": "customer_id", "value": "C1"}]})
    };
    let records = [
        whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 10, "handled"),
        page("v1", "2026-03-02T09:10:00Z"),
        whole("phone", "B", "C1", "2026-03-02T10:10:00Z", 10, "handled"),
        page("v2", "2026-03-02T10:20:00.001Z"),
    ];
    let settled = run(config, "2026-03-20T00:00:00Z", &records);
    let names = "prior_role follower not_counted_because reason reason_source page";
    let said = |id| columns(contact(&settled, id), names);
    assert_eq!(
        said("v1"),
        r#""answered" false "assistance" "delivery" "page" "Help""#
    );
    assert_eq!(
        said("v2"),
        r#""answered" true null "delivery" "page" "Help""#
    );
    assert_eq!(said("A"), r#""answered" true null null null null"#);
    assert_eq!(said("B"), r#""answered" true null "delivery" "page" null"#);
    assert_eq!(
        verdict(&settled, "A", "j+7 all any")["next_contact_id"],
        "B"
    );
    // The call and the visit end at the same instant: the later in order is the prior.
    assert_eq!(
        verdict(&settled, "B", "j+7 all any")["prior_contact_id"],
        "v1"
    );
}

#[test]
fn a_switchboard_is_quarantined_and_a_cap_keeps_the_newest() {
    let calls: Vec<Value> = (1..=4)
        .map(|nth| {
            whole(
                "phone",
                &format!("A{nth}"),
                "C1",
                &format!("2026-03-02T0{nth}:00:00Z"),
                1,
                "handled",
            )
        })
        .collect();
    let settled = run(
        "[identity]\ncontacts_per_day_max = 3\n",
        "2026-03-20T00:00:00Z",
        &calls,
    );
    let names = "customer not_counted_because";
    assert_eq!(
        columns(contact(&settled, "A1"), names),
        r#"null "quarantined""#
    );
    assert_eq!(verdict(&settled, "A1", HEADLINE)["verdict"], "undecidable");
    let config = "[identity]\ncontacts_per_day_max = 4\n";
    let settled = run(config, "2026-03-20T00:00:00Z", &calls);
    assert_eq!(contact(&settled, "A1")["customer"], "customer_id:C1");

    let settled = run(
        "contacts_per_customer_max = 3\n",
        "2026-03-20T00:00:00Z",
        &calls,
    );
    assert_eq!(settled.contacts.len(), 3);
    assert_eq!(columns(contact(&settled, "A2"), "capped"), "true");
    assert_eq!(
        columns(verdict(&settled, "A2", HEADLINE), "count rank session_id"),
        r#"1 1 "A2""#
    );
    assert_eq!(settled.summary["contacts"]["phone"], 4);
    assert_eq!(settled.summary["contacts_capped"], 1);
}

#[test]
fn related_contacts_of_one_customer_are_one() {
    let mut second = whole("phone", "B", "C1", "2026-03-02T09:10:00Z", 5, "abandoned");
    second["related_contact_ids"] = json!(["A"]);
    second["wait_ms"] = json!(1000);
    let mut first = whole("phone", "A", "C1", "2026-03-02T09:00:00Z", 5, "handled");
    first["wait_ms"] = json!(2000);
    let records = [
        first,
        second,
        whole("phone", "D", "C1", "2026-03-02T09:20:00Z", 5, "handled"),
    ];
    let settled = run("", "2026-03-20T00:00:00Z", &records);
    let ids: Vec<_> = settled
        .contacts
        .iter()
        .map(|row| row["contact_id"].clone())
        .collect();
    assert_eq!(ids, ["A", "D"]);
    let names = "ended_at outcome wait_ms legs";
    assert_eq!(
        columns(contact(&settled, "A"), names),
        r#""2026-03-02T09:15:00.000Z" "handled" 2000 2"#
    );
    let config = "[sources.default]\njoin_legs_within = '5min'\n";
    let settled = run(config, "2026-03-20T00:00:00Z", &records);
    assert_eq!(settled.contacts.len(), 1);
    assert_eq!(columns(contact(&settled, "A"), "legs wait_ms"), "3 2000");
}
