//! What sources say again: corrections, contradictions, nulls, the same event of another contact.

use serde_json::{Value, json};

use super::decorate::REASONS;
use super::history::{Fields, History, Sent};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Fields that a source may take back.
const NULLABLE: [&str; 15] = [
    "outcome",
    "reason",
    "queue",
    "agent",
    "team",
    "site",
    "tier",
    "party",
    "wait_ms",
    "handle_ms",
    "ended_at",
    "started_at",
    "disposition",
    "due_at",
    "extra_cost",
];

/// How a second version relates to the first in time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Said later, arrives later.
    Later,
    /// Contradicts at the same update time.
    Equal,
    /// Said earlier, arrives later.
    Earlier,
}

/// One correction of something that was sent.
pub(super) fn correct(history: &mut History) {
    if history.sent.is_empty() {
        return;
    }
    let sent = history.sent[history.dice.index(history.sent.len())].clone();
    let order = history
        .dice
        .weighted(&[(6, Order::Later), (3, Order::Equal), (2, Order::Earlier)]);
    let said_ms = said_at_ms(&sent.fields);
    let after_ms = history.dice.pick(&[1, HOUR_MS, DAY_MS, 3 * DAY_MS]);
    let mut fields = sent.fields.clone();
    let updated_at_ms = match order {
        Order::Later => said_ms + after_ms,
        Order::Equal => said_ms,
        Order::Earlier => said_ms - HOUR_MS,
    };
    fields.insert("updated_at".into(), updated_at_ms.into());
    change(history, &mut fields);
    history.saw(match order {
        Order::Later => "correction",
        Order::Equal => "conflict_equal_update",
        Order::Earlier => "correction_older_arrives_later",
    });
    let arrives_at_ms = sent.arrives_at_ms.max(updated_at_ms) + MINUTE_MS;
    history.send_at(fields, arrives_at_ms);
}

/// The update time that an event states or has by default.
fn said_at_ms(fields: &Fields) -> i64 {
    let time = |name| fields.get(name).and_then(Value::as_i64);
    time("updated_at")
        .or_else(|| time("occurred_at"))
        .unwrap_or(0)
}

fn change(history: &mut History, fields: &mut Fields) {
    if fields.contains_key("signal") {
        return change_signal(history, fields);
    }
    match history.dice.below(100) {
        0..=24 => move_to_another_customer(history, fields),
        25..=44 => {
            for _ in 0..history.dice.between(1, 3) {
                let name = history.dice.pick(&NULLABLE);
                fields.insert(name.into(), Value::Null);
            }
            history.saw("explicit_null");
        }
        45..=54 => history.add_reason(fields),
        55..=62 => {
            history.add_outcome(fields);
            history.add_desk(fields);
        }
        63..=70 => change_time(history, fields),
        71..=76 => change_kind(history, fields),
        77..=82 => {
            for name in [
                "reason",
                "reason_code",
                "agent",
                "outcome",
                "ended_at",
                "identifiers",
            ] {
                if history.dice.percent(50) {
                    fields.remove(name);
                }
            }
            history.saw("correction_leaves_out");
        }
        83..=87 => {
            let kept = fields.remove("reason_code").is_some();
            let reason = if kept {
                Value::Null
            } else {
                history.dice.pick(&REASONS).into()
            };
            fields.insert("reason".into(), reason);
            history.saw("reason_corrected");
        }
        88..=91 if fields.contains_key("contact_id") => {
            // The same event id under another key is another event.
            fields.insert("contact_id".into(), history.id().into());
            fields.remove("root_contact_id");
            fields.remove("thread_id");
            history.saw("event_id_under_another_key");
        }
        _ => {
            let attributes = json!({"app_version": "6.0", "campaign": null});
            fields.insert("attributes".into(), attributes);
            history.saw("attribute_null");
        }
    }
}

fn move_to_another_customer(history: &mut History, fields: &mut Fields) {
    let other = history.somebody();
    let is_web = fields
        .get("channel")
        .is_some_and(|channel| channel == "web");
    // The device is the key of a visit: it stays, whoever sat before it.
    let known = history
        .dice
        .pick(&[Known::Customer, Known::CustomerAndPhone, Known::Phone]);
    let mut identifiers = history.identifiers(other, known);
    if let (true, Some(before)) = (is_web, fields.get("identifiers").and_then(Value::as_array)) {
        let devices = before.iter().filter(|one| one["type"] == "device").cloned();
        if let Some(list) = identifiers.as_array_mut() {
            list.extend(devices);
        }
    }
    fields.insert("identifiers".into(), identifiers);
    history.saw("correction_moves_customer");
}

fn change_time(history: &mut History, fields: &mut Fields) {
    let occurred_at_ms = fields
        .get("occurred_at")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let by_ms = history.dice.pick(&[-DAY_MS, -HOUR_MS, -1, 1, HOUR_MS]);
    let name = history
        .dice
        .pick(&["started_at", "ended_at", "occurred_at"]);
    // An event that moved by a day must still be said at the time at which it is now said.
    fields.insert(name.into(), (occurred_at_ms + by_ms).into());
    history.saw("correction_changes_time");
}

fn change_kind(history: &mut History, fields: &mut Fields) {
    let kind = history
        .dice
        .pick(&["ended", "answered", "qualified", "contact", "dropped"]);
    fields.insert("kind".into(), kind.into());
    history.saw("correction_changes_kind");
}

fn change_signal(history: &mut History, fields: &mut Fields) {
    if fields.contains_key("score") {
        fields.insert("score".into(), history.dice.between(0, 10).into());
    } else if fields.contains_key("amount") {
        fields.insert("amount".into(), history.dice.pick(&[1.0, 7.25]).into());
    } else {
        fields.insert("purpose".into(), "second thoughts".into());
    }
    history.saw("signal_corrected");
}

/// The same content again, much later.
pub(super) fn send_again(history: &mut History) {
    if history.sent.is_empty() {
        return;
    }
    let Sent {
        fields,
        arrives_at_ms,
    } = history.sent[history.dice.index(history.sent.len())].clone();
    let later_ms = history.dice.pick(&[0, HOUR_MS, 5 * DAY_MS]);
    history.duplicate(&fields, arrives_at_ms + later_ms);
}
