//! Least squares on wide sparse columns by conjugate gradients: no column is densified, and no matrix is factorised.
//!
//! Minimises Σ ω (y - b - w·x)² + l2·Σ w² with the intercept free, by conjugate gradients for least squares (Björck,
//! "Numerical Methods for Least Squares Problems", 1996, 7.4) with the diagonal as preconditioner. Columns are centred
//! implicitly: X·v - μ·v stands for (X - 1·μᵀ)·v. A second run on what the first one left brings the last digits.

use super::least_squares::Solution;
use crate::data::Features;
use crate::sparse_rows::{SparseRows, for_each_number, stored_count};
use crate::sums::dot;
use crate::twofold::Twofold;
use rayon::prelude::*;

/// Threshold in operations (a factorisation takes about rows × columns²) above which sparse columns are solved
/// iteratively.
const DIRECT_OPERATIONS_MAX: f64 = 2e10;
/// Columns count as sparse if at most this fraction of their numbers is not 0.
const SHARE_MAX: f64 = 0.1;
/// Rows per task; a row is always summed in the order of its columns.
const BLOCK_ROWS: usize = 4096;
/// Convergence tolerance on the gradient relative to the initial gradient.
const TOLERANCE: f64 = 1e-14;
const NOISE: f64 = 1e-10;
const ITERATIONS_MAX: usize = 2000;
const RUNS: usize = 2;

/// Should [`Iterative`] solve this problem? Depends on sizes only, not on threads or time.
pub(super) fn is_wide_and_sparse(features: &Features) -> bool {
    let (rows, columns) = (features.rows() as f64, features.columns() as f64);
    features.has_sparse()
        && rows * columns * columns > DIRECT_OPERATIONS_MAX
        && stored_count(features) as f64 <= SHARE_MAX * rows * columns
}

/// A problem with sparse columns, all numbers finite.
pub(super) struct Iterative<'a> {
    features: &'a Features,
    rows: SparseRows,
    target: &'a [f64],
    weights: Option<&'a [f64]>,
    l2: f64,
    /// Is there an intercept? Otherwise all means count as 0.
    intercept: bool,
    total_weight: f64,
    /// The weighted mean of each column.
    means: Vec<f64>,
    /// The inverse of each column's own curvature, Σ ω (x - μ)² + l2.
    inverse: Vec<f64>,
}

impl<'a> Iterative<'a> {
    pub(super) fn new(
        features: &'a Features,
        target: &'a [f64],
        weights: Option<&'a [f64]>,
        l2: f64,
        intercept: bool,
    ) -> Self {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let total_weight = Twofold::sum((0..target.len()).map(weight));
        let moments = |column| {
            let (mut sum, mut squares) = (Twofold::default(), 0.0);
            for_each_number(features, column, |row, value| {
                sum = sum.plus(weight(row) * value);
                squares += weight(row) * value * value;
            });
            let mean = if intercept { sum.value() / total_weight } else { 0.0 };
            (mean, squares - total_weight * mean * mean)
        };
        let moments: Vec<(f64, f64)> = (0..features.columns()).into_par_iter().map(moments).collect();
        // Without a penalty the solution of least length is sought, which steps of other lengths would miss.
        let inverse = |&(_, spread): &(f64, f64)| if l2 > 0.0 { 1.0 / (spread.max(0.0) + l2) } else { 1.0 };
        Iterative {
            rows: SparseRows::of(features),
            inverse: moments.iter().map(inverse).collect(),
            means: moments.into_iter().map(|(mean, _)| mean).collect(),
            features,
            target,
            weights,
            l2,
            intercept,
            total_weight,
        }
    }

    /// Returns the solution, and whether it converged before the iterations ran out.
    pub(super) fn solve(&self) -> (Solution, bool) {
        let centre = Twofold::sum(self.target.iter().enumerate().map(|(row, y)| y * self.weight(row)));
        let centre = if self.intercept { centre / self.total_weight } else { 0.0 };
        let mut coefficients = vec![0.0; self.features.columns()];
        let (mut converged, mut reference) = (true, None);
        for _ in 0..RUNS {
            let explained = self.times(&coefficients);
            let left: Vec<f64> = self.target.iter().zip(explained).map(|(y, e)| (y - centre) - e).collect();
            let (correction, ended_well) = self.run(left, &coefficients, &mut reference);
            converged &= ended_well;
            coefficients.iter_mut().zip(correction).for_each(|(coefficient, more)| *coefficient += more);
        }
        let intercept = coefficients
            .iter()
            .zip(&self.means)
            .fold(Twofold::from(centre), |sum, (weight, mean)| sum.minus(Twofold::product(*weight, *mean)));
        (Solution { coefficients, intercept: intercept.value(), dependent: Vec::new(), errors: None }, converged)
    }

    /// Returns the correction to the coefficients for these residuals of the target. Gradients are compared with
    /// `reference`, the square of the first one.
    fn run(&self, mut left: Vec<f64>, coefficients: &[f64], reference: &mut Option<f64>) -> (Vec<f64>, bool) {
        let mut correction = vec![0.0; coefficients.len()];
        let mut gradient = self.gradient(&left, coefficients, &correction);
        let mut direction: Vec<f64> = self.preconditioned(&gradient);
        let mut size = dot(&gradient, &direction);
        let reference = *reference.get_or_insert(size);
        for _ in 0..ITERATIONS_MAX {
            if size <= TOLERANCE * TOLERANCE * reference {
                return (correction, true);
            }
            let moved = self.times(&direction);
            let squares: f64 = moved.iter().enumerate().map(|(row, m)| self.weight(row) * m * m).sum();
            let bend = squares + self.l2 * dot(&direction, &direction);
            if !(bend > 0.0 && bend.is_finite()) {
                break;
            }
            let share = size / bend;
            correction.iter_mut().zip(&direction).for_each(|(c, d)| *c += share * d);
            left.iter_mut().zip(&moved).for_each(|(left, moved)| *left -= share * moved);
            gradient = self.gradient(&left, coefficients, &correction);
            let scaled = self.preconditioned(&gradient);
            let next = dot(&gradient, &scaled);
            let turn = next / size;
            // A small gradient that no longer falls is rounding noise.
            if next >= size && next <= NOISE * NOISE * reference {
                return (correction, true);
            }
            size = next;
            direction.iter_mut().zip(&scaled).for_each(|(d, s)| *d = s + turn * *d);
        }
        (correction, false)
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    fn preconditioned(&self, gradient: &[f64]) -> Vec<f64> {
        gradient.iter().zip(&self.inverse).map(|(slope, inverse)| slope * inverse).collect()
    }

    /// (X - 1·μᵀ)·v.
    fn times(&self, vector: &[f64]) -> Vec<f64> {
        let shift = dot(&self.means, vector);
        let mut product = vec![0.0; self.target.len()];
        product.par_chunks_mut(BLOCK_ROWS).enumerate().for_each(|(block, product)| {
            for (row, product) in (block * BLOCK_ROWS..).zip(product) {
                *product = self.rows.row(row).map(|(column, value)| value * vector[column]).sum::<f64>() - shift;
            }
        });
        product
    }

    /// (X - 1·μᵀ)ᵀ·Ω·left - l2·(w + correction).
    fn gradient(&self, left: &[f64], coefficients: &[f64], correction: &[f64]) -> Vec<f64> {
        let weighted: Vec<f64> = left.iter().enumerate().map(|(row, left)| self.weight(row) * left).collect();
        let total = Twofold::sum(weighted.iter().copied());
        let slope = |column: usize| {
            let mut sum = 0.0;
            for_each_number(self.features, column, |row, value| sum += value * weighted[row]);
            sum - self.means[column] * total - self.l2 * (coefficients[column] + correction[column])
        };
        (0..coefficients.len()).into_par_iter().map(slope).collect()
    }
}
