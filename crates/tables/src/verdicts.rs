//! The rows of table `verdicts`: those of a contact are one block, since most of what they say is
//! the same or one of a few words.

use crate::rows::{Names, known};
use files::{Block, Cell, Cells};
use model::{Class, ContactResult, Millis, Mode, ReadingResult, Status, Text, Verdict};

/// Makes the rows of one contact after the other; its memory is used again.
pub struct Verdicts<'a> {
    names: &'a Names,
    windows: Picks<'a>,
    scopes: Picks<'a>,
    modes: Picks<'a>,
    verdicts: Picks<'a>,
    statuses: Picks<'a>,
    classes: Picks<'a>,
    gaps: Picks<'a>,
    overlaps: Picks<'a>,
    counts: Picks<'a>,
    ranks: Picks<'a>,
    origins: Picks<'a>,
    changes: Picks<'a>,
    due_at: Picks<'a>,
    revisions: Picks<'a>,
    priors: Vec<u16>,
    sessions: Vec<u16>,
    nexts: Vec<u16>,
    causes: Vec<u16>,
}

/// Numbers below this have a place from the start.
const SMALL_NUMBERS: i64 = 64;

impl<'a> Verdicts<'a> {
    /// For a configuration's rows.
    #[must_use]
    pub fn new(names: &'a Names) -> Verdicts<'a> {
        let truths = || Picks::of([false, true].map(Cell::Bool));
        let small = || Picks::of((0..SMALL_NUMBERS).map(Cell::Int));
        let windows = names.readings.windows.iter().map(Text::as_str);
        let scopes = names.readings.scopes.iter();
        Verdicts {
            names,
            windows: Picks::of(windows.map(Cell::Text)),
            scopes: Picks::of(scopes.map(|scope| Cell::Text(&scope.name))),
            modes: words(Mode::ALL, Mode::name),
            verdicts: words(Verdict::ALL, Verdict::name),
            statuses: words(Status::ALL, Status::name),
            classes: words(Class::ALL, Class::name),
            gaps: Picks::default(),
            overlaps: truths(),
            counts: small(),
            ranks: small(),
            origins: truths(),
            changes: truths(),
            due_at: Picks::default(),
            revisions: small(),
            priors: Vec::new(),
            sessions: Vec::new(),
            nexts: Vec::new(),
            causes: Vec::new(),
        }
    }

    /// Calls `take` with the rows of a contact, in order of window, scope and mode.
    pub fn block<R>(&mut self, result: &ContactResult, take: impl FnOnce(&Block<'_>) -> R) -> R {
        self.pick(result);
        let contact = &result.contact;
        let ids: Vec<Cell> = result.names.iter().map(|name| Cell::Text(name)).collect();
        let of_ids = |picks| Cells::Picked { cells: &ids, picks };
        take(&Block {
            rows: result.readings.len(),
            columns: &[
                Cells::Same(Cell::Text(&self.names.tenant)),
                Cells::Same(Cell::Text(&contact.contact_id)),
                Cells::Same(Cell::Text(contact.channel.name())),
                Cells::Same(Cell::Text(&contact.source)),
                Cells::Same(known(&result.customer)),
                self.windows.cells(),
                self.scopes.cells(),
                self.modes.cells(),
                self.verdicts.cells(),
                self.statuses.cells(),
                self.classes.cells(),
                of_ids(&self.priors),
                self.gaps.cells(),
                self.overlaps.cells(),
                self.counts.cells(),
                self.ranks.cells(),
                of_ids(&self.sessions),
                of_ids(&self.nexts),
                self.origins.cells(),
                self.changes.cells(),
                self.due_at.cells(),
                self.revisions.cells(),
                Cells::Picked {
                    cells: &[Cell::Text(&result.cause)],
                    picks: &self.causes,
                },
            ],
        })
    }

    /// Column by column: what is picked is a few bytes, so that a loop over one field is quick.
    fn pick(&mut self, result: &ContactResult) {
        let readings = result.readings.as_slice();
        let list = &self.names.readings.list;
        let definition = |reading: &ReadingResult| &list[usize::from(reading.reading)];
        let only = |is_so: bool, pick: u16| if is_so { pick } else { Cells::NOTHING };
        let name = |name: Option<u16>| name.unwrap_or(Cells::NOTHING);
        fill(&mut self.windows.picks, readings, |r| {
            definition(r).window as u16
        });
        fill(&mut self.scopes.picks, readings, |r| {
            definition(r).scope as u16
        });
        fill(&mut self.modes.picks, readings, |r| {
            definition(r).mode as u16
        });
        fill(&mut self.verdicts.picks, readings, |r| r.verdict as u16);
        fill(&mut self.statuses.picks, readings, |r| r.status as u16);
        fill(&mut self.classes.picks, readings, |r| {
            name(r.class.map(|class| class as u16))
        });
        fill(&mut self.priors, readings, |r| name(r.prior));
        fill(&mut self.sessions, readings, |r| name(r.session));
        fill(&mut self.nexts, readings, |r| name(r.next));
        let known = |r: &ReadingResult, truth| only(r.prior.is_some(), u16::from(truth));
        fill(&mut self.overlaps.picks, readings, |r| known(r, r.overlap));
        fill(&mut self.changes.picks, readings, |r| {
            known(r, r.channel_changed)
        });
        fill(&mut self.origins.picks, readings, |r| u16::from(r.origin));
        // A row that was said only once has no cause.
        let has_cause = |r: &ReadingResult| r.revision > 1 && !result.cause.is_empty();
        fill(&mut self.causes, readings, |r| only(has_cause(r), 0));
        let number = |is_known: bool, number| is_known.then_some(Cell::Int(i64::from(number)));
        self.counts
            .find(SMALL_NUMBERS, readings, |r| number(r.count > 0, r.count));
        self.ranks
            .find(SMALL_NUMBERS, readings, |r| number(r.count > 0, r.rank));
        self.revisions
            .find(SMALL_NUMBERS, readings, |r| number(true, r.revision));
        self.gaps
            .find(0, readings, |r| r.prior.map(|_| Cell::Int(r.gap_ms)));
        let until = |r: &ReadingResult| r.due_at.filter(|at| *at <= Millis::LAST);
        self.due_at
            .find(0, readings, |r| until(r).map(|at| Cell::Time(at.0)));
    }
}

/// A column of a contact's rows: the cells that it may have, and which of them each row has.
#[derive(Default)]
struct Picks<'a> {
    cells: Vec<Cell<'a>>,
    picks: Vec<u16>,
}

impl<'a> Picks<'a> {
    fn of(cells: impl IntoIterator<Item = Cell<'a>>) -> Picks<'a> {
        Picks {
            cells: cells.into_iter().collect(),
            picks: Vec::new(),
        }
    }

    fn cells(&self) -> Cells<'_> {
        Cells::Picked {
            cells: &self.cells,
            picks: &self.picks,
        }
    }

    /// Picks numbers: those below `small` are at their place, the others behind them as they come.
    fn find(
        &mut self,
        small: i64,
        readings: &[ReadingResult],
        cell: impl Fn(&ReadingResult) -> Option<Cell<'a>>,
    ) {
        let Picks { cells, picks } = self;
        cells.truncate(small as usize);
        fill(picks, readings, |reading| {
            let Some(cell) = cell(reading) else {
                return Cells::NOTHING;
            };
            if let Cell::Int(number) = cell
                && (0..small).contains(&number)
            {
                return number as u16;
            }
            let known = cells[small as usize..]
                .iter()
                .rposition(|known| *known == cell);
            let place = known.unwrap_or_else(|| {
                cells.push(cell);
                cells.len() - 1 - small as usize
            });
            (small as usize + place) as u16
        });
    }
}

/// The words of a closed list in its order; a value is its place in it.
fn words<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Picks<'static> {
    Picks::of(all.iter().map(|value| Cell::Text(name(*value))))
}

fn fill(picks: &mut Vec<u16>, readings: &[ReadingResult], pick: impl FnMut(&ReadingResult) -> u16) {
    picks.clear();
    picks.extend(readings.iter().map(pick));
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
    Verdicts::new(names).block(result, |block| block.rows(row))
}
