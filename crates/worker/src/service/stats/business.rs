//! What was told of contacts, repeats, retries and alerts, and what was taken back.
//!
//! Everything comes in pairs of counters that only rise. Over all processes, from empty topics on,
//! *told* less *withdrawn* is what stands in the tables: a correction, a contact that moves to
//! another customer, or an alert that no longer holds counts on the other side of the pair.
//! A restart begins at zero and counts what is committed from then on, so the sum over every
//! process that ever was stays the same.

use model::{AlertStatus, Channel, Class, Text};
use stage_customers::{Counted, Output};
use std::collections::{BTreeMap, BTreeSet};

/// How often something was told, and how often it was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// It stands where it did not stand before.
    pub told: u64,
    /// It does not stand any more.
    pub withdrawn: u64,
}

impl Paired {
    /// Number that stand now, as far as this process told and took back: below zero where another
    /// one told what this one took back.
    #[must_use]
    pub fn standing(self) -> i64 {
        i64::try_from(i128::from(self.told) - i128::from(self.withdrawn)).unwrap_or(i64::MAX)
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Paired) {
        self.told += other.told;
        self.withdrawn += other.withdrawn;
    }
}

/// The reasons that are counted apart. They come from the configuration, never from events: so
/// every process has the same ones, and a label cannot grow without end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasons {
    apart: BTreeSet<Text>,
    depth: usize,
}

impl Reasons {
    /// At most so many are counted apart; the rest, in order of the alphabet, are `other`.
    pub const MAX: usize = 20;
    /// What every reason is that is not counted apart.
    pub const OTHER: &str = "other";
    /// What a contact without a reason has.
    pub const UNKNOWN: &str = "unknown";

    /// The configured reason paths, cut to so many levels.
    pub fn new<'a>(configured: impl IntoIterator<Item = &'a str>, depth: usize) -> Reasons {
        let cut = configured.into_iter().map(|path| cut(path, depth));
        let mut apart: BTreeSet<Text> = cut
            .filter(|path| !path.is_empty())
            .map(Text::from)
            .collect();
        while apart.len() > Reasons::MAX {
            apart.pop_last();
        }
        Reasons { apart, depth }
    }

    /// The word that a reason's path is counted under; that of no reason is empty.
    #[must_use]
    pub fn word(&self, path: &str) -> Text {
        if path.is_empty() {
            return Text::const_new(Reasons::UNKNOWN);
        }
        let found = self.apart.get(cut(path, self.depth));
        found.map_or(Text::const_new(Reasons::OTHER), Text::clone)
    }
}

/// The first levels of a path.
fn cut(path: &str, depth: usize) -> &str {
    let end = path.match_indices('/').nth(depth.saturating_sub(1));
    end.map_or(path, |(at, _)| &path[..at])
}

/// What became of the alerts of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// One stands that did not stand before, be it again.
    pub raised: u64,
    /// One that stands says something else.
    pub revised: u64,
    /// One does not stand any more.
    pub withdrawn: u64,
}

/// A repeat or a retry, as it is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Follower {
    /// Repeat or retry.
    pub class: Class,
    /// Place of the reading in the list of readings.
    pub reading: u16,
    /// The channel.
    pub channel: Channel,
    /// [`Reasons::word`].
    pub reason: Text,
}

/// What the customers stage told and took back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Business {
    /// Contacts, by channel and whether their customer is known.
    pub contacts: BTreeMap<(Channel, bool), Paired>,
    /// Repeats and retries.
    pub followers: BTreeMap<Follower, Paired>,
    /// Verdicts that were final and changed, by place of the reading.
    pub verdicts_revised: BTreeMap<u16, u64>,
    /// Alerts, by policy.
    pub alerts: BTreeMap<Text, AlertCounts>,
    /// Broken journeys, by rule.
    pub journeys: BTreeMap<Text, AlertCounts>,
    /// Contacts that the cap of a customer cut off, in order of [`Channel::ALL`].
    pub capped: [u64; 5],
}

impl Business {
    /// Counts what the customers stage says. Counted twice, or not at all, it would be wrong: call
    /// it once for every output of a transaction, and [`Business::add`] it if that is committed.
    pub fn hear(&mut self, reasons: &Reasons, output: &Output) {
        match output {
            Output::Contact(result, changed) => {
                let channel = result.contact.channel;
                let now = Counted::of(result);
                self.contact(reasons, channel, changed.former.as_ref(), Some(&now));
                for reading in &changed.revised {
                    *self.verdicts_revised.entry(*reading).or_default() += 1;
                }
            }
            Output::ContactGone { name, former, .. } => {
                self.contact(reasons, name.channel, Some(former), None);
            }
            Output::Alert(alert, former) => {
                alerted(&mut self.alerts, &alert.policy, *former, alert.status);
            }
            Output::AlertGone { alert, .. } => {
                let now = AlertStatus::Withdrawn;
                alerted(&mut self.alerts, &alert.policy, Some(alert.status), now);
            }
            Output::Journey(journey, former) => {
                alerted(&mut self.journeys, &journey.rule, *former, journey.status);
            }
            Output::JourneyGone { journey, .. } => {
                let now = AlertStatus::Withdrawn;
                alerted(&mut self.journeys, &journey.rule, Some(journey.status), now);
            }
            Output::Counted(_) => {}
            Output::Cut {
                contacts, former, ..
            } => {
                for (place, capped) in self.capped.iter_mut().enumerate() {
                    *capped += contacts[place].saturating_sub(former[place]);
                }
            }
            Output::Session(_) | Output::SessionGone { .. } => {}
        }
    }

    fn contact(
        &mut self,
        reasons: &Reasons,
        channel: Channel,
        former: Option<&Counted>,
        now: Option<&Counted>,
    ) {
        // Most of what is said anew of a contact changes nothing that counts.
        if former == now {
            return;
        }
        let known = |counted: &Counted| (channel, counted.is_known);
        pair(&mut self.contacts, former.map(known), now.map(known));
        let followers = |counted: Option<&Counted>| -> BTreeSet<Follower> {
            let Some(counted) = counted else {
                return BTreeSet::new();
            };
            let reason = reasons.word(&counted.reason);
            let classes = counted.classes.iter();
            classes
                .map(|(reading, class)| Follower {
                    class: *class,
                    reading: *reading,
                    channel,
                    reason: reason.clone(),
                })
                .collect()
        };
        let before = followers(former);
        let after = followers(now);
        for gone in before.difference(&after) {
            self.followers.entry(gone.clone()).or_default().withdrawn += 1;
        }
        for new in after.difference(&before) {
            self.followers.entry(new.clone()).or_default().told += 1;
        }
    }

    /// Adds what a transaction counted, once it is committed.
    pub fn add(&mut self, other: &Business) {
        let Business {
            contacts,
            followers,
            verdicts_revised,
            alerts,
            journeys,
            capped,
        } = other;
        for (labels, paired) in contacts {
            self.contacts.entry(*labels).or_default().add(*paired);
        }
        for (labels, paired) in followers {
            let own = self.followers.entry(labels.clone()).or_default();
            own.add(*paired);
        }
        for (reading, revised) in verdicts_revised {
            *self.verdicts_revised.entry(*reading).or_default() += revised;
        }
        for (own, other) in [(&mut self.alerts, alerts), (&mut self.journeys, journeys)] {
            for (name, counts) in other {
                let own = own.entry(name.clone()).or_default();
                own.raised += counts.raised;
                own.revised += counts.revised;
                own.withdrawn += counts.withdrawn;
            }
        }
        for (own, capped) in self.capped.iter_mut().zip(capped) {
            *own += capped;
        }
    }
}

/// Counts what befell an alert of a policy or rule.
fn alerted(
    counts: &mut BTreeMap<Text, AlertCounts>,
    name: &Text,
    former: Option<AlertStatus>,
    now: AlertStatus,
) {
    let stood = former.is_some_and(|former| former != AlertStatus::Withdrawn);
    let stands = now != AlertStatus::Withdrawn;
    if !stood && !stands {
        return;
    }
    let counts = counts.entry(name.clone()).or_default();
    match (stood, stands) {
        (false, true) => counts.raised += 1,
        (true, true) => counts.revised += 1,
        (true, false) => counts.withdrawn += 1,
        (false, false) => {}
    }
}

/// Counts a move from one set of labels to another; nothing if it is the same.
fn pair<K: Ord>(counts: &mut BTreeMap<K, Paired>, former: Option<K>, now: Option<K>) {
    if former == now {
        return;
    }
    if let Some(former) = former {
        counts.entry(former).or_default().withdrawn += 1;
    }
    if let Some(now) = now {
        counts.entry(now).or_default().told += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Reasons;

    #[test]
    fn reasons_that_are_not_configured_are_one() {
        let many: Vec<String> = (0..100).map(|n| format!("r{n:02}/a/b")).collect();
        let reasons = Reasons::new(many.iter().map(String::as_str), 1);
        let word = |path: &str| reasons.word(path).to_string();
        assert_eq!(word("r00/x"), "r00");
        assert_eq!(word("r19"), "r19");
        assert_eq!(word("r20"), "other");
        assert_eq!(word("made up"), "other");
        assert_eq!(word(""), "unknown");
    }
}
