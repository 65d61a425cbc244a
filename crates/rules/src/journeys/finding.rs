//! What is wrong with a rule file, or worth a look.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The rules cannot be used as they stand.
    Error,
    /// They can, and probably do not mean what was meant.
    Warning,
}

/// One finding, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, as given.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// The rule and the key, such as `rule "slow-chat".steps[2].within`; may be empty.
    pub key: String,
    /// What was found and what is allowed.
    pub what: String,
    /// How much it matters.
    pub weight: Weight,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            file,
            line,
            key,
            what,
            weight,
        } = self;
        let weight = match weight {
            Weight::Error => "",
            Weight::Warning => "warning: ",
        };
        match key.as_str() {
            "" => write!(out, "{file}:{line}: {weight}{what}"),
            key => write!(out, "{file}:{line}: {weight}{key}: {what}"),
        }
    }
}
