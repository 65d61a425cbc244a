//! What of the configuration the board goes by.

use crate::views::Words;
use calendar::Calendar;
use model::{Channel, Mode};
use std::collections::BTreeMap;

/// What of the configuration the board goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The brand.
    pub tenant: String,
    /// IANA name of the centre's zone.
    pub time_zone: String,
    /// The centre's days and hours.
    pub calendar: Calendar,
    /// ISO 4217 code.
    pub currency: String,
    /// `fr` or `en`.
    pub language: &'static str,
    /// The readings, in order of configuration.
    pub readings: Vec<Reading>,
    /// Place of the headline.
    pub headline: usize,
    /// Titles of the journey rules, by their names.
    pub titles: BTreeMap<String, Words>,
    /// Keys of the dimensions by which figures are broken down, of each family in its order.
    pub families: Vec<Vec<String>>,
}

/// A reading by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `window scope mode`.
    pub name: String,
    /// Its window.
    pub window: String,
    /// Its scope.
    pub scope: String,
    /// The channels of its scope.
    pub channels: Vec<Channel>,
    /// `any` or `same`.
    pub mode: &'static str,
}

impl Settings {
    /// Place of a reading by its names.
    pub(crate) fn place(&self, (window, scope, mode): (&str, &str, &str)) -> Option<usize> {
        let mut list = self.readings.iter();
        list.position(|one| one.window == window && one.scope == scope && one.mode == mode)
    }

    /// The reading in which pairs of channels are counted: the headline's window over all channels.
    pub(crate) fn flow(&self) -> Option<usize> {
        let headline = self.readings.get(self.headline)?;
        let any = Mode::Any.name();
        let flow = self.place((&headline.window, "all", any));
        flow.or_else(|| (headline.mode == any).then_some(self.headline))
    }

    /// A rule's title; its name where it has none.
    pub(crate) fn title(&self, rule: &str) -> Words {
        let title = self.titles.get(rule).cloned().unwrap_or_default();
        let or_name = |text: String| {
            if text.is_empty() {
                rule.to_owned()
            } else {
                text
            }
        };
        Words {
            en: or_name(title.en),
            fr: or_name(title.fr),
        }
    }
}
