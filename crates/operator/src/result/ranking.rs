//! The result of a comparison: evaluations on the same folds, ranked by a metric.

use pipewright_learn::compare::{Interval, Posterior, Verdict};

/// Evaluations on the same folds, from the best to the worst by the mean of a metric.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Ranking {
    /// The metric.
    pub metric: &'static str,
    /// Half the width of the region of practical equivalence: gains below it do not matter.
    pub rope: f64,
    /// The number of folds that are compared pairwise; 1 for a holdout.
    pub folds: usize,
    /// The evaluations, the best one first.
    pub entries: Vec<Entry>,
}

/// An evaluation in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name of the arm.
    pub arm: String,
    /// The label of the model.
    pub model: String,
    /// The mean of the metric over the folds.
    pub mean: f64,
    /// Its 95 % interval, if it has one.
    pub interval: Option<Interval>,
    /// How the best one compares with it; `None` for the best one itself.
    pub lead: Option<Lead>,
}

/// How the best evaluation compares with another one, on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// The gain of the best one, with its 95 % interval; above 0 if it is better.
    pub gain: Interval,
    /// The p-value of no gain, corrected for the overlap of training rows and, by Holm, for several comparisons; `None`
    /// for a holdout.
    pub p_value: Option<f64>,
    /// The probabilities that the best one is worse, equivalent or better; `None` for a holdout.
    pub posterior: Option<Posterior>,
    /// What that says of the best one.
    pub verdict: Verdict,
}

impl Ranking {
    /// Creates a comparison of these evaluations, the best one first.
    #[must_use]
    pub fn new(metric: &'static str, rope: f64, folds: usize, entries: Vec<Entry>) -> Ranking {
        Ranking { metric, rope, folds, entries }
    }
}
