//! Whether the rest can be believed.

use super::{Look, Scan};
use crate::kept::Name;
use crate::views::{
    AlertKind, At, DeadLetters, Limits, NotCounted, Quality, Share, SilentSince, SourceItem,
    Statement,
};
use model::Channel;
use std::collections::BTreeMap;

const DAY_MS: i64 = 86_400_000;
/// Sources that are shown.
const SOURCES_MAX: usize = 100;
/// Below so few contacts nothing is said of a share.
const SAID_FROM: u64 = Share::RATE_FROM;

impl Look<'_> {
    pub(super) fn quality(&self, scan: &Scan) -> Quality {
        let silent = self.silent();
        let letters = self.letters();
        let known = scan.contacts - scan.reasons.get(&Name::EMPTY).copied().unwrap_or(0);
        let reasons_known = Share::of(known as f64, scan.contacts);
        let mut not_counted: Vec<NotCounted> = scan
            .not_counted
            .iter()
            .filter(|(why, _)| !why.is_empty())
            .map(|(why, contacts)| NotCounted {
                why: self.text(*why),
                contacts: *contacts,
            })
            .collect();
        not_counted.sort_by(|a, b| b.contacts.cmp(&a.contacts).then_with(|| a.why.cmp(&b.why)));
        Quality {
            statements: self.statements(scan, &silent, &letters, &reasons_known),
            sources: self.sources(scan, &silent),
            reasons_known,
            not_counted,
            dead_letters: letters,
            limits: self.limits(),
        }
    }

    /// Sources that are silent now.
    fn silent(&self) -> BTreeMap<String, SilentSince> {
        let alerts = self.kept.alerts.all();
        let alerts =
            alerts.filter(|alert| alert.kind == AlertKind::SourceSilent && !alert.is_withdrawn);
        let silent = alerts.map(|alert| {
            let details = alert.details.as_deref();
            let since = details.and_then(|one| one.silent_since.or(one.last_event_at));
            let since = SilentSince {
                since: At(since.map_or(alert.at, |since| since.0)),
                silence_max: details
                    .and_then(|one| one.silence_max.clone())
                    .unwrap_or_default(),
            };
            (self.text(alert.name), since)
        });
        silent.collect()
    }

    fn letters(&self) -> Vec<DeadLetters> {
        let counts = self.kept.letters.since(self.at - DAY_MS);
        let mut letters: Vec<DeadLetters> = counts
            .into_iter()
            .map(|((reason, topic), records)| DeadLetters {
                reason: self.text(reason),
                topic: self.text(topic),
                records,
            })
            .collect();
        letters.sort_by(|a, b| {
            b.records
                .cmp(&a.records)
                .then_with(|| a.reason.cmp(&b.reason))
        });
        letters
    }

    fn statements(
        &self,
        scan: &Scan,
        silent: &BTreeMap<String, SilentSince>,
        letters: &[DeadLetters],
        reasons_known: &Share,
    ) -> Vec<Statement> {
        let mut said: Vec<Statement> = silent
            .iter()
            .map(|(source, silent)| Statement::SourceSilent {
                source: source.clone(),
                since: silent.since,
            })
            .collect();
        if self.kept.figures.is_empty() {
            said.push(Statement::NoFigures);
        }
        if let Some(first) = letters.first() {
            said.push(Statement::Rejected {
                records: letters.iter().map(|one| one.records).sum(),
                reason: first.reason.clone(),
            });
        }
        let scope = &self.kept.settings.readings[self.reading].channels;
        for channel in Channel::ALL
            .iter()
            .filter(|channel| scope.contains(channel))
        {
            let (known, all) = scan.channels[*channel as usize];
            if all >= SAID_FROM && known * 2 < all {
                let share = Share::of(known as f64, all);
                said.push(Statement::FewIdentified {
                    channel: *channel,
                    share,
                });
            }
        }
        let all = reasons_known.denominator;
        let unknown = all as f64 - reasons_known.numerator;
        if all >= SAID_FROM && unknown * 10.0 > all as f64 {
            let share = Share::of(unknown, all);
            said.push(Statement::ReasonsUnknown { share });
        }
        if scan.in_scope >= SAID_FROM && scan.costed < scan.in_scope {
            let share = Share::of(scan.costed as f64, scan.in_scope);
            said.push(Statement::CostsPartial { share });
        }
        if self.kept.contacts.let_go_until.is_some() && self.contacts_since() > self.span.from {
            let since = self.contacts_since();
            said.push(Statement::Kept { since });
        }
        if silent.is_empty() && !scan.sources.is_empty() {
            let sources = scan.sources.len() as u64;
            said.push(Statement::AllSourcesTalk { sources });
        }
        said
    }

    fn sources(&self, scan: &Scan, silent: &BTreeMap<String, SilentSince>) -> Vec<SourceItem> {
        let mut sources: Vec<SourceItem> = scan
            .sources
            .iter()
            .map(|(name, of)| {
                let source = self.text(*name);
                let channels = Channel::ALL.iter().copied();
                SourceItem {
                    channels: channels.filter(|one| of.channels[*one as usize]).collect(),
                    coverage: Share::of(of.identified as f64, of.contacts),
                    last_at: Some(At(of.last_at)),
                    silent: silent.get(&source).cloned(),
                    source,
                }
            })
            .collect();
        let unheard = silent
            .iter()
            .filter(|(name, _)| !sources.iter().any(|one| one.source == **name));
        let unheard: Vec<SourceItem> = unheard
            .map(|(name, since)| SourceItem {
                source: name.clone(),
                channels: Vec::new(),
                coverage: Share::default(),
                last_at: None,
                silent: Some(since.clone()),
            })
            .collect();
        sources.extend(unheard);
        sources.sort_by(|a, b| {
            let all = |one: &SourceItem| std::cmp::Reverse(one.coverage.denominator);
            all(a).cmp(&all(b)).then_with(|| a.source.cmp(&b.source))
        });
        sources.truncate(SOURCES_MAX);
        sources
    }

    fn limits(&self) -> Limits {
        let kept = self.kept;
        let of = |now: usize, max: usize| (now as u64, max as u64);
        Limits {
            contacts: of(kept.contacts.len(), kept.capacity.contacts),
            alerts: of(kept.alerts.len(), kept.capacity.alerts),
            sessions: of(kept.sessions.len(), kept.capacity.sessions),
            journeys: of(kept.journeys.len(), kept.capacity.journeys),
            figures: of(kept.figures.len(), kept.capacity.figures),
            let_go: kept.contacts.let_go
                + kept.alerts.let_go
                + kept.sessions.let_go
                + kept.journeys.let_go
                + kept.figures.let_go
                + kept.samples.let_go,
        }
    }
}
