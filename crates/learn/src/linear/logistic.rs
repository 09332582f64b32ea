//! Logistic regression, binary and multinomial, solved to full precision.

use super::least_squares::{Unit, dependent_columns};
use super::newton::{End, Limits, Minimum, minimise};
use super::softmax::{Labelled, Softmax};
use super::{check_penalty, check_room, check_rows, columns_of, linear_combination, repeating};
use crate::data::{Column, Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model, Progress};
use crate::summary::{LinearFunction, Summary};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Logistic regression: minimises Σ -ln p(true class) + ½·`l2`·Σ w². The penalty is scikit-learn's `C = 1 / l2`.
///
/// Two classes have one linear function, the log-odds of the second; more classes have one each, which sum to 0. Solved
/// by damped Newton steps to full precision. Without a penalty, perfectly separable classes have no optimal
/// coefficients: the fit stops with a warning.
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
    /// L2 penalty (regularisation strength), at least 0.
    pub l2: f64,
    /// Maximum number of Newton steps; about a dozen are usual.
    pub max_iterations: u32,
}

impl Default for Logistic {
    fn default() -> Logistic {
        Logistic { l2: 1.0, max_iterations: 100 }
    }
}

/// The fitted model of [`Logistic`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticModel {
    /// Which classes had rows; the others have probability 0.
    present: Vec<bool>,
    inputs: usize,
    /// One list per linear function.
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
}

impl LogisticModel {
    /// Returns the coefficients of each linear function, in the units of the columns: one function for two classes (the
    /// log-odds of the second), otherwise one per class that had rows.
    #[must_use]
    pub fn coefficients(&self) -> &[Vec<f64>] {
        &self.coefficients
    }

    /// Returns the intercept of each linear function.
    #[must_use]
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }
}

/// Number of parameters above which the Hessian is not formed.
const DENSE_SIZE_MAX: usize = 2000;

impl Learner for Logistic {
    type Model = LogisticModel;

    fn accepts(&self) -> Accepts {
        LogisticModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LogisticModel, Failure> {
        check_penalty(self.l2)?;
        let Target::Classes { codes, count } = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`logistic` predicts classes, but the target is a number"));
        };
        check_rows(&train.features)?;
        let (present, places) = present_classes(codes, *count);
        let classes = present.iter().filter(|present| **present).count();
        if classes < 2 {
            return Err(Failure::new(code::ONE_CLASS, "the training rows have only one class"));
        }
        let functions = if classes == 2 { 1 } else { classes };
        let is_dense = functions * (train.features.columns() + 1) <= DENSE_SIZE_MAX || !train.features.has_sparse();
        if is_dense {
            check_room(&train.features, 3, functions * (train.features.columns() + 1))?;
        }
        let scaled = Scaled::new(train, self.l2, is_dense);
        let labels = Labelled { codes: &places, classes, weights: train.weights() };
        let softmax = match is_dense {
            true => Softmax::dense(&scaled.features, &labels, &scaled.penalties),
            false => Softmax::sparse(&scaled.features, &labels, &scaled.penalties),
        };
        // Without a penalty, a mean loss this small means that the classes are separated.
        let floor = if self.l2 == 0.0 { 1e-8 * train.labels.total_weight() } else { f64::NEG_INFINITY };
        let limits = Limits { iterations: self.max_iterations, floor, dense_size: DENSE_SIZE_MAX };
        let Minimum { mut at, end, flat } = minimise(&softmax, &limits, fit.progress)?;
        warn(end, fit.progress);
        if flat && self.l2 == 0.0 && end == End::Converged {
            fit.progress.notice(repeating(&train.features, &dependent_columns(columns_of(&train.features))));
        }
        centre(&mut at, scaled.units.len() + 1);
        let model = in_own_units(&at, &scaled.units, scaled.spread, present);
        model.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow").help("scale the columns")
        })?;
        Ok(model)
    }
}

/// The columns at one scale.
struct Scaled {
    units: Vec<Unit>,
    /// Scaled columns have norm near 1; √rows of them have a spread near 1.
    spread: f64,
    features: Features,
    /// The penalty on the square of each column's parameter.
    penalties: Vec<f64>,
}

impl Scaled {
    /// Dense columns are centred too; sparse columns that are to stay sparse keep their zeros.
    fn new(train: &Dataset, l2: f64, is_dense: bool) -> Scaled {
        let features = &train.features;
        let spread = (train.rows() as f64).sqrt();
        let column = |index: usize| match features.stored(index) {
            Column::Sparse(sparse) if !is_dense => {
                let unit = Unit::uncentred(sparse.values(), l2);
                let values = sparse.values().iter().map(|x| x * unit.scale * unit.stretch * spread).collect();
                (unit, Column::Sparse(sparse.with_values(values)))
            }
            _ => {
                let unit = Unit::new(features.column(index), l2, None);
                let scaled = |x: &f64| (x * unit.scale - unit.shift) * unit.stretch * spread;
                let values: Vec<f64> = features.column(index).iter().map(scaled).collect();
                (unit, Column::Dense(values.into()))
            }
        };
        let (units, columns): (Vec<Unit>, Vec<Column>) = (0..features.columns()).map(column).unzip();
        let penalties = units.iter().map(|unit| (unit.penalty * spread).powi(2)).collect();
        Scaled {
            features: Features::from_columns(train.rows(), features.names().clone(), columns),
            units,
            spread,
            penalties,
        }
    }
}

/// Returns which classes occur, and for each row the index of its class among those.
fn present_classes(codes: &[u32], count: usize) -> (Vec<bool>, Vec<u32>) {
    let mut present = vec![false; count];
    for &code in codes {
        present[code as usize] = true;
    }
    let places: Vec<u32> = present
        .iter()
        .scan(0, |next, &present| {
            let place = *next;
            *next += u32::from(present);
            Some(place)
        })
        .collect();
    (present, codes.iter().map(|&code| places[code as usize]).collect())
}

fn warn(end: End, progress: &dyn Progress) {
    let (message, help) = match end {
        End::Converged => return,
        End::Floor => (
            "the classes are perfectly separable: without a penalty the coefficients would grow without bound",
            "use `l2` above 0",
        ),
        End::Drifting => ("some coefficients still change, though the loss no longer decreases", "use a larger `l2`"),
        End::Iterations => ("the maximum number of iterations was reached before convergence", "allow more iterations"),
    };
    progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help(help));
}

/// Subtracts from each parameter its mean over the functions, if there is more than one.
fn centre(at: &mut [f64], inputs: usize) {
    let functions = at.len() / inputs;
    for input in (0..inputs).filter(|_| functions > 1) {
        let mean = at.iter().skip(input).step_by(inputs).sum::<f64>() / functions as f64;
        at.iter_mut().skip(input).step_by(inputs).for_each(|parameter| *parameter -= mean);
    }
}

fn in_own_units(at: &[f64], units: &[Unit], spread: f64, present: Vec<bool>) -> LogisticModel {
    let (mut coefficients, mut intercepts) = (Vec::new(), Vec::new());
    for function in at.chunks_exact(units.len() + 1) {
        let mut intercept = Twofold::from(function[0]);
        let mut weights = Vec::with_capacity(units.len());
        for (unit, parameter) in units.iter().zip(&function[1..]) {
            let weight = parameter * spread * unit.stretch;
            intercept = intercept.minus(Twofold::product(weight, unit.shift));
            weights.push(weight * unit.scale);
        }
        coefficients.push(weights);
        intercepts.push(intercept.value());
    }
    LogisticModel { present, inputs: units.len(), coefficients, intercepts }
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
        let finite = self.coefficients.iter().flatten().chain(&self.intercepts).all(|number| number.is_finite());
        if classes >= 2 && sizes_agree && finite {
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
        let functions = classes.iter().zip(&self.intercepts).zip(&self.coefficients);
        Summary::Coefficients(
            functions
                .map(|((&class, &intercept), weights)| LinearFunction {
                    class: Some(class),
                    intercept,
                    weights: weights.clone(),
                })
                .collect(),
        )
    }
}
