//! The live board's side of the server: keeps what the output tables say, within limits, and answers
//! what people ask of it.
//!
//! [`views`] is the contract with whoever shows it: plain values, no markup and no sentence in any
//! language.
//!
//! Invariant: decides nothing about a contact; it only shows what stages have decided.
//! Invariant: keeps no customer's key, only a hash of it; none stands in a view, a URL or a log.

mod board;
mod events;
pub mod http;
mod kept;
mod look;
mod rows;
mod settings;
pub mod views;

pub use board::{Board, Clock, Record};
pub use kept::{Capacity, Kept, Mistake, Table};
pub use look::NoSuchReading;
pub use settings::{Reading, Settings};
