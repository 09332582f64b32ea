//! The shape of a tensor: a matrix, with a side that may be known only when it runs.

use std::fmt;

/// The length of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// The rows of the batch: one number for a whole run, given when it starts.
    Batch,
    /// A number known when the graph is made.
    Fixed(usize),
}

impl Size {
    /// The length in a run over `batch` rows.
    #[must_use]
    pub fn resolve(self, batch: usize) -> usize {
        match self {
            Size::Batch => batch,
            Size::Fixed(size) => size,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Batch => f.write_str("N"),
            Size::Fixed(size) => write!(f, "{size}"),
        }
    }
}

/// A matrix, row-major; a scalar is 1 × 1, a vector 1 × n or n × 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// How many rows.
    pub rows: Size,
    /// How many columns.
    pub columns: Size,
}

impl Shape {
    /// The shape of a single number.
    pub const SCALAR: Shape = Shape::fixed(1, 1);

    /// `rows` × `columns`.
    #[must_use]
    pub const fn fixed(rows: usize, columns: usize) -> Shape {
        Shape { rows: Size::Fixed(rows), columns: Size::Fixed(columns) }
    }

    /// A row of the batch in each row.
    #[must_use]
    pub const fn batch(columns: usize) -> Shape {
        Shape { rows: Size::Batch, columns: Size::Fixed(columns) }
    }

    /// Rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Shape {
        Shape { rows: self.columns, columns: self.rows }
    }

    /// Rows and columns in a run over `batch` rows.
    #[must_use]
    pub fn resolve(self, batch: usize) -> [usize; 2] {
        [self.rows.resolve(batch), self.columns.resolve(batch)]
    }

    /// The number of elements in a run over `batch` rows.
    ///
    /// # Panics
    /// If that is more than memory can address.
    #[must_use]
    pub fn count(self, batch: usize) -> usize {
        let [rows, columns] = self.resolve(batch);
        rows.checked_mul(columns).expect("a tensor fits into memory")
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.rows, self.columns)
    }
}
