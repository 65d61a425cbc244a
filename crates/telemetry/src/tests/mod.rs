//! Tests of the whole crate.

mod documentation;
mod equality;
mod exposition;
mod promtool;
mod samples;
mod server;
