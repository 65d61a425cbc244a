//! What was told, looked at: a customer's contacts, and those that a count counts.

use super::words;
use calendar::{Anchor, Calendar};
use jiff::tz::TimeZone;
use model::{Alert, Channel, ContactName, ContactResult, Millis, Mode, Reading, Text};
use rules::Policy;
use settings::Meant;
use std::cmp::Ordering;
use worker::Told;

/// What was told, and what the words in it mean.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What stands.
    pub told: &'a Told,
    /// The configuration.
    pub meant: &'a Meant,
}

impl<'a> View<'a> {
    /// The centre's calendar.
    pub fn calendar(&self) -> &'a Calendar {
        &self.meant.customers.calendar
    }

    /// The centre's time zone.
    pub fn zone(&self) -> &'a TimeZone {
        self.calendar().zone()
    }

    /// Everything that stands under a customer's key, in order.
    pub fn contacts_of(&self, key: &str) -> Vec<&'a ContactResult> {
        let least = ContactName {
            contact_id: Text::default(),
            channel: Channel::Chat,
            source: Text::default(),
        };
        let from = (Text::from(key), least);
        let own = self
            .told
            .contacts
            .range(from..)
            .take_while(|((known, _), _)| known == key);
        let mut contacts: Vec<&ContactResult> = own.map(|(_, result)| result).collect();
        contacts.sort_by(|a, b| a.contact.order(&b.contact));
        contacts
    }

    /// The contact of an alert.
    pub fn contact_of(&self, alert: &Alert) -> Option<&'a ContactResult> {
        let place = (alert.customer.clone(), alert.contact.clone());
        self.told.contacts.get(&place)
    }

    /// The policy of an alert.
    pub fn policy_of(&self, alert: &Alert) -> Option<&'a Policy> {
        let mut policies = self.meant.customers.policies.iter();
        policies.find(|policy| policy.name == alert.policy)
    }

    /// A reading.
    pub fn reading(&self, place: usize) -> &'a Reading {
        &self.meant.customers.readings.list[place]
    }

    /// The contacts that a contact's count in a reading counts, itself left out.
    pub fn counted(&self, contact: &ContactResult, reading: usize) -> Vec<&'a ContactResult> {
        let started_at = contact.contact.started_at;
        let earlier = self
            .contacts_of(&contact.customer)
            .into_iter()
            .filter(|other| {
                let before = other.contact.order(&contact.contact) == Ordering::Less;
                let inside = other
                    .reading(reading)
                    .and_then(|row| row.due_at)
                    .is_some_and(|due_at| started_at < due_at);
                before
                    && other.roles.prior.is_some()
                    && inside
                    && self.compares(reading, contact, other)
            });
        earlier.collect()
    }

    fn compares(&self, reading: usize, a: &ContactResult, b: &ContactResult) -> bool {
        let depth = self.meant.customers.readings.reason_depth;
        let cut = |result: &ContactResult| -> Option<Vec<String>> {
            let reason = result.contact.reason.as_ref()?;
            Some(
                reason
                    .path
                    .split('/')
                    .take(depth)
                    .map(str::to_owned)
                    .collect(),
            )
        };
        match self.reading(reading).mode {
            Mode::Any => true,
            Mode::Same => cut(a).is_some_and(|path| cut(b) == Some(path)),
        }
    }

    /// From an earlier contact to a later one, as a reading measures it: `18 h 16 min`.
    pub fn gap(&self, reading: usize, earlier: &ContactResult, started_at: Millis) -> String {
        let window = &self.meant.customers.windows[self.reading(reading).window];
        let anchor_at = match window.anchor {
            Anchor::Start => earlier.contact.started_at,
            Anchor::End => earlier.contact.ended_at,
        };
        if anchor_at > started_at {
            return "not over then".to_owned();
        }
        words::lasting(started_at.since(anchor_at))
    }

    /// A contact as a row: when, channel, outcome, reason.
    pub fn row(&self, result: &ContactResult) -> String {
        let contact = &result.contact;
        format!(
            "{} {:<5} {:<15} {:<40}",
            words::date_and_clock(self.zone(), contact.started_at),
            contact.channel.name(),
            words::outcome(result, self.zone()),
            words::reason(result),
        )
    }
}
