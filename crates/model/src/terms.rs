//! What a configuration names and a state keeps: readings and policies may come and go while a
//! service runs, and their places in the lists with them. A task keeps a table of them.

use crate::{Millis, Text};
use serde::{Deserialize, Serialize};

/// A term that was not in use for so long, in event time, and comes back counts as new: a rolling
/// restart, in which former and new processes take turns, is over sooner.
pub const AWAY_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// How often, in event time, it is noted that a term is in use.
const NOTED_EVERY_MS: i64 = 3_600_000;

/// A reading or a policy, as a task knows it. Its number is its place in the task's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Everything that makes it what it is, its name first.
    pub text: Text,
    /// It holds for contacts that start from here on: the task's event time when it came.
    pub since: Millis,
    /// The task's event time when it was last seen to be in use.
    used_at: Option<Millis>,
}

/// All terms that a task ever knew, those that are in use among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    list: Vec<Term>,
    /// Numbers of the terms by which every key was settled last, ascending. Empty: some may have
    /// been settled by others, which say and wait for other things.
    settled_by: Vec<u16>,
}

impl From<Vec<Term>> for Terms {
    /// A table as an earlier release kept it.
    fn from(list: Vec<Term>) -> Terms {
        let settled_by = Vec::new();
        Terms { list, settled_by }
    }
}

impl Terms {
    /// Takes up what the configuration has when the task begins to work in a process, at its event
    /// time. In a table that is empty, as in a first deployment, it holds from the beginning. Says
    /// whether something is new, or keys were last settled by other terms than these.
    pub fn take_up(&mut self, texts: &[Text], now: Option<Millis>) -> bool {
        let is_first = self.list.is_empty();
        let mut is_new = false;
        for text in texts {
            let now = now.unwrap_or(Millis::MIN);
            match self.list.iter_mut().find(|term| term.text == *text) {
                None => {
                    let since = if is_first { Millis::MIN } else { now };
                    self.list.push(Term {
                        text: text.clone(),
                        since,
                        used_at: None,
                    });
                    is_new = true;
                }
                Some(term) => {
                    let is_away = |at: Millis| now.since(at) > AWAY_MS_MAX;
                    if term.used_at.is_some_and(is_away) {
                        term.since = now;
                        term.used_at = None;
                        is_new = true;
                    }
                }
            }
        }
        if is_new || self.settled_by != self.numbers(texts) {
            is_new |= !texts.is_empty();
            self.settled_by.clear();
        }
        is_new
    }

    /// Whether every key was settled by the terms that were taken up.
    #[must_use]
    pub fn are_settled(&self) -> bool {
        !self.settled_by.is_empty()
    }

    /// Notes that every key was settled by these.
    pub fn settled(&mut self, texts: &[Text]) {
        self.settled_by = self.numbers(texts);
    }

    /// Notes that some keys were not, after all.
    pub fn unsettled(&mut self) {
        self.settled_by.clear();
    }

    fn numbers(&self, texts: &[Text]) -> Vec<u16> {
        let numbers = texts.iter().filter_map(|text| self.find(text));
        let mut numbers: Vec<u16> = numbers.map(|(number, _)| number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Notes that these are in use. Says whether that is worth to be kept.
    pub fn note(&mut self, texts: &[Text], now: Millis) -> bool {
        let mut is_noted = false;
        for term in self
            .list
            .iter_mut()
            .filter(|term| texts.contains(&term.text))
        {
            if term
                .used_at
                .is_none_or(|at| now.since(at) >= NOTED_EVERY_MS)
            {
                term.used_at = Some(now);
                is_noted = true;
            }
        }
        is_noted
    }

    /// A term's number, and since when it holds.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<(u16, Millis)> {
        let number = self.list.iter().position(|term| term.text == text)?;
        Some((number as u16, self.list[number].since))
    }

    /// Until when, in event time, others than these may still be in use by another process.
    #[must_use]
    pub fn others_until(&self, texts: &[Text]) -> Option<Millis> {
        let others = self.list.iter().filter(|term| !texts.contains(&term.text));
        let used_at = others.filter_map(|term| term.used_at).max()?;
        Some(used_at.plus(AWAY_MS_MAX))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{AWAY_MS_MAX, Terms};
    use crate::{Millis, Text};

    fn texts(words: &[&str]) -> Vec<Text> {
        words.iter().map(|word| Text::from(*word)).collect()
    }

    #[test]
    fn a_first_deployment_holds_everything_from_the_beginning() {
        let mut terms = Terms::default();
        assert!(terms.take_up(&texts(&["a", "b"]), Some(Millis(50))));
        assert_eq!(terms.find("b"), Some((1, Millis::MIN)));
    }

    #[test]
    fn what_is_added_holds_from_then_on_and_keeps_its_number() {
        let mut terms = Terms::default();
        terms.take_up(&texts(&["a", "b"]), None);
        terms.note(&texts(&["a", "b"]), Millis(40));
        assert!(terms.take_up(&texts(&["c", "b"]), Some(Millis(50))));
        assert_eq!(terms.find("c"), Some((2, Millis(50))));
        assert_eq!(terms.find("b"), Some((1, Millis::MIN)));
        terms.take_up(&texts(&["a", "b"]), Some(Millis(60)));
        terms.take_up(&texts(&["c", "b"]), Some(Millis(70)));
        assert_eq!(terms.find("c"), Some((2, Millis(50))), "a rolling restart");
    }

    #[test]
    fn what_was_away_for_long_is_new() {
        let mut terms = Terms::default();
        terms.take_up(&texts(&["a", "b"]), None);
        terms.note(&texts(&["a", "b"]), Millis(0));
        let (just, long) = (Millis(AWAY_MS_MAX), Millis(AWAY_MS_MAX + 1));
        terms.take_up(&texts(&["a"]), Some(just));
        assert_eq!(terms.find("a"), Some((0, Millis::MIN)));
        terms.take_up(&texts(&["a"]), Some(long));
        assert_eq!(terms.find("a"), Some((0, long)));
        assert_eq!(terms.others_until(&texts(&["a"])), Some(just));
    }

    #[test]
    fn keys_that_others_may_have_settled_are_to_be_settled_again() {
        let mut terms = Terms::default();
        let (former, changed) = (texts(&["a", "b"]), texts(&["b", "c"]));
        assert!(terms.take_up(&former, None) && !terms.are_settled());
        terms.settled(&former);
        assert!(!terms.take_up(&former, None) && terms.are_settled());
        let turned = texts(&["b", "a"]);
        assert!(!terms.take_up(&turned, None), "their order is nothing");
        assert!(terms.take_up(&changed, None) && !terms.are_settled());
        // It was not done when the other one took over again.
        assert!(terms.take_up(&former, None) && !terms.are_settled());
        terms.settled(&former);
        terms.take_up(&changed, None);
        terms.settled(&changed);
        assert!(terms.take_up(&former, None) && !terms.are_settled());
    }

    #[test]
    fn that_a_term_is_in_use_is_noted_now_and_then() {
        let mut terms = Terms::default();
        terms.take_up(&texts(&["a"]), None);
        assert!(terms.note(&texts(&["a"]), Millis(1)));
        assert!(!terms.note(&texts(&["a"]), Millis(3_600_000)));
        assert!(terms.note(&texts(&["a"]), Millis(3_600_001)));
    }
}
