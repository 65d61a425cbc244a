//! §15.1: what a contact is one of: its session, its segments.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::config::{Config, Family, Reading};
use super::{Counting, number, text};

impl Counting<'_> {
    pub(super) fn config(&self) -> &Config {
        &self.world.config
    }

    /// The headline, if it is evaluated.
    pub(super) fn headline(&self) -> Option<(usize, String)> {
        self.reading_named(&self.config().headline.name())
    }

    pub(super) fn reading_named(&self, name: &str) -> Option<(usize, String)> {
        let readings = &self.config().readings;
        let place = readings.iter().position(|reading| reading.name() == name)?;
        Some((place, name.to_string()))
    }

    /// The reading that says who comes after whom over all channels.
    pub(super) fn flow(&self) -> Option<(usize, String)> {
        let headline = &self.config().headline;
        let over_all = format!("{} all any", headline.window.name);
        let own = || self.headline().filter(|_| !headline.same_reason);
        self.reading_named(&over_all).or_else(own)
    }

    /// Whether reading and contact speak of the same reason as another contact.
    pub(super) fn same_reason(&self, reading: &Reading, a: usize, b: usize) -> bool {
        let cut = |at: usize| {
            let path = text(self.contacts[at].row, "reason");
            let levels = path.split('/').take(self.config().reason_depth);
            levels.collect::<Vec<_>>().join("/")
        };
        !reading.same_reason || (!cut(a).is_empty() && cut(a) == cut(b))
    }

    /// First contact and origin of the headline session of a contact that takes part there.
    pub(super) fn session_of(&self, at: usize) -> Option<(usize, usize)> {
        let (_, headline) = self.headline()?;
        let own = &self.contacts[at];
        if !own.is_known() || !own.takes_part(&headline) {
            return None;
        }
        let session_id = |at: usize| {
            let verdict = self.contacts[at].verdicts.get(&headline);
            verdict.map_or("", |verdict| text(verdict, "session_id"))
        };
        let members = (0..=at).rev().filter(|other| {
            self.contacts[*other].customer() == own.customer()
                && self.contacts[*other].takes_part(&headline)
                && session_id(*other) == session_id(at)
                && self.same_reason(&self.config().headline, at, *other)
        });
        let mut origin = None;
        for member in members {
            if origin.is_none() && self.contacts[member].is_origin(&headline) {
                origin = Some(member);
            }
            if number(self.contacts[member].verdicts[&headline], "rank") == Some(1) {
                return Some((member, origin.unwrap_or(member)));
            }
        }
        Some((at, at))
    }

    pub(super) fn value(&self, at: usize, key: &str) -> String {
        let one = &self.contacts[at];
        let session = || self.session_of(at);
        let channel = |at: usize| self.contacts[at].channel().to_string();
        match key {
            "rank" => {
                let headline = self.headline().map(|(_, name)| name);
                let verdict = headline.and_then(|name| one.verdicts.get(&name));
                match verdict.and_then(|verdict| number(verdict, "rank")) {
                    Some(rank) if rank >= 10 => "10+".into(),
                    Some(rank) => rank.to_string(),
                    None => String::new(),
                }
            }
            "entry_channel" => session().map_or(String::new(), |(first, _)| channel(first)),
            "origin_channel" => session().map_or(String::new(), |(_, origin)| channel(origin)),
            key => match key.strip_prefix("attributes.") {
                Some(name) => {
                    let value = one.row["attributes"].get(name);
                    value.and_then(Value::as_str).unwrap_or("").to_string()
                }
                None => text(one.row, key).to_string(),
            },
        }
    }

    /// Gives every contact its segment in every family.
    pub(super) fn break_down(&mut self, families: &[Family]) {
        for family in families {
            let plain: Vec<Vec<String>> = (0..self.contacts.len())
                .map(|at| {
                    let values = family.keys.iter();
                    values.map(|key| escaped(&self.value(at, key))).collect()
                })
                .collect();
            let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
            for values in &plain {
                *sizes.entry(values.join(",")).or_default() += 1;
            }
            let mut ranked: Vec<(usize, String)> =
                sizes.into_iter().map(|(text, size)| (size, text)).collect();
            ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            ranked.truncate(family.values_max);
            let shown: BTreeSet<String> = ranked.into_iter().map(|(_, text)| text).collect();
            for (one, values) in self.contacts.iter_mut().zip(plain) {
                let is_shown = shown.contains(&values.join(","));
                let pairs = family.keys.iter().zip(&values).map(|(key, value)| {
                    format!("{key}={}", if is_shown { value } else { "other" })
                });
                one.segments.push(pairs.collect::<Vec<_>>().join(","));
            }
        }
    }
}

/// A value with commas, percent signs and control characters as the hex digits of their bytes.
fn escaped(value: &str) -> String {
    let written = value.chars().map(|character| {
        if character == ',' || character == '%' || character.is_control() {
            let bytes = character.to_string().into_bytes();
            bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
        } else {
            character.to_string()
        }
    });
    written.collect()
}
