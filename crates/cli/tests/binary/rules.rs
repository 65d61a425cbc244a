//! Rule files that are wrong, odd, or ask for much.

use crate::case::{Case, SMALL, lines};
use expect_test::{Expect, expect};
use serde_json::json;

/// A configuration with these rules, and more lines of its own.
fn case(rules: &str, more: &str) -> Case {
    let config = SMALL.replace("[identity]", "rules = [\"rules.toml\"]\n[identity]");
    let case = Case::new(&format!("{config}{more}"));
    case.put("rules.toml", rules);
    case
}

/// What is worth a look in rules that can be used.
fn worth_a_look(rules: &str, more: &str, expected: &Expect) {
    let ran = case(rules, more).run("check --config c.toml --rules");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (_, told) = ran.out.split_once("\nWorth a look:\n").unwrap();
    let (told, _) = told.split_once("\n\n").unwrap();
    let own = told.lines().filter(|line| line.contains("rules.toml:"));
    let own: Vec<&str> = own.map(str::trim).collect();
    expected.assert_eq(&own.join("\n"));
}

fn rule(name: &str, steps: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nsteps = [{steps}]\n")
}

const CALL: &str = "{ channel = \"phone\" }";
const AGAIN: &str = "{ channel = \"phone\", within = \"1h\" }";

#[test]
fn rules_that_overlap_and_one_that_matches_everything() {
    let rules = [
        rule("a", &format!("{CALL}, {AGAIN}")),
        rule("b", &format!("{CALL}, {AGAIN}")),
        rule("longer", &format!("{CALL}, {AGAIN}, {AGAIN}")),
        rule("everything", "{ name = \"contact\" }"),
    ];
    worth_a_look(
        &rules.concat(),
        "",
        &expect![[r#"
        rules.toml:4: warning: rule "b": says the same as `a` (rules.toml:1)
        rules.toml:7: warning: rule "longer": overlaps with `a` (rules.toml:1): what breaks `longer` has the steps of `a`
        rules.toml:7: warning: rule "longer": overlaps with `b` (rules.toml:4): what breaks `longer` has the steps of `b`
        rules.toml:12: warning: rule "everything".steps[1]: matches every contact"#]],
    );
    let none = "{ not = true, channel = \"phone\", within = \"1h\" }";
    let rules = [
        rule("a", &format!("{CALL}, {AGAIN}")),
        rule("opposite", &format!("{CALL}, {none}")),
    ];
    worth_a_look(
        &rules.concat(),
        "",
        &expect![[
            r#"rules.toml:4: warning: rule "opposite": says the opposite of `a` (rules.toml:1): every entry breaks one"#
        ]],
    );
}

#[test]
fn rules_that_cannot_be() {
    let check = |rules: &str, more: &str, expected: &Expect| {
        let ran = case(rules, more).run("check --config c.toml --rules");
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
        expected.assert_eq(&ran.errors());
    };
    let none = "{ name = \"none\", not = true, channel = \"phone\", within = \"1h\" }";
    let again = "{ channel = \"phone\", within = \"1h\", of = \"call\" }";
    let call = "{ name = \"call\", channel = \"phone\" }";
    check(
        &rule("contradiction", &format!("{call}, {none}, {again}")),
        "",
        &expect![[
            r#"ricochet: rules.toml:3: rule "contradiction".steps[2]: can never be met: `step3` asks for what must be absent here"#
        ]],
    );
    check(
        &(rule("twice", CALL) + &rule("twice", "{ channel = \"chat\" }")),
        "",
        &expect![[
            r#"ricochet: rules.toml:4: rule "twice": the name stands twice in version 1, first at rules.toml:1"#
        ]],
    );
    let sources = "[sources.acd]\nbrings = [\"phone\"]\n[sources.default]\nbrings = [\"web\"]\n";
    check(
        &rule("no-source", "{ channel = \"video\" }"),
        sources,
        &expect![[
            r#"ricochet: rules.toml:3: rule "no-source".steps[1]: no source brings it (it needs one of: video); see `brings` of the sources"#
        ]],
    );
}

#[test]
fn a_channel_without_a_cost_makes_a_cost_partial() {
    let costs = "[costs.phone]\nfixed = 2\n[costs.chat]\nfixed = 1\n[costs.email]\nfixed = 1\n";
    let ran = case("", costs).run("check --config c.toml");
    let note = "no [costs.video], [costs.web]: the cost of a session or a journey with such a \
                contact is partial";
    assert!(ran.out.contains(note), "{}", ran.out);
}

/// One customer whose app says 250 times in a row that something failed, every two hours.
#[test]
fn a_customer_of_fifty_thousand_steps() {
    const STEPS: i64 = 50_000;
    const STEPS_OF_A_VISIT: i64 = 250;
    let from = 1_772_442_000_000_i64;
    let at = |nth: i64| {
        let visit = nth / STEPS_OF_A_VISIT;
        from + visit * 7_200_000 + nth % STEPS_OF_A_VISIT * 1_000
    };
    let step = |nth: i64| {
        json!({"channel": "web", "kind": "step", "event_id": format!("s{nth}"),
               "contact_id": format!("V{}", nth / STEPS_OF_A_VISIT), "step": "form",
               "step_status": "failed", "occurred_at": at(nth),
               "identifiers": [{"type": "customer_id", "value": "C1"}]})
    };
    let case = Case::new(SMALL);
    case.put("in.jsonl", lines(&(0..STEPS).map(step).collect::<Vec<_>>()));
    case.replay("in.jsonl", "out", "--tables journeys,contacts,dead_letters");
    let summary = case.summary("out");
    assert_eq!(summary["decoded"], STEPS);
    assert_eq!(summary["contacts"]["web"], STEPS / STEPS_OF_A_VISIT);
    let struggles = &summary["rules"]["web-struggle"]["broken"];
    assert_eq!(*struggles, STEPS / STEPS_OF_A_VISIT);
}
