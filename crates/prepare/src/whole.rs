//! Steps that need all training rows at once (neighbours, trees, out-of-fold codes), and their fit context.

use crate::State;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Schema, Table};
use pipewright_world::random::Key;
use std::sync::Arc;

/// The target of a step that learns with it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSpec {
    /// The column.
    pub target: Arc<str>,
    /// Its classes in sorted order; the second of two is the positive one. `None` if it holds numbers.
    pub classes: Option<Arc<[String]>>,
}

impl TargetSpec {
    /// Returns the class of each row, as its index in `classes`.
    ///
    /// # Errors
    /// [`code::MISSING_VALUES`] with the row of a missing value; as [`Table::codes`].
    ///
    /// # Panics
    /// If the target holds numbers.
    pub fn codes(&self, rows: &Table) -> Result<Vec<u32>, Failure> {
        let classes = self.classes.as_deref().expect("the target has classes");
        let codes = rows.codes(&self.target, classes)?;
        let present = |(row, code): (usize, Option<u32>)| {
            code.ok_or_else(|| {
                let message = format!("a value is missing in the target `{}`", self.target);
                Failure::new(code::MISSING_VALUES, message).column(&*self.target).row(row as u64 + 1)
            })
        };
        codes.into_iter().enumerate().map(present).collect()
    }

    /// Returns the number of each row.
    ///
    /// # Errors
    /// As [`Table::numbers`].
    pub fn numbers(&self, rows: &Table) -> Result<Vec<f64>, Failure> {
        rows.numbers(std::slice::from_ref(&self.target))
    }
}

/// Context of a fit besides the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct FitContext {
    /// The target, for a step that learns with it.
    pub target_spec: Option<TargetSpec>,
    /// Source of its random numbers.
    pub key: Key,
}

impl FitContext {
    /// Returns the target.
    ///
    /// # Errors
    /// [`code::NO_TARGET`] if there is none.
    pub fn target_spec(&self) -> Result<&TargetSpec, Failure> {
        let missing = || Failure::new(code::NO_TARGET, "this step needs a target, and there is none");
        self.target_spec.as_ref().ok_or_else(|| missing().help("name it: target NAME"))
    }
}

/// The configuration of an estimator that needs all rows of a table at once.
pub trait TableEstimator: Send + Sync {
    /// The fitted state.
    type State: State;

    /// Returns the output schema of the state's `apply`; columns that depend on the rows form an open group.
    ///
    /// # Errors
    /// A [`Failure`] naming a column that it does not support.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Fits the estimator.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn fit(&self, rows: &Table, context: &FitContext) -> Result<Self::State, Failure>;

    /// Are training rows transformed differently from other rows: out-of-fold codes, or fewer rows?
    fn treats_training_apart(&self) -> bool {
        false
    }

    /// Transforms the rows that `state` was fitted on.
    ///
    /// # Errors
    /// As [`TableEstimator::fit`].
    fn apply_training(&self, state: &Self::State, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let _ = context;
        state.apply(rows)
    }
}
