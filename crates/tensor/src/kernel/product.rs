//! Matrix products, split into blocks of rows if large. Chooses the implementation: `direct` if supported, otherwise
//! faer.

#[cfg(target_arch = "x86_64")]
mod direct;

use super::vectorised;
use crate::Element;
use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use std::ops::Range;

/// A factor of a product: a row-major matrix, and whether it is used as its transpose.
#[derive(Debug, Clone, Copy)]
pub struct Factor<'a, T> {
    /// The numbers, row after row.
    pub values: &'a [T],
    /// Use the transpose of the stored matrix?
    pub transposed: bool,
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

/// `output = left · right`, row-major, with `left` (as used) `rows` × `inner` and `right` `inner` × `columns`: the
/// product kernel of a program, for code that needs no graph.
///
/// Runs on the calling thread; products of more than 2²⁴ multiplications are split into blocks of rows of the output,
/// for idle threads of rayon's pool.
///
/// ```
/// use pipewright_tensor::{Factor, product};
/// let row = Factor { values: &[1.0, 2.0], transposed: false };
/// let matrix = Factor { values: &[3.0, 4.0, 5.0, 6.0], transposed: true };
/// let mut output = [0.0; 2];
/// product([1, 2, 2], row, matrix, &mut output);
/// assert_eq!(output, [1.0 * 3.0 + 2.0 * 4.0, 1.0 * 5.0 + 2.0 * 6.0]);
/// ```
///
/// # Panics
/// If the size of a slice does not match the sides.
pub fn product<T: Element>(sides: [usize; 3], left: Factor<'_, T>, right: Factor<'_, T>, output: &mut [T]) {
    product_then(sides, left, right, output, |_, _| {});
}

/// Like [`product`]; `finish` receives every completed block of rows of the output, and the index of its first element.
pub(crate) fn product_then<T: Element>(
    [rows, inner, columns]: [usize; 3],
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Sync,
) {
    let sizes = [rows * inner, inner * columns, rows * columns];
    assert_eq!([left.values.len(), right.values.len(), output.len()], sizes, "the sizes of a product");
    if inner == 1 && columns > 0 {
        // Transposed or not, a vector lies the same way.
        outer_product(left.values, right.values, output);
        return finish(0, output);
    }
    product_of_rows([rows, inner, columns], 0..rows, left, right, output, &finish);
}

/// Maximum number of multiplications per block of rows. A smaller product is done before another thread has woken up.
const BLOCK_COST: usize = 1 << 24;
/// Rows per block are a multiple of this, so that only the last block is ragged.
const BLOCK_ROWS: usize = 64;

/// Splits by shape only, so that a product has the same bits whichever threads compute its blocks.
fn product_of_rows<T: Element>(
    sides: [usize; 3],
    rows: Range<usize>,
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
    finish: &(impl Fn(usize, &mut [T]) + Sync),
) {
    let [_, inner, columns] = sides;
    let half = (rows.len() / 2).next_multiple_of(BLOCK_ROWS);
    if rows.len() * inner * columns <= BLOCK_COST || half >= rows.len() {
        let start = rows.start * columns;
        multiply(sides, rows, left, right, output);
        return finish(start, output);
    }
    let middle = rows.start + half;
    let (top, bottom) = output.split_at_mut(half * columns);
    rayon::join(
        || product_of_rows(sides, rows.start..middle, left, right, top, finish),
        || product_of_rows(sides, middle..rows.end, left, right, bottom, finish),
    );
}

/// `output` = these rows of `left` · `right`, by the fastest implementation.
fn multiply<T: Element>(
    [height, inner, columns]: [usize; 3],
    rows: Range<usize>,
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(([left_values, right_values], output)) = T::singles([left.values, right.values], output) {
        let left = Factor { values: left_values, transposed: left.transposed };
        let right = Factor { values: right_values, transposed: right.transposed };
        if direct::product([height, inner, columns], rows.clone(), left, right, output) {
            return;
        }
    }
    let left = left.view(height, inner).subrows(rows.start, rows.len());
    let output = MatMut::from_row_major_slice_mut(output, rows.len(), columns);
    matmul(output, Accum::Replace, left, right.view(inner, columns), T::ONE, Par::Seq);
}

/// Multiplies `blocks` pairs of contiguous matrices, each of the sides of [`product`].
pub(crate) fn batch_product<T: Element>(
    blocks: usize,
    [rows, inner, columns]: [usize; 3],
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
) {
    for block in 0..blocks {
        let left_values = &left.values[block * rows * inner..][..rows * inner];
        let right_values = &right.values[block * inner * columns..][..inner * columns];
        let output = &mut output[block * rows * columns..][..rows * columns];
        let left = Factor { values: left_values, ..left };
        product([rows, inner, columns], left, Factor { values: right_values, ..right }, output);
    }
}

/// `output[i, j] = left[i] · right[j]`: a product with inner side 1, without setup.
fn outer_product<T: Element>(left: &[T], right: &[T], output: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for (line, &left) in output.chunks_exact_mut(right.len()).zip(left) {
                line.iter_mut().zip(right).for_each(|(output, &right)| *output = left * right);
            }
        },
    );
}
