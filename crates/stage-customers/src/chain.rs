//! From what is held of a customer to the contacts that are compared: quarantine, joined contacts,
//! order, cap, lent reasons, roles (`docs/semantics.md`, 3.2 to 4 and 5.1).

use crate::readings::{Row, Rows};
use crate::retention::Past;
use crate::{Settings, UNKNOWN_KEY_PREFIX, join};
use model::{
    Channel, Contact, ContactName, ContactResult, Millis, Money, Provenance, Reason, Resolved,
    Roles, Text, Upsert,
};
use rules::Quarantine;
use std::ops::Deref;

/// A contact as it is held, or a copy in which the chain has changed something.
pub(crate) enum Held<'a> {
    Same(&'a Upsert),
    Own(Box<Upsert>),
}

impl Held<'_> {
    pub(crate) fn to_mut(&mut self) -> &mut Upsert {
        if let Held::Same(upsert) = self {
            *self = Held::Own(Box::new(upsert.clone()));
        }
        match self {
            Held::Own(upsert) => upsert,
            Held::Same(_) => unreachable!("it was just made our own"),
        }
    }

    fn into_upsert(self) -> Upsert {
        match self {
            Held::Same(upsert) => upsert.clone(),
            Held::Own(upsert) => *upsert,
        }
    }
}

impl Deref for Held<'_> {
    type Target = Upsert;

    fn deref(&self) -> &Upsert {
        match self {
            Held::Same(upsert) => upsert,
            Held::Own(upsert) => upsert,
        }
    }
}

/// A contact that takes its place in the chain.
pub(crate) struct Link<'a> {
    held: Held<'a>,
    pub(crate) roles: Roles,
    pub(crate) cost: Option<Money>,
}

impl<'a> Link<'a> {
    fn of(settings: &Settings, held: Held<'a>) -> Link<'a> {
        Link {
            roles: settings.roles.roles(&held.contact),
            cost: cost(settings, &held.contact),
            held,
        }
    }

    pub(crate) fn contact(&self) -> &Contact {
        &self.held.contact
    }

    pub(crate) fn resolved(&self) -> &Resolved {
        &self.held.resolved
    }

    /// Everything that is told of the contact, for the first time and without a cause.
    pub(crate) fn into_result(self, row: Row, customer: &str, capped: bool) -> ContactResult {
        let upsert = self.held.into_upsert();
        ContactResult {
            customer: customer.into(),
            contact: upsert.contact,
            resolved: upsert.resolved,
            roles: self.roles,
            capped,
            cost: self.cost,
            names: row.names,
            readings: row.readings,
            revision: 1,
            cause: Text::default(),
        }
    }
}

/// A customer's contacts in order, and the contacts that came to this key but count as unknown.
pub(crate) struct Chain<'a> {
    /// Those that were let go and are still spoken of, then those that are told.
    pub(crate) links: Vec<Link<'a>>,
    /// Place of the first that is told.
    pub(crate) first: usize,
    pub(crate) unknown: Vec<Link<'a>>,
    /// Names of contacts that are part of another, each behind that one's, sorted.
    pub(crate) parts: Vec<(ContactName, ContactName)>,
    /// Contacts that the cap cut off, in order of [`Channel::ALL`].
    pub(crate) cut: [u64; 5],
}

impl<'a> Chain<'a> {
    pub(crate) fn of(
        settings: &Settings,
        key: &str,
        held: Vec<Held<'a>>,
        past: &Past,
    ) -> Chain<'a> {
        let (mut known, unknown) = split(settings, key, held, past);
        let mut parts = Vec::new();
        known = join::joined(settings, known, &mut parts);
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        known.sort_by(|a, b| a.contact.order(&b.contact));
        let cut = known
            .len()
            .saturating_sub(settings.contacts_per_customer_max);
        let mut cut_by_channel = [0; 5];
        for held in known.drain(..cut) {
            cut_by_channel[held.contact.channel as usize] += 1;
        }
        let of_past = past.upserts().map(|upsert| Held::Own(Box::new(upsert)));
        drop(known.splice(0..0, of_past));
        lend_page_reasons(settings, &mut known);
        let link = |held| Link::of(settings, held);
        let mut chain = Chain {
            first: past.contacts.len(),
            links: known.into_iter().map(link).collect(),
            unknown: unknown.into_iter().map(link).collect(),
            parts,
            cut: cut_by_channel,
        };
        if settings.assistance {
            mark_assistance(&mut chain.links);
        }
        for unknown in &mut chain.unknown {
            let because = match unknown.resolved() {
                Resolved::Quarantined { .. } => "quarantined",
                Resolved::Unknown | Resolved::Known { .. } => "unknown_customer",
            };
            give_cause(&mut unknown.roles, because);
        }
        chain
    }

    /// The contacts that are parts of one, itself among them; none if it is whole.
    pub(crate) fn parts_of(&self, name: &ContactName) -> Vec<&ContactName> {
        let first = self.parts.partition_point(|(whole, _)| whole < name);
        let parts = self.parts[first..].iter();
        let parts = parts.take_while(|(whole, _)| whole == name);
        parts.map(|(_, part)| part).collect()
    }

    /// The contacts with what the readings say of them, and, as they are told, the customer's key
    /// and whether he has more contacts than are kept.
    pub(crate) fn with_rows<'k>(
        self,
        key: &'k str,
        rows: Rows,
    ) -> impl Iterator<Item = (Link<'a>, Row, &'k str, bool)> {
        let capped = self.cut != [0; 5];
        let known = self.links.into_iter().zip(rows.known).skip(self.first);
        let known = known.map(move |(link, row)| (link, row, key, capped));
        let unknown = self.unknown.into_iter().zip(rows.unknown);
        known.chain(unknown.map(|(link, row)| (link, row, "", false)))
    }
}

/// The contacts of the customer, and those that count as unknown.
pub(crate) fn split<'a>(
    settings: &Settings,
    key: &str,
    contacts: Vec<Held<'a>>,
    past: &Past,
) -> (Vec<Held<'a>>, Vec<Held<'a>>) {
    if key.starts_with(UNKNOWN_KEY_PREFIX) {
        return (Vec::new(), contacts);
    }
    let quarantine = quarantine(
        settings,
        key,
        contacts.iter().map(|held| &held.contact),
        past,
    );
    if quarantine.heavy_days().is_empty() {
        return (contacts, Vec::new());
    }
    let kind = key.split_once(':').map_or(key, |(kind, _)| kind);
    let day = |held: &Held| settings.calendar.local_day(held.contact.started_at);
    let (mut quarantined, known): (Vec<Held>, Vec<Held>) = contacts
        .into_iter()
        .partition(|held| quarantine.holds(day(held)));
    for held in &mut quarantined {
        held.to_mut().resolved = Resolved::Quarantined { by: kind.into() };
    }
    (known, quarantined)
}

/// The quarantine of a customer's unique id.
pub(crate) fn quarantine<'a>(
    settings: &Settings,
    key: &str,
    contacts: impl ExactSizeIterator<Item = &'a Contact>,
    past: &Past,
) -> Quarantine {
    let max = settings.contacts_per_day_max;
    if max == 0 {
        return Quarantine::default();
    }
    if contacts.len() <= max as usize {
        return Quarantine::default().after(&past.heavy_days);
    }
    let day = |contact: &Contact| settings.calendar.local_day(contact.started_at);
    let (kind, value) = key.split_once(':').unwrap_or((key, ""));
    let carries = |contact: &&Contact| contact.identifier(kind).is_some_and(|id| id.value == value);
    Quarantine::of(contacts.filter(carries).map(day).collect(), max).after(&past.heavy_days)
}

fn cost(settings: &Settings, contact: &Contact) -> Option<Money> {
    let of_channel = settings.cost(contact.channel).map(|cost| {
        cost.fixed
            .plus(cost.per_minute.for_minutes(contact.handle_ms.unwrap_or(0)))
    });
    match (of_channel, contact.extra_cost) {
        (Some(cost), extra) => Some(cost.plus(extra.unwrap_or_default())),
        (None, extra) => extra,
    }
}

/// A visit shortly before tells why a customer came who did not say it.
fn lend_page_reasons(settings: &Settings, contacts: &mut [Held]) {
    let mut lending: Option<usize> = None;
    for place in 0..contacts.len() {
        let contact = &contacts[place].contact;
        if contact.channel == Channel::Web {
            let provenance = contact.reason.as_ref().map(|reason| reason.provenance);
            if provenance == Some(Provenance::Page) {
                lending = Some(place);
            }
            continue;
        }
        if contact.reason.is_some() {
            continue;
        }
        let Some(visit) = lending_visit(settings, contacts, place, lending) else {
            continue;
        };
        let reason: Option<Reason> = contacts[visit].contact.reason.clone();
        contacts[place].to_mut().contact.reason = reason;
    }
}

/// The latest visit in order with a reason that ended soon enough before. A visit further back may
/// have lasted longer, so all before it that could still reach are asked.
fn lending_visit(
    settings: &Settings,
    contacts: &[Held],
    place: usize,
    latest: Option<usize>,
) -> Option<usize> {
    let started_at = contacts[place].contact.started_at;
    let reaches =
        |visit: &Contact| started_at.since(visit.ended_at) <= settings.page_reason_within_ms;
    (0..=latest?).rev().find(|visit| {
        let contact = &contacts[*visit].contact;
        let lends =
            contact.reason.as_ref().map(|reason| reason.provenance) == Some(Provenance::Page);
        contact.channel == Channel::Web && lends && reaches(contact)
    })
}

/// A visit that starts while a call, a chat or a video chat goes on helps along; nobody came back.
fn mark_assistance(links: &mut [Link]) {
    let mut busy_until = Millis::MIN;
    let mut pending_from = 0;
    for place in 0..links.len() {
        let started_at = links[place].contact().started_at;
        // Contacts that start at the same instant count whatever their order.
        if place >= pending_from {
            pending_from = place;
            while let Some(link) = links.get(pending_from)
                && link.contact().started_at == started_at
            {
                if matches!(
                    link.contact().channel,
                    Channel::Phone | Channel::Chat | Channel::Video
                ) {
                    busy_until = busy_until.max(link.contact().ended_at);
                }
                pending_from += 1;
            }
        }
        let link = &mut links[place];
        if link.contact().channel == Channel::Web && started_at <= busy_until {
            link.roles.follower = false;
            give_cause(&mut link.roles, "assistance");
        }
    }
}

fn give_cause(roles: &mut Roles, because: &str) {
    if roles.not_counted_because.is_empty() {
        roles.not_counted_because = because.into();
    }
}
