//! Logistic regression, binary and multinomial, solved to full precision.

use super::inference::StandardErrors;
use super::least_squares::dependent_columns;
use super::logistic_problem::Problem;
use super::newton::{End, Minimum};
use super::{check_penalty, columns_of, function_of, linear_combination, repeating};
use crate::data::{Dataset, Features, Outputs};
use crate::learner::{Accepts, Fit, Learner, Model, Progress};
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Logistic regression: minimises Σ -ln p(true class) + `l1`·Σ|w| + ½·`l2`·Σ w². In scikit-learn, `C` is
/// 1 / (`l1` + `l2`), and `l1_ratio` is `l1` / (`l1` + `l2`).
///
/// Two classes have one linear function, the log-odds of the second; more classes have one each, which sum to 0 unless
/// `l1` is above 0. Solved by damped Newton steps to full precision; with `l1` above 0, each step is a coordinate descent
/// on the columns that the slopes admit. Without a penalty, perfectly separable classes have no optimal coefficients: the
/// fit stops with a warning.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Target, linear::Logistic};
/// let features = Features::from_rows(["x"], &[[-2.0], [-1.0], [1.0], [2.0]]);
/// let target = Target::Classes { codes: vec![0, 0, 1, 1], count: 2 };
/// let model = Logistic::default().fit(&Dataset::new(features, target))?;
/// assert!(model.coefficients()[0][0] > 0.0 && model.intercepts()[0].abs() < 1e-12);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Penalty on |w|, at least 0.
    pub l1: f64,
    /// Penalty on w², at least 0.
    pub l2: f64,
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
    /// Do all classes count the same? Rows of a class with the share s of the weight of K classes then count 1/(K·s)
    /// times, as with scikit-learn's `class_weight="balanced"`.
    pub balanced: bool,
    /// Maximum number of Newton steps; about a dozen are usual.
    pub max_iterations: u32,
}

impl Default for Logistic {
    fn default() -> Logistic {
        Logistic { l1: 0.0, l2: 1.0, intercept: true, balanced: false, max_iterations: 100 }
    }
}

/// The fitted model of [`Logistic`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticModel {
    /// Which classes had rows; the others have probability 0.
    pub(super) present: Vec<bool>,
    pub(super) inputs: usize,
    /// One list per linear function.
    pub(super) coefficients: Vec<Vec<f64>>,
    pub(super) intercepts: Vec<f64>,
    /// One per linear function, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<StandardErrors>,
}

impl LogisticModel {
    /// Returns the coefficients of each linear function, in the units of the columns: one function for two classes (the
    /// log-odds of the second), otherwise one per class that had rows.
    #[must_use]
    pub fn coefficients(&self) -> &[Vec<f64>] {
        &self.coefficients
    }

    /// Returns the standard errors of each linear function; empty with a penalty or balanced classes, or where the
    /// coefficients are not unique.
    #[must_use]
    pub fn standard_errors(&self) -> &[StandardErrors] {
        &self.errors
    }

    /// Returns the intercept of each linear function.
    #[must_use]
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }
}

impl Learner for Logistic {
    type Model = LogisticModel;

    fn accepts(&self) -> Accepts {
        LogisticModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LogisticModel, Failure> {
        check_penalty("l1", self.l1)?;
        check_penalty("l2", self.l2)?;
        let problem = Problem::new(self, train)?;
        let Minimum { mut at, end, flat } = problem.solve(self, fit.progress)?;
        let penalised = self.l1 > 0.0 || self.l2 > 0.0;
        warn(end, fit.progress);
        if flat && !penalised && end == End::Converged {
            fit.progress.notice(repeating(&train.features, &dependent_columns(columns_of(&train.features))));
        }
        if self.l1 == 0.0 {
            problem.centre(&mut at);
        }
        let mut model = problem.in_own_units(&at);
        if !penalised && !flat && !self.balanced && end == End::Converged {
            model.errors = problem.errors(&at);
        }
        model.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow").help("scale the columns")
        })?;
        Ok(model)
    }
}

pub(super) fn warn(end: End, progress: &dyn Progress) {
    let (message, help) = match end {
        End::Converged => return,
        End::Floor => (
            "the classes are perfectly separable: without a penalty the coefficients would grow without bound",
            "use a penalty",
        ),
        End::Drifting => ("some coefficients still change, though the loss no longer decreases", "use a larger `l2`"),
        End::Iterations => ("the maximum number of iterations was reached before convergence", "allow more iterations"),
    };
    progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help(help));
}

impl Model for LogisticModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        let functions: Vec<Vec<f64>> = self
            .coefficients
            .iter()
            .zip(&self.intercepts)
            .map(|(weights, &intercept)| linear_combination(features, weights, intercept))
            .collect();
        let mut values = vec![0.0; features.rows() * self.present.len()];
        let mut logits = Vec::with_capacity(self.present.len());
        let present: Vec<usize> = (0..self.present.len()).filter(|&class| self.present[class]).collect();
        for (row, probabilities) in values.chunks_exact_mut(self.present.len()).enumerate() {
            logits.clear();
            logits.extend((present.len() > functions.len()).then_some(0.0));
            logits.extend(functions.iter().map(|function| function[row]));
            let most = logits.iter().fold(f64::NEG_INFINITY, |most: f64, logit| most.max(*logit));
            let total: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
            for (&class, logit) in present.iter().zip(&logits) {
                probabilities[class] = (logit - most).exp() / total;
            }
        }
        Outputs::Probabilities { values, classes: self.present.len() }
    }

    fn validate(&self) -> Result<(), Failure> {
        let classes = self.present.iter().filter(|present| **present).count();
        let functions = if classes == 2 { 1 } else { classes };
        let sizes_agree = self.coefficients.len() == functions
            && self.intercepts.len() == functions
            && self.coefficients.iter().all(|weights| weights.len() == self.inputs);
        let sound = self.errors.iter().all(|errors| errors.is_sound(self.inputs));
        let sound = sound && (self.errors.is_empty() || self.errors.len() == functions);
        let finite = self.coefficients.iter().flatten().chain(&self.intercepts).all(|number| number.is_finite());
        if classes >= 2 && sizes_agree && finite && sound {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a logistic model with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn summary(&self) -> Summary {
        // Of two classes there is one function: the log-odds of the second one.
        let present: Vec<usize> = (0..self.present.len()).filter(|&class| self.present[class]).collect();
        let classes = &present[present.len().saturating_sub(self.coefficients.len())..];
        let function = |(place, &class): (usize, &usize)| {
            function_of(Some(class), self.intercepts[place], &self.coefficients[place], self.errors.get(place))
        };
        Summary::Coefficients(classes.iter().enumerate().map(function).collect())
    }
}
