//! Runs random journey rules: `rules [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]`.
//!
//! Exit status 0 if the matcher agreed with the brute force of the oracle on every entry of every
//! seed and everything occurred often enough; 1 if not; 2 if it was called wrongly.

use simulator::journeys::{MINIMUM_PER_THOUSAND, run_seed};
use simulator::seeds::{Words, run};
use std::cell::Cell;
use std::process::ExitCode;

const HELP: &str = "\
rules [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]

    Matches random journey rules, and the built-in ones, against random customers at random times, and
    compares every entry with the brute-force oracle.

    --seeds N      how many (default 100); it stops early once 10 of them differ
    --first SEED   the first of them (default 1)
    --seed SEED    this one alone
    --show         the rules and the customer of the first difference of each seed
    --quiet        without the table of what occurred; it is judged from 100 seeds on";

const WORDS: Words = Words {
    name: "rules",
    counted: "case",
    width: 30,
    shown_max: 6,
    characters_max: 700,
    help: HELP,
};

fn main() -> ExitCode {
    let shows = Cell::new(false);
    run(
        &WORDS,
        MINIMUM_PER_THOUSAND.iter().copied(),
        |option, _| {
            shows.set(shows.get() || option == "--show");
            Ok(option == "--show")
        },
        || {
            let shows = shows.get();
            move |seed| {
                let mut judged = run_seed(seed)?;
                if !shows {
                    judged.story.clear();
                }
                Ok(judged)
            }
        },
    )
}
