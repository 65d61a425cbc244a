//! The door: lets a decoded record in, or says why not.
//!
//! It normalises, blocks and hashes identifiers, maps codes, checks clocks, and says under which key
//! a record goes on.
//!
//! Invariant: no state but clocks, counts and a bounded cache; one record never changes another.
//! Invariant: nothing raw of an identifier leaves it, not even in a refusal's detail.

mod clocks;
mod codes;
mod door;
mod identify;
mod numbers;
mod output;
mod second;
mod settings;
mod tables;

pub use canonical::Decoded;
pub use clocks::{Clocks, Counts};
pub use door::{Door, DoorError, EARLIEST, SECRET_BYTES_MIN};
pub use output::{Output, Place, SignalRoute};
pub use second::SecondHash;
pub use settings::{
    DispositionRow, Pseudonymise, QueueRow, ReasonRow, Secret, Settings, SourceSettings, StepMatch,
    StepRow, Tables,
};
