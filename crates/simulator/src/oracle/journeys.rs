//! Semantics §10: journey rules, by trying every moment.

mod read;
mod settle;

use std::collections::BTreeMap;

pub use read::{Rule, Step, Way, kinds, read};
pub use settle::{Broken, Entry, Place, broken, entries};

/// What happens inside a contact.
#[derive(Clone, Debug, Default)]
pub struct Happening {
    /// UTC milliseconds.
    pub at: i64,
    /// The event's kind.
    pub kind: Option<String>,
    /// The service step.
    pub step: Option<String>,
    /// How far it went.
    pub status: Option<String>,
    /// The page.
    pub page: Option<String>,
}

/// A contact of the customer.
#[derive(Clone, Debug, Default)]
pub struct Contact {
    /// Its id.
    pub id: String,
    /// Its channel.
    pub channel: String,
    /// Its source.
    pub source: String,
    /// UTC milliseconds.
    pub start: i64,
    /// UTC milliseconds.
    pub end: i64,
    /// It is still going on.
    pub is_open: bool,
    /// It opened at all.
    pub has_opened: bool,
    /// Role follower.
    pub follower: bool,
    /// Made by a machine.
    pub automatic: bool,
    /// `medium direction initiation outcome disposition reason tier party page thread` and
    /// `attributes.NAME`, where known.
    pub texts: BTreeMap<String, String>,
    /// Milliseconds.
    pub wait: Option<i64>,
    /// Number of legs.
    pub legs: i64,
    /// In millionths.
    pub score: Option<i64>,
    /// UTC milliseconds.
    pub due_at: Option<i64>,
    /// Service steps and kept events, in order of time; steps first.
    pub inside: Vec<Happening>,
}

/// A signal of the customer.
#[derive(Clone, Debug, Default)]
pub struct Signal {
    /// Its event's id.
    pub id: String,
    /// What it says.
    pub name: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Its source.
    pub source: String,
    /// Its channel.
    pub channel: Option<String>,
    /// The place of its contact.
    pub contact: Option<usize>,
    /// It is one of several copies.
    pub is_copy: bool,
    /// UTC milliseconds.
    pub due_at: Option<i64>,
    /// `purpose` and `attributes.NAME`.
    pub texts: BTreeMap<String, String>,
    /// In millionths.
    pub score: Option<i64>,
    /// In millionths.
    pub amount: Option<i64>,
}

/// One customer.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// Signals.
    pub signals: Vec<Signal>,
}

/// How far a source has come.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The source.
    pub name: String,
    /// Channels and signals that can come from it.
    pub brings: Vec<String>,
    /// UTC milliseconds.
    pub seen: i64,
    /// UTC milliseconds.
    pub settled: i64,
    /// It is silent from this instant on.
    pub silent_from: Option<i64>,
}
