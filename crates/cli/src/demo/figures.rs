//! The figures of a day so far, beside other days at the same time.

use super::words;
use crate::report::{grouped, percent};
use model::{Channel, Class, Direction, Millis, Money};
use worker::Told;

/// Below so many contacts a rate says less than its counts.
const RATE_FROM: u64 = 30;

/// What is counted of the contacts that start in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Contacts, in order of [`Channel::ALL`].
    pub contacts: [u64; 5],
    /// Of these, outbound ones.
    pub outbound: u64,
    /// Of all, contacts of known customers.
    pub identified: u64,
    /// Contacts of known customers that could be repeats in the headline reading.
    pub followers: u64,
    /// Of these, repeats.
    pub repeats: u64,
    /// Cost of the repeats.
    pub avoidable: Money,
}

impl Figures {
    /// Of the contacts that start from an instant on and before another.
    pub fn between(told: &Told, headline: usize, from: Millis, to: Millis) -> Figures {
        let mut figures = Figures::default();
        for result in told.contacts.values() {
            let contact = &result.contact;
            if contact.started_at < from || contact.started_at >= to {
                continue;
            }
            figures.contacts[contact.channel as usize] += 1;
            figures.outbound += u64::from(contact.direction == Direction::Outbound);
            if result.customer.is_empty() {
                continue;
            }
            figures.identified += 1;
            let reading = result.reading(headline);
            let Some(reading) = reading.filter(|reading| reading.count > 0) else {
                continue;
            };
            figures.followers += u64::from(result.roles.follower);
            if reading.class == Some(Class::Repeat) {
                figures.repeats += 1;
                figures.avoidable = figures.avoidable.plus(result.cost.unwrap_or_default());
            }
        }
        figures
    }

    /// `412: phone 150, web 262; 8 outbound; customer known 91.2 %`.
    pub fn contacts_text(&self) -> String {
        let total: u64 = self.contacts.iter().sum();
        let by_channel: Vec<String> = Channel::ALL
            .iter()
            .zip(self.contacts)
            .map(|(channel, count)| format!("{} {}", channel.name(), grouped(count)))
            .collect();
        let coverage = (total > 0).then(|| self.identified as f64 / total as f64);
        format!(
            "{}: {}; {} outbound; customer known {}",
            grouped(total),
            by_channel.join(", "),
            grouped(self.outbound),
            percent(coverage)
        )
    }

    /// `57 repeats of 310, 18.4 %`, or only the counts where they are small.
    pub fn repeats_text(&self) -> String {
        let counts = format!("{} of {}", grouped(self.repeats), grouped(self.followers));
        if self.followers < RATE_FROM {
            return counts;
        }
        let rate = self.repeats as f64 / self.followers as f64;
        format!("{} ({counts})", percent(Some(rate)))
    }

    /// `212.40 EUR`.
    pub fn avoidable_text(&self, currency: &str) -> String {
        words::money(self.avoidable, currency)
    }
}
