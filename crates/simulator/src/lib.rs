//! Seeded workloads, the brute-force oracle, and the campaigns that compare the engine with it.
//!
//! Invariant: `oracle` uses nothing of the engine's crates. It is written from `docs/semantics.md`
//! alone, so that a mistake would have to be made twice to go unseen.

pub mod broker;
pub mod campaign;
pub mod faults;
pub mod journeys;
pub mod monitor;
pub mod oracle;
pub mod seeds;
pub mod workload;
