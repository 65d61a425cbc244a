//! The tables of a settled history: stretches of time are turned into rows on all processors, and
//! go into the files in order.

use crate::intake::{DeadLetter, Inputs};
use anyhow::Result;
use figures::{Figures, Sheet};
use files::{Cell, TableWriter};
use files::{EncodedRows, Encoding, FilesError, Format, OutputFolder, Table, TableEncoder};
use model::{Alert, Journey, Millis};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use tables::{Names, Summary, Verdicts};
use worker::{Bucket, Counts, Settled};

/// Tables for which figures are counted.
const FIGURE_TABLES: [&str; 2] = ["figures", "samples"];

/// Where rows go, and what is counted of them.
pub struct Output {
    /// The figures of the rows that were written.
    pub summary: Summary,
    /// What was counted on the way to them.
    pub counts: Counts,
    /// The end of time.
    pub now: Millis,
    /// Counts figures; `None`: nobody wants them.
    pub figures: Option<Figures>,
    names: Names,
    headline: usize,
    nothing: Summary,
    /// The tables that are wanted, by name.
    writers: BTreeMap<&'static str, TableWriter>,
}

impl Output {
    /// Begins the files of the tables that are wanted.
    pub fn create(
        inputs: &Inputs,
        folder: &OutputFolder,
        format: Format,
        wanted: &[&'static str],
    ) -> Result<Output> {
        let customers = &inputs.meant.customers;
        let nothing = Summary::of(&inputs.meant);
        let mut writers = BTreeMap::new();
        for table in Table::all()
            .iter()
            .filter(|table| wanted.contains(&table.name))
        {
            writers.insert(table.name, folder.table(table, format)?);
        }
        let counts_figures = wanted.iter().any(|table| FIGURE_TABLES.contains(table));
        Ok(Output {
            figures: counts_figures.then(|| inputs.meant.figures()),
            summary: nothing.clone(),
            counts: Counts::default(),
            now: Millis::MIN,
            names: Names::of(&inputs.meant),
            headline: customers.readings.headline,
            nothing,
            writers,
        })
    }

    /// Writes all rows of a settled history. `shown` is told how many stretches are done.
    pub fn write(&mut self, settled: &Settled, shown: impl Fn(usize)) -> Result<()> {
        let encodings = self.encodings();
        let (names, nothing, headline, now) = (&self.names, &self.nothing, self.headline, self.now);
        let encode = |bucket| -> Result<Part> {
            let mut stretch = Stretch::new(names, &encodings, nothing.clone());
            let mut added = Ok(());
            settled.take_each(bucket, |rows| {
                if added.is_ok() {
                    added = stretch.add(rows, headline, now);
                }
            })?;
            added?;
            stretch.finish()
        };
        let (summary, writers) = (&mut self.summary, &mut self.writers);
        in_order(settled.buckets(), encode, |done, part| {
            shown(done);
            append(part, summary, writers)
        })
    }

    /// Writes rows that are all in memory.
    pub fn write_bucket(&mut self, rows: &Bucket) -> Result<()> {
        let encodings = self.encodings();
        let mut stretch = Stretch::new(&self.names, &encodings, self.nothing.clone());
        stretch.add(rows, self.headline, self.now)?;
        append(stretch.finish()?, &mut self.summary, &mut self.writers)
    }

    /// Writes the figures that a sheet comes to, if they are wanted.
    pub fn write_figures(&mut self, sheet: &Sheet) -> Result<()> {
        let Some(figures) = &self.figures else {
            return Ok(());
        };
        let names = &self.names;
        let rows = figures.rows(sheet, self.now);
        self.summary.add_figures(&rows, self.headline);
        if let Some(writer) = self.writers.get_mut("figures") {
            each(&rows, |row| {
                tables::figure(names, row, |cells| writer.write_row(cells))
            })?;
        }
        if let Some(writer) = self.writers.get_mut("samples") {
            each(&figures.samples(sheet), |row| {
                tables::sample(names, row, |cells| writer.write_row(cells))
            })?;
        }
        Ok(())
    }

    /// How the rows of each table that is wanted are written.
    fn encodings(&self) -> BTreeMap<&'static str, Encoding> {
        let writers = self.writers.iter();
        writers
            .map(|(name, writer)| (*name, writer.encoding()))
            .collect()
    }

    /// Writes what was refused, and ends all files.
    pub fn finish(mut self, inputs: &Inputs, mut dead: Vec<DeadLetter>) -> Result<()> {
        dead.sort_by_key(|letter| (letter.file, letter.line));
        if let Some(writer) = self.writers.get_mut("dead_letters") {
            for letter in dead {
                let file = inputs.files[letter.file].path.display().to_string();
                let hash = letter.hash.map(|hash| format!("{hash:032x}"));
                let hash = hash.unwrap_or_default();
                let DeadLetter {
                    line,
                    reason,
                    detail,
                    ..
                } = &letter;
                let write = |row: &[Cell<'_>]| writer.write_row(row);
                tables::dead_letter(&file, *line, reason, detail, &hash, write)?;
            }
        }
        for writer in self.writers.into_values() {
            writer.finish()?;
        }
        Ok(())
    }
}

fn append(
    part: Part,
    summary: &mut Summary,
    writers: &mut BTreeMap<&'static str, TableWriter>,
) -> Result<()> {
    summary.merge(&part.summary);
    for (name, rows) in part.rows {
        if let Some(writer) = writers.get_mut(name) {
            writer.append(rows)?;
        }
    }
    Ok(())
}

/// The rows of a stretch of time, on their way into the formats of their files.
struct Stretch<'a> {
    names: &'a Names,
    blocks: Verdicts<'a>,
    encoders: BTreeMap<&'static str, TableEncoder>,
    summary: Summary,
}

/// A stretch of time, ready to be appended.
struct Part {
    rows: Vec<(&'static str, EncodedRows)>,
    summary: Summary,
}

impl<'a> Stretch<'a> {
    fn new(
        names: &'a Names,
        encodings: &BTreeMap<&'static str, Encoding>,
        summary: Summary,
    ) -> Stretch<'a> {
        let encoders = encodings.iter();
        Stretch {
            names,
            blocks: Verdicts::new(names),
            encoders: encoders
                .map(|(name, encoding)| (*name, encoding.encoder()))
                .collect(),
            summary,
        }
    }

    fn add(&mut self, rows: &Bucket, headline: usize, now: Millis) -> Result<()> {
        let names = self.names;
        self.summary.add(rows, headline, now);
        if let Some(encoder) = self.encoders.get_mut("contacts") {
            let mut write = |cells: &[Cell<'_>]| encoder.write_row(cells);
            each(&rows.contacts, |row| {
                tables::contact(names, row, &mut write)
            })?;
        }
        if let Some(encoder) = self.encoders.get_mut("verdicts") {
            let blocks = &mut self.blocks;
            let mut write = |block: &files::Block<'_>| encoder.write_block(block);
            each(&rows.contacts, |row| blocks.block(row, &mut write))?;
        }
        if let Some(encoder) = self.encoders.get_mut("sessions") {
            let mut write = |cells: &[Cell<'_>]| encoder.write_row(cells);
            each(&rows.sessions, |row| {
                tables::session(names, row, &mut write)
            })?;
        }
        if let Some(encoder) = self.encoders.get_mut("alerts") {
            let mut write = |cells: &[Cell<'_>]| encoder.write_row(cells);
            alerts(rows, |row| match row {
                Either::Repeat(row) => tables::alert(names, row, &mut write),
                Either::Journey(row) => tables::broken_journey(names, row, &mut write),
            })?;
        }
        if let Some(encoder) = self.encoders.get_mut("journeys") {
            let mut write = |cells: &[Cell<'_>]| encoder.write_row(cells);
            each(&rows.journeys, |row| {
                tables::journey(names, row, &mut write)
            })?;
        }
        if let Some(encoder) = self.encoders.get_mut("markers") {
            let mut write = |cells: &[Cell<'_>]| encoder.write_row(cells);
            each(&rows.markers, |row| tables::marker(names, row, &mut write))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Part> {
        let encoders = self.encoders.into_iter();
        let rows = encoders.map(|(name, encoder)| Ok((name, encoder.finish()?)));
        Ok(Part {
            rows: rows.collect::<Result<_>>()?,
            summary: self.summary,
        })
    }
}

/// An alert of either type.
enum Either<'a> {
    Repeat(&'a Alert),
    Journey(&'a Journey),
}

/// All alerts in order of time, contact and name.
fn alerts<'a>(
    rows: &'a Bucket,
    mut write: impl FnMut(Either<'a>) -> Result<(), FilesError>,
) -> Result<(), FilesError> {
    let mut journeys = rows.broken.iter().peekable();
    let place = |row: &'a Journey| (row.decided_at, row.contact.as_ref(), &row.rule);
    for alert in &rows.alerts {
        let own = (alert.event_at, Some(&alert.contact), &alert.policy);
        while let Some(row) = journeys.next_if(|row| place(row) < own) {
            write(Either::Journey(row))?;
        }
        write(Either::Repeat(alert))?;
    }
    journeys.try_for_each(|row| write(Either::Journey(row)))
}

fn each<T>(rows: &[T], write: impl FnMut(&T) -> Result<(), FilesError>) -> Result<(), FilesError> {
    rows.iter().try_for_each(write)
}

/// Makes so many parts on all processors, and takes them in order, each with its place.
fn in_order<T: Send>(
    parts: usize,
    make: impl Fn(usize) -> Result<T> + Sync,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // Parts that wait to be taken hold memory: no thread makes another one before its last one
        // is handed over.
        let (sender, made) = sync_channel::<(usize, Result<T>)>(0);
        for _ in 0..threads.min(parts) {
            let (sender, next, make) = (sender.clone(), &next, &make);
            scope.spawn(move || {
                loop {
                    let part = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody takes parts any more once one has failed.
                    if part >= parts || sender.send((part, make(part))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (place, part) in made {
            early.insert(place, part);
            while let Some(part) = early.remove(&due) {
                take(due, part?)?;
                due += 1;
            }
        }
        Ok(())
    })
}
