//! What the door is told of a record, and what it says.

use model::{Event, IgnoredWhy, Millis, RejectedReason, Signal, Text, Version};

/// Where a record comes from.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Source of the topic or file, for records that name none; empty: the configured default.
    pub source: &'a str,
    /// The partition, numbered over all topics or files: clocks are kept for each source in it.
    pub partition: u32,
    /// When the record was written to its log; `None` in a file.
    pub recorded_at: Option<Millis>,
    /// Whether lateness acts: in a live log, and in files read as they arrived.
    pub lateness: bool,
}

/// What became of a decoded record.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// An event, for the stage of contacts.
    Event {
        /// The contact's key.
        key: Text,
        /// Which of two statements holds.
        version: Version,
        /// What it says; identifiers normalised, hashed, one of a type, in order; codes mapped.
        event: Box<Event>,
    },
    /// A signal.
    Signal {
        /// Whom it is for.
        route: SignalRoute,
        /// Which of two statements holds.
        version: Version,
        /// What it says; identifiers as an event's.
        signal: Box<Signal>,
    },
    /// A sound record that is of no use.
    Ignored {
        /// Why.
        why: IgnoredWhy,
    },
    /// A record that cannot be used.
    Rejected {
        /// Why.
        reason: RejectedReason,
        /// The field, what was expected and, where it cannot be personal, what was found.
        detail: String,
    },
    /// It is older than its partition's clock by more than its source's acceptance.
    TooLate,
}

/// Whom a signal is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalRoute {
    /// The contact of this key.
    Contact(Text),
    /// The customer of this unique id, as `type:value`.
    Customer(Text),
    /// Whoever the handle belongs to, as `type:value`.
    Handle(Text),
    /// Each of these handles, as `type:value`: it ties them to unique ids, or unties them.
    Links(Vec<Text>),
    /// Every task of every stage: an erasure.
    Everyone,
    /// Nobody in particular: a marker.
    Marker,
    /// It names nobody whom it could be for.
    Nobody,
}
