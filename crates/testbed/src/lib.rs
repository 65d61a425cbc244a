//! What tests and benchmarks run against: real servers, started on this machine for one test
//! program and gone with it.
//!
//! Invariant: nothing of the product depends on this crate, only tests and benchmarks do.
//! Invariant: it knows nothing of Ricochet: topics, records and processes only.
//! Invariant: everything listens on 127.0.0.1 and writes into a folder of its own, so that any
//! number of servers run side by side.

mod broker;
mod certificates;
mod process;
mod prometheus;
mod registry;
pub mod topics;

pub use broker::{Broker, Cluster, kafka_jars};
pub use certificates::Certificates;
pub use prometheus::{Prometheus, prometheus_server};
pub use registry::{Registry, registry_folder};
