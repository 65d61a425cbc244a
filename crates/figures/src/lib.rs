//! The figures (`docs/semantics.md`, 15): what contacts, sessions and journeys add up to.
//!
//! A customer's settled rows are turned into *contributions*, which are whole numbers under keys. A
//! [`Sheet`] adds them up and takes them back; sheets of several tasks add up to the sheet of all.
//! Everything that is shown, rates, histograms, samples, is read from a sheet's sums at the end.
//!
//! Invariant: decides nothing about a contact; it only counts what a stage has decided. A number
//! that is added can be taken back, and the order in which that happens leaves no trace.

mod compare;
mod contributions;
mod customer;
mod difference;
mod dimension;
mod entry;
mod facts;
mod histogram;
mod key;
mod ledger;
mod pairs;
mod reading;
mod samples;
mod sheet;
mod table;
mod volume;

pub use compare::{
    Around, MATCHING_DAYS_MAX, MATCHING_DAYS_MIN, Normal, Series, around, normal, same_age,
};
pub use contributions::Contributions;
pub use customer::{Before, Figures, SessionFacts, Told};
pub use difference::Difference;
pub use dimension::{DIMENSIONS, Dimension, Family};
pub use entry::Entry;
pub use facts::{Facts, Neighbour};
pub use histogram::{BOUNDS_MS, bucket_of, bucket_text};
pub use key::{Counts, Group, Key, Slot};
pub use ledger::{Ledger, Row, When};
pub use samples::{SAMPLES_MAX, Sample, SampleKey, Sampled};
pub use sheet::{Sheet, SheetError, VALUES_HELD_MAX};
pub use table::{Figure, FigureRow, SampleRow};

use calendar::Calendar;
use model::Readings;

/// What the tenant configures of the figures.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The centre's calendar: dates, hours and days off.
    pub calendar: Calendar,
    /// The readings.
    pub readings: Readings,
    /// Dimensions by which figures are broken down.
    pub families: Vec<Family>,
    /// Threshold of the share answered, for each channel in order of [`model::Channel::ALL`],
    /// milliseconds.
    pub answer_within_ms: [Option<i64>; 5],
}
