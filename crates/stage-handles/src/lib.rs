//! Whose a handle is: the owner of a mail address, a phone number, a loyalty number, a device, and
//! the contacts that came by it and know no better.
//!
//! Invariant: never joins two handles, and never two customers.

mod beside;
mod erase;
mod owners;
mod retention;
mod settings;

pub use settings::Settings;

use beside::Beside;
use model::{
    Absorbed, Brings, Carried, Contact, ContactName, CustomerInput, Deadlines, HandleInput, Inside,
    Link, Millis, Now, Resolved, Stage, Text, Upsert, Wait,
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
    /// Signals, and what only rules ask for.
    beside: Beside,
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
            self.beside.inside.remove(name);
        }
        is_void | self.beside.drop(name, version)
    }

    fn carry(&mut self, carried: Carried, inside: Option<Inside>) {
        let known = self.carried.get(&carried.name);
        if known.is_some_and(|known| known.version >= carried.version) {
            return;
        }
        if self.beside.take(&carried, inside.as_ref()) {
            if self.carried.remove(&carried.name).is_some() {
                self.beside.inside.remove(&carried.name);
            }
            return;
        }
        match inside {
            Some(inside) => self.beside.inside.insert(carried.name.clone(), inside),
            None => self.beside.inside.remove(&carried.name),
        };
        self.carried.insert(carried.name.clone(), carried);
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

    /// 2: what was let go of is kept at the end of the state. 3: behind it, signals and what only
    /// rules ask for.
    const SCHEMA: u8 = 3;

    fn read_former(&self, schema: u8, state: &[u8]) -> Option<State> {
        let behind: &[u8] = match schema {
            1 => &[0; 8],
            2 => &[0; 5],
            _ => return None,
        };
        postcard::from_bytes(&[state, behind].concat()).ok()
    }

    fn apply(&self, _key: &str, state: &mut State, input: HandleInput) -> Absorbed {
        match input {
            HandleInput::Carried(carried) => {
                state.carry(*carried, None);
                Absorbed::Internal
            }
            HandleInput::CarriedWith(carried, inside) => {
                state.carry(*carried, Some(*inside));
                Absorbed::Internal
            }
            HandleInput::Signal(key, sent) => {
                state.beside.signals.hear(key, *sent);
                Absorbed::Internal
            }
            HandleInput::SignalVoid(key, unsent) => {
                state.beside.signals.unhear(key, &unsent);
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
                let inside = state.beside.inside.get(name);
                move_to(name, (contact, inside), former.as_ref(), &sent, out);
            }
            state.sent.insert(name.clone(), sent);
        }
        let erased = std::mem::take(&mut state.erased);
        for (name, former) in gone {
            // One that has not opened after all is told below, by a greater version.
            let version = former.version;
            let retract = if erased.contains(&name) && !state.carried.contains_key(&name) {
                CustomerInput::Erased { name, version }
            } else {
                CustomerInput::Retract {
                    moved: state.carried.contains_key(&name) || state.beside.holds(&name),
                    name,
                    version,
                }
            };
            out.push(Output(former.customer, retract));
        }
        let carried = (&state.carried, &erased);
        self.tell_beside(key, &mut state.beside, carried, &owners, out);
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
    (contact, inside): (&Contact, Option<&Inside>),
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
    let upsert = Box::new(Upsert {
        contact: contact.clone(),
        version: sent.version,
        resolved: sent.resolved.clone(),
        moved: former.is_some_and(|former| former.customer != sent.customer),
    });
    let input = match inside {
        Some(inside) => CustomerInput::UpsertWith(upsert, Box::new(inside.clone())),
        None => CustomerInput::Upsert(upsert),
    };
    out.push(Output(sent.customer.clone(), input));
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
