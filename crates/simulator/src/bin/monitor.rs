//! Measures the monitor: `monitor [--seeds N] [--first SEED] [--curves FILE]`.
//!
//! Exit status 0 if false alarms are within the budget and medians as promised; 1 if not; 2 if it
//! was called wrongly or the file cannot be written.

use simulator::monitor::curves::svg;
use simulator::monitor::verdict::study;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
monitor [--seeds N] [--first SEED] [--curves FILE]

    Lets the monitor watch generated traffic with swings over the week, and traffic that is harder
    (days that differ, holidays, a drift): how many false alarms are raised a month, and how soon a
    doubled hazard is found. Compares both with what docs/semantics.md promises.

    --seeds N      how many disturbances of each sort; months of undisturbed traffic of each sort
                   are a tenth of that, at least eight (default 100; from 1000 on, medians and means
                   are judged as they are, with fewer what they surely exceed)
    --first SEED   the first of them (default 1)
    --curves FILE  draws the delays as SVG, over more rates";

struct Asked {
    seeds: u64,
    first: u64,
    curves: Option<PathBuf>,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked {
        seeds: 100,
        first: 1,
        curves: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a value"));
        let number = |text: String| {
            text.parse::<u64>()
                .ok()
                .filter(|number| *number > 0)
                .ok_or(format!("{text}: not a number above 0"))
        };
        match name.as_str() {
            "--seeds" => asked.seeds = number(value()?)?,
            "--first" => asked.first = number(value()?)?,
            "--curves" => asked.curves = Some(value()?.into()),
            _ => return Err(format!("{name}: unknown\n\n{HELP}")),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    if std::env::args().skip(1).any(|given| given == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let asked = match asked() {
        Ok(asked) => asked,
        Err(problem) => {
            eprintln!("monitor: {problem}");
            return ExitCode::from(2);
        }
    };
    let study = study(asked.seeds, asked.first, asked.curves.is_some());
    study.print();
    if let Some(path) = asked.curves
        && let Err(error) = std::fs::write(&path, svg(&study))
    {
        eprintln!("monitor: {}: {error}", path.display());
        return ExitCode::from(2);
    }
    let wrong = study.wrong();
    wrong
        .iter()
        .for_each(|line| println!("not as promised: {line}"));
    if wrong.is_empty() {
        println!("as promised");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
