//! What the monitor's task keeps beside the states of segments: which have a place of their own,
//! how they stand, and what was heard of them.

use crate::service::outlet::Outlet;
use crate::service::port::{Port, Record, TopicPartition};
use crate::service::tally::Tally;
use crate::service::wire::{self, Logged};
use model::{Change, Now, Text};
use stage_monitor::{Monitor, Roster, Rosters};

/// Segments by how they stand, and entries that were counted as `other`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// By [`Segments::STANDINGS`].
    pub standing: [u64; 4],
    /// Entries of segments that have no place of their own.
    pub other_entries: u64,
}

impl Segments {
    /// The words for how a segment stands, in metrics.
    pub const STANDINGS: [&'static str; 4] =
        ["watched", "degraded", "not_enough_traffic", "holiday"];
}

/// The rosters of the monitor's task.
#[derive(Default)]
pub(crate) struct Kept {
    committed: Rosters,
    open: Rosters,
}

impl Tally<Monitor> for Kept {
    fn restore(&mut self, place: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        restore(&mut self.committed, place, value)
    }

    fn restored(
        &mut self,
        _stage: &mut Monitor,
        _now: Option<model::Millis>,
    ) -> Result<(), String> {
        self.open.clone_from(&self.committed);
        Ok(())
    }

    fn place(&mut self, stage: &Monitor, key: Text, input: &Change) -> Text {
        self.open.place(stage.settings(), &key, input)
    }

    fn segments(&self) -> Segments {
        Segments {
            standing: self.committed.standings(),
            other_entries: self.committed.other_entries(),
        }
    }

    fn flush<P: Port>(
        &mut self,
        _task: &TopicPartition,
        (_now, _is_quiet): (&Now, bool),
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) {
        for (place, standing) in std::mem::take(&mut outlet.standings) {
            self.open.stand(&place, standing);
        }
        for (rule, roster) in &self.open.of_rules {
            if self.committed.of_rules.get(rule) != Some(roster) {
                let value = postcard::to_stdvec(roster).expect("a roster can be written");
                outlet.counted_part(changelog, rule.as_bytes(), Some(&value));
            }
        }
    }

    fn committed(&mut self) {
        self.committed.clone_from(&self.open);
    }

    fn dropped(&mut self) {
        self.open.clone_from(&self.committed);
    }
}

fn restore(rosters: &mut Rosters, place: &[u8], value: Option<&[u8]>) -> Result<(), String> {
    let rule = std::str::from_utf8(place).map_err(|error| format!("a roster's rule: {error}"))?;
    match value {
        Some(value) => {
            let roster: Result<Roster, _> = postcard::from_bytes(value);
            let roster = roster.map_err(|error| format!("the roster of {rule}: {error}"))?;
            rosters.of_rules.insert(rule.into(), roster);
        }
        None => drop(rosters.of_rules.remove(rule)),
    }
    Ok(())
}

/// What the records of the monitor's changelog say of its segments, for whoever checks it.
///
/// # Errors
/// Bytes that are none of ours.
pub fn rosters_of(records: &[Record]) -> Result<Rosters, String> {
    let mut rosters = Rosters::default();
    for record in records {
        let logged = wire::logged(record).map_err(|damaged| damaged.to_string())?;
        if let Logged::Counted(place, value) = logged {
            restore(&mut rosters, place, value)?;
        }
    }
    Ok(rosters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::work::guarded;

    #[test]
    fn what_was_dropped_is_not_counted() {
        let mut kept = Kept::default();
        kept.open.of_rules.insert("a".into(), Roster::default());
        kept.dropped();
        assert_eq!(kept.open, Rosters::default());
        kept.open.of_rules.insert("a".into(), Roster::default());
        kept.committed();
        kept.dropped();
        assert_eq!(kept.open.of_rules.len(), 1);
        let read = guarded(|| restore(&mut kept.committed, b"a", Some(&[9])));
        assert!(matches!(read, Ok(Err(_))), "bytes of nobody are an error");
    }
}
