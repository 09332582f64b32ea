//! Rows in chunks: a table in slices, or a file read piece by piece.

use crate::{Schema, Table};
use pipewright_diagnostic::{Failure, go_on};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows per chunk: fixed, so that results do not depend on the number of threads.
pub const CHUNK_ROWS: usize = 16_384;

/// Rows in chunks, which can be read independently, in any order, repeatedly, and by many threads.
pub trait Chunks: Sync {
    /// Returns the columns of every chunk.
    fn schema(&self) -> Schema;

    /// Returns the number of chunks.
    fn count(&self) -> usize;

    /// Returns one chunk.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be read, or has changed since it was first read.
    ///
    /// # Panics
    /// If the index is out of range.
    fn chunk(&self, index: usize) -> Result<Table, Failure>;

    /// Returns the number of rows before a chunk, if it is known.
    fn rows_before(&self, index: usize) -> Option<usize>;

    /// Reads all rows into memory.
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::LIMIT_REACHED`] if they exceed the memory limit; as [`Chunks::chunk`].
    fn table(&self) -> Result<Table, Failure> {
        let mut parts = vec![Table::empty(&self.schema())?];
        let push = |part| {
            parts.push(part);
            Ok(())
        };
        for_each_chunk(self, |index| self.chunk(index), push)?;
        Table::concat(&parts)
    }

    /// Returns how many chunks should be worked on at once: enough to keep every thread busy, and few enough to limit
    /// memory. Results must not depend on it.
    fn in_flight(&self) -> usize {
        IN_FLIGHT
    }

    /// Returns the memory limit for summaries of all rows, in bytes, if any.
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

/// Number of chunks in flight, where memory is no matter.
const IN_FLIGHT: usize = 32;

/// Processes chunks in parallel, and passes the results in order; only a few of them exist at a time.
///
/// # Errors
/// The first failure of `work` or `take`, in the order of the chunks.
pub fn for_each_chunk<T: Send, R: Chunks + ?Sized>(
    rows: &R,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    in_waves(rows, work, |results| results.into_iter().try_for_each(|result| take(result?)))
}

/// Like [`for_each_chunk`], but passes the results of several chunks at once: for work that goes on column by column.
///
/// # Errors
/// As [`for_each_chunk`].
pub fn for_each_wave<T: Send, R: Chunks + ?Sized>(
    rows: &R,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    mut take: impl FnMut(Vec<T>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    in_waves(rows, work, |results| take(results.into_iter().collect::<Result<_, _>>()?))
}

fn in_waves<T: Send, R: Chunks + ?Sized>(
    rows: &R,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    mut take: impl FnMut(Vec<Result<T, Failure>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut start, count) = (0, rows.count());
    while start < count {
        go_on()?;
        let wave = rows.in_flight().clamp(1, count - start);
        take(in_parallel(wave, |part| work(start + part)))?;
        start += wave;
    }
    Ok(())
}

/// Computes the results of `work` for `0..count` in parallel, and returns them in order. For a few large tasks of any
/// type: the parallel loop is compiled once, not per caller.
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
