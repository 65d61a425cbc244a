//! What people did with alerts.

use super::names::cut;
use crate::views::{Act, ActKind, At, Standing};
use model::Text;
use std::collections::{HashMap, VecDeque};

/// Acts of an alert that are kept: the newest.
pub(crate) const ACTS_PER_ALERT_MAX: usize = 50;

/// An act as it stands in the topic.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Written {
    pub(crate) kind: ActKind,
    pub(crate) by: String,
    pub(crate) at: i64,
    pub(crate) assignee: Option<String>,
}

/// The name of an act: `alert_id/revision/nonce`. Records of two boards at once differ in the nonce, so
/// that compaction keeps both, and the one that stands first in the log holds for every reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActKey {
    pub(crate) alert_id: String,
    pub(crate) revision: u64,
    pub(crate) nonce: String,
}

impl ActKey {
    pub(crate) fn text(&self) -> String {
        let ActKey {
            alert_id,
            revision,
            nonce,
        } = self;
        format!("{alert_id}/{revision}/{nonce}")
    }

    pub(crate) fn read(text: &str) -> Option<ActKey> {
        let mut parts = text.split('/');
        let (alert_id, revision, nonce) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && !alert_id.is_empty() && alert_id.len() <= 64;
        is_whole.then_some(())?;
        Some(ActKey {
            alert_id: alert_id.to_owned(),
            revision: revision.parse().ok()?,
            nonce: nonce.to_owned(),
        })
    }
}

/// The acts of the alerts that were last acted on.
#[derive(Debug)]
pub(crate) struct Acts {
    max: usize,
    by_alert: HashMap<Text, Vec<Act>>,
    /// The nonce of the last act that holds.
    nonces: HashMap<Text, (u64, String)>,
    /// In the order in which they were first acted on.
    order: VecDeque<Text>,
}

impl Acts {
    pub(crate) fn new(max: usize) -> Acts {
        Acts {
            max,
            by_alert: HashMap::new(),
            nonces: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Hears of an act, in the order of the log. The first of a revision holds; says whether this one
    /// does.
    pub(crate) fn hear(&mut self, key: &ActKey, written: Written) -> bool {
        let alert_id = Text::from(key.alert_id.as_str());
        let last = self.of(&alert_id).last().map_or(0, |act| act.revision);
        if key.revision <= last {
            return false;
        }
        if !self.by_alert.contains_key(&alert_id) {
            self.order.push_back(alert_id.clone());
        }
        let acts = self.by_alert.entry(alert_id.clone()).or_default();
        acts.push(Act {
            kind: written.kind,
            by: cut(&written.by).into(),
            at: At(written.at),
            assignee: written.assignee.map(|name| cut(&name).into()),
            revision: key.revision,
        });
        let beyond = acts.len().saturating_sub(ACTS_PER_ALERT_MAX);
        acts.drain(..beyond);
        self.nonces
            .insert(alert_id, (key.revision, key.nonce.clone()));
        while self.order.len() > self.max {
            if let Some(oldest) = self.order.pop_front() {
                self.by_alert.remove(&oldest);
                self.nonces.remove(&oldest);
            }
        }
        true
    }

    /// Whether an act was heard of, and if so, whether it holds.
    pub(crate) fn holds(&self, key: &ActKey) -> Option<bool> {
        let (revision, nonce) = self.nonces.get(key.alert_id.as_str())?;
        match revision.cmp(&key.revision) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(*nonce == key.nonce),
            // Somebody went on from there: ours was among those acts, or it lost.
            std::cmp::Ordering::Greater => Some(false),
        }
    }

    /// What was done with an alert, oldest first.
    pub(crate) fn of(&self, alert_id: &str) -> &[Act] {
        self.by_alert.get(alert_id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn standing(&self, alert_id: &str) -> Standing {
        let last = self.of(alert_id).last();
        last.map_or(Standing::Open, |act| match act.kind {
            ActKind::Acknowledge => Standing::Acknowledged,
            ActKind::Assign => Standing::Assigned,
            ActKind::Close => Standing::Closed,
            ActKind::Reopen => Standing::Open,
        })
    }

    /// Acts of closing since an instant.
    pub(crate) fn closed_since(&self, at: i64) -> u64 {
        let last = self.by_alert.values().filter_map(|acts| acts.last());
        let closed = last.filter(|act| act.kind == ActKind::Close && act.at.0 > at);
        closed.count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{ActKey, Acts, Written};
    use crate::views::{ActKind, Standing};

    fn act(acts: &mut Acts, key: &str, kind: ActKind) -> bool {
        let written = Written {
            kind,
            by: "ann".to_owned(),
            at: 1,
            assignee: None,
        };
        acts.hear(&ActKey::read(key).unwrap(), written)
    }

    #[test]
    fn of_two_at_once_the_first_in_the_log_holds_for_everybody() {
        let mut acts = Acts::new(10);
        assert!(act(&mut acts, "a/1/x", ActKind::Acknowledge));
        assert!(!act(&mut acts, "a/1/y", ActKind::Close), "came second");
        let holds = |acts: &Acts, key| acts.holds(&ActKey::read(key).unwrap());
        assert_eq!(holds(&acts, "a/1/x"), Some(true));
        assert_eq!(holds(&acts, "a/1/y"), Some(false));
        assert_eq!(holds(&acts, "a/2/y"), None, "not read yet");
        assert_eq!(acts.standing("a"), Standing::Acknowledged);
        assert!(act(&mut acts, "a/2/y", ActKind::Close));
        assert_eq!(acts.standing("a"), Standing::Closed);
        assert!(act(&mut acts, "a/3/y", ActKind::Reopen));
        assert_eq!(acts.standing("a"), Standing::Open);
    }

    #[test]
    fn acts_are_kept_of_the_last_alerts_only() {
        let mut acts = Acts::new(2);
        for alert in ["a", "b", "c"] {
            act(&mut acts, &format!("{alert}/1/x"), ActKind::Close);
        }
        assert_eq!(acts.standing("a"), Standing::Open);
        assert_eq!(acts.standing("c"), Standing::Closed);
        for key in ["", "a/1", "a/x/1", "a/1/x/y", "/1/x"] {
            assert_eq!(ActKey::read(key), None, "{key}");
        }
    }
}
