//! Records that cannot be used. Each must be counted, and none may disturb its neighbours.

use serde_json::{Value, json};

use super::history::History;

/// One absurd record, near a usable one.
pub(super) fn absurd(history: &mut History, person: usize) {
    let at_ms = history.moment(person);
    let (feature, json) = text(history, person, at_ms);
    history.saw(feature);
    history.saw("absurd");
    history.write_text(json, at_ms);
}

fn text(history: &mut History, person: usize, at_ms: i64) -> (&'static str, String) {
    let id = history.id();
    let customer_id = history.people[person].customer_id.clone();
    let mut fields = json!({
        "channel": "phone",
        "event_id": id,
        "kind": "offered",
        "occurred_at": at_ms,
        "contact_id": id,
        "identifiers": [{"type": "customer_id", "value": customer_id}],
    });
    let feature = match history.dice.below(10) {
        0 => return ("bad_json", bad_json(history, &fields)),
        1 => {
            fields["channel"] = history.dice.pick(&["fax", "Phone", "sms"]).into();
            "unknown_channel"
        }
        2 => {
            let name = history
                .dice
                .pick(&["event_id", "kind", "occurred_at", "channel"]);
            remove(&mut fields, name);
            "missing_required_field"
        }
        3 => {
            remove(&mut fields, "contact_id");
            "missing_contact_id"
        }
        4 => {
            // An unset time of some platforms is the first millisecond of 1970.
            let name = history
                .dice
                .pick(&["occurred_at", "started_at", "ended_at"]);
            let before = ["1989-12-31T23:59:59.999Z", "1970-01-01T00:00:00.001Z"];
            fields[name] = history.dice.pick(&before).into();
            "before_1990"
        }
        5 => {
            fields["occurred_at"] = "2150-01-01T00:00:00Z".into();
            "clock_in_the_future"
        }
        6 => {
            let (name, value) = wrong_type(history);
            fields[name] = value;
            "wrong_type"
        }
        7 => {
            fields["tenant"] = "another".into();
            "other_tenant"
        }
        8 => {
            fields["channel"] = "web".into();
            fields["kind"] = "page_view".into();
            remove(&mut fields, "contact_id");
            "web_without_device_and_id"
        }
        _ => {
            fields["signal"] = "csat".into();
            remove(&mut fields, "channel");
            remove(&mut fields, "kind");
            "signal_contact_without_channel"
        }
    };
    (feature, fields.to_string())
}

fn remove(fields: &mut Value, name: &str) {
    if let Some(fields) = fields.as_object_mut() {
        fields.remove(name);
    }
}

/// A text that is no JSON object.
fn bad_json(history: &mut History, fields: &Value) -> String {
    let whole = fields.to_string();
    match history.dice.below(5) {
        0 => whole[..whole.len() - 2].to_owned(),
        1 => "not json at all".to_owned(),
        2 => "[1, 2, 3]".to_owned(),
        3 => format!("{whole} trailing"),
        _ => "null".to_owned(),
    }
}

/// A field whose value has a type that it never has.
fn wrong_type(history: &mut History) -> (&'static str, Value) {
    match history.dice.below(7) {
        0 => ("occurred_at", "yesterday".into()),
        1 => ("occurred_at", json!({"at": 5})),
        2 => ("contact_id", json!({"id": 1})),
        3 => ("identifiers", "C1".into()),
        4 => ("wait_ms", "long".into()),
        5 => ("kind", json!(["offered"])),
        _ => ("event_id", json!([7])),
    }
}
