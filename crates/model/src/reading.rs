//! Which readings are evaluated.

use crate::words::words;
use crate::{Channel, Text};
use serde::{Deserialize, Serialize};

/// A set of channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSet(u8);

impl ChannelSet {
    /// The set of these channels.
    #[must_use]
    pub fn of(channels: &[Channel]) -> ChannelSet {
        ChannelSet(
            channels
                .iter()
                .fold(0, |set, channel| set | 1 << (*channel as u8)),
        )
    }

    /// Whether a channel is in the set.
    #[must_use]
    pub fn contains(self, channel: Channel) -> bool {
        self.0 & (1 << (channel as u8)) != 0
    }
}

words! {
    /// Which contacts a reading compares.
    Mode {
        /// All, whatever their reason.
        Any = "any",
        /// Only those with the same reason.
        Same = "same",
    }
}

/// The channels that a reading looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `assisted`, `all`, `phone`, or the tenant's.
    pub name: Text,
    /// Its channels.
    pub channels: ChannelSet,
}

/// Window × scope × reason mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `window scope mode`, such as `j+7 assisted any`.
    pub name: Text,
    /// Place of its window in the list of windows.
    pub window: usize,
    /// Place of its scope in [`Readings::scopes`].
    pub scope: usize,
    /// Which contacts it compares.
    pub mode: Mode,
}

/// All readings of a deployment. Windows themselves live in the `calendar` crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    /// Names of the windows, in order of configuration.
    pub windows: Vec<Text>,
    /// The scopes in use.
    pub scopes: Vec<Scope>,
    /// The readings, in order of configuration.
    pub list: Vec<Reading>,
    /// Place of the headline reading in `list`.
    pub headline: usize,
    /// Levels of the reason path that mode `same` compares.
    pub reason_depth: usize,
}

impl Readings {
    /// The place of a reading by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|reading| reading.name == name)
    }
}
