//! Campaigns: small adversarial histories with a random configuration, for comparing the engine
//! with the oracle record by record.
//!
//! A campaign is a function of its seed. Its history is written by small stories, each of which
//! aims at one rule; they share customers, sources and few distinct times, so that they collide.
//! `features` says what a campaign holds, and [`FEATURES`] what campaigns together must hold.

mod absurd;
mod calendar;
mod conversations;
mod corrections;
mod decorate;
mod features;
mod history;
mod identity;
mod journeys;
mod mails;
mod moments;
mod people;
mod settings;
mod setup;
mod signals;
mod visits;
mod wholes;

use std::collections::BTreeMap;

use super::dice::Dice;
use super::record::Record;
pub use features::{FEATURES, RESULT_FEATURES, minimum_per_thousand};
use history::History;

/// A configuration, and events for it.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The configuration file, in TOML. The tenant is `acme`; nothing is pseudonymised.
    pub config: String,
    /// In order of arrival: 150 to 700 records, a few of them unusable.
    pub events: Vec<Record>,
    /// Where time is cut, as `--until` does; without it, time ends where the records end.
    pub until_ms: Option<i64>,
    /// How often each feature occurred, by name.
    pub features: BTreeMap<&'static str, u64>,
}

/// What a story writes about.
type Story = fn(&mut History, usize);

/// The stories, by how often they are told.
const STORIES: [(u64, Story); 25] = [
    (16, conversations::conversation),
    (12, mails::thread),
    (12, visits::visit),
    (12, wholes::plain),
    (3, visits::visit_during_call),
    (4, visits::visit_then_contact),
    (2, wholes::heavy),
    (3, |history, _| wholes::switchboard(history)),
    (4, wholes::related),
    (4, wholes::joined_by_time),
    (2, wholes::same_id_twice),
    (2, wholes::never_appears),
    (4, identity::second_owner),
    (4, identity::late_sighting),
    (3, identity::expiry),
    (4, identity::links),
    (2, identity::shared_device),
    (7, signals::about_a_contact),
    (1, signals::about_nothing),
    (4, signals::about_a_customer),
    (9, journeys::journey),
    (16, |history, _| corrections::correct(history)),
    (3, |history, _| corrections::send_again(history)),
    (4, absurd::absurd),
    (1, |history, _| {
        let at_ms = history.on_the_grid();
        signals::marker(history, at_ms);
    }),
];

/// Draws a configuration and a history. The same seed gives the same bytes.
#[must_use]
pub fn campaign(seed: u64) -> Campaign {
    let mut history = History::new(Dice::new(seed, 0));
    people::invite(&mut history);
    let target = history.dice.between(150, 560) as usize;
    while history.records.len() < target {
        let story = history.dice.weighted(&STORIES);
        let person = history.somebody();
        story(&mut history, person);
    }
    for _ in 0..history.dice.below(4) {
        let person = history.somebody();
        conversations::open_conversation(&mut history, person);
    }
    if history.dice.percent(40) {
        signals::marker_at_a_bound(&mut history);
    }
    let until_ms = moments::end_of_time(&mut history);
    let History {
        setup,
        mut records,
        features,
        ..
    } = history;
    // Stable: what one story wrote for the same instant stays in its order.
    records.sort_by_key(|record| record.arrives_at_ms);
    Campaign {
        config: setup.text,
        events: records,
        until_ms,
        features,
    }
}

#[cfg(test)]
mod tests;
