//! What became of the entries of a journey rule, as the monitor is told.

use crate::{Millis, Money, Text};
use serde::{Deserialize, Serialize};

/// What has become known of one entry of a segment: it was told as `before` and is now `after`.
///
/// Whoever tells it keeps what was told last, so that nothing has to be kept here by entry: a new
/// entry has no `before`, one that is taken back, erased, or moved to another segment has no
/// `after`. What is told of different entries may come in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was told last; nothing of a new entry.
    pub before: Option<Course>,
    /// What holds now; nothing of an entry that is no longer one.
    pub after: Option<Course>,
}

/// The course of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// When the entry was, event time. Its age is counted from here.
    pub entered_at: Millis,
    /// What tells it apart inside its segment: `name=value` pairs of the further dimensions of the
    /// rule's `segment_by`, with commas between. Empty: none is known.
    pub within: Text,
    /// What became of it.
    pub end: End,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It may still break.
    Open,
    /// It can no longer break and is at risk no more: the bound has passed, or the entry is no more.
    Over {
        /// Since when.
        at: Millis,
    },
    /// It broke.
    Broken {
        /// When it was decided, event time.
        at: Millis,
        /// A hash of the customer's key: customers are counted by it and never named.
        customer: u64,
        /// What it cost; nothing where a cost is missing.
        cost: Option<Money>,
    },
}

impl Course {
    /// The course of an entry of which nothing tells it apart.
    #[must_use]
    pub fn new(entered_at: Millis, end: End) -> Course {
        Course {
            entered_at,
            within: Text::default(),
            end,
        }
    }
}

impl Change {
    /// A new entry.
    #[must_use]
    pub fn entered(entered_at: Millis) -> Change {
        Change {
            before: None,
            after: Some(Course::new(entered_at, End::Open)),
        }
    }

    /// An open entry comes to its end.
    #[must_use]
    pub fn ended(entered_at: Millis, end: End) -> Change {
        Change {
            before: Some(Course::new(entered_at, End::Open)),
            after: Some(Course::new(entered_at, end)),
        }
    }

    /// When the entry was, as is known now or was told before.
    #[must_use]
    pub fn entered_at(&self) -> Option<Millis> {
        let known = self.after.as_ref().or(self.before.as_ref());
        known.map(|course| course.entered_at)
    }
}
