//! A table: a schema and one Arrow array a column.

use crate::{Column, Schema};
use arrow_array::ArrayRef;
use std::sync::Arc;

/// Rows and columns. Cloning is cheap: the arrays are shared.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Arc<[Column]>,
    arrays: Vec<ArrayRef>,
    rows: usize,
}

impl Table {
    /// The schema of exactly these columns.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().cloned())
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}
