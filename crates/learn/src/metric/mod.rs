//! Metrics of predictions: a table of metrics, each with its formula and its domain.
//!
//! Values agree with scikit-learn. Where a metric is not defined on the given rows, so that scikit-learn warns, raises
//! or returns a number by convention, the result is [`Undefined`] with the reason, never a NaN or a meaningless number.
//!
//! ```
//! use pipewright_learn::{Judged, Outputs, Target, metric};
//! let (truth, outputs) = (Target::Numbers(vec![1.0, 2.0, 3.0]).into(), Outputs::Numbers(vec![1.0, 2.0, 6.0]));
//! let judged = Judged::new(&truth, &outputs);
//! assert_eq!(metric::RMSE.score(&judged), Ok(3.0_f64.sqrt()));
//! assert!(metric::AUC.score(&judged).is_err());
//! ```

mod alias;
mod calibration;
mod confusion;
pub mod curve;
mod judged;
mod number;
mod probability;
mod ranking;
mod region;
mod table;

pub use alias::{ALIASES, alias};
pub use calibration::{Bin, Bins, BrierParts, brier_parts, calibration};
pub use confusion::{ClassReport, Confusion, Counts, confusion};
pub use judged::Judged;
pub use table::*;

use crate::data::Target;
use std::fmt;

/// A metric: a function of true values and predictions.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name in scripts and tables.
    pub name: &'static str,
    /// The formula and its conventions, in a sentence or two.
    pub doc: &'static str,
    /// Whether higher or lower is better.
    pub better: Better,
    /// The kind of target.
    pub task: Task,
    rule: Rule,
}

/// How a metric is computed.
#[derive(Debug, Clone, Copy)]
enum Rule {
    Plain(fn(&Judged<'_>) -> Result<f64, Undefined>),
    /// With a number, such as the level of a quantile.
    At {
        parameter: f64,
        is_valid: fn(f64) -> bool,
        rule: fn(&Judged<'_>, f64) -> Result<f64, Undefined>,
    },
}

/// Whether higher or lower scores are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
}

/// The kind of target of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Classes.
    Classes,
    /// Numbers.
    Numbers,
}

/// The reason why a metric is undefined on these rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined(pub String);

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "undefined ({})", self.0)
    }
}

impl std::error::Error for Undefined {}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parameter() {
            None => f.write_str(self.name),
            Some(parameter) => write!(f, "{}({parameter})", self.name),
        }
    }
}

impl Metric {
    /// Finds a metric by name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// Returns the number that the metric depends on, such as the level of [`PINBALL`]; `None` if there is none.
    #[must_use]
    pub fn parameter(&self) -> Option<f64> {
        match self.rule {
            Rule::Plain(_) => None,
            Rule::At { parameter, .. } => Some(parameter),
        }
    }

    /// The metric with another number. `None` if it has none, or if it has no such value.
    ///
    /// ```
    /// use pipewright_learn::metric;
    /// let upper = metric::PINBALL.at(0.9).unwrap();
    /// assert_eq!((upper.parameter(), upper.to_string().as_str()), (Some(0.9), "pinball(0.9)"));
    /// assert!(metric::PINBALL.at(1.5).is_none() && metric::MAE.at(0.9).is_none());
    /// ```
    #[must_use]
    pub fn at(mut self, number: f64) -> Option<Metric> {
        let Rule::At { parameter, is_valid, .. } = &mut self.rule else { return None };
        *parameter = number;
        is_valid(number).then_some(self)
    }

    /// Is score `a` better than score `b`?
    #[must_use]
    pub fn prefers(&self, a: f64, b: f64) -> bool {
        match self.better {
            Better::Higher => a > b,
            Better::Lower => a < b,
        }
    }

    /// How much better score `a` is than score `b`: above 0 if it is better.
    #[must_use]
    pub fn gain(&self, a: f64, b: f64) -> f64 {
        match self.better {
            Better::Higher => a - b,
            Better::Lower => b - a,
        }
    }

    /// Returns the lowest and the highest value that the metric can have.
    ///
    /// ```
    /// use pipewright_learn::metric;
    /// assert_eq!(metric::ACCURACY.range(), (0.0, 1.0));
    /// assert_eq!(metric::RMSE.range(), (0.0, f64::INFINITY));
    /// assert_eq!(metric::R2.range(), (f64::NEG_INFINITY, 1.0));
    /// ```
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        const CORRELATIONS: [&str; 5] = [MCC.name, KAPPA.name, KAPPA_QUADRATIC.name, PEARSON.name, SPEARMAN.name];
        const SHARES_OF_VARIANCE: [&str; 5] =
            [R2.name, EXPLAINED_VARIANCE.name, D2_PINBALL.name, D2_ABSOLUTE.name, D2_TWEEDIE.name];
        match (self.better, self.task) {
            _ if [LIFT.name, SET_SIZE.name].contains(&self.name) => (0.0, f64::INFINITY),
            _ if self.name == COVERAGE.name => (0.0, 1.0),
            (Better::Lower, Task::Numbers) => (0.0, f64::INFINITY),
            (Better::Lower, Task::Classes) if self.name == LOG_LOSS.name => (0.0, f64::INFINITY),
            (Better::Lower, Task::Classes) if self.name == BRIER.name => (0.0, 2.0),
            _ if CORRELATIONS.contains(&self.name) => (-1.0, 1.0),
            _ if SHARES_OF_VARIANCE.contains(&self.name) => (f64::NEG_INFINITY, 1.0),
            _ => (0.0, 1.0),
        }
    }

    /// Computes the score. The value is finite.
    ///
    /// # Errors
    /// [`Undefined`] if the metric has no value: no rows (or none with a weight above 0), a single class, a constant
    /// target, an output that is not finite, or a target of the other kind.
    pub fn score(&self, judged: &Judged<'_>) -> Result<f64, Undefined> {
        judged.check_outputs()?;
        let kind = match self.task {
            Task::Classes => judged.classes().is_none().then_some("classes"),
            Task::Numbers => judged.numbers().is_none().then_some("numbers"),
        };
        if let Some(kind) = kind {
            return Err(Undefined(format!("{} judges {kind}", self.name)));
        }
        if matches!(judged.truth(), Target::Numbers(truth) if !truth.iter().all(|value| value.is_finite())) {
            return Err(undefined("a true value is not a finite number"));
        }
        let score = match self.rule {
            Rule::Plain(rule) => rule(judged)?,
            Rule::At { parameter, rule, .. } => rule(judged, parameter)?,
        };
        if score.is_finite() { Ok(score) } else { Err(undefined("the errors overflow")) }
    }
}

pub(crate) fn undefined(reason: &str) -> Undefined {
    Undefined(reason.to_owned())
}

#[cfg(test)]
mod tests;
