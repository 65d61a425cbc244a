use calendar::{Calendar, Window};
use model::{Brings, Channel, Money, Readings, Text};
use rules::journeys::RuleSet;
use rules::{Policy, RoleTable};
use std::sync::Arc;

/// What a contact of a channel costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelCost {
    /// For every contact.
    pub fixed: Money,
    /// For every minute in which an agent dealt with it.
    pub per_minute: Money,
}

/// What the tenant configures of this stage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Part of the alerts' ids.
    pub tenant: Text,
    /// The centre's calendar.
    pub calendar: Calendar,
    /// The windows, in the order of [`Readings::windows`].
    pub windows: Vec<Window>,
    /// The readings.
    pub readings: Readings,
    /// What counts.
    pub roles: RoleTable,
    /// When a repeat is told.
    pub policies: Vec<Policy>,
    /// When a journey is broken.
    pub rules: Arc<RuleSet>,
    /// Costs, for each channel in order of [`Channel::ALL`].
    pub costs: [Option<ChannelCost>; 5],
    /// Legs of a source this close to each other are one contact, milliseconds; 0 or absent: never.
    pub join_legs_within_ms: Vec<(Text, i64)>,
    /// The same for every other source.
    pub join_legs_within_default_ms: i64,
    /// How long before a contact a visit lends its reason, milliseconds.
    pub page_reason_within_ms: i64,
    /// Whether a visit during a call is no follower.
    pub assistance: bool,
    /// A customer with more contacts keeps the newest.
    pub contacts_per_customer_max: usize,
    /// More contacts than this on one day quarantine a unique id; 0: no limit.
    pub contacts_per_day_max: u32,
    /// A contact is let go of so long after its end, milliseconds: the retention; `None`: never, as
    /// in a history of any order.
    pub keep_ms: Option<i64>,
}

impl Settings {
    /// What can bring a follower in a reading: whatever brings a channel of its scope.
    pub(crate) fn followers_of(&self, reading: usize) -> Brings {
        let scope = self.readings.list[reading].scope;
        Brings::channels(self.readings.scopes[scope].channels)
    }

    pub(crate) fn cost(&self, channel: Channel) -> Option<ChannelCost> {
        self.costs[channel as usize]
    }

    pub(crate) fn join_legs_within_ms(&self, source: &str) -> i64 {
        let configured = self
            .join_legs_within_ms
            .iter()
            .find(|(named, _)| named == source);
        configured.map_or(self.join_legs_within_default_ms, |(_, within_ms)| {
            *within_ms
        })
    }
}
