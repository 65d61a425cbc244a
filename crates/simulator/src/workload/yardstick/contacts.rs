//! The contacts of the yardstick, in order of their start.

use super::YardstickOptions;
use crate::workload::dice::Dice;

/// 2025-09-01T00:00:00Z, a Monday.
pub(super) const FROM_MS: i64 = 1_756_684_800_000;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

const REASON_COUNT: usize = 40;

/// The reasons, the most frequent ones first.
pub const REASONS: [&str; REASON_COUNT] = [
    "technical/box/start",
    "technical/box/slow",
    "sales/offer/fibre",
    "billing/direct-debit/account",
    "billing/invoice/schedule",
    "delivery/parcel/damaged",
    "account/data/address",
    "sales/advice/heating",
    "delivery/visit/date",
    "technical/meter/reading",
    "sales/advice/renovation",
    "contract/options/remove",
    "billing/direct-debit/date",
    "technical/outage/area",
    "contract/move/address",
    "billing/payment/confirmation",
    "contract/cancel/fees",
    "sales/advice/usage",
    "account/data/name",
    "technical/box/wifi",
    "delivery/visit/missed",
    "technical/outage/home",
    "contract/move/date",
    "billing/payment/failed",
    "delivery/parcel/lost",
    "contract/options/add",
    "technical/meter/visit",
    "account/access/locked",
    "billing/payment/refund",
    "contract/cancel/how",
    "billing/invoice/copy",
    "contract/price/change",
    "billing/invoice/amount",
    "technical/television/channels",
    "account/access/password",
    "delivery/parcel/late",
    "account/consent/mail",
    "sales/offer/energy",
    "technical/television/picture",
    "contract/price/index",
];

/// The five channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// A call.
    Phone,
    /// A conversation.
    Chat,
    /// A mail and its answer.
    Email,
    /// A video chat.
    Video,
    /// A visit of two pages, the second of which is a service step.
    Web,
}

impl Channel {
    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Video => "video",
            Self::Web => "web",
        }
    }
}

/// How a contact ended. Of a visit, whether its step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Somebody answered; of a visit, the step completed.
    Handled,
    /// The customer left before an answer.
    Abandoned,
    /// The mail was closed without an answer.
    Unanswered,
    /// The line or the video dropped; of a visit, the step failed.
    Failed,
}

impl Outcome {
    /// The name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Abandoned => "abandoned",
            Self::Unanswered => "unanswered",
            Self::Failed => "failed",
        }
    }
}

/// One contact. Times in UTC milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// When it starts.
    pub start_ms: i64,
    /// When it ends, at least one millisecond later.
    pub end_ms: i64,
    /// Its place in the order of starts, from 0; its id is `K` and nine digits of this.
    pub number: u32,
    /// Its customer's number, from 0; the customer's id is `C` and eight digits of this.
    pub customer: u32,
    /// How long the customer waited for an answer, or until leaving.
    pub wait_ms: u32,
    /// Index in [`REASONS`].
    pub reason: u8,
    /// The channel.
    pub channel: Channel,
    /// How it ended.
    pub outcome: Outcome,
}

/// All contacts, in order of start. The shape of the options does not matter.
pub fn contacts(options: &YardstickOptions) -> Contacts {
    let days = i64::from(options.days.max(1));
    let total_weight = (0..days * 24 * 60).map(minute_weight).sum();
    let recent_max = (options.contacts / days as u64 * 5).clamp(1, 1 << 21) as usize;
    Contacts {
        dice: Dice::new(options.seed, 4),
        contacts: options.contacts,
        customers: options.customers.clamp(1, u64::from(u32::MAX)),
        minutes: days * 24 * 60,
        total_weight,
        minute: 0,
        weight: 0,
        number: 0,
        starts_ms: Vec::new(),
        recent: Vec::with_capacity(recent_max),
        recent_max,
    }
}

/// The iterator over all contacts.
pub struct Contacts {
    dice: Dice,
    contacts: u64,
    customers: u64,
    minutes: i64,
    total_weight: u64,
    /// The minute that begins next, and the weight of all before it.
    minute: i64,
    weight: u64,
    number: u64,
    /// The starts of the running minute that are still to come, the latest first.
    starts_ms: Vec<i64>,
    /// Customer and reason of contacts of the last days, for those who come back.
    recent: Vec<(u32, u8)>,
    recent_max: usize,
}

/// How many of the contacts start in a minute, relative to others.
fn minute_weight(minute: i64) -> u64 {
    const HOURS: [u64; 24] = [
        2, 1, 1, 1, 2, 5, 14, 30, 62, 84, 88, 78, 60, 66, 80, 78, 72, 68, 60, 48, 36, 24, 12, 5,
    ];
    const WEEKDAYS: [u64; 7] = [12, 11, 10, 10, 10, 6, 2];
    HOURS[(minute / 60 % 24) as usize] * WEEKDAYS[(minute / (60 * 24) % 7) as usize]
}

impl Iterator for Contacts {
    type Item = Contact;

    fn next(&mut self) -> Option<Contact> {
        while self.starts_ms.is_empty() {
            if self.minute == self.minutes {
                return None;
            }
            self.begin_minute();
        }
        let start_ms = self.starts_ms.pop()?;
        Some(self.draw(start_ms))
    }
}

impl Contacts {
    /// Shares out the contacts by weight, so that the last minute brings the total to what was
    /// asked for.
    fn begin_minute(&mut self) {
        let share = |weight: u64| {
            (u128::from(self.contacts) * u128::from(weight) / u128::from(self.total_weight)) as u64
        };
        let after = self.weight + minute_weight(self.minute);
        let count = share(after) - share(self.weight);
        let minute_ms = FROM_MS + self.minute * MINUTE_MS;
        for _ in 0..count {
            self.starts_ms
                .push(minute_ms + self.dice.below(MINUTE_MS as u64) as i64);
        }
        self.starts_ms.sort_unstable_by(|one, other| other.cmp(one));
        self.weight = after;
        self.minute += 1;
    }

    fn draw(&mut self, start_ms: i64) -> Contact {
        let (customer, reason) = self.who_and_why();
        let (channel, outcome) = self.channel_and_outcome();
        let (wait_ms, length_ms) = self.lengths(channel, outcome);
        let contact = Contact {
            start_ms,
            end_ms: start_ms + length_ms.max(1),
            number: self.number as u32,
            customer,
            wait_ms: wait_ms as u32,
            reason,
            channel,
            outcome,
        };
        self.number += 1;
        contact
    }

    /// Either somebody of the last days, mostly for the same reason, or anybody: a few customers
    /// far more often than most.
    fn who_and_why(&mut self) -> (u32, u8) {
        let frequent = self.dice.unit().powi(2) * REASON_COUNT as f64;
        let mut reason = frequent as u8;
        let customer;
        if self.recent.len() > 1_000 && self.dice.percent(22) {
            let (who, before) = self.recent[self.dice.index(self.recent.len())];
            customer = who;
            if self.dice.percent(60) {
                reason = before;
            }
        } else {
            let rank = (self.dice.unit().powf(1.5) * self.customers as f64) as u64;
            // A prime step spreads the frequent ones over all numbers.
            customer = (rank.min(self.customers - 1) * 1_000_003 % self.customers) as u32;
        }
        if self.recent.len() < self.recent_max {
            self.recent.push((customer, reason));
        } else {
            let oldest = self.number as usize % self.recent_max;
            self.recent[oldest] = (customer, reason);
        }
        (customer, reason)
    }

    fn channel_and_outcome(&mut self) -> (Channel, Outcome) {
        let channel = match self.dice.below(100) {
            0..=39 => Channel::Phone,
            40..=54 => Channel::Chat,
            55..=67 => Channel::Email,
            68..=69 => Channel::Video,
            _ => Channel::Web,
        };
        let draw = self.dice.below(1_000);
        let outcome = match channel {
            Channel::Phone if draw < 130 => Outcome::Abandoned,
            Channel::Phone if draw < 140 => Outcome::Failed,
            Channel::Chat if draw < 100 => Outcome::Abandoned,
            Channel::Email if draw < 60 => Outcome::Unanswered,
            Channel::Video if draw < 70 => Outcome::Failed,
            Channel::Web if draw < 90 => Outcome::Failed,
            _ => Outcome::Handled,
        };
        (channel, outcome)
    }

    /// Wait and length in milliseconds.
    fn lengths(&mut self, channel: Channel, outcome: Outcome) -> (i64, i64) {
        let is_left = outcome == Outcome::Abandoned;
        match channel {
            Channel::Phone => {
                let wait_ms = self.about(70_000);
                (
                    wait_ms,
                    wait_ms
                        + if is_left {
                            0
                        } else {
                            20_000 + self.about(300_000)
                        },
                )
            }
            Channel::Chat => {
                let wait_ms = self.about(20_000);
                (
                    wait_ms,
                    wait_ms
                        + if is_left {
                            0
                        } else {
                            60_000 + self.about(420_000)
                        },
                )
            }
            Channel::Email => {
                let wait_ms = 5 * MINUTE_MS + self.about(9 * HOUR_MS);
                (wait_ms, wait_ms)
            }
            Channel::Video => (5_000, 60_000 + self.about(500_000)),
            Channel::Web => (0, 2_000 + self.about(150_000)),
        }
    }

    /// A length whose mean is about `mean_ms`, most shorter, few much longer.
    fn about(&mut self, mean_ms: i64) -> i64 {
        let length = -(1.0 - self.dice.unit()).ln() * mean_ms as f64;
        (length as i64).min(mean_ms * 6)
    }
}
