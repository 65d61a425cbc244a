//! `ricochet run` on a real Apache Kafka: what it says is what `replay` says of the same events.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

mod avro;
mod configuration;
mod dashboards;
mod data_sets;
mod deployment;
mod erase;
mod faults;
mod figures;
mod login;
mod outages;
mod rows;
mod settles;
mod standstill;
mod time;
