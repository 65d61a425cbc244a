//! One column of a table on its way into a Parquet row group.

use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;

use crate::table::{Column, ColumnKind};

use super::hybrid;
use super::pages::{ColumnChunk, Compressor, Pages};
use super::values::{NONE, Values};
use super::{Cell, Cells, NOT_NULLABLE, WRONG_KIND};

/// A column of a table: a map has two Parquet columns, the others one.
pub(super) enum ColumnEncoder {
    One(Leaf),
    Map { names: Leaf, texts: Box<Leaf> },
}

impl ColumnEncoder {
    pub(super) fn new(column: &Column, mut descr: impl Iterator<Item = ColumnDescPtr>) -> Self {
        let mut leaf = || {
            let descr = descr
                .next()
                .expect("the schema has a leaf for each column and part of it");
            Leaf::new(column, descr)
        };
        match column.kind {
            ColumnKind::TextMap => ColumnEncoder::Map {
                names: leaf(),
                texts: Box::new(leaf()),
            },
            _ => ColumnEncoder::One(leaf()),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, cell: &Cell<'_>) -> Result<(), &'static str> {
        match (self, cell) {
            (ColumnEncoder::One(leaf), cell) => leaf.push(cell),
            (ColumnEncoder::Map { names, texts }, Cell::Map(entries)) => {
                names.push_list(entries.iter().map(|entry| entry.0));
                texts.push_list(entries.iter().map(|entry| entry.1));
                Ok(())
            }
            (ColumnEncoder::Map { .. }, Cell::Null) => Err(NOT_NULLABLE),
            (ColumnEncoder::Map { .. }, _) => Err(WRONG_KIND),
        }
    }

    /// Adds the cells of so many rows.
    pub(super) fn push_cells(&mut self, cells: &Cells, rows: usize) -> Result<(), &'static str> {
        match (self, *cells) {
            (ColumnEncoder::One(leaf), Cells::Same(cell)) => leaf.push_same(cell, rows),
            (ColumnEncoder::One(leaf), Cells::Picked { cells, picks }) => {
                leaf.push_picked(cells, picks)
            }
            (map @ ColumnEncoder::Map { .. }, cells) => {
                (0..rows).try_for_each(|row| map.push(&cells.cell(row)))
            }
        }
    }

    pub(super) fn leaves(&mut self) -> impl Iterator<Item = &mut Leaf> {
        let (one, other) = match self {
            ColumnEncoder::One(leaf) => (leaf, None),
            ColumnEncoder::Map { names, texts } => (names, Some(texts.as_mut())),
        };
        std::iter::once(one).chain(other)
    }
}

/// How the values of a leaf hang on the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One a row.
    Required,
    /// One a row or none.
    Nullable,
    /// Any number a row.
    Repeated,
}

/// One Parquet column.
pub(super) struct Leaf {
    descr: ColumnDescPtr,
    shape: Shape,
    /// 1 for a value, 0 for a row that has none.
    definitions: Vec<u8>,
    /// 0 for the first entry of a row, 1 for those after it.
    repetitions: Vec<u8>,
    nulls: u64,
    values: Values,
    pages: Pages,
    body: Vec<u8>,
    /// Keys of the cells of a block; kept for its memory.
    found: Vec<u32>,
}

impl Leaf {
    fn new(column: &Column, descr: ColumnDescPtr) -> Leaf {
        let shape = match column.kind {
            ColumnKind::TextList | ColumnKind::TextMap => Shape::Repeated,
            _ if column.nullable => Shape::Nullable,
            _ => Shape::Required,
        };
        Leaf {
            descr,
            shape,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            nulls: 0,
            values: Values::new(column.kind),
            pages: Pages::new(),
            body: Vec::new(),
            found: Vec::new(),
        }
    }

    #[inline]
    fn push(&mut self, cell: &Cell<'_>) -> Result<(), &'static str> {
        match (&mut self.values, *cell) {
            (Values::Text(_), Cell::List(texts)) if self.shape == Shape::Repeated => {
                self.push_list(texts.iter().copied());
                return Ok(());
            }
            (Values::Text(values), Cell::Text(text)) if self.shape != Shape::Repeated => {
                values.push(text.as_bytes());
            }
            (Values::Number(values), Cell::Double(number)) if values.kind == ColumnKind::Double => {
                if !number.is_finite() {
                    return self.push_null();
                }
                values.push(number.to_bits().cast_signed());
            }
            (Values::Bits(values), Cell::Bool(truth)) => values.push(truth),
            (_, Cell::Null) => return self.push_null(),
            (Values::Number(values), cell) => values.push(values.number(cell)?),
            _ => return Err(WRONG_KIND),
        }
        if self.shape == Shape::Nullable {
            self.definitions.push(1);
        }
        Ok(())
    }

    /// Adds the same cell for so many rows: the first as ever, which checks it, the others as it.
    fn push_same(&mut self, cell: Cell<'_>, rows: usize) -> Result<(), &'static str> {
        let Some(others) = rows.checked_sub(1) else {
            return Ok(());
        };
        if self.shape == Shape::Repeated {
            return (0..rows).try_for_each(|_| self.push(&cell));
        }
        let nulls = self.nulls;
        self.push(&cell)?;
        let entries = self.definitions.len() + others;
        if self.nulls > nulls {
            self.nulls += others as u64;
            self.definitions.resize(entries, 0);
            return Ok(());
        }
        self.values.push_again(others);
        if self.shape == Shape::Nullable {
            self.definitions.resize(entries, 1);
        }
        Ok(())
    }

    /// Adds the picked cells; each is looked up once.
    fn push_picked(&mut self, cells: &[Cell<'_>], picks: &[u16]) -> Result<(), &'static str> {
        if self.shape == Shape::Repeated || !self.values.has_keys() {
            let cells = Cells::Picked { cells, picks };
            return (0..picks.len()).try_for_each(|row| self.push(&cells.cell(row)));
        }
        self.found.clear();
        self.found.resize(cells.len(), NONE);
        let mut nulls = 0;
        for pick in picks {
            let Some(found) = self.found.get_mut(usize::from(*pick)) else {
                nulls += 1;
                continue;
            };
            if *found == NONE {
                *found = self.values.key(&cells[usize::from(*pick)])?;
            }
        }
        let keys = self.values.keys();
        if nulls == 0 {
            keys.extend(picks.iter().map(|pick| self.found[usize::from(*pick)]));
        } else if self.shape == Shape::Required {
            return Err(NOT_NULLABLE);
        } else {
            let known = picks.iter().filter(|pick| **pick != Cells::NOTHING);
            keys.extend(known.map(|pick| self.found[usize::from(*pick)]));
        }
        self.nulls += nulls;
        if self.shape == Shape::Nullable {
            let is_known = |pick: &u16| u8::from(*pick != Cells::NOTHING);
            self.definitions.extend(picks.iter().map(is_known));
        }
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) -> Result<(), &'static str> {
        if self.shape != Shape::Nullable {
            return Err(NOT_NULLABLE);
        }
        self.definitions.push(0);
        self.nulls += 1;
        Ok(())
    }

    fn push_list<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        let mut repetition = 0;
        for text in texts {
            if let Values::Text(values) = &mut self.values {
                values.push(text.as_bytes());
            }
            self.definitions.push(1);
            self.repetitions.push(repetition);
            repetition = 1;
        }
        if repetition == 0 {
            self.definitions.push(0);
            self.repetitions.push(0);
            self.nulls += 1;
        }
    }

    /// About how many bytes are held in memory.
    pub(super) fn bytes(&self) -> usize {
        self.values.bytes() + self.pages.bytes()
    }

    /// Whether the page should end before its rows are full.
    pub(super) fn is_page_heavy(&self) -> bool {
        self.values.is_page_heavy()
    }

    pub(super) fn end_page(&mut self, compressor: &mut Compressor) -> Result<(), ParquetError> {
        let entries = match self.shape {
            Shape::Required => self.values.page_len(),
            Shape::Nullable | Shape::Repeated => self.definitions.len() as u32,
        };
        if entries == 0 {
            return Ok(());
        }
        self.body.clear();
        if self.shape == Shape::Repeated {
            push_levels(&mut self.repetitions, &mut self.body);
        }
        if self.shape != Shape::Required {
            push_levels(&mut self.definitions, &mut self.body);
        }
        let encoding = self.values.end_page(&mut self.body);
        self.pages.add(&self.body, entries, encoding, compressor)
    }

    pub(super) fn end_row_group(
        &mut self,
        rows: u64,
        compressor: &mut Compressor,
    ) -> Result<ColumnChunk, ParquetError> {
        self.end_page(compressor)?;
        let pages = std::mem::replace(&mut self.pages, Pages::new());
        let dictionary = self.values.take_dictionary();
        let statistics = self.values.statistics(std::mem::take(&mut self.nulls));
        self.values.clear();
        pages.finish(dictionary, self.descr.clone(), statistics, rows, compressor)
    }
}

/// Levels of one bit, after their length in bytes.
fn push_levels(levels: &mut Vec<u8>, body: &mut Vec<u8>) {
    let start = body.len();
    body.extend_from_slice(&[0; 4]);
    hybrid::encode(levels, 1, body);
    let length = u32::try_from(body.len() - start - 4).expect("a page is bounded far below");
    body[start..start + 4].copy_from_slice(&length.to_le_bytes());
    levels.clear();
}
