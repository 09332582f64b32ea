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

mod confusion;
mod judged;
mod number;
mod probability;
mod table;

pub use confusion::{Confusion, confusion};
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
    rule: fn(&Judged<'_>) -> Result<f64, Undefined>,
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

impl Metric {
    /// Finds a metric by name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.name == name)
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

    /// Computes the score. The value is finite.
    ///
    /// # Errors
    /// [`Undefined`] if the metric has no value: no rows (or none with a weight above 0), a single class, a constant
    /// target, an output that is not finite, or a target of the other kind.
    pub fn score(&self, judged: &Judged<'_>) -> Result<f64, Undefined> {
        if judged.rows() == 0 {
            return Err(undefined("there are no rows"));
        }
        let all_finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if !all_finite(judged.outputs().values()) {
            return Err(undefined("an output is not a finite number"));
        }
        let kind = match self.task {
            Task::Classes => judged.classes().is_none().then_some("classes"),
            Task::Numbers => judged.numbers().is_none().then_some("numbers"),
        };
        if let Some(kind) = kind {
            return Err(Undefined(format!("{} judges {kind}", self.name)));
        }
        if matches!(judged.truth(), Target::Numbers(truth) if !all_finite(truth)) {
            return Err(undefined("a true value is not a finite number"));
        }
        let score = (self.rule)(judged)?;
        if score.is_finite() { Ok(score) } else { Err(undefined("the errors overflow")) }
    }
}

pub(crate) fn undefined(reason: &str) -> Undefined {
    Undefined(reason.to_owned())
}

#[cfg(test)]
mod tests;
