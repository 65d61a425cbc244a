//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;

/// Where something was configured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file.
    File {
        /// Its path as given.
        path: String,
        /// Line from 1; 0: the file as a whole.
        line: usize,
    },
    /// In an environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// Nowhere: it is the default.
    BuiltIn,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { path, line: 0 } => write!(out, "{path}"),
            Place::File { path, line } => write!(out, "{path}:{line}"),
            Place::Environment { variable } => write!(out, "environment variable {variable}"),
            Place::BuiltIn => write!(out, "built-in default"),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// The key, as a dotted path; empty: no key of the configuration.
    pub key: String,
    /// What was found and what is allowed.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(out, "{}: {}", self.place, self.what),
            key => write!(out, "{}: {key}: {}", self.place, self.what),
        }
    }
}

/// Mistakes, at least one, in order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The mistakes in order of their places, each once.
    pub(crate) fn sorted(mut problems: Vec<Problem>) -> Problems {
        problems.sort();
        problems.dedup();
        Problems(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(out, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A configuration that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file does not exist, may not be read or is no text.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not what is allowed.
    #[error(transparent)]
    Wrong(#[from] Problems),
}
