//! Steps that add one column computed from numeric ones, such as the cluster or the anomaly score of each row.

use crate::matrix::{Inputs, sources};
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, ColumnType, Entry, Schema, Table};
use std::sync::Arc;

/// A new column, before its step is fitted.
pub(super) struct NewColumn {
    pub inputs: Inputs,
    pub name: Arc<str>,
    pub kind: ColumnType,
}

impl NewColumn {
    /// The schema with the new column last.
    ///
    /// # Errors
    /// Those of the inputs; `DUPLICATE_COLUMN`.
    pub(super) fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = self.inputs.columns(input)?;
        if input.columns().any(|column| column.name == self.name) {
            return Err(taken(&self.name));
        }
        let mut entries: Vec<Entry> = input.entries().to_vec();
        entries.push(Entry::Column(made(&self.name, self.kind, columns.iter())));
        Ok(Schema::with_entries(entries))
    }
}

/// The table with a column computed from `inputs`.
///
/// # Errors
/// `DUPLICATE_COLUMN`, `UNKNOWN_COLUMN` for an input.
pub(super) fn with_new_column(
    rows: &Table,
    inputs: &[Arc<str>],
    name: &Arc<str>,
    kind: ColumnType,
    values: ArrayRef,
) -> Result<Table, Failure> {
    if rows.find(name).is_some() {
        return Err(taken(name));
    }
    let inputs = inputs.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, _>>()?;
    rows.with_column(made(name, kind, inputs.into_iter()), values)
}

fn taken(name: &str) -> Failure {
    let message = format!("there is a column named `{name}` already");
    let help = "give the new column another name, for example name=\"group\"";
    Failure::new(code::DUPLICATE_COLUMN, message).column(name).help(help)
}

fn made<'a>(name: &Arc<str>, kind: ColumnType, inputs: impl Iterator<Item = &'a Column>) -> Column {
    Column { sources: sources(inputs), ..Column::new(name.clone(), kind) }
}
