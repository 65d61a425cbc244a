//! The campaign itself: a few seeds agree, and everything that is left out on purpose is seen.

use super::{Without, run_seed};

#[test]
fn six_histories_under_faults_agree_with_the_oracle() {
    for seed in 1..=6 {
        let outcome = run_seed(seed, None).unwrap();
        let first = outcome.differences.first();
        assert!(outcome.rows > 200, "seed {seed}: {} rows", outcome.rows);
        assert!(
            outcome.is_sound(),
            "seed {seed}: {first:?} {:?}",
            outcome.broken
        );
    }
}

#[test]
fn a_seed_is_the_same_again() {
    let [a, b] = [(); 2].map(|()| run_seed(3, None).unwrap());
    assert_eq!((a.occurred, a.rows), (b.occurred, b.rows));
}

/// Whether one of the first seeds fails when something is left out.
fn is_seen(without: Without) -> bool {
    (1..=40).any(|seed| !run_seed(seed, Some(without)).unwrap().is_sound())
}

#[test]
fn a_broker_that_fences_nobody_is_seen() {
    assert!(is_seen(Without::Fencing));
}

#[test]
fn offsets_beside_the_transaction_are_seen() {
    assert!(is_seen(Without::TransactionalOffsets));
}

#[test]
fn a_restore_that_does_not_wait_for_open_transactions_is_seen() {
    assert!(is_seen(Without::FullRestores));
}

#[test]
fn an_unknown_outcome_taken_for_an_abort_is_seen() {
    assert!(is_seen(Without::Resyncs));
}
