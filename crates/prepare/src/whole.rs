//! Steps that need all their training rows at once (neighbours, trees, out-of-fold codes), and what a step may know
//! besides rows.

use crate::State;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Schema, Table};
use pipewright_world::random::Key;
use std::sync::Arc;

/// What the target is to a step that learns with it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSpec {
    /// The column.
    pub target: Arc<str>,
    /// Its classes in sorted order, of two the second being the positive one; none where it holds numbers.
    pub classes: Option<Arc<[String]>>,
}

impl TargetSpec {
    /// The class of each row, as its position in `classes`.
    ///
    /// # Errors
    /// [`code::MISSING_VALUES`] with the row of a missing one; as [`Table::codes`].
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

    /// The number of each row.
    ///
    /// # Errors
    /// As [`Table::numbers`].
    pub fn numbers(&self, rows: &Table) -> Result<Vec<f64>, Failure> {
        rows.numbers(std::slice::from_ref(&self.target))
    }
}

/// What a step may know besides the rows that it learns from.
#[derive(Debug, Clone, PartialEq)]
pub struct FitContext {
    /// The target, for a step that learns with it.
    pub target_spec: Option<TargetSpec>,
    /// Where its random numbers come from.
    pub key: Key,
}

impl FitContext {
    /// The target.
    ///
    /// # Errors
    /// [`code::NO_TARGET`] where there is none.
    pub fn target_spec(&self) -> Result<&TargetSpec, Failure> {
        let missing = || Failure::new(code::NO_TARGET, "this learns with the target, and there is none");
        self.target_spec.as_ref().ok_or_else(|| missing().help("name it: target NAME"))
    }
}

/// The configuration of a step that learns from all rows of a table at once.
pub trait TableEstimator: Send + Sync {
    /// What it has learned.
    type State: State;

    /// The schema that the state's `apply` will yield; what only the rows can say is an open group.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that it cannot take.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Learns.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn fit(&self, rows: &Table, context: &FitContext) -> Result<Self::State, Failure>;

    /// Do the rows that it learns from become something else than the state makes of any rows: out-of-fold codes, or
    /// fewer rows?
    fn treats_training_apart(&self) -> bool {
        false
    }

    /// What the rows that `state` was learned from become.
    ///
    /// # Errors
    /// As [`TableEstimator::fit`].
    fn apply_training(&self, state: &Self::State, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let _ = context;
        state.apply(rows)
    }
}
