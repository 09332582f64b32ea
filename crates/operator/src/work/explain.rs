//! Explanations of the models of an evaluation: each says of its held-out rows why it predicts what it predicts.

use super::{Fitted, FittedModel};
use crate::result::Explained;
use crate::{ArgumentError, Task};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::Table;
use pipewright_learn::{Outputs, Predictions};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Explains the models of an evaluation.
pub trait Explain: Send + Sync {
    /// Checks it against the task, before anything is fitted.
    ///
    /// # Errors
    /// An [`ArgumentError`] if it does not fit the task.
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        let _ = task;
        Ok(())
    }

    /// Explains the model of one round.
    ///
    /// # Errors
    /// A [`Failure`] if the rows are unsuitable.
    fn explain(
        &self,
        model: &RoundModel,
        rows: &RoundRows<'_>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Explained, Failure>;

    /// Combines the explanations of all rounds.
    ///
    /// # Errors
    /// A [`Failure`] if they do not fit together.
    fn combine(&self, rounds: Vec<Explained>) -> Result<Explained, Failure>;
}

/// The rows of a round, as they are above the first stage that learns.
#[derive(Debug)]
pub struct RoundRows<'a> {
    /// The rows that everything was fitted on.
    pub training: &'a Table,
    /// The rows that are held out.
    pub held_out: &'a Table,
    /// Their indices in the table that was split.
    pub indices: Arc<[u32]>,
    /// The number of rounds of the evaluation.
    pub rounds: usize,
}

impl RoundRows<'_> {
    /// The places of a row of the table among those held out: one, or none.
    #[must_use]
    pub fn places_of(&self, row: u64) -> Vec<u32> {
        (0..).zip(self.indices.iter()).filter(|(_, index)| u64::from(**index) == row).map(|(place, _)| place).collect()
    }
}

/// What was fitted in a round: the steps that learn, and the model.
#[derive(Debug)]
pub struct RoundModel {
    steps: Vec<Arc<dyn Fitted>>,
    model: Arc<dyn FittedModel>,
    task: Task,
}

impl RoundModel {
    /// Creates it from its parts.
    #[must_use]
    pub fn new(steps: Vec<Arc<dyn Fitted>>, model: Arc<dyn FittedModel>, task: Task) -> RoundModel {
        RoundModel { steps, model, task }
    }

    /// The target and its classes.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The model without the steps before it.
    #[must_use]
    pub fn model(&self) -> &dyn FittedModel {
        self.model.as_ref()
    }

    /// Rows as the model takes them.
    ///
    /// # Errors
    /// Those of the steps.
    pub fn transformed(&self, rows: &Table) -> Result<Table, Failure> {
        let Some((first, rest)) = self.steps.split_first() else { return Ok(rows.clone()) };
        rest.iter().try_fold(first.apply(rows)?, |rows, step| step.apply_owned(rows))
    }

    /// Predicts rows as they are above the first stage that learns.
    ///
    /// # Errors
    /// Those of the steps and of the model.
    pub fn predict(&self, rows: &Table) -> Result<Predictions, Failure> {
        self.model.predict(&self.transformed(rows)?)
    }

    /// What the model says about such rows, without what was decided from it.
    ///
    /// # Errors
    /// As [`RoundModel::predict`].
    pub fn outputs(&self, rows: &Table) -> Result<Outputs, Failure> {
        Ok(self.predict(rows)?.outputs)
    }
}
