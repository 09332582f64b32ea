//! Generalised linear models with a logarithmic link: counts, amounts, times.

use super::glm_loss::GlmLoss;
use super::inference::StandardErrors;
use super::least_squares::dependent_columns;
use super::logistic::warn;
use super::newton::{End, Limits, minimise};
use super::scaled::{DENSE_SIZE_MAX, Scaled};
use super::{check_errors, check_finite, check_penalty, check_room, check_rows, columns_of, function_of};
use super::{linear_combination, repeating};
use crate::data::{Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::summary::Summary;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// How the variance of the target grows with its mean μ: the Tweedie families.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// Constant variance; any target.
    Normal,
    /// Variance μ, as of counts; targets of at least 0.
    Poisson,
    /// Variance μ², as of amounts with a constant relative error; targets above 0.
    Gamma,
    /// Variance μ³; targets above 0.
    InverseGaussian,
    /// Variance μ to this power: 0, or at least 1. Between 1 and 2 the target is a sum of a Poisson number of amounts, at
    /// least 0 and often exactly 0.
    Tweedie(f64),
}

impl Family {
    /// The power of the mean to which the variance is proportional.
    #[must_use]
    pub fn power(self) -> f64 {
        match self {
            Family::Normal => 0.0,
            Family::Poisson => 1.0,
            Family::Gamma => 2.0,
            Family::InverseGaussian => 3.0,
            Family::Tweedie(power) => power,
        }
    }

    /// The mean unit deviance of predictions, as scikit-learn's `mean_tweedie_deviance`; `weights` are those of the rows.
    ///
    /// ```
    /// use pipewright_learn::linear::Family;
    /// assert_eq!(Family::Normal.deviance(&[1.0, 2.0], &[1.0, 4.0], None), 2.0);
    /// ```
    ///
    /// # Panics
    /// If the lists differ in length.
    #[must_use]
    pub fn deviance(self, truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> f64 {
        assert_eq!(truth.len(), predicted.len(), "a prediction per row");
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let pairs = truth.iter().zip(predicted).enumerate();
        let unit =
            |(row, (y, mean)): (usize, (&f64, &f64))| weight(row) * super::glm_loss::deviance(self.power(), *y, *mean);
        Twofold::sum(pairs.map(unit)) / Twofold::sum((0..truth.len()).map(weight))
    }

    fn check(self) -> Result<(), Failure> {
        let power = self.power();
        if power == 0.0 || (1.0..=10.0).contains(&power) {
            return Ok(());
        }
        Err(Failure::new(code::BAD_VALUE, format!("the power is {power}; it must be 0, or from 1 to 10")))
    }

    /// Checks that each number of the target is one that the family allows.
    fn check_target(self, target: &[f64]) -> Result<(), Failure> {
        let power = self.power();
        let (allowed, what): (fn(f64) -> bool, _) = match power {
            0.0 => return Ok(()),
            _ if power < 2.0 => (|y| y >= 0.0, "at least 0"),
            _ => (|y| y > 0.0, "above 0"),
        };
        if let Some(row) = target.iter().position(|y| !allowed(*y)) {
            let message = format!("the target is {}; this family needs numbers {what}", target[row]);
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).row(row as u64 + 1));
        }
        if target.iter().all(|y| *y == 0.0) {
            let message = "the target is 0 in all rows, and the logarithm of 0 is not finite";
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message));
        }
        Ok(())
    }
}

/// A generalised linear model with a logarithmic link (Nelder and Wedderburn, 1972): the mean is exp(b + w·x). Minimises
/// half the deviance of all rows + ½·`l2`·Σ w².
///
/// scikit-learn's `PoissonRegressor`, `GammaRegressor` and `TweedieRegressor` divide the first sum by the sum of weights:
/// their `alpha` is `l2` divided by it. Solved by Newton steps with a line search.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, linear::{Family, Glm}};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![1.0, 2.0, 4.0]));
/// let model = Glm { l2: 0.0, ..Glm::new(Family::Poisson) }.fit(&train)?;
/// assert!((model.coefficients()[0] - 2.0_f64.ln()).abs() < 1e-9);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glm {
    /// How the variance grows with the mean.
    pub family: Family,
    /// Penalty on w², at least 0.
    pub l2: f64,
    /// Is there an intercept? It is not penalised. Without one, the mean is 1 where all columns are 0.
    pub intercept: bool,
    /// Maximum number of Newton steps; about a dozen are usual.
    pub max_iterations: u32,
}

impl Glm {
    /// A model of this family with an L2 penalty of 1.
    #[must_use]
    pub fn new(family: Family) -> Glm {
        Glm { family, l2: 1.0, intercept: true, max_iterations: 100 }
    }
}

/// The fitted model of [`Glm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlmModel {
    coefficients: Vec<f64>,
    intercept: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    errors: Option<StandardErrors>,
}

impl GlmModel {
    /// Returns the coefficient of each column: by how much the logarithm of the mean grows per unit of the column.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Returns the standard errors; `None` with a penalty, or where the coefficients are not unique.
    #[must_use]
    pub fn standard_errors(&self) -> Option<&StandardErrors> {
        self.errors.as_ref()
    }

    /// Returns the intercept: the logarithm of the mean where all columns are 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }
}

impl Learner for Glm {
    type Model = GlmModel;

    fn accepts(&self) -> Accepts {
        GlmModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<GlmModel, Failure> {
        check_penalty("l2", self.l2)?;
        self.family.check()?;
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`glm` predicts numbers, but the target is a class"));
        };
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        self.family.check_target(target)?;
        let size = train.features.columns() + 1;
        let is_dense = size <= DENSE_SIZE_MAX || !train.features.has_sparse();
        if is_dense {
            check_room(&train.features, 3, size)?;
        }
        let scaled = Scaled::new(train, self.l2, self.intercept, is_dense);
        let loss = GlmLoss::new(&scaled, !is_dense, self, target, train.weights());
        let limits = Limits { iterations: self.max_iterations, floor: f64::NEG_INFINITY, dense_size: DENSE_SIZE_MAX };
        let found = minimise(&loss, loss.start(size), &[], &limits, fit.progress)?;
        warn(found.end, fit.progress);
        if found.flat && self.l2 == 0.0 && found.end == End::Converged {
            fit.progress.notice(repeating(&train.features, &dependent_columns(columns_of(&train.features))));
        }
        let (coefficients, intercept) = scaled.in_own_units(&found.at);
        let freedom = train.labels.total_weight() - (size - usize::from(!self.intercept)) as f64;
        let is_defined = self.l2 == 0.0 && !found.flat && found.end == End::Converged && is_dense && freedom > 0.0;
        let covariance = if is_defined { loss.covariance(&found.at, freedom) } else { None };
        // The dispersion of counts is known; otherwise it is estimated.
        let freedom = (self.family.power() != 1.0).then_some(freedom);
        let errors = covariance
            .and_then(|covariance| scaled.errors(freedom, |row, column| covariance[(row, column)], self.intercept));
        let model = GlmModel { coefficients, intercept: intercept + loss.offset(), errors };
        model.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow").help("scale the columns")
        })?;
        Ok(model)
    }
}

impl Model for GlmModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        let logarithms = linear_combination(features, &self.coefficients, self.intercept);
        Outputs::Numbers(logarithms.into_iter().map(mean).collect())
    }

    fn validate(&self) -> Result<(), Failure> {
        let finite = self.intercept.is_finite() && self.coefficients.iter().all(|weight| weight.is_finite());
        if !finite {
            return Err(Failure::new(code::BAD_BUNDLE, "a model with an infinite coefficient"));
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

/// The exponential, within the finite numbers; infinite terms that cancel have no logarithm of a mean, and count as 0.
fn mean(logarithm: f64) -> f64 {
    if logarithm.is_nan() { 1.0 } else { logarithm.exp().clamp(f64::MIN_POSITIVE, f64::MAX) }
}
