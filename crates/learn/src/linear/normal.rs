//! Least squares of many rows by the normal equations, where they lose next to nothing.
//!
//! (VᵀV + l2·I)·w = Vᵀy for centred columns V, scaled so that the diagonal of the matrix is 1 (A. van der Sluis,
//! "Condition numbers and equilibration of matrices", 1969), then one step of refinement with the residuals of the rows
//! (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 20.4 and 12.2). What rounding the products
//! takes from the coefficients is then repaired, as long as the matrix is far from singular.

use super::inference::StandardErrors;
use super::least_squares::{LeastSquares, Solution};
use crate::matrix::inverse_positive_definite;
use crate::moments::{Moments, Weighed};
use crate::twofold::Twofold;
use faer::Mat;

/// Fewer numbers than this are solved in no time by the more accurate way.
const CELLS_MIN: usize = 1 << 16;
/// Rows per column from which the products of all pairs are cheaper.
const ROWS_PER_COLUMN: usize = 4;
/// The largest condition number, in the 1-norm, of the scaled matrix: 13 digits of the coefficients remain.
const CONDITION_MAX: f64 = 1e4;
/// The smallest share of the squares of the target that the function leaves: of less, rounding takes too many digits.
const REST_MIN: f64 = 1e-12;

/// `None` where the problem is small or asks for more precision.
pub(super) fn solve(problem: &LeastSquares<'_>) -> Option<Solution> {
    let (rows, count) = (problem.target.len(), problem.columns.len());
    if count == 0 || rows * count < CELLS_MIN || rows < ROWS_PER_COLUMN * count {
        return None;
    }
    let roots: Option<Vec<f64>> = problem.weights.map(|weights| weights.iter().map(|weight| weight.sqrt()).collect());
    let columns: Vec<&[f64]> = problem.columns.iter().copied().chain([problem.target]).collect();
    let columns = Weighed { columns: &columns, roots: roots.as_deref() };
    let moments = Moments::new(columns, problem.intercept);
    let equations = Equations::of(&moments.products, count, problem.l2)?;
    let mut weights = equations.solve(|column| moments.products[(count, column)]);
    let (slopes, squares) = columns.rest(&moments.means, &weights);
    let corrections = equations.solve(|column| slopes[column] - problem.l2 * weights[column]);
    weights.iter_mut().zip(corrections).for_each(|(weight, correction)| *weight += correction);
    let all = moments.products[(count, count)];
    if !squares.is_finite() || squares < REST_MIN * all {
        return None;
    }
    let errors = if problem.l2 > 0.0 { None } else { equations.errors(&moments, squares, problem.intercept) };
    let centre = Twofold::from(moments.means[count]);
    let parts = weights.iter().zip(&moments.means);
    let intercept = parts.fold(centre, |rest, (weight, mean)| rest.minus(Twofold::product(*weight, *mean)));
    Some(Solution { coefficients: weights, intercept: intercept.value(), dependent: Vec::new(), errors })
}

/// Do products of all pairs of columns, of which the lower triangle is read, determine coefficients to many digits?
pub(super) fn is_well_conditioned(products: &Mat<f64>) -> bool {
    Equations::of(products, products.ncols(), 0.0).is_some()
}

/// The inverse of the scaled matrix of the normal equations.
struct Equations {
    /// The root of the diagonal of the matrix.
    lengths: Vec<f64>,
    inverse: Mat<f64>,
}

impl Equations {
    /// The equations of the first columns; `None` if they are close to singular.
    fn of(products: &Mat<f64>, count: usize, l2: f64) -> Option<Equations> {
        let lengths: Vec<f64> = (0..count).map(|column| (products[(column, column)] + l2).sqrt()).collect();
        if !lengths.iter().all(|length| length.is_normal()) {
            return None;
        }
        let scaled = Mat::from_fn(count, count, |row, column| match row == column {
            true => 1.0,
            false => products[(row.max(column), row.min(column))] / lengths[row] / lengths[column],
        });
        let norm = |matrix: &Mat<f64>| matrix.col_iter().map(|column| column.norm_l1()).fold(0.0, f64::max);
        let size = norm(&scaled);
        let inverse = inverse_positive_definite(scaled)?;
        (size * norm(&inverse) <= CONDITION_MAX).then_some(Equations { lengths, inverse })
    }

    fn solve(&self, right: impl Fn(usize) -> f64) -> Vec<f64> {
        let scaled: Vec<f64> = self.lengths.iter().enumerate().map(|(column, length)| right(column) / length).collect();
        let row = |(length, row): (&f64, usize)| {
            let entries = self.inverse.col_as_slice(row).iter();
            entries.zip(&scaled).map(|(entry, right)| entry * right).sum::<f64>() / length
        };
        self.lengths.iter().zip(0..).map(row).collect()
    }

    /// s²·(VᵀV)⁻¹ is the covariance of the weights, where s² is the sum of squared residuals by the degrees of freedom.
    fn errors(&self, moments: &Moments, squares: f64, intercept: bool) -> Option<StandardErrors> {
        let count = self.lengths.len();
        let freedom = moments.total - (count + usize::from(intercept)) as f64;
        let deviation = (squares / freedom).sqrt();
        let weight = |column: usize| deviation * self.inverse[(column, column)].sqrt() / self.lengths[column];
        let at_means = self.solve(|column| moments.means[column]);
        let square: f64 = at_means.iter().zip(&moments.means).map(|(entry, mean)| entry * mean).sum();
        let intercept = intercept.then_some(deviation * (1.0 / moments.total + square).sqrt());
        StandardErrors::new(Some(freedom), intercept, (0..count).map(weight).collect())
    }
}
