//! The shape of a tensor: a matrix, with a side that may be known only at run time.

use std::fmt;

/// The length of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// The rows of the batch: one number for a whole run, given when it starts.
    Batch,
    /// This many rows per row of the batch.
    Blocks(usize),
    /// A number known when the graph is made.
    Fixed(usize),
}

impl Size {
    /// Returns the length in a run over `batch` rows.
    #[must_use]
    pub fn resolve(self, batch: usize) -> usize {
        match self {
            Size::Batch => batch,
            Size::Blocks(rows) => rows.checked_mul(batch).expect("a side fits into memory"),
            Size::Fixed(size) => size,
        }
    }

    /// Returns the size in a graph with a fixed batch of `batch` rows.
    #[must_use]
    pub fn with_batch(self, batch: usize) -> Size {
        Size::Fixed(self.resolve(batch))
    }

    /// The number as a multiple of the batch or not: the factor, and whether the batch's rows multiply it.
    fn parts(self) -> (usize, bool) {
        match self {
            Size::Batch => (1, true),
            Size::Blocks(rows) => (rows, true),
            Size::Fixed(size) => (size, false),
        }
    }

    fn from_parts(factor: usize, has_batch: bool) -> Size {
        match (factor, has_batch) {
            (1, true) => Size::Batch,
            (rows, true) => Size::Blocks(rows),
            (size, false) => Size::Fixed(size),
        }
    }

    /// Does it depend on the batch?
    pub(crate) fn has_batch(self) -> bool {
        self.parts().1
    }

    /// Returns the product of two sizes, unless both depend on the batch.
    pub(crate) fn times(self, other: Size) -> Option<Size> {
        let ((left, is_left), (right, is_right)) = (self.parts(), other.parts());
        (!(is_left && is_right)).then_some(())?;
        Some(Size::from_parts(left.checked_mul(right)?, is_left || is_right))
    }

    /// Returns the size that gives `self` when multiplied by `count`, if it exists for every batch.
    pub(crate) fn divided(self, count: Size) -> Option<Size> {
        let ((whole, is_whole), (part, is_part)) = (self.parts(), count.parts());
        let is_divisible = part > 0 && whole % part == 0 && (is_whole || !is_part);
        is_divisible.then(|| Size::from_parts(whole / part, is_whole && !is_part))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Batch => f.write_str("N"),
            Size::Blocks(rows) => write!(f, "{rows}N"),
            Size::Fixed(size) => write!(f, "{size}"),
        }
    }
}

/// The axis that a statistic runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Over the rows: one result per column.
    Rows,
    /// Over the columns: one result per row.
    Columns,
}

impl Axis {
    /// The shape of the results for a matrix of this shape.
    pub(crate) fn reduced(self, shape: Shape) -> Shape {
        match self {
            Axis::Rows => Shape { rows: Size::Fixed(1), ..shape },
            Axis::Columns => Shape { columns: Size::Fixed(1), ..shape },
        }
    }

    /// The side that it runs over.
    pub(crate) fn side(self, shape: Shape) -> Size {
        match self {
            Axis::Rows => shape.rows,
            Axis::Columns => shape.columns,
        }
    }

    /// The matrix that has `side` results of this shape along the axis.
    pub(crate) fn extended(self, shape: Shape, side: Size) -> Shape {
        match self {
            Axis::Rows => Shape { rows: side, ..shape },
            Axis::Columns => Shape { columns: side, ..shape },
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Axis::Rows => "rows",
            Axis::Columns => "columns",
        })
    }
}

/// A matrix, row-major; a scalar is 1 × 1, a vector 1 × n or n × 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of rows.
    pub rows: Size,
    /// Number of columns.
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

    /// One row per row of the batch.
    #[must_use]
    pub const fn batch(columns: usize) -> Shape {
        Shape { rows: Size::Batch, columns: Size::Fixed(columns) }
    }

    /// Returns the shape in a graph with a fixed batch of `batch` rows.
    #[must_use]
    pub fn with_batch(self, batch: usize) -> Shape {
        Shape { rows: self.rows.with_batch(batch), columns: self.columns.with_batch(batch) }
    }

    /// Does it have as many elements as `other` for every batch?
    pub(crate) fn has_count_of(self, other: Shape) -> bool {
        let count = |shape: Shape| {
            let ((rows, is_first), (columns, is_second)) = (shape.rows.parts(), shape.columns.parts());
            let factor = rows.checked_mul(columns)?;
            Some((factor, if factor == 0 { 0 } else { u8::from(is_first) + u8::from(is_second) }))
        };
        count(self).is_some_and(|own| Some(own) == count(other))
    }

    /// Does it depend on the batch?
    pub(crate) fn has_batch(self) -> bool {
        self.rows.has_batch() || self.columns.has_batch()
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

    /// Returns the number of elements in a run over `batch` rows.
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

#[cfg(test)]
mod tests {
    use super::{Shape, Size};

    #[test]
    fn sizes_multiply_and_divide_whatever_the_batch() {
        assert_eq!(Size::Batch.times(Size::Fixed(3)), Some(Size::Blocks(3)));
        assert_eq!(Size::Fixed(1).times(Size::Batch), Some(Size::Batch));
        assert_eq!(Size::Batch.times(Size::Batch), None);
        assert_eq!(Size::Blocks(6).divided(Size::Batch), Some(Size::Fixed(6)));
        assert_eq!(Size::Blocks(6).divided(Size::Fixed(2)), Some(Size::Blocks(3)));
        assert_eq!(Size::Fixed(6).divided(Size::Fixed(4)), None);
        assert_eq!(Size::Fixed(6).divided(Size::Batch), None);
        assert!(Shape::batch(6).has_count_of(Shape { rows: Size::Blocks(2), columns: Size::Fixed(3) }));
        assert!(!Shape::batch(6).has_count_of(Shape::fixed(6, 1)));
        assert!(Shape::batch(0).has_count_of(Shape::fixed(0, 4)));
        assert_eq!(Shape { rows: Size::Blocks(3), columns: Size::Fixed(2) }.to_string(), "3N×2");
    }
}
