//! What both languages share in saying what a step matches.

use super::super::keys::{Compare, Keys, Match, NumberKey, Operator, TextKey, TruthKey};
use super::super::rule::Step;
use calendar::{DAY_MS, HOUR_MS, duration_text};
use model::Text;

/// What a language needs to say keys.
pub(super) trait Vocabulary {
    /// `or` between values, `and` between clauses.
    fn or(&self) -> &'static str;
    /// A contact, something inside one, a signal: what the clauses are said of.
    fn noun(&self, keys: &Keys) -> String;
    /// A clause about a word: `whose outcome is ...`. The values are quoted and joined.
    fn text(&self, key: TextKey, not: bool, values: &str) -> String;
    /// A clause about an attribute.
    fn attribute(&self, name: &str, not: bool, values: &str) -> String;
    /// A clause about a number.
    fn number(&self, key: NumberKey, operator: Operator, value: &str) -> String;
    /// A clause about a truth.
    fn truth(&self, key: TruthKey, wanted: bool) -> String;
    /// A clause about a count.
    fn count(&self, least: u32) -> String;
    /// A value of a closed list, as people say it.
    fn word(&self, key: TextKey, value: &str) -> String;
    /// Before alternatives.
    fn one_of(&self) -> &'static str;
    /// The bound of an absence, whose name is quoted already.
    fn bound_of(&self, name: &str) -> String;
    /// Quotes a name.
    fn quoted(&self, name: &str) -> String;
}

/// What a step matches: a noun, clauses, alternatives.
pub(super) fn pattern(step: &Step, words: &impl Vocabulary) -> String {
    let pattern = &step.pattern;
    if pattern.any.is_empty() {
        return phrase(&pattern.common, words);
    }
    let each = pattern.any.iter().map(|own| {
        let mut both = pattern.common.and(own);
        if pattern.common.count.is_some() {
            both.count = None;
        }
        phrase(&both, words)
    });
    let separator = format!("; {} ", words.or());
    let each = each.collect::<Vec<_>>().join(&separator);
    let count = pattern.common.count.map(|least| words.count(least));
    let count = count.map_or(String::new(), |count| format!("{count}, "));
    format!("{count}{} {each}", words.one_of())
}

fn phrase(keys: &Keys, words: &impl Vocabulary) -> String {
    let mut clauses: Vec<String> = Vec::new();
    for (key, wanted) in &keys.texts {
        // The noun has said what is looked at.
        let is_said = matches!(key, TextKey::Kind | TextKey::Step | TextKey::Signal) && !wanted.not;
        if !is_said {
            clauses.push(words.text(*key, wanted.not, &values(*key, wanted, words)));
        }
    }
    for (name, wanted) in &keys.attributes {
        let values = joined(wanted.values.iter().map(|value| words.quoted(value)), words);
        clauses.push(words.attribute(name, wanted.not, &values));
    }
    for (key, compare) in &keys.numbers {
        let Compare {
            operator, typed, ..
        } = compare;
        clauses.push(words.number(*key, *operator, typed));
    }
    for (key, wanted) in &keys.truths {
        clauses.push(words.truth(*key, *wanted));
    }
    clauses.extend(keys.count.map(|least| words.count(least)));
    let mut text = words.noun(keys);
    for clause in clauses {
        text.push_str(", ");
        text.push_str(&clause);
    }
    text
}

/// The values of a key, as people say them.
pub(super) fn values(key: TextKey, wanted: &Match, words: &impl Vocabulary) -> String {
    joined(
        wanted.values.iter().map(|value| words.word(key, value)),
        words,
    )
}

/// `a, b or c`.
fn joined(values: impl Iterator<Item = String>, words: &impl Vocabulary) -> String {
    let values: Vec<String> = values.collect();
    match values.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} {} {last}", before.join(", "), words.or()),
        None => String::new(),
    }
}

/// The values of a key that is not negated, if it is asked for.
pub(super) fn asked(keys: &Keys, key: TextKey, words: &impl Vocabulary) -> Option<String> {
    let wanted = keys.text(key).filter(|wanted| !wanted.not)?;
    Some(values(key, wanted, words))
}

/// The quoted names of steps, joined by a word; of an absence it is its bound that is meant.
pub(super) fn names(steps: &[&Step], and: &str, words: &impl Vocabulary) -> String {
    let name = |step: &&Step| {
        let name = words.quoted(&step.name);
        if step.absent {
            words.bound_of(&name)
        } else {
            name
        }
    };
    let names: Vec<String> = steps.iter().map(name).collect();
    names.join(&format!(" {and} "))
}

/// A title, or the rule's name where it has none.
pub(super) fn title<'t>(title: &'t Text, other: &'t Text) -> &'t str {
    if title.is_empty() { other } else { title }
}

/// A duration; up to a week in hours, which nobody takes for calendar days.
pub(super) fn hours_text(duration_ms: i64) -> String {
    if duration_ms % HOUR_MS == 0 && duration_ms <= 7 * DAY_MS {
        return format!("{}h", duration_ms / HOUR_MS);
    }
    duration_text(duration_ms)
}
