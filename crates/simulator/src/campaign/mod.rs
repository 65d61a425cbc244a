//! Campaigns: generated histories, run through the engine in every way that it can be run, and
//! compared with the oracle record by record.

mod compare;
mod notable;
mod runs;

#[cfg(test)]
mod tests;

pub(crate) use compare::json_row;
pub use compare::{Difference, Tables};
pub use runs::{Way, oracle, settled};

use crate::workload::campaign::campaign;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// What a seed showed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How often each feature occurred in the history.
    pub features: BTreeMap<&'static str, u64>,
    /// Rows that were compared, over all ways.
    pub rows: u64,
    /// Every difference from the oracle, with the way in which the engine was run.
    pub differences: Vec<(Way, Difference)>,
}

/// Other records that are shown with a difference.
const RELATED_MAX: usize = 30;

/// What a difference says, and the records of its history that it is about: those that name the
/// contact, then those that share an identifier with them.
#[must_use]
pub fn story_of(seed: u64, difference: &Difference) -> Vec<String> {
    let history = campaign(seed);
    let mut story = vec![difference.to_string()];
    let names: Vec<String> = difference
        .contacts
        .iter()
        .map(|id| format!("\"{id}\""))
        .collect();
    let is_own = |json: &str| names.iter().any(|name| json.contains(name.as_str()));
    let (own, others): (Vec<&str>, Vec<&str>) = history
        .events
        .iter()
        .map(|record| record.json.as_str())
        .partition(|json| is_own(json));
    let mut identifiers: Vec<String> = own.iter().flat_map(|json| identifiers_of(json)).collect();
    identifiers.extend(difference.customer.iter().cloned());
    let related: Vec<&str> = others
        .into_iter()
        .filter(|json| {
            identifiers_of(json)
                .iter()
                .any(|value| identifiers.contains(value))
        })
        .collect();
    story.push(format!("{} records name it:", own.len()));
    story.extend(own.iter().map(|json| (*json).to_string()));
    story.push(format!(
        "{} records share an identifier with it:",
        related.len()
    ));
    story.extend(
        related
            .iter()
            .take(RELATED_MAX)
            .map(|json| (*json).to_string()),
    );
    story
}

/// The identifiers of a record as `type:value`, as they are written.
fn identifiers_of(json: &str) -> Vec<String> {
    let record: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let list = record["identifiers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().trim().to_string();
    list.iter()
        .map(|one| format!("{}:{}", text(&one["type"]), text(&one["value"])))
        .collect()
}

/// Runs a seed's history in every way and compares each with the oracle.
///
/// # Errors
/// A history that cannot be run at all, which is a bug of the generator.
pub fn run_seed(seed: u64) -> Result<Outcome, String> {
    let history = campaign(seed);
    let expected = oracle(&history)?;
    let mut outcome = Outcome {
        features: history.features.clone(),
        ..Outcome::default()
    };
    for (feature, count) in notable::features(&expected) {
        outcome.features.insert(feature, count);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    for way in Way::some(&mut random) {
        let found = settled(&history, way, random.random())?;
        outcome.rows += found.len();
        // Doubled records change what was read, and nothing else.
        let differences = expected.differences(&found, way.doubles());
        outcome
            .differences
            .extend(differences.into_iter().map(|difference| (way, difference)));
    }
    Ok(outcome)
}
