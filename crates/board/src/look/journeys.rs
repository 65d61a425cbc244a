//! Journeys that break.

use super::Look;
use crate::kept::{Alert, Journey, Name, Sum};
use crate::views::{AlertKind, Amount, At, Degraded, ExpectedAndSeen, Journeys, RuleRow, Share};
use std::collections::HashMap;

/// Degraded journeys that are shown.
const DEGRADED_MAX: usize = 20;
const QUARTER_MS: i64 = 900_000;
/// The picture begins so long before the journey was degraded: three hours.
const BEFORE_MS: i64 = 12 * QUARTER_MS;
/// Points of the picture at most: two days.
const QUARTERS_MAX: i64 = 192;

/// What is known of a rule.
#[derive(Default)]
struct Sums {
    rate: Sum,
    cost: Sum,
    broken: u64,
    broken_cost: f64,
    broken_costed: u64,
    last_at: Option<i64>,
}

impl Look<'_> {
    pub(super) fn journeys(&self) -> Journeys {
        let mut sums: HashMap<String, Sums> = HashMap::new();
        for rule in self.kept.settings.titles.keys() {
            sums.insert(rule.clone(), Sums::default());
        }
        let has_figures = self.add_figures(&mut sums);
        let (from, to) = (self.start_of(self.span.from), self.end_of(self.span.to));
        for journey in self.kept.journeys.between(from, to) {
            if self.filter.channel.is_some() && self.filter.channel != journey.channel {
                continue;
            }
            let one = sums.entry(self.text(journey.rule)).or_default();
            one.broken += 1;
            one.last_at = one.last_at.max(Some(journey.decided_at));
            if let Some(cost) = journey.cost {
                one.broken_cost += cost;
                one.broken_costed += 1;
            }
        }
        let mut rules: Vec<RuleRow> = sums
            .into_iter()
            .map(|(rule, sums)| self.rule_row(rule, &sums))
            .collect();
        rules.sort_by(|a, b| {
            let cost = b.cost.amount.total_cmp(&a.cost.amount);
            cost.then(b.broken.cmp(&a.broken))
                .then_with(|| a.rule.cmp(&b.rule))
        });
        Journeys {
            span: self.span,
            has_figures,
            has_monitor: self.kept.alerts.has_degraded,
            rules,
            degraded: self.degraded(),
        }
    }

    /// Adds the rows of the topic `figures`, if there are any. They are by rule alone.
    fn add_figures(&self, sums: &mut HashMap<String, Sums>) -> bool {
        let (rate, cost) = (self.figure("rule_rate"), self.figure("rule_cost"));
        let mut is_there = false;
        for (_, key, sum) in self.kept.figures.rows(self.span.from, self.span.to) {
            let is_rate = Some(key.figure) == rate;
            if !(is_rate || Some(key.figure) == cost) || !key.segment.is_empty() {
                continue;
            }
            is_there = true;
            if !self.fits_channel(key.channel) {
                continue;
            }
            let one = sums.entry(self.text(key.rule)).or_default();
            let into = if is_rate {
                &mut one.rate
            } else {
                &mut one.cost
            };
            into.numerator += sum.numerator;
            into.denominator += sum.denominator;
            into.is_there = true;
        }
        is_there
    }

    fn rule_row(&self, rule: String, sums: &Sums) -> RuleRow {
        let name = self.figure(&rule).unwrap_or(Name::EMPTY);
        let samples = if name.is_empty() {
            Vec::new()
        } else {
            self.samples_of("rule_rate", name, &[Name::EMPTY])
        };
        let has_rate = sums.rate.is_there;
        let broken = if has_rate {
            sums.rate.count()
        } else {
            sums.broken
        };
        let cost = if sums.cost.is_there {
            sums.cost.amount(Some(broken))
        } else {
            Amount {
                amount: sums.broken_cost,
                known: sums.broken_costed,
                of: Some(broken),
            }
        };
        RuleRow {
            title: self.kept.settings.title(&rule),
            rule,
            rate: has_rate.then(|| Share::of(sums.rate.numerator, sums.rate.denominator)),
            broken,
            cost,
            last_at: sums.last_at.map(At),
            samples,
        }
    }

    fn degraded(&self) -> Vec<Degraded> {
        let alerts = self.kept.alerts.all();
        let alerts =
            alerts.filter(|alert| alert.kind == AlertKind::JourneyDegraded && !alert.is_withdrawn);
        let mut list: Vec<Degraded> = alerts.map(|alert| self.one_degraded(alert)).collect();
        list.sort_by_key(|one| (one.over_since.is_some(), std::cmp::Reverse(one.raised_at)));
        list.truncate(DEGRADED_MAX);
        list
    }

    fn one_degraded(&self, alert: &Alert) -> Degraded {
        let rule = self.text(alert.name);
        let details = alert.details.as_deref().cloned().unwrap_or_default();
        let segment = details.segment.pairs();
        let since = details.since.map_or(alert.at, |since| since.0);
        let told = alert
            .told
            .iter()
            .map(|(at, expected, seen)| ExpectedAndSeen {
                at: At(*at),
                expected: *expected,
                seen: *seen,
            });
        Degraded {
            alert_id: alert.alert_id.to_string(),
            title: self.kept.settings.title(&rule),
            since: At(since),
            raised_at: At(alert.at),
            over_since: details.over_since.map(|over| At(over.0)),
            breaks: details.breaks,
            expected: details.expected,
            customers: details.customers,
            cost: alert.cost,
            told: told.collect(),
            seen: self.seen(
                alert.name,
                &segment,
                since,
                details.over_since.map(|over| over.0),
            ),
            rule,
            segment,
        }
    }

    /// Breaks of the rule and segment by quarter of an hour of when they were decided.
    fn seen(
        &self,
        rule: Name,
        segment: &[String],
        since: i64,
        over: Option<i64>,
    ) -> Vec<(At, u64)> {
        let first = (since - BEFORE_MS).div_euclid(QUARTER_MS);
        let last = over.unwrap_or(self.at).min(self.at).div_euclid(QUARTER_MS);
        let last = last.min(first + QUARTERS_MAX - 1);
        let wanted: Option<Vec<Name>> = segment.iter().map(|pair| self.figure(pair)).collect();
        let mut counts = vec![0_u64; usize::try_from(last - first + 1).unwrap_or(0)];
        // What broke may have begun long before.
        let from = first * QUARTER_MS - 3 * 86_400_000;
        let concerns = |journey: &&Journey| {
            let wanted = wanted.as_deref();
            let has = wanted.is_some_and(|all| all.iter().all(|one| journey.segment.contains(one)));
            journey.rule == rule && has
        };
        for journey in self
            .kept
            .journeys
            .between(from, self.at + 1)
            .filter(concerns)
        {
            let place = journey.decided_at.div_euclid(QUARTER_MS) - first;
            let place = usize::try_from(place).ok();
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
        let quarters = (first..).zip(counts);
        quarters
            .map(|(quarter, count)| (At(quarter * QUARTER_MS), count))
            .collect()
    }
}
