//! Journey rules: a pattern over a customer's contacts, what happens inside them, and signals.
//!
//! [`RuleSet::read`] reads rule files, checks them and lays them over the built-in library; what is
//! wrong comes back as [`Finding`]s with their places. [`plain_words`] says a rule in French or English.
//! [`RuleSet::entries`] matches the rules against a customer's [`History`] at the time that
//! [`Times`] tells.
//!
//! Reading order: `keys` (the words of the language) → `rule` (a rule as meant) → `read` (out of
//! TOML) → `check` (what can never be) → `set` (which rules hold) → `plain` (said back) →
//! `history` (what is matched) → `matching`. The meaning is `docs/semantics.md`, Journeys.
//!
//! Invariant: knows nothing of stages, topics or tables; the same arguments give the same entries.

mod check;
mod finding;
mod history;
mod keys;
mod lookup;
mod matching;
mod plain;
mod read;
mod rule;
mod set;
mod test_of;
#[cfg(test)]
mod tests;
mod times;
mod trace;

pub use finding::{Finding, Weight};
pub use history::{Happening, Heard, History, MomentRef, Seen};
pub use keys::{Compare, Compared, Keys, Match, NumberKey, Operator, TextKey, TruthKey};
pub use matching::{Entry, State};
pub use model::Kept;
pub use plain::{Language, plain_words, step_words};
pub use rule::{Decide, From, Pattern, Rule, Segment, Step, Title};
pub use set::{BUILT_IN, Known, RuleSet, RuleText, SourceBrings};
pub use times::{SourceClock, Times};
pub use trace::StepTrace;
