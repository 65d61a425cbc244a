//! What operators see of a process: metrics, logs, health.
//!
//! A stage's thread puts its latest [`worker::service::Stats`] into [`Slots`]; everything else
//! is read from there when somebody asks: [`Metrics`] turns them into what Prometheus scrapes,
//! [`Slots::readiness`] into what an orchestrator waits for. So a stage never waits for a
//! metric, and a metric never says what is not committed.
//!
//! Invariant: the only crate that knows Prometheus and how logs are written. Every metric's name
//! stands in `names.rs`, and labels come from closed or configured sets, never from input.
//! Knows no broker, and decides nothing.

mod collect;
mod families;
pub mod http;
mod labels;
mod logs;
mod names;
mod readiness;
mod slots;

#[cfg(test)]
mod tests;

pub use collect::Metrics;
pub use labels::Labels;
pub use logs::{Format, LogsError, logs};
pub use readiness::{Readiness, StageReadiness};
pub use slots::Slots;
