//! `ricochet demo`: under construction in this commit series.

use crate::args::Demo;
use anyhow::Result;

/// Runs the command.
pub fn run(_demo: &Demo) -> Result<u8> {
    Ok(0)
}
