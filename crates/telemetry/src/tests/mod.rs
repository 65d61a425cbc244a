//! Tests of the whole crate.

mod equality;
