//! Rows whose values are bins.

use super::cuts::{Bins, MISSING, bins_of};
use super::growth::columns_of;
use crate::data::{Column, Features};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Columns per block: the bins of a row in one block are one 64-bit word, and the histograms of a block fit the fastest
/// cache. The words of a row are neighbours: where rows are read in no order, few reads of memory bring all of them.
pub(crate) const LANES: usize = 8;
/// Rows that one task converts.
const ROWS_PER_TASK: usize = 1 << 14;

/// The bins of [`LANES`] columns in one row.
pub(crate) type Lanes = [u8; LANES];

/// Rows in bins: a byte per cell, in blocks of [`LANES`] columns; and a byte per cell by column, if they were not read.
#[derive(Debug)]
pub(crate) struct Binned {
    rows: usize,
    bins: Arc<[Bins]>,
    /// Row by row, a word per block of columns.
    words: Vec<Lanes>,
    /// Per column, the bins of each row; empty for rows that were read.
    columns: Vec<Vec<u8>>,
}

impl Binned {
    /// Finds the bins of each column, at most `bins` of them, and puts the values of all rows into them.
    pub(crate) fn new(features: &Features, bins: usize, key: Key) -> Binned {
        Binned::with(bins_of(features, bins, key).into(), features)
    }

    /// Puts the values of other rows of the same columns into these bins.
    pub(crate) fn with(bins: Arc<[Bins]>, features: &Features) -> Binned {
        let rows = features.rows();
        let columns: Vec<Vec<u8>> =
            (0..bins.len()).map(|column| placed(rows, features.stored(column), &bins[column])).collect();
        let stride = bins.len().div_ceil(LANES);
        let mut words = vec![[0_u8; LANES]; rows * stride];
        let chunks = words.par_chunks_mut((ROWS_PER_TASK * stride).max(1)).enumerate();
        chunks.for_each(|(chunk, words)| {
            let start = chunk * ROWS_PER_TASK;
            for (index, column) in columns.iter().enumerate() {
                let words = words.iter_mut().skip(index / LANES).step_by(stride);
                words.zip(&column[start..]).for_each(|(word, bin)| word[index % LANES] = *bin);
            }
        });
        Binned { rows, bins, words, columns }
    }

    /// Reads rows that a [`BinnedWriter`] wrote, with a function that fills a slice.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn read(
        rows: usize,
        bins: Arc<[Bins]>,
        read: &dyn Fn(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<Binned> {
        let mut words = vec![[0_u8; LANES]; rows * bins.len().div_ceil(LANES)];
        read(words.as_flattened_mut())?;
        Ok(Binned { rows, bins, words, columns: Vec::new() })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The bins of each column.
    pub(crate) fn bins(&self) -> &[Bins] {
        &self.bins
    }

    /// The bins of each row, row by row: a word per block of columns.
    pub(super) fn words(&self) -> &[Lanes] {
        &self.words
    }

    /// The number of blocks of columns.
    pub(super) fn blocks(&self) -> usize {
        self.bins.len().div_ceil(LANES)
    }

    /// The columns of a block.
    pub(super) fn columns_of(&self, block: usize) -> Range<usize> {
        columns_of(block, self.bins.len())
    }

    /// Returns the bins of a column by row.
    pub(super) fn column(&self, column: usize) -> impl Fn(u32) -> u8 + Sync + '_ {
        let (bins, stride, start) = match self.columns.get(column) {
            Some(bins) => (&bins[..], 1, 0),
            None => (self.words.as_flattened(), self.blocks() * LANES, column),
        };
        move |row| bins[row as usize * stride + start]
    }
}

/// Rows that are written part by part.
pub(crate) struct BinnedWriter {
    /// The words of a row.
    stride: usize,
    pending: Vec<Lanes>,
}

impl BinnedWriter {
    /// Without rows of this many columns.
    pub(crate) fn new(columns: usize) -> BinnedWriter {
        BinnedWriter { stride: columns.div_ceil(LANES), pending: Vec::new() }
    }

    /// Takes more rows.
    pub(crate) fn push(&mut self, rows: &Binned) {
        self.pending.extend_from_slice(&rows.words);
    }

    /// Writes the first rows.
    ///
    /// # Errors
    /// Any I/O error.
    pub(crate) fn write(&mut self, rows: usize, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.pending[..rows * self.stride].as_flattened())?;
        self.pending.drain(..rows * self.stride);
        Ok(())
    }
}

/// The bins of a column.
fn placed(rows: usize, column: &Column, bins: &Bins) -> Vec<u8> {
    let each =
        |of: &(dyn Fn(usize) -> u8 + Sync)| (0..rows).into_par_iter().with_min_len(ROWS_PER_TASK).map(of).collect();
    match (column, bins) {
        (Column::Dense(values), Bins::Numbers { cuts }) => {
            let search = Search::new(cuts);
            each(&|row| search.bin(values[row]))
        }
        (Column::Sparse(sparse), Bins::Numbers { cuts }) => {
            let mut placed = vec![Bins::of_number(cuts, 0.0); rows];
            for (&row, &value) in sparse.positions().iter().zip(sparse.values()) {
                placed[row as usize] = Bins::of_number(cuts, value);
            }
            placed
        }
        (Column::Categories(categories), Bins::Levels { bin_of, .. }) => {
            let codes = categories.codes();
            each(&|row| Bins::of_code(bin_of, codes[row]))
        }
        _ => unreachable!("the bins of a column are of its kind"),
    }
}

/// Finds the bin of a number without a branch that depends on it: a binary search of 8 steps over 255 cuts, of which
/// those that are not there are infinite.
struct Search([f64; 256]);

impl Search {
    fn new(cuts: &[f64]) -> Search {
        let mut all = [f64::INFINITY; 256];
        all[..cuts.len()].copy_from_slice(cuts);
        Search(all)
    }

    fn bin(&self, value: f64) -> u8 {
        let mut bin = 0_u8;
        for step in [128_u8, 64, 32, 16, 8, 4, 2, 1] {
            let middle = bin | step;
            bin = if self.0[usize::from(middle - 1)] < value { middle } else { bin };
        }
        if value.is_nan() { MISSING } else { bin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_bin_of_the_definition() {
        for count in [0, 1, 2, 7, 100, 254] {
            let cuts: Vec<f64> = (0..count).map(|cut| f64::from(cut) * 1.5 - 20.0).collect();
            let search = Search::new(&cuts);
            let near = cuts.iter().flat_map(|&cut| [cut.next_down(), cut, cut.next_up()]);
            for value in near.chain([f64::MIN, f64::MAX, 0.0, -0.0, f64::NAN]) {
                assert_eq!(search.bin(value), Bins::of_number(&cuts, value), "{value} in {count} cuts");
            }
        }
    }

    #[test]
    fn sparse_rows_are_in_the_bins_of_dense_ones() {
        let dense = Features::from_rows(["x"], &[[0.0], [2.0], [0.0], [-1.0]]);
        let stored = crate::data::Sparse::new(4, vec![1, 3].into(), vec![2.0, -1.0].into());
        let sparse = Features::from_columns(4, dense.names().clone(), vec![Column::Sparse(stored)]);
        let (dense, sparse) = (Binned::new(&dense, 255, Key::new(0)), Binned::new(&sparse, 255, Key::new(0)));
        assert_eq!(dense.bins(), sparse.bins());
        assert_eq!(dense.words(), sparse.words());
        assert_eq!((0..4).map(dense.column(0)).collect::<Vec<_>>(), [1, 2, 1, 0]);
    }
}
