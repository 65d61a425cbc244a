//! Semantics §8: RepeatContact.

use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::World;
use super::config::Policy;
use super::readings::{self, Row};
use super::roles::Counted;
use super::tables::{self, Row as TableRow, distinct, money, time};

/// An alert with what it is ordered and counted by.
pub struct Raised {
    /// Name of the policy.
    pub policy: String,
    /// Start of the contact, UTC milliseconds.
    pub start: i64,
    /// The row.
    pub row: TableRow,
}

/// The standing alerts of one known customer, whose contacts are given in order with their rows in
/// every configured reading.
pub fn of_customer(
    customer: &str,
    contacts: &[Counted],
    rows: &[Vec<Option<Row>>],
    world: &World,
) -> Vec<Raised> {
    let mut alerts = Vec::new();
    for policy in &world.config.policies {
        let own_rows = readings::evaluate(&policy.reading, contacts, world);
        let mut standing: Vec<i64> = Vec::new();
        for (place, counted) in contacts.iter().enumerate() {
            let Some(row) = &own_rows[place] else {
                continue;
            };
            let start = counted.contact().start;
            let is_suppressed = standing
                .iter()
                .any(|before| start - before < policy.cool_down_ms);
            if is_suppressed || !is_met(policy, counted, row) {
                continue;
            }
            standing.push(start);
            let satisfied = world
                .config
                .readings
                .iter()
                .zip(rows)
                .filter(|(reading, rows)| {
                    let is_own = reading.name() == policy.reading.name();
                    let is_repeat = |row: &Row| row.class == Some("repeat");
                    is_own || rows[place].as_ref().is_some_and(is_repeat)
                });
            let satisfied = satisfied.map(|(reading, _)| reading.name()).collect();
            let row = alert(
                customer, policy, place, contacts, &own_rows, satisfied, world,
            );
            alerts.push(Raised {
                policy: policy.name.clone(),
                start,
                row,
            });
        }
    }
    alerts
}

fn is_met(policy: &Policy, counted: &Counted, row: &Row) -> bool {
    let contact = counted.contact();
    let lies_below = |reason: &String| {
        let own = contact.reason.as_ref().map(|(_, path)| path.as_str());
        own.and_then(|own| own.strip_prefix(reason.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let of_tier = |tier: &String| contact.others.get("tier") == Some(tier);
    counted.follower
        && row.prior.is_some()
        && row.count.is_some_and(|count| count >= policy.count_min)
        && policy
            .channels
            .as_ref()
            .is_none_or(|names| names.contains(&contact.channel))
        && policy
            .reasons
            .as_ref()
            .is_none_or(|reasons| reasons.iter().any(lies_below))
        && policy
            .tiers
            .as_ref()
            .is_none_or(|tiers| tiers.iter().any(of_tier))
}

fn alert(
    customer: &str,
    policy: &Policy,
    place: usize,
    contacts: &[Counted],
    rows: &[Option<Row>],
    satisfied: Vec<String>,
    world: &World,
) -> TableRow {
    let contact = contacts[place].contact();
    let of = |place: usize| rows[place].as_ref();
    let session = of(place).and_then(|row| row.session);
    let is_member = |other: &usize| of(*other).is_some_and(|row| row.session == session);
    let members: Vec<usize> = (0..=place).filter(is_member).collect();
    let is_origin = |other: &&usize| **other < place && of(**other).is_some_and(|row| row.origin);
    let origin = members.iter().rev().find(is_origin);
    let name_of = |place: usize| contacts[place].contact().contact_id.clone();

    let channels = distinct(
        members
            .iter()
            .map(|at| Some(contacts[*at].contact().channel.clone())),
    );
    let reasons = distinct(
        members
            .iter()
            .map(|at| contacts[*at].contact().reason.clone().map(|(_, path)| path)),
    );
    let cost = super::registers::sum(members.iter().map(|at| contacts[*at].cost));
    let config = &world.config;
    let id_text = format!(
        "{}\nRepeatContact\n{}\n{}\n{customer}\n{}\n{}\n{}",
        config.tenant,
        policy.name,
        policy.version,
        contact.channel,
        contact.source,
        contact.contact_id
    );
    let row = of(place);
    tables::row([
        ("tenant", json!(config.tenant)),
        (
            "alert_id",
            json!(format!("{:032x}", xxh3_128(id_text.as_bytes()))),
        ),
        ("type", json!("RepeatContact")),
        ("name", json!(policy.name)),
        ("version", json!(policy.version)),
        ("status", json!("raised")),
        ("customer", json!(customer)),
        ("contact_id", json!(contact.contact_id)),
        ("channel", json!(contact.channel)),
        ("source", json!(contact.source)),
        ("link", json!(tables::link(contact, config))),
        ("readings", json!(satisfied)),
        ("count", json!(row.and_then(|row| row.count))),
        ("rank", json!(row.and_then(|row| row.rank))),
        ("gap_ms", json!(row.and_then(|row| row.gap_ms))),
        (
            "origin_contact_id",
            json!(origin.map(|origin| name_of(*origin))),
        ),
        (
            "prior_contact_id",
            json!(row.and_then(|row| row.prior).map(name_of)),
        ),
        ("channels", json!(channels)),
        ("reasons", json!(reasons)),
        ("cost", money(cost)),
        ("tier", json!(contact.others.get("tier"))),
        ("may_contact", json!(contact.may_contact)),
        ("identified_by", json!(contacts[place].owned.identified_by)),
        ("confidence", json!(contacts[place].owned.confidence)),
        ("event_at", time(contact.start)),
        ("details", json!(null)),
    ])
}
