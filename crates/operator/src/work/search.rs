//! Searches: which candidates are tried, how they are judged, and which one wins.

use super::{Evaluator, Splitter};
use crate::result::Output;
use crate::{ArgumentError, Task};
use pipewright_diagnostic::Failure;
use pipewright_learn::Metric;
use pipewright_learn::search::{Point, Space};
use std::fmt;
use std::sync::Arc;

/// Ranks candidates by their evaluations.
pub trait Choose: Send + Sync {
    /// Returns the places of the candidates, the best one first.
    ///
    /// # Errors
    /// A [`Failure`] if none can be chosen.
    fn rank(&self, evaluations: &[Arc<Output>]) -> Result<Vec<usize>, Failure>;
}

/// Searches a space of hyper-parameters: which points are candidates, how each is judged, and which one wins.
pub trait Search: Choose {
    /// Returns the candidates, at most `most`.
    ///
    /// # Errors
    /// An [`ArgumentError`] for a space that it cannot search, or more candidates than that.
    fn candidates(&self, space: &Space, most: usize, seed: u64) -> Result<Vec<Point>, ArgumentError>;

    /// Returns the rungs that this many candidates climb: how many start on each, and on which share of the training
    /// rows they are evaluated. A single one evaluates all candidates on all rows.
    fn rungs(&self, candidates: usize) -> Vec<Rung> {
        vec![Rung { candidates, share: 1.0 }]
    }

    /// Returns a splitter with a single round, whose training rows are this share of the rows.
    fn share(&self, share: f64) -> Arc<dyn Splitter>;

    /// Returns the inner evaluation.
    fn judge(&self) -> Arc<dyn Evaluator>;

    /// Describes it for reports: `random 40`.
    fn label(&self) -> String;

    /// Returns the metric that decides, for a task.
    fn metric(&self, task: &Task) -> &'static Metric;

    /// Returns its own seed, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

impl fmt::Debug for dyn Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

/// A rung of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rung {
    /// The number of candidates on it.
    pub candidates: usize,
    /// The share of the training rows on which they are evaluated, above 0 and up to 1.
    pub share: f64,
}
