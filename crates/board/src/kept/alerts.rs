//! The newest alerts.

use super::hash;
use super::names::{Name, Names, cut, safe_link};
use crate::rows::{AlertRow, Details};
use crate::views::AlertKind;
use model::{Channel, Text};
use std::collections::{BTreeSet, HashMap};

/// Points of a degraded journey's picture.
const TOLD_MAX: usize = 200;

/// An alert with what is shown of it.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) alert_id: Text,
    pub(crate) kind: AlertKind,
    pub(crate) name: Name,
    pub(crate) version: i64,
    pub(crate) status: Name,
    pub(crate) is_withdrawn: bool,
    pub(crate) revision: i64,
    pub(crate) cause: Name,
    pub(crate) customer: Option<u64>,
    pub(crate) contact_id: Option<Text>,
    pub(crate) channel: Option<Channel>,
    pub(crate) source: Name,
    pub(crate) link: Option<Box<str>>,
    pub(crate) count: Option<i64>,
    pub(crate) gap_ms: Option<i64>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<Name>,
    pub(crate) cost: Option<f64>,
    pub(crate) tier: Name,
    pub(crate) may_contact: Option<bool>,
    pub(crate) confidence: Name,
    pub(crate) at: i64,
    /// Of a degraded journey or a silent source.
    pub(crate) details: Option<Box<Details>>,
    /// What was told of a degraded journey: instant, expected, seen.
    pub(crate) told: Vec<(i64, f64, f64)>,
}

/// Values of a list that are kept.
const LIST_MAX: usize = 20;

impl Alert {
    /// `None`: a type that this release does not know.
    pub(crate) fn of(row: &AlertRow, names: &mut Names) -> Option<Alert> {
        let kind = match row.kind.as_str() {
            "RepeatContact" => AlertKind::RepeatContact,
            "BrokenJourney" => AlertKind::BrokenJourney,
            "JourneyDegraded" => AlertKind::JourneyDegraded,
            "SourceSilent" => AlertKind::SourceSilent,
            _ => return None,
        };
        let is_of_person = matches!(kind, AlertKind::RepeatContact | AlertKind::BrokenJourney);
        let details = row.details.as_deref().filter(|_| !is_of_person);
        let details: Option<Details> = details.and_then(|text| serde_json::from_str(text).ok());
        let reasons = row.reasons.iter().take(LIST_MAX);
        Some(Alert {
            alert_id: cut(&row.alert_id),
            kind,
            name: names.take(&row.name),
            version: row.version,
            status: names.take(&row.status),
            is_withdrawn: row.status == "withdrawn",
            revision: row.revision,
            cause: names.take_some(row.cause.as_ref()),
            customer: row.customer.as_deref().map(hash),
            contact_id: row.contact_id.as_deref().map(cut),
            channel: row.channel,
            source: names.take_some(row.source.as_ref()),
            link: safe_link(row.link.as_ref()),
            count: row.count,
            gap_ms: row.gap_ms,
            channels: row.channels.iter().take(LIST_MAX).copied().collect(),
            reasons: reasons.map(|reason| names.take(reason)).collect(),
            cost: row.cost,
            tier: names.take_some(row.tier.as_ref()),
            may_contact: row.may_contact,
            confidence: names.take_some(row.confidence.as_ref()),
            at: row.event_at.0,
            details: details.map(Box::new),
            told: Vec::new(),
        })
    }
}

/// The newest alerts by their ids.
#[derive(Debug)]
pub(crate) struct Alerts {
    max: usize,
    by_id: HashMap<Text, Alert>,
    in_order: BTreeSet<(i64, Text)>,
    pub(crate) let_go: u64,
    /// Something was said of a degraded journey at some time.
    pub(crate) has_degraded: bool,
}

impl Alerts {
    pub(crate) fn new(max: usize) -> Alerts {
        Alerts {
            max,
            by_id: HashMap::new(),
            in_order: BTreeSet::new(),
            let_go: 0,
            has_degraded: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Says whether it was not there before. `now` is when it is told, for its picture.
    pub(crate) fn put(&mut self, mut alert: Alert, now: i64) -> bool {
        let former = self.forget(&alert.alert_id.clone());
        self.has_degraded |= alert.kind == AlertKind::JourneyDegraded;
        let is_new = former.is_none();
        if let Some(former) = former {
            alert.told = former.told;
        }
        if let Some(details) = &alert.details
            && let (Some(breaks), Some(expected)) = (details.breaks, details.expected)
        {
            let at = now.max(alert.at);
            alert.told.push((at, expected, breaks));
            let beyond = alert.told.len().saturating_sub(TOLD_MAX);
            alert.told.drain(..beyond);
        }
        self.in_order.insert((alert.at, alert.alert_id.clone()));
        self.by_id.insert(alert.alert_id.clone(), alert);
        while self.by_id.len() > self.max {
            let Some((_, oldest)) = self.in_order.first().cloned() else {
                break;
            };
            self.forget(&oldest);
            self.let_go += 1;
        }
        is_new
    }

    pub(crate) fn forget(&mut self, alert_id: &str) -> Option<Alert> {
        let alert = self.by_id.remove(alert_id)?;
        self.in_order.remove(&(alert.at, alert.alert_id.clone()));
        Some(alert)
    }

    pub(crate) fn get(&self, alert_id: &str) -> Option<&Alert> {
        self.by_id.get(alert_id)
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.in_order
            .iter()
            .filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Those of some instants, oldest first.
    pub(crate) fn between(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = &Alert> {
        let range = (from, Text::default())..(to.max(from), Text::default());
        let ids = self.in_order.range(range);
        ids.filter_map(|(_, id)| self.by_id.get(id))
    }
}
