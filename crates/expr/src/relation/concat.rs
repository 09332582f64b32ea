//! Concatenation of two tables by rows.

use super::sources;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::rows::joined;
use pipewright_table::text::plural;
use pipewright_table::{Column, ColumnType, Schema, Table};
use std::sync::Arc;

/// Concatenates the rows of two tables with the same columns, which are matched by name. Order, types and roles are
/// those of the first table; whole and real numbers are combined as real ones, and different kinds of names as text.
///
/// ```
/// use pipewright_frame::{Concat, ReadOptions, csv};
/// let table = |text: &str| csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0;
/// let both = Concat.apply(&table("a,b\n1,2\n"), &table("b,a\n0.5,3\n")).unwrap();
/// assert_eq!(both.numbers(&["a".into(), "b".into()]).unwrap(), [1.0, 3.0, 2.0, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concat;

impl Concat {
    /// Returns the output schema of [`Concat::apply`].
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] naming every column that one of them does not have; [`code::KIND_CHANGED`] for a column
    /// of another type in the second table.
    pub fn schema(&self, first: &Schema, second: &Schema) -> Result<Schema, Failure> {
        lacking(second, first, "the table below")?;
        lacking(first, second, "the table above")?;
        let columns = first.columns().map(|column| {
            let other = second.column(&column.name)?;
            let sources = sources([column, other].into_iter());
            Ok(Column { kind: shared_kind(column, other)?, sources, ..column.clone() })
        });
        Ok(Schema::new(columns.collect::<Result<Vec<_>, Failure>>()?))
    }

    /// Concatenates the tables.
    ///
    /// # Errors
    /// As [`Concat::schema`].
    pub fn apply(&self, first: &Table, second: &Table) -> Result<Table, Failure> {
        let schema = self.schema(&first.schema(), &second.schema())?;
        let columns: Vec<Column> = schema.columns().cloned().collect();
        let arrays = columns.iter().map(|column| {
            let parts = [first, second].map(|table| as_kind(table.array(&column.name)?, column.kind));
            let [above, below] = parts.map(|part: Result<ArrayRef, Failure>| part);
            Ok(joined(&[above?, below?]).expect("there are two arrays"))
        });
        let arrays = arrays.collect::<Result<Vec<_>, Failure>>()?;
        Table::with_rows(columns, arrays, first.rows() + second.rows())
    }
}

/// Fails if `table` does not have all columns of `other`.
fn lacking(table: &Schema, other: &Schema, which: &str) -> Result<(), Failure> {
    let lacks: Vec<&Column> = other.columns().filter(|column| table.find(&column.name).is_none()).collect();
    let Some(first) = lacks.first() else { return Ok(()) };
    let names: Vec<String> = lacks.iter().map(|column| format!("`{}`", column.name)).collect();
    let message = format!("{which} has no column {}", names.join(", "));
    Err(Failure::new(code::UNKNOWN_COLUMN, message)
        .column(&*first.name)
        .help("both tables need the same columns: `select` those that both have, or `rename` some"))
}

fn shared_kind(column: &Column, other: &Column) -> Result<ColumnType, Failure> {
    match (column.kind, other.kind) {
        (one, other) if one == other => Ok(one),
        (one, other) if one.is_numeric() && other.is_numeric() => Ok(ColumnType::Continuous),
        (one, other) if one.is_string() && other.is_string() => Ok(ColumnType::Text),
        (one, other) => {
            let (one, other) = (plural(one), plural(other));
            let message = format!("`{}` holds {one} above and {other} below", column.name);
            Err(Failure::new(code::KIND_CHANGED, message).column(&*column.name))
        }
    }
}

/// Converts values to a wider type: whole numbers to real ones.
pub(super) fn as_kind(array: &ArrayRef, kind: ColumnType) -> Result<ArrayRef, Failure> {
    match array.as_primitive_opt::<Int64Type>() {
        Some(counts) if kind == ColumnType::Continuous => {
            let reals: Float64Array = counts.iter().map(|count| count.map(|count| count as f64)).collect();
            Ok(Arc::new(reals))
        }
        _ => Ok(array.clone()),
    }
}
