//! Sorting, deduplication, and dropping of rows with missing values.

use super::STRIDE_ROWS;
use super::index::Groups;
use super::keys::Keys;
use super::values::Values;
use crate::Table;
use arrow_array::{Array, BooleanArray};
use arrow_buffer::NullBuffer;
use pipewright_diagnostic::Failure;
use rayon::prelude::*;
use std::sync::Arc;

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Row operations by value.
impl Table {
    /// Sorts the rows by these columns: numbers, dates and times by size, false before true, texts lexicographically.
    /// Missing values come last in either direction; the sort is stable.
    ///
    /// ```
    /// use pipewright_frame::{Direction, ReadOptions, csv};
    /// let (table, _) = csv::read(b"a,b\n2,1\n,2\n1,3\n2,4\n", &ReadOptions::new("t.csv")).unwrap();
    /// let sorted = table.sort(&[("a".into(), Direction::Descending)]).unwrap();
    /// assert_eq!(sorted.numbers(&["b".into()]).unwrap(), [1.0, 4.0, 3.0, 2.0]);
    /// ```
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::UNKNOWN_COLUMN`].
    pub fn sort(&self, by: &[(Arc<str>, Direction)]) -> Result<Table, Failure> {
        let mut rows: Vec<u32> = (0..self.rows() as u32).collect();
        // From the last column to the first, each by a stable sort.
        for (name, direction) in by.iter().rev() {
            let values = Values::of(self.column(name)?, self.array(name)?);
            let ordinals = values.ordinals();
            let ordinal = |row: u32| match direction {
                Direction::Ascending => ordinals[row as usize],
                Direction::Descending => !ordinals[row as usize],
            };
            let (there, missing): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| values.is_there(row as usize));
            let mut keyed: Vec<(u64, u32)> =
                there.par_iter().with_min_len(STRIDE_ROWS).map(|&row| (ordinal(row), row)).collect();
            keyed.par_sort_by_key(|(ordinal, _)| *ordinal);
            rows = keyed.into_iter().map(|(_, row)| row).chain(missing).collect();
        }
        self.gather(&rows)
    }

    /// Keeps the first of all rows with equal values in these columns. Missing values are equal to each other.
    ///
    /// ```
    /// use pipewright_frame::{ReadOptions, csv};
    /// let (table, _) = csv::read(b"a,b\n1,1\n2,2\n1,3\n", &ReadOptions::new("t.csv")).unwrap();
    /// assert_eq!(table.dedup(&["a"]).unwrap().numbers(&["b".into()]).unwrap(), [1.0, 2.0]);
    /// ```
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::UNKNOWN_COLUMN`].
    pub fn dedup(&self, on: &[impl AsRef<str>]) -> Result<Table, Failure> {
        let keys = on.iter().map(|name| self.array(name.as_ref()).map(Keys::of)).collect::<Result<Vec<_>, _>>()?;
        self.gather(&Groups::of(&keys, self.rows()).first)
    }

    /// Keeps the rows without missing values in these columns.
    ///
    /// ```
    /// use pipewright_frame::{ReadOptions, csv};
    /// let (table, _) = csv::read(b"a,b\n1,1\n,2\n3,\n", &ReadOptions::new("t.csv")).unwrap();
    /// assert_eq!(table.dropna(&["a", "b"]).unwrap().rows(), 1);
    /// ```
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::UNKNOWN_COLUMN`].
    pub fn dropna(&self, on: &[impl AsRef<str>]) -> Result<Table, Failure> {
        let arrays = on.iter().map(|name| self.array(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let nulls =
            arrays.iter().fold(None, |all, array| NullBuffer::union(all.as_ref(), array.logical_nulls().as_ref()));
        Ok(nulls.map_or_else(|| self.clone(), |nulls| self.filter(&BooleanArray::new(nulls.into_inner(), None))))
    }

    /// Gathers the rows at these positions.
    fn gather(&self, rows: &[u32]) -> Result<Table, Failure> {
        let arrays = self.arrays().par_iter().map(|array| super::gather::gather(array, rows)).collect();
        Ok(Table::with_rows(self.columns().to_vec(), arrays, rows.len())?.with_origin(self.origin().cloned()))
    }
}
