//! Products of matrices: by faer, cut into blocks of rows where they are large. The one place where it is decided what
//! multiplies.
//!
//! A direct kernel of 6 × 32 sums for AVX-512 was measured against faer's for the shapes of small networks (32 × 20 · 20 × 64
//! and the like): within a tenth of each other, and slower from 256 × 256 up. So faer does all but outer products.

use super::vectorised;
use crate::Element;
use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

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
/// faer works on one thread; large products are cut into blocks of rows of the output, for whatever threads are idle.
fn product<T: Element>(sides: [usize; 3], left: Factor<'_, T>, right: Factor<'_, T>, output: &mut [T]) {
    product_then(sides, left, right, output, |_, _| {});
}

/// As [`product`]; `finish` gets every block of rows of the output once it is there, and the place of its first element.
pub(crate) fn product_then<T: Element>(
    [rows, inner, columns]: [usize; 3],
    left: Factor<'_, T>,
    right: Factor<'_, T>,
    output: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Sync,
) {
    if inner == 1 && columns > 0 {
        // Transposed or not, a vector lies the same way.
        outer_product(left.values, right.values, output);
        return finish(0, output);
    }
    product_of_rows(left.view(rows, inner), right.view(inner, columns), 0, output, &finish);
}

/// Multiplications of a block of rows at most. A product of less is done before another thread has woken up.
const BLOCK_COST: usize = 1 << 24;
/// Rows of a block are a multiple of these, so that only the last block is ragged.
const BLOCK_ROWS: usize = 64;

/// Cuts are made by the shape alone, so that a product has the same bits whoever does its blocks.
fn product_of_rows<T: Element>(
    left: MatRef<'_, T>,
    right: MatRef<'_, T>,
    start: usize,
    output: &mut [T],
    finish: &(impl Fn(usize, &mut [T]) + Sync),
) {
    let (rows, inner, columns) = (left.nrows(), left.ncols(), right.ncols());
    let half = (rows / 2).next_multiple_of(BLOCK_ROWS);
    if rows * inner * columns <= BLOCK_COST || half >= rows {
        let block = MatMut::from_row_major_slice_mut(output, rows, columns);
        matmul(block, Accum::Replace, left, right, T::ONE, Par::Seq);
        return finish(start, output);
    }
    let (top, bottom) = left.split_at_row(half);
    let (output_top, output_bottom) = output.split_at_mut(half * columns);
    rayon::join(
        || product_of_rows(top, right, start, output_top, finish),
        || product_of_rows(bottom, right, start + half * columns, output_bottom, finish),
    );
}

/// The products of `blocks` pairs of matrices that lie one after another, each of the sides of [`product`].
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

/// `output[i, j] = left[i] · right[j]`: what a product is where the inner side is 1, without its preparations.
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
