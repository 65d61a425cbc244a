//! What an entry of a journey rule adds to the figures.

use crate::contributions::Contributions;
use crate::customer::Figures;
use crate::key::{Group, Key, Slot};
use model::{Channel, Millis, Money};

/// An entry of a journey rule, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Name of the rule.
    pub rule: &'a str,
    /// When it began.
    pub entered_at: Millis,
    /// Channel of what it began with, if that has one.
    pub channel: Option<Channel>,
    /// Whether it has been decided; until then time may still break it.
    pub decided: bool,
    /// Whether it broke.
    pub broken: bool,
    /// Sum of the known costs of its contacts.
    pub cost: Option<Money>,
}

impl Figures {
    /// What entries of rules add.
    pub fn add_entries(&self, entries: &[Entry<'_>], into: &mut Contributions) {
        for entry in entries {
            let (day, _) = self.local(entry.entered_at);
            let key = Key {
                channel: entry.channel,
                rule: entry.rule.into(),
                ..Key::of(Group::Entry, day)
            };
            let cost = entry.cost.filter(|_| entry.broken);
            into.add(
                key,
                &[
                    (Slot::ALL, i128::from(entry.decided)),
                    (Slot::PART, i128::from(entry.decided && entry.broken)),
                    (Slot::WAITING, i128::from(!entry.decided)),
                    (Slot::COST, cost.map_or(0, |cost| i128::from(cost.0))),
                    (Slot::COSTED, i128::from(cost.is_some())),
                ],
            );
        }
    }
}
