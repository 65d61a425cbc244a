//! Journeys that break, or just do not: what the built-in rules look for, at the very bounds.

use serde_json::{Value, json};

use super::history::{Fields, History, Past};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use super::signals::signal;

/// One journey of a person.
pub(super) fn journey(history: &mut History, person: usize) {
    let at_ms = history.moment(person);
    match history.dice.below(12) {
        0 | 1 => payment(history, person, at_ms),
        2 | 3 => promise(history, person, at_ms),
        4 => appointment(history, person, at_ms),
        5 => struggle(history, person, at_ms),
        6 => sent_to_web(history, person, at_ms),
        7 => many_channels(history, person, at_ms),
        8 => provoked(history, person, at_ms),
        9 => left_chat(history, person, at_ms),
        10 => dropped_video(history, person, at_ms),
        _ => passed_on(history, person, at_ms),
    }
}

/// A whole contact with these fields.
fn whole(
    history: &mut History,
    channel: &'static str,
    person: usize,
    (start_ms, length_ms): (i64, i64),
    more: &Value,
) {
    let place = history.place(channel);
    let contact_id = history.id();
    let mut fields = history.event(place, "contact", start_ms);
    let known = history.some_known();
    let identifiers = history.identifiers(person, known);
    fields.insert("contact_id".into(), contact_id.clone().into());
    fields.insert("identifiers".into(), identifiers);
    fields.insert("started_at".into(), start_ms.into());
    fields.insert("ended_at".into(), (start_ms + length_ms).into());
    for (name, value) in more.as_object().into_iter().flatten() {
        fields.insert(name.clone(), value.clone());
    }
    history.send(fields);
    history.remember(Past {
        person,
        place,
        contact_id,
        root_contact_id: None,
        start_ms,
        end_ms: start_ms + length_ms,
    });
}

/// Steps of one visit, each with its status; only one of them knows the customer.
fn visit(history: &mut History, person: usize, at_ms: i64, steps: &[(&str, &str)]) -> i64 {
    let place = history.place("web");
    let contact_id = history.id();
    let mut last_ms = at_ms;
    for (number, (step, status)) in steps.iter().enumerate() {
        let mut fields = history.event(place, "step", last_ms);
        fields.insert("contact_id".into(), contact_id.clone().into());
        fields.insert("step".into(), (*step).into());
        fields.insert("step_status".into(), (*status).into());
        fields.insert(
            "page".into(),
            history.dice.pick(&["Pay", "Help", "Form"]).into(),
        );
        let known = if number == 0 {
            Known::CustomerAndDevice
        } else {
            Known::Device
        };
        let identifiers = history.identifiers(person, known);
        fields.insert("identifiers".into(), identifiers);
        fields.insert("attributes".into(), json!({"app_version": "5.2"}));
        history.send(fields);
        if number + 1 < steps.len() {
            last_ms += history.dice.pick(&[0, SECOND_MS, MINUTE_MS]);
        }
    }
    last_ms
}

/// A signal about nobody's contact.
fn tell(history: &mut History, person: usize, name: &str, at_ms: i64, more: Fields) {
    let mut fields = signal(history, name, at_ms);
    let known = history.some_known();
    let identifiers = history.identifiers(person, known);
    fields.insert("identifiers".into(), identifiers);
    fields.extend(more);
    history.send(fields);
}

fn payment(history: &mut History, person: usize, at_ms: i64) {
    let paid_ms = visit(history, person, at_ms, &[("payment", "completed")]);
    history.saw("journey_payment");
    let after_ms = [
        5 * MINUTE_MS,
        10 * MINUTE_MS,
        10 * MINUTE_MS + 1,
        -MINUTE_MS,
    ];
    if history.dice.percent(60) {
        let after_ms = history.dice.pick(&after_ms);
        tell(
            history,
            person,
            "delivered",
            paid_ms + after_ms,
            Fields::new(),
        );
    }
    let gap_ms = history
        .dice
        .pick(&[HOUR_MS, 48 * HOUR_MS, 48 * HOUR_MS + 1]);
    let outcome = json!({"outcome": "handled"});
    whole(
        history,
        "phone",
        person,
        (paid_ms + gap_ms, MINUTE_MS),
        &outcome,
    );
}

fn promise(history: &mut History, person: usize, at_ms: i64) {
    let due_ms = at_ms + history.dice.pick(&[HOUR_MS, DAY_MS, 3 * DAY_MS]);
    history.saw("journey_promise");
    if history.dice.percent(50) {
        let mut more = Fields::new();
        more.insert("due_at".into(), due_ms.into());
        tell(history, person, "promised", at_ms, more);
    } else {
        let more = json!({"disposition": "promised_callback", "due_at": due_ms});
        whole(history, "phone", person, (at_ms, MINUTE_MS), &more);
    }
    let around = [-HOUR_MS, 0, 1, HOUR_MS];
    if history.dice.percent(60) {
        let kept_ms = due_ms + history.dice.pick(&around);
        let more = json!({"direction": "outbound", "initiation": "brand"});
        whole(history, "phone", person, (kept_ms, MINUTE_MS), &more);
    }
    if history.dice.percent(40) {
        let called_ms = due_ms + history.dice.pick(&around);
        whole(history, "chat", person, (called_ms, MINUTE_MS), &json!({}));
    }
}

fn appointment(history: &mut History, person: usize, at_ms: i64) {
    let place = history.place("video");
    let contact_id = history.id();
    let due_ms = at_ms + history.dice.pick(&[HOUR_MS, DAY_MS]);
    let kind = history.dice.pick(&["scheduled", "invited"]);
    let mut fields = history.event(place, kind, at_ms);
    fields.insert("contact_id".into(), contact_id.clone().into());
    fields.insert("due_at".into(), due_ms.into());
    let known = history.some_known();
    let identifiers = history.identifiers(person, known);
    fields.insert("identifiers".into(), identifiers.clone());
    fields.insert("team".into(), "north".into());
    history.send(fields);
    history.saw("journey_appointment");
    if history.dice.percent(50) {
        let late_ms = [0, 15 * MINUTE_MS, 15 * MINUTE_MS + 1];
        let joined_ms = due_ms + history.dice.pick(&late_ms);
        let mut fields = history.event(place, "joined", joined_ms);
        fields.insert("contact_id".into(), contact_id.into());
        fields.insert("identifiers".into(), identifiers);
        history.send(fields);
    }
}

fn struggle(history: &mut History, person: usize, at_ms: i64) {
    let ways: [&[(&str, &str)]; 5] = [
        &[("form", "failed"), ("payment", "failed")],
        &[
            ("help", "completed"),
            ("help", "completed"),
            ("help", "completed"),
        ],
        &[("help", "completed"), ("help", "completed")],
        &[("form", "started"), ("account", "completed")],
        &[("form", "started"), ("form", "completed")],
    ];
    let steps = history.dice.pick(&ways);
    let last_ms = visit(history, person, at_ms, steps);
    history.saw("journey_struggle");
    let gap_ms = history.dice.pick(&[MINUTE_MS, DAY_MS, DAY_MS + 1]);
    whole(
        history,
        "chat",
        person,
        (last_ms + gap_ms, MINUTE_MS),
        &json!({}),
    );
}

fn sent_to_web(history: &mut History, person: usize, at_ms: i64) {
    let more = json!({"disposition": "sent_to_web", "outcome": "handled"});
    whole(history, "phone", person, (at_ms, MINUTE_MS), &more);
    history.saw("journey_sent_to_web");
    if history.dice.percent(70) {
        let gaps = [HOUR_MS, 48 * HOUR_MS, 48 * HOUR_MS + 1];
        let gap_ms = MINUTE_MS + history.dice.pick(&gaps);
        let ways: [&[(&str, &str)]; 3] = [
            &[("payment", "completed")],
            &[("help", "completed")],
            &[("payment", "started"), ("account", "completed")],
        ];
        let steps = history.dice.pick(&ways);
        visit(history, person, at_ms + gap_ms, steps);
    }
}

fn many_channels(history: &mut History, person: usize, at_ms: i64) {
    let reason = history.dice.pick(&["billing", "move/date"]);
    let mut start_ms = at_ms;
    history.saw("journey_many_channels");
    for channel in ["phone", "chat", "email"] {
        let mut more = json!({"reason": reason});
        if history.dice.percent(40) {
            more["disposition"] = "handover".into();
        }
        if history.dice.percent(10) {
            more["initiation"] = "transfer".into();
        }
        whole(history, channel, person, (start_ms, MINUTE_MS), &more);
        start_ms += history.dice.pick(&[HOUR_MS, DAY_MS, 4 * DAY_MS]);
    }
}

fn provoked(history: &mut History, person: usize, at_ms: i64) {
    history.saw("journey_provoked");
    if history.dice.percent(50) {
        let mut more = Fields::new();
        let purpose = history.dice.pick(&["campaign", "reminder", "payment"]);
        more.insert("purpose".into(), purpose.into());
        more.insert("attributes".into(), json!({"campaign": "spring"}));
        tell(history, person, "notified", at_ms, more);
    } else {
        let initiation = history.dice.pick(&["brand", "scheduled"]);
        let more = json!({"direction": "outbound", "initiation": initiation});
        whole(history, "phone", person, (at_ms, MINUTE_MS), &more);
    }
    let gap_ms = history
        .dice
        .pick(&[HOUR_MS, 48 * HOUR_MS, 48 * HOUR_MS + MINUTE_MS + 1]);
    whole(history, "email", person, (at_ms + gap_ms, 0), &json!({}));
}

fn left_chat(history: &mut History, person: usize, at_ms: i64) {
    let wait_ms = history.dice.pick(&[15_000, 15_001, 60_000]);
    let more = json!({"outcome": "abandoned", "wait_ms": wait_ms});
    whole(history, "chat", person, (at_ms, MINUTE_MS), &more);
    history.saw("journey_left_chat");
    if history.dice.percent(50) {
        let gap_ms = MINUTE_MS
            + history
                .dice
                .pick(&[HOUR_MS, HOUR_MS + 1, DAY_MS, DAY_MS + 1]);
        whole(
            history,
            "phone",
            person,
            (at_ms + gap_ms, MINUTE_MS),
            &json!({}),
        );
    }
}

fn dropped_video(history: &mut History, person: usize, at_ms: i64) {
    let failed = json!({"outcome": "failed"});
    whole(history, "video", person, (at_ms, MINUTE_MS), &failed);
    history.saw("journey_dropped_video");
    let gap_ms = MINUTE_MS + history.dice.pick(&[HOUR_MS, 2 * HOUR_MS, 2 * HOUR_MS + 1]);
    whole(
        history,
        "phone",
        person,
        (at_ms + gap_ms, MINUTE_MS),
        &json!({}),
    );
}

/// A call of two or three legs.
fn passed_on(history: &mut History, person: usize, at_ms: i64) {
    let place = history.place("phone");
    let root = history.id();
    history.saw("journey_passed_on");
    for leg in 0..history.dice.between(2, 3) {
        let start_ms = at_ms + leg * MINUTE_MS;
        let mut fields = history.event(place, "contact", start_ms);
        let contact_id = if leg == 0 { root.clone() } else { history.id() };
        fields.insert("contact_id".into(), contact_id.into());
        fields.insert("root_contact_id".into(), root.clone().into());
        fields.insert("ended_at".into(), (start_ms + MINUTE_MS).into());
        let known = history.some_known();
        let identifiers = history.identifiers(person, known);
        fields.insert("identifiers".into(), identifiers);
        history.send(fields);
    }
}
