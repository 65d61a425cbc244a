//! One function for all stories, and one for those about what was told meanwhile.

use crate::rows;
use crate::told;
use crate::ways::Run;
use crate::words;
use expect_test::Expect;

/// Runs a story in every way and compares what it comes to: all ways with the oracle, column by
/// column, and the oracle, in plain words, with what is expected.
pub(crate) fn check(story: &str, expect: Expect) {
    let run = Run::of(story);
    let tables = run.oracle();
    let readings = rows::readings(&run.story, &run.meant);
    expect.assert_eq(&words::tell(&run.story, &tables, &readings));
    let mut wrong = Vec::new();
    for (way, other) in run.all() {
        if let Some(difference) = tables.difference(&other) {
            wrong.push(format!(
                "{way}: the oracle says, this way says: {difference}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{story}\n{}", wrong.join("\n"));
}

/// Runs a story for the sake of one journey rule: what is told of it while the story happens, and what
/// stands in the end. That is compared restarted after every line, with every line twice, and (all
/// tables) with the oracle in every way.
pub(crate) fn check_journey(rule: &str, story: &str, expect: Expect) {
    let run = Run::of(story);
    let told = told::journeys(&run, rule, false, false);
    let tables = run.oracle();
    let of_rule = tables.journeys.iter().filter(|row| row["rule"] == rule);
    let settled = of_rule.map(|row| told::settled_journey(&run, row));
    let settled: Vec<String> = settled.collect();
    expect.assert_eq(&words::finish(&[told.clone(), settled].concat()));
    for (way, restart, twice) in [
        ("restarted after every line", true, false),
        ("every line twice", false, true),
        ("restarted, every line twice", true, true),
    ] {
        assert_eq!(told, told::journeys(&run, rule, restart, twice), "{way}");
    }
    for (way, other) in run.all() {
        assert_eq!(tables.difference(&other), None, "{way}");
    }
}

/// Runs a story live and compares the sequence of what is told meanwhile with what is expected.
/// Where it ends is compared with the oracle as well.
pub(crate) fn check_told(story: &str, expect: Expect) {
    let run = Run::of(story);
    let told = told::sequence(&run, false, false);
    expect.assert_eq(&told);
    assert_eq!(
        told,
        told::sequence(&run, true, false),
        "restarted after every line"
    );
    assert_eq!(told, told::sequence(&run, false, true), "every line twice");
    let tables = run.oracle();
    for (way, other) in run.all() {
        assert_eq!(tables.difference(&other), None, "{way}");
    }
}
