//! What a writer of text has to know of all rows before it writes the first.

use pipewright_diagnostic::Failure;
use pipewright_table::{Chunks, ColumnType, MomentForm, Schema, Table, for_each_chunk};

/// The outline of a table: its columns, its first rows, and the form of its dates and times. It does not depend on how
/// the rows are cut into chunks.
///
/// ```
/// use pipewright_frame::{Outline, ReadOptions, csv};
/// let (table, _) = csv::read(b"day\n2024-01-31\n", &ReadOptions::new("t.csv")).unwrap();
/// assert_eq!(Outline::of(&table).unwrap().schema(), &table.schema());
/// ```
#[derive(Debug, Clone)]
pub struct Outline {
    schema: Schema,
    head: Table,
    forms: Vec<MomentForm>,
}

/// Rows of the head.
pub(crate) const HEAD_ROWS: usize = 1000;

impl Outline {
    /// Reads the first rows, and all others if there is a column of dates or times.
    ///
    /// # Errors
    /// Those of the chunks.
    pub fn of(rows: &dyn Chunks) -> Result<Outline, Failure> {
        let schema = rows.schema();
        let head = head(rows, &schema)?;
        let mut forms = vec![MomentForm::Day; head.columns().len()];
        let moments = |kind: ColumnType| matches!(kind, ColumnType::Date | ColumnType::Time);
        if head.columns().iter().any(|column| moments(column.kind)) {
            let of_chunk = |index: usize| {
                let chunk = rows.chunk(index)?;
                Ok(chunk.arrays().iter().map(MomentForm::of_array).collect::<Vec<_>>())
            };
            for_each_chunk(rows, of_chunk, |more| {
                forms.iter_mut().zip(more).for_each(|(form, more)| *form = more.max(*form));
                Ok(())
            })?;
        }
        Ok(Outline { schema, head, forms })
    }

    /// Returns the columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the first rows: all, or at most [`HEAD_ROWS`].
    pub(crate) fn head(&self) -> &Table {
        &self.head
    }

    /// Returns the form of the dates and times of each column.
    pub(crate) fn forms(&self) -> &[MomentForm] {
        &self.forms
    }
}

fn head(rows: &dyn Chunks, schema: &Schema) -> Result<Table, Failure> {
    let mut parts = vec![Table::empty(schema)?];
    let mut left = HEAD_ROWS;
    for index in 0..rows.count() {
        if left == 0 {
            break;
        }
        let part = rows.chunk(index)?.head(left);
        left -= part.rows();
        parts.push(part);
    }
    Table::concat(&parts)
}
