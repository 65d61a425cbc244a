//! A rule as meant.

use super::keys::{Compared, Keys};
use super::test_of::Test;
use calendar::Span;
use model::{Millis, Text};

/// When an absence is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decide {
    /// As soon as its bound is passed by what was seen; withdrawn if the thing turns up late.
    Early,
    /// Once its sources have settled past the bound.
    Settled,
}

/// Which instant of its anchors a bound is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Their start.
    Start,
    /// Their end.
    End,
    /// Their appointment, or promised time.
    DueAt,
}

/// A rule's title; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// In English.
    pub en: Text,
    /// In French.
    pub fr: Text,
}

/// What a step matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What every match has.
    pub common: Keys,
    /// Alternatives, of which a match has one as well; empty: no more is asked.
    pub any: Vec<Keys>,
    /// The same as tests, one for each alternative.
    pub(super) tests: Vec<Test>,
    /// A count stands in it: it matches a contact at most once.
    pub(super) counted: bool,
}

/// A step of a rule.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, unique in the rule.
    pub name: Text,
    /// `not`: what must not be found.
    pub absent: bool,
    /// It need not happen (only an absence is waiting for it).
    pub optional: bool,
    /// What it matches.
    pub pattern: Pattern,
    /// How long after its anchors.
    pub within: Option<Span>,
    /// The step, by place, up to which an absence lasts.
    pub until: Option<usize>,
    /// Its anchors, by place: at least one, but for the entry.
    pub of: Vec<usize>,
    /// What the bound is measured from.
    pub from: From,
    /// What must be known and the same as with every anchor.
    pub same: Vec<Compared>,
    /// What must be known and another than with every anchor.
    pub differs: Vec<Compared>,
    /// A bound is measured from its `due_at`, so it only matches what has one.
    pub needs_due_at: bool,
    /// Line of the file.
    pub line: usize,
    /// Lines of its keys.
    pub(super) key_lines: Vec<(String, usize)>,
}

/// A dimension by which broken entries are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A field of the entry's contact: one of [`Segment::FIELDS`].
    Field(Text),
    /// An attribute by name.
    Attribute(Text),
}

impl Segment {
    /// The fields of a contact, or of the moment in it, that can be a dimension.
    pub const FIELDS: &'static [&'static str] = &[
        "page", "step", "reason", "channel", "source", "medium", "queue", "agent", "team", "site",
        "tier", "party", "purpose",
    ];

    /// As rule files write it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Segment::Field(name) => name.to_string(),
            Segment::Attribute(name) => format!("attributes.{name}"),
        }
    }
}

/// A journey rule. The first step is the entry, which is never an absence.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique among the rules that hold.
    pub name: Text,
    /// Raised by whoever changes its meaning; part of the ids of entries and alerts.
    pub version: u32,
    /// What people call it.
    pub title: Title,
    /// When an absence is told.
    pub decide: Decide,
    /// The steps, at least one.
    pub steps: Vec<Step>,
    /// What `JourneyDegraded` watches.
    pub segment_by: Vec<Segment>,
    /// The file it stands in.
    pub file: String,
    /// Line of the file.
    pub line: usize,
    /// It is of the library that works out of the box.
    pub built_in: bool,
    /// A later version of it holds: what began under this one runs out under it.
    pub former: bool,
    /// Entries before this instant are none: a rule added later holds from then on.
    pub holds_from: Millis,
    /// Entries from this instant on are none: another version holds for them.
    pub holds_until: Millis,
}

impl Rule {
    /// Whether a contact enters it once at most, however much of it happens inside.
    #[must_use]
    pub fn is_entered_once(&self) -> bool {
        self.steps
            .first()
            .is_some_and(|entry| entry.pattern.counted)
    }
}

impl Step {
    /// The line of a key, or of the step.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let found = self.key_lines.iter().find(|(name, _)| name == key);
        found.map_or(self.line, |(_, line)| *line)
    }

    /// Whether two steps say the same, wherever they stand and whatever they are called.
    pub(super) fn says_the_same(&self, other: &Step) -> bool {
        self.absent == other.absent
            && self.optional == other.optional
            && self.pattern == other.pattern
            && self.within == other.within
            && self.until == other.until
            && self.of == other.of
            && (self.from == other.from || self.within.is_none())
            && self.same == other.same
            && self.differs == other.differs
    }
}
