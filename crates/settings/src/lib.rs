//! The configuration: from a TOML file and the environment to what the stages take.
//!
//! It comes in three steps. *As typed*: built-in defaults, file and environment are laid over each
//! other, each key is compared with [`KEYS`] (its type, its range, or that it is none), and serde
//! makes structs of it. *Checked*: what is right by itself may contradict something else. *As
//! meant*: [`Meant`] holds the settings of each stage, in milliseconds and resolved names.
//!
//! The `config` package lays layers over each other too, but it forgets in which line a value stood,
//! takes numbers for texts, and makes environment names lower-case (sources and topics are not). So
//! the layers here are tables of the `toml` package, which keep the place of everything.
//!
//! Invariant: every mistake is an error with its place; nothing is passed over or guessed.
//! Invariant: no stage reads a file or the environment; what it needs comes out of here.
//! Invariant: draws no randomness and reads no clock: who runs a stage does.

mod codes;
mod describe;
mod duration;
mod engine;
mod examine;
mod keys;
mod layers;
mod link;
mod loaded;
mod meant;
mod nearest;
mod problem;
mod reference;
mod secret;
mod typed;

pub use calendar::duration_text;
pub use keys::{KEYS, Key, Kind, LeftOut};
pub use link::ContactLink;
pub use loaded::Loaded;
pub use meant::{Http, Identifiers, Import, Kafka, Language, Meant, Source, Sources, Topic};
pub use problem::{Place, Problem, Problems, SettingsError};
pub use reference::reference;
