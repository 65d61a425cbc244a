//! Prints a campaign: its configuration, its features and its records.
//!
//! `cargo run -p simulator --example campaign -- 17`

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let seed = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let campaign = simulator::workload::campaign::campaign(seed);
    let mut out = io::stdout().lock();
    for line in campaign.config.lines() {
        writeln!(out, "# {line}")?;
    }
    for (feature, count) in &campaign.features {
        writeln!(out, "# {feature} {count}")?;
    }
    for record in &campaign.events {
        writeln!(out, "{}", record.json)?;
    }
    Ok(())
}
