//! The rows of table `verdicts`: those of a contact are one block, since most of what they say is
//! the same or one of a few words.

use crate::rows::{Names, known};
use files::{Block, Cell, Cells};
use model::{Class, ContactResult, Millis, Mode, ReadingResult, Status, Verdict};

/// Makes the rows of one contact after the other; its memory is used again.
#[derive(Debug, Default)]
pub struct Verdicts {
    windows: Vec<u16>,
    scopes: Vec<u16>,
    modes: Vec<u16>,
    verdicts: Vec<u16>,
    statuses: Vec<u16>,
    classes: Vec<u16>,
    priors: Vec<u16>,
    sessions: Vec<u16>,
    nexts: Vec<u16>,
    causes: Vec<u16>,
    gaps: Vec<Cell<'static>>,
    overlaps: Vec<Cell<'static>>,
    counts: Vec<Cell<'static>>,
    ranks: Vec<Cell<'static>>,
    origins: Vec<Cell<'static>>,
    changes: Vec<Cell<'static>>,
    due_at: Vec<Cell<'static>>,
    revisions: Vec<Cell<'static>>,
}

impl Verdicts {
    /// Calls `take` with the rows of a contact, in order of window, scope and mode.
    pub fn block<R>(
        &mut self,
        names: &Names,
        result: &ContactResult,
        take: impl FnOnce(&Block<'_>) -> R,
    ) -> R {
        self.clear();
        for reading in &result.readings {
            self.add(names, reading, &result.cause);
        }
        let contact = &result.contact;
        let contact_cause = result.cause.as_str();
        let readings = &names.readings;
        let windows: Vec<&str> = readings.windows.iter().map(|name| name.as_str()).collect();
        let scopes: Vec<&str> = readings.scopes.iter().map(|s| s.name.as_str()).collect();
        let ids: Vec<&str> = result.names.iter().map(|name| name.as_str()).collect();
        let picked = |texts, picks| Cells::Picked { texts, picks };
        take(&Block {
            rows: result.readings.len(),
            columns: &[
                Cells::Same(Cell::Text(&names.tenant)),
                Cells::Same(Cell::Text(&contact.contact_id)),
                Cells::Same(Cell::Text(contact.channel.name())),
                Cells::Same(Cell::Text(&contact.source)),
                Cells::Same(known(&result.customer)),
                picked(&windows, &self.windows),
                picked(&scopes, &self.scopes),
                picked(&words(Mode::ALL, Mode::name), &self.modes),
                picked(&words(Verdict::ALL, Verdict::name), &self.verdicts),
                picked(&words(Status::ALL, Status::name), &self.statuses),
                picked(&words(Class::ALL, Class::name), &self.classes),
                picked(&ids, &self.priors),
                Cells::Each(&self.gaps),
                Cells::Each(&self.overlaps),
                Cells::Each(&self.counts),
                Cells::Each(&self.ranks),
                picked(&ids, &self.sessions),
                picked(&ids, &self.nexts),
                Cells::Each(&self.origins),
                Cells::Each(&self.changes),
                Cells::Each(&self.due_at),
                Cells::Each(&self.revisions),
                picked(&[contact_cause], &self.causes),
            ],
        })
    }

    fn add(&mut self, names: &Names, reading: &ReadingResult, cause: &str) {
        let definition = &names.readings.list[usize::from(reading.reading)];
        self.windows.push(definition.window as u16);
        self.scopes.push(definition.scope as u16);
        self.modes.push(definition.mode as u16);
        self.verdicts.push(reading.verdict as u16);
        self.statuses.push(reading.status as u16);
        // A row that was said only once has no cause.
        let has_cause = reading.revision > 1 && !cause.is_empty();
        self.causes.push(if has_cause { 0 } else { Cells::NOTHING });
        let class = reading.class.map_or(Cells::NOTHING, |class| class as u16);
        self.classes.push(class);
        self.priors.push(reading.prior.unwrap_or(Cells::NOTHING));
        self.sessions
            .push(reading.session.unwrap_or(Cells::NOTHING));
        self.nexts.push(reading.next.unwrap_or(Cells::NOTHING));
        let only = |is_so: bool, cell| if is_so { cell } else { Cell::Null };
        let has_prior = reading.prior.is_some();
        self.gaps.push(only(has_prior, Cell::Int(reading.gap_ms)));
        self.overlaps
            .push(only(has_prior, Cell::Bool(reading.overlap)));
        self.changes
            .push(only(has_prior, Cell::Bool(reading.channel_changed)));
        let takes_part = reading.count > 0;
        self.counts
            .push(only(takes_part, Cell::Int(i64::from(reading.count))));
        self.ranks
            .push(only(takes_part, Cell::Int(i64::from(reading.rank))));
        self.origins.push(Cell::Bool(reading.origin));
        let due_at = reading
            .due_at
            .filter(|due_at| *due_at <= Millis::LAST)
            .map_or(Cell::Null, |due_at| Cell::Time(due_at.0));
        self.due_at.push(due_at);
        self.revisions.push(Cell::Int(i64::from(reading.revision)));
    }

    fn clear(&mut self) {
        for picks in [
            &mut self.windows,
            &mut self.scopes,
            &mut self.modes,
            &mut self.verdicts,
            &mut self.statuses,
            &mut self.classes,
            &mut self.priors,
            &mut self.sessions,
            &mut self.nexts,
            &mut self.causes,
        ] {
            picks.clear();
        }
        for cells in [
            &mut self.gaps,
            &mut self.overlaps,
            &mut self.counts,
            &mut self.ranks,
            &mut self.origins,
            &mut self.changes,
            &mut self.due_at,
            &mut self.revisions,
        ] {
            cells.clear();
        }
    }
}

/// The words of a closed list in its order; a value is its place in it. No list has more.
fn words<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> [&'static str; 8] {
    let mut words = [""; 8];
    for (word, value) in words.iter_mut().zip(all) {
        *word = name(*value);
    }
    words
}

/// Calls `row` with each row of a contact.
///
/// # Errors
/// What `row` returns; the first error ends it.
pub fn verdicts<E>(
    names: &Names,
    result: &ContactResult,
    row: impl FnMut(&[Cell]) -> Result<(), E>,
) -> Result<(), E> {
    Verdicts::default().block(names, result, |block| block.rows(row))
}
