//! Runs fault campaigns: `faults [--seeds N] [--first SEED] [--seed SEED] [--without WHAT] [--quiet]`.
//!
//! Exit status 0 if readers saw what the oracle says in every seed and everything that can go wrong
//! went wrong often enough; 1 if not; 2 if it was called wrongly.

use simulator::faults::{MINIMUM_PER_THOUSAND, Without, run_seed};
use simulator::seeds::{Judged, Words, run};
use std::cell::Cell;
use std::process::ExitCode;

const HELP: &str = "\
faults [--seeds N] [--first SEED] [--seed SEED] [--without WHAT] [--quiet]

    Runs the service on a simulated broker under crashes, pauses, rebalances, aborts and unknown
    outcomes, and compares what readers see in the end with the brute-force oracle.

    --seeds N        how many histories (default 100); it stops early once 10 of them differ
    --first SEED     the first of them (default 1)
    --seed SEED      this one alone
    --without WHAT   leaves out what makes it exact, so that it has to fail: fencing,
                     transactional-offsets, full-restores, resyncs, retention
    --quiet          without the table of faults; how often they occur is judged from 100 seeds on";

const WORDS: Words = Words {
    name: "faults",
    counted: "fault",
    width: 56,
    shown_max: 8,
    characters_max: 900,
    help: HELP,
};

fn main() -> ExitCode {
    let without = Cell::new(None);
    run(
        &WORDS,
        MINIMUM_PER_THOUSAND.iter().copied(),
        |option, given| {
            if option != "--without" {
                return Ok(false);
            }
            let word = given.next().ok_or("--without needs a value")?;
            let known = Without::ALL.into_iter().find(|one| one.name() == word);
            without.set(Some(known.ok_or(format!("--without {word}: unknown"))?));
            Ok(true)
        },
        || {
            let without = without.get();
            move |seed| judge(seed, without)
        },
    )
}

fn judge(seed: u64, without: Option<Without>) -> Result<Judged, String> {
    let outcome = run_seed(seed, without)?;
    let mut wrong = outcome.broken;
    wrong.extend(outcome.differences.iter().map(ToString::to_string));
    Ok(Judged {
        rows: outcome.rows,
        occurred: outcome.occurred,
        wrong,
        story: Vec::new(),
    })
}
