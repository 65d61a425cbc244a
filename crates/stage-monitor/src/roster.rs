//! Which segments of a rule are watched by themselves, and which together as `other`.

use std::collections::BTreeMap;

use model::{Millis, Text};
use serde::{Deserialize, Serialize};

/// The segment of all that have no place of their own.
pub const OTHER: &str = "other";

/// One segment with a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Listed {
    /// Entries from here on are its own; those of before are and stay `other`.
    since: Millis,
    /// Its last entry.
    last: Millis,
}

/// The segments of a rule that have a place, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    listed: BTreeMap<Text, Listed>,
    /// Entries that were counted as `other`.
    pub others: u64,
}

impl Roster {
    /// The segment under which an entry is watched, by the entry's own time: so whatever is told of
    /// it later goes the same way. A segment without entries for `keep_ms` (at least the rule's
    /// horizon and the 28 days of the baseline) leaves its place to the next new one; at most
    /// `places_max` have one. `is_new`: the entry was not told before.
    pub fn place<'a>(
        &mut self,
        segment: &'a str,
        entered_at: Millis,
        is_new: bool,
        places_max: usize,
        keep_ms: i64,
    ) -> &'a str {
        if let Some(listed) = self.listed.get_mut(segment) {
            if entered_at >= listed.since {
                listed.last = listed.last.max(entered_at);
                return segment;
            }
            self.others += u64::from(is_new);
            return OTHER;
        }
        let too_old = entered_at.minus(keep_ms);
        if is_new && self.listed.len() >= places_max {
            self.listed.retain(|_, listed| listed.last >= too_old);
        }
        if !is_new || self.listed.len() >= places_max || segment == OTHER {
            self.others += u64::from(is_new);
            return OTHER;
        }
        let listed = Listed {
            since: entered_at,
            last: entered_at,
        };
        self.listed.insert(segment.into(), listed);
        segment
    }

    /// How many segments have a place.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{OTHER, Roster};
    use model::Millis;

    #[test]
    fn ten_thousand_segments_are_fifty_and_other() {
        let mut roster = Roster::default();
        for number in 0..10_000_i64 {
            let name = format!("page={number}");
            let place = roster
                .place(&name, Millis(number), true, 50, 1_000_000)
                .to_owned();
            assert_eq!(place == OTHER, number >= 50);
            // What becomes of the entry is counted where the entry was.
            assert_eq!(
                roster.place(&name, Millis(number), false, 50, 1_000_000),
                place
            );
        }
        assert_eq!((roster.len(), roster.others), (50, 9_950));
    }

    #[test]
    fn a_segment_that_is_gone_makes_room_and_old_entries_stay_where_they_were() {
        let mut roster = Roster::default();
        roster.place("a", Millis(0), true, 1, 100);
        assert_eq!(roster.place("b", Millis(50), true, 1, 100), OTHER);
        assert_eq!(roster.place("b", Millis(200), true, 1, 100), "b");
        assert_eq!(roster.place("b", Millis(50), false, 1, 100), OTHER);
        assert_eq!(roster.place("a", Millis(201), true, 1, 100), OTHER);
    }
}
