//! Signals: what matters to a journey and is no contact.

use serde_json::json;

use super::history::{Fields, History, Past};
use super::people::Known;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS};

/// A signal, with its id and time only.
pub(super) fn signal(history: &mut History, name: &str, at_ms: i64) -> Fields {
    let mut fields = Fields::new();
    fields.insert("signal".into(), name.into());
    fields.insert("event_id".into(), history.id().into());
    fields.insert("occurred_at".into(), at_ms.into());
    fields
}

/// A survey or a compensation about a contact: after it, or before its first event arrives.
pub(super) fn about_a_contact(history: &mut History, person: usize) {
    let own: Vec<usize> = history
        .past_of(person)
        .into_iter()
        .filter(|index| !history.past[*index].contact_id.is_empty())
        .collect();
    if own.is_empty() {
        return;
    }
    let index = history.dice.pick(&own);
    let past = history.past[index].clone();
    let names = [(4, "csat"), (2, "nps"), (2, "ces"), (4, "compensated")];
    let name = history.dice.weighted(&names);
    let after_ms = history.dice.pick(&[0, MINUTE_MS, HOUR_MS, 2 * DAY_MS]);
    let is_early = history.dice.percent(30);
    let at_ms = if is_early {
        past.start_ms - HOUR_MS
    } else {
        past.end_ms + after_ms
    };
    let mut fields = signal(history, name, at_ms);
    fields.insert("channel".into(), past.place.channel.into());
    if past.place.source != "default" {
        fields.insert("source".into(), past.place.source.into());
    }
    fields.insert("contact_id".into(), past.contact_id.into());
    if let Some(root) = past.root_contact_id {
        fields.insert("root_contact_id".into(), root.into());
    }
    add_value(history, name, &mut fields);
    if history.dice.percent(30) {
        let identifiers = history.identifiers(person, Known::Customer);
        fields.insert("identifiers".into(), identifiers);
    }
    history.saw(if is_early {
        "signal_before_contact"
    } else {
        "signal_on_contact"
    });
    // A second survey of the same contact: the latest version counts, whatever comes first.
    if history.dice.percent(25) {
        let mut second = fields.clone();
        second.insert("event_id".into(), history.id().into());
        second.insert("occurred_at".into(), (at_ms + MINUTE_MS).into());
        add_value(history, name, &mut second);
        history.saw("signal_again");
        history.send(second);
    }
    history.send(fields);
}

fn add_value(history: &mut History, name: &str, fields: &mut Fields) {
    if name == "compensated" {
        let amount = history.dice.pick(&[5.0, 12.5, 0.000_001]);
        fields.insert("amount".into(), amount.into());
        history.saw("compensated");
    } else {
        fields.insert("score".into(), history.dice.between(0, 10).into());
        fields.insert("scale".into(), history.dice.pick(&[5, 10]).into());
        history.saw("csat");
    }
}

/// A signal about a contact that is never seen.
pub(super) fn about_nothing(history: &mut History, person: usize) {
    let at_ms = history.moment(person);
    let mut fields = signal(history, "csat", at_ms);
    fields.insert(
        "channel".into(),
        history.dice.pick(&["phone", "chat", "email"]).into(),
    );
    fields.insert("contact_id".into(), history.id().into());
    fields.insert("score".into(), 3.into());
    history.saw("signal_contact_never_appears");
    history.send(fields);
}

/// An order, a churn, a delivery: about a customer, by unique id or by a handle.
pub(super) fn about_a_customer(history: &mut History, person: usize) {
    let at_ms = history.moment(person);
    let names = [
        "ordered",
        "churned",
        "delivered",
        "notified",
        "bounced",
        "promised",
    ];
    let name = history.dice.pick(&names);
    let mut fields = signal(history, name, at_ms);
    let known = history.some_known();
    let identifiers = history.identifiers(person, known);
    fields.insert("identifiers".into(), identifiers);
    if history.dice.percent(40) {
        fields.insert("source".into(), history.dice.pick(&["crm", "site"]).into());
    }
    if history.dice.percent(40) {
        fields.insert(
            "purpose".into(),
            history.dice.pick(&["payment", "survey"]).into(),
        );
    }
    if name == "promised" {
        fields.insert("due_at".into(), (at_ms + DAY_MS).into());
    }
    history.saw(match name {
        "ordered" => "signal_ordered",
        "churned" => "signal_churned",
        "delivered" => "signal_delivered",
        _ => "signal_other",
    });
    history.send(fields);
}

/// A marker: nobody's, and the only thing that some instants of time have.
pub(super) fn marker(history: &mut History, at_ms: i64) {
    let mut fields = signal(history, "marker", at_ms);
    let kind = history.dice.pick(&["release", "script", "training"]);
    fields.insert("purpose".into(), kind.into());
    let attributes = json!({"name": "web 5.2"});
    fields.insert("attributes".into(), attributes);
    history.saw("marker");
    if history.dice.percent(10) {
        let mut other = fields.clone();
        other.insert("channel".into(), "web".into());
        other.insert("purpose".into(), "incident".into());
        history.saw("marker_id_in_two_channels");
        history.send(other);
    }
    history.send(fields);
}

/// A marker at the very bound of a silence, or of a window, after the last contacts: it moves the
/// end of time, and so says what is still open and what is final.
pub(super) fn marker_at_a_bound(history: &mut History) {
    // Only who falls silent last does so after everything else.
    let latest = history.past.iter().map(|past| {
        let heard_ms = last_heard_ms(history, past);
        (heard_ms + silence_ms(history, past), past)
    });
    let Some((silent_ms, past)) = latest.max_by_key(|(silent_ms, _)| *silent_ms) else {
        return;
    };
    let past = past.clone();
    let window = history.setup.windows[history.dice.index(history.setup.windows.len())].clone();
    let due_at_ms = history.setup.due_at_ms(&window, past.start_ms, past.end_ms);
    let choices = [silent_ms, silent_ms + 1, due_at_ms - 1, due_at_ms];
    let at_ms = history.dice.pick(&choices);
    history.saw("end_of_time_at_a_bound");
    marker(history, at_ms);
}

fn silence_ms(history: &History, past: &Past) -> i64 {
    let channels = super::setup::CHANNELS.iter();
    let channel = channels
        .copied()
        .position(|name| name == past.place.channel);
    history.setup.silence_ms[channel.unwrap_or(0)]
}

/// When a contact was last spoken of.
fn last_heard_ms(history: &History, past: &Past) -> i64 {
    let is_its = |fields: &Fields| {
        let named = ["contact_id", "root_contact_id"].map(|name| fields.get(name));
        named
            .into_iter()
            .flatten()
            .any(|id| *id == *past.contact_id)
    };
    let its = history.sent.iter().filter(|sent| is_its(&sent.fields));
    let heard = its.filter_map(|sent| sent.fields.get("occurred_at")?.as_i64());
    heard.max().unwrap_or(past.end_ms)
}
