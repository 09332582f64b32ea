//! Sums of products of centred columns, over all rows: what normal equations and covariances are made of.
//!
//! One pass over the rows, in blocks. Each column is first shifted by the mean of a sample of its rows, which is close
//! enough to its own mean that hardly a digit is lost where the sums of products are centred afterwards. Blocks are
//! summed group by group, in groups that depend on the number of rows alone.

use crate::sums::dot;
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of a block, so that the shifted columns of a block stay in the cache.
pub(crate) const BLOCK_ROWS: usize = 512;
/// Groups of blocks with sums of their own.
const GROUPS: usize = 16;
/// Rows whose mean a column is shifted by.
const SAMPLE: usize = 256;

/// Columns of equal length whose rows may have weights.
#[derive(Clone, Copy)]
pub(crate) struct Weighed<'a> {
    pub(crate) columns: &'a [&'a [f64]],
    /// The root of the weight of each row; `None` if all weigh 1.
    pub(crate) roots: Option<&'a [f64]>,
}

/// The means of some columns, and Σ weight · (x - mean) · (y - mean) of every pair of them.
pub(crate) struct Moments {
    pub(crate) means: Vec<f64>,
    /// The lower triangle.
    pub(crate) products: Mat<f64>,
    /// The sum of the weights, or the number of rows.
    pub(crate) total: f64,
}

impl Moments {
    /// The columns have one row at least. If they are not `centred`, all means count as 0.
    pub(crate) fn new(of: Weighed<'_>, centred: bool) -> Moments {
        let count = of.columns.len();
        let shifts: Vec<f64> = of.columns.iter().map(|column| if centred { near_mean(column) } else { 0.0 }).collect();
        // A column of ones comes last: its products are the sums of the others.
        let mut sums = of.sum_of_groups((count + 1) * (count + 1), |rows, block, sum| {
            of.fill(rows.clone(), &shifts, block);
            match of.roots {
                None => block.resize(block.len() + rows.len(), 1.0),
                Some(roots) => block.extend_from_slice(&roots[rows.clone()]),
            }
            add_products(block, rows.len(), sum);
        });
        let all = MatMut::from_column_major_slice_mut(&mut sums, count + 1, count + 1);
        let total = all[(count, count)];
        let above: Vec<f64> =
            (0..count).map(|column| if centred { all[(count, column)] / total } else { 0.0 }).collect();
        let mut products = all.as_ref().get(..count, ..count).to_owned();
        for column in 0..count {
            for row in column..count {
                products[(row, column)] -= total * above[row] * above[column];
            }
        }
        let means = shifts.iter().zip(&above).map(|(shift, above)| shift + above).collect();
        Moments { means, products, total }
    }
}

impl Weighed<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// Sums vectors over blocks of rows: `add` adds a block to a sum, with memory that it may use.
    pub(crate) fn sum_of_groups(
        &self,
        length: usize,
        add: impl Fn(Range<usize>, &mut Vec<f64>, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let rows = self.rows();
        let group_rows = rows.div_ceil(BLOCK_ROWS).div_ceil(GROUPS).max(1) * BLOCK_ROWS;
        let starts: Vec<usize> = (0..rows).step_by(group_rows).collect();
        let group = |start: usize| {
            let (mut sum, mut block) = (vec![0.0; length], Vec::new());
            let end = rows.min(start + group_rows);
            for from in (start..end).step_by(BLOCK_ROWS) {
                block.clear();
                add(from..end.min(from + BLOCK_ROWS), &mut block, &mut sum);
            }
            sum
        };
        let groups: Vec<Vec<f64>> = starts.into_par_iter().map(group).collect();
        let mut groups = groups.into_iter();
        let mut total = groups.next().unwrap_or_else(|| vec![0.0; length]);
        groups.for_each(|group| total.iter_mut().zip(group).for_each(|(total, part)| *total += part));
        total
    }

    /// Adds the rows of all columns, shifted and weighed, to a block.
    fn fill(&self, rows: Range<usize>, shifts: &[f64], block: &mut Vec<f64>) {
        for (column, shift) in self.columns.iter().zip(shifts) {
            let values = column[rows.clone()].iter();
            match self.roots {
                None => block.extend(values.map(|value| value - shift)),
                Some(roots) => {
                    block.extend(values.zip(&roots[rows.clone()]).map(|(value, root)| (value - shift) * root));
                }
            }
        }
    }

    /// Σ weight · (x - mean) · rest of each column but the last, and Σ weight · rest², where `rest` is what a linear
    /// function of these columns leaves of the last one: its differences from its mean, less Σ slope · (x - mean).
    pub(crate) fn rest(&self, means: &[f64], slopes: &[f64]) -> (Vec<f64>, f64) {
        let count = slopes.len();
        let mut sums = self.sum_of_groups(count + 1, |rows, block, sum| {
            self.fill(rows.clone(), means, block);
            let (columns, rest) = block.split_at_mut(count * rows.len());
            let columns = columns.chunks_exact(rows.len());
            for (column, slope) in columns.clone().zip(slopes) {
                rest.iter_mut().zip(column).for_each(|(rest, value)| *rest -= slope * value);
            }
            let products = columns.map(|column| dot(column, rest)).chain([dot(rest, rest)]);
            sum.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        });
        let squares = sums.pop().unwrap_or_default();
        (sums, squares)
    }
}

/// Adds the lower triangle of blockᵀ·block.
fn add_products(block: &[f64], rows: usize, sum: &mut [f64]) {
    let count = block.len() / rows;
    let block = MatRef::from_column_major_slice(block, rows, count);
    let sum = MatMut::from_column_major_slice_mut(sum, count, count);
    let (all, lower) = (BlockStructure::Rectangular, BlockStructure::TriangularLower);
    matmul(sum, lower, Accum::Add, block.transpose(), all, block, all, 1.0, Par::Seq);
}

/// The mean of a sample of the values, taken at equal distances; exactly the value if all are equal.
fn near_mean(values: &[f64]) -> f64 {
    let first = values.first().copied().unwrap_or(0.0);
    let sample = values.iter().step_by(values.len().div_ceil(SAMPLE).max(1));
    first + sample.clone().map(|value| value - first).sum::<f64>() / sample.len().max(1) as f64
}
