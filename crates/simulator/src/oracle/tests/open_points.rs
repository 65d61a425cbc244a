//! Points of the page that two independent readings had found open.

use super::{columns, contact, event, run, whole};
use serde_json::{Value, json};

const END: &str = "2026-03-30T00:00:00Z";

fn mail(kind: &str, id: &str, at: &str, more: &Value) -> Value {
    let mut record = event("email", kind, id, at, more.clone());
    record["thread_id"] = "T".into();
    record
}

#[test]
fn a_second_mail_that_the_brand_sends_into_silence_is_nothing() {
    let none = json!({});
    let records = [
        mail("sent", "A", "2026-03-02T09:00:00Z", &none),
        mail("sent", "B", "2026-03-02T10:00:00Z", &none),
        mail("received", "C", "2026-03-02T10:30:00Z", &none),
    ];
    let settled = run("", END, &records);
    assert_eq!(settled.contacts.len(), 2);
    assert_eq!(contact(&settled, "A")["direction"], "outbound");
    // B answered nobody: C is no thanks for it.
    assert_eq!(contact(&settled, "C")["outcome"], "unanswered");
}

#[test]
fn an_automatic_sender_is_known_even_where_mail_addresses_mean_nobody() {
    let config = "[identity]\nhandles = ['phone']\n[tables]\nautomatic_senders = ['noreply@*']\n";
    let robot = json!({"identifiers": [
        {"type": "email", "value": "anonymous"}, {"type": "email", "value": " NoReply@Example.org"}
    ]});
    let records = [mail("received", "A", "2026-03-02T09:00:00Z", &robot)];
    assert!(run(config, END, &records).contacts.is_empty());
    // The sender of an answer is the brand, automatic or not.
    let records = [
        mail("received", "A", "2026-03-02T09:00:00Z", &json!({})),
        mail("sent", "B", "2026-03-02T10:00:00Z", &robot),
    ];
    assert_eq!(
        contact(&run(config, END, &records), "A")["outcome"],
        "handled"
    );
}

#[test]
fn identifiers_of_a_type_that_is_not_in_use_state_nothing() {
    let config = "[identity]\nhandles = ['phone']\n";
    let call = |value: &str| {
        let more = json!({"identifiers": [{"type": "loyalty", "value": value}]});
        event("phone", "contact", "A", "2026-03-02T09:00:00Z", more)
    };
    let settled = run(config, END, &[call("L-1"), call("L-2")]);
    assert_eq!(contact(&settled, "A")["customer"], Value::Null);
    assert_eq!(settled.summary["new"], 1);
    assert_eq!(settled.summary["duplicates"], 1);
}

#[test]
fn of_two_unique_ids_only_the_one_that_decides_is_carried() {
    let config = "[identity]\nunique = ['contract', 'customer_id']\ncontacts_per_day_max = 1\n";
    let both = |id: &str, contract: &str, minute: u32| {
        let at = format!("2026-03-02T09:0{minute}:00Z");
        let mut call = whole("phone", id, "C1", &at, 1, "handled");
        let contract = json!({"type": "contract", "value": contract});
        call["identifiers"].as_array_mut().unwrap().push(contract);
        call
    };
    let alone = whole("phone", "C", "C1", "2026-03-02T09:30:00Z", 1, "handled");
    let settled = run(
        config,
        END,
        &[both("A", "V1", 0), both("B", "V2", 1), alone],
    );
    assert_eq!(contact(&settled, "A")["customer"], "contract:V1");
    assert_eq!(contact(&settled, "C")["customer"], "customer_id:C1");
}

#[test]
fn a_closing_keeps_the_end_that_an_earlier_version_stated() {
    let closed = |updated_at: &str, more: Value| {
        let mut record = mail("closed", "X", "2026-03-03T09:00:00Z", &more);
        record["updated_at"] = updated_at.into();
        record
    };
    let records = [
        mail("received", "A", "2026-03-02T09:00:00Z", &json!({})),
        closed(
            "2026-03-03T09:00:00Z",
            json!({"ended_at": "2026-03-03T08:00:00Z"}),
        ),
        closed("2026-03-04T09:00:00Z", json!({"team": "north"})),
    ];
    let settled = run("", END, &records);
    let said = columns(contact(&settled, "A"), "end_kind ended_at");
    assert_eq!(said, r#""stated" "2026-03-03T08:00:00.000Z""#);
}

#[test]
fn incomplete_counts_events_and_no_booking() {
    let wrapped = |team: &str, minute: u32| {
        let mut record = event(
            "phone",
            "qualified",
            "A",
            "2026-03-02T09:00:00Z",
            json!({"team": team}),
        );
        record["updated_at"] = format!("2026-03-02T09:0{minute}:00Z").into();
        record
    };
    let none = || json!({});
    let records = [
        wrapped("north", 1),
        wrapped("south", 2),
        event("video", "scheduled", "B", "2026-03-02T09:00:00Z", none()),
        event("video", "qualified", "B", "2026-03-02T09:00:00Z", none()),
    ];
    let settled = run("", END, &records);
    assert_eq!(settled.summary["incomplete"], 1);
}

#[test]
fn a_policy_for_phone_means_the_channel_even_where_a_scope_has_its_name() {
    let config = "[scopes]\nphone = ['phone', 'chat']\n[[policies]]\nname = 'p'\ncount_min = 2\n";
    let records = [
        whole("chat", "A", "C1", "2026-03-02T09:00:00Z", 1, "handled"),
        whole("chat", "B", "C1", "2026-03-02T10:00:00Z", 1, "handled"),
    ];
    let raised = |channels: &str| {
        let config = format!("{config}channels = {channels}\n");
        run(&config, END, &records).alerts.len()
    };
    assert_eq!(raised("['phone']"), 0);
    assert_eq!(raised("['assisted']"), 1);
}
