//! Settled results as rows of the output tables, and as the figures of the summary.
//!
//! Invariant: decides nothing; every value in a row was computed by a stage.

mod rows;
mod summary;
mod verdicts;

pub use rows::{Names, alert, contact, dead_letter, marker, session};
pub use summary::{ReadingFigures, Reason, Summary};
pub use verdicts::{Verdicts, verdicts};
