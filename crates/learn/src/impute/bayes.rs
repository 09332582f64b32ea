//! Bayesian ridge regression, which estimates its penalty from the data.

use crate::matrix::{Singular, from_columns};
use crate::sums::{centred, dot};

/// y = intercept + coefficients·x, with the maximum-likelihood precisions of noise and coefficients (MacKay, "Bayesian
/// interpolation", 1992; Tipping, "Sparse Bayesian learning", 2001, appendix A).
pub(super) struct BayesianRidge {
    pub(super) coefficients: Vec<f64>,
    pub(super) intercept: f64,
}

/// Shape and rate of the prior distributions of both precisions.
const PRIOR: f64 = 1e-6;
const ITERATIONS_MAX: usize = 300;
const TOLERANCE: f64 = 1e-3;

impl BayesianRidge {
    /// Fits columns of equal length, at least one, to a target of that length; `None` if a value overflows.
    pub(super) fn fit(columns: &[Vec<f64>], target: &[f64]) -> Option<BayesianRidge> {
        let rows = target.len() as f64;
        let (columns, means): (Vec<Vec<f64>>, Vec<f64>) = columns.iter().map(|column| centred(column)).unzip();
        let (target, target_mean) = centred(target);
        let products: Vec<f64> = columns.iter().map(|column| dot(column, &target)).collect();
        let singular = Singular::of(from_columns(&columns))?;
        let along: Vec<f64> = singular.vectors.iter().map(|vector| dot(vector, &products)).collect();
        let squares: Vec<f64> = singular.values.iter().map(|value| value * value).collect();
        let solve = |ratio: f64| {
            let mut coefficients = vec![0.0; columns.len()];
            for ((vector, along), square) in singular.vectors.iter().zip(&along).zip(&squares) {
                let part = along / (square + ratio);
                coefficients.iter_mut().zip(vector).for_each(|(sum, entry)| *sum += part * entry);
            }
            let mut residuals = target.clone();
            for (column, weight) in columns.iter().zip(&coefficients) {
                residuals.iter_mut().zip(column).for_each(|(rest, x)| *rest -= weight * x);
            }
            let errors = dot(&residuals, &residuals);
            (coefficients, errors)
        };
        let mut noise = 1.0 / (dot(&target, &target) / rows + f64::EPSILON);
        let mut spread = 1.0;
        let mut last: Option<Vec<f64>> = None;
        for _ in 0..ITERATIONS_MAX {
            let (coefficients, errors) = solve(spread / noise);
            let known: f64 = squares.iter().map(|square| noise * square / (spread + noise * square)).sum();
            spread = (known + 2.0 * PRIOR) / (dot(&coefficients, &coefficients) + 2.0 * PRIOR);
            noise = (rows - known + 2.0 * PRIOR) / (errors + 2.0 * PRIOR);
            let change = |last: Vec<f64>| last.iter().zip(&coefficients).map(|(a, b)| (a - b).abs()).sum::<f64>();
            if last.take().map(change).is_some_and(|change| change < TOLERANCE) {
                break;
            }
            last = Some(coefficients);
        }
        let (coefficients, _) = solve(spread / noise);
        let intercept = target_mean - dot(&means, &coefficients);
        let finite = intercept.is_finite() && coefficients.iter().all(|weight| weight.is_finite());
        finite.then_some(BayesianRidge { coefficients, intercept })
    }
}
