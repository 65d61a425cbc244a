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
