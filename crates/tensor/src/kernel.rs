//! Loops over plain slices, compiled once for every feature level of the CPU and chosen at run time.
//!
//! **Invariant:** work is cut by shapes alone, never by the number of threads, and every sum runs in a fixed order; so
//! results have the same bits for any number of threads. They may differ between feature levels of the CPU, inside
//! products only.

use crate::Element;
use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

/// Runs `work` compiled for the best instruction set of this CPU. It pays for plain loops over slices that can be
/// inlined into it: mark the closure `#[inline(always)]`, else it may be compiled for the least CPU.
///
/// ```
/// let mut values = vec![1.0_f32; 100];
/// pipewright_tensor::vectorised(#[inline(always)] || values.iter_mut().for_each(|value| *value *= 2.0));
/// assert_eq!(values, [2.0; 100]);
/// ```
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// `output[i] = function(input[i])`.
#[inline(always)]
pub(crate) fn map<T: Element>(input: &[T], output: &mut [T], function: impl Fn(T) -> T) {
    vectorised(
        #[inline(always)]
        || {
            for (output, &input) in output.iter_mut().zip(input) {
                *output = function(input);
            }
        },
    );
}

/// `output[i] = function(left[i], right[i])`.
#[inline(always)]
pub(crate) fn zip<T: Element>(left: &[T], right: &[T], output: &mut [T], function: impl Fn(T, T) -> T) {
    vectorised(
        #[inline(always)]
        || {
            for ((output, &left), &right) in output.iter_mut().zip(left).zip(right) {
                *output = function(left, right);
            }
        },
    );
}

/// `matrix[i, j] = function(matrix[i, j] + row[j])`.
#[inline(always)]
pub(crate) fn add_row_in_place<T: Element>(matrix: &mut [T], row: &[T], function: impl Fn(T) -> T) {
    if row.is_empty() {
        return;
    }
    vectorised(
        #[inline(always)]
        || {
            for line in matrix.chunks_exact_mut(row.len()) {
                for (value, &term) in line.iter_mut().zip(row) {
                    *value = function(*value + term);
                }
            }
        },
    );
}

/// How many partial sums run beside each other; fixed, so that a sum has the same bits on every CPU.
const LANES: usize = 16;

/// The sum of `term(left[i], right[i])`, in `LANES` partial sums that are added as a tree.
#[inline(always)]
pub(crate) fn sum_of<T: Element>(left: &[T], right: &[T], term: impl Fn(T, T) -> T) -> T {
    vectorised(
        #[inline(always)]
        || {
            let mut partial = [T::ZERO; LANES];
            let (left_chunks, left_rest) = left.as_chunks::<LANES>();
            let (right_chunks, right_rest) = right.as_chunks::<LANES>();
            for (left, right) in left_chunks.iter().zip(right_chunks) {
                for ((partial, &left), &right) in partial.iter_mut().zip(left).zip(right) {
                    *partial += term(left, right);
                }
            }
            for ((partial, &left), &right) in partial.iter_mut().zip(left_rest).zip(right_rest) {
                *partial += term(left, right);
            }
            let mut width = LANES / 2;
            while width > 0 {
                let (low, high) = partial.split_at_mut(width);
                low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
                width /= 2;
            }
            partial[0]
        },
    )
}

/// A factor of a product: a row-major matrix, and whether it is used as its transpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factor<'a, T> {
    /// The numbers, row after row.
    pub(crate) values: &'a [T],
    /// Is the matrix that is multiplied the transpose of the one stored?
    pub(crate) transposed: bool,
}

impl<'a, T> Factor<'a, T> {
    /// The matrix that is multiplied: a row-major matrix read as column-major is its transpose.
    fn view(self, rows: usize, columns: usize) -> MatRef<'a, T> {
        if self.transposed {
            MatRef::from_column_major_slice(self.values, rows, columns)
        } else {
            MatRef::from_row_major_slice(self.values, rows, columns)
        }
    }
}

/// `output = left · right`, with `left` (as used) `rows` × `inner` and `right` `inner` × `columns`.
///
/// faer keeps up with hand-written kernels from 32 × 20 · 20 × 64 upwards. It works on one thread; large products are cut
/// into blocks of rows of the output, for whatever threads are idle.
pub(crate) fn product<T: Element>(
    [rows, inner, columns]: [usize; 3],
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
) {
    product_of_rows(left.view(rows, inner), right.view(inner, columns), output);
}

/// Multiplications of a block of rows at most. A product of less is done before another thread has woken up.
const BLOCK_COST: usize = 1 << 24;
/// Rows of a block are a multiple of these, so that only the last block is ragged.
const BLOCK_ROWS: usize = 64;

/// Cuts are made by the shape alone, so that a product has the same bits whoever does its blocks.
fn product_of_rows<T: Element>(left: MatRef<'_, T>, right: MatRef<'_, T>, output: &mut [T]) {
    let (rows, inner, columns) = (left.nrows(), left.ncols(), right.ncols());
    let half = (rows / 2).next_multiple_of(BLOCK_ROWS);
    if rows * inner * columns <= BLOCK_COST || half >= rows {
        let output = MatMut::from_row_major_slice_mut(output, rows, columns);
        return matmul(output, Accum::Replace, left, right, T::ONE, Par::Seq);
    }
    let (top, bottom) = left.split_at_row(half);
    let (output_top, output_bottom) = output.split_at_mut(half * columns);
    rayon::join(|| product_of_rows(top, right, output_top), || product_of_rows(bottom, right, output_bottom));
}

/// `output[j]` = the sum of column `j`, in the order of the rows.
pub(crate) fn sum_rows<T: Element>(matrix: &[T], output: &mut [T]) {
    output.fill(T::ZERO);
    if output.is_empty() {
        return;
    }
    vectorised(
        #[inline(always)]
        || {
            for line in matrix.chunks_exact(output.len()) {
                for (sum, &value) in output.iter_mut().zip(line) {
                    *sum += value;
                }
            }
        },
    );
}

/// The softmax of every row of `columns` numbers.
pub(crate) fn softmax<T: Element>(logits: &[T], columns: usize, output: &mut [T]) {
    if columns == 0 {
        return;
    }
    vectorised(
        #[inline(always)]
        || {
            for (logits, output) in logits.chunks_exact(columns).zip(output.chunks_exact_mut(columns)) {
                let largest = logits.iter().fold(T::LEAST, |largest, &logit| logit.larger(largest));
                let mut sum = T::ZERO;
                for (value, &logit) in output.iter_mut().zip(logits) {
                    *value = Element::exp(logit - largest);
                    sum += *value;
                }
                for value in output.iter_mut() {
                    *value /= sum;
                }
            }
        },
    );
}

/// Σᵢⱼ targetᵢⱼ · −ln softmax(logits)ᵢⱼ over rows of `columns` numbers.
pub(crate) fn softmax_cross_entropy<T: Element>(logits: &[T], target: &[T], columns: usize) -> T {
    if columns == 0 {
        return T::ZERO;
    }
    vectorised(
        #[inline(always)]
        || {
            let mut total = T::ZERO;
            for (logits, target) in logits.chunks_exact(columns).zip(target.chunks_exact(columns)) {
                let largest = logits.iter().fold(T::LEAST, |largest, &logit| logit.larger(largest));
                let sum = logits.iter().fold(T::ZERO, |sum, &logit| sum + Element::exp(logit - largest));
                let log_sum = Element::ln(sum);
                for (&logit, &target) in logits.iter().zip(target) {
                    total += target * (log_sum - (logit - largest));
                }
            }
            total
        },
    )
}
