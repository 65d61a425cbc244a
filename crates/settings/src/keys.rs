//! Every key of the configuration: the one list that checks, defaults and documentation come from.

mod list;

use crate::duration_text;
pub use list::KEYS;
use std::sync::OnceLock;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A text that is not empty.
    Text,
    /// A text that may be empty.
    TextOrEmpty,
    /// One of a closed list.
    Word(&'static [&'static str]),
    /// True or false.
    Bool,
    /// A whole number.
    Integer {
        /// The least one.
        min: i64,
        /// The greatest one.
        max: i64,
    },
    /// A number that may have a fraction, at least 0.
    Number {
        /// The greatest one.
        max: f64,
    },
    /// A text such as `30min`.
    Duration {
        /// The shortest one, milliseconds.
        min_ms: i64,
        /// The longest one, milliseconds.
        max_ms: i64,
    },
    /// A date such as `2026-12-25`.
    Date,
    /// A list of these.
    List(&'static Kind),
    /// A table of codes: the path of a CSV or TOML file, or the rows in place.
    Codes {
        /// Its columns, and whether each has to be filled.
        columns: &'static [(&'static str, bool)],
    },
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It cannot be left out.
    Required,
    /// This value, as TOML.
    Is(&'static str),
    /// What this sentence says.
    Told(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its dotted path. `[]` marks a list of tables, a word in capitals a name that the tenant
    /// chooses (`CHANNEL`: one of the five).
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds without it.
    pub default: LeftOut,
    /// An example, as TOML.
    pub example: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A place in the tree of keys.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The key, where it is one.
    pub key: Option<&'static Key>,
    /// It is a list of tables.
    pub list: bool,
    /// What stands below it, by name.
    pub children: Vec<(&'static str, Node)>,
}

impl Node {
    /// What a name stands for below this place, and whether the tenant chose the name.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        let is = |(known, _): &&(&str, Node)| *known == name && !is_chosen(known);
        let chosen = || self.children.iter().find(|(known, _)| is_chosen(known));
        self.children
            .iter()
            .find(is)
            .or_else(chosen)
            .map(|(_, node)| node)
    }

    /// The names that are known below this place.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.children
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !is_chosen(name))
    }

    /// The word in capitals that stands for the tenant's names below this place.
    pub(crate) fn chosen(&self) -> Option<&'static str> {
        self.children
            .iter()
            .map(|(name, _)| *name)
            .find(|name| is_chosen(name))
    }
}

/// Whether a segment of a path stands for a name that the tenant chooses.
pub(crate) fn is_chosen(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The tree of all keys.
pub(crate) fn tree() -> &'static Node {
    static TREE: OnceLock<Node> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut root = Node::default();
        for key in KEYS {
            let mut node = &mut root;
            for segment in key.path.split('.') {
                let name = segment.trim_end_matches("[]");
                let place = node.children.iter().position(|(known, _)| *known == name);
                let place = place.unwrap_or_else(|| {
                    node.children.push((name, Node::default()));
                    node.children.len() - 1
                });
                node = &mut node.children[place].1;
                node.list |= segment.ends_with("[]");
            }
            node.key = Some(key);
        }
        root
    })
}

/// A dotted path with one more name, which is quoted where TOML would quote it.
pub(crate) fn dotted(path: &str, name: &str) -> String {
    let dot = if path.is_empty() { "" } else { "." };
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(bare) {
        format!("{path}{dot}{name}")
    } else {
        format!("{path}{dot}\"{name}\"")
    }
}

/// The names that may stand for `CHANNEL`.
pub(crate) fn channels() -> &'static [&'static str] {
    list::CHANNELS
}

impl Kind {
    /// What is allowed, for messages and the documentation.
    pub(crate) fn allowed(&self) -> String {
        match self {
            Kind::Text => "a text that is not empty".into(),
            Kind::TextOrEmpty => "a text".into(),
            Kind::Word(words) => words.join(", "),
            Kind::Bool => "true, false".into(),
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Number { max } => format!("a number from 0 to {max}"),
            Kind::Duration { min_ms, max_ms } => format!(
                "a duration such as 15s, 30min, 24h, 7d, from {} to {}",
                duration_text(*min_ms),
                duration_text(*max_ms)
            ),
            Kind::Date => "a date such as 2026-12-25".into(),
            Kind::List(_) => "a list".into(),
            Kind::Codes { columns: [_] } => "the path of a CSV or TOML file, or a list".into(),
            Kind::Codes { .. } => "the path of a CSV or TOML file, or a list of tables".into(),
        }
    }
}
