//! The result of a search: the candidates, their inner evaluations, and the winner.

use super::{Evaluation, Measured};
use crate::Task;
use pipewright_learn::metric::{Better, Metric, Undefined};

/// The values that make a candidate, by their names, as a script would write them.
pub type Values = Vec<(String, String)>;

/// A search on all rows: its trials, and which candidate won.
///
/// The score of the winner is the best of several, so it is too good as an estimate for new rows; an evaluation that
/// nests the search tells that.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tuning {
    /// The name of the arm, if the script compares several.
    pub arm: Option<String>,
    /// How it searches: `random 40`.
    pub search: String,
    /// The target and, for classification, its classes.
    pub task: Task,
    /// The metric that decides.
    pub metric: &'static str,
    /// Whether higher or lower is better.
    pub better: Better,
    /// The trials, rung by rung, in the order of the candidates.
    pub trials: Vec<Trial>,
    /// The candidate that won, by its index among all candidates.
    pub winner: usize,
    /// The number of trials that were skipped when the time was up.
    pub skipped: usize,
}

/// The inner evaluation of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Index of the candidate.
    pub candidate: usize,
    /// The values that make it.
    pub values: Values,
    /// The label of its model.
    pub model: String,
    /// The share of the training rows on which it was evaluated.
    pub share: f64,
    /// The metric on each inner fold.
    pub folds: Vec<Measured>,
}

impl Trial {
    /// Creates the trial of a candidate from its evaluation.
    ///
    /// # Panics
    /// If the evaluation does not have the metric.
    #[must_use]
    pub fn of(candidate: usize, values: Values, share: f64, evaluation: &Evaluation, metric: &str) -> Trial {
        let scored = evaluation.metric(metric).expect("an inner evaluation has the metric that decides");
        let folds = scored.folds().into_iter().cloned().collect();
        Trial { candidate, values, model: evaluation.model.clone(), share, folds }
    }

    /// Returns the mean over the folds; undefined if it is undefined on one of them.
    ///
    /// # Errors
    /// The reason on the first fold where it is undefined.
    pub fn mean(&self) -> Result<f64, Undefined> {
        let values: Result<Vec<f64>, &Undefined> = self.folds.iter().map(|fold| fold.as_ref().copied()).collect();
        let values = values.map_err(Undefined::clone)?;
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }
}

impl Tuning {
    /// Creates the result of a search from its trials.
    #[must_use]
    pub fn new(search: String, task: Task, metric: &'static Metric, trials: Vec<Trial>, winner: usize) -> Tuning {
        Tuning { arm: None, search, task, metric: metric.name, better: metric.better, trials, winner, skipped: 0 }
    }

    /// Names the arm in which it searched.
    #[must_use]
    pub fn in_arm(self, arm: Option<String>) -> Tuning {
        Tuning { arm, ..self }
    }

    /// Returns the trials from the best to the worst: those on more rows first, undefined ones last.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        let key = |trial: &Trial| match (trial.mean(), self.better) {
            (Ok(mean), Better::Higher) => -mean,
            (Ok(mean), Better::Lower) => mean,
            (Err(_), _) => f64::INFINITY,
        };
        trials.sort_by(|one, other| other.share.total_cmp(&one.share).then(key(one).total_cmp(&key(other))));
        trials
    }

    /// Returns the last trial of the winner.
    #[must_use]
    pub fn best(&self) -> Option<&Trial> {
        self.trials.iter().rev().find(|trial| trial.candidate == self.winner)
    }
}
