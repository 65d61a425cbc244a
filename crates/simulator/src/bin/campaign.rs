//! Runs campaigns: `campaign --seeds N [--first SEED] [--quiet]`.
//!
//! Exit status 0 if the engine agreed with the oracle in every row of every seed and every feature
//! occurred often enough; 1 if not.

use simulator::campaign::{Outcome, run_seed};
use simulator::workload::campaign::FEATURES;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;

/// Every feature must occur in so many of a hundred seeds, or the campaign proves too little.
const FEATURE_MIN_PER_HUNDRED: u64 = 1;
/// Differences of a seed that are printed.
const SHOWN_MAX: usize = 12;

struct Arguments {
    seeds: u64,
    first: u64,
    quiet: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments { seeds: 100, first: 1, quiet: false };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut number = || -> Result<u64, String> {
            let text = given.next().ok_or(format!("{name} needs a number"))?;
            text.parse().map_err(|_| format!("{name} {text}: not a number"))
        };
        match name.as_str() {
            "--seeds" => arguments.seeds = number()?,
            "--first" => arguments.first = number()?,
            "--quiet" => arguments.quiet = true,
            _ => return Err(format!("{name}: allowed are --seeds N, --first SEED, --quiet")),
        }
    }
    Ok(arguments)
}

fn main() -> ExitCode {
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
                    total.lock().expect("no thread panics with it").add(seed, outcome);
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
    failed: BTreeMap<u64, Vec<String>>,
    /// For each feature, how often it occurred and in how many seeds.
    features: BTreeMap<&'static str, (u64, u64)>,
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Result<Outcome, String>) {
        self.seeds += 1;
        match outcome {
            Err(problem) => {
                self.failed.insert(seed, vec![problem]);
            }
            Ok(outcome) => {
                self.rows += outcome.rows;
                for (feature, count) in outcome.features {
                    let entry = self.features.entry(feature).or_default();
                    entry.0 += count;
                    entry.1 += u64::from(count > 0);
                }
                if !outcome.differences.is_empty() {
                    let differences = outcome.differences.iter();
                    let lines = differences.map(|(way, difference)| format!("{way:?}: {difference}"));
                    self.failed.insert(seed, lines.collect());
                }
            }
        }
    }

    fn print(&self, arguments: &Arguments) -> ExitCode {
        if !arguments.quiet {
            println!("{:<44} {:>10} {:>7}", "feature", "times", "seeds");
            for (feature, (times, seeds)) in &self.features {
                println!("{feature:<44} {times:>10} {seeds:>7}");
            }
        }
        for (seed, lines) in self.failed.iter().take(10) {
            println!("seed {seed}: {} differences", lines.len());
            for line in lines.iter().take(SHOWN_MAX) {
                println!("  {}", line.chars().take(700).collect::<String>());
            }
        }
        let wanted = FEATURE_MIN_PER_HUNDRED * (arguments.seeds / 100);
        let seen = |feature: &&str| self.features.get(feature).map_or(0, |(_, seeds)| *seeds);
        let rare: Vec<&&str> = FEATURES.iter().filter(|feature| seen(feature) < wanted).collect();
        for feature in &rare {
            println!("feature {feature}: in {} seeds, wanted {wanted}", seen(feature));
        }
        println!(
            "{} seeds, {} rows compared, {} seeds differ, {} features too rare",
            self.seeds,
            self.rows,
            self.failed.len(),
            rare.len()
        );
        if self.failed.is_empty() && rare.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
