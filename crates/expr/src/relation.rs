//! Relational operations: group by, join, pivot, concatenation.
//!
//! Rows are compared through an [`Index`](pipewright_table::rows::Index) of their keys, which numbers the distinct keys
//! by first appearance. So the result has a defined order for any number of threads; sums are exact, so that they do
//! not depend on the order either.

mod aggregates;
mod concat;
mod group_by;
mod grouping;
mod join;
mod latest;
mod pivot;
mod unpivot;

pub use concat::Concat;
pub use group_by::GroupBy;
pub use grouping::{Grouping, Measure};
pub use join::{Join, JoinKind};
pub use pivot::Pivot;
pub use unpivot::Unpivot;

use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, Entry, Schema};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Returns the sources of all these columns, each once, in order.
fn sources<'a>(columns: impl Iterator<Item = &'a Column>) -> Vec<Arc<str>> {
    let mut seen = BTreeSet::new();
    columns.flat_map(|column| &column.sources).filter(|name| seen.insert((*name).clone())).cloned().collect()
}

/// Creates a schema of these entries.
///
/// # Errors
/// [`code::DUPLICATE_COLUMN`] for a name that occurs twice.
fn of_different(entries: Vec<Entry>) -> Result<Schema, Failure> {
    let schema = Schema::with_entries(entries);
    let mut seen = BTreeSet::new();
    if let Some(column) = schema.columns().find(|column| !seen.insert(&column.name)) {
        let message = format!("two columns would be named `{}`", column.name);
        return Err(Failure::new(code::DUPLICATE_COLUMN, message).column(&*column.name).help("rename one of them"));
    }
    drop(seen);
    Ok(schema)
}

#[cfg(test)]
mod tests;
