//! Rows that come in chunks: a table cut into slices, or a file that is read piece by piece.

use crate::{CHUNK_ROWS, Schema, Table};
use pipewright_diagnostic::Failure;

/// Rows in chunks, each of which can be had on its own, in any order, by many threads at once, and as often as wanted.
pub trait Chunks: Sync {
    /// The columns of every chunk.
    fn schema(&self) -> Schema;

    /// The number of chunks.
    fn count(&self) -> usize;

    /// One chunk.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be read, or has changed since it was first looked at.
    ///
    /// # Panics
    /// If there are not that many.
    fn chunk(&self, index: usize) -> Result<Table, Failure>;

    /// The rows before a chunk, if they are counted.
    fn rows_before(&self, index: usize) -> Option<usize>;
}

/// A table in slices of [`CHUNK_ROWS`] rows.
impl Chunks for Table {
    fn schema(&self) -> Schema {
        Table::schema(self)
    }

    fn count(&self) -> usize {
        self.rows().div_ceil(CHUNK_ROWS)
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let start = index * CHUNK_ROWS;
        Ok(self.slice(start, CHUNK_ROWS.min(self.rows() - start)))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        Some(index * CHUNK_ROWS)
    }
}
