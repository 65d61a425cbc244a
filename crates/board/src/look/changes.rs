//! What changed in the last hour.

use super::Look;
use crate::kept::{KeptContact, Name};
use crate::views::{AlertKind, At, Change, Share};
use std::collections::HashMap;

const HOUR_MS: i64 = 3_600_000;
/// Reasons that are named.
const REASONS_MAX: usize = 3;
/// So many more repeats than in the hour before are worth a word.
const MORE_MIN: u64 = 3;

/// Contacts of an hour.
#[derive(Default)]
struct Hour {
    contacts: u64,
    repeats: u64,
    followers: u64,
    by_reason: HashMap<Name, u64>,
}

impl Look<'_> {
    pub(super) fn changes(&self) -> Vec<Change> {
        if self.span.to != self.today {
            return Vec::new();
        }
        let from = self.at - HOUR_MS;
        let mut changes = self.changed_journeys_and_sources(from);
        for marker in self.kept.markers.values() {
            if (from..=self.at).contains(&marker.at) {
                changes.push(Change::Marker {
                    at: At(marker.at),
                    kind: self.text(marker.kind),
                    name: self.text(marker.name),
                });
            }
        }
        let last = self.hour(from + 1, self.at + 1);
        let before = self.hour(from - HOUR_MS + 1, from + 1);
        if last.contacts + before.contacts > 0 {
            let share = |hour: &Hour| Share::of(hour.repeats as f64, hour.followers);
            changes.push(Change::RepeatRate {
                last: share(&last),
                before: share(&before),
            });
            changes.push(Change::Contacts {
                last: last.contacts,
                before: before.contacts,
            });
        }
        changes.extend(self.risen_reasons(&last, &before));
        changes.push(self.changed_alerts(from));
        changes
    }

    fn changed_journeys_and_sources(&self, from: i64) -> Vec<Change> {
        let mut changes = Vec::new();
        let alerts = self.kept.alerts.between(from, self.at + 1);
        for alert in alerts.filter(|alert| !alert.is_withdrawn) {
            let at = At(alert.at);
            match alert.kind {
                AlertKind::JourneyDegraded => {
                    let rule = self.text(alert.name);
                    let details = alert.details.as_deref();
                    changes.push(Change::JourneyDegraded {
                        at,
                        alert_id: alert.alert_id.to_string(),
                        title: self.kept.settings.title(&rule),
                        rule,
                        segment: details.map(|one| one.segment.pairs()).unwrap_or_default(),
                    });
                }
                AlertKind::SourceSilent => changes.push(Change::SourceSilent {
                    at,
                    source: self.text(alert.name),
                }),
                AlertKind::RepeatContact | AlertKind::BrokenJourney => {}
            }
        }
        changes
    }

    fn hour(&self, from: i64, to: i64) -> Hour {
        let mut hour = Hour::default();
        let mut add = |one: &KeptContact| {
            let said = one.said.in_reading(self.reading);
            hour.contacts += 1;
            hour.followers += u64::from(one.contact.is_follower && said.takes_part);
            if said.is_repeat {
                hour.repeats += 1;
                *hour.by_reason.entry(one.contact.reason).or_default() += 1;
            }
        };
        self.contacts(from, to).for_each(&mut add);
        hour
    }

    fn risen_reasons(&self, last: &Hour, before: &Hour) -> Vec<Change> {
        let known = last.by_reason.iter().filter(|(name, _)| !name.is_empty());
        let mut risen: Vec<(u64, u64, Name)> = known
            .map(|(name, repeats)| {
                let before = before.by_reason.get(name).copied().unwrap_or(0);
                (*repeats, before, *name)
            })
            .filter(|(last, before, _)| *last >= before + MORE_MIN)
            .collect();
        risen.sort_by_key(|(last, before, name)| (std::cmp::Reverse(last - before), *name));
        let risen = risen.into_iter().take(REASONS_MAX);
        risen
            .map(|(last, before, name)| Change::Reason {
                reason: self.text(name),
                last,
                before,
            })
            .collect()
    }

    fn changed_alerts(&self, from: i64) -> Change {
        let mut fits = self.fitting_alert();
        let (mut raised, mut withdrawn) = (0, 0);
        for alert in self.kept.alerts.between(from, self.at + 1) {
            let is_of_person = matches!(
                alert.kind,
                AlertKind::RepeatContact | AlertKind::BrokenJourney
            );
            if is_of_person && fits(alert) {
                raised += 1;
                withdrawn += u64::from(alert.is_withdrawn);
            }
        }
        Change::Alerts {
            raised,
            withdrawn,
            closed: self.kept.acts.closed_since(from),
        }
    }
}
