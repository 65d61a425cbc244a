//! Seeded workloads: canonical events as JSON lines, and the configuration text that goes with them.
//!
//! - [`campaign`]: small adversarial histories, to compare the engine with the oracle record by record.
//! - [`day`]: a believable day of a brand, for the demo and for load tests.
//! - [`lasting`]: histories of a year, many times longer than anything is kept.
//! - [`yardstick`]: the fixed job that every engine is measured with.
//!
//! Invariant: everything is a function of its seed and options. No clock, no random map order, and
//! no crate of the engine: a workload only writes what a source system would write.

pub mod campaign;
pub mod day;
pub(crate) mod dice;
pub mod lasting;
mod line;
mod record;
pub mod yardstick;

pub use record::{Record, double, shuffle};
