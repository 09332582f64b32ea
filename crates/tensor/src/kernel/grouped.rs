//! Products of groups of columns with small matrices: row by row, each group along its inner side.

use super::vectorised;
use crate::Element;

/// Partial sums of an inner product; fixed, so that it has the same bits on every CPU.
const LANES: usize = 8;

#[inline(always)]
fn dot<T: Element>(left: &[T], right: &[T]) -> T {
    let mut partial = [T::ZERO; LANES];
    let (left_chunks, left_rest) = left.as_chunks::<LANES>();
    let (right_chunks, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        partial.iter_mut().zip(left).zip(right).for_each(|((sum, &left), &right)| *sum += left * right);
    }
    partial.iter_mut().zip(left_rest).zip(right_rest).for_each(|((sum, &left), &right)| *sum += left * right);
    let [a, b, c, d, e, f, g, h] = partial;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// C(n, g·j) = Σₖ A(n, g·k)·B(g·j, k), with B of `[groups · J, K]`.
pub(crate) fn grouped_result<T: Element>(
    groups: usize,
    columns: &[T],
    matrices: &[T],
    [height, inner]: [usize; 2],
    output: &mut [T],
) {
    if output.is_empty() || inner == 0 {
        return output.fill(T::ZERO);
    }
    let outer = height / groups;
    vectorised(
        #[inline(always)]
        || {
            for (line, results) in columns.chunks_exact(groups * inner).zip(output.chunks_exact_mut(height)) {
                let of_groups = matrices.chunks_exact(outer * inner).zip(line.chunks_exact(inner));
                for (results, (matrix, values)) in results.chunks_exact_mut(outer).zip(of_groups) {
                    match values {
                        &[value] => results.iter_mut().zip(matrix).for_each(|(into, &weight)| *into = value * weight),
                        _ => {
                            for (into, weights) in results.iter_mut().zip(matrix.chunks_exact(inner)) {
                                *into = dot(values, weights);
                            }
                        }
                    }
                }
            }
        },
    );
}

/// A(n, g·k) = Σⱼ C(n, g·j)·B(g·j, k), with B of `[groups · J, K]`.
pub(crate) fn grouped_columns<T: Element>(
    groups: usize,
    results: &[T],
    matrices: &[T],
    [height, inner]: [usize; 2],
    output: &mut [T],
) {
    output.fill(T::ZERO);
    if output.is_empty() || height == 0 {
        return;
    }
    let outer = height / groups;
    vectorised(
        #[inline(always)]
        || {
            for (line, columns) in results.chunks_exact(height).zip(output.chunks_exact_mut(groups * inner)) {
                let of_groups = matrices.chunks_exact(outer * inner).zip(line.chunks_exact(outer));
                for (columns, (matrix, values)) in columns.chunks_exact_mut(inner).zip(of_groups) {
                    if let [into] = columns {
                        *into = dot(values, matrix);
                        continue;
                    }
                    for (&value, weights) in values.iter().zip(matrix.chunks_exact(inner)) {
                        columns.iter_mut().zip(weights).for_each(|(into, &weight)| *into += value * weight);
                    }
                }
            }
        },
    );
}

/// B(g·j, k) = Σₙ A(n, g·k)·C(n, g·j), with B of `[groups · J, K]`, in the order of the rows.
pub(crate) fn grouped_matrices<T: Element>(
    groups: usize,
    columns: &[T],
    results: &[T],
    [height, inner]: [usize; 2],
    output: &mut [T],
) {
    output.fill(T::ZERO);
    if output.is_empty() {
        return;
    }
    let outer = height / groups;
    vectorised(
        #[inline(always)]
        || {
            for (line, values) in columns.chunks_exact(groups * inner).zip(results.chunks_exact(height)) {
                let of_groups = line.chunks_exact(inner).zip(values.chunks_exact(outer));
                for (matrix, (line, values)) in output.chunks_exact_mut(outer * inner).zip(of_groups) {
                    if let &[number] = line {
                        matrix.iter_mut().zip(values).for_each(|(into, &value)| *into += number * value);
                        continue;
                    }
                    for (weights, &value) in matrix.chunks_exact_mut(inner).zip(values) {
                        weights.iter_mut().zip(line).for_each(|(into, &number)| *into += number * value);
                    }
                }
            }
        },
    );
}
