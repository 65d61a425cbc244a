//! The yardstick: the fixed job that this engine and others are measured with.
//!
//! At full size, two million contacts of half a million customers over 35 days: one event at the
//! start and one at the end of each contact, 5 % of them up to ten minutes late, 1 % twice. The same
//! contacts come as whole records too, one a contact, for engines that read tables.
//!
//! Everything streams: the memory is that of the contacts under way and of those that customers may
//! soon come back from.

mod contacts;
mod lines;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::dice::Dice;
pub use contacts::{Channel, Contact, Contacts, Outcome, REASONS, contacts};

/// The longest delay of a late record.
const LATE_MS_MAX: i64 = 10 * 60_000;

/// What one record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The start or the end of a contact, in order of arrival.
    Events,
    /// A whole contact, in order of start; none late, none twice.
    WholeContacts,
}

/// How large the job is.
#[derive(Clone, Debug)]
pub struct YardstickOptions {
    /// Contacts, exactly.
    pub contacts: u64,
    /// Customers that they are drawn from, at least 1.
    pub customers: u64,
    /// Days from 2025-09-01T00:00:00Z on, at least 1. What would end after them has no end.
    pub days: u32,
    /// The same seed and options give the same bytes.
    pub seed: u64,
    /// What one record holds.
    pub shape: Shape,
}

impl Default for YardstickOptions {
    /// The full size, as events.
    fn default() -> Self {
        Self {
            contacts: 2_000_000,
            customers: 500_000,
            days: 35,
            seed: 1,
            shape: Shape::Events,
        }
    }
}

/// The records of the job.
pub fn yardstick(options: YardstickOptions) -> Yardstick {
    Yardstick {
        dice: Dice::new(options.seed, 5),
        to_ms: contacts::FROM_MS + i64::from(options.days) * 86_400_000,
        shape: options.shape,
        contacts: contacts(&options),
        waiting: BinaryHeap::new(),
        next_contact: None,
        sequence: 0,
    }
}

/// A record that will arrive: when, in which order among equals, and what.
type Waiting = (Reverse<(i64, u64)>, Part);

/// The start or the end of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    is_end: bool,
    contact: Contact,
}

/// Writes one record after another. As an iterator it gives each as a text of its own;
/// [`Self::write_next`] reuses one buffer and is faster.
pub struct Yardstick {
    dice: Dice,
    to_ms: i64,
    shape: Shape,
    contacts: Contacts,
    next_contact: Option<Contact>,
    waiting: BinaryHeap<Waiting>,
    sequence: u64,
}

impl Yardstick {
    /// Appends the next record to `out`, without line break. False when there is none.
    pub fn write_next(&mut self, out: &mut String) -> bool {
        match self.shape {
            Shape::WholeContacts => {
                let Some(contact) = self.contacts.next() else {
                    return false;
                };
                lines::whole(out, &contact);
            }
            Shape::Events => {
                let Some(part) = self.next_part() else {
                    return false;
                };
                if part.is_end {
                    lines::end(out, &part.contact);
                } else {
                    lines::start(out, &part.contact);
                }
            }
        }
        true
    }

    /// The part that arrives next. Contacts are begun only as far as time has come.
    fn next_part(&mut self) -> Option<Part> {
        loop {
            if self.next_contact.is_none() {
                self.next_contact = self.contacts.next();
            }
            let first_waiting_ms = self.waiting.peek().map(|(Reverse((at_ms, _)), _)| *at_ms);
            match (self.next_contact, first_waiting_ms) {
                (Some(contact), at_ms) if at_ms.is_none_or(|at_ms| contact.start_ms <= at_ms) => {
                    self.next_contact = None;
                    if contact.end_ms < self.to_ms {
                        let end = Part {
                            is_end: true,
                            contact,
                        };
                        let at_ms = self.deliver(contact.end_ms, end);
                        self.wait(at_ms, end);
                    }
                    let start = Part {
                        is_end: false,
                        contact,
                    };
                    let at_ms = self.deliver(contact.start_ms, start);
                    if at_ms == contact.start_ms {
                        return Some(start);
                    }
                    self.wait(at_ms, start);
                }
                _ => return self.waiting.pop().map(|(_, part)| part),
            }
        }
    }

    /// When a part arrives; a second copy of it waits already.
    fn deliver(&mut self, at_ms: i64, part: Part) -> i64 {
        let draw = self.dice.below(100);
        if draw == 99 {
            let again_ms = at_ms + self.dice.between(0, LATE_MS_MAX);
            self.wait(again_ms, part);
        }
        let late_ms = if draw < 5 {
            self.dice.between(1, LATE_MS_MAX)
        } else {
            0
        };
        at_ms + late_ms
    }

    fn wait(&mut self, at_ms: i64, part: Part) {
        self.sequence += 1;
        self.waiting.push((Reverse((at_ms, self.sequence)), part));
    }
}

impl Iterator for Yardstick {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut record = String::with_capacity(384);
        self.write_next(&mut record).then_some(record)
    }
}

/// The configuration of the job, in TOML: seven windows, each for any and for the same reason, over
/// all channels.
#[must_use]
pub fn yardstick_config() -> &'static str {
    include_str!("../../../../../benches/fourteen.toml")
}

#[cfg(test)]
mod tests;
