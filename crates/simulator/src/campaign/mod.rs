//! Campaigns: generated histories, run through the engine in every way that it can be run, and
//! compared with the oracle record by record.

mod compare;
mod runs;

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

/// Runs a seed's history in every way and compares each with the oracle.
///
/// # Errors
/// A history that cannot be run at all, which is a bug of the generator.
pub fn run_seed(seed: u64) -> Result<Outcome, String> {
    let history = campaign(seed);
    let expected = oracle(&history.config, &history.events)?;
    let mut outcome = Outcome { features: history.features.clone(), ..Outcome::default() };
    for (feature, count) in expected.features() {
        outcome.features.insert(feature, count);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    for way in Way::some(&mut random) {
        let found = settled(&history.config, &history.events, way, random.random())?;
        outcome.rows += found.len();
        // Doubled records change what was read, and nothing else.
        let differences = expected.differences(&found, way.doubles());
        outcome.differences.extend(differences.into_iter().map(|difference| (way, difference)));
    }
    Ok(outcome)
}
