//! To whom a contact goes, and what the stages to the right are told when that changes.

use crate::assemble::Assembled;
use crate::{Settings, State};
use model::{
    Carried, Confidence, Contact, ContactName, CustomerInput, HandleInput, Identifier, Inside,
    Resolved, Signal, Text, Upsert,
};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::Xxh3Default;

/// What the contacts stage sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To the task of a handle.
    Handle(Text, HandleInput),
    /// To the task of a customer.
    Customer(Text, CustomerInput),
    /// A release, a script, a training: for the table of markers.
    Marker(Box<Signal>),
}

/// What the stages to the right believe of a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sent {
    version: u64,
    /// Hash of the contact as it was sent.
    digest: u64,
    /// The customer that it was sent to directly; empty if a handle resolves it.
    customer: Text,
    /// The handles that were told.
    handles: Vec<Text>,
}

/// Where a contact goes.
struct Route {
    /// Directly to this customer.
    customer: Option<(Text, Resolved)>,
    /// The handle that resolves it.
    resolving: Option<Text>,
    /// The unique id that it states.
    owner: Option<Text>,
    /// All handles that it carries.
    handles: Vec<(Text, bool)>,
}

impl Route {
    /// What is no contact is no sighting, and of nobody known nothing is missed.
    fn of_unopened(self) -> Route {
        let resolves = |(handle, _): &(Text, bool)| self.resolving.as_ref() == Some(handle);
        let handles = self.handles.iter().filter(|handle| resolves(handle));
        Route {
            handles: handles.cloned().collect(),
            owner: None,
            customer: self
                .customer
                .filter(|(_, resolved)| matches!(resolved, Resolved::Known { .. })),
            resolving: self.resolving,
        }
    }
}

/// Whom a signal about no contact is for: its unique id, or else its first handle. The truth says
/// whether it is a handle.
pub(crate) fn goal_of_signal(settings: &Settings, signal: &Signal) -> Option<(bool, Text)> {
    let of_kind = |kind: &Text| {
        let mut named = signal.identifiers.iter();
        named.find(|named| named.kind == *kind)
    };
    if let Some(unique) = settings.unique.iter().find_map(of_kind) {
        return Some((false, unique.text()));
    }
    let first = settings.handles_in_order().find_map(of_kind);
    first.map(|handle| (true, handle.text()))
}

pub(crate) fn announce(
    settings: &Settings,
    key: &str,
    state: &mut State,
    assembled: Assembled,
    out: &mut Vec<Output>,
) {
    let mut gone = std::mem::take(&mut state.sent);
    let opened = assembled.contacts.into_iter().zip(assembled.inside);
    for (contact, inside) in opened.chain(assembled.unopened) {
        let name = contact.name();
        let digest = digest(&contact, &inside);
        let former = gone.remove(&name);
        if let Some(former) = former.as_ref().filter(|former| former.digest == digest) {
            state.sent.insert(name, former.clone());
            continue;
        }
        state.version += 1;
        let route = match inside.is_unopened {
            false => route(settings, key, &contact),
            true => route(settings, key, &contact).of_unopened(),
        };
        if let Some(former) = &former {
            leave(&name, former, Some(&route), false, out);
        }
        let version = (state.version, digest);
        let contact = (contact, inside);
        let sent = send(route, &name, contact, version, former.as_ref(), out);
        state.sent.insert(name, sent);
    }
    for (name, former) in gone {
        leave(&name, &former, None, state.is_erasing, out);
    }
}

fn digest(contact: &Contact, inside: &Inside) -> u64 {
    let mut hasher = Xxh3Default::new();
    contact.hash(&mut hasher);
    if !inside.is_empty() {
        inside.hash(&mut hasher);
    }
    hasher.finish()
}

fn route(settings: &Settings, key: &str, contact: &Contact) -> Route {
    let of_kind = |kind: &Text| contact.identifier(kind);
    let carried: Vec<&Identifier> = settings.handles_in_order().filter_map(of_kind).collect();
    let handles = carried
        .iter()
        .map(|handle| (handle.text(), handle.verified))
        .collect();
    if let Some(unique) = settings.unique.iter().find_map(of_kind) {
        let resolved = Resolved::Known {
            by: unique.kind.clone(),
            confidence: Confidence::Unique,
            conflict: false,
        };
        let owner = unique.text();
        let customer = Some((owner.clone(), resolved));
        return Route {
            customer,
            resolving: None,
            owner: Some(owner),
            handles,
        };
    }
    if let Some(first) = carried.first() {
        let resolving = Some(first.text());
        return Route {
            customer: None,
            resolving,
            owner: None,
            handles,
        };
    }
    let unknown = (unknown_key(key, contact), Resolved::Unknown);
    Route {
        customer: Some(unknown),
        resolving: None,
        owner: None,
        handles,
    }
}

/// The key of a contact that nobody is known for: its own, so that it meets no other contact.
fn unknown_key(key: &str, contact: &Contact) -> Text {
    format!("?{key}/{}", contact.contact_id).into()
}

/// Takes back what no longer holds of what was sent before.
fn leave(
    name: &ContactName,
    former: &Sent,
    route: Option<&Route>,
    is_erased: bool,
    out: &mut Vec<Output>,
) {
    let version = former.version;
    let customer = route
        .and_then(|route| route.customer.as_ref())
        .map(|(key, _)| key);
    if !former.customer.is_empty() && customer != Some(&former.customer) {
        let name = name.clone();
        let retract = if is_erased {
            CustomerInput::Erased { name, version }
        } else {
            CustomerInput::Retract {
                name,
                version,
                moved: route.is_some(),
            }
        };
        out.push(Output::Customer(former.customer.clone(), retract));
    }
    for handle in &former.handles {
        let still_carried =
            route.is_some_and(|route| route.handles.iter().any(|(key, _)| key == handle));
        if !still_carried {
            let name = name.clone();
            let dropped = if is_erased {
                HandleInput::Erased { name, version }
            } else {
                HandleInput::Dropped { name, version }
            };
            out.push(Output::Handle(handle.clone(), dropped));
        }
    }
}

fn send(
    route: Route,
    name: &ContactName,
    (contact, inside): (Contact, Inside),
    (version, digest): (u64, u64),
    former: Option<&Sent>,
    out: &mut Vec<Output>,
) -> Sent {
    let mut sent = Sent {
        version,
        digest,
        customer: Text::default(),
        handles: Vec::new(),
    };
    for (handle, verified) in route.handles {
        let resolves = route.resolving.as_ref() == Some(&handle);
        let carried = Box::new(Carried {
            name: name.clone(),
            version,
            started_at: contact.started_at,
            verified,
            owner: route.owner.clone(),
            contact: resolves.then(|| Box::new(contact.clone())),
        });
        sent.handles.push(handle.clone());
        let input = if resolves && !inside.is_empty() {
            HandleInput::CarriedWith(carried, Box::new(inside.clone()))
        } else {
            HandleInput::Carried(carried)
        };
        out.push(Output::Handle(handle, input));
    }
    if let Some((customer, resolved)) = route.customer {
        sent.customer = customer.clone();
        let upsert = Box::new(Upsert {
            contact,
            version,
            resolved,
            moved: former.is_some_and(|former| former.customer != customer),
        });
        let input = if inside.is_empty() {
            CustomerInput::Upsert(upsert)
        } else {
            CustomerInput::UpsertWith(upsert, Box::new(inside))
        };
        out.push(Output::Customer(customer, input));
    }
    sent
}
