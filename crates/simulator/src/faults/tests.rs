//! The campaign itself: a few seeds agree, and every break is seen.

use super::{Without, run_seed};

#[test]
fn six_histories_under_faults_agree_with_the_oracle() {
    for seed in 1..=6 {
        let outcome = run_seed(seed, None).unwrap();
        let first = outcome.differences.first();
        assert!(outcome.rows > 500, "seed {seed}: {} rows", outcome.rows);
        assert!(
            outcome.is_sound(),
            "seed {seed}: {first:?} {:?}",
            outcome.broken
        );
    }
}
