//! Why a contact was a repeat, in words, with the place of every record.

use crate::case::{Case, SMALL, call, lines, with};
use serde_json::json;

fn told(case: &Case, whose: &str) -> String {
    let ran = case.run(&format!(
        "explain --config c.toml --input in.jsonl more.jsonl {whose}"
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out
}

fn case() -> Case {
    let case = Case::new(&format!(
        "{SMALL}[sources.acd]\njoin_legs_within = \"30s\"\n"
    ));
    let transferred = with(
        &call("LEG", "C1", 4, 10),
        json!({"related_contact_ids": ["SECOND"], "event_id": "leg",
               "started_at": "2026-03-03T10:06:00Z", "ended_at": "2026-03-03T10:20:00Z"}),
    );
    let close = |id: &str, minute: u32| {
        let at = format!("2026-03-05T10:{minute:02}:00Z");
        with(
            &call(id, "C2", 5, 10),
            json!({"source": "acd", "occurred_at": at, "started_at": at,
                   "ended_at": format!("2026-03-05T10:{:02}:50Z", minute)}),
        )
    };
    let first = call("FIRST", "C1", 1, 10);
    case.put(
        "in.jsonl",
        lines(&[
            first.clone(),
            call("SECOND", "C1", 3, 10),
            transferred,
            call("ALONE", "C3", 9, 1),
        ]),
    );
    let completes = json!({"channel": "phone", "kind": "qualified", "event_id": "q",
                           "contact_id": "GHOST", "occurred_at": "2026-03-05T10:00:00Z",
                           "reason": "billing"});
    let note = json!({"channel": "phone", "kind": "qualified", "event_id": "q2",
                      "contact_id": "FIRST", "occurred_at": "2026-03-01T10:09:00Z",
                      "reason": "billing/invoice"});
    case.put(
        "more.jsonl",
        lines(&[first, close("A", 0), close("B", 1), completes, note]),
    );
    case
}

#[test]
fn every_record_is_told_with_its_place() {
    let story = told(&case(), "--contact FIRST");
    let said: Vec<&str> = story
        .lines()
        .skip_while(|line| *line != "  What was said")
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .collect();
    let [record, again, note] = said.as_slice() else {
        panic!("{story}");
    };
    assert!(
        record.contains("(event e-FIRST of default), customer_id:C1"),
        "{record}"
    );
    assert!(record.ends_with("  [in.jsonl:1]"), "{record}");
    assert_eq!(
        *again,
        "    the same again, which changes nothing  [more.jsonl:1]"
    );
    assert!(
        note.ends_with("reason.qualified billing/invoice  [more.jsonl:5]"),
        "{note}"
    );
    assert!(story.contains("the customer came back with SECOND before Mon 9 Mar 2026 00:00:00"));
}

#[test]
fn a_leg_is_told_as_the_contact_that_it_is_part_of() {
    let case = case();
    let story = told(&case, "--contact LEG");
    assert!(
        story.starts_with("Contact SECOND · phone · source default\n"),
        "{story}"
    );
    assert!(
        story.contains("[in.jsonl:2]") && story.contains("[in.jsonl:3]"),
        "{story}"
    );
    assert!(story.contains("2 legs"), "{story}");
    assert_eq!(told(&case, "--contact SECOND"), story);
    let story = told(&case, "--contact B");
    assert!(
        story.starts_with("Contact A · phone · source acd\n"),
        "{story}"
    );
    assert!(
        story.contains("[more.jsonl:2]") && story.contains("[more.jsonl:3]"),
        "{story}"
    );
}

#[test]
fn a_customer_is_told_by_value_or_by_type_and_value() {
    let case = case();
    let story = told(&case, "--customer C1");
    assert!(
        story.starts_with("Customer customer_id:C1: 2 contacts\n"),
        "{story}"
    );
    assert_eq!(told(&case, "--customer customer_id:C1"), story);
    let hashed = Case::new(&SMALL.replace("pseudonymise = false\n", ""));
    hashed.put("in.jsonl", lines(&[call("FIRST", "C1", 1, 10)]));
    hashed.put("more.jsonl", "");
    let story = told(&hashed, "--customer C1");
    assert!(
        story.ends_with("1 contacts\n") || story.contains(": 1 contact\n"),
        "{story}"
    );
    assert!(
        !story.contains("customer_id:C1"),
        "an identifier does not leave the door: {story}"
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    let case = case();
    let explain = "explain --config c.toml --input in.jsonl more.jsonl";
    case.run(&format!("{explain} --contact NOBODY")).refused(
        "ricochet: no accepted record names contact NOBODY; allowed: the id of a contact, a leg or \
         a mail. 0 records were rejected: `ricochet check --input` says why",
    );
    case.run(&format!("{explain} --customer NOBODY")).refused(
        "ricochet: no contact of customer NOBODY; allowed: type:value as in the tables, or the \
         value of a unique identifier (customer_id)",
    );
    let ghost = told(&case, "--contact GHOST");
    assert!(ghost.starts_with("Contact GHOST is none: what was said of it opens no contact.\n"));
    assert!(
        ghost.ends_with("reason.qualified billing  [more.jsonl:4]\n"),
        "{ghost}"
    );
}

#[test]
fn an_answer_by_mail_is_told_with_the_mail_that_it_answers() {
    let case = Case::new(SMALL);
    let mail = |id: &str, kind: &str, hour: u32| {
        json!({"channel": "email", "kind": kind, "event_id": format!("e-{id}"), "contact_id": id,
               "thread_id": "T", "occurred_at": format!("2026-03-02T{hour:02}:00:00Z"),
               "identifiers": [{"type": "email", "value": "c1@example.org"}]})
    };
    case.put(
        "in.jsonl",
        lines(&[mail("M1", "received", 9), mail("M2", "sent", 11)]),
    );
    case.put("more.jsonl", lines(&[mail("M3", "received", 15)]));
    for id in ["M1", "M3"] {
        let story = told(&case, &format!("--contact {id}"));
        assert!(
            story.starts_with(&format!("Contact {id} · email")),
            "{story}"
        );
        assert_eq!(story.matches("Contact ").count(), 1, "{story}");
    }
    let story = told(&case, "--contact M2");
    assert!(story.contains("Contact M1 · email"), "{story}");
    assert!(
        story.contains("email sent (event e-M2 of default)"),
        "{story}"
    );
}

#[test]
fn a_check_says_what_a_sample_holds_and_what_policies_would_have_told() {
    let case = case();
    let ran = case.run("check --config c.toml --input in.jsonl more.jsonl --against in.jsonl");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("\nThe configuration can be used.\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("\nThe sample holds 9 records.\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("Against 8 days of history"), "{}", ran.out);
}

#[test]
fn a_wrap_up_that_found_no_contact_says_so() {
    let case = Case::new(SMALL);
    let mail = |event: &str, kind: &str, hour: u32, thread: serde_json::Value| {
        let mail = json!({
            "channel": "email", "kind": kind, "event_id": event, "contact_id": "M1",
            "occurred_at": format!("2026-03-01T{hour:02}:00:00Z"), "thread_id": thread,
            "identifiers": [{"type": "customer_id", "value": "C1"}],
        });
        with(&mail, json!({}))
    };
    let records = [
        mail("e1", "received", 10, json!("T1")),
        mail("e2", "qualified", 11, json!("T1")),
        mail("e3", "qualified", 12, json!(null)),
    ];
    case.put("in.jsonl", lines(&records));
    let ran = case.run("explain --config c.toml --input in.jsonl --contact M1");
    let waits =
        " — not used: it waits for a contact that has not appeared under its own thread and id";
    let waiting: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains(waits))
        .collect();
    assert_eq!(waiting.len(), 1, "{}", ran.out);
    assert!(waiting[0].contains("event e3 of"), "{}", ran.out);
    case.replay("in.jsonl", "out", "");
    assert_eq!(case.summary("out")["incomplete"], 1);
}
