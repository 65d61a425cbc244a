//! Semantics §4 and §6: what counts, and what it costs.

use super::config::{Config, RoleRow};
use super::contacts::Contact;
use super::identity::Owned;
use super::{Moment, World};

/// The role prior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// A prior that was answered.
    Answered,
    /// A prior that was abandoned.
    Abandoned,
    /// No prior.
    None,
}

impl Prior {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Prior::Answered => "answered",
            Prior::Abandoned => "abandoned",
            Prior::None => "none",
        }
    }
}

/// A contact with its customer, roles and cost: all that readings look at.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The contact and whose it is.
    pub owned: Owned,
    /// When it starts.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// Role prior.
    pub prior: Prior,
    /// Role follower.
    pub follower: bool,
    /// Role origin.
    pub origin: bool,
    /// Why it does not count.
    pub not_counted_because: Option<&'static str>,
    /// Its customer has too many contacts.
    pub capped: bool,
    /// Millionths; none if nothing is known.
    pub cost: Option<i64>,
}

impl Counted {
    /// The contact itself.
    pub fn contact(&self) -> &Contact {
        &self.owned.contact
    }

    /// Role prior or follower.
    pub fn has_part(&self) -> bool {
        self.prior != Prior::None || self.follower
    }
}

/// Gives one contact its roles. `siblings` are all contacts of its customer, itself included; none
/// for an unknown customer.
pub fn count(owned: &Owned, siblings: &[Owned], capped: bool, world: &World) -> Counted {
    let config = &world.config;
    let contact = &owned.contact;
    let (prior, mut follower, origin, mut because) = from_table(contact, config);
    if config.assistance
        && siblings
            .iter()
            .any(|other| is_assistance(contact, &other.contact))
    {
        follower = false;
        because = because.or(Some("assistance"));
    }
    if owned.customer.is_none() {
        let unknown = if owned.is_quarantined {
            "quarantined"
        } else {
            "unknown_customer"
        };
        because = because.or(Some(unknown));
    }
    Counted {
        start: world.moment(contact.start),
        end: world.moment(contact.end),
        prior,
        follower,
        origin,
        not_counted_because: because,
        capped,
        cost: cost(contact, config),
        owned: owned.clone(),
    }
}

fn is_assistance(visit: &Contact, other: &Contact) -> bool {
    visit.channel == "web"
        && matches!(other.channel.as_str(), "phone" | "chat" | "video")
        && other.start <= visit.start
        && visit.start <= other.end
}

type Roles = (Prior, bool, bool, Option<&'static str>);

/// The first row that matches: configured ones, then the built-in table.
fn from_table(contact: &Contact, config: &Config) -> Roles {
    if let Some(row) = config.roles.iter().find(|row| matches(row, contact)) {
        let prior = match row.prior.as_deref() {
            Some("answered") => Prior::Answered,
            Some("abandoned") => Prior::Abandoned,
            _ => Prior::None,
        };
        let has_none = prior == Prior::None && !row.follower && !row.origin;
        return (
            prior,
            row.follower,
            row.origin,
            has_none.then_some("role_table"),
        );
    }
    let is_web = contact.channel == "web";
    match contact.outcome.as_deref() {
        Some("short") => (Prior::None, false, false, Some("short")),
        _ if contact.initiation == "scheduled" => (Prior::Answered, false, true, None),
        _ if contact.direction == "outbound" => (Prior::None, false, false, Some("outbound")),
        _ if is_web && contact.has_counting_step => (Prior::Answered, true, false, None),
        _ if is_web => (Prior::None, false, false, Some("no_service_step")),
        Some("abandoned" | "unanswered") => (Prior::Abandoned, true, false, None),
        Some("contained") => (Prior::Answered, true, false, None),
        _ => (Prior::Answered, true, true, None),
    }
}

fn matches(row: &RoleRow, contact: &Contact) -> bool {
    let fits = |wanted: &Option<String>, found: Option<&String>| {
        wanted.is_none() || wanted.as_ref() == found
    };
    fits(&row.channel, Some(&contact.channel))
        && fits(&row.outcome, contact.outcome.as_ref())
        && fits(&row.initiation, Some(&contact.initiation))
        && fits(&row.direction, Some(&contact.direction))
}

fn cost(contact: &Contact, config: &Config) -> Option<i64> {
    let of_channel = config.costs.get(&contact.channel).map(|cost| {
        let handle_ms = i128::from(contact.handle_ms.unwrap_or(0));
        // Half up: twice the quotient and one, halved downwards.
        let halves = (2 * i128::from(cost.per_minute) * handle_ms).div_euclid(60_000);
        let minutes = (halves + 1).div_euclid(2);
        cost.fixed + i64::try_from(minutes).unwrap_or(i64::MAX)
    });
    super::registers::sum([of_channel, contact.extra_cost, contact.compensations].into_iter())
}
