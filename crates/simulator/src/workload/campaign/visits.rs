//! Web visits: pages of a device, with and without the tool's own id, and logins that come late.

use serde_json::{Value, json};

use super::history::{Fields, History, Past, Place};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Who browses, on which device.
struct Visitor {
    place: Place,
    person: usize,
    device: String,
    /// The id of the tool's session, if the tool gives one.
    contact_id: Option<String>,
}

/// One visit, at a moment of its own.
pub(super) fn visit(history: &mut History, person: usize) {
    let start_ms = history.moment(person);
    visit_at(history, person, start_ms);
}

/// A visit inside a phone, chat or video contact of the same customer, or just at its ends.
pub(super) fn visit_during_call(history: &mut History, person: usize) {
    let calls: Vec<usize> = history
        .past_of(person)
        .into_iter()
        .filter(|index| !matches!(history.past[*index].place.channel, "email" | "web"))
        .collect();
    if calls.is_empty() {
        return;
    }
    let index = history.dice.pick(&calls);
    let call = history.past[index].clone();
    let (first, last) = (call.start_ms, call.end_ms);
    let start_ms = history
        .dice
        .pick(&[first, last, last + 1, first - 1, (first + last) / 2]);
    if first <= start_ms && start_ms <= last {
        history.saw("assistance_visit");
    }
    visit_at(history, person, start_ms);
}

/// A visit that shows a page, and then a contact without a reason of its own.
pub(super) fn visit_then_contact(history: &mut History, person: usize) {
    let start_ms = history.moment(person);
    let end_ms = visit_at(history, person, start_ms);
    let within_ms = history.setup.page_reason_within_ms;
    let gap_ms = history.dice.pick(&[MINUTE_MS, within_ms, within_ms + 1, 0]);
    let channel = history.dice.pick(&["phone", "chat", "video"]);
    let place = history.place(channel);
    let identifiers = history.identifiers(person, Known::Customer);
    history.simple(place, person, end_ms + gap_ms, 5 * MINUTE_MS, identifiers);
    history.saw(if gap_ms <= within_ms {
        "page_reason_lent"
    } else {
        "page_reason_too_old"
    });
}

/// Writes the pages of a visit and says when the last one was.
pub(super) fn visit_at(history: &mut History, person: usize, start_ms: i64) -> i64 {
    let place = history.place("web");
    let device_index = if history.dice.percent(75) { 0 } else { 1 };
    let device = history.people[person].devices[device_index].clone();
    let contact_id = if history.dice.percent(40) {
        Some(history.id())
    } else {
        None
    };
    history.saw(if contact_id.is_some() {
        "visit_with_tool_id"
    } else {
        "visit_without_tool_id"
    });
    let mut visitor = Visitor {
        place,
        person,
        device,
        contact_id,
    };
    if history.dice.percent(10) {
        return whole_visit(history, &mut visitor, start_ms);
    }
    let pages = history.dice.weighted(&[(2, 1), (3, 2), (3, 3), (1, 6)]);
    let inactivity_ms = history.setup.inactivity_ms;
    let mut at_ms = start_ms;
    let mut last_ms = start_ms;
    let login_at = if history.dice.percent(55) {
        history.dice.index(pages)
    } else {
        pages
    };
    for number in 0..pages {
        let fields = page(history, &visitor, at_ms, number == login_at);
        history.send(fields);
        last_ms = at_ms;
        let gaps = [
            0,
            SECOND_MS,
            MINUTE_MS,
            5 * MINUTE_MS,
            inactivity_ms,
            inactivity_ms + 1,
        ];
        let gap_ms = history.dice.pick(&gaps);
        if number + 1 < pages && gap_ms >= inactivity_ms {
            history.saw(if gap_ms > inactivity_ms {
                "visit_cut"
            } else {
                "visit_not_yet_cut"
            });
        }
        at_ms += gap_ms;
    }
    late_pages(history, &visitor, start_ms, last_ms);
    let contact_id = visitor.contact_id.clone().unwrap_or_default();
    let root_contact_id = None;
    history.remember(Past {
        person,
        place,
        contact_id,
        root_contact_id,
        start_ms,
        end_ms: last_ms,
    });
    last_ms
}

/// One page, step or login. Only a login knows the customer, but for a few tools.
fn page(history: &mut History, visitor: &Visitor, at_ms: i64, is_login: bool) -> Fields {
    let kind = match (is_login, history.dice.below(10)) {
        (true, _) => "login",
        (false, 0..=6) => "page_view",
        (false, 7 | 8) => "step",
        (false, _) => "scrolled",
    };
    let mut fields = history.event(visitor.place, kind, at_ms);
    if let Some(contact_id) = &visitor.contact_id {
        fields.insert("contact_id".into(), contact_id.clone().into());
    }
    match history.dice.below(10) {
        0..=4 => {
            let path = history.dice.pick(&[
                "help/confirmation?token=abc",
                "help/faq",
                "pay/failed",
                "pay/start",
                "account",
                "offers",
            ]);
            fields.insert("url".into(), format!("https://shop.example/{path}").into());
            history.saw("page_by_url");
        }
        5 => {
            let page = history.dice.pick(&["contact_form", "Home"]);
            fields.insert("page".into(), page.into());
        }
        6..=8 => {
            let step = history
                .dice
                .pick(&["help", "payment", "account", "contact", "browse"]);
            fields.insert("step".into(), step.into());
            if history.dice.percent(60) {
                let status = history.dice.pick(&["started", "failed", "completed"]);
                fields.insert("step_status".into(), status.into());
            }
            if history.dice.percent(25) {
                history.add_reason(&mut fields);
            }
            history.saw("step_stated");
        }
        _ => history.saw("page_without_step"),
    }
    let identifiers = web_identifiers(history, visitor, is_login);
    fields.insert("identifiers".into(), identifiers);
    history.add_details(&mut fields);
    fields
}

fn web_identifiers(history: &mut History, visitor: &Visitor, is_login: bool) -> Value {
    let mut list = Vec::new();
    if history.dice.percent(3) {
        list.push(json!({"type": "device", "value": "unknown"}));
        history.saw("device_blocked_first");
    }
    if visitor.contact_id.is_none() || history.dice.percent(90) {
        list.push(json!({"type": "device", "value": visitor.device}));
    } else {
        history.saw("visit_without_device");
    }
    if is_login {
        let person = history.people[visitor.person].clone();
        list.push(json!({"type": "customer_id", "value": person.customer_id, "verified": true}));
        if history.dice.percent(20) {
            list.push(history.identifier("email", person.email));
        }
        history.saw("login");
    }
    Value::Array(list)
}

/// Pages that arrive hours after the visit: before its first page, between two visits, or a login
/// after its end that says whose visit it was.
fn late_pages(history: &mut History, visitor: &Visitor, start_ms: i64, last_ms: i64) {
    let inactivity_ms = history.setup.inactivity_ms;
    if history.dice.percent(12) {
        let at_ms = start_ms - history.dice.pick(&[1, MINUTE_MS, inactivity_ms]);
        let fields = page(history, visitor, at_ms, false);
        history.send_at(fields, last_ms + HOUR_MS);
        history.saw("page_late_first");
    }
    if history.dice.percent(12) {
        // The next visit is one only because the page between the two is missing.
        let next_ms = last_ms + 2 * inactivity_ms;
        let next = page(history, visitor, next_ms, false);
        history.send(next);
        let between = page(history, visitor, last_ms + inactivity_ms, false);
        let late_ms = history.dice.pick(&[MINUTE_MS, DAY_MS]);
        history.send_at(between, next_ms + late_ms);
        history.saw("page_late_joins_two_visits");
    }
    if history.dice.percent(12) {
        let reach_ms = history.setup.reach_ms;
        let life_ms = history.setup.device_life_ms;
        let choices = [
            HOUR_MS,
            DAY_MS,
            reach_ms,
            reach_ms + 1,
            life_ms,
            life_ms + 1,
        ];
        let at_ms = last_ms + history.dice.pick(&choices);
        let fields = page(history, visitor, at_ms, true);
        history.send(fields);
        history.saw("login_late");
    }
}

/// A visit as one record.
fn whole_visit(history: &mut History, visitor: &mut Visitor, start_ms: i64) -> i64 {
    let end_ms = start_ms + history.dice.pick(&[0, MINUTE_MS, HOUR_MS]);
    let mut fields = page(history, visitor, start_ms, false);
    fields.insert("kind".into(), "contact".into());
    if history.dice.percent(60) {
        fields.insert("started_at".into(), start_ms.into());
    }
    if history.dice.percent(60) {
        fields.insert("ended_at".into(), end_ms.into());
    }
    history.add_outcome(&mut fields);
    history.saw("whole_visit");
    history.send(fields);
    history.remember(Past {
        person: visitor.person,
        place: visitor.place,
        contact_id: visitor.contact_id.clone().unwrap_or_default(),
        root_contact_id: None,
        start_ms,
        end_ms,
    });
    end_ms
}
