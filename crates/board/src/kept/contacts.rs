//! The newest contacts, each with what the readings say of it.

use super::names::{Name, Names, safe_link};
use super::{Id, hash};
use crate::rows::{ContactRow, ReadingRow};
use model::{Channel, Text};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// A contact with what is shown of it.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) contact_id: Text,
    pub(crate) channel: Channel,
    pub(crate) source: Name,
    /// Hash of the customer's key; `None`: unknown.
    pub(crate) customer: Option<u64>,
    pub(crate) medium: Name,
    pub(crate) is_outbound: bool,
    pub(crate) started_at: i64,
    pub(crate) ended_at: i64,
    pub(crate) is_going_on: bool,
    pub(crate) outcome: Name,
    pub(crate) reason: Name,
    pub(crate) reason_source: Name,
    pub(crate) agent: Name,
    pub(crate) team: Name,
    pub(crate) tier: Name,
    pub(crate) page: Name,
    pub(crate) disposition: Name,
    pub(crate) wait_ms: Option<i64>,
    pub(crate) handle_ms: Option<i64>,
    pub(crate) cost: Option<f64>,
    pub(crate) is_follower: bool,
    pub(crate) not_counted: Name,
    pub(crate) link: Option<Box<str>>,
}

impl Contact {
    pub(crate) fn of(row: &ContactRow, names: &mut Names) -> Contact {
        Contact {
            contact_id: super::names::cut(&row.contact_id),
            channel: row.channel,
            source: names.take(&row.source),
            customer: row.customer.as_deref().map(hash),
            medium: names.take_some(row.medium.as_ref()),
            is_outbound: row.direction == "outbound",
            started_at: row.started_at.0,
            ended_at: row.ended_at.0,
            is_going_on: row.end_kind == "open",
            outcome: names.take_some(row.outcome.as_ref()),
            reason: names.take_some(row.reason.as_ref()),
            reason_source: names.take_some(row.reason_source.as_ref()),
            agent: names.take_some(row.agent.as_ref()),
            team: names.take_some(row.team.as_ref()),
            tier: names.take_some(row.tier.as_ref()),
            page: names.take_some(row.page.as_ref()),
            disposition: names.take_some(row.disposition.as_ref()),
            wait_ms: row.wait_ms,
            handle_ms: row.handle_ms,
            cost: row.cost,
            is_follower: row.follower,
            not_counted: names.take_some(row.not_counted_because.as_ref()),
            link: safe_link(row.link.as_ref()),
        }
    }
}

/// What a reading says of a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InReading {
    pub(crate) takes_part: bool,
    pub(crate) is_repeat: bool,
    pub(crate) is_retry: bool,
}

/// What the verdicts of a contact say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// By place of the reading in the configured list.
    pub(crate) readings: Box<[InReading]>,
    /// The rest in the headline.
    pub(crate) verdict: Name,
    pub(crate) status: Name,
    pub(crate) is_origin: bool,
    pub(crate) rank: Option<u32>,
    pub(crate) gap_ms: Option<i64>,
    /// Hash of the session's id.
    pub(crate) session: Option<u64>,
    pub(crate) cause: Name,
}

impl Said {
    /// `place` finds a reading in the configured list, if it is there.
    pub(crate) fn of(
        rows: &[ReadingRow],
        readings: usize,
        headline: usize,
        place: impl Fn(&ReadingRow) -> Option<usize>,
        names: &mut Names,
    ) -> Said {
        let mut said = Said {
            readings: vec![InReading::default(); readings].into(),
            ..Said::default()
        };
        for row in rows {
            let Some(place) = place(row) else { continue };
            let class = row.class.as_deref().unwrap_or_default();
            said.readings[place] = InReading {
                takes_part: row.count.unwrap_or(0) > 0,
                is_repeat: class == "repeat",
                is_retry: class == "retry",
            };
            if place == headline {
                said.verdict = names.take(&row.verdict);
                said.status = names.take(&row.status);
                said.is_origin = row.origin;
                said.rank = row.rank.and_then(|rank| u32::try_from(rank).ok());
                said.gap_ms = row.gap_ms;
                said.session = row.session_id.as_deref().map(hash);
                said.cause = names.take_some(row.cause.as_ref());
            }
        }
        said
    }

    pub(crate) fn in_reading(&self, place: usize) -> InReading {
        self.readings.get(place).copied().unwrap_or_default()
    }
}

/// A contact and what is said of it, which may come sooner or later.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) contact: Contact,
    pub(crate) said: Said,
}

/// The newest contacts.
#[derive(Debug)]
pub(crate) struct Contacts {
    max: usize,
    by_id: HashMap<Id, Kept>,
    /// By start.
    in_order: BTreeSet<(i64, Id)>,
    by_customer: HashMap<u64, Vec<Id>>,
    /// Verdicts whose contact has not come yet, and the order in which they came.
    early: HashMap<Id, Said>,
    early_order: VecDeque<Id>,
    /// Contacts that started up to here were let go of.
    pub(crate) let_go_until: Option<i64>,
    pub(crate) let_go: u64,
}

impl Contacts {
    pub(crate) fn new(max: usize) -> Contacts {
        Contacts {
            max,
            by_id: HashMap::new(),
            in_order: BTreeSet::new(),
            by_customer: HashMap::new(),
            early: HashMap::new(),
            early_order: VecDeque::new(),
            let_go_until: None,
            let_go: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn put(&mut self, id: Id, contact: Contact) {
        if self
            .let_go_until
            .is_some_and(|until| contact.started_at <= until)
        {
            self.let_go += 1;
            self.forget(id);
            return;
        }
        let early = self.early.remove(&id);
        let former = self.take_out(id);
        let said = early
            .or(former.map(|former| former.said))
            .unwrap_or_default();
        self.in_order.insert((contact.started_at, id));
        if let Some(customer) = contact.customer {
            self.by_customer.entry(customer).or_default().push(id);
        }
        self.by_id.insert(id, Kept { contact, said });
        while self.by_id.len() > self.max {
            let Some((started_at, oldest)) = self.in_order.first().copied() else {
                break;
            };
            self.take_out(oldest);
            self.let_go_until = self.let_go_until.max(Some(started_at));
            self.let_go += 1;
        }
    }

    pub(crate) fn say(&mut self, id: Id, said: Said) {
        if let Some(kept) = self.by_id.get_mut(&id) {
            kept.said = said;
            return;
        }
        if self.early.insert(id, said).is_none() {
            self.early_order.push_back(id);
        }
        while self.early_order.len() > self.max {
            let oldest = self.early_order.pop_front();
            oldest.and_then(|oldest| self.early.remove(&oldest));
        }
    }

    pub(crate) fn forget(&mut self, id: Id) {
        self.early.remove(&id);
        self.take_out(id);
    }

    fn take_out(&mut self, id: Id) -> Option<Kept> {
        let kept = self.by_id.remove(&id)?;
        self.in_order.remove(&(kept.contact.started_at, id));
        if let Some(customer) = kept.contact.customer
            && let Some(ids) = self.by_customer.get_mut(&customer)
        {
            ids.retain(|one| *one != id);
            if ids.is_empty() {
                self.by_customer.remove(&customer);
            }
        }
        Some(kept)
    }

    /// Those that start from one instant up to another, that one left out; in order of start.
    pub(crate) fn between(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = &Kept> {
        let range = (from, Id::MIN)..(to.max(from), Id::MIN);
        let ids = self.in_order.range(range);
        ids.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// A customer's contacts, in order of start.
    pub(crate) fn of_customer(&self, customer: u64) -> Vec<&Kept> {
        let ids = self.by_customer.get(&customer).into_iter().flatten();
        let mut list: Vec<&Kept> = ids.filter_map(|id| self.by_id.get(id)).collect();
        list.sort_by(|a, b| {
            let key = |kept: &Kept| (kept.contact.started_at, kept.contact.contact_id.clone());
            key(a).cmp(&key(b))
        });
        list
    }
}
