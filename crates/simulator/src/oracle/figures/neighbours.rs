//! §15.3: figures of customers, sessions, and of what comes after what.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::super::config::Reading;
use super::{Counting, Name, instant, is_true, millionths, number, text};

impl Counting<'_> {
    /// Distinct customers of each date: of a reading its followers, else all.
    pub(super) fn count_customers(&mut self, reading: Option<(usize, &str)>) {
        let mut repeats: BTreeMap<(Date, String), bool> = BTreeMap::new();
        for one in self.contacts.iter().filter(|one| one.is_known()) {
            let of = reading.map(|(_, of)| of);
            let counts = of.is_none_or(|of| is_true(one.row, "follower") && one.takes_part(of));
            if counts {
                let customer = (one.date, one.customer().to_string());
                let is_repeat = of.is_some_and(|of| one.class(of) == "repeat");
                *repeats.entry(customer).or_default() |= is_repeat;
            }
        }
        for ((date, _), repeats) in repeats {
            let name = Name {
                date,
                hour: None,
                figure: reading.map_or("customers", |_| "repeating_customers"),
                reading: reading.map(|(nth, _)| nth),
                from_channel: None,
                channel: None,
                segment: None,
                age_days: None,
            };
            let sum = self.sum(name);
            if reading.is_some() {
                sum.numerator += i128::from(repeats);
                *sum.denominator.get_or_insert(0) += 1;
            } else {
                sum.numerator += 1;
            }
        }
    }

    pub(super) fn count_ages(&mut self, nth: usize, of: &str) {
        let today = self.world.local_date(self.world.end_of_time);
        let days = |from: Date, to: Date| i64::from((to - from).get_days());
        for at in 0..self.contacts.len() {
            let one = &self.contacts[at];
            if !one.is_known() || !one.is_origin(of) {
                continue;
            }
            let next_id = text(one.verdicts[of], "next_contact_id");
            let next = (at + 1..self.contacts.len()).find(|other| {
                let found = &self.contacts[*other];
                found.customer() == one.customer()
                    && text(found.row, "contact_id") == next_id
                    && is_true(found.row, "follower")
                    && found.takes_part(of)
                    && self.same_reason(&self.config().readings[nth], at, *other)
            });
            let after = next.map(|next| days(one.date, self.contacts[next].date).min(31));
            let date = one.date;
            for age_days in 0..=days(date, today).min(31) {
                let name = Name {
                    reading: Some(nth),
                    age_days: Some(age_days),
                    ..self.name(at, "returned_by_age")
                };
                let has_come = after.is_some_and(|after| after <= age_days);
                self.share(vec![name.clone()], true, has_come.into());
                self.sum(name).is_waiting = days(date, today) == age_days;
            }
        }
    }

    pub(super) fn count_followed(&mut self, nth: usize, reading: &Reading) {
        let of = reading.name();
        let is_flow = self.flow().is_some_and(|(place, _)| place == nth);
        for at in 0..self.contacts.len() {
            let one = &self.contacts[at];
            let has_prior_role = text(one.row, "prior_role") != "none";
            if !one.is_known() || !has_prior_role || !one.is_judged(&of) {
                continue;
            }
            let due_at = instant(text(one.verdicts[&of], "due_at"));
            let due_at = if one.verdicts[&of]["due_at"].is_null() {
                i64::MAX
            } else {
                due_at
            };
            let is_matured = one.is_matured(&of, self.world.end_of_time);
            for channel in &reading.scope.channels {
                let one = &self.contacts[at];
                let is_followed = self.contacts[at + 1..].iter().any(|other| {
                    other.customer() == one.customer()
                        && other.channel() == channel
                        && is_true(other.row, "follower")
                        && other.start < due_at
                });
                let name = Name {
                    reading: Some(nth),
                    from_channel: Some(one.channel().to_string()),
                    channel: Some(channel.clone()),
                    ..self.name(at, "followed")
                };
                let names = if is_flow {
                    self.with_segments(at, name)
                } else {
                    vec![name]
                };
                for name in names {
                    let sum = self.sum(name);
                    sum.is_waiting |= !is_matured;
                    *sum.denominator.get_or_insert(0) += i128::from(is_matured);
                    sum.numerator += i128::from(is_matured && is_followed);
                }
            }
        }
    }

    pub(super) fn count_sessions(&mut self) {
        let Some((nth, _)) = self.headline() else {
            return;
        };
        for session in self.sessions {
            let name = |figure| Name {
                date: self.world.local_date(instant(text(session, "started_at"))),
                hour: None,
                figure,
                reading: Some(nth),
                from_channel: None,
                channel: session["channels"][0].as_str().map(str::to_string),
                segment: None,
                age_days: None,
            };
            let (contacts, costs) = (name("contacts_per_session"), name("session_cost"));
            let is_open = !is_true(session, "complete");
            let number = number(session, "contacts").unwrap_or(0);
            self.share(vec![contacts.clone()], true, number.into());
            self.sum(contacts).is_waiting |= is_open;
            let cost = millionths(session, "cost");
            let sum = self.sum(costs);
            sum.is_waiting |= is_open;
            sum.numerator += cost.unwrap_or(0);
            *sum.denominator.get_or_insert(0) += i128::from(cost.is_some());
        }
    }

    pub(super) fn count_caused(&mut self) {
        let Some((nth, of)) = self.flow() else {
            return;
        };
        for at in 0..self.contacts.len() {
            let one = &self.contacts[at];
            if !one.is_known() || one.class(&of).is_empty() {
                continue;
            }
            let verdict = one.verdicts[&of];
            let prior_id = text(verdict, "prior_contact_id");
            let prior = (0..at).rev().find(|other| {
                let found = &self.contacts[*other];
                let is_elsewhere = found.channel() != one.channel();
                found.customer() == one.customer()
                    && text(found.row, "contact_id") == prior_id
                    && text(found.row, "prior_role") != "none"
                    && found.takes_part(&of)
                    && is_elsewhere == is_true(verdict, "channel_changed")
            });
            let Some(prior) = prior else { continue };
            let names = |figure| {
                let name = Name {
                    reading: Some(nth),
                    from_channel: Some(self.contacts[prior].channel().to_string()),
                    ..self.name(at, figure)
                };
                self.with_segments(prior, name)
            };
            let (caused, costs) = (names("caused"), names("caused_cost"));
            let cost = millionths(one.row, "cost");
            for name in caused {
                self.sum(name).numerator += 1;
            }
            self.share(costs, cost.is_some(), cost.unwrap_or(0));
            self.sample(at, "caused", prior);
        }
    }

    pub(super) fn count_avoidable(&mut self) {
        let Some((nth, of)) = self.headline() else {
            return;
        };
        for at in 0..self.contacts.len() {
            let one = &self.contacts[at];
            let cost = millionths(one.row, "cost");
            let (Some(cost), Some((_, origin))) = (cost, self.session_of(at)) else {
                continue;
            };
            if one.class(&of) != "repeat" {
                continue;
            }
            let name = Name {
                reading: Some(nth),
                from_channel: Some(self.contacts[origin].channel().to_string()),
                ..self.name(at, "avoidable_cost")
            };
            let names = self.with_segments(origin, name);
            self.share(names, true, cost);
            self.sample(at, "avoidable_cost", origin);
        }
    }
}
