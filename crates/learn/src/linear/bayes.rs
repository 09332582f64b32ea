//! Bayesian ridge regression, which estimates its penalty from the data.

use super::unit::mean;
use super::{LinearModel, check_finite, check_room, check_rows};
use crate::data::{Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::matrix::{Singular, from_columns};
use crate::summary::Summary;
use crate::sums::dot;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Bayesian ridge regression: y = b + w·x with the maximum-likelihood precisions (inverse variances) of noise and
/// coefficients (MacKay, "Bayesian interpolation", 1992; Tipping, "Sparse Bayesian learning", 2001, appendix A). This is
/// scikit-learn's `BayesianRidge`; both precisions have gamma priors of shape and rate 1e-6.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Target, linear::BayesianRidge};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0], [3.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![0.1, 0.9, 2.1, 2.9]));
/// let model = BayesianRidge::default().fit(&train)?;
/// assert!((model.coefficients()[0] - 0.96).abs() < 0.01);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BayesianRidge {
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
    /// Convergence tolerance: stops once all coefficients together have moved by less.
    pub tolerance: f64,
    /// Maximum number of steps.
    pub max_iterations: u32,
}

impl Default for BayesianRidge {
    fn default() -> BayesianRidge {
        BayesianRidge { intercept: true, tolerance: 1e-3, max_iterations: 300 }
    }
}

/// The fitted model of [`BayesianRidge`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BayesianRidgeModel {
    linear: LinearModel,
    noise_precision: f64,
    weight_precision: f64,
}

impl BayesianRidgeModel {
    /// Returns the coefficient of each column, in the units of the column.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        self.linear.coefficients()
    }

    /// Returns the intercept: the prediction where all columns are 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.linear.intercept()
    }

    /// The inverse of the variance of the noise; scikit-learn's `alpha_`.
    #[must_use]
    pub fn noise_precision(&self) -> f64 {
        self.noise_precision
    }

    /// The inverse of the variance of the coefficients; scikit-learn's `lambda_`.
    #[must_use]
    pub fn weight_precision(&self) -> f64 {
        self.weight_precision
    }
}

/// Shape and rate of the prior distributions of both precisions.
const PRIOR: f64 = 1e-6;

impl BayesianRidge {
    /// Fits columns of equal length, at least one, to a target of that length; `None` if a value overflows.
    pub(crate) fn fit_columns(
        &self,
        columns: &[&[f64]],
        target: &[f64],
        weights: Option<&[f64]>,
    ) -> Option<BayesianRidgeModel> {
        let rows = weights.map_or(target.len() as f64, |weights| weights.iter().sum());
        let centre = |values: &[f64]| {
            let mean = if self.intercept { mean(values.iter().copied(), weights) } else { 0.0 };
            let root = |row: usize| weights.map_or(1.0, |weights| weights[row].sqrt());
            let centred = values.iter().enumerate().map(|(row, value)| (value - mean) * root(row));
            (centred.collect::<Vec<f64>>(), mean)
        };
        let (columns, means): (Vec<Vec<f64>>, Vec<f64>) = columns.iter().map(|column| centre(column)).unzip();
        let (target, target_mean) = centre(target);
        let spectrum = Spectrum::new(columns, target)?;
        let mut noise = 1.0 / (dot(&spectrum.target, &spectrum.target) / rows + f64::EPSILON);
        let mut spread = 1.0;
        let mut last: Option<Vec<f64>> = None;
        for _ in 0..self.max_iterations {
            let (coefficients, errors) = spectrum.solve(spread / noise);
            let known = |square: &f64| noise * square / (spread + noise * square);
            let known: f64 = spectrum.squares.iter().map(known).sum();
            spread = (known + 2.0 * PRIOR) / (dot(&coefficients, &coefficients) + 2.0 * PRIOR);
            noise = (rows - known + 2.0 * PRIOR) / (errors + 2.0 * PRIOR);
            let change = |last: Vec<f64>| last.iter().zip(&coefficients).map(|(a, b)| (a - b).abs()).sum::<f64>();
            if last.take().map(change).is_some_and(|change| change < self.tolerance) {
                break;
            }
            last = Some(coefficients);
        }
        let (coefficients, _) = spectrum.solve(spread / noise);
        let intercept = target_mean - dot(&means, &coefficients);
        let linear = LinearModel::new(coefficients, intercept);
        let model = BayesianRidgeModel { linear, noise_precision: noise, weight_precision: spread };
        model.validate().is_ok().then_some(model)
    }
}

/// The centred problem along the singular vectors of its columns.
struct Spectrum {
    columns: Vec<Vec<f64>>,
    target: Vec<f64>,
    vectors: Vec<Vec<f64>>,
    /// The squares of the singular values.
    squares: Vec<f64>,
    /// The products of columns and target along each vector.
    along: Vec<f64>,
}

impl Spectrum {
    fn new(columns: Vec<Vec<f64>>, target: Vec<f64>) -> Option<Spectrum> {
        let products: Vec<f64> = columns.iter().map(|column| dot(column, &target)).collect();
        if !products.iter().all(|product| product.is_finite()) {
            return None;
        }
        if columns.is_empty() {
            return Some(Spectrum { columns, target, vectors: Vec::new(), squares: Vec::new(), along: Vec::new() });
        }
        let singular = Singular::of(from_columns(&columns))?;
        let along = singular.vectors.iter().map(|vector| dot(vector, &products)).collect();
        let squares = singular.values.iter().map(|value| value * value).collect();
        Some(Spectrum { columns, target, vectors: singular.vectors, squares, along })
    }

    /// The coefficients for a ratio of the precisions, and the sum of the squares of what they leave.
    fn solve(&self, ratio: f64) -> (Vec<f64>, f64) {
        let mut coefficients = vec![0.0; self.columns.len()];
        for ((vector, along), square) in self.vectors.iter().zip(&self.along).zip(&self.squares) {
            let part = along / (square + ratio);
            coefficients.iter_mut().zip(vector).for_each(|(sum, entry)| *sum += part * entry);
        }
        let mut residuals = self.target.clone();
        for (column, weight) in self.columns.iter().zip(&coefficients) {
            residuals.iter_mut().zip(column).for_each(|(rest, x)| *rest -= weight * x);
        }
        let errors = dot(&residuals, &residuals);
        (coefficients, errors)
    }
}

impl Learner for BayesianRidge {
    type Model = BayesianRidgeModel;

    fn accepts(&self) -> Accepts {
        BayesianRidgeModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, _: &Fit<'_>) -> Result<BayesianRidgeModel, Failure> {
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return Err(Failure::new(code::BAD_VALUE, format!("the tolerance is {}", self.tolerance)));
        }
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`bayesian_ridge` predicts numbers, but the target is a class"));
        };
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        check_room(&train.features, 3, train.features.columns())?;
        let columns = super::columns_of(&train.features);
        self.fit_columns(&columns, target, train.weights()).ok_or_else(|| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow")
                .help("scale the columns and the target")
        })
    }
}

impl Model for BayesianRidgeModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        self.linear.outputs(features)
    }

    fn validate(&self) -> Result<(), Failure> {
        let sound = |precision: f64| precision.is_finite() && precision >= 0.0;
        if sound(self.noise_precision) && sound(self.weight_precision) {
            return self.linear.validate();
        }
        Err(Failure::new(code::BAD_BUNDLE, "a Bayesian ridge model with an invalid precision"))
    }

    fn inputs(&self) -> usize {
        self.linear.inputs()
    }

    fn summary(&self) -> Summary {
        self.linear.summary()
    }
}
