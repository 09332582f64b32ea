//! Forms of work, which the planner schedules and the engine runs without knowing verbs.
//!
//! Rows are [`Data`]; predictions are [`Predictions`]: probabilities per class, or numbers. Results are [`Output`]s.

mod adjust;
mod consumer;
mod evaluate;
mod exam;
mod explain;
mod search;
mod source;

use crate::result::Output;
use crate::{ArgumentError, Data, Effect, Environment, FittedPipeline, Footprint, Preparation, Task};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Chunks, Column, Complete, FitContext, Schema, Table};
use pipewright_learn::Predictions;
use pipewright_world::random::Key;
use std::fmt;
use std::sync::Arc;

pub use adjust::{Adjust, Adjusted, Adjustment, AdjustmentKind};
pub use consumer::{Consumer, Given};
pub use evaluate::{Amendment, Counts, Evaluator, HeldOut, Round, Splitter};
pub use exam::{Exam, Holdout, Sitting};
pub use explain::{Explain, RoundModel, RoundRows};
pub use search::{Choose, Course, Pool, Race, Rung, Search};
pub use source::{Pushdown, Sketch, Source};

/// A stage bound to its arguments.
#[derive(Debug, Clone)]
pub enum Bound {
    /// Produces a table.
    Source(Arc<dyn Source>),
    /// Transforms a table without learning.
    Rows(Arc<dyn Rows>),
    /// Combines two tables.
    Combine(Arc<dyn Combine>),
    /// A transformer: fitted on rows, applied to rows.
    Step(Arc<dyn Step>),
    /// Trains a model.
    Training(Arc<dyn Training>),
    /// Adjusts the predictions of the model above it.
    Adjust(Arc<dyn Adjust>),
    /// Evaluates the pipeline above it.
    Evaluator(Arc<dyn Evaluator>),
    /// Inspects a table and passes it on.
    Inspect(Arc<dyn Inspect>),
    /// Uses the results so far.
    Consumer(Arc<dyn Consumer>),
    /// Saves the final fit.
    ModelSink(Arc<dyn ModelSink>),
    /// Saves the fitted steps above it.
    Freeze(Arc<dyn Freeze>),
    /// Opens branches, whose stages the planner expands.
    Fork,
    /// Decides between versions of the stages above it.
    Search(Arc<dyn Search>),
    /// Explains the models of the evaluation above it.
    Explain(Arc<dyn Explain>),
    /// Sets rows apart.
    Holdout(Arc<dyn Holdout>),
    /// Judges the pipeline above it on rows that were set apart.
    Exam(Arc<dyn Exam>),
}

impl Bound {
    /// Returns its footprint for the planner; `verb` is the effect that the verb declares.
    #[must_use]
    pub fn footprint(&self, verb: Effect) -> Footprint {
        match self {
            Bound::Rows(rows) => rows.footprint(verb),
            Bound::Step(step) => step.footprint(verb),
            Bound::Combine(combine) => combine.footprint(verb),
            _ => Footprint::of(verb),
        }
    }
}

/// Transforms a table without learning.
pub trait Rows: Send + Sync {
    /// Returns the columns of the rows that a saved pipeline was fitted on.
    fn expects(&self) -> &[Column] {
        &[]
    }

    /// Returns its footprint for the planner; `verb` is the effect that the verb declares.
    fn footprint(&self, verb: Effect) -> Footprint;

    /// Returns the schema of its result.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of the wrong kind.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Computes the result.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn apply(&self, table: &Table, key: Key, progress: &dyn Progress) -> Result<Table, Failure>;
}

/// Combines the table of a pipeline with a second one.
pub trait Combine: Send + Sync {
    /// Returns its footprint for the planner, without that of the second table.
    fn footprint(&self, verb: Effect) -> Footprint;

    /// Returns the schema of its result.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or does not match.
    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure>;

    /// Prepares the transformation of a pipeline's rows, given the second table.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure>;
}

/// A transformer: fitted on training rows, applied to any rows.
pub trait Step: Send + Sync {
    /// Returns its footprint for the planner; `verb` is the effect declared by the verb, which arguments may override.
    fn footprint(&self, verb: Effect) -> Footprint;

    /// Returns the schema of its output.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that it does not accept.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Fits it on rows.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure>;

    /// Returns the step for rows of which these columns miss no value, if that changes what it does; `None` if not.
    fn knowing(&self, complete: &Complete) -> Option<Arc<dyn Step>> {
        let _ = complete;
        None
    }
}

/// The result of fitting a step.
#[derive(Clone)]
pub struct Learned {
    /// The transformation of any rows.
    pub state: Arc<dyn Fitted>,
    /// The transformation of the training rows, if it differs: out-of-fold codes, fewer rows.
    pub training: Option<ForTraining>,
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Learned")
            .field("state", &self.state)
            .field("training", &self.training.is_some())
            .finish_non_exhaustive()
    }
}

/// What becomes of the rows that a step was fitted on.
pub type ForTraining = Arc<dyn Fn(&Table) -> Result<Table, Failure> + Send + Sync>;

impl Learned {
    /// Creates the result for a state that is applied to all rows alike.
    #[must_use]
    pub fn new(state: Arc<dyn Fitted>) -> Learned {
        Learned { state, training: None }
    }

    /// Transforms the rows that it was fitted on.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    pub fn training_rows(&self, rows: Table) -> Result<Table, Failure> {
        match &self.training {
            Some(training) => training(&rows),
            None => self.state.apply_owned(rows),
        }
    }
}

/// Requirements of a fitted step on its input.
#[derive(Debug, Clone, PartialEq)]
pub struct Needs {
    /// Is each row transformed independently of other rows, so that it can run chunk by chunk?
    pub by_row: bool,
    /// The columns that it reads by name, of any role: they are required.
    pub reads: Vec<Arc<str>>,
    /// The columns that it drops without reading them: they are optional.
    pub drops: Dropped,
}

/// Columns that a fitted step drops without reading them.
#[derive(Debug, Clone, PartialEq)]
pub enum Dropped {
    /// These.
    Columns(Vec<Arc<str>>),
    /// Every column.
    All,
}

impl Needs {
    /// The needs of a row-by-row step that finds its columns by name, and drops none unread.
    #[must_use]
    pub fn by_row() -> Needs {
        Needs { by_row: true, reads: Vec::new(), drops: Dropped::Columns(Vec::new()) }
    }
}

/// A fitted step.
pub trait Fitted: Send + Sync {
    /// Returns its requirements on the input.
    fn needs(&self) -> Needs;

    /// Applies it to rows.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    fn apply(&self, rows: &Table) -> Result<Table, Failure>;

    /// As [`Fitted::apply`], but consumes the rows, so that their memory can be reused.
    ///
    /// # Errors
    /// As [`Fitted::apply`].
    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.apply(&rows)
    }

    /// Returns the learned state as a small table.
    fn show(&self) -> Table;

    /// The name of its kind of state in bundles: that of one of the verb's [`StateKind`](crate::StateKind)s.
    fn tag(&self) -> &'static str;

    /// Plain data from which the [`StateKind`](crate::StateKind) makes it again.
    fn save(&self) -> serde_json::Value;

    /// Notes.
    fn notices(&self) -> Vec<Failure> {
        Vec::new()
    }

    /// Returns notes on values of new rows that it treats as nothing it has learned.
    fn remarks(&self, rows: &Table) -> Vec<Failure> {
        let _ = rows;
        Vec::new()
    }
}

/// What a model accepts besides complete numeric features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepts {
    /// Missing values.
    pub missing: bool,
    /// Categories and text.
    pub categories: bool,
    /// Dates and times of day.
    pub dates: bool,
}

/// A model bound to its arguments, before the target is known.
pub trait Training: Send + Sync {
    /// Returns the label of the model in reports: `mlp[64,32,1]`.
    fn label(&self) -> String;

    /// Does the model treat a numeric target with `distinct` values as classes? `None` if the model has no
    /// preference.
    fn wants_classes(&self, distinct: usize) -> Option<bool>;

    /// Returns what it accepts besides numbers; an implied stage encodes the rest.
    fn accepts(&self) -> Accepts;

    /// Returns options, with values, that it derives from the task if the script does not give them.
    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        let _ = task;
        Vec::new()
    }

    /// Splits off validation rows from the training rows, if the model needs some: the test rows of the single round.
    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        None
    }

    /// Returns the learner for a task.
    ///
    /// # Errors
    /// An [`ArgumentError`] if an argument does not fit the task.
    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError>;

    /// Returns its own seed, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }

    /// Returns the training that goes on from the model of a saved pipeline.
    ///
    /// # Errors
    /// An [`ArgumentError`] of `warm_start` if it cannot be continued.
    fn continued(&self, saved: &FittedPipeline) -> Result<Arc<dyn Training>, ArgumentError> {
        let _ = saved;
        let message = format!("`{}` cannot be continued", self.label());
        Err(ArgumentError::of("warm_start", code::BAD_VALUE, message))
    }

    /// Does it go on from a saved model, which may have seen any row?
    fn is_continued(&self) -> bool {
        false
    }
}

/// Fits a model.
pub trait Learner: Send + Sync {
    /// Trains on rows.
    ///
    /// # Errors
    /// A [`Failure`] if the rows are unsuitable or training diverges.
    fn fit(
        &self,
        train: &Data,
        validation: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure>;
}

/// A trained model.
pub trait FittedModel: Send + Sync {
    /// Predicts every row: a probability per class of the task, or a number.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or has unsuitable values.
    fn predict(&self, rows: &Table) -> Result<Predictions, Failure>;

    /// Do its predictions have regions (intervals or sets) of conformal prediction?
    fn is_conformal(&self) -> bool {
        false
    }

    /// The levels of the quantiles that its predictions have, ascending; empty without quantiles.
    fn levels(&self) -> &[f64] {
        &[]
    }

    /// What was learned, as a table: coefficients per feature, the layers of a network.
    fn show(&self) -> Table;

    /// Plain data from which the model's `load` makes it again.
    fn save(&self) -> serde_json::Value;
}

/// Inspects rows and passes them on.
pub trait Inspect: Send + Sync {
    /// Inspects rows.
    ///
    /// # Errors
    /// A [`Failure`] if its output cannot be written.
    fn inspect(&self, rows: &Data, environment: &Environment) -> Result<Output, Failure>;
}

/// Saves the final fit.
pub trait ModelSink: Send + Sync {
    /// Saves it.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be written.
    fn store(&self, pipeline: &Arc<FittedPipeline>, environment: &Environment) -> Result<Output, Failure>;
}

/// Saves fitted steps, without a model.
pub trait Freeze: Send + Sync {
    /// Saves them.
    ///
    /// # Errors
    /// A [`Failure`] if they cannot be written.
    fn freeze(&self, preparation: &Preparation, environment: &Environment) -> Result<Output, Failure>;
}
