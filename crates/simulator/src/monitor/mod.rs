//! The monitor's statistics by simulation: how often it is wrong, and how soon it is right.
//!
//! [`traffic`] makes entries that break, with swings over the week; [`runs`] lets the stage of the
//! engine watch them; [`verdict`] compares what came of it with what is promised; [`curves`] draws
//! it for the documentation.

pub mod curves;
pub mod runs;
pub mod traffic;
pub mod verdict;
