//! The campaign itself: a few seeds agree, and everything that is left out on purpose is seen.

use super::plan::Plan;
use super::{Without, run_seed};
use crate::workload::dice::Dice;

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

#[test]
fn long_histories_of_which_old_keys_are_let_go_agree_with_the_oracle() {
    let (mut histories, mut let_go) = (0, 0);
    for seed in 100.. {
        if histories == 3 {
            break;
        }
        if !is_long(seed) {
            continue;
        }
        let outcome = run_seed(seed, None).unwrap();
        let first = outcome.differences.first();
        assert!(
            outcome.is_sound(),
            "seed {seed}: {first:?} {:?}",
            outcome.broken
        );
        let_go += outcome.occurred["keys let go"];
        histories += 1;
    }
    // What was let go of by processes that crashed later is not counted.
    assert!(let_go > 100, "{let_go} keys let go");
}

/// Whether the history of a seed lasts longer than anything is kept.
fn is_long(seed: u64) -> bool {
    Plan::draw(&mut Dice::new(seed, 21)).is_lasting
}

#[test]
fn letting_go_of_what_may_still_change_is_seen() {
    let seen = |seed| !run_seed(seed, Some(Without::Retention)).unwrap().is_sound();
    assert!((1..=10).any(seen));
}
