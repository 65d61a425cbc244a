//! Runs campaigns: `campaign [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]`.
//!
//! Exit status 0 if the engine agreed with the oracle in every row of every seed and every feature
//! occurred often enough; 1 if not; 2 if it was called wrongly.

use simulator::campaign::{run_seed, story_of};
use simulator::seeds::{Judged, Words, run};
use simulator::workload::campaign::minimum_per_thousand;
use std::cell::Cell;
use std::process::ExitCode;

const HELP: &str = "\
campaign [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]

    Runs generated histories through the engine in every way that it can be run, and compares every
    row and figure with the brute-force oracle.

    --seeds N      how many histories (default 100); it stops early once 10 of them differ
    --first SEED   the first of them (default 1)
    --seed SEED    this one alone
    --show         with the first difference of each seed, the records that it is about
    --quiet        without the table of features; how often they occur is judged from 100 seeds on";

const WORDS: Words = Words {
    name: "campaign",
    counted: "feature",
    width: 44,
    shown_max: 12,
    // `--show` prints the first difference whole.
    characters_max: 700,
    help: HELP,
};

fn main() -> ExitCode {
    let shows = Cell::new(false);
    run(
        &WORDS,
        minimum_per_thousand(),
        |option, _| {
            shows.set(shows.get() || option == "--show");
            Ok(option == "--show")
        },
        || {
            let shows = shows.get();
            move |seed| judge(seed, shows)
        },
    )
}

fn judge(seed: u64, shows: bool) -> Result<Judged, String> {
    let outcome = run_seed(seed)?;
    let differences = outcome.differences.iter();
    let wrong = differences.map(|(way, difference)| format!("{way:?}: {difference}"));
    let first = outcome.differences.first().filter(|_| shows);
    Ok(Judged {
        rows: outcome.rows,
        wrong: wrong.collect(),
        story: first.map_or_else(Vec::new, |(_, first)| story_of(seed, first)),
        occurred: outcome.features,
    })
}
