//! The words of the product: events, signals, contacts, readings, verdicts, alerts.
//!
//! Everything else in the workspace speaks in these types.
//!
//! Invariant: no I/O, no clock, no randomness. Nothing here decides; it only names.
//! Invariant: a value of these types holds no raw personal identifier once it has left the door.

mod alert;
mod contact;
mod erasure;
mod event;
mod identity;
mod inside;
mod journey;
mod message;
mod money;
mod now;
mod packed;
mod reading;
mod refusal;
mod result;
mod stage;
mod terms;
mod time;
mod words;

pub use alert::{Alert, AlertStatus, SourceSilent};
pub use contact::{Contact, ContactName, EndKind, Reason, Step};
pub use erasure::{Forget, Forgotten, Known, Memory};
pub use event::{Event, Field, Kind, Signal, SignalName, Value, Version, event_hash, signal_hash};
pub use identity::{Confidence, Identifier, Resolved};
pub use inside::{Inside, Kept, Sent, Signals, Told, Unsent};
pub use journey::{EnteredBy, Journey};
pub use message::{Absorbed, Carried, ContactInput, CustomerInput, HandleInput, Link, Upsert};
pub use money::Money;
pub use now::{Brings, Clock, Deadlines, Now, Reached, Wait};
pub use reading::{ChannelSet, Mode, Reading, Readings, Scope};
pub use refusal::{IgnoredWhy, RejectedReason};
pub use result::{Class, ContactResult, PriorRole, ReadingResult, Roles, Session, Status, Verdict};
pub use stage::Stage;
pub use terms::{Term, Terms};
pub use time::Millis;
pub use words::{Channel, Direction, Initiation, Outcome, Provenance, StepStatus};

/// Short text, kept inline up to 24 bytes: ids, names, codes. Empty means unknown.
pub type Text = compact_str::CompactString;
