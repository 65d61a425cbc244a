//! The table that is printed.

use crate::clock::Spent;
use std::time::Duration;

/// A line of the table: something that is measured in every round.
pub struct Line {
    name: &'static str,
    unit: &'static str,
    items: usize,
    rounds: Vec<Spent>,
}

impl Line {
    /// A line that nothing was measured for yet.
    pub fn new(name: &'static str, unit: &'static str) -> Line {
        Line {
            name,
            unit,
            items: 0,
            rounds: Vec::new(),
        }
    }

    /// Adds a round.
    pub fn add(&mut self, spent: Spent, items: usize) {
        self.items = items;
        self.rounds.push(spent);
    }

    /// Processor time of an item, in nanoseconds, of the rounds' median.
    fn cpu_ns(&self) -> f64 {
        let median = median(self.rounds.iter().map(|spent| spent.cpu));
        median.as_nanos() as f64 / self.items as f64
    }

    fn per_second(&self, time: Duration) -> String {
        grouped((self.items as f64 / time.as_secs_f64().max(1e-9)) as u64)
    }
}

/// Prints the lines; the first of them is the reference.
pub fn print(lines: &[Line]) {
    println!(
        "\n{:30} {:9} {:>11} {:>13} {:>11} {:>8} {:>9}",
        "", "", "a second", "a CPU-second", "at best", "ns each", "reference"
    );
    let reference_ns = lines.first().map_or(f64::NAN, Line::cpu_ns);
    for line in lines {
        let wall = median(line.rounds.iter().map(|spent| spent.wall));
        let cpu = median(line.rounds.iter().map(|spent| spent.cpu));
        let best = line.rounds.iter().map(|spent| spent.cpu).min();
        println!(
            "{:30} {:9} {:>11} {:>13} {:>11} {:>8.0} {:>8.2}×",
            line.name,
            line.unit,
            line.per_second(wall),
            line.per_second(cpu),
            line.per_second(best.unwrap_or_default()),
            line.cpu_ns(),
            line.cpu_ns() / reference_ns,
        );
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A whole number with commas.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
