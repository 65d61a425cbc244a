//! When things happen: few distinct times, so that ties and bounds are the rule and not the
//! exception.

use super::calendar::{day_start_ms, local_date, plus_days};
use super::history::History;
use super::setup::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Where time is cut: now and then inside the history, at the very time of an event, or long after.
pub(super) fn end_of_time(history: &mut History) -> Option<i64> {
    if !history.dice.percent(20) {
        return None;
    }
    let last = history.sent[history.dice.index(history.sent.len())].fields["occurred_at"].as_i64();
    let (feature, until_ms) = match (history.dice.below(3), last) {
        (0, _) => ("until_inside", history.on_the_grid()),
        (1, Some(at_ms)) => ("until_at_an_event", at_ms),
        _ => ("until_long_after", history.setup.to_ms + 40 * DAY_MS),
    };
    history.saw(feature);
    Some(until_ms)
}

impl History {
    /// A start for the next contact of a person, inside the history.
    pub(super) fn moment(&mut self, person: usize) -> i64 {
        for _ in 0..8 {
            let at_ms = match self.dice.below(100) {
                0..=34 => self.after_a_contact(person),
                35..=49 => self.at_a_bound(person),
                50..=54 => self.inside_a_contact(person),
                55..=64 => self.around_midnight(),
                65..=72 => self.around_the_clock_change(),
                _ => Some(self.on_the_grid()),
            };
            if let Some(at_ms) = at_ms.filter(|at_ms| self.is_inside(*at_ms)) {
                return at_ms;
            }
        }
        self.on_the_grid()
    }

    /// Whether the history reaches so far.
    pub(super) fn is_inside(&self, at_ms: i64) -> bool {
        self.setup.from_ms <= at_ms && at_ms < self.setup.to_ms
    }

    /// One of a few hours of one of the days.
    pub(super) fn on_the_grid(&mut self) -> i64 {
        let days = (self.setup.to_ms - self.setup.from_ms) / DAY_MS;
        let hour = self.dice.pick(&[0, 8, 9, 9, 10, 12, 14, 18, 23]);
        let day_ms = self.setup.from_ms + self.dice.between(0, days - 1) * DAY_MS;
        (day_ms + hour * HOUR_MS).clamp(self.setup.from_ms, self.setup.to_ms - 1)
    }

    fn some_past(&mut self, person: usize) -> Option<usize> {
        let own = self.past_of(person);
        if own.is_empty() {
            None
        } else {
            Some(self.dice.pick(&own))
        }
    }

    /// A round gap after a contact of the same person, often the exact one.
    fn after_a_contact(&mut self, person: usize) -> Option<i64> {
        let index = self.some_past(person)?;
        let past = &self.past[index];
        let anchor_ms = if self.dice.percent(60) {
            past.end_ms
        } else {
            past.start_ms
        };
        let gap_ms = self.dice.pick(&[
            0,
            1,
            10 * SECOND_MS,
            10 * MINUTE_MS,
            30 * MINUTE_MS,
            HOUR_MS,
            2 * HOUR_MS,
            DAY_MS,
            2 * DAY_MS,
            7 * DAY_MS,
            30 * DAY_MS,
        ]);
        Some(anchor_ms + gap_ms + self.dice.pick(&[0, 0, 0, 1, -1]))
    }

    /// The last instant inside a window of an earlier contact, or the first one outside.
    fn at_a_bound(&mut self, person: usize) -> Option<i64> {
        let index = self.some_past(person)?;
        let past = self.past[index].clone();
        let window = self.setup.windows[self.dice.index(self.setup.windows.len())].clone();
        let due_at_ms = self.setup.due_at_ms(&window, past.start_ms, past.end_ms);
        if !self.is_inside(due_at_ms) {
            return None;
        }
        if self.dice.percent(50) {
            self.saw("at_window_bound");
            Some(due_at_ms - 1)
        } else {
            self.saw("past_window_bound");
            Some(due_at_ms)
        }
    }

    fn inside_a_contact(&mut self, person: usize) -> Option<i64> {
        let index = self.some_past(person)?;
        let past = &self.past[index];
        let middle_ms = past.start_ms + (past.end_ms - past.start_ms) / 2;
        Some(self.dice.pick(&[past.start_ms, middle_ms, past.end_ms]))
    }

    fn around_midnight(&mut self) -> Option<i64> {
        let grid_ms = self.on_the_grid();
        let date = local_date(&self.setup.zone, grid_ms);
        let midnight_ms = day_start_ms(&self.setup.zone, plus_days(date, 1));
        self.saw("around_midnight");
        let choices = [0, 0, -1, 1, -MINUTE_MS, MINUTE_MS];
        Some(midnight_ms + self.dice.pick(&choices))
    }

    fn around_the_clock_change(&mut self) -> Option<i64> {
        let change_ms = self.setup.clock_change_ms?;
        let choices = [
            0,
            -1,
            1,
            -HOUR_MS,
            HOUR_MS,
            2 * HOUR_MS,
            -12 * HOUR_MS,
            12 * HOUR_MS,
            DAY_MS,
            -DAY_MS,
        ];
        self.saw("around_clock_change");
        Some(change_ms + self.dice.pick(&choices))
    }
}
