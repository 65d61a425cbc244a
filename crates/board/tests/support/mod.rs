//! A board fed with rows as JSON, as the topics have them.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use board::views::{At, State, Words};
use board::{Board, Capacity, Clock, Reading, Record, Settings, Table};
use calendar::{Calendar, Weekday};
use model::Channel;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

/// Tuesday, 27 January 2026, 14:32 in Paris.
pub const NOW: &str = "2026-01-27T13:32:00Z";

pub fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub fn settings() -> Settings {
    let reading = |window: &str, scope: &str, channels: &[Channel]| Reading {
        name: format!("{window} {scope} any"),
        window: window.to_owned(),
        scope: scope.to_owned(),
        channels: channels.to_vec(),
        mode: "any",
    };
    let assisted = [
        Channel::Phone,
        Channel::Chat,
        Channel::Email,
        Channel::Video,
    ];
    let families = ["reason", "page", "team"].map(|key| vec![key.to_owned()]);
    Settings {
        tenant: "acme".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        calendar: Calendar::new("Europe/Paris", &[Weekday::Mon], &[]).unwrap(),
        currency: "EUR".to_owned(),
        language: "fr",
        readings: vec![
            reading("j+7", "assisted", &assisted),
            reading("j+7", "all", Channel::ALL),
            reading("j+7", "phone", &[Channel::Phone]),
        ],
        headline: 0,
        titles: BTreeMap::from([(
            "slow-chat".to_owned(),
            Words {
                en: "Waited and left".to_owned(),
                fr: "A attendu et abandonné".to_owned(),
            },
        )]),
        families: families.to_vec(),
    }
}

pub fn board_with(capacity: Capacity) -> Board {
    let clock = Clock::Set(Arc::new(AtomicI64::new(at(NOW))));
    let board = Board::new(settings(), capacity, clock);
    board.stands(State::Ok);
    board
}

pub fn board() -> Board {
    board_with(Capacity::default())
}

pub fn tell(board: &Board, table: Table, key: &str, value: Option<&Value>) {
    let value = value.map(|value| value.to_string().into_bytes());
    let record = Record {
        table,
        key: key.as_bytes(),
        value: value.as_deref(),
        told_at: At(at(NOW)),
    };
    let (unreadable, mistake) = board.take([record]);
    assert_eq!(unreadable, 0, "{table:?}: {mistake:?}");
}

pub struct Contact<'a> {
    pub id: &'a str,
    pub customer: Option<&'a str>,
    pub channel: &'a str,
    pub started_at: &'a str,
    pub reason: Option<&'a str>,
    pub team: Option<&'a str>,
    pub cost: Option<f64>,
    pub class: Option<&'a str>,
    pub session: Option<&'a str>,
    pub origin: bool,
}

impl Default for Contact<'_> {
    fn default() -> Self {
        Contact {
            id: "A1",
            customer: Some("customer_id:h1"),
            channel: "phone",
            started_at: "2026-01-27T09:00:00Z",
            reason: Some("billing/payment"),
            team: Some("north"),
            cost: Some(2.0),
            class: None,
            session: None,
            origin: false,
        }
    }
}

/// Tells a contact and its verdicts, as the topics do.
pub fn tell_contact(board: &Board, of: &Contact<'_>) {
    let key = format!(
        "{}/{}/acd/{}",
        of.customer.unwrap_or("unknown"),
        of.channel,
        of.id
    );
    let row = json!({
        "tenant": "acme", "contact_id": of.id, "channel": of.channel, "source": "acd",
        "root_contact_id": null, "thread_id": null, "customer": of.customer, "medium": null,
        "direction": "inbound", "initiation": "customer", "started_at": of.started_at,
        "ended_at": of.started_at, "end_kind": "stated", "outcome": "handled",
        "reason": of.reason, "reason_source": of.reason.map(|_| "qualified"), "queue": null,
        "agent": null, "team": of.team, "site": null, "tier": "gold", "party": null,
        "may_contact": null, "page": null, "disposition": null, "wait_ms": 1000,
        "handle_ms": 60000, "legs": 1, "cost": of.cost, "satisfaction": null,
        "prior_role": "answered", "follower": true, "origin": of.origin,
        "not_counted_because": null, "capped": false, "identified_by": "customer_id",
        "confidence": "unique", "link": format!("https://crm.example/{}", of.id),
        "attributes": {}, "superseded_by": null, "revision": 1,
    });
    tell(board, Table::Contacts, &key, Some(&row));
    let known = of.customer.is_some();
    let reading = json!({
        "window": "j+7", "scope": "assisted", "reason_mode": "any",
        "verdict": if known { "pending" } else { "undecidable" }, "status": "provisional",
        "class": of.class, "prior_contact_id": null, "gap_ms": null, "overlap": null,
        "count": known.then_some(1), "rank": known.then_some(1), "session_id": of.session,
        "next_contact_id": null, "origin": of.origin, "channel_changed": null, "due_at": null,
        "revision": 1, "cause": null,
    });
    let row = json!({
        "tenant": "acme", "contact_id": of.id, "channel": of.channel, "source": "acd",
        "customer": of.customer, "readings": [reading],
    });
    tell(board, Table::Verdicts, &key, Some(&row));
}

/// Tells a row of figures of a task; `row` says what differs from a plain count of today.
pub fn tell_figure(board: &Board, task: u32, row: &Value) {
    let mut whole = json!({
        "tenant": "acme", "date": "2026-01-27", "hour": null, "figure": "contacts", "rule": null,
        "window": null, "scope": null, "reason_mode": null, "from_channel": null, "channel": null,
        "segment": null, "age_days": null, "value": null, "numerator": 0.0, "denominator": null,
        "buckets": {}, "matured": true, "coverage": null,
    });
    for (key, value) in row.as_object().unwrap() {
        whole[key] = value.clone();
    }
    tell(
        board,
        Table::Figures,
        &figure_key(task, &whole),
        Some(&whole),
    );
}

/// The key of a row of figures, as the service writes it.
pub fn figure_key(task: u32, row: &Value) -> String {
    let text = |name: &str| match &row[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names = [
        "tenant",
        "date",
        "hour",
        "figure",
        "rule",
        "window",
        "scope",
        "reason_mode",
        "from_channel",
        "channel",
        "age_days",
        "segment",
    ];
    let parts: Vec<String> = names.iter().map(|name| text(name)).collect();
    format!("{task}/{}", parts.join("/"))
}

pub fn alert(id: &str, customer: &str, event_at: &str) -> Value {
    json!({
        "tenant": "acme", "alert_id": id, "type": "RepeatContact", "name": "third-in-seven-days",
        "version": 1, "status": "raised", "revision": 1, "cause": null, "customer": customer,
        "contact_id": "A3", "channel": "phone", "source": "acd", "link": "https://crm.example/A3",
        "readings": ["j+7 assisted any"], "count": 3, "rank": 3, "gap_ms": 3600000,
        "origin_contact_id": "A1", "prior_contact_id": "A2", "channels": ["chat", "phone"],
        "reasons": ["billing/payment"], "cost": 12.5, "tier": "gold", "may_contact": true,
        "identified_by": "customer_id", "confidence": "unique", "event_at": event_at,
        "details": null,
    })
}

pub fn tell_alert(board: &Board, id: &str, customer: &str, event_at: &str) {
    let row = alert(id, customer, event_at);
    tell(
        board,
        Table::Alerts,
        &format!("{customer}/{id}"),
        Some(&row),
    );
}
