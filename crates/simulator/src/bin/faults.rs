//! Runs fault campaigns: `faults [--seeds N] [--first SEED] [--seed SEED] [--without WHAT] [--quiet]`.
//!
//! Exit status 0 if readers saw what the oracle says in every seed and everything that can go wrong
//! went wrong often enough; 1 if not; 2 if it was called wrongly.

use simulator::faults::{MINIMUM_PER_THOUSAND, Outcome, Without, run_seed};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;

/// Seeds whose differences are printed. With so many, no further seed is begun.
const FAILED_MAX: usize = 10;
/// Differences of a seed that are printed.
const SHOWN_MAX: usize = 8;
/// How often faults occur is judged from so many seeds on; in fewer, chance decides.
const SEEDS_JUDGED_MIN: u64 = 100;
/// Characters of a difference that are printed.
const CHARACTERS_MAX: usize = 900;

const HELP: &str = "\
faults [--seeds N] [--first SEED] [--seed SEED] [--without WHAT] [--quiet]

    Runs the service on a simulated broker under crashes, pauses, rebalances, aborts and unknown
    outcomes, and compares what readers see in the end with the brute-force oracle.

    --seeds N        how many histories (default 100); it stops early once 10 of them differ
    --first SEED     the first of them (default 1)
    --seed SEED      this one alone
    --without WHAT   leaves out what makes it exact, so that it has to fail: fencing,
                     transactional-offsets, full-restores, resyncs
    --quiet          without the table of faults; how often they occur is judged from 100 seeds on";

struct Arguments {
    seeds: u64,
    first: u64,
    without: Option<Without>,
    quiet: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        seeds: 100,
        first: 1,
        without: None,
        quiet: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        let number = |text: String| -> Result<u64, String> {
            text.parse().map_err(|_| format!("{text}: not a number"))
        };
        match name.as_str() {
            "--seeds" => arguments.seeds = number(value()?)?,
            "--first" => arguments.first = number(value()?)?,
            "--seed" => (arguments.first, arguments.seeds) = (number(value()?)?, 1),
            "--without" => {
                let word = value()?;
                let known = Without::ALL.into_iter().find(|one| one.name() == word);
                arguments.without = Some(known.ok_or(format!("--without {word}: unknown"))?);
            }
            "--quiet" => arguments.quiet = true,
            _ => return Err(format!("{name}: unknown\n\n{HELP}")),
        }
    }
    Ok(arguments)
}

fn main() -> ExitCode {
    if std::env::args().skip(1).any(|one| one == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("faults: {problem}");
            return ExitCode::from(2);
        }
    };
    let last = arguments.first + arguments.seeds;
    let next = Mutex::new(arguments.first);
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = take(&next, last) {
                    let outcome = run_seed(seed, arguments.without);
                    let mut total = total.lock().expect("no thread panics with it");
                    total.add(seed, outcome);
                    total.say_progress(arguments.seeds);
                    if total.failed.len() >= FAILED_MAX {
                        break;
                    }
                }
            });
        }
    });
    let total = total.into_inner().expect("no thread panics with it");
    total.print(&arguments)
}

fn take(next: &Mutex<u64>, last: u64) -> Option<u64> {
    let mut next = next.lock().expect("no thread panics with it");
    (*next < last).then(|| {
        *next += 1;
        *next - 1
    })
}

#[derive(Default)]
struct Total {
    seeds: u64,
    rows: u64,
    /// By seed, what is not as it has to be.
    failed: BTreeMap<u64, Vec<String>>,
    /// For each fault, how often it occurred and in how many seeds.
    occurred: BTreeMap<&'static str, (u64, u64)>,
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Result<Outcome, String>) {
        self.seeds += 1;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(problem) => {
                self.failed.insert(seed, vec![problem]);
                return;
            }
        };
        self.rows += outcome.rows;
        for (what, count) in &outcome.occurred {
            let entry = self.occurred.entry(what).or_default();
            entry.0 += count;
            entry.1 += u64::from(*count > 0);
        }
        if !outcome.is_sound() {
            let mut lines = outcome.broken;
            lines.extend(outcome.differences.iter().map(ToString::to_string));
            self.failed.insert(seed, lines);
        }
    }

    /// One line that is written over, on a terminal only.
    fn say_progress(&self, of: u64) {
        let mut out = std::io::stderr();
        if of > 1 && out.is_terminal() {
            let end = if self.seeds == of { "\n" } else { "" };
            let (seeds, failed) = (self.seeds, self.failed.len());
            // A terminal that is gone is no reason to stop.
            let _ = write!(out, "\r{seeds}/{of} seeds, {failed} differ{end}");
            let _ = out.flush();
        }
    }

    fn print(&self, arguments: &Arguments) -> ExitCode {
        if !arguments.quiet {
            println!("{:<56} {:>10} {:>7}", "fault", "times", "seeds");
            for (what, (times, seeds)) in &self.occurred {
                println!("{what:<56} {times:>10} {seeds:>7}");
            }
        }
        for (seed, lines) in self.failed.iter().take(FAILED_MAX) {
            println!("seed {seed}: {} differences", lines.len());
            for line in lines.iter().take(SHOWN_MAX) {
                let line: String = line.chars().take(CHARACTERS_MAX).collect();
                println!("  {line}");
            }
        }
        let rare = self.rare();
        rare.iter().for_each(|line| println!("{line}"));
        if self.seeds < arguments.seeds {
            println!("stopped after {} of {} seeds", self.seeds, arguments.seeds);
        }
        println!(
            "{} seeds, {} rows compared, {} seeds differ, {} faults too rare",
            self.seeds,
            self.rows,
            self.failed.len(),
            rare.len()
        );
        if self.failed.is_empty() && rare.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Faults that occurred in fewer seeds than they must, or this campaign proves too little.
    fn rare(&self) -> Vec<String> {
        if self.seeds < SEEDS_JUDGED_MIN {
            return vec![];
        }
        let seen = |what: &str| self.occurred.get(what).map_or(0, |(_, seeds)| *seeds);
        MINIMUM_PER_THOUSAND
            .iter()
            .map(|(what, minimum)| (what, seen(what), minimum * self.seeds / 1000))
            .filter(|(_, seen, wanted)| seen < wanted)
            .map(|(what, seen, wanted)| format!("fault {what}: in {seen} seeds, wanted {wanted}"))
            .collect()
    }
}
