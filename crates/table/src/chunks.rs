//! Rows that come in chunks: a table cut into slices, or a file that is read piece by piece.

use crate::{Schema, Table};
use pipewright_diagnostic::Failure;
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows per chunk: fixed, so that results do not depend on the number of threads.
pub const CHUNK_ROWS: usize = 16_384;

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

    /// All rows together, in memory.
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::LIMIT_REACHED`] if they take more memory than they may; as [`Chunks::chunk`].
    fn table(&self) -> Result<Table, Failure> {
        let mut parts = vec![Table::empty(&self.schema())?];
        let chunk = |index| self.chunk(index);
        in_waves(self.count(), chunk, |part| {
            parts.push(part);
            Ok(())
        })?;
        Table::concat(&parts)
    }

    /// The memory that what is learned of all rows may take, in bytes, if there is a limit.
    fn budget_bytes(&self) -> Option<u64> {
        None
    }
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

    fn table(&self) -> Result<Table, Failure> {
        Ok(self.clone())
    }
}

/// How many chunks are under way at once: enough for every thread to have some, and few enough to be small.
const WAVE: usize = 32;

/// Works on the parts `0..count` side by side, and takes the results in their order; no more than a few of them are
/// there at once.
///
/// # Errors
/// The first failure of `work` or `take`, in the order of the parts.
pub fn in_waves<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for start in (0..count).step_by(WAVE) {
        for part in in_parallel(WAVE.min(count - start), |part| work(start + part)) {
            take(part?)?;
        }
    }
    Ok(())
}

/// The results of `work` for `0..count`, in order, worked out side by side. For a few large pieces of work, whatever
/// their type: the parallel loop is compiled once, and not for every caller.
pub fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let results: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    for_each(count, &|place| {
        let result = work(place);
        *results[place].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    });
    let result = |slot: Mutex<Option<T>>| slot.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|slot| result(slot).expect("every place was worked on")).collect()
}

fn for_each(count: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().for_each(work);
}

/// Rebases the row number of a failure in a chunk to the table, given the number of rows before the chunk.
#[must_use]
pub fn in_table(mut failure: Failure, rows_before: Option<usize>) -> Failure {
    failure.place.row = failure.place.row.zip(rows_before).map(|(row, before)| row + before as u64);
    failure
}
