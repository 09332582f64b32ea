//! What follows a fit: calibrated probabilities, cuts, prediction intervals and sets, drift, and a diagnosis of the fit.
//! All of it is learned from out-of-fold or held-out predictions, never from those of training rows.
//!
//! A [`Calibrator`] learns a [`Calibration`] of class probabilities:
//!
//! ```
//! use pipewright_learn::{Outputs, Target, calibrate::Calibrator};
//! // Eight rows with a probability of 0.9, of which six are of the second class.
//! let outputs = Outputs::Probabilities { values: [0.1, 0.9].repeat(8), classes: 2 };
//! let truth = Target::Classes { codes: vec![1, 1, 1, 0, 1, 1, 1, 0], count: 2 }.into();
//! let calibration = Calibrator::Temperature.fit(&outputs, &truth)?;
//! let calibrated = calibration.apply(&outputs)?;
//! assert!((calibrated.values()[1] - 0.75).abs() < 1e-9);
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

mod beta;
pub mod conformal;
mod diagnosis;
pub mod drift;
mod isotonic;
mod sigmoid;
mod temperature;
mod threshold;

pub use diagnosis::{Diagnosis, diagnose};
pub(crate) use sigmoid::Sigmoid;
pub use threshold::{Criterion, Cut, best_cut};

use crate::data::{Labels, Outputs, Target};
use beta::Beta;
use isotonic::Isotonic;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use temperature::Temperature;

/// A method of calibrating class probabilities.
///
/// All but [`Calibrator::Temperature`] have a curve for the second of two classes; of more classes each has a curve
/// against the rest, and the results are divided by their sum (B. Zadrozny, C. Elkan, "Transforming classifier scores
/// into accurate multiclass probability estimates", 2002). If all are 0, all classes are equally probable. A class
/// without rows has probability 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrator {
    /// 1 / (1 + exp(a·z + b)) of the log-odds z, with Platt's targets (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2), where N are
    /// sums of weights: J. Platt, "Probabilistic outputs for support vector machines" (1999). It is scikit-learn's
    /// `sigmoid` for a model whose decision function is the log-odds.
    Platt,
    /// The ascending steps of least squares, joined by straight lines as by scikit-learn's `IsotonicRegression`: more
    /// flexible, for a thousand rows or more. Rows of equal probability are averaged first.
    Isotonic,
    /// Probabilities to the power of 1 / T, divided by their sum, with the T of least log loss: C. Guo, G. Pleiss, Y.
    /// Sun, K. Weinberger, "On calibration of modern neural networks" (2017). The order of the classes stays.
    Temperature,
    /// 1 / (1 + exp(-(a·ln p - b·ln(1 - p) + c))) with a, b ≥ 0, by maximum likelihood: M. Kull, T. Silva Filho, P. Flach,
    /// "Beta calibration" (2017).
    Beta,
}

/// A fitted calibration of class probabilities: plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    classes: usize,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Temperature(Temperature),
    /// Of the second of two classes, or of every class against the rest.
    Curves(Vec<Curve>),
}

/// The calibrated probability of a class as a function of its probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Curve {
    Platt(Sigmoid),
    Isotonic(Isotonic),
    Beta(Beta),
}

/// Rows of a class against the rest.
struct Binary {
    /// The probability of the class.
    probabilities: Vec<f64>,
    /// Whether the row is of the class.
    is_class: Vec<bool>,
    weights: Vec<f64>,
}

impl Calibrator {
    /// Learns from out-of-fold probabilities and the true classes. Rows with a weight of 0 do not count.
    ///
    /// # Errors
    /// [`code::WRONG_TASK`] for numbers, [`code::EMPTY_DATA`] without rows, [`code::ONE_CLASS`] if a single class occurs,
    /// [`code::NON_FINITE`] for a probability outside of [0, 1].
    ///
    /// # Panics
    /// If the numbers of rows or of classes differ.
    pub fn fit(self, outputs: &Outputs, truth: &Labels) -> Result<Calibration, Failure> {
        let rows = Classified::new(outputs, truth)?;
        rows.check_classes()?;
        let form = match self {
            Calibrator::Temperature => Form::Temperature(Temperature::fit(&rows, 0.0)),
            _ if rows.classes == 2 => Form::Curves(vec![self.curve(&rows.binary(1))?]),
            _ => {
                let curves = (0..rows.classes).map(|class| self.curve(&rows.binary(class)));
                Form::Curves(curves.collect::<Result<_, Failure>>()?)
            }
        };
        Ok(Calibration { classes: rows.classes, form })
    }

    /// Learns a temperature from probabilities and true classes of which a share is another class, evenly among the
    /// others: few rows that happen to be predicted without an error then do not call for certainty.
    ///
    /// # Errors
    /// As [`Calibrator::fit`].
    pub(crate) fn smoothed_temperature(outputs: &Outputs, truth: &Labels, share: f64) -> Result<Calibration, Failure> {
        let rows = Classified::new(outputs, truth)?;
        rows.check_classes()?;
        Ok(Calibration { classes: rows.classes, form: Form::Temperature(Temperature::fit(&rows, share)) })
    }

    fn curve(self, rows: &Binary) -> Result<Curve, Failure> {
        if !rows.is_class.contains(&true) {
            return Ok(Curve::Isotonic(Isotonic::fit(rows)));
        }
        Ok(match self {
            Calibrator::Platt => {
                let values: Vec<f64> = rows.probabilities.iter().map(|&probability| log_odds(probability)).collect();
                let signs: Vec<f64> = rows.is_class.iter().map(|&is| if is { 1.0 } else { -1.0 }).collect();
                Curve::Platt(Sigmoid::fit(&values, &signs, &rows.weights))
            }
            Calibrator::Beta => Curve::Beta(Beta::fit(rows)?),
            Calibrator::Isotonic | Calibrator::Temperature => Curve::Isotonic(Isotonic::fit(rows)),
        })
    }
}

impl Curve {
    fn at(&self, probability: f64) -> f64 {
        match self {
            Curve::Platt(sigmoid) => sigmoid.probability(log_odds(probability)),
            Curve::Isotonic(steps) => steps.at(probability),
            Curve::Beta(beta) => beta.at(probability),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Curve::Platt(sigmoid) => sigmoid.is_sound(),
            Curve::Isotonic(steps) => steps.is_sound(),
            Curve::Beta(beta) => beta.is_sound(),
        }
    }
}

impl Calibration {
    /// Calibrates probabilities.
    ///
    /// # Errors
    /// [`code::WRONG_TASK`] for numbers, [`code::WRONG_WIDTH`] for another number of classes, [`code::NON_FINITE`] for a
    /// probability outside of [0, 1].
    pub fn apply(&self, outputs: &Outputs) -> Result<Outputs, Failure> {
        let (values, classes) = probabilities(outputs)?;
        if classes != self.classes {
            let message = format!("the calibration is of {} classes, the probabilities of {classes}", self.classes);
            return Err(Failure::new(code::WRONG_WIDTH, message));
        }
        let mut calibrated = values.to_vec();
        for row in calibrated.chunks_exact_mut(classes) {
            match &self.form {
                Form::Temperature(temperature) => temperature.apply(row),
                Form::Curves(curves) => match curves.as_slice() {
                    [curve] => {
                        let second = curve.at(row[1]);
                        row.copy_from_slice(&[1.0 - second, second]);
                    }
                    curves => each_against_the_rest(curves, row),
                },
            }
        }
        Ok(Outputs::Probabilities { values: calibrated, classes })
    }

    /// The number of classes.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Validates a calibration that came from a file.
    ///
    /// # Errors
    /// [`code::BAD_BUNDLE`] if its sizes or numbers are inconsistent.
    pub fn validate(&self) -> Result<(), Failure> {
        let sound = match &self.form {
            Form::Temperature(temperature) => temperature.is_sound(),
            Form::Curves(curves) => {
                let wanted = if self.classes == 2 { 1 } else { self.classes };
                curves.len() == wanted && curves.iter().all(Curve::is_sound)
            }
        };
        if self.classes >= 2 && sound {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a calibration with inconsistent sizes or numbers"))
    }
}

fn each_against_the_rest(curves: &[Curve], row: &mut [f64]) {
    row.iter_mut().zip(curves).for_each(|(probability, curve)| *probability = curve.at(*probability));
    let total: f64 = row.iter().sum();
    let equal = 1.0 / row.len() as f64;
    row.iter_mut().for_each(|probability| *probability = if total > 0.0 { *probability / total } else { equal });
}

/// Checked probabilities with the true classes; rows with a weight of 0 are left out.
struct Classified {
    probabilities: Vec<f64>,
    classes: usize,
    codes: Vec<u32>,
    weights: Vec<f64>,
}

impl Classified {
    fn new(outputs: &Outputs, truth: &Labels) -> Result<Classified, Failure> {
        assert_eq!(truth.rows(), outputs.rows(), "an output per row");
        let (values, classes) = probabilities(outputs)?;
        let Target::Classes { codes, count } = truth.target() else {
            return Err(Failure::new(code::WRONG_TASK, "the true values are numbers, not classes"));
        };
        assert_eq!(*count, classes, "truth and outputs have the same classes");
        let weight = |row: usize| truth.weights().map_or(1.0, |weights| weights[row]);
        let kept: Vec<usize> = (0..codes.len()).filter(|&row| weight(row) > 0.0).collect();
        if kept.is_empty() {
            return Err(Failure::new(code::EMPTY_DATA, "there are no rows to learn from"));
        }
        Ok(Classified {
            probabilities: kept.iter().flat_map(|&row| &values[row * classes..(row + 1) * classes]).copied().collect(),
            classes,
            codes: kept.iter().map(|&row| codes[row]).collect(),
            weights: kept.iter().map(|&row| weight(row)).collect(),
        })
    }

    /// Do two classes occur?
    fn check_classes(&self) -> Result<(), Failure> {
        if self.codes.iter().any(|code| *code != self.codes[0]) {
            return Ok(());
        }
        Err(Failure::new(code::ONE_CLASS, "the rows are all of one class: two are needed"))
    }

    fn rows(&self) -> impl Iterator<Item = (&[f64], usize, f64)> {
        let rows = self.probabilities.chunks_exact(self.classes).zip(&self.codes).zip(&self.weights);
        rows.map(|((row, &code), &weight)| (row, code as usize, weight))
    }

    fn binary(&self, class: usize) -> Binary {
        Binary {
            probabilities: self.rows().map(|(row, _, _)| row[class]).collect(),
            is_class: self.rows().map(|(_, code, _)| code == class).collect(),
            weights: self.weights.clone(),
        }
    }
}

/// The probabilities of outputs, and the number of classes.
fn probabilities(outputs: &Outputs) -> Result<(&[f64], usize), Failure> {
    let Outputs::Probabilities { values, classes } = outputs else {
        return Err(Failure::new(code::WRONG_TASK, "the predictions are numbers, not probabilities of classes"));
    };
    // Sums of weights may be off 1 by their rounding.
    const ROUNDING: f64 = 1e-9;
    if let Some(place) = values.iter().position(|value| !(-ROUNDING..=1.0 + ROUNDING).contains(value)) {
        let failure = Failure::new(code::NON_FINITE, format!("a probability is {}", values[place]));
        return Err(failure.row((place / classes) as u64 + 1));
    }
    Ok((values, *classes))
}

/// A probability off 0 and 1, as for log loss.
fn clipped(probability: f64) -> f64 {
    probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

fn log_odds(probability: f64) -> f64 {
    let probability = clipped(probability);
    probability.ln() - (-probability).ln_1p()
}

#[cfg(test)]
mod tests;
