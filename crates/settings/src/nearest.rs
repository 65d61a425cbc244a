//! The name that was probably meant.

pub(crate) use rules::nearest::{did_you_mean, nearest};
