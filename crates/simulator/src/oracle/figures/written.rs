//! §15.2, §15.4: what was counted, as rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::config::Reading;
use super::super::tables::{Row, row};
use super::{Counting, Name, One};

/// Bounds of durations, milliseconds.
const BOUNDS_MS: [i64; 18] = {
    const S: i64 = 1_000;
    const MIN: i64 = 60 * S;
    const H: i64 = 60 * MIN;
    const D: i64 = 24 * H;
    [
        5 * S,
        10 * S,
        15 * S,
        20 * S,
        30 * S,
        MIN,
        2 * MIN,
        5 * MIN,
        10 * MIN,
        20 * MIN,
        30 * MIN,
        H,
        4 * H,
        8 * H,
        D,
        2 * D,
        7 * D,
        14 * D,
    ]
};

impl Counting<'_> {
    /// Share of known contacts of what a row is about.
    pub(super) fn coverage(&self, name: &Name) -> Option<f64> {
        let config = self.config();
        let scope = name.reading.map(|nth| &config.readings[nth].scope.channels);
        let channel = match name.figure {
            "followed" => &name.from_channel,
            _ => &name.channel,
        };
        let is_about = |one: &&One<'_>| {
            let is_channel = match (channel, scope) {
                (Some(channel), _) => one.channel() == channel,
                (None, Some(scope)) => scope.iter().any(|channel| channel == one.channel()),
                (None, None) => true,
            };
            one.date == name.date && name.hour.is_none_or(|hour| one.hour == hour) && is_channel
        };
        let all = self.contacts.iter().filter(is_about).count();
        let known = self.contacts.iter().filter(is_about);
        let known = known.filter(|one| one.is_known()).count();
        (all > 0).then(|| known as f64 / all as f64)
    }

    pub(super) fn figures(&self) -> Vec<Row> {
        let config = self.config();
        let mut coverages: BTreeMap<Name, Option<f64>> = BTreeMap::new();
        let mut rows = Vec::new();
        let shown = self.sums.iter().filter(|(name, sum)| {
            // Young days are shown, other rows of nothing are not.
            let is_young = ["fir", "fcr", "lost_rate", "followed"].contains(&name.figure);
            is_young || sum.denominator != Some(0)
        });
        for (name, sum) in shown {
            let reading = name.reading.map(|nth| &config.readings[nth]);
            let about = Name {
                segment: None,
                age_days: None,
                ..name.clone()
            };
            let coverage = coverages
                .entry(about)
                .or_insert_with_key(|about| self.coverage(about));
            let is_amount = ["cost", "avoidable_cost", "caused_cost", "session_cost"];
            let is_amount = is_amount.contains(&name.figure) || name.figure == "satisfaction";
            let unit = if is_amount { 1e6 } else { 1.0 };
            let numerator = sum.numerator as f64 / unit;
            let value = match sum.denominator {
                None => Some(numerator),
                Some(0) => None,
                Some(number) => Some(numerator / number as f64),
            };
            rows.push(row([
                ("tenant", json!(config.tenant)),
                ("date", json!(name.date.to_string())),
                ("hour", json!(name.hour)),
                ("figure", json!(name.figure)),
                ("rule", json!(null)),
                ("window", json!(reading.map(|one| &one.window.name))),
                ("scope", json!(reading.map(|one| &one.scope.name))),
                ("reason_mode", json!(reading.map(Reading::mode))),
                ("from_channel", json!(name.from_channel)),
                ("channel", json!(name.channel)),
                ("segment", json!(name.segment)),
                ("age_days", json!(name.age_days)),
                ("value", json!(value)),
                ("numerator", json!(numerator)),
                ("denominator", json!(sum.denominator.map(|of| of as i64))),
                ("buckets", buckets(&sum.durations)),
                ("matured", json!(!sum.is_waiting)),
                ("coverage", json!(coverage)),
            ]));
        }
        rows
    }

    pub(super) fn sampled(&self) -> Vec<Row> {
        let config = self.config();
        let mut rows = Vec::new();
        for ((date, figure, segment), samples) in &self.samples {
            for ((_, at), rank) in samples.iter().take(20).zip(1..) {
                let of = self.contacts[*at].row;
                rows.push(row([
                    ("tenant", json!(config.tenant)),
                    ("date", json!(date.to_string())),
                    ("figure", json!(figure)),
                    ("rule", json!(null)),
                    ("segment", json!(segment)),
                    ("rank", json!(rank)),
                    ("contact_id", of["contact_id"].clone()),
                    ("channel", of["channel"].clone()),
                    ("source", of["source"].clone()),
                    ("link", of["link"].clone()),
                ]));
            }
        }
        rows
    }
}

/// How many durations are at most each bound and above the one before.
fn buckets(durations: &[i64]) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for duration in durations {
        let bound = BOUNDS_MS.iter().find(|bound| duration <= bound);
        let name = bound.map_or("more".to_string(), ToString::to_string);
        *counts.entry(name).or_default() += 1;
    }
    let written = counts.into_iter();
    json!(
        written
            .map(|(name, count)| (name, count.to_string()))
            .collect::<BTreeMap<_, _>>()
    )
}
