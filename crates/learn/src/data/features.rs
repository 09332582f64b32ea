//! The inputs of a model: named columns of one length.

use super::{Column, Shared};
use pipewright_diagnostic::{Failure, code};
use std::sync::Arc;

/// The inputs of a model: named columns of equal length in their storage formats. Cloning copies no values.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    rows: usize,
    names: Arc<[String]>,
    columns: Vec<Column>,
}

impl Features {
    /// Creates features from `rows` × `names.len()` numbers in column-major order.
    ///
    /// # Panics
    /// If there are not `rows * names.len()` values.
    #[must_use]
    pub fn new(rows: usize, names: Arc<[String]>, values: Vec<f64>) -> Features {
        assert_eq!(values.len(), rows * names.len(), "as many values as rows times columns");
        let all = Shared::from(values);
        let column = |index: usize| Column::Dense(all.part(index * rows..(index + 1) * rows));
        let columns = (0..names.len()).map(column).collect();
        Features { rows, names, columns }
    }

    /// Creates features from columns in their storage formats.
    ///
    /// # Panics
    /// If the numbers of names and columns differ, or a column does not have `rows` rows.
    #[must_use]
    pub fn from_columns(rows: usize, names: Arc<[String]>, columns: Vec<Column>) -> Features {
        assert_eq!(names.len(), columns.len(), "a name per column");
        assert!(columns.iter().all(|column| column.rows() == rows), "columns of one length");
        Features { rows, names, columns }
    }

    /// Creates features from rows; each row has one number per name.
    ///
    /// ```
    /// let features = pipewright_learn::Features::from_rows(["height", "width"], &[[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(features.column(1), [2.0, 4.0]);
    /// ```
    #[must_use]
    pub fn from_rows<const N: usize>(names: [&str; N], rows: &[[f64; N]]) -> Features {
        let values = (0..N).flat_map(|column| rows.iter().map(move |row| row[column])).collect();
        Features::new(rows.len(), names.map(str::to_owned).into(), values)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The names of the columns.
    #[must_use]
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// Returns a column as one number per row. A sparse column is made dense on first use and cached; categories are
    /// returned as their codes.
    ///
    /// # Panics
    /// If the index is out of range.
    #[must_use]
    pub fn column(&self, index: usize) -> &[f64] {
        self.columns[index].numbers()
    }

    /// Returns a column in its storage format.
    ///
    /// # Panics
    /// If the index is out of range.
    #[must_use]
    pub fn stored(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// Is the column sparse?
    #[must_use]
    pub fn has_sparse(&self) -> bool {
        self.columns.iter().any(|column| matches!(column, Column::Sparse(_)))
    }

    /// Returns all numbers in column-major order.
    #[must_use]
    pub fn to_column_major(&self) -> Vec<f64> {
        self.columns.iter().flat_map(Column::numbers).copied().collect()
    }

    /// Selects the columns at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn select(&self, columns: &[usize]) -> Features {
        let names = columns.iter().map(|&index| self.names[index].clone()).collect();
        let columns = columns.iter().map(|&index| self.columns[index].clone()).collect();
        Features { rows: self.rows, names, columns }
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Features {
        assert!(rows.iter().all(|&row| (row as usize) < self.rows), "positions lie in the features");
        let columns = self.columns.iter().map(|column| column.take(rows)).collect();
        Features { rows: rows.len(), names: self.names.clone(), columns }
    }

    /// Checks that a model accepts the values: categories and missing values only if allowed, infinite values never.
    pub(crate) fn check(&self, missing: bool, categories: bool) -> Result<(), Failure> {
        for (name, column) in self.names.iter().zip(&self.columns) {
            if matches!(column, Column::Categories(_)) && !categories {
                let message = "this model takes numbers, not categories";
                return Err(Failure::new(code::UNENCODED_COLUMN, message).column(name));
            }
            let bad = |value: &f64| !(value.is_finite() || (missing && value.is_nan()));
            if let Some(position) = column.stored().iter().position(bad) {
                let message = "a column contains a value that is not a finite number";
                let row = column.row_of(position) as u64 + 1;
                return Err(Failure::new(code::NON_FINITE, message).column(name).row(row));
            }
        }
        Ok(())
    }
}
