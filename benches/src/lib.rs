//! What the benchmarks share: time on a processor, the table that is printed, and the yardstick's
//! events as the Avro records of their channels.
//!
//! Nothing here is a test: figures depend on the machine, and are printed, never asserted.

pub mod avro;
pub mod clock;
pub mod table;
