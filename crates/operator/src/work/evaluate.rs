//! Splits of rows, and evaluations on them.

use super::Learner;
use crate::result::{Evaluation, FoldResult};
use crate::{ArgumentError, Task, Value};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_learn::Predictions;
use pipewright_world::random::Key;
use std::sync::Arc;

/// A split of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The training rows, ascending.
    pub train: Arc<[u32]>,
    /// The held-out rows, ascending.
    pub test: Arc<[u32]>,
}

/// Splits rows.
pub trait Splitter: Send + Sync {
    /// Returns the number of rounds.
    fn rounds(&self) -> usize;

    /// Are this many rows enough? Asked before the rounds are planned, which takes time and memory for each.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows.
    fn check_rows(&self, rows: usize) -> Result<(), Failure> {
        let _ = rows;
        Ok(())
    }

    /// Splits the rows.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows.
    fn split(&self, rows: &Table, task: &Task, key: Key, progress: &dyn Progress) -> Result<Vec<Round>, Failure>;

    /// Does it need the features, and not only the target and the columns with roles?
    fn needs_features(&self) -> bool {
        false
    }

    /// Reports what in the rows may make scores too good: equal rows on both sides, features that tell the target.
    fn examine(&self, rows: &Table, rounds: &[Round], progress: &dyn Progress) {
        let _ = (rows, rounds, progress);
    }
}

/// Splits rows, scores the rounds, and combines the scores to an evaluation.
pub trait Evaluator: Splitter {
    /// Checks metrics and scheme against the task, before anything is fitted.
    ///
    /// # Errors
    /// An [`ArgumentError`] naming the argument.
    fn check(&self, task: &Task) -> Result<(), ArgumentError>;

    /// Returns an argument that the columns of the rows, or their numbers if they are known, override; `None` to keep the
    /// script's arguments.
    fn amended(&self, columns: &Schema, counts: Option<Counts>) -> Option<Amendment> {
        let _ = (columns, counts);
        None
    }

    /// Returns the column by whose values it scores groups of rows apart, if it does.
    fn by(&self) -> Option<&Arc<str>> {
        None
    }

    /// Returns options, with values, that it derives from the task if the script does not give them.
    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        let _ = task;
        Vec::new()
    }

    /// Does it evaluate later rows by earlier ones?
    fn in_order(&self) -> bool {
        false
    }

    /// Does it shuffle the rows?
    fn shuffles(&self) -> bool {
        true
    }

    /// Returns the baseline: a learner that ignores the features.
    fn baseline(&self, task: &Task) -> Arc<dyn Learner>;

    /// Scores a round.
    ///
    /// # Errors
    /// A [`Failure`] if truth and predictions do not match.
    fn score(&self, held_out: HeldOut<'_>, task: &Task) -> Result<FoldResult, Failure>;

    /// Combines the results of all rounds to an evaluation.
    fn evaluation(&self, results: Vec<FoldResult>, model: &str, task: &Task, seed: u64) -> Evaluation;

    /// Returns its own seed, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

/// Numbers that depend on the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The number of rows.
    pub rows: usize,
    /// The number of groups, if a column has the role group.
    pub groups: Option<usize>,
}

/// An argument that overrides the script.
#[derive(Debug, Clone)]
pub struct Amendment {
    /// The name of the parameter.
    pub name: &'static str,
    /// The overriding value.
    pub value: Value,
    /// The diagnostic that says so, and why, if the script can be read otherwise.
    pub notice: Option<Failure>,
}

/// The held-out rows of a round, with their predictions, for scoring.
#[derive(Debug, Clone)]
pub struct HeldOut<'a> {
    /// Index of the round.
    pub round: usize,
    /// Indices of the held-out rows in the table that was split, ascending.
    pub rows: Arc<[u32]>,
    /// The number of training rows.
    pub training: usize,
    /// The target of the held-out rows, and the columns whose roles matter for scoring.
    pub truth: &'a Table,
    /// Predictions of the model.
    pub predictions: Predictions,
    /// Predictions of the baseline.
    pub baseline: Predictions,
}
