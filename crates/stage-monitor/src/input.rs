use model::{Millis, Money};
use serde::{Deserialize, Serialize};

/// What has become known of one entry of a segment: it was told as `before` and is now `after`.
///
/// Whoever tells it keeps what was told last, so that nothing has to be kept here by entry: a new
/// entry has no `before`, one that is taken back, erased, or moved to another segment has no
/// `after`. What is told of different entries may come in any order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What was told last; nothing of a new entry.
    pub before: Option<Course>,
    /// What holds now; nothing of an entry that is no longer one.
    pub after: Option<Course>,
}

/// The course of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// When the entry was, event time. Its age is counted from here.
    pub entered_at: Millis,
    /// What became of it.
    pub end: End,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// It may still break.
    Open,
    /// It can no longer break: fulfilled, or run out.
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

impl Change {
    /// A new entry.
    #[must_use]
    pub fn entered(entered_at: Millis) -> Change {
        let end = End::Open;
        Change {
            before: None,
            after: Some(Course { entered_at, end }),
        }
    }

    /// An open entry comes to its end.
    #[must_use]
    pub fn ended(entered_at: Millis, end: End) -> Change {
        let open = End::Open;
        Change {
            before: Some(Course {
                entered_at,
                end: open,
            }),
            after: Some(Course { entered_at, end }),
        }
    }
}
