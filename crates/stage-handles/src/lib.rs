//! Whose a handle is: the owner of a mail address, a phone number, a loyalty number, a device, and
//! the contacts that came by it and know no better.
//!
//! Invariant: never joins two handles, and never two customers.

mod erase;
mod owners;
mod retention;
mod settings;

pub use settings::Settings;

use model::{
    Absorbed, Brings, Carried, Contact, ContactName, CustomerInput, Deadlines, HandleInput, Link,
    Millis, Now, Resolved, Stage, Text, Upsert, Wait,
};
use owners::Owners;
use retention::Past;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The handles stage.
#[derive(Clone, Debug)]
pub struct Handles {
    settings: Settings,
}

/// What is kept under a handle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    carried: BTreeMap<ContactName, Carried>,
    links: Vec<Link>,
    /// Where the contacts that this handle resolves were sent.
    sent: BTreeMap<ContactName, Sent>,
    /// What is left of what was let go.
    past: Past,
    /// When the oldest of what is kept may be let go of, as of the last `settle`.
    let_go_at: Option<Millis>,
    /// Contacts that were just erased, which was not passed on yet.
    #[serde(skip)]
    erased: BTreeSet<ContactName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sent {
    version: u64,
    customer: Text,
    resolved: Resolved,
}

/// What the handles stage sends: a message to the task of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Output(pub Text, pub CustomerInput);

impl State {
    /// A contact no longer carries the handle, if nothing later was said of it.
    fn drop(&mut self, name: &ContactName, version: u64) -> bool {
        let known = self.carried.get(name);
        let is_void = known.is_some_and(|known| known.version <= version);
        if is_void {
            self.carried.remove(name);
        }
        is_void
    }
}

impl Handles {
    /// The stage with a tenant's settings.
    #[must_use]
    pub fn new(settings: Settings) -> Handles {
        Handles { settings }
    }

    /// To whom a contact belongs that knows no better than this handle.
    fn resolve(&self, key: &str, owners: &Owners, contact: &Carried) -> (Text, Resolved) {
        let kind = key.split_once(':').map_or(key, |(kind, _)| kind);
        let by = Text::from(kind);
        if owners
            .quarantine
            .holds(self.settings.calendar.local_day(contact.started_at))
        {
            let name = &contact.name;
            let channel = name.channel.name();
            let unknown = format!("?{key}/{channel}/{}/{}", name.source, name.contact_id);
            return (unknown.into(), Resolved::Quarantined { by });
        }
        let found = owners.at(contact.started_at, contact.verified);
        let customer = found.owner.unwrap_or_else(|| key.into());
        let resolved = Resolved::Known {
            by,
            confidence: found.confidence,
            conflict: found.conflict,
        };
        (customer, resolved)
    }
}

impl Stage for Handles {
    type State = State;
    type Input = HandleInput;
    type Output = Output;

    /// 2: what was let go of is kept at the end of the state.
    const SCHEMA: u8 = 2;

    fn read_former(&self, schema: u8, state: &[u8]) -> Option<State> {
        let with_nothing_let_go = [state, &[0; 3]].concat();
        (schema == 1).then(|| postcard::from_bytes(&with_nothing_let_go).ok())?
    }

    fn apply(&self, _key: &str, state: &mut State, input: HandleInput) -> Absorbed {
        match input {
            HandleInput::Carried(carried) => {
                let known = state.carried.get(&carried.name);
                if known.is_none_or(|known| known.version < carried.version) {
                    state.carried.insert(carried.name.clone(), *carried);
                }
                Absorbed::Internal
            }
            HandleInput::Dropped { name, version } => {
                state.drop(&name, version);
                Absorbed::Internal
            }
            HandleInput::Erased { name, version } => {
                if state.drop(&name, version) {
                    state.erased.insert(name);
                }
                Absorbed::Internal
            }
            HandleInput::Link(link) => {
                learn(&mut state.links, link);
                Absorbed::Internal
            }
            HandleInput::LinkVoid { event, version } => {
                state
                    .links
                    .retain(|link| link.event != event || link.version > version);
                Absorbed::Internal
            }
        }
    }

    fn settle(&self, key: &str, state: &mut State, now: &Now, out: &mut Vec<Output>) {
        let owners = Owners::of(
            &self.settings,
            key,
            &state.carried,
            &state.links,
            &state.past,
        );
        let mut gone = std::mem::take(&mut state.sent);
        for (name, carried) in &state.carried {
            let Some(contact) = &carried.contact else {
                continue;
            };
            let (customer, resolved) = self.resolve(key, &owners, carried);
            let sent = Sent {
                version: carried.version,
                customer,
                resolved,
            };
            let former = gone.remove(name);
            if former.as_ref() != Some(&sent) {
                move_to(name, contact, former.as_ref(), &sent, out);
            }
            state.sent.insert(name.clone(), sent);
        }
        let erased = std::mem::take(&mut state.erased);
        for (name, former) in gone {
            let version = former.version;
            let retract = if erased.contains(&name) && !state.carried.contains_key(&name) {
                CustomerInput::Erased { name, version }
            } else {
                CustomerInput::Retract {
                    moved: state.carried.contains_key(&name),
                    name,
                    version,
                }
            };
            out.push(Output(former.customer, retract));
        }
        retention::let_go(&self.settings, key, state, now.settled(Brings::ALL));
    }

    fn deadlines(&self, state: &State, out: &mut Deadlines) {
        if let Some(at) = state.let_go_at {
            out.add(Wait::settled(Brings::ALL), at);
        }
    }
}

fn move_to(
    name: &ContactName,
    contact: &Contact,
    former: Option<&Sent>,
    sent: &Sent,
    out: &mut Vec<Output>,
) {
    if let Some(former) = former.filter(|former| former.customer != sent.customer) {
        let retract = CustomerInput::Retract {
            name: name.clone(),
            version: former.version,
            moved: true,
        };
        out.push(Output(former.customer.clone(), retract));
    }
    let upsert = Upsert {
        contact: contact.clone(),
        version: sent.version,
        resolved: sent.resolved.clone(),
        moved: former.is_some_and(|former| former.customer != sent.customer),
    };
    out.push(Output(
        sent.customer.clone(),
        CustomerInput::Upsert(Box::new(upsert)),
    ));
}

/// Keeps the greatest version of what a signal says of an owner.
fn learn(links: &mut Vec<Link>, link: Link) {
    let known = links.iter_mut().find(|known| {
        known.event == link.event && known.owner == link.owner && known.linked == link.linked
    });
    match known {
        None => links.push(link),
        Some(known) if known.version < link.version => *known = link,
        Some(_) => {}
    }
}
