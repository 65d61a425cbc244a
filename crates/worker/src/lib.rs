//! The life of a task, and the in-memory ports on which all stages run without a broker.
//!
//! There are two ways to run the same stages. [`History`] takes a whole history, stage by stage and
//! key by key, and says what is true at its end: `replay`. [`Live`] takes records as they come,
//! keeps the state of every task and tells every change: `demo`, and the simulator's schedules.
//! Both end in the same settled result, because a stage's result is a function of what it was told,
//! never of when.
//!
//! Invariant: knows no broker, no file format, no metric.

mod engine;
mod history;
mod live;
mod queue;
pub mod service;

pub use engine::{Counts, Engine, Refused};
pub use history::{Bucket, Feed, History, Progress, Settled, Traced, Visit, horizon};
pub use live::{Live, Partitions, Told};
pub use queue::QueueError;
