//! The output tables: columns by the names of their contract.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::World;
use super::config::{Config, Reading};
use super::contacts::{Contact, EndKind};
use super::readings;
use super::registers::{Event, sum};
use super::roles::{Counted, Prior};

/// A row by the names of its columns; what is unknown or not applicable is null.
pub type Row = BTreeMap<String, Value>;

/// A row out of named values.
pub fn row<const N: usize>(columns: [(&str, Value); N]) -> Row {
    columns
        .into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect()
}

/// RFC 3339 in UTC with milliseconds.
pub fn time(instant: i64) -> Value {
    // Written as a date of its own: the library's instants end a day and two hours too early.
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let at = epoch.checked_add(jiff::SignedDuration::from_millis(instant));
    at.map_or(Value::Null, |at| json!(format!("{at:.3}Z")))
}

/// Millionths as a number.
pub fn money(millionths: Option<i64>) -> Value {
    json!(millionths.map(|amount| amount as f64 / 1e6))
}

/// What is known, once each, in order of first appearance.
pub fn distinct(values: impl Iterator<Item = Option<String>>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for value in values.flatten() {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

/// The contact's link, its id percent-encoded.
pub fn link(contact: &Contact, config: &Config) -> Option<String> {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let encoded: String = contact.contact_id.bytes().map(encode).collect();
    config
        .contact_link
        .as_ref()
        .map(|template| template.replace("{contact_id}", &encoded))
}

/// Table `contacts`, one row.
pub fn contact(counted: &Counted, config: &Config) -> Row {
    let contact = counted.contact();
    let end_kind = match contact.end_kind {
        EndKind::Stated => "stated",
        EndKind::Inferred => "inferred",
        EndKind::Open => "open",
    };
    let mut columns = row([
        ("tenant", json!(config.tenant)),
        ("contact_id", json!(contact.contact_id)),
        ("channel", json!(contact.channel)),
        ("source", json!(contact.source)),
        ("root_contact_id", json!(contact.root_contact_id)),
        ("thread_id", json!(contact.thread_id)),
        ("customer", json!(counted.owned.customer)),
        ("medium", json!(contact.medium)),
        ("direction", json!(contact.direction)),
        ("initiation", json!(contact.initiation)),
        ("started_at", time(contact.start)),
        ("ended_at", time(contact.end)),
        ("end_kind", json!(end_kind)),
        ("outcome", json!(contact.outcome)),
        (
            "reason",
            json!(contact.reason.as_ref().map(|(_, path)| path)),
        ),
        (
            "reason_source",
            json!(contact.reason.as_ref().map(|(source, _)| source.name())),
        ),
        ("queue", json!(contact.queue)),
        ("agent", json!(contact.agent)),
        ("team", json!(contact.team)),
        ("may_contact", json!(contact.may_contact)),
        ("wait_ms", json!(contact.wait_ms)),
        ("handle_ms", json!(contact.handle_ms)),
        ("legs", json!(contact.legs)),
        ("cost", money(counted.cost)),
        ("satisfaction", money(contact.satisfaction)),
        ("prior_role", json!(counted.prior.name())),
        ("follower", json!(counted.follower)),
        ("origin", json!(counted.origin)),
        ("not_counted_because", json!(counted.not_counted_because)),
        ("capped", json!(counted.capped)),
        ("identified_by", json!(counted.owned.identified_by)),
        ("confidence", json!(counted.owned.confidence)),
        ("link", json!(link(contact, config))),
        ("attributes", json!(contact.attributes)),
        ("superseded_by", json!(null)),
    ]);
    for name in ["site", "tier", "party", "page", "disposition"] {
        columns.insert(name.to_string(), json!(contact.others.get(name)));
    }
    columns
}

/// Table `verdicts`, one row. `contacts` is the list in which the row's places are.
pub fn verdict(
    counted: &Counted,
    reading: &Reading,
    said: &readings::Row,
    contacts: &[Counted],
    config: &Config,
) -> Row {
    let contact = counted.contact();
    let name_of = |place: usize| contacts[place].contact().contact_id.clone();
    row([
        ("tenant", json!(config.tenant)),
        ("contact_id", json!(contact.contact_id)),
        ("channel", json!(contact.channel)),
        ("source", json!(contact.source)),
        ("customer", json!(counted.owned.customer)),
        ("window", json!(reading.window.name)),
        ("scope", json!(reading.scope.name)),
        ("reason_mode", json!(reading.mode())),
        ("verdict", json!(said.verdict)),
        (
            "status",
            json!(if said.is_final {
                "final"
            } else {
                "provisional"
            }),
        ),
        ("class", json!(said.class)),
        ("prior_contact_id", json!(said.prior.map(name_of))),
        ("gap_ms", json!(said.gap_ms)),
        ("overlap", json!(said.overlap)),
        ("count", json!(said.count)),
        ("rank", json!(said.rank)),
        ("session_id", json!(said.session.map(name_of))),
        ("next_contact_id", json!(said.next.map(name_of))),
        ("origin", json!(said.origin)),
        ("channel_changed", json!(said.channel_changed)),
        ("due_at", said.due_at.map_or(Value::Null, time)),
    ])
}

/// Table `sessions`: the sessions of one known customer in the headline reading, with the start
/// of each for the order of the table.
pub fn sessions(
    customer: &str,
    contacts: &[Counted],
    rows: &[Option<readings::Row>],
    config: &Config,
) -> Vec<(i64, Row)> {
    let session_of = |place: &usize| rows[*place].as_ref().and_then(|row| row.session);
    let starts = (0..contacts.len()).filter(|place| session_of(place) == Some(*place));
    let session = |start: usize| {
        let members: Vec<usize> = (0..contacts.len())
            .filter(|place| session_of(place) == Some(start))
            .collect();
        (
            contacts[start].contact().start,
            one_session(customer, &members, contacts, rows, config),
        )
    };
    starts.map(session).collect()
}

fn one_session(
    customer: &str,
    members: &[usize],
    contacts: &[Counted],
    rows: &[Option<readings::Row>],
    config: &Config,
) -> Row {
    let all = || members.iter().map(|place| contacts[*place].contact());
    let said = || {
        members
            .iter()
            .filter_map(|place| rows[*place].as_ref().map(|row| (*place, row)))
    };
    let of_class = |class| {
        said()
            .filter(move |(_, row)| row.class == Some(class))
            .map(|(place, _)| place)
    };
    let is_passed = said().all(|(place, row)| contacts[place].prior == Prior::None || row.is_due);
    let cost_of = |place: usize| contacts[place].cost;
    row([
        ("tenant", json!(config.tenant)),
        ("customer", json!(customer)),
        (
            "session_id",
            json!(all().next().map(|contact| &contact.contact_id)),
        ),
        (
            "started_at",
            all()
                .next()
                .map_or(Value::Null, |contact| time(contact.start)),
        ),
        (
            "ended_at",
            all()
                .map(|contact| contact.end)
                .max()
                .map_or(Value::Null, time),
        ),
        ("contacts", json!(members.len())),
        ("repeats", json!(of_class("repeat").count())),
        ("retries", json!(of_class("retry").count())),
        (
            "channels",
            json!(distinct(all().map(|contact| Some(contact.channel.clone())))),
        ),
        (
            "reasons",
            json!(distinct(
                all().map(|contact| contact.reason.clone().map(|(_, path)| path))
            )),
        ),
        (
            "cost",
            money(sum(members.iter().map(|place| cost_of(*place)))),
        ),
        (
            "avoidable_cost",
            money(sum(of_class("repeat").map(cost_of))),
        ),
        ("complete", json!(is_passed && !all().any(Contact::is_open))),
        (
            "last_outcome",
            json!(
                all()
                    .next_back()
                    .and_then(|contact| contact.outcome.clone())
            ),
        ),
    ])
}

/// Table `markers`, one row for each marker.
pub fn markers(signals: &[&Event], world: &World) -> Vec<Row> {
    let mut markers: Vec<&Event> = signals
        .iter()
        .filter(|signal| signal.kind() == "marker")
        .copied()
        .collect();
    markers.sort_by_key(|marker| (marker.occurred_at(), &marker.greatest().event_id));
    let marker = |marker: &&Event| {
        let events = [*marker];
        let attributes = super::registers::attributes(&events);
        row([
            ("tenant", json!(world.config.tenant)),
            ("at", time(marker.occurred_at())),
            ("kind", json!(super::registers::text(&events, "purpose"))),
            ("name", json!(attributes.get("name"))),
            ("attributes", json!(attributes)),
        ])
    };
    markers.iter().map(marker).collect()
}

/// The summary's figures of one reading (§9), over the rows of known customers.
pub fn figures(rows: &[(&Counted, &readings::Row)]) -> Value {
    let number = |fits: &dyn Fn(&Counted, &readings::Row) -> bool| {
        rows.iter()
            .filter(|(counted, row)| fits(counted, row))
            .count()
    };
    let is_matured = |row: &readings::Row| row.origin && row.is_due;
    let matured = number(&|_, row| is_matured(row));
    let resolved = number(&|_, row| is_matured(row) && row.verdict == "resolved");
    json!({
        "identified": number(&|counted, _| counted.follower),
        "repeats": number(&|_, row| row.class == Some("repeat")),
        "retries": number(&|_, row| row.class == Some("retry")),
        "origins_matured": matured,
        "origins_resolved": resolved,
        "fir": (matured > 0).then(|| resolved as f64 / matured as f64),
        "lost": number(&|_, row| row.verdict == "lost"),
    })
}
