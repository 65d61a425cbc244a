//! The configured words that may be labels.

use model::Text;

/// What stands for everything that is not configured.
pub(crate) const OTHER: &str = "other";

/// The configured words that may be labels; whatever is none of them is `other`, so that no input
/// can make a new series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Names of the sources: those with a table of their own and those that topics name.
    pub sources: Vec<Text>,
    /// Names of the readings, in the configuration's order.
    pub readings: Vec<Text>,
    /// Names of the policies and of the journey rules.
    pub policies: Vec<Text>,
}

impl Labels {
    pub(crate) fn source(&self, name: &str) -> &str {
        known(&self.sources, name)
    }

    pub(crate) fn reading(&self, place: u16) -> &str {
        let name = self.readings.get(usize::from(place));
        name.map_or(OTHER, |name| name.as_str())
    }

    pub(crate) fn policy(&self, name: &str) -> &str {
        known(&self.policies, name)
    }
}

fn known<'a>(words: &'a [Text], name: &str) -> &'a str {
    let found = words.iter().find(|word| *word == name);
    found.map_or(OTHER, |word| word.as_str())
}
