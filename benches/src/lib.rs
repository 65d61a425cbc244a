//! What the benchmarks share: the yardstick's events as the Avro records of their channels.
//!
//! Nothing here is a test: figures depend on the machine, and are printed, never asserted.

pub mod avro;
