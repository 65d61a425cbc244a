//! Which segments are watched by themselves, and which together as `other`; and what was heard of
//! each.

use std::collections::BTreeMap;

use model::{Change, Course, End, Millis, Money, Place, Text};
use serde::{Deserialize, Serialize};

use crate::{Settings, Standing};

/// The segment of all that have no place of their own.
pub const OTHER: &str = "other";
/// A segment without entries for so long leaves its place to the next new one, milliseconds: the
/// longest horizon and the 28 days of a baseline.
const KEEP_MS: i64 = 60 * DAY_MS;
/// To which the last entry of a segment is kept: it would else change with every entry.
const DAY_MS: i64 = calendar::DAY_MS;

/// What was heard of a segment, less what was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallied {
    /// Entries.
    pub entries: i64,
    /// Those that broke.
    pub breaks: i64,
    /// What those have cost, as far as that is known.
    pub cost: Money,
}

impl Tallied {
    fn count(&mut self, course: &Course, sign: i64) {
        self.entries += sign;
        if let End::Broken { cost, .. } = course.end {
            self.breaks += sign;
            self.cost = self.cost.plus(Money(cost.unwrap_or_default().0 * sign));
        }
    }

    /// Adds what was heard of another segment.
    pub fn add(&mut self, other: &Tallied) {
        self.entries += other.entries;
        self.breaks += other.breaks;
        self.cost = self.cost.plus(other.cost);
    }
}

/// One segment with a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Listed {
    /// Entries from here on are its own; those of before are and stay `other`.
    since: Millis,
    /// The day of its last entry.
    last: Millis,
    tallied: Tallied,
    /// As it was told last.
    standing: Option<Standing>,
}

/// The segments of a rule that have a place, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    listed: BTreeMap<Text, Listed>,
    /// Entries of new segments were counted as `other`, or one has lost its place.
    was_full: bool,
    /// What was counted as `other`.
    pub others: Tallied,
}

impl Roster {
    /// The segment under which an entry is watched, by the entry's own time: so whatever is told of
    /// it later goes the same way. `is_new`: the entry was not told before; `is_free`: there is a
    /// place.
    fn place<'a>(
        &mut self,
        segment: &'a str,
        entered_at: Millis,
        is_new: bool,
        is_free: bool,
    ) -> &'a str {
        let day = Millis(entered_at.0 - entered_at.0.rem_euclid(DAY_MS));
        if let Some(listed) = self.listed.get_mut(segment) {
            listed.last = listed.last.max(day);
            return match entered_at >= listed.since {
                true => segment,
                false => OTHER,
            };
        }
        if !is_new || !is_free || segment == OTHER {
            self.was_full |= is_new && !is_free;
            return OTHER;
        }
        let listed = Listed {
            since: if self.was_full {
                entered_at
            } else {
                Millis::MIN
            },
            last: day,
            tallied: Tallied::default(),
            standing: None,
        };
        self.listed.insert(segment.into(), listed);
        segment
    }

    /// Takes the places of segments that had no entry since an instant.
    fn let_go(&mut self, before: Millis) {
        let known = self.listed.len();
        self.listed.retain(|_, listed| listed.last >= before);
        self.was_full |= self.listed.len() < known;
    }

    fn tallied_of(&mut self, segment: &str) -> &mut Tallied {
        match self.listed.get_mut(segment) {
            Some(listed) => &mut listed.tallied,
            None => &mut self.others,
        }
    }

    /// What was heard of the rule's entries, whatever their segment.
    #[must_use]
    pub fn tallied(&self) -> Tallied {
        let mut sum = self.others;
        self.listed
            .values()
            .for_each(|listed| sum.add(&listed.tallied));
        sum
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

/// The segments of all rules that have a place: at most as many as are configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rosters {
    /// By [`Place::rule_key`].
    pub of_rules: BTreeMap<Text, Roster>,
}

impl Rosters {
    /// A segment stands otherwise now.
    pub fn stand(&mut self, place: &Place, standing: Standing) {
        let own = self.of_rules.get_mut(place.rule_key().as_str());
        let listed = own.and_then(|own| own.listed.get_mut(&place.segment));
        if let Some(listed) = listed {
            listed.standing = Some(standing);
        }
    }

    /// Segments with a place of their own: as they should be, degraded, without enough traffic, and
    /// on a holiday.
    #[must_use]
    pub fn standings(&self) -> [u64; 4] {
        let mut counts = [0; 4];
        let listed = self.of_rules.values().flat_map(|own| own.listed.values());
        for listed in listed {
            let place = match listed.standing {
                Some(Standing::Watched) => 0,
                Some(Standing::Degraded) => 1,
                Some(Standing::Learning { .. } | Standing::TooQuiet { .. }) | None => 2,
                Some(Standing::Holiday) => 3,
            };
            counts[place] += 1;
        }
        counts
    }

    /// Entries that were counted as `other`.
    #[must_use]
    pub fn other_entries(&self) -> u64 {
        let others = self.of_rules.values().map(|own| own.others.entries);
        others.sum::<i64>().max(0).unsigned_abs()
    }

    /// The key under which a change is heard, and counts it.
    pub fn place(&mut self, settings: &Settings, key: &str, change: &Change) -> Text {
        let Some(entered_at) = change.entered_at() else {
            return key.into();
        };
        let places = || self.of_rules.values().map(Roster::len).sum::<usize>();
        let places_max = settings.segments as usize;
        let rule = Text::from(Place::rule_key_of(key));
        let place = Place::of_key(key);
        let is_new = change.before.is_none();
        let of_rule = self.of_rules.get(&rule);
        let is_known = of_rule.is_some_and(|own| own.listed.contains_key(&place.segment));
        let mut is_free = true;
        if !is_known && is_new && places() >= places_max {
            let before = entered_at.minus(KEEP_MS);
            self.of_rules
                .values_mut()
                .for_each(|own| own.let_go(before));
            is_free = self.of_rules.values().map(Roster::len).sum::<usize>() < places_max;
        }
        let own = self.of_rules.entry(rule).or_default();
        let segment = own.place(&place.segment, entered_at, is_new, is_free);
        let tallied = own.tallied_of(segment);
        for (course, sign) in [(&change.before, -1), (&change.after, 1)] {
            if let Some(course) = course {
                tallied.count(course, sign);
            }
        }
        match segment == place.segment {
            true => key.into(),
            false => Place {
                segment: segment.into(),
                ..place
            }
            .key()
            .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OTHER, Rosters};
    use crate::tests::settings;
    use crate::{Change, Place, Settings};
    use model::{End, Millis, Money};

    const DAY: i64 = 24 * 3_600_000;

    fn key(rule: &str, segment: &str) -> String {
        Place {
            rule: rule.into(),
            version: 1,
            segment: segment.into(),
        }
        .key()
    }

    fn of(segments: u32) -> Settings {
        Settings {
            segments,
            ..settings(&[])
        }
    }

    fn heard(rosters: &mut Rosters, settings: &Settings, segment: &str, change: &Change) -> String {
        let place = rosters.place(settings, &key("a", segment), change);
        Place::of_key(&place).segment.to_string()
    }

    #[test]
    fn ten_thousand_segments_are_fifty_and_other() {
        let (mut rosters, settings) = (Rosters::default(), of(50));
        for number in 0..10_000_i64 {
            let name = format!("page={number}");
            let entered = Change::entered(Millis(number));
            let place = heard(&mut rosters, &settings, &name, &entered);
            assert_eq!(place == OTHER, number >= 50);
            // What becomes of the entry is counted where the entry was.
            let end = End::Broken {
                at: Millis(number),
                customer: 1,
                cost: Some(Money(2)),
            };
            let ended = Change::ended(Millis(number), end);
            assert_eq!(heard(&mut rosters, &settings, &name, &ended), place);
        }
        let own = &rosters.of_rules[&key("a", "")[..3]];
        assert_eq!((own.len(), own.others.entries), (50, 9_950));
        let all = own.tallied();
        assert_eq!(
            (all.entries, all.breaks, all.cost),
            (10_000, 10_000, Money(20_000))
        );
    }

    #[test]
    fn a_segment_that_is_gone_makes_room_and_old_entries_stay_where_they_were() {
        let (mut rosters, settings) = (Rosters::default(), of(1));
        let at = |days: i64| Millis(days * DAY);
        let mut place =
            |segment: &str, change: &Change| heard(&mut rosters, &settings, segment, change);
        assert_eq!(place("x", &Change::entered(at(1))), "x");
        assert_eq!(place("x", &Change::entered(at(0))), "x", "in any order");
        assert_eq!(place("y", &Change::entered(at(50))), OTHER);
        assert_eq!(place("y", &Change::entered(at(90))), "y");
        let ended = Change::ended(at(50), End::Over { at: at(51) });
        assert_eq!(place("y", &ended), OTHER);
        assert_eq!(place("x", &Change::entered(at(91))), OTHER);
    }

    #[test]
    fn what_is_taken_back_is_not_counted() {
        let (mut rosters, settings) = (Rosters::default(), of(5));
        let entered = Change::entered(Millis(7));
        heard(&mut rosters, &settings, "x", &entered);
        let gone = Change {
            before: entered.after,
            after: None,
        };
        heard(&mut rosters, &settings, "x", &gone);
        let own = rosters.of_rules.values().next();
        assert_eq!(own.map(|own| own.tallied().entries), Some(0));
    }
}
