//! What every campaign does with its seeds: reads how many are asked for, runs them on all
//! processors, counts what occurred, and says at the end what is wrong.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;

/// Seeds whose differences are printed. With so many, no further seed is begun.
const FAILED_MAX: usize = 10;
/// How often things occur is judged from so many seeds on; in fewer, chance decides.
const SEEDS_JUDGED_MIN: u64 = 100;

/// How a campaign speaks of itself.
pub struct Words {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it counts: `feature`, `fault`.
    pub counted: &'static str,
    /// Characters of the longest of these.
    pub width: usize,
    /// Differences of a seed that are printed.
    pub shown_max: usize,
    /// Characters of a difference that are printed.
    pub characters_max: usize,
    /// What `--help` prints.
    pub help: &'static str,
}

/// What is asked for.
struct Asked {
    seeds: u64,
    first: u64,
    quiet: bool,
}

/// What came of a seed.
#[derive(Default)]
pub struct Judged {
    /// Rows that were compared.
    pub rows: u64,
    /// How often each thing occurred.
    pub occurred: BTreeMap<&'static str, u64>,
    /// What is not as it has to be, a line each.
    pub wrong: Vec<String>,
    /// What the first of these is about, where that was asked for.
    pub story: Vec<String>,
}

/// Reads the arguments. `more` is given every option that not all campaigns have, with what follows
/// it, and says whether it knows it.
fn asked(
    mut more: impl FnMut(&str, &mut dyn Iterator<Item = String>) -> Result<bool, String>,
    help: &str,
) -> Result<Asked, String> {
    let mut asked = Asked {
        seeds: 100,
        first: 1,
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
            "--seeds" => asked.seeds = number()?,
            "--first" => asked.first = number()?,
            "--seed" => (asked.first, asked.seeds) = (number()?, 1),
            "--quiet" => asked.quiet = true,
            other => {
                if !more(other, &mut given)? {
                    return Err(format!("{name}: unknown\n\n{help}"));
                }
            }
        }
    }
    Ok(asked)
}

/// A campaign's whole `main`: exit status 0 if nothing was wrong and everything occurred in at least
/// so many seeds of a thousand; 1 if not; 2 if it was called wrongly. `begin` takes the options that
/// are the campaign's own and gives what runs a seed.
pub fn run<R>(
    words: &Words,
    minimum_per_thousand: impl Iterator<Item = (&'static str, u64)>,
    more: impl FnMut(&str, &mut dyn Iterator<Item = String>) -> Result<bool, String>,
    begin: impl FnOnce() -> R,
) -> ExitCode
where
    R: Fn(u64) -> Result<Judged, String> + Sync,
{
    if std::env::args().skip(1).any(|given| given == "--help") {
        println!("{}", words.help);
        return ExitCode::SUCCESS;
    }
    let asked = match asked(more, words.help) {
        Ok(asked) => asked,
        Err(problem) => {
            eprintln!("{}: {problem}", words.name);
            return ExitCode::from(2);
        }
    };
    let run_seed = begin();
    let last = asked.first + asked.seeds;
    let next = Mutex::new(asked.first);
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = take(&next, last) {
                    let judged = run_seed(seed);
                    let mut total = total.lock().expect("no thread panics with it");
                    total.add(seed, judged);
                    total.say_progress(asked.seeds);
                    if total.failed.len() >= FAILED_MAX {
                        break;
                    }
                }
            });
        }
    });
    let total = total.into_inner().expect("no thread panics with it");
    let rare = total.rare(words, minimum_per_thousand);
    total.print(words, &asked, &rare);
    if total.failed.is_empty() && rare.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
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
    /// By seed, what is wrong, and its story.
    failed: BTreeMap<u64, (Vec<String>, Vec<String>)>,
    /// How often each thing occurred, and in how many seeds.
    occurred: BTreeMap<&'static str, (u64, u64)>,
}

impl Total {
    fn add(&mut self, seed: u64, judged: Result<Judged, String>) {
        self.seeds += 1;
        let judged = match judged {
            Ok(judged) => judged,
            Err(problem) => {
                self.failed.insert(seed, (vec![problem], Vec::new()));
                return;
            }
        };
        self.rows += judged.rows;
        for (what, count) in judged.occurred {
            let entry = self.occurred.entry(what).or_default();
            entry.0 += count;
            entry.1 += u64::from(count > 0);
        }
        if !judged.wrong.is_empty() {
            self.failed.insert(seed, (judged.wrong, judged.story));
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

    fn print(&self, words: &Words, asked: &Asked, rare: &[String]) {
        let (counted, width) = (words.counted, words.width);
        if !asked.quiet {
            println!("{counted:<width$} {:>10} {:>7}", "times", "seeds");
            for (what, (times, seeds)) in &self.occurred {
                println!("{what:<width$} {times:>10} {seeds:>7}");
            }
        }
        for (seed, (lines, story)) in self.failed.iter().take(FAILED_MAX) {
            println!("seed {seed}: {} differences", lines.len());
            for line in lines.iter().take(words.shown_max) {
                let line: String = line.chars().take(words.characters_max).collect();
                println!("  {line}");
            }
            story.iter().for_each(|line| println!("  | {line}"));
        }
        rare.iter().for_each(|line| println!("{line}"));
        if self.seeds < asked.seeds {
            println!("stopped after {} of {} seeds", self.seeds, asked.seeds);
        }
        println!(
            "{} seeds, {} rows compared, {} seeds differ, {} {counted}s too rare",
            self.seeds,
            self.rows,
            self.failed.len(),
            rare.len()
        );
    }

    /// What occurred in fewer seeds than it must, or this campaign proves too little.
    fn rare(
        &self,
        words: &Words,
        minimum_per_thousand: impl Iterator<Item = (&'static str, u64)>,
    ) -> Vec<String> {
        if self.seeds < SEEDS_JUDGED_MIN {
            return Vec::new();
        }
        let seen = |what: &str| self.occurred.get(what).map_or(0, |(_, seeds)| *seeds);
        minimum_per_thousand
            .map(|(what, minimum)| (what, seen(what), minimum * self.seeds / 1000))
            .filter(|(_, seen, wanted)| seen < wanted)
            .map(|(what, seen, wanted)| {
                format!("{} {what}: in {seen} seeds, wanted {wanted}", words.counted)
            })
            .collect()
    }
}
