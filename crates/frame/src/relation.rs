//! Tables from tables: groups, joins, pivots, rows in order, distinct rows, rows of two tables.
//!
//! Rows are compared through one [`index::Index`] of their keys, which numbers the different keys by first appearance. So
//! whatever is made of it has one order, however many threads look at the rows; sums are exact, so that they do not
//! depend on the order of their parts either.

mod aggregates;
mod concat;
mod gather;
mod group_by;
mod grouping;
mod index;
mod join;
mod keys;
mod latest;
mod order;
mod pivot;
mod slots;
mod unpivot;
mod values;

pub use concat::Concat;
pub use group_by::GroupBy;
pub use grouping::{Grouping, Measure};
pub use join::{How, Join};
pub use order::Direction;
pub use pivot::Pivot;
pub use unpivot::Unpivot;

use crate::{Column, Entry, Schema};
use pipewright_diagnostic::{Failure, code};
use std::collections::BTreeSet;
use std::sync::Arc;

/// No row, no group.
const NONE: u32 = u32::MAX;

/// Rows that a thread takes at a time where the order of work does not matter.
const STRIDE_ROWS: usize = 1 << 14;

/// The sources of all these columns, each once, in order.
fn sources<'a>(columns: impl Iterator<Item = &'a Column>) -> Vec<Arc<str>> {
    let mut seen = BTreeSet::new();
    columns.flat_map(|column| &column.sources).filter(|name| seen.insert((*name).clone())).cloned().collect()
}

/// A schema of these entries.
///
/// # Errors
/// [`code::DUPLICATE_COLUMN`] for a name that is there twice.
fn of_different(entries: Vec<Entry>) -> Result<Schema, Failure> {
    let schema = Schema::with_entries(entries);
    let mut seen = BTreeSet::new();
    if let Some(column) = schema.columns().find(|column| !seen.insert(&column.name)) {
        let message = format!("two columns would be named `{}`", column.name);
        return Err(Failure::new(code::DUPLICATE_COLUMN, message).column(&*column.name).help("give one another name"));
    }
    drop(seen);
    Ok(schema)
}

#[cfg(test)]
mod tests;
