//! The inputs of a model: named columns of one length.

use super::{Column, Shared};
use pipewright_diagnostic::{Failure, code};
use std::sync::Arc;

/// The inputs of a model: named columns of one length, each as it is stored. Cloning copies no values.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    rows: usize,
    names: Arc<[String]>,
    columns: Vec<Column>,
}

impl Features {
    /// `rows` × `names.len()` numbers in column-major order.
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

    /// Columns as they are stored.
    ///
    /// # Panics
    /// If there is not a column per name, or one has not `rows` rows.
    #[must_use]
    pub fn from_columns(rows: usize, names: Arc<[String]>, columns: Vec<Column>) -> Features {
        assert_eq!(names.len(), columns.len(), "a name per column");
        assert!(columns.iter().all(|column| column.rows() == rows), "columns of one length");
        Features { rows, names, columns }
    }

    /// Rows of as many numbers as there are names.
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

    /// A column as a number per row. A sparse column becomes dense when this is first asked of it, and stays so beside
    /// what is stored; categories are their codes.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn column(&self, index: usize) -> &[f64] {
        self.columns[index].numbers()
    }

    /// A column as it is stored.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn stored(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// Is a column sparse?
    #[must_use]
    pub fn has_sparse(&self) -> bool {
        self.columns.iter().any(|column| matches!(column, Column::Sparse(_)))
    }

    /// All numbers, column after column.
    #[must_use]
    pub fn to_column_major(&self) -> Vec<f64> {
        self.columns.iter().flat_map(Column::numbers).copied().collect()
    }

    /// The columns at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn select(&self, columns: &[usize]) -> Features {
        let names = columns.iter().map(|&index| self.names[index].clone()).collect();
        let columns = columns.iter().map(|&index| self.columns[index].clone()).collect();
        Features { rows: self.rows, names, columns }
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Features {
        assert!(rows.iter().all(|&row| (row as usize) < self.rows), "positions lie in the features");
        let columns = self.columns.iter().map(|column| column.take(rows)).collect();
        Features { rows: rows.len(), names: self.names.clone(), columns }
    }

    /// Refuses what a model does not accept: categories, missing values, and always infinite ones.
    pub(crate) fn check(&self, missing: bool, categories: bool) -> Result<(), Failure> {
        for (name, column) in self.names.iter().zip(&self.columns) {
            if matches!(column, Column::Categories(_)) && !categories {
                let message = "this model learns from numbers, not from categories";
                return Err(Failure::new(code::UNENCODED_COLUMN, message).column(name));
            }
            let bad = |value: &f64| !(value.is_finite() || (missing && value.is_nan()));
            if let Some(position) = column.stored().iter().position(bad) {
                let message = "a column holds a value that is no finite number";
                let row = column.row_of(position) as u64 + 1;
                return Err(Failure::new(code::NON_FINITE, message).column(name).row(row));
            }
        }
        Ok(())
    }
}
