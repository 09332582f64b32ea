//! Columns without missing values, and whole numbers that therefore need not become fractions.

use crate::{Column, ColumnType, Stored, Table, whole};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array};
use pipewright_diagnostic::{Failure, code};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names of the columns of a table in which no value is missing. Cloning is cheap.
///
/// ```
/// use pipewright_frame::{Column, ColumnType, Complete};
/// let complete: Complete = ["id".into()].into_iter().collect();
/// assert!(complete.stays_whole(&Column::new("id", ColumnType::Count)));
/// assert!(!complete.stays_whole(&Column::new("age", ColumnType::Count)));
/// assert!(!complete.stays_whole(&Column::new("id", ColumnType::Continuous)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complete(Arc<BTreeSet<Arc<str>>>);

impl FromIterator<Arc<str>> for Complete {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(names: I) -> Complete {
        Complete(Arc::new(names.into_iter().collect()))
    }
}

impl Complete {
    /// Returns the columns in which no value of the table is missing.
    #[must_use]
    pub fn of(table: &Table) -> Complete {
        let misses_none = |stored: Stored| stored.sparse().is_some() || stored.array().null_count() == 0;
        let is_complete = |column: &&Column| table.stored(&column.name).is_ok_and(misses_none);
        table.columns().iter().filter(is_complete).map(|column| column.name.clone()).collect()
    }

    /// Keeps the columns that are complete in both.
    #[must_use]
    pub fn and(&self, other: &Complete) -> Complete {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// Does a fill with fractions leave this column as it is: whole numbers, none of them missing?
    #[must_use]
    pub fn stays_whole(&self, column: &Column) -> bool {
        column.kind == ColumnType::Count && self.0.contains(&column.name)
    }

    /// Returns the type of a column that is filled with fractions.
    #[must_use]
    pub fn filled_kind(&self, column: &Column) -> ColumnType {
        if self.stays_whole(column) { ColumnType::Count } else { ColumnType::Continuous }
    }
}

/// Checks that floats hold every value of a column, so that a fill with fractions rounds none of them.
///
/// # Errors
/// [`code::VALUE_OUT_OF_RANGE`] for the first 64-bit integer that no float equals, with column and row.
pub fn check_exact_as_floats(name: &str, array: &ArrayRef) -> Result<(), Failure> {
    let Some(counts) = array.as_primitive_opt::<Int64Type>() else { return Ok(()) };
    let is_rounded =
        |&(_, count): &(usize, Option<i64>)| count.is_some_and(|count| whole::of(count as f64) != Some(count));
    let Some((row, Some(count))) = counts.iter().enumerate().find(is_rounded) else { return Ok(()) };
    let message = format!(
        "`{name}` is {count}; filling a column with a fraction makes floats of its whole numbers, and no float is \
         {count}: name the columns to fill after `on`, or use a whole number or `mode` for `{name}`"
    );
    Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1))
}

/// Fills the missing values of whole numbers with the nearest whole numbers of what `value` returns for their rows; the
/// other values stay as they are.
///
/// # Panics
/// If the array does not hold 64-bit integers.
#[must_use]
pub fn fill_whole(array: &ArrayRef, value: impl Fn(usize) -> Option<f64>) -> ArrayRef {
    if array.null_count() == 0 {
        return array.clone();
    }
    let counts = array.as_primitive::<Int64Type>();
    let filled = |(row, count): (usize, Option<i64>)| count.or_else(|| value(row).map(whole::nearest));
    Arc::new(counts.iter().enumerate().map(filled).collect::<Int64Array>())
}
