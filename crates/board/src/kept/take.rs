//! Takes a record of an output topic.

use super::alerts::Alert;
use super::contacts::{Contact, Said};
use super::figures::{Counted, Key};
use super::journeys::Journey;
use super::others::{Marker, SampleOf, Session};
use super::{Id, Kept, id_of};
use crate::rows::{
    AlertRow, ContactRow, FigureRow, Instant, JourneyRow, LetterRow, MarkerRow, ReadingRow,
    SampleRow, SessionRow, VerdictsRow,
};
use crate::views::{At, Day};
use model::Channel;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Markers that are kept: the newest.
const MARKERS_MAX: usize = 1_000;

/// The tables that the board reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Contacts.
    Contacts,
    /// Verdicts: all readings of a contact in one record.
    Verdicts,
    /// Sessions.
    Sessions,
    /// Alerts.
    Alerts,
    /// Broken journeys.
    Journeys,
    /// Figures of each task.
    Figures,
    /// Samples of each task.
    Samples,
    /// Markers.
    Markers,
    /// Records that were not let in.
    DeadLetters,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 9] = [
        Table::Contacts,
        Table::Verdicts,
        Table::Sessions,
        Table::Alerts,
        Table::Journeys,
        Table::Figures,
        Table::Samples,
        Table::Markers,
        Table::DeadLetters,
    ];

    /// Its name, as in the topic's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Contacts => "contacts",
            Table::Verdicts => "verdicts",
            Table::Sessions => "sessions",
            Table::Alerts => "alerts",
            Table::Journeys => "journeys",
            Table::Figures => "figures",
            Table::Samples => "samples",
            Table::Markers => "markers",
            Table::DeadLetters => "dead_letters",
        }
    }
}

/// A record that cannot be read. Says nothing of what stood in it.
#[derive(Debug, Error)]
#[error("a record of {table} cannot be read, near column {column}")]
pub struct Mistake {
    /// The table.
    pub table: &'static str,
    /// Where in the JSON text, from 1; 0 where that is not known.
    pub column: usize,
}

/// Reads a row out of a record's value.
pub(crate) trait Read {
    /// # Errors
    /// The value is no such row; says where.
    fn read<T: DeserializeOwned>(&self) -> Result<T, usize>;
}

/// A value as JSON text.
pub(crate) struct Json<'a>(pub(crate) &'a [u8]);

impl Read for Json<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, usize> {
        serde_json::from_slice(self.0).map_err(|error| error.column())
    }
}

impl Kept {
    /// Takes a record in JSON, or a tombstone. `told_at` is when it was written.
    ///
    /// # Errors
    /// It cannot be read; it is counted and left out.
    pub fn take_json(
        &mut self,
        table: Table,
        key: &[u8],
        value: Option<&[u8]>,
        told_at: At,
    ) -> Result<(), Mistake> {
        self.take(table, key, value.map(Json).as_ref(), told_at)
    }

    pub(crate) fn take<R: Read>(
        &mut self,
        table: Table,
        key: &[u8],
        value: Option<&R>,
        told_at: At,
    ) -> Result<(), Mistake> {
        self.version += 1;
        let taken = match value {
            Some(value) => self.put(table, key, value, told_at),
            None => {
                self.forget(table, key);
                Ok(())
            }
        };
        taken.map_err(|column| {
            self.unreadable += 1;
            Mistake {
                table: table.name(),
                column,
            }
        })
    }

    fn put<R: Read>(
        &mut self,
        table: Table,
        key: &[u8],
        value: &R,
        told_at: At,
    ) -> Result<(), usize> {
        let id = id_of(key);
        match table {
            Table::Contacts => {
                let row: ContactRow = value.read()?;
                self.hear(row.started_at);
                let contact = Contact::of(&row, &mut self.names);
                self.contacts.put(id, contact);
            }
            Table::Verdicts => self.put_verdicts(id, &value.read()?),
            Table::Sessions => {
                let row: SessionRow = value.read()?;
                let session = Session::of(&row, &mut self.names);
                self.sessions.put(id, session);
            }
            Table::Alerts => {
                let row: AlertRow = value.read()?;
                if let Some(alert) = Alert::of(&row, &mut self.names) {
                    self.alerts.put(alert, told_at.0);
                }
            }
            Table::Journeys => {
                let row: JourneyRow = value.read()?;
                let journey = Journey::of(&row, &mut self.names);
                self.journeys.put(id, journey);
            }
            Table::Figures => self.put_figure(key, &value.read()?),
            Table::Samples => self.put_sample(key, &value.read()?),
            Table::Markers => {
                let row: MarkerRow = value.read()?;
                let marker = Marker::of(&row, &mut self.names);
                self.markers.insert((row.at.0, id), marker);
                while self.markers.len() > MARKERS_MAX {
                    self.markers.pop_first();
                }
            }
            Table::DeadLetters => {
                let row: LetterRow = value.read()?;
                let reason = self.names.take(&row.reason);
                let topic = self.names.take(&row.topic);
                self.letters.count(told_at.0, reason, topic);
            }
        }
        Ok(())
    }

    fn hear(&mut self, at: Instant) {
        self.data_until = self.data_until.max(Some(At(at.0)));
    }

    fn put_verdicts(&mut self, id: Id, row: &VerdictsRow) {
        let readings = &self.settings.readings;
        let place = |row: &ReadingRow| {
            let name = (
                row.window.as_str(),
                row.scope.as_str(),
                row.reason_mode.as_str(),
            );
            self.settings.place(name)
        };
        let said = Said::of(
            &row.readings,
            readings.len(),
            self.settings.headline,
            place,
            &mut self.names,
        );
        self.contacts.say(id, said);
    }

    fn put_figure(&mut self, key: &[u8], row: &FigureRow) {
        let Some(day) = Day::read(&row.date) else {
            return;
        };
        let reading = match &row.window {
            None => None,
            Some(window) => {
                let text = |text: &Option<model::Text>| text.clone().unwrap_or_default();
                let (scope, mode) = (text(&row.scope), text(&row.reason_mode));
                // A reading that is gone from the configuration is nobody's to look at.
                let Some(place) = self.settings.place((window, &scope, &mode)) else {
                    return;
                };
                u16::try_from(place).ok()
            }
        };
        let names = &mut self.names;
        let name = Key {
            figure: names.take(&row.figure),
            // Whole: a segment that is cut would be another one's.
            segment: names.take_whole(row.segment.as_deref().unwrap_or_default()),
            rule: names.take_some(row.rule.as_ref()),
            reading,
            from_channel: row.from_channel,
            channel: row.channel,
            hour: row.hour,
            age_days: row.age_days,
        };
        let counted = Counted {
            numerator: row.numerator,
            denominator: row.denominator,
            matured: row.matured,
        };
        self.figures.put(day.0, name, task_of(key), counted);
    }

    fn put_sample(&mut self, key: &[u8], row: &SampleRow) {
        let Some(of) = self.sample_of(row) else {
            return;
        };
        self.samples.put(of, task_of(key), row, &mut self.names);
    }

    fn sample_of(&mut self, row: &SampleRow) -> Option<SampleOf> {
        let names = &mut self.names;
        let figure = names.take(&row.figure);
        let rule = names.take_some(row.rule.as_ref());
        let segment = names.take_whole(row.segment.as_deref().unwrap_or_default());
        Some((Day::read(&row.date)?.0, figure, rule, segment))
    }

    fn forget(&mut self, table: Table, key: &[u8]) {
        let id = id_of(key);
        match table {
            // A contact that is gone from one of the two goes from both: the other follows.
            Table::Contacts => self.contacts.forget(id),
            Table::Verdicts => {}
            Table::Sessions => self.sessions.forget(id),
            Table::Alerts => {
                // The key is the customer's and the alert's id.
                let text = String::from_utf8_lossy(key);
                if let Some((_, alert_id)) = text.rsplit_once('/') {
                    self.alerts.forget(alert_id);
                }
            }
            Table::Journeys => self.journeys.forget(id),
            Table::Figures => self.forget_figure(&String::from_utf8_lossy(key)),
            Table::Samples => self.forget_sample(&String::from_utf8_lossy(key)),
            // These are never taken back.
            Table::Markers | Table::DeadLetters => {}
        }
    }

    /// `task/tenant/date/hour/figure/rule/window/scope/mode/from/channel/age/segment`.
    fn forget_figure(&mut self, key: &str) {
        let parts: Vec<&str> = key.splitn(13, '/').collect();
        let &[
            task,
            _,
            date,
            hour,
            figure,
            rule,
            window,
            scope,
            mode,
            from,
            channel,
            age,
            segment,
        ] = parts.as_slice()
        else {
            return;
        };
        let (Some(day), Ok(task)) = (Day::read(date), task.parse()) else {
            return;
        };
        let place = self.settings.place((window, scope, mode));
        let name = |text| self.names.find(text);
        let (Some(figure), Some(rule), Some(segment)) = (name(figure), name(rule), name(segment))
        else {
            return;
        };
        let key = Key {
            figure,
            segment,
            rule,
            reading: place.and_then(|place| u16::try_from(place).ok()),
            from_channel: Channel::from_name(from),
            channel: Channel::from_name(channel),
            hour: hour.parse().ok(),
            age_days: age.parse().ok(),
        };
        self.figures.forget(day.0, key, task);
    }

    /// `task/tenant/date/figure/rule/rank/segment`.
    fn forget_sample(&mut self, key: &str) {
        let parts: Vec<&str> = key.splitn(7, '/').collect();
        let &[task, _, date, figure, rule, rank, segment] = parts.as_slice() else {
            return;
        };
        let name = |text| self.names.find(text);
        let (Some(figure), Some(rule), Some(segment)) = (name(figure), name(rule), name(segment))
        else {
            return;
        };
        if let (Some(day), Ok(rank), Ok(task)) = (Day::read(date), rank.parse(), task.parse()) {
            let of = (day.0, figure, rule, segment);
            self.samples.forget(of, rank, task);
        }
    }
}

/// The task that a key begins with; others' keys are one task.
fn task_of(key: &[u8]) -> u32 {
    let digits = key.split(|byte| *byte == b'/').next().unwrap_or_default();
    let task = std::str::from_utf8(digits).ok();
    task.and_then(|task| task.parse().ok()).unwrap_or(0)
}
