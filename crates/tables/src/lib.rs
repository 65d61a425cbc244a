//! Results as rows of the output tables, as records on Kafka, and as the figures of the summary.
//!
//! Invariant: decides nothing; every value in a row was computed by a stage.

mod figures;
mod records;
mod rows;
mod summary;
mod verdicts;

pub use self::figures::{figure, figure_name, sample, sample_name};
pub use records::{DeadLetter, RECORD_SCHEMAS, Records};
pub use rows::{
    Names, alert, broken_journey, contact, dead_letter, journey, marker, session, source_silent,
};
pub use summary::{ReadingFigures, Reason, Summary};
pub use verdicts::{Verdicts, verdicts};
