//! The final exam: a holdout sets rows apart before anything is learned, and an exam judges a pipeline on them, once.

use super::Evaluator;
use crate::Environment;
use crate::result::Evaluation;
use pipewright_diagnostic::Failure;
use pipewright_frame::Table;
use std::sync::Arc;

/// Sets rows apart. The stages below it see the others.
pub trait Holdout: Send + Sync {
    /// The name of the rows that it sets apart.
    fn name(&self) -> &str;

    /// Splits the rows: a single round, whose test rows are set apart.
    fn split(&self) -> Arc<dyn Evaluator>;
}

/// Judges the pipeline above it on the rows that a holdout has set apart.
pub trait Exam: Send + Sync {
    /// The name of the holdout.
    fn holdout(&self) -> &str;

    /// Scores the predictions for its rows.
    fn judge(&self) -> Arc<dyn Evaluator>;

    /// May the pipeline take the exam? Asked before anything is fitted.
    ///
    /// # Errors
    /// [`SPENT_HOLDOUT`](pipewright_diagnostic::code::SPENT_HOLDOUT) if another pipeline has taken it; a [`Failure`] if
    /// the ledger cannot be read.
    fn admit(&self, sitting: &Sitting, environment: &Environment) -> Result<(), Failure>;

    /// Records the verdict, and returns how many pipelines have taken the exam.
    ///
    /// # Errors
    /// A [`Failure`] if the ledger cannot be written.
    fn record(&self, sitting: &Sitting, verdict: &Evaluation, environment: &Environment) -> Result<usize, Failure>;
}

/// A pipeline that takes an exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// A hash of the rows that were set apart: their places and their target.
    pub rows: String,
    /// A hash of everything that the predictions depend on besides the rows.
    pub plan: String,
    /// The script of the pipeline, with every implied step written out.
    pub script: String,
}

impl Sitting {
    /// The sitting for the rows in these places of a table, with their target.
    #[must_use]
    pub fn new(places: &[u32], target: &Table, plan: String, script: String) -> Sitting {
        let mut hash = crate::data::Hash::default();
        places.iter().for_each(|place| hash.update(&place.to_le_bytes()));
        pipewright_frame::csv::write(target, &mut hash).expect("a hash takes all bytes");
        Sitting { rows: hash.hexadecimal(), plan, script }
    }
}
