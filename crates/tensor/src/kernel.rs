//! Loops over plain slices, compiled once for every feature level of the CPU and chosen at run time.
//!
//! **Invariant:** work is split by shapes only, never by the number of threads, and every sum runs in a fixed order; so
//! results have the same bits for any number of threads. They may differ between feature levels of the CPU, in products
//! only.

mod grouped;
mod product;

use crate::Element;
use crate::op::over;
use crate::shape::Axis;

pub(crate) use grouped::{grouped_columns, grouped_matrices, grouped_result};
pub use product::{Factor, product};
pub(crate) use product::{batch_product, product_then};

/// Runs `work` compiled for the best instruction set of this CPU. Useful for plain loops over slices that can be
/// inlined into it: mark the closure `#[inline(always)]`, otherwise it may be compiled for the baseline CPU.
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

/// `values[i] = function(values[i])`.
#[inline(always)]
pub(crate) fn map_in_place<T: Element>(values: &mut [T], function: impl Fn(T) -> T) {
    vectorised(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = function(*value)),
    );
}

/// `values[i] = function(values[i], others[i])`.
#[inline(always)]
pub(crate) fn zip_in_place<T: Element>(values: &mut [T], others: &[T], function: impl Fn(T, T) -> T) {
    vectorised(
        #[inline(always)]
        || {
            for (value, &other) in values.iter_mut().zip(others) {
                *value = function(*value, other);
            }
        },
    );
}

/// `output[i] = left[i]` where `condition[i] > 0`, else `right[i]`.
pub(crate) fn select<T: Element>(condition: &[T], left: &[T], right: &[T], output: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for (((output, &condition), &left), &right) in output.iter_mut().zip(condition).zip(left).zip(right) {
                *output = if condition > T::ZERO { left } else { right };
            }
        },
    );
}

/// The hash of an element's place: a bijection of 32 bits (Wellons' `lowbias32`), applied twice, with a word added
/// before each. Places 2³² apart have the same hash.
#[inline(always)]
fn hash_of(words: [u32; 2], place: usize) -> u32 {
    #[inline(always)]
    fn mixed(mut word: u32) -> u32 {
        word = (word ^ (word >> 16)).wrapping_mul(0x7FEB_352D);
        word = (word ^ (word >> 15)).wrapping_mul(0x846C_A68B);
        word ^ (word >> 16)
    }
    mixed(mixed((place as u32).wrapping_add(words[0])).wrapping_add(words[1]))
}

/// `output[i] = input[i] / kept` where the hash of `i` under `words` reaches `threshold`, else 0.
pub(crate) fn dropout<T: Element>(words: [u32; 2], threshold: u32, kept: T, input: &[T], output: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for (place, (output, &input)) in output.iter_mut().zip(input).enumerate() {
                *output = if hash_of(words, place) >= threshold { input / kept } else { T::ZERO };
            }
        },
    );
}

/// `output[i] = kept` where the hash of `i` under `words` reaches `threshold`, else 0.
pub(crate) fn dropout_mask<T: Element>(words: [u32; 2], threshold: u32, kept: T, output: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for (place, output) in output.iter_mut().enumerate() {
                *output = if hash_of(words, place) >= threshold { kept } else { T::ZERO };
            }
        },
    );
}

/// Transposes tile by tile, so that both matrices are accessed by cache lines.
pub(crate) fn transpose<T: Element>(matrix: &[T], [rows, columns]: [usize; 2], output: &mut [T]) {
    const TILE: usize = 16;
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for row in top..rows.min(top + TILE) {
                for column in left..columns.min(left + TILE) {
                    output[column * rows + row] = matrix[row * columns + column];
                }
            }
        }
    }
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

/// Number of parallel partial sums; fixed, so that a sum has the same bits on every CPU.
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

/// Number of elements above which cheap passes are split for idle threads.
const PIECE: usize = 1 << 16;

/// Passes on `output` in pieces of at most [`PIECE`] elements, each with the index of its first, which is a multiple of
/// `unit`.
pub(crate) fn in_pieces<T: Element>(
    unit: usize,
    start: usize,
    output: &mut [T],
    work: &(impl Fn(usize, &mut [T]) + Sync),
) {
    let half = (output.len() / 2).next_multiple_of(unit);
    if output.len() <= PIECE || half >= output.len() {
        return work(start, output);
    }
    let (first, second) = output.split_at_mut(half);
    rayon::join(|| in_pieces(unit, start, first, work), || in_pieces(unit, start + half, second, work));
}

/// `output[j]` = the sum of column `j`, in the order of the rows.
pub(crate) fn sum_rows<T: Element>(matrix: &[T], output: &mut [T]) {
    if !output.is_empty() {
        sum_columns_from(matrix, output.len(), 0, output);
    }
}

/// Sums as many columns from `first` as `sums` has elements; large matrices are split for idle threads, since each
/// column is summed in the same order on any thread.
fn sum_columns_from<T: Element>(matrix: &[T], columns: usize, first: usize, sums: &mut [T]) {
    /// Fewer columns are too close together for two threads.
    const FEWEST: usize = 64;
    if matrix.len() / columns * sums.len() > PIECE && sums.len() >= 2 * FEWEST {
        let (left, right) = sums.split_at_mut((sums.len() / 2).next_multiple_of(LANES));
        let middle = first + left.len();
        rayon::join(
            || sum_columns_from(matrix, columns, first, left),
            || sum_columns_from(matrix, columns, middle, right),
        );
        return;
    }
    sums.fill(T::ZERO);
    vectorised(
        #[inline(always)]
        || {
            for line in matrix.chunks_exact(columns) {
                for (sum, &value) in sums.iter_mut().zip(&line[first..]) {
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

/// The softmax cross-entropy of every row: what [`softmax_cross_entropy`] adds up.
pub(crate) fn softmax_cross_entropy_rows<T: Element>(logits: &[T], target: &[T], columns: usize, output: &mut [T]) {
    if columns == 0 {
        return output.fill(T::ZERO);
    }
    for ((loss, logits), target) in
        output.iter_mut().zip(logits.chunks_exact(columns)).zip(target.chunks_exact(columns))
    {
        *loss = softmax_cross_entropy(logits, target, columns);
    }
}

/// ln Σⱼ e^aⱼ of every row of `columns` numbers.
pub(crate) fn log_sum_exp<T: Element>(matrix: &[T], columns: usize, output: &mut [T]) {
    if columns == 0 {
        return output.fill(T::LEAST);
    }
    vectorised(
        #[inline(always)]
        || {
            for (result, line) in output.iter_mut().zip(matrix.chunks_exact(columns)) {
                let largest = line.iter().fold(T::LEAST, |largest, &value| value.larger(largest));
                // ∞ − ∞ is NaN: infinite values are not shifted.
                let largest = if Element::is_finite(largest) { largest } else { T::ZERO };
                let sum = line.iter().fold(T::ZERO, |sum, &value| sum + Element::exp(value - largest));
                *result = largest + Element::ln(sum);
            }
        },
    );
}

/// The largest number of every row of `columns`; a NaN where there is one.
pub(crate) fn max_columns<T: Element>(matrix: &[T], columns: usize, output: &mut [T]) {
    if columns == 0 {
        return output.fill(T::LEAST);
    }
    for (largest, line) in output.iter_mut().zip(matrix.chunks_exact(columns)) {
        *largest = line.iter().fold(T::LEAST, |largest, &value| {
            let is_kept = largest >= value || Element::is_nan(largest);
            if is_kept { largest } else { value }
        });
    }
}

/// Repeats one number per column to every row, or one per row to every column.
pub(crate) fn broadcast<T: Element>(over: Axis, values: &[T], output: &mut [T]) {
    if values.is_empty() || output.is_empty() {
        return;
    }
    match over {
        Axis::Rows => output.chunks_exact_mut(values.len()).for_each(|line| line.copy_from_slice(values)),
        Axis::Columns => {
            let width = output.len() / values.len();
            output.chunks_exact_mut(width).zip(values).for_each(|(line, &value)| line.fill(value));
        }
    }
}

/// The mean of every column, or of every row.
pub(crate) fn mean_over<T: Element>(axis: Axis, matrix: &[T], [rows, columns]: [usize; 2], output: &mut [T]) {
    match axis {
        Axis::Rows => {
            sum_rows(matrix, output);
            map_in_place(output, |sum| over(sum, rows));
        }
        Axis::Columns => {
            for (row, mean) in output.iter_mut().enumerate() {
                let line = &matrix[row * columns..][..columns];
                *mean = over(sum_of(line, line, |value, _| value), columns);
            }
        }
    }
}

/// Returns the mean, and the root of the variance plus `epsilon`.
#[inline(always)]
fn mean_and_deviation<T: Element>(line: &[T], epsilon: T) -> (T, T) {
    let mean = over(sum_of(line, line, |value, _| value), line.len());
    let squares = sum_of(line, line, |value, _| (value - mean) * (value - mean));
    (mean, Element::sqrt(over(squares, line.len()) + epsilon))
}

/// As [`mean_and_deviation`] for up to `LANES` neighbouring columns, sums in the order of the rows.
#[inline(always)]
fn means_and_deviations<T: Element>(
    matrix: &[T],
    [rows, columns]: [usize; 2],
    part: std::ops::Range<usize>,
    epsilon: T,
) -> ([T; LANES], [T; LANES]) {
    let (mut means, mut deviations) = ([T::ZERO; LANES], [T::ZERO; LANES]);
    for line in matrix.chunks_exact(columns) {
        means.iter_mut().zip(&line[part.clone()]).for_each(|(sum, &value)| *sum += value);
    }
    means.iter_mut().for_each(|mean| *mean = over(*mean, rows));
    for line in matrix.chunks_exact(columns) {
        for ((square, &mean), &value) in deviations.iter_mut().zip(&means).zip(&line[part.clone()]) {
            *square += (value - mean) * (value - mean);
        }
    }
    deviations.iter_mut().for_each(|value| *value = Element::sqrt(over(*value, rows) + epsilon));
    (means, deviations)
}

/// Splits neighbouring columns into parts that are processed together.
fn column_parts(columns: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..columns).step_by(LANES).map(move |start| start..columns.min(start + LANES))
}

/// √(variance + epsilon) of every column, or of every row.
pub(crate) fn deviation<T: Element>(axis: Axis, epsilon: T, matrix: &[T], shape: [usize; 2], output: &mut [T]) {
    let columns = shape[1];
    match axis {
        Axis::Rows => vectorised(
            #[inline(always)]
            || {
                for part in column_parts(columns) {
                    let (_, deviations) = means_and_deviations(matrix, shape, part.clone(), epsilon);
                    let count = part.len();
                    output[part].copy_from_slice(&deviations[..count]);
                }
            },
        ),
        Axis::Columns => {
            for (row, deviation) in output.iter_mut().enumerate() {
                *deviation = mean_and_deviation(&matrix[row * columns..][..columns], epsilon).1;
            }
        }
    }
}

/// (value − mean) / √(variance + epsilon) in every column, or in every row.
pub(crate) fn normalize<T: Element>(axis: Axis, epsilon: T, matrix: &[T], shape: [usize; 2], output: &mut [T]) {
    let columns = shape[1];
    if columns == 0 {
        return;
    }
    let lines = matrix.chunks_exact(columns);
    match axis {
        Axis::Rows => vectorised(
            #[inline(always)]
            || {
                for part in column_parts(columns) {
                    let (means, deviations) = means_and_deviations(matrix, shape, part.clone(), epsilon);
                    for (output, line) in output.chunks_exact_mut(columns).zip(lines.clone()) {
                        let statistics = means.iter().zip(&deviations);
                        let pairs = output[part.clone()].iter_mut().zip(&line[part.clone()]);
                        pairs.zip(statistics).for_each(|((output, &value), (&mean, &deviation))| {
                            *output = (value - mean) / deviation;
                        });
                    }
                }
            },
        ),
        Axis::Columns => {
            for (output, line) in output.chunks_exact_mut(columns).zip(lines) {
                let (mean, deviation) = mean_and_deviation(line, epsilon);
                map(line, output, |value| (value - mean) / deviation);
            }
        }
    }
}
