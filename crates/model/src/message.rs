//! What one stage sends to the next. Records only ever move to the right.

use crate::{
    Contact, ContactName, Event, Inside, Millis, Resolved, Sent, Signal, Text, Unsent, Version,
};
use serde::{Deserialize, Serialize};

/// To the contacts stage, under the contact's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ContactInput {
    /// Something that a channel says of the contact.
    Event(Version, Box<Event>),
    /// A signal that speaks of the contact.
    Signal(Version, Box<Signal>),
}

/// To the handles stage, under the handle's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HandleInput {
    /// A contact carries the handle; replaces what was said of the contact before.
    Carried(Box<Carried>),
    /// A contact no longer carries it; what was said up to this version is void.
    Dropped {
        /// The contact.
        name: ContactName,
        /// Up to this version.
        version: u64,
    },
    /// A `linked` or `unlinked` signal.
    Link(Link),
    /// What a signal said up to this version is void: a correction took it back.
    LinkVoid {
        /// The signal's source and key.
        event: (Text, Text),
        /// Up to this version.
        version: Version,
    },
    /// As [`HandleInput::Dropped`]; the contact was erased, and leaves nothing behind.
    Erased {
        /// The contact.
        name: ContactName,
        /// Up to this version.
        version: u64,
    },
    /// As [`HandleInput::Carried`], of a contact of which rules ask more.
    CarriedWith(Box<Carried>, Box<Inside>),
    /// A signal about no contact names the handle, and no unique id. The text is its key.
    Signal(Text, Box<Sent>),
    /// What the signal of a key said is void.
    SignalVoid(Text, Unsent),
}

/// A contact that carries a handle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The contact.
    pub name: ContactName,
    /// Counted by the contact's task alone.
    pub version: u64,
    /// The contact's start.
    pub started_at: Millis,
    /// The platform has checked the handle.
    pub verified: bool,
    /// The unique id that the contact states beside it: a sighting.
    pub owner: Option<Text>,
    /// The contact itself, if it knows no better than this handle.
    pub contact: Option<Box<Contact>>,
}

/// A unique id and a handle that a signal ties or unties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// The signal's source and key, by which a second delivery is known.
    pub event: (Text, Text),
    /// Its version: a correction of the signal replaces it.
    pub version: Version,
    /// The unique id.
    pub owner: Text,
    /// When.
    pub at: Millis,
    /// Tied, or untied.
    pub linked: bool,
}

/// To the customers stage, under the customer's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CustomerInput {
    /// The contact is this customer's.
    Upsert(Box<Upsert>),
    /// It no longer is; what was said up to this version is void.
    Retract {
        /// The contact.
        name: ContactName,
        /// Up to this version.
        version: u64,
        /// It is another customer's now; otherwise there is no such contact any more.
        moved: bool,
    },
    /// As [`CustomerInput::Retract`]; the contact was erased, and leaves nothing behind.
    Erased {
        /// The contact.
        name: ContactName,
        /// Up to this version.
        version: u64,
    },
    /// As [`CustomerInput::Upsert`], of a contact of which rules ask more.
    UpsertWith(Box<Upsert>, Box<Inside>),
    /// A signal about no contact is about this customer. The text is its key.
    Signal(Text, Box<Sent>),
    /// What the signal of a key said is void.
    SignalVoid(Text, Unsent),
}

/// A contact for its customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upsert {
    /// The contact.
    pub contact: Contact,
    /// Counted by the contact's task alone; handles pass it on unchanged.
    pub version: u64,
    /// How it came to this customer.
    pub resolved: Resolved,
    /// It was another customer's, or a handle's own, until now.
    pub moved: bool,
}

/// What an input did to a stage's state: the terms of the second equation of bad input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absorbed {
    /// It was new.
    New,
    /// It was new, and contradicts another version with the same update time.
    Conflicting,
    /// It was known: nothing changed.
    Duplicate,
    /// Not an event, so it does not enter the equation.
    Internal,
}
