//! The figures of a task of the customers stage: what it has counted, kept in its changelog part by
//! part, and the rows of topics `figures` and `samples` that follow.

use crate::service::outlet::Outlet;
use crate::service::port::{Port, TopicPartition};
use calendar::DAY_MS;
use figures::{Difference, Figures, Ledger, When};
use model::{Brings, Millis, Now};
use std::sync::Arc;

/// What a stage keeps of a task beside the states of its keys. Most keep nothing.
pub(crate) trait Tally<S>: Default {
    /// Takes a part of it from the changelog; `None`: it was deleted.
    ///
    /// # Errors
    /// Bytes that are none of ours.
    fn restore(&mut self, _place: &[u8], _value: Option<&[u8]>) -> Result<(), String> {
        Ok(())
    }

    /// All of the changelog was read, and the stage has the task's terms. Time has come so far, if
    /// that is known.
    ///
    /// # Errors
    /// Bytes that are none of ours.
    fn restored(&mut self, _stage: &mut S, _now: Option<Millis>) -> Result<(), String> {
        Ok(())
    }

    /// Whether something is to be told by now, in real time.
    fn is_due(&self, _time: Millis) -> bool {
        false
    }

    /// Sums of which rows are still to be told.
    fn untold(&self) -> u64 {
        0
    }

    /// Counts what the outputs of the open transaction said, and says what is to be said of it.
    /// `is_quiet`: nothing is left to be done that was due by now.
    fn flush<P: Port>(
        &mut self,
        _task: &TopicPartition,
        (_now, _is_quiet): (&Now, bool),
        _changelog: &TopicPartition,
        _outlet: &mut Outlet<'_, P>,
    ) {
    }

    /// The transaction is committed.
    fn committed(&mut self) {}

    /// The transaction is not.
    fn dropped(&mut self) {}
}

impl<S> Tally<S> for () {}

/// Milliseconds of real time after which a row of figures may be told again.
const FIGURES_EVERY_MS: i64 = 1_000;
/// Rows of figures that a task tells in one transaction, about.
const ROWS_PER_COMMIT_MAX: usize = 1_000;
/// Rows of figures that a task tells in a second of real time, about: each costs as much as a row of
/// a contact, and where there is more to tell the rest is told later.
const ROWS_PER_SECOND_MAX: i64 = 2_000;
/// Days beyond twice the retention after which a date is closed: a contact is kept for at most twice
/// the retention, and let go of with all of its local day and the next.
const CLOSED_AFTER_DAYS: i64 = 7;

/// What a task of the customers stage has counted.
#[derive(Default)]
pub(crate) struct Counted {
    figures: Option<Arc<Figures>>,
    keep_ms: Option<i64>,
    ledger: Ledger,
    /// Nothing more is told before this, in real time.
    told_until: Millis,
}

impl Tally<stage_customers::Customers> for Counted {
    fn restore(&mut self, place: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        self.ledger.restore(place, value)
    }

    fn restored(
        &mut self,
        stage: &mut stage_customers::Customers,
        now: Option<Millis>,
    ) -> Result<(), String> {
        let Some(figures) = stage.figures().cloned() else {
            return Ok(());
        };
        self.keep_ms = stage.keep_ms();
        // Contacts of dates before may have been let go of.
        let first_day = now.zip(self.keep_ms);
        let first_day = first_day.map(|(now, keep_ms)| figures.day(now.minus(keep_ms)) + 1);
        let generation = self.ledger.restored(&figures, first_day)?;
        stage.count_by(generation);
        self.figures = Some(figures);
        Ok(())
    }

    fn is_due(&self, time: Millis) -> bool {
        self.figures.is_some() && time >= self.told_until && self.ledger.is_due(time)
    }

    fn untold(&self) -> u64 {
        self.ledger.sizes().1 as u64
    }

    fn flush<P: Port>(
        &mut self,
        task: &TopicPartition,
        (now, is_quiet): (&Now, bool),
        changelog: &TopicPartition,
        outlet: &mut Outlet<'_, P>,
    ) {
        let counted: Vec<Difference> = std::mem::take(&mut outlet.counted);
        let Some(figures) = self.figures.clone() else {
            return;
        };
        let time = outlet.port.time();
        let settled_at = Some(now.settled(Brings::ALL));
        let settled_at = settled_at.filter(|at| *at != Millis::MIN && *at != Millis::MAX);
        let when = When {
            today: settled_at.map_or(i32::MIN, |at| figures.day(at)),
            time,
            every_ms: FIGURES_EVERY_MS,
        };
        // Before something changes: what was told until now was told of the date before.
        self.ledger.reach(when);
        self.ledger.count(&counted, when);
        let mut rows = Vec::new();
        let closes = settled_at.filter(|_| is_quiet);
        if let (Some(at), Some(keep_ms)) = (closes, self.keep_ms) {
            let open = at.minus(2 * keep_ms + CLOSED_AFTER_DAYS * DAY_MS);
            rows = self.ledger.close(&figures, figures.day(open));
        }
        if time >= self.told_until {
            let told = self.ledger.tell(&figures, when, ROWS_PER_COMMIT_MAX);
            let rest_ms = told.len() as i64 * 1_000 / ROWS_PER_SECOND_MAX;
            self.told_until = time.plus(rest_ms);
            rows.extend(told);
        }
        for row in &rows {
            outlet.figures_row(task.partition, row);
        }
        self.ledger.changed(|place, value| {
            outlet.counted_part(changelog, place, value);
        });
    }

    fn committed(&mut self) {
        self.ledger.committed();
    }

    fn dropped(&mut self) {
        self.ledger.dropped();
    }
}
