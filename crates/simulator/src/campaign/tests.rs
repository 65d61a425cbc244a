//! The comparison itself: ten histories agree, and what is not the same is seen.

use super::{Tables, notable, oracle, run_seed, story_of};
use crate::workload::campaign::{RESULT_FEATURES, campaign};

#[test]
fn ten_histories_agree_with_the_oracle_in_every_way() {
    for seed in 1..=10 {
        let outcome = run_seed(seed).unwrap();
        assert!(outcome.rows > 1_000, "seed {seed}: {} rows", outcome.rows);
        let first = outcome.differences.first();
        assert!(first.is_none(), "seed {seed}: {}", first.unwrap().1);
    }
}

fn tables(change: impl FnOnce(&mut Vec<String>)) -> Tables {
    let mut history = campaign(3);
    let mut lines: Vec<String> = history
        .events
        .iter()
        .map(|record| record.json.clone())
        .collect();
    change(&mut lines);
    history.events.truncate(lines.len());
    for (record, line) in history.events.iter_mut().zip(lines) {
        record.json = line;
    }
    oracle(&history).unwrap()
}

#[test]
fn a_result_is_the_same_as_itself_only() {
    let whole = tables(|_| {});
    assert!(whole.differences(&tables(|_| {}), false).is_empty());
    let opens = |line: &String| {
        line.contains("\"kind\":\"contact\"") && line.contains("\"channel\":\"phone\"")
    };
    let fewer = tables(|lines| {
        let place = lines.iter().position(opens).unwrap();
        lines.remove(place);
    });
    // Both ways round, and also where a difference in what arrived is passed over.
    for doubled in [false, true] {
        for (a, b) in [(&whole, &fewer), (&fewer, &whole)] {
            let found = a.differences(b, doubled);
            for table in ["contacts", "verdicts", "summary"] {
                assert!(
                    found.iter().any(|one| one.table == table),
                    "{table} {doubled}"
                );
            }
        }
    }
    let read = |doubled| {
        let found = whole.differences(&fewer, doubled);
        found
            .iter()
            .any(|one| one.table == "summary" && one.place == "read")
    };
    assert!(read(false) && !read(true));
}

#[test]
fn a_changed_column_is_a_difference_with_its_records() {
    let whole = tables(|_| {});
    let says = "\"agent\":\"a001\"";
    // Not every event decides which agent stands in a row: a later version may say otherwise.
    let change = |nth| {
        tables(|lines| {
            let line = lines.iter_mut().filter(|line| line.contains(says)).nth(nth);
            let line = line.expect("one of the events decides");
            *line = line.replace(says, "\"agent\":\"a999\"");
        })
    };
    let agent = (0..).find_map(|nth| {
        let found = whole.differences(&change(nth), false);
        found
            .into_iter()
            .find(|one| one.place.ends_with("· agent") && one.found == "\"a999\"")
    });
    let agent = &agent.unwrap();
    assert_eq!(
        (agent.expected.as_str(), agent.found.as_str()),
        ("\"a001\"", "\"a999\"")
    );
    let story = story_of(3, agent);
    assert!(
        story
            .iter()
            .skip(2)
            .any(|line| line.contains(&agent.contacts[0])),
        "{story:?}"
    );
}

#[test]
fn every_result_feature_has_its_minimum() {
    let named = |feature: &str| RESULT_FEATURES.iter().any(|(name, _)| *name == feature);
    for seed in 1..=5 {
        let counted = notable::features(&oracle(&campaign(seed)).unwrap());
        let unnamed: Vec<_> = counted.iter().filter(|(name, _)| !named(name)).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
    }
}
