//! What no built-in rule shows: silence, two clocks, heavy customers.

use super::super::{Heard, History, RuleSet, Seen, SourceClock, State};
use super::story::{at, calendar, told};
use super::{built_in, read};
use expect_test::expect;
use model::{Channel, ChannelSet, Millis, SignalName};

fn clock(name: &str, brings: &[Channel], seen: &str, settled: &str) -> SourceClock {
    SourceClock {
        channels: ChannelSet::of(brings),
        signals: Vec::new(),
        settled: at(settled),
        ..SourceClock::read_to(name, at(seen))
    }
}

#[test]
fn a_silent_source_holds_back_only_what_it_could_bring() {
    let story = "phone C1 1/10:00 outcome=abandoned";
    let mut web = clock("site", &[Channel::Web], "1/00:00", "1/00:00");
    web.silent_from = Some(at("1/00:00"));
    let mut acd = clock("acd", &[Channel::Phone], "3/00:00", "3/00:00");
    let rule = ["gave-up"];
    let clocks = [web.clone(), acd.clone()];
    expect![[r#"
        gave-up [abandoned=C1] BROKEN 2/10:00:00.001
    "#]]
    .assert_eq(&told(&built_in(), &rule, story, &clocks));
    acd.silent_from = Some(at("2/09:00"));
    let clocks = [web, acd];
    expect![[r#"
        gave-up [abandoned=C1] held back since 2/10:00:00.001 by acd
    "#]]
    .assert_eq(&told(&built_in(), &rule, story, &clocks));
}

#[test]
fn early_looks_at_what_was_seen_and_settled_waits_for_lateness() {
    let text = r#"
[[rule]]
name = "early"
decide = "early"
steps = [{ name = "a", outcome = "abandoned" }, { name = "b", not = true, channel = "phone", within = "1h" }]
[[rule]]
name = "settled"
decide = "settled"
steps = [{ name = "a", outcome = "abandoned" }, { name = "b", not = true, channel = "phone", within = "1h" }]
"#;
    let (rules, _) = read(text);
    let story = "phone C1 1/10:00 outcome=abandoned";
    let clocks = [clock("acd", &[Channel::Phone], "1/11:00:00.001", "1/10:55")];
    expect![[r#"
        early [a=C1] BROKEN 1/11:00:00.001
        settled [a=C1] open until 1/11:00:00.001
    "#]]
    .assert_eq(&told(&rules, &[], story, &clocks));
    let clocks = [clock("acd", &[Channel::Phone], "1/11:06", "1/11:00:00.001")];
    expect![[r#"
        early [a=C1] BROKEN 1/11:00:00.001
        settled [a=C1] BROKEN 1/11:00:00.001
    "#]]
    .assert_eq(&told(&rules, &[], story, &clocks));
}

#[test]
fn the_sources_of_other_channels_are_not_waited_for() {
    let text = r#"
[[rule]]
name = "r"
steps = [{ name = "a", channel = "web" }, { name = "b", not = true, channel = "phone", within = "1h" }]
"#;
    let (rules, _) = read(text);
    let clocks = [
        clock("acd", &[Channel::Phone], "1/12:00", "1/12:00"),
        clock("mail", &[Channel::Email], "1/00:00", "1/00:00"),
    ];
    let story = "web V1 1/10:00";
    expect![[r#"
        r [a=V1] BROKEN 1/11:00:00.001
    "#]]
    .assert_eq(&told(&rules, &[], story, &clocks));
}

/// A day of a customer with so many contacts a minute apart, visits and calls by turns.
fn heavy(rules: &RuleSet, contacts: usize) -> usize {
    let made: Vec<model::Contact> = (0..contacts)
        .map(|nth| super::story::nth(nth as u64))
        .collect();
    let history = History {
        contacts: made
            .iter()
            .map(|contact| Seen::new(contact, true, &[]))
            .collect(),
        signals: Vec::<Heard<'_>>::new(),
    };
    let clocks = [SourceClock::read_to("default", at("400/00:00"))];
    let times = rules.times(&clocks);
    let entries = rules.entries(&history, &calendar(), &times, 8, Millis::MIN);
    let is_broken = |entry: &&super::super::Entry| matches!(entry.state, State::Broken { .. });
    entries.iter().filter(is_broken).count()
}

#[test]
fn fifty_thousand_steps_are_not_fifty_thousand_times_as_slow() {
    // Were it quadratic, this would take minutes.
    assert!(heavy(&built_in(), 25_000) > 10_000);
}

#[test]
fn kinds_that_have_to_be_kept_and_the_reach() {
    let rules = built_in();
    assert_eq!(rules.kinds(), ["answered", "invited", "scheduled"]);
    assert_eq!(rules.reach_ms_max(), 56 * calendar::DAY_MS);
    let clock = SourceClock::read_to("a", Millis(0));
    assert_eq!(clock.signals.len(), SignalName::ALL.len());
}
