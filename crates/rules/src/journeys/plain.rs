//! Rules in plain words, for people who have to agree with them or contest them.

mod english;
mod french;
mod phrase;

use super::rule::{Decide, From, Rule, Segment, Step};
use calendar::Span;
use std::fmt::Write as _;

/// The language of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

/// What a language says for each construct.
trait Words {
    /// The first step.
    fn entry(&self) -> &'static str;
    /// A step that has to come, within `bound` (may be empty).
    fn then(&self, bound: &str) -> String;
    /// A step that may come.
    fn perhaps(&self, bound: &str) -> String;
    /// What must not come.
    fn not(&self, bound: &str) -> String;
    /// A bound after anchors.
    fn bound(&self, span: Span, from: From, anchors: &[&Step]) -> String;
    /// An absence that lasts until a step.
    fn until(&self, step: &str) -> String;
    /// What a pattern matches.
    fn pattern(&self, step: &Step) -> String;
    /// What is compared with the anchors; empty if nothing is.
    fn compared(&self, step: &Step, anchors: &[&Step]) -> String;
    /// When it is told.
    fn decide(&self, decide: Decide, has_absence: bool) -> &'static str;
    /// By what it is watched.
    fn segments(&self, segments: &[Segment]) -> String;
    /// The first line.
    fn heading(&self, rule: &Rule) -> String;
}

/// A rule in plain words: a line for what it is called, one for each step, one for when it is told,
/// one for what is watched.
#[must_use]
pub fn plain_words(rule: &Rule, language: Language) -> String {
    match language {
        Language::English => said(rule, &english::English),
        Language::French => said(rule, &french::French),
    }
}

/// What one step of a rule asks for, as a sentence: "Then, within 24h after the end of "paid", comes a
/// contact, by phone."
#[must_use]
pub fn step_words(rule: &Rule, place: usize, language: Language) -> String {
    match language {
        Language::English => said_of_step(rule, place, &english::English),
        Language::French => said_of_step(rule, place, &french::French),
    }
}

fn said_of_step(rule: &Rule, place: usize, words: &dyn Words) -> String {
    let step = &rule.steps[place];
    let anchors: Vec<&Step> = step.of.iter().map(|anchor| &rule.steps[*anchor]).collect();
    let mut bounds: Vec<String> = Vec::new();
    if let Some(span) = step.within {
        bounds.push(words.bound(span, step.from, &anchors));
    }
    if let Some(until) = step.until {
        bounds.push(words.until(&rule.steps[until].name));
    }
    let bound = bounds.join(", ");
    let opening = match (place, step.absent, step.optional) {
        (0, _, _) => words.entry().to_string(),
        (_, true, _) => words.not(&bound),
        (_, _, true) => words.perhaps(&bound),
        (_, _, _) => words.then(&bound),
    };
    let (pattern, compared) = (words.pattern(step), words.compared(step, &anchors));
    format!("{opening} {pattern}{compared}.")
}

fn said(rule: &Rule, words: &dyn Words) -> String {
    let mut text = words.heading(rule);
    for (place, step) in rule.steps.iter().enumerate() {
        let (number, name) = (place + 1, &step.name);
        let sentence = said_of_step(rule, place, words);
        write!(text, "\n  {number}. ({name}) {sentence}").expect("writing to a string cannot fail");
    }
    let has_absence = rule.steps.iter().any(|step| step.absent);
    text.push_str("\n  ");
    text.push_str(words.decide(rule.decide, has_absence));
    if !rule.segment_by.is_empty() {
        text.push_str("\n  ");
        text.push_str(&words.segments(&rule.segment_by));
    }
    text.push('\n');
    text
}
