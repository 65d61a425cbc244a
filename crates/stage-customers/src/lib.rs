//! Under construction in the same commit series: the settings first.

mod settings;

pub use settings::*;
