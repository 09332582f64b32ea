//! Kernels: the similarity of two rows.

use crate::matrix::product;
use faer::{Mat, MatRef};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A kernel with its numbers settled, of rows at a common scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Settled {
    /// exp(-gamma·‖x - y‖²)
    Rbf { gamma: f64 },
    /// (gamma·x·y + coef0)^degree
    Polynomial { gamma: f64, coef0: f64, degree: u32 },
}

impl Settled {
    /// The kernel of two rows, from their product and their squared norms.
    fn of(self, product: f64, square: f64, other: f64) -> f64 {
        match self {
            Settled::Rbf { gamma } => (-gamma * (square + other - 2.0 * product).max(0.0)).exp(),
            Settled::Polynomial { gamma, coef0, degree } => (gamma * product + coef0).powi(degree as i32),
        }
    }

    pub(super) fn is_sound(self) -> bool {
        match self {
            Settled::Rbf { gamma } => gamma.is_finite() && gamma >= 0.0,
            Settled::Polynomial { gamma, coef0, degree } => {
                gamma.is_finite() && coef0.is_finite() && (1..=DEGREE_MAX).contains(&degree)
            }
        }
    }
}

/// The largest degree of a polynomial.
pub(super) const DEGREE_MAX: u32 = 100;

/// Rows whose kernels are computed together.
const BLOCK_ROWS: usize = 1024;

/// Products from which they are computed in parallel.
const PARALLEL_PRODUCTS: usize = 1 << 16;

/// Rows, and the kernel of any two of them.
#[derive(Debug, Clone)]
pub(super) struct Points {
    kernel: Settled,
    /// A row per point.
    values: Mat<f64>,
    /// The squared norm of each.
    squares: Vec<f64>,
}

impl Points {
    pub(super) fn new(kernel: Settled, values: Mat<f64>) -> Points {
        let mut squares = vec![0.0; values.nrows()];
        for column in values.col_iter() {
            squares.iter_mut().zip(column.iter()).for_each(|(square, value)| *square += value * value);
        }
        Points { kernel, values, squares }
    }

    pub(super) fn len(&self) -> usize {
        self.squares.len()
    }

    pub(super) fn point(&self, index: usize) -> Vec<f64> {
        self.values.row(index).iter().copied().collect()
    }

    /// The points at these places.
    pub(super) fn take(&self, places: &[u32]) -> Points {
        let of = |row: usize, column: usize| self.values[(places[row] as usize, column)];
        Points {
            kernel: self.kernel,
            values: Mat::from_fn(places.len(), self.values.ncols(), of),
            squares: places.iter().map(|&place| self.squares[place as usize]).collect(),
        }
    }

    /// The kernel of each point and itself.
    pub(super) fn diagonal(&self) -> Vec<f64> {
        self.squares.iter().map(|&square| self.kernel.of(square, square, square)).collect()
    }

    /// The kernels of all points and one of them.
    pub(super) fn row(&self, index: usize) -> Vec<f64> {
        self.kernels(&self.point(index), self.squares[index])
    }

    /// The kernels of all points and another one.
    fn kernels(&self, point: &[f64], square: f64) -> Vec<f64> {
        let mut kernels = vec![0.0; self.len()];
        let column = MatRef::from_column_major_slice(point, point.len(), 1);
        let fill = |(block, kernels): (usize, &mut [f64])| {
            let (start, rows) = (block * BLOCK_ROWS, kernels.len());
            let part = self.values.get(start..start + rows, ..);
            product(part, column, faer::MatMut::from_column_major_slice_mut(kernels, rows, 1));
            for (kernel, other) in kernels.iter_mut().zip(&self.squares[start..]) {
                *kernel = self.kernel.of(*kernel, square, *other);
            }
        };
        if self.len() * point.len().max(1) >= PARALLEL_PRODUCTS {
            kernels.par_chunks_mut(BLOCK_ROWS).enumerate().for_each(fill);
        } else {
            kernels.chunks_mut(BLOCK_ROWS).enumerate().for_each(fill);
        }
        kernels
    }

    /// Σ weight · kernel over the points, for every row of others.
    pub(super) fn sums(&self, others: &Points, weights: &[f64]) -> Vec<f64> {
        let of = |index: usize| sum_of_terms(&self.kernels(&others.point(index), others.squares[index]), weights);
        (0..others.len()).into_par_iter().map(of).collect()
    }

    /// Σ weight · kernel for lists of points and weights, for every row of others; row by row.
    pub(super) fn sums_of(&self, others: &Points, lists: &[Vec<(u32, f64)>]) -> Vec<Vec<f64>> {
        let of = |index: usize| {
            let kernels = self.kernels(&others.point(index), others.squares[index]);
            let sum = |list: &Vec<(u32, f64)>| {
                list.iter().map(|&(place, weight)| term(kernels[place as usize], weight)).sum::<f64>()
            };
            lists.iter().map(sum).collect()
        };
        (0..others.len()).into_par_iter().map(of).collect()
    }
}

fn sum_of_terms(kernels: &[f64], weights: &[f64]) -> f64 {
    kernels.iter().zip(weights).map(|(kernel, weight)| term(*kernel, *weight)).sum()
}

/// A term of a sum: so far from all points, a polynomial may overflow.
fn term(kernel: f64, weight: f64) -> f64 {
    const TERM_MAX: f64 = 1e290;
    (kernel.clamp(-f64::MAX, f64::MAX) * weight).clamp(-TERM_MAX, TERM_MAX)
}
