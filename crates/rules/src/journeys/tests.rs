//! Rules read, checked, said and matched.

mod language;
mod library;
mod matching;
mod plain;
mod story;

use super::{Finding, Known, RuleSet, RuleText};
use model::{Channel, ChannelSet, Scope};

fn scopes() -> Vec<Scope> {
    let scope = |name: &str, channels: &[Channel]| Scope {
        name: name.into(),
        channels: ChannelSet::of(channels),
    };
    vec![
        scope("assisted", &Channel::ALL[..4]),
        scope("all", Channel::ALL),
        scope("phone", &[Channel::Phone]),
    ]
}

/// The rules of a text alone, nothing known of sources and tables.
fn read(text: &str) -> (RuleSet, Vec<Finding>) {
    let scopes = scopes();
    let known = Known {
        scopes: &scopes,
        sources: &[],
        reasons: None,
        steps: None,
    };
    let file = "rules.toml";
    RuleSet::read(false, &[RuleText { file, text }], &known)
}

/// The built-in rules.
fn built_in() -> RuleSet {
    let scopes = scopes();
    let known = Known {
        scopes: &scopes,
        sources: &[],
        reasons: None,
        steps: None,
    };
    let (rules, findings) = RuleSet::read(true, &[], &known);
    assert_eq!(findings, [], "the library is without fault");
    rules
}
