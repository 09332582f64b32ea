//! Linear models: ordinary least squares, ridge, and logistic regression.
//!
//! Coefficients are in the units of the original columns; intercepts are never penalised.

mod bayes;
mod blocks;
mod descent;
mod elastic;
mod glm;
mod glm_loss;
mod huber;
mod inference;
mod iterative;
mod least_squares;
mod logistic;
mod logistic_path;
mod logistic_problem;
mod newton;
mod normal;
mod paired;
mod pinball;
mod proximal;
mod quantile;
mod scaled;
mod scaled_rows;
mod softmax;
mod unit;

pub use bayes::{BayesianRidge, BayesianRidgeModel};
pub use elastic::ElasticNet;
pub use glm::{Family, Glm, GlmModel};
pub use huber::Huber;
pub use inference::StandardErrors;
pub use logistic::{Logistic, LogisticModel};
pub(crate) use logistic_path::LogisticPath;
pub use quantile::Quantile;

use crate::data::{Column, Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::summary::{LinearFunction, Summary};
use iterative::{Iterative, is_wide_and_sparse};
use least_squares::{LeastSquares, Solution};
use pipewright_diagnostic::{Failure, code, room_for};
use serde::{Deserialize, Serialize};

/// Ordinary least squares: minimises Σ (y - b - w·x)².
///
/// Solved by Householder QR of the centred and scaled columns, then refined with residuals of twice the precision, so
/// that the coefficients are right to nearly all 16 digits however ill-conditioned the columns are. Many rows are first
/// tried with refined normal equations, which are much faster; their answer is taken if the columns are so far from
/// dependent that about 13 digits are right (a condition number of the products of the scaled columns up to 10,000),
/// and if the function does not meet all rows almost exactly. If columns are linearly dependent, or outnumber the
/// rows, the solution with the least Σ w² is taken, as in numpy and scikit-learn, with a warning that names the
/// columns. Sparse columns too many for a factorisation are solved as in [`Ridge`].
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Target, linear::Linear};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [4.0]]);
/// let model = Linear::default().fit(&Dataset::new(features, Target::Numbers(vec![3.0, 5.0, 9.0])))?;
/// assert_eq!((model.coefficients(), model.intercept()), (&[2.0][..], 1.0));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// Is there an intercept? Without one, the prediction is 0 where all columns are 0.
    pub intercept: bool,
}

impl Default for Linear {
    fn default() -> Linear {
        Linear { intercept: true }
    }
}

/// Ridge regression: minimises Σ (y - b - w·x)² + `l2`·Σ w². The penalty is scikit-learn's `alpha`.
///
/// Solved like [`Linear`], with the rows √l2·I below the columns (Björck, "Numerical Methods for Least Squares
/// Problems", 1996, 2.7.2). Sparse columns too many for a factorisation stay sparse: conjugate gradients find the same
/// coefficients to about 12 digits. `l2 = 0` is [`Linear`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ridge {
    /// L2 penalty (regularisation strength), at least 0.
    pub l2: f64,
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
}

impl Default for Ridge {
    fn default() -> Ridge {
        Ridge { l2: 1.0, intercept: true }
    }
}

/// The fitted model of [`Linear`] and [`Ridge`]: y = b + w·x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearModel {
    coefficients: Vec<f64>,
    intercept: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    errors: Option<StandardErrors>,
}

impl LinearModel {
    /// A model without standard errors.
    fn new(coefficients: Vec<f64>, intercept: f64) -> LinearModel {
        LinearModel { coefficients, intercept, errors: None }
    }

    /// Returns the standard errors; `None` with a penalty, or where the coefficients are not unique.
    #[must_use]
    pub fn standard_errors(&self) -> Option<&StandardErrors> {
        self.errors.as_ref()
    }

    /// Returns the coefficient of each column, in the units of the column.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Returns the intercept: the prediction where all columns are 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// A model that was just fitted, if its numbers are finite.
    fn checked(self) -> Result<LinearModel, Failure> {
        self.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow")
                .help("scale the columns and the target")
        })?;
        Ok(self)
    }
}

impl Learner for Linear {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        Ridge { l2: 0.0, intercept: self.intercept }.learn(train, fit)
    }
}

impl Learner for Ridge {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        check_penalty("l2", self.l2)?;
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "least squares predicts numbers, but the target is a class"));
        };
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        if !is_wide_and_sparse(&train.features) {
            check_room(&train.features, 3, train.features.columns() + 1)?;
        }
        let Solution { coefficients, intercept, dependent, errors } = self.solve(train, target, fit);
        if !dependent.is_empty() && self.l2 == 0.0 {
            fit.progress.notice(repeating(&train.features, &dependent));
        }
        LinearModel { coefficients, intercept, errors }.checked()
    }
}

impl Ridge {
    fn solve(&self, train: &Dataset, target: &[f64], fit: &Fit<'_>) -> Solution {
        let Ridge { l2, intercept } = *self;
        let (features, weights) = (&train.features, train.weights());
        if !is_wide_and_sparse(features) {
            return LeastSquares { columns: columns_of(features), target, weights, l2, intercept }.solve();
        }
        let (solution, converged) = Iterative::new(features, target, weights, l2, intercept).solve();
        if !converged {
            let message = "the maximum number of iterations was reached before convergence";
            fit.progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help("scale the columns"));
        }
        solution
    }
}

impl Model for LinearModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        Outputs::Numbers(linear_combination(features, &self.coefficients, self.intercept))
    }

    fn validate(&self) -> Result<(), Failure> {
        let finite = self.intercept.is_finite() && self.coefficients.iter().all(|weight| weight.is_finite());
        if !finite {
            return Err(Failure::new(code::BAD_BUNDLE, "a linear model with an infinite coefficient"));
        }
        check_errors(self.errors.as_ref(), self.coefficients.len())
    }

    fn inputs(&self) -> usize {
        self.coefficients.len()
    }

    fn summary(&self) -> Summary {
        Summary::Coefficients(vec![function_of(None, self.intercept, &self.coefficients, self.errors.as_ref())])
    }
}

/// A linear function for people to read.
fn function_of(
    class: Option<usize>,
    intercept: f64,
    weights: &[f64],
    errors: Option<&StandardErrors>,
) -> LinearFunction {
    let inference = errors.map(|errors| errors.inference(intercept, weights));
    LinearFunction { class, quantile: None, intercept, weights: weights.to_vec(), inference }
}

/// Checks standard errors that came from a file.
fn check_errors(errors: Option<&StandardErrors>, columns: usize) -> Result<(), Failure> {
    if errors.is_none_or(|errors| errors.is_sound(columns)) {
        return Ok(());
    }
    Err(Failure::new(code::BAD_BUNDLE, "a linear model with invalid standard errors"))
}

pub(crate) fn columns_of(features: &Features) -> Vec<&[f64]> {
    (0..features.columns()).map(|index| features.column(index)).collect()
}

/// Returns b + w·x for every row, summed column by column.
fn linear_combination(features: &Features, coefficients: &[f64], intercept: f64) -> Vec<f64> {
    let mut sums = vec![intercept; features.rows()];
    for (index, &weight) in coefficients.iter().enumerate() {
        match features.stored(index) {
            Column::Sparse(sparse) => {
                let numbers = sparse.positions().iter().zip(sparse.values());
                numbers.for_each(|(&row, value)| sums[row as usize] += weight * value);
            }
            _ => {
                for (sum, value) in sums.iter_mut().zip(features.column(index)) {
                    *sum += weight * value;
                }
            }
        }
    }
    sums
}

fn check_penalty(name: &str, penalty: f64) -> Result<(), Failure> {
    if penalty.is_finite() && penalty >= 0.0 {
        return Ok(());
    }
    Err(Failure::new(code::BAD_VALUE, format!("{name} is {penalty}; it must be a finite number, at least 0")))
}

pub(crate) fn check_rows(features: &Features) -> Result<(), Failure> {
    if features.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"));
    }
    features.check(false, false)
}

/// Is there room to make sparse columns dense, with `copies` of them, and for a square of each pair of parameters?
pub(crate) fn check_room(features: &Features, copies: usize, parameters: usize) -> Result<(), Failure> {
    /// Sums of squares over parts of the rows, and their factors.
    const SQUARES: u128 = 4;
    if !features.has_sparse() {
        return Ok(());
    }
    let (rows, columns) = (features.rows(), features.columns());
    let squares = SQUARES * (parameters as u128).pow(2);
    let numbers = rows as u128 * columns as u128 * copies as u128 + squares;
    room_for(numbers * size_of::<f64>() as u128, || format!("a fit to {columns} columns of {rows} rows"))
}

pub(crate) fn check_finite(values: &[f64], what: &str) -> Result<(), Failure> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => {
            Err(Failure::new(code::NON_FINITE, format!("{what} contains a value that is not a finite number"))
                .row(row as u64 + 1))
        }
    }
}

/// Creates the warning about linearly dependent columns.
fn repeating(features: &Features, dependent: &[usize]) -> Failure {
    const NAMED: usize = 5;
    let mut names: Vec<String> =
        dependent.iter().take(NAMED).map(|&column| format!("`{}`", features.names()[column])).collect();
    if dependent.len() > NAMED {
        names.push(format!("{} more", dependent.len() - NAMED));
    }
    let names = names.join(", ");
    let why = if features.rows() <= features.columns() {
        format!("{} rows do not determine the coefficients of {} columns", features.rows(), features.columns())
    } else {
        format!("constant or linearly dependent: {names}")
    };
    Failure::warning(code::SINGULAR_WARNING, why)
        .help("the coefficients are not unique; those of least norm were taken")
        .help("drop the columns, or use `ridge`")
}

#[cfg(test)]
mod elastic_tests;
#[cfg(test)]
mod glm_tests;
#[cfg(test)]
mod inference_tests;
#[cfg(test)]
mod logistic_tests;
#[cfg(test)]
mod robust_tests;
#[cfg(test)]
mod tests;
