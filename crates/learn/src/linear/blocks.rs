//! Rows of inputs in blocks, and sums over them in an order that does not depend on threads.

use crate::data::Features;
use crate::sparse_rows::SparseRows;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub(super) const BLOCK_ROWS: usize = 1024;
/// Maximum number of groups of blocks with partial sums of their own; fewer if they would take more memory.
const GROUPS_MAX: usize = 16;
const PARTIAL_NUMBERS_MAX: usize = 1 << 24;

/// The rows of some columns, from which blocks are taken.
pub(super) enum RowInputs<'a> {
    Dense(Vec<&'a [f64]>, f64),
    Sparse(Arc<SparseRows>, f64),
}

impl<'a> RowInputs<'a> {
    /// The columns, after a first one of ones, or of zeros without intercept.
    pub(super) fn new(columns: &'a Features, keep_sparse: bool, intercept: bool) -> RowInputs<'a> {
        let one = f64::from(u8::from(intercept));
        if keep_sparse {
            return RowInputs::Sparse(Arc::new(SparseRows::of(columns)), one);
        }
        RowInputs::Dense((0..columns.columns()).map(|index| columns.column(index)).collect(), one)
    }

    /// A block of the rows.
    pub(super) fn of(&self, rows: Range<usize>) -> Inputs {
        match self {
            RowInputs::Sparse(all, one) => Inputs::Sparse(all.clone(), rows, *one),
            RowInputs::Dense(columns, one) => {
                let mut inputs = Mat::zeros(rows.len(), columns.len() + 1);
                inputs.col_as_slice_mut(0).fill(*one);
                for (index, column) in columns.iter().enumerate() {
                    inputs.col_as_slice_mut(index + 1).copy_from_slice(&column[rows.clone()]);
                }
                Inputs::Dense(inputs)
            }
        }
    }
}

/// Adds Σ factor·x·xᵀ over the rows x of a matrix.
pub(super) fn add_products(matrix: &Mat<f64>, factor: impl Fn(usize) -> f64, sum: MatMut<'_, f64>) {
    let factors: Vec<f64> = (0..matrix.nrows()).map(factor).collect();
    let mut weighted = matrix.clone();
    for column in 0..matrix.ncols() {
        weighted.col_as_slice_mut(column).iter_mut().zip(&factors).for_each(|(value, factor)| *value *= factor);
    }
    matmul(sum, Accum::Add, matrix.transpose(), weighted.as_ref(), 1.0, Par::Seq);
}

/// Sums a vector over all blocks: within a group of blocks in order, groups in parallel, then group by group. The groups
/// depend on the problem only.
pub(super) fn sum_blocks<B: Sync>(
    blocks: &[B],
    length: usize,
    add_block: impl Fn(usize, &B, &mut [f64]) + Sync,
) -> Vec<f64> {
    let groups = (PARTIAL_NUMBERS_MAX / length.max(1)).clamp(1, GROUPS_MAX);
    let group_blocks = blocks.len().div_ceil(groups).max(1);
    let partial: Vec<Vec<f64>> = blocks
        .par_chunks(group_blocks)
        .enumerate()
        .map(|(group, blocks)| {
            let mut sum = vec![0.0; length];
            for (index, block) in blocks.iter().enumerate() {
                add_block(group * group_blocks + index, block, &mut sum);
            }
            sum
        })
        .collect();
    let mut partial = partial.into_iter();
    let mut total = partial.next().unwrap_or_else(|| vec![0.0; length]);
    for part in partial {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}

/// The inputs of a block; the first is 1, or 0 without intercept.
pub(super) enum Inputs {
    /// Rows × inputs.
    Dense(Mat<f64>),
    /// A range of the rows, without the first input, and this input.
    Sparse(Arc<SparseRows>, Range<usize>, f64),
}

impl Inputs {
    /// Multiplies the inputs by parameters (inputs × functions); the result is rows × functions.
    pub(super) fn times(&self, parameters: MatRef<'_, f64>) -> Mat<f64> {
        match self {
            Inputs::Dense(inputs) => {
                let mut values = Mat::zeros(inputs.nrows(), parameters.ncols());
                matmul(values.as_mut(), Accum::Replace, inputs.as_ref(), parameters, 1.0, Par::Seq);
                values
            }
            Inputs::Sparse(rows, range, one) => Mat::from_fn(range.len(), parameters.ncols(), |row, function| {
                let products = rows.row(range.start + row).map(|(column, x)| x * parameters[(column + 1, function)]);
                one * parameters[(0, function)] + products.sum::<f64>()
            }),
        }
    }

    /// Adds the transposed inputs times values (rows × functions) to a matrix of inputs × functions.
    pub(super) fn add_transposed_times(&self, values: MatRef<'_, f64>, mut sum: MatMut<'_, f64>) {
        match self {
            Inputs::Dense(inputs) => matmul(sum, Accum::Add, inputs.transpose(), values, 1.0, Par::Seq),
            Inputs::Sparse(rows, range, one) => {
                for (row, of_row) in range.clone().enumerate() {
                    for function in 0..values.ncols() {
                        let value = values[(row, function)];
                        sum[(0, function)] += one * value;
                        rows.row(of_row).for_each(|(column, x)| sum[(column + 1, function)] += value * x);
                    }
                }
            }
        }
    }

    /// Adds the squares of the inputs, each weighted by a number of its row.
    pub(super) fn add_squares(&self, of_row: impl Fn(usize) -> f64, sum: &mut [f64]) {
        match self {
            Inputs::Dense(inputs) => {
                for (input, sum) in sum.iter_mut().enumerate() {
                    for row in 0..inputs.nrows() {
                        *sum += of_row(row) * inputs[(row, input)].powi(2);
                    }
                }
            }
            Inputs::Sparse(rows, range, one) => {
                for (row, place) in range.clone().enumerate() {
                    let factor = of_row(row);
                    sum[0] += factor * one;
                    rows.row(place).for_each(|(column, x)| sum[column + 1] += factor * x * x);
                }
            }
        }
    }

    /// Rows × inputs.
    pub(super) fn to_dense(&self, inputs: usize) -> Cow<'_, Mat<f64>> {
        match self {
            Inputs::Dense(matrix) => Cow::Borrowed(matrix),
            Inputs::Sparse(rows, range, one) => {
                let mut matrix = Mat::zeros(range.len(), inputs);
                for (row, place) in range.clone().enumerate() {
                    matrix[(row, 0)] = *one;
                    rows.row(place).for_each(|(column, x)| matrix[(row, column + 1)] = x);
                }
                Cow::Owned(matrix)
            }
        }
    }
}
