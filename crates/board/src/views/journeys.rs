//! Journeys that break.

use super::{Amount, At, Sample, Share, Span, Words};
use serde::Serialize;

/// The journey rules, and what of them is degraded.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Journeys {
    /// The dates that are looked at, by the entry's date.
    pub span: Span,
    /// Whether figures of rules (`rule_rate`, `rule_cost`) have come; without them a rule's `rate` is
    /// nothing, and `broken` counts the rows of table `journeys` that are kept.
    pub has_figures: bool,
    /// Whether anything was ever said of degraded journeys; without it nobody watches them, or there
    /// was nothing to tell yet.
    pub has_monitor: bool,
    /// Rules with anything to say first, most expensive first.
    pub rules: Vec<RuleRow>,
    /// Those that go on first, then the latest; at most 20.
    pub degraded: Vec<Degraded>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleRow {
    /// Its name.
    pub rule: String,
    /// Its title; its name where it has none, as when the rule is gone.
    pub title: Words,
    /// Broken entries of decided ones.
    pub rate: Option<Share>,
    /// Broken entries.
    pub broken: u64,
    /// What they cost.
    pub cost: Amount,
    /// When the last one was decided.
    pub last_at: Option<At>,
    /// At most 20 contacts to listen to.
    pub samples: Vec<Sample>,
}

/// A journey that breaks more often than it should.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Degraded {
    /// 32 hexadecimal digits; names the alert in URLs.
    pub alert_id: String,
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: Words,
    /// `key=value` of what is concerned, such as `page=payment`.
    pub segment: Vec<String>,
    /// Since when, as far as can be said.
    pub since: At,
    /// When that was certain.
    pub raised_at: At,
    /// Since when it is over.
    pub over_since: Option<At>,
    /// Entries that broke since then.
    pub breaks: Option<f64>,
    /// Breaks that were to be expected since then.
    pub expected: Option<f64>,
    /// Customers whose journey broke since then.
    pub customers: Option<u64>,
    /// What it has cost.
    pub cost: Option<f64>,
    /// Expected against seen, oldest first: sums since it began, one point for each time that it was
    /// told.
    pub told: Vec<ExpectedAndSeen>,
    /// Breaks a quarter of an hour, from three hours before it began: counted from table `journeys`.
    pub seen: Vec<(At, u64)>,
}

/// Breaks expected and seen since a journey is degraded, up to an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ExpectedAndSeen {
    /// Up to when.
    pub at: At,
    /// Breaks expected.
    pub expected: f64,
    /// Breaks seen.
    pub seen: f64,
}
