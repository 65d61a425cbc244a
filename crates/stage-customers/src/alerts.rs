//! `RepeatContact` by policy (`docs/semantics.md`, 8).

use crate::chain::{Chain, Link};
use crate::readings::{Row, Rows};
use crate::retention::Past;
use crate::sessions::{push_new, sum};
use crate::{Customers, Settings};
use model::{
    Alert, AlertStatus, Class, Confidence, ContactName, Millis, ReadingResult, Resolved, Text,
};
use rules::Policy;
use xxhash_rust::xxh3::xxh3_128;

pub(crate) fn repeat_contacts(
    customers: &Customers,
    key: &str,
    chain: &Chain,
    rows: &Rows,
    past: &Past,
) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for (nth, policy) in customers.settings.policies.iter().enumerate() {
        let mut standing_at = past.standing_at(policy);
        for (place, link) in chain.links.iter().enumerate().skip(chain.first) {
            let Some(result) = rows.known[place].reading(policy.reading) else {
                continue;
            };
            let started_at = link.contact().started_at;
            if !customers.known.raises(nth, started_at) || !raises(policy, link, result) {
                continue;
            }
            if standing_at.is_some_and(|at| started_at.since(at) < policy.cool_down_ms) {
                continue;
            }
            standing_at = Some(started_at);
            let so_far = so_far(customers, policy, chain, rows, past, place);
            alerts.push(alert(customers, key, policy, chain, rows, place, so_far));
        }
    }
    alerts
}

fn raises(policy: &Policy, link: &Link, result: &ReadingResult) -> bool {
    let reason = link
        .contact()
        .reason
        .as_ref()
        .map_or("", |reason| reason.path.as_str());
    link.roles.follower
        && result.prior.is_some()
        && result.count >= policy.count_min
        && policy.concerns(link.contact().channel, reason, &link.contact().tier)
}

fn alert(
    customers: &Customers,
    key: &str,
    policy: &Policy,
    chain: &Chain,
    rows: &Rows,
    place: usize,
    so_far: SoFar,
) -> Alert {
    let settings = &customers.settings;
    let link = &chain.links[place];
    let (contact, row) = (link.contact(), &rows.known[place]);
    let result = row
        .reading(policy.reading)
        .expect("the policy's reading has just raised it");
    let (identified_by, confidence) = match link.resolved() {
        Resolved::Known { by, confidence, .. } => (by.clone(), *confidence),
        Resolved::Unknown | Resolved::Quarantined { .. } => (Text::default(), Confidence::Seen),
    };
    let id = |name: Option<u16>| -> Text {
        name.map(|name| row.names[usize::from(name)].clone())
            .unwrap_or_default()
    };
    Alert {
        alert_id: alert_id(settings, policy, key, &contact.name()),
        policy: policy.name.clone(),
        policy_version: policy.version,
        status: AlertStatus::Raised,
        revision: 1,
        cause: Text::default(),
        customer: key.into(),
        contact: contact.name(),
        readings: readings_of(customers, policy, &rows.known[place], contact.started_at),
        count: result.count,
        rank: result.rank,
        gap_ms: result.gap_ms,
        origin_contact_id: so_far.origin,
        prior_contact_id: id(result.prior),
        channels: so_far.channels,
        reasons: so_far.reasons,
        cost: so_far.cost,
        tier: contact.tier.clone(),
        may_contact: contact.may_contact,
        identified_by,
        confidence,
        event_at: contact.started_at,
        details: details(settings, policy, link),
    }
}

/// Names of the readings in which a contact is a repeat, in order of configuration.
/// The policy's own reading, and the others in which the contact is a repeat.
fn readings_of(customers: &Customers, policy: &Policy, row: &Row, started_at: Millis) -> Vec<Text> {
    let satisfied = row.readings.iter().filter(|result| {
        let place = usize::from(result.reading);
        let is_repeat = result.class == Some(Class::Repeat);
        place == policy.reading || (is_repeat && customers.known.holds(place, started_at))
    });
    let mut readings: Vec<usize> = satisfied
        .map(|result| usize::from(result.reading))
        .collect();
    readings.sort_unstable();
    readings
        .iter()
        .map(|reading| customers.settings.readings.list[*reading].name.clone())
        .collect()
}

/// The session of the policy's reading up to the contact.
#[derive(Default)]
pub(crate) struct SoFar {
    pub(crate) origin: Text,
    pub(crate) channels: Vec<Text>,
    pub(crate) reasons: Vec<Text>,
    pub(crate) cost: Option<model::Money>,
}

fn so_far(
    customers: &Customers,
    policy: &Policy,
    chain: &Chain,
    rows: &Rows,
    past: &Past,
    place: usize,
) -> SoFar {
    let session_of = |place: usize| {
        let result = rows.known[place].reading(policy.reading)?;
        Some((result, rows.known[place].place(result.session)?))
    };
    let Some((_, session)) = session_of(place) else {
        return SoFar::default();
    };
    let so_far = past.so_far(customers.known.number(policy.reading), session);
    let mut so_far = so_far.unwrap_or_default();
    for earlier in session.max(chain.first)..=place {
        let Some((result, _)) = session_of(earlier).filter(|(_, first)| *first == session) else {
            continue;
        };
        let link = &chain.links[earlier];
        push_new(&mut so_far.channels, link.contact().channel.name());
        if let Some(reason) = &link.contact().reason {
            push_new(&mut so_far.reasons, &reason.path);
        }
        so_far.cost = sum(so_far.cost, link.cost);
        if result.origin && earlier < place {
            so_far.origin = link.contact().contact_id.clone();
        }
    }
    so_far
}

/// What a reader of the alert needs to check it, as JSON text.
fn details(settings: &Settings, policy: &Policy, link: &Link) -> String {
    let reading = &settings.readings.list[policy.reading].name;
    let provenance = link
        .contact()
        .reason
        .as_ref()
        .map_or("unknown", |reason| reason.provenance.name());
    format!(
        "{{\"reading\":{},\"count_min\":{},\"cool_down_ms\":{},\"reason_source\":\"{provenance}\"}}",
        quoted(reading),
        policy.count_min,
        policy.cool_down_ms
    )
}

/// A JSON string; names of readings are checked to hold no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The same repeat under the same policy has the same id, whoever computes it and how often.
fn alert_id(settings: &Settings, policy: &Policy, key: &str, contact: &ContactName) -> Text {
    let text = format!(
        "{}\nRepeatContact\n{}\n{}\n{key}\n{}\n{}\n{}",
        settings.tenant,
        policy.name,
        policy.version,
        contact.channel.name(),
        contact.source,
        contact.contact_id
    );
    format!("{:032x}", xxh3_128(text.as_bytes())).into()
}
