//! Runs campaigns: `campaign [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]`.
//!
//! Exit status 0 if the engine agreed with the oracle in every row of every seed and every feature
//! occurred often enough; 1 if not; 2 if it was called wrongly.

use simulator::campaign::{Outcome, run_seed, story_of};
use simulator::workload::campaign::minimum_per_thousand;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;

/// Seeds whose differences are printed. With so many, no further seed is begun.
const FAILED_MAX: usize = 10;
/// Differences of a seed that are printed.
const SHOWN_MAX: usize = 12;
/// How often features occur is judged from so many seeds on; in fewer, chance decides.
const SEEDS_JUDGED_MIN: u64 = 100;
/// Characters of a difference that are printed; `--show` prints the first one whole.
const CHARACTERS_MAX: usize = 700;

const HELP: &str = "\
campaign [--seeds N] [--first SEED] [--seed SEED] [--show] [--quiet]

    Runs generated histories through the engine in every way that it can be run, and compares every
    row and figure with the brute-force oracle.

    --seeds N      how many histories (default 100); it stops early once 10 of them differ
    --first SEED   the first of them (default 1)
    --seed SEED    this one alone
    --show         with the first difference of each seed, the records that it is about
    --quiet        without the table of features; how often they occur is judged from 100 seeds on";

struct Arguments {
    seeds: u64,
    first: u64,
    show: bool,
    quiet: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        seeds: 100,
        first: 1,
        show: false,
        quiet: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut number = || -> Result<u64, String> {
            let text = given.next().ok_or(format!("{name} needs a number"))?;
            text.parse()
                .map_err(|_| format!("{name} {text}: not a number"))
        };
        match name.as_str() {
            "--seeds" => arguments.seeds = number()?,
            "--first" => arguments.first = number()?,
            "--seed" => {
                (arguments.first, arguments.seeds) = (number()?, 1);
            }
            "--show" => arguments.show = true,
            "--quiet" => arguments.quiet = true,
            _ => return Err(format!("{name}: unknown\n\n{HELP}")),
        }
    }
    Ok(arguments)
}

fn main() -> ExitCode {
    if std::env::args()
        .skip(1)
        .any(|argument| argument == "--help")
    {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("campaign: {problem}");
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
                    let outcome = run_seed(seed);
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
    failed: BTreeMap<u64, Failure>,
    /// For each feature, how often it occurred and in how many seeds.
    features: BTreeMap<&'static str, (u64, u64)>,
}

/// A seed with differences.
struct Failure {
    lines: Vec<String>,
    /// The first difference and the records that it is about.
    story: Vec<String>,
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Result<Outcome, String>) {
        self.seeds += 1;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(problem) => {
                self.failed.insert(
                    seed,
                    Failure {
                        lines: vec![problem],
                        story: vec![],
                    },
                );
                return;
            }
        };
        self.rows += outcome.rows;
        for (feature, count) in outcome.features {
            let entry = self.features.entry(feature).or_default();
            entry.0 += count;
            entry.1 += u64::from(count > 0);
        }
        if let Some((_, first)) = outcome.differences.first() {
            let story = story_of(seed, first);
            let differences = outcome.differences.iter();
            let lines = differences.map(|(way, difference)| format!("{way:?}: {difference}"));
            self.failed.insert(
                seed,
                Failure {
                    lines: lines.collect(),
                    story,
                },
            );
        }
    }

    /// One line that is written over, on a terminal only.
    fn say_progress(&self, of: u64) {
        let mut out = std::io::stderr();
        if of > 1 && out.is_terminal() {
            let end = if self.seeds == of { "\n" } else { "" };
            // A terminal that is gone is no reason to stop.
            let _ = write!(
                out,
                "\r{}/{of} seeds, {} differ{end}",
                self.seeds,
                self.failed.len()
            );
            let _ = out.flush();
        }
    }

    fn print(&self, arguments: &Arguments) -> ExitCode {
        if !arguments.quiet {
            println!("{:<44} {:>10} {:>7}", "feature", "times", "seeds");
            for (feature, (times, seeds)) in &self.features {
                println!("{feature:<44} {times:>10} {seeds:>7}");
            }
        }
        for (seed, failure) in self.failed.iter().take(FAILED_MAX) {
            println!("seed {seed}: {} differences", failure.lines.len());
            for line in failure.lines.iter().take(SHOWN_MAX) {
                println!(
                    "  {}",
                    line.chars().take(CHARACTERS_MAX).collect::<String>()
                );
            }
            if arguments.show {
                failure.story.iter().for_each(|line| println!("  | {line}"));
            }
        }
        let stopped = self.seeds < arguments.seeds;
        let rare = if self.seeds < SEEDS_JUDGED_MIN {
            vec![]
        } else {
            self.rare()
        };
        for line in &rare {
            println!("{line}");
        }
        if stopped {
            println!("stopped after {} of {} seeds", self.seeds, arguments.seeds);
        }
        println!(
            "{} seeds, {} rows compared, {} seeds differ, {} features too rare",
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

    /// Features that occurred in fewer seeds than they must, or this campaign proves too little.
    fn rare(&self) -> Vec<String> {
        let seen = |feature: &str| self.features.get(feature).map_or(0, |(_, seeds)| *seeds);
        minimum_per_thousand()
            .map(|(feature, minimum)| (feature, seen(feature), minimum * self.seeds / 1000))
            .filter(|(_, seen, wanted)| seen < wanted)
            .map(|(feature, seen, wanted)| {
                format!("feature {feature}: in {seen} seeds, wanted {wanted}")
            })
            .collect()
    }
}
