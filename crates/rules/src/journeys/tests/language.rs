//! What the language takes, and what it says of what it does not.

use super::super::{Known, RuleSet, RuleText, SourceBrings};
use super::{read, scopes};
use expect_test::{Expect, expect};
use model::{Channel, ChannelSet, SignalName, Text};

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let (_, findings) = read(text);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

/// One rule with these steps.
#[track_caller]
fn steps(steps: &str, expected: &Expect) {
    check(
        &format!("[[rule]]\nname = \"r\"\nsteps = [\n{steps}\n]\n"),
        expected,
    );
}

#[test]
fn the_example_of_the_contract() {
    let text = r#"
[[rule]]
name = "payment-without-confirmation"
version = 1
title = { en = "Paid, got no confirmation, had to ask", fr = "A payé, n'a pas reçu de confirmation, a dû demander" }
decide = "early"
steps = [
  { name = "paid",    channel = "web", step = "payment", step_status = "completed" },
  { name = "confirm", not = true, signal = "delivered", within = "10min", of = "paid" },
  { name = "asked",   direction = "inbound", channel = "assisted", within = "48h", of = "paid" },
]
segment_by = ["page", "attributes.app_version"]
"#;
    check(text, &expect![""]);
}

#[test]
fn what_is_no_rule_file() {
    check(
        "rule = 1",
        &expect!["rules.toml:1: rule: found a value of type integer; allowed: [[rule]]"],
    );
    check(
        "[[rules]]\nname = \"r\"",
        &expect!["rules.toml:1: unknown key `rules`; allowed: [[rule]]; did you mean `rule`?"],
    );
    check(
        "[[rule]]\nname = ",
        &expect!["rules.toml:2: no TOML: string values must be quoted, expected literal string"],
    );
    check(
        "[[rule]]\nversion = 1",
        &expect!["rules.toml:1: rule: has no name"],
    );
    check(
        "[[rule]]\nname = \"r\"",
        &expect![[
            r#"rules.toml:1: rule "r": has no steps; a rule that is only switched off has enabled = false"#
        ]],
    );
    check(
        "[[rule]]\nname = \"r\"\nsteps = []",
        &expect![[r#"rules.toml:3: rule "r".steps: found 0 steps; allowed: 1 to 16"#]],
    );
    check(
        "[[rule]]\nname = \"r\"\nversion = 0\ndecide = \"soon\"\nsegmentby = 1\nsegment_by = [\"colour\"]\nsteps = [{ channel = \"web\" }]",
        &expect![[r#"
            rules.toml:3: rule "r".version: found a value of type integer; allowed: a whole number from 1
            rules.toml:4: rule "r".decide: found `soon`; allowed: early, settled
            rules.toml:5: rule "r": unknown key `segmentby`; allowed: name, version, title, decide, steps, segment_by, enabled; did you mean `segment_by`?
            rules.toml:6: rule "r".segment_by: found `colour`; allowed: page, step, reason, channel, source, medium, queue, agent, team, site, tier, party, purpose, attributes.NAME"#]],
    );
}

#[test]
fn words_that_are_not_in_their_lists() {
    steps(
        "{ chanel = \"web\" },\n{ channel = \"fone\", within = \"1h\" },\n{ outcome = \"lost\", within = \"soon\" },\n\
         { signal = \"deliverd\", within = \"1h\" },\n{ kind = \"recieved\", channel = \"email\", within = \"1h\" },\n\
         { wait = \"15s\", within = \"1h\" }, { count = \"<= 2\", kind = \"message\", within = \"1h\" }",
        &expect![[r#"
            rules.toml:4: rule "r".steps[1]: unknown key `chanel`; allowed: name, not, optional, within, until, of, from, same, differs, any, channel, source, medium, kind, direction, initiation, outcome, disposition, reason, tier, party, step, step_status, page, signal, purpose, wait, duration, legs, score, amount, automatic, follower, open, completed, count, attributes; did you mean `channel`?
            rules.toml:6: rule "r".steps[3].within: found `soon`; allowed: a duration such as 24h, working days such as 2bd, a calendar day such as j+7; at most 366 days
            rules.toml:9: rule "r".steps[6].wait: found `15s`; allowed: a comparison (> >= < <= =) such as "> 15s"
            rules.toml:9: rule "r".steps[7].count: found `<= 2`; allowed: at least one, such as ">= 2": it is met when so many are there"#]],
    );
}

#[test]
fn references() {
    steps(
        "{ name = \"a\" },\n{ name = \"b\", within = \"1h\", of = \"c\" },\n{ name = \"c\", within = \"1h\", of = \"x\" }",
        &expect![[r#"
            rules.toml:5: rule "r".steps[2].of: `c` does not come before this step
            rules.toml:6: rule "r".steps[3].of: there is no step `x`; allowed: a, b, c; did you mean `a`?"#]],
    );
    steps(
        "{ name = \"a\" },\n{ name = \"a\", channel = \"phone\", within = \"1h\" }",
        &expect![[
            r#"rules.toml:5: rule "r".steps[2]: the name `a` stands twice, first in line 4"#
        ]],
    );
    steps(
        "{ name = \"a\" },\n{ name = \"n\", not = true, signal = \"delivered\", until = \"a\" }",
        &expect![[r#"rules.toml:5: rule "r".steps[2].until: `a` does not come after this step"#]],
    );
}

#[test]
fn an_absence_needs_an_end() {
    steps(
        "{ name = \"a\", channel = \"web\" },\n{ not = true, channel = \"phone\" }",
        &expect![[
            r#"rules.toml:5: rule "r".steps[2]: an absence without an end; allowed: within = "24h" or until = "STEP""#
        ]],
    );
    steps(
        "{ not = true, channel = \"phone\", within = \"1h\" }",
        &expect![[r#"
        rules.toml:4: rule "r".steps[1].not: the first step is the entry: it cannot be an absence
        rules.toml:4: rule "r".steps[1].within: the first step is the entry: nothing comes before it"#]],
    );
    steps(
        "{ name = \"a\" },\n{ name = \"n\", not = true, signal = \"delivered\", until = \"b\" },\n{ name = \"b\", optional = true, channel = \"phone\", within = \"1h\", of = \"a\" }",
        &expect![[
            r#"rules.toml:5: rule "r".steps[2].until: an absence without an end: `b` is optional, so `within` is needed as well"#
        ]],
    );
}

#[test]
fn what_can_never_be() {
    // The call has to come within the hour, and after an absence of a day.
    steps(
        "{ name = \"a\", channel = \"web\" },\n{ name = \"n\", not = true, signal = \"delivered\", within = \"24h\" },\n{ channel = \"phone\", within = \"1h\", of = [\"a\", \"n\"] }",
        &expect![[
            r#"rules.toml:6: rule "r".steps[3].within: can never be met: an absence that it comes after lasts longer"#
        ]],
    );
    steps(
        "{ name = \"a\", channel = \"web\" },\n{ name = \"n\", not = true, channel = \"phone\", within = \"2h\", of = \"a\" },\n{ channel = \"phone\", within = \"1h\", of = \"a\" }",
        &expect![[
            r#"rules.toml:5: rule "r".steps[2]: can never be met: `step3` asks for what must be absent here"#
        ]],
    );
    steps(
        "{ channel = \"phone\", step = \"form\" }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].channel: can never be met: only channel web has steps"#
        ]],
    );
    steps(
        "{ step_status = \"failed\", completed = false }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].step_status: can never be met: `completed` looks at steps that were started"#
        ]],
    );
    steps(
        "{ channel = \"phone\", legs = \"< 1\" }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].legs: can never be met: it is never that small"#
        ]],
    );
    steps(
        "{ signal = \"csat\", outcome = \"handled\" }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].outcome: a signal has no `outcome`; allowed: channel, source, signal, purpose, score, amount, attributes"#
        ]],
    );
    steps(
        "{ channel = \"phone\", purpose = \"x\" }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].purpose: only a signal has one: `signal` is missing"#
        ]],
    );
    steps(
        "{ channel = \"phone\", count = \">= 2\" }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].count: counts what happens inside a contact: a step or a kind is needed"#
        ]],
    );
    steps(
        "{ channel = \"web\" },\n{ channel = \"phone\", same = [\"contact\"], differs = [\"contact\"], within = \"1h\" }",
        &expect![[r#"
            rules.toml:5: rule "r".steps[2].differs: `contact` cannot be the same and differ
            rules.toml:5: rule "r".steps[2].same: `contact` can never be that of `step1`: they share no channel that has one"#]],
    );
    steps(
        "{ channel = \"phone\", any = [{ channel = \"web\" }, { channel = \"phone\" }] }",
        &expect![[
            r#"rules.toml:4: rule "r".steps[1].any[1].channel: can never be met: no channel is left"#
        ]],
    );
}

#[test]
fn what_is_probably_not_meant() {
    steps(
        "{ name = \"all\" }",
        &expect![[r#"rules.toml:4: warning: rule "r".steps[1]: matches every contact"#]],
    );
    steps(
        "{ channel = \"web\" },\n{ channel = \"phone\" }",
        &expect![[
            r#"rules.toml:5: warning: rule "r".steps[2]: has no `within`: entries stay open as long as contacts are kept"#
        ]],
    );
    let rule = |name: &str, second: &str| {
        format!("[[rule]]\nname = \"{name}\"\nsteps = [{{ channel = \"web\" }}, {second}]\n")
    };
    let call = "{ channel = \"phone\", within = \"1h\" }";
    let none = "{ not = true, channel = \"phone\", within = \"1h\" }";
    check(
        &(rule("a", call) + &rule("b", call)),
        &expect![[r#"rules.toml:4: warning: rule "b": says the same as `a` (rules.toml:1)"#]],
    );
    check(
        &(rule("a", call) + &rule("b", none)),
        &expect![[
            r#"rules.toml:4: warning: rule "b": says the opposite of `a` (rules.toml:1): every entry breaks one"#
        ]],
    );
    let longer = format!("{call}, {{ channel = \"chat\", within = \"1h\" }}");
    check(
        &(rule("a", call) + &rule("b", &longer)),
        &expect![[
            r#"rules.toml:4: warning: rule "b": overlaps with `a` (rules.toml:1): what breaks `b` has the steps of `a`"#
        ]],
    );
}

#[test]
fn names_and_versions() {
    let rule = |version: u32| {
        format!(
            "[[rule]]\nname = \"r\"\nversion = {version}\nsteps = [{{ channel = \"phone\" }}]\n"
        )
    };
    check(
        &(rule(1) + &rule(1)),
        &expect![[
            r#"rules.toml:5: rule "r": the name stands twice in version 1, first at rules.toml:1"#
        ]],
    );
    let both = rule(2) + &rule(1);
    check(
        &both,
        &expect![[
            r#"rules.toml:5: warning: rule "r": versions 2 (rules.toml:1) and 1 are both here: version 2 holds, and what began under the other runs out under it"#
        ]],
    );
    let versions = |set: &RuleSet| {
        let rules = set.rules().iter();
        rules
            .map(|rule| (rule.version, rule.former))
            .collect::<Vec<_>>()
    };
    assert_eq!(versions(&read(&both).0), [(2, false), (1, true)]);
    // A rule that is switched off leaves nothing behind.
    let off = "[[rule]]\nname = \"r\"\nversion = 3\nenabled = false\n";
    assert_eq!(versions(&read(&(both + off)).0), []);
}

/// The rules that hold when a text is laid over the library.
fn laid_over(text: &str) -> RuleSet {
    let scopes = scopes();
    let known = Known {
        scopes: &scopes,
        sources: &[],
        reasons: None,
        steps: None,
    };
    let file = "own.toml";
    let (rules, findings) = RuleSet::read(true, &[RuleText { file, text }], &known);
    assert_eq!(findings, []);
    rules
}

#[test]
fn a_rule_of_the_same_name_replaces_a_built_in_one_or_switches_it_off() {
    let count = laid_over("").rules().len();
    let off = laid_over("[[rule]]\nname = \"slow-chat\"\nenabled = false\n");
    assert_eq!(off.rules().len(), count - 1);
    assert!(off.rules().iter().all(|rule| rule.name != "slow-chat"));
    let text = "[[rule]]\nname = \"slow-chat\"\nversion = 7\nsteps = [{ channel = \"chat\", wait = \"> 1min\" }]\n";
    let replaced = laid_over(text);
    assert_eq!(replaced.current().count(), count);
    assert_eq!(replaced.rules().len(), count + 1, "the former runs out");
    let slow = replaced
        .rules()
        .iter()
        .find(|rule| rule.name == "slow-chat")
        .unwrap();
    assert_eq!((slow.version, slow.built_in), (7, false));
}

#[test]
fn what_no_source_brings_and_no_table_knows() {
    let scopes = scopes();
    let sources = [SourceBrings {
        name: "acd".into(),
        channels: ChannelSet::of(&[Channel::Phone, Channel::Web]),
        signals: vec![SignalName::Delivered],
    }];
    let (reasons, known_steps) = (["billing/payment".into()], [Text::from("payment")]);
    let known = Known {
        scopes: &scopes,
        sources: &sources,
        reasons: Some(&reasons),
        steps: Some(&known_steps),
    };
    let text = r#"
[[rule]]
name = "right"
steps = [{ channel = "web", step = "payment" }, { channel = "assisted", reason = "billing", within = "1h" }]
[[rule]]
name = "wrong"
steps = [
  { channel = "web", step = "paiment" },
  { channel = "phone", reason = "biling/payment", within = "1h" },
  { channel = "chat", within = "1h" },
  { signal = "csat", within = "1h" },
  { channel = "phone", source = "crm", within = "1h" },
]
"#;
    let file = "own.toml";
    let (rules, findings) = RuleSet::read(false, &[RuleText { file, text }], &known);
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    expect![[r#"
        own.toml:8: rule "wrong".steps[1].step: no table has the step `paiment`; did you mean `payment`?
        own.toml:9: rule "wrong".steps[2].reason: no table has the reason `biling/payment`; did you mean `billing/payment`?
        own.toml:10: rule "wrong".steps[3]: no source brings it (it needs one of: chat); see `brings` of the sources
        own.toml:11: rule "wrong".steps[4]: no source brings it (it needs one of: csat); see `brings` of the sources
        own.toml:12: rule "wrong".steps[5]: no source brings it (it needs one of: phone); see `brings` of the sources"#]].assert_eq(&lines.join("\n"));
    assert_eq!(rules.rules().len(), 1);
    // A built-in rule that cannot match is idle: a warning, no error.
    let (rules, findings) = RuleSet::read(true, &[], &known);
    assert!(!rules.rules().is_empty());
    assert!(
        findings
            .iter()
            .all(|one| one.weight == super::super::Weight::Warning)
    );
    assert!(findings.iter().any(|one| one.key.contains("slow-chat")));
}
