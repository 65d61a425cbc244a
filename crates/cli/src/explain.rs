//! `ricochet explain`: under construction in this commit series.

use crate::args::Explain;
use anyhow::Result;

/// Runs the command.
pub fn run(_explain: &Explain) -> Result<u8> {
    Ok(0)
}
