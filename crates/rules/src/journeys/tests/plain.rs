//! Every construct in plain words.

use super::super::{Language, plain_words};
use super::{built_in, read};
use expect_test::{expect, expect_file};

#[test]
fn the_library_in_both_languages() {
    let said = |language| {
        let rules = built_in();
        let said: Vec<String> = rules
            .rules()
            .iter()
            .map(|rule| plain_words(rule, language))
            .collect();
        said.join("\n")
    };
    expect_file!["library.en.txt"].assert_eq(&said(Language::English));
    expect_file!["library.fr.txt"].assert_eq(&said(Language::French));
}

/// Every construct that the library does not use.
const OTHERS: &str = r#"
[[rule]]
name = "others"
version = 3
decide = "settled"
steps = [
  { name = "a", source = { not = "crm" }, medium = "sms", tier = ["gold", "silver"], party = "shop", automatic = false, reason = { not = "billing" }, duration = "<= 2min", score = "< 3", attributes.offer = "x", open = false },
  { name = "b", any = [{ kind = "page_view", page = "prices" }, { signal = "ordered", amount = "= 12.5", purpose = { not = "gift" } }, { channel = { not = "web" }, kind = { not = "qualified" } }], within = "j+0", of = "a" },
  { name = "c", optional = true, follower = false, within = "1bd", from = "start", same = ["thread", "party"], of = ["a", "b"] },
  { name = "d", not = true, step = "form", completed = true, within = "j+1", of = "b", until = "c" },
  { name = "e", count = ">= 2", kind = "message", channel = "chat", automatic = true },
]
segment_by = ["attributes.offer"]
"#;

#[test]
fn the_other_constructs() {
    let (rules, findings) = read(OTHERS);
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    expect![[]].assert_eq(&findings.join("\n"));
    expect![[]].assert_eq(&plain_words(&rules.rules()[0], Language::English));
    expect![[]].assert_eq(&plain_words(&rules.rules()[0], Language::French));
}
