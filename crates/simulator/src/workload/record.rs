//! A record of a workload, and what deliveries do to records.

use super::dice::Dice;

/// One line as a source system would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// One JSON object without line break, or what should have been one.
    pub json: String,
    /// When the record arrives, in UTC milliseconds: at or after the time it speaks of, and late
    /// where a correction, a wrap-up code or a slow source says so. The natural order of records.
    pub arrives_at_ms: i64,
}

/// The same records in a random order; `arrives_at_ms` stays with each.
#[must_use]
pub fn shuffle(seed: u64, records: &[Record]) -> Vec<Record> {
    let mut shuffled = records.to_vec();
    Dice::new(seed, 1).shuffle(&mut shuffled);
    shuffled
}

/// The records with about `share` of them (0.0 to 1.0) delivered a second time, at once or at any
/// later place.
#[must_use]
pub fn double(seed: u64, records: &[Record], share: f64) -> Vec<Record> {
    let mut dice = Dice::new(seed, 2);
    let mut placed: Vec<(usize, usize)> = Vec::new();
    for index in 0..records.len() {
        placed.push((index, index));
        if dice.unit() < share {
            let steps = if dice.percent(50) {
                0
            } else {
                dice.index(records.len() - index)
            };
            placed.push((index + steps, index));
        }
    }
    // The sort is stable, so a second copy never stands before the first.
    placed.sort_by_key(|(place, _)| *place);
    placed
        .into_iter()
        .map(|(_, index)| records[index].clone())
        .collect()
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
