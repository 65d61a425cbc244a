//! Rows that belong together, column by column.

use super::Cell;

/// What one column has in the rows of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cells<'a> {
    /// The same in every row.
    Same(Cell<'a>),
    /// For each row the place of its cell in `cells`, or [`Cells::NOTHING`].
    Picked {
        /// The cells that occur, none of them null, and others.
        cells: &'a [Cell<'a>],
        /// One for each row.
        picks: &'a [u16],
    },
}

impl<'a> Cells<'a> {
    /// The pick of a row that has nothing.
    pub const NOTHING: u16 = u16::MAX;

    /// What a row has. Rows beyond the block have nothing.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'a> {
        match *self {
            Cells::Same(cell) => cell,
            Cells::Picked { cells, picks } => picks
                .get(row)
                .and_then(|pick| cells.get(usize::from(*pick)))
                .copied()
                .unwrap_or(Cell::Null),
        }
    }

    /// Whether there is one for each row.
    pub(super) fn has_rows(&self, rows: usize) -> bool {
        match *self {
            Cells::Same(_) => true,
            Cells::Picked { cells, picks } => {
                let known = |pick: u16| usize::from(pick) < cells.len() || pick == Self::NOTHING;
                picks.len() == rows && picks.iter().fold(true, |all, pick| all & known(*pick))
            }
        }
    }
}

/// Rows that belong together, such as the readings of a contact. Much of what they say is the same
/// in each or one of a few words, so that a columnar format takes them at a fraction of the price
/// of as many single rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block<'a> {
    /// Number of rows.
    pub rows: usize,
    /// One for each column in the order of the table.
    pub columns: &'a [Cells<'a>],
}

impl<'a> Block<'a> {
    /// Calls `take` with each row.
    ///
    /// # Errors
    /// What `take` returns; the first error ends it.
    pub fn rows<E>(&self, mut take: impl FnMut(&[Cell<'a>]) -> Result<(), E>) -> Result<(), E> {
        let mut cells = Vec::with_capacity(self.columns.len());
        (0..self.rows).try_for_each(|row| {
            cells.clear();
            cells.extend(self.columns.iter().map(|column| column.cell(row)));
            take(&cells)
        })
    }
}
