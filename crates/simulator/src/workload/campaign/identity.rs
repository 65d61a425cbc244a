//! Whose contact it is: second owners, late sightings, links that expire or are undone.

use serde_json::{Value, json};

use super::history::History;
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// A handle of a person, as type and value.
fn handle(history: &mut History, person: usize) -> (&'static str, String) {
    let handles = history.setup.handles.clone();
    let kind = history.dice.pick(&handles);
    (kind, handle_value(history, person, kind))
}

fn handle_value(history: &History, person: usize, kind: &str) -> String {
    let person = &history.people[person];
    match kind {
        "phone" => person.phone.clone(),
        "email" => person.email.clone(),
        "loyalty" => person.loyalty.clone(),
        _ => person.devices[0].clone(),
    }
}

fn life_ms(history: &History, kind: &str) -> i64 {
    if kind == "device" {
        history.setup.device_life_ms
    } else {
        history.setup.handle_life_ms
    }
}

/// A contact that states a unique id and a handle, and so sights the two together.
fn sighting(history: &mut History, person: usize, kind: &'static str, value: &str, at_ms: i64) {
    let place = history.live_place();
    let id = history.people[person].customer_id.clone();
    let mut list = vec![json!({"type": "customer_id", "value": id})];
    list.push(history.identifier(kind, value.to_owned()));
    history.simple(place, person, at_ms, MINUTE_MS, Value::Array(list));
}

/// A contact that knows only the handle.
fn by_handle(history: &mut History, person: usize, kind: &'static str, value: &str, at_ms: i64) {
    let place = history.live_place();
    let list = vec![history.identifier(kind, value.to_owned())];
    history.simple(place, person, at_ms, MINUTE_MS, Value::Array(list));
}

/// A line of two: the first owner, contacts by the handle alone, and a second owner who appears
/// within reach of them, exactly at its end, or just after.
pub(super) fn second_owner(history: &mut History, person: usize) {
    let (kind, value) = handle(history, person);
    let other = history.somebody();
    let start_ms = history.moment(person);
    sighting(history, person, kind, &value, start_ms);
    let asks_ms = start_ms + history.dice.pick(&[HOUR_MS, DAY_MS, 2 * DAY_MS]);
    by_handle(history, person, kind, &value, asks_ms);
    let reach_ms = history.setup.reach_ms;
    let after_ms = history
        .dice
        .pick(&[MINUTE_MS, reach_ms, reach_ms + 1, 2 * DAY_MS]);
    if history.is_inside(asks_ms + after_ms) {
        sighting(history, other, kind, &value, asks_ms + after_ms);
        if other != person {
            let beyond = after_ms > reach_ms;
            history.saw(if beyond {
                "second_owner_beyond_reach"
            } else {
                "second_owner_later"
            });
        }
    }
}

/// Somebody by a handle alone, and the unique id only later: within reach or just beyond.
pub(super) fn late_sighting(history: &mut History, person: usize) {
    let (kind, value) = handle(history, person);
    let start_ms = history.moment(person);
    by_handle(history, person, kind, &value, start_ms);
    let reach_ms = history.setup.reach_ms;
    let after_ms = history
        .dice
        .pick(&[SECOND_MS, DAY_MS, reach_ms, reach_ms + 1]);
    if history.is_inside(start_ms + after_ms) {
        sighting(history, person, kind, &value, start_ms + after_ms);
        let beyond = after_ms > reach_ms;
        history.saw(if beyond {
            "sighting_beyond_reach"
        } else {
            "sighting_late"
        });
    }
}

/// A link at the end of its life, and just after.
pub(super) fn expiry(history: &mut History, person: usize) {
    let (kind, value) = handle(history, person);
    let start_ms = history.moment(person);
    let life_ms = life_ms(history, kind);
    sighting(history, person, kind, &value, start_ms);
    for after_ms in [life_ms, life_ms + 1] {
        if history.is_inside(start_ms + after_ms) {
            by_handle(history, person, kind, &value, start_ms + after_ms);
            history.saw(if after_ms == life_ms {
                "link_at_its_end"
            } else {
                "link_expired"
            });
        }
    }
}

/// Signals that link and undo, with contacts by the handle around them.
pub(super) fn links(history: &mut History, person: usize) {
    let (kind, value) = handle(history, person);
    let start_ms = history.moment(person);
    let other = history.somebody();
    let reach_ms = history.setup.reach_ms;
    let steps = [0, 1, HOUR_MS, DAY_MS, reach_ms, reach_ms + 1];
    let mut at_ms = start_ms;
    for _ in 0..history.dice.between(2, 5) {
        let whose = if history.dice.percent(75) {
            person
        } else {
            other
        };
        match history.dice.below(10) {
            0..=2 => link(history, "linked", whose, kind, &value, at_ms),
            3..=5 => link(history, "unlinked", whose, kind, &value, at_ms),
            6 => sighting(history, whose, kind, &value, at_ms),
            _ => by_handle(history, whose, kind, &value, at_ms),
        }
        at_ms += history.dice.pick(&steps);
        if !history.is_inside(at_ms) {
            break;
        }
    }
}

fn link(
    history: &mut History,
    signal: &'static str,
    person: usize,
    kind: &'static str,
    value: &str,
    at_ms: i64,
) {
    let id = history.people[person].customer_id.clone();
    let mut list = vec![json!({"type": "customer_id", "value": id})];
    list.push(history.identifier(kind, value.to_owned()));
    // A signal may name several handles, each of which is linked.
    if history.dice.percent(30) && kind != "email" {
        let email = history.people[person].email.clone();
        list.push(history.identifier("email", email));
    }
    let fields = json!({
        "signal": signal,
        "event_id": history.id(),
        "occurred_at": at_ms,
        "identifiers": list,
    });
    history.saw(signal);
    if let Value::Object(mut fields) = fields {
        if history.dice.percent(40) {
            fields.insert("source".into(), history.dice.pick(&["crm", "site"]).into());
        }
        // A signal's id is its own within a channel only: this is another signal.
        if history.dice.percent(8) {
            let mut other = fields.clone();
            let whose = history.somebody();
            let id = history.people[whose].customer_id.clone();
            let value = history.identifier(kind, value.to_owned());
            let list = json!([{"type": "customer_id", "value": id}, value]);
            other.insert("identifiers".into(), list);
            other.insert("channel".into(), "chat".into());
            history.saw("link_id_in_two_channels");
            history.send(other);
        }
        history.send(fields);
    }
}

/// One device, several people who log in on it, and visits by nobody in between.
pub(super) fn shared_device(history: &mut History, person: usize) {
    let device = history.people[person].devices[0].clone();
    let mut at_ms = history.moment(person);
    let place = history.place("web");
    for _ in 0..history.dice.between(2, 4) {
        let mut fields = history.event(place, "login", at_ms);
        let mut list = vec![json!({"type": "device", "value": device})];
        let whose = history.somebody();
        if history.dice.percent(60) {
            let id = history.people[whose].customer_id.clone();
            list.push(json!({"type": "customer_id", "value": id, "verified": true}));
        }
        fields.insert("identifiers".into(), Value::Array(list));
        history.send(fields);
        at_ms += history.dice.pick(&[MINUTE_MS, HOUR_MS, DAY_MS]);
    }
    history.saw("device_of_several");
    if history.is_inside(at_ms) {
        let identifiers = history.identifiers(person, Known::Device);
        let place = history.live_place();
        history.simple(place, person, at_ms, MINUTE_MS, identifiers);
    }
}
