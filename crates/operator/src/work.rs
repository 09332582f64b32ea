//! The forms of work: what the planner arranges and the engine carries out, with no verb's name in sight.
//!
//! All of it speaks in tables. Predictions are a table too: one column of probabilities a class, named by the class,
//! or one column of numbers named [`PREDICTION`].

use crate::{Data, Effect, Fault, FittedPipeline, Surroundings, Task, Transform, Value};
use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{About, Chunks, Expression, Schema, Table};
use pipewright_world::random::Key;
use std::any::Any;
use std::sync::Arc;

/// The name of the one column of predicted numbers.
pub const PREDICTION: &str = "prediction";

/// A stage with its arguments, ready to work.
#[derive(Clone)]
pub enum Bound {
    /// Brings a table in.
    Source(Arc<dyn Source>),
    /// Makes another table of a table, learning nothing.
    Rows(Arc<dyn Rows>),
    /// Makes a table of two.
    Combine(Arc<dyn Combine>),
    /// Learns from rows and is applied to rows.
    Step(Arc<dyn Step>),
    /// Trains a model.
    Training(Arc<dyn Training>),
    /// Judges everything above it.
    Judge(Arc<dyn Judge>),
    /// Looks at a table and passes it on.
    Look(Arc<dyn Look>),
    /// Checks a condition on what is known so far.
    Check(Arc<dyn Check>),
    /// Takes the final fit out.
    Keep(Arc<dyn Keep>),
}

impl Bound {
    /// Its effect, where the arguments decide and not the verb alone.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        match self {
            Bound::Step(step) => step.effect(),
            _ => None,
        }
    }
}

/// What the head of some data says.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// Names, and likely kinds.
    pub schema: Schema,
    /// Was that all of it? Only then are the kinds certain.
    pub whole: bool,
    /// What is worth saying about it.
    pub notices: Vec<Failure>,
}

/// What the stages below a source want of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wanted {
    /// The only columns that they look at; all if it is not said.
    pub columns: Option<Arc<[Arc<str>]>>,
    /// Rows for which this is not true are left out further down anyway.
    pub filter: Option<Expression>,
}

/// Brings a table in.
pub trait Source: Send + Sync {
    /// What the head of the data says, without reading it all: `None` where there is nothing to look at yet.
    ///
    /// # Errors
    /// A [`Failure`] when the data is there but cannot be read.
    fn sketch(&self, surroundings: &Surroundings) -> Result<Option<Sketch>, Failure>;

    /// Reads it all, or as a stream where it is larger than memory may be; notices go to `watch`.
    ///
    /// # Errors
    /// A [`Failure`] with file and line.
    fn read(&self, wanted: &Wanted, surroundings: &Surroundings, watch: &dyn Watch) -> Result<Data, Failure>;
}

/// Makes another table of a table, learning nothing.
pub trait Rows: Send + Sync {
    /// The schema of what it makes.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of the wrong kind.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Makes it.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn apply(&self, table: &Table, key: Key, watch: &dyn Watch) -> Result<Table, Failure>;

    /// Is what it makes of some rows the same, whatever rows stand beside them? Then it works chunk by chunk.
    fn by_row(&self) -> bool {
        false
    }

    /// Does it only choose rows, and look at no values for that but those of [`Rows::reads`]?
    fn chooses(&self) -> bool {
        false
    }

    /// The number of rows at the start that are all it looks at, if there is such a number.
    fn first_rows(&self) -> Option<usize> {
        None
    }

    /// The condition that every row that it keeps fulfils, if that is what it is for.
    fn condition(&self) -> Option<&Expression> {
        None
    }

    /// A note on rows that it leaves out, where they deserve one.
    fn left_out(&self, rows: usize) -> Option<Failure> {
        let _ = rows;
        None
    }

    /// The columns whose values it looks at.
    fn reads(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// The target that it names, if naming it is what it is for.
    fn target(&self) -> Option<Arc<str>> {
        None
    }

    /// What models are to learn instead of the target itself, if naming the target is what it is for.
    fn transform(&self) -> Option<Transform> {
        None
    }
}

/// Makes a table of a pipeline's own and of another one.
pub trait Combine: Send + Sync {
    /// The schema of what it makes.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or does not fit.
    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure>;

    /// What it does to the own rows, now that the other ones are there.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure>;
}

/// Learns from rows.
pub trait Step: Send + Sync {
    /// The schema that its state will yield.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that it cannot take.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Does it only choose columns, and by their names alone?
    fn chooses(&self) -> bool {
        false
    }

    /// Its effect, where the arguments decide and not the verb alone.
    fn effect(&self) -> Option<Effect> {
        None
    }

    /// Does it look at rows behind the one that it is about?
    fn looks_ahead(&self) -> bool {
        false
    }

    /// The columns whose values it looks at by name, whatever their role.
    fn reads(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// Learns.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn fit(&self, rows: &dyn Chunks, about: &About) -> Result<Arc<dyn Fitted>, Failure>;

    /// Do the rows that it learns from become something else than the state makes of any rows: out-of-fold codes, or
    /// fewer rows?
    fn treats_training_apart(&self) -> bool {
        false
    }

    /// What the rows that `state` was learned from become.
    ///
    /// # Errors
    /// As [`Step::fit`].
    fn apply_training(&self, state: &dyn Fitted, rows: &Table, about: &About) -> Result<Table, Failure> {
        let _ = about;
        state.apply(rows)
    }
}

/// What a step has learned.
pub trait Fitted: Any + Send + Sync {
    /// Applies it to rows.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    fn apply(&self, rows: &Table) -> Result<Table, Failure>;

    /// As [`Fitted::apply`], of rows that are not needed any more: their memory may be used again.
    ///
    /// # Errors
    /// As [`Fitted::apply`].
    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.apply(&rows)
    }

    /// Is what it makes of some rows the same, whatever rows stand beside them? Then it works chunk by chunk.
    fn by_row(&self) -> bool {
        true
    }

    /// The columns that it looks at by name, whatever their role: rows cannot do without them.
    fn reads(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// What was learned, as a small table.
    fn show(&self) -> Table;

    /// Plain data from which the verb's `load` makes it again.
    fn save(&self) -> serde_json::Value;

    /// What is worth saying about it.
    fn notices(&self) -> Vec<Failure> {
        Vec::new()
    }

    /// Does it drop every column, without a look?
    fn drops_all(&self) -> bool {
        false
    }

    /// The columns that it drops without a look: they need not be there.
    fn unneeded(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
}

/// A model with its arguments, before the target is known.
pub trait Training: Send + Sync {
    /// How the model is called in reports: `mlp[64,32,1]`.
    fn label(&self) -> String;

    /// Whether the target, were it numbers with `distinct` values, would be classes to this model; `None` where the
    /// model does not care.
    fn wants_classes(&self, distinct: usize) -> Option<bool>;

    /// What it decides for a task where the script says nothing: options of the stage and their values.
    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        let _ = task;
        Vec::new()
    }

    /// Sets rows for validation aside from the training rows, if the model needs some: the one round's test rows.
    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        None
    }

    /// The learner for a task.
    ///
    /// # Errors
    /// A [`Fault`] where an argument does not fit the task.
    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, Fault>;

    /// The seed of its own, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

/// Learns to predict the target.
pub trait Learner: Send + Sync {
    /// Learns.
    ///
    /// # Errors
    /// A [`Failure`] when the rows cannot be learned from or training leaves the range of numbers.
    fn fit(
        &self,
        train: &Data,
        validation: Option<&Data>,
        key: Key,
        watch: &dyn Watch,
    ) -> Result<Arc<dyn FittedModel>, Failure>;
}

/// A trained model.
pub trait FittedModel: Send + Sync {
    /// Predicts for every row.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or holds what cannot be predicted from.
    fn predict(&self, rows: &Table) -> Result<Table, Failure>;

    /// Plain data from which the model's `load` makes it again.
    fn save(&self) -> serde_json::Value;
}

/// One way to part the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The rows to learn from, ascending.
    pub train: Arc<[u32]>,
    /// The rows held out, ascending.
    pub test: Arc<[u32]>,
}

/// Parts rows.
pub trait Splitter: Send + Sync {
    /// How many rounds there will be.
    fn rounds(&self) -> usize;

    /// Parts the rows.
    ///
    /// # Errors
    /// A [`Failure`] when there are too few rows.
    fn split(&self, rows: &Table, task: &Task, key: Key, watch: &dyn Watch) -> Result<Vec<Round>, Failure>;
}

/// Parts rows, and makes a verdict of what the parts say.
pub trait Judge: Splitter {
    /// Checks metrics and scheme against the task, before anything is fitted.
    ///
    /// # Errors
    /// A [`Fault`] naming the argument.
    fn check(&self, task: &Task) -> Result<(), Fault>;

    /// What the columns of the rows that it parts make of it; `None` where it stays what the script says.
    fn amended(&self, columns: &Schema) -> Option<Amendment> {
        let _ = columns;
        None
    }

    /// What it decides for a task where the script says nothing: options of the stage and their values.
    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        let _ = task;
        Vec::new()
    }

    /// Does it deal out rows whatever their order is?
    fn shuffles(&self) -> bool {
        true
    }

    /// What any model has to beat: a learner that does not look at the features.
    fn baseline(&self, task: &Task) -> Arc<dyn Learner>;

    /// Scores one round.
    ///
    /// # Errors
    /// A [`Failure`] when truth and prediction do not fit each other.
    fn score(&self, truth: &Table, predicted: &Table, baseline: &Table, task: &Task) -> Result<Score, Failure>;

    /// The verdict over all rounds.
    fn verdict(&self, scores: &[Score], model: &str, task: &Task, seed: u64) -> Report;

    /// The seed of its own, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

/// An argument that takes the place of what the script says, and what is to be said of it.
#[derive(Debug, Clone)]
pub struct Amendment {
    /// The name of the parameter.
    pub name: &'static str,
    /// What it is instead.
    pub value: Value,
    /// That it is so, and why.
    pub notice: Failure,
}

/// A metric's value, or why there is none.
pub type Measured = Result<f64, String>;

/// What one round says.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The rows held out.
    pub rows: usize,
    /// Metrics of the model, in the order of the report.
    pub model: Vec<(&'static str, Measured)>,
    /// The same metrics of the baseline.
    pub baseline: Vec<(&'static str, Measured)>,
    /// Rows true, columns predicted; empty for numbers.
    pub confusion: Vec<Vec<u64>>,
}

/// A result, for people and for programs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Its kind, as in the documented JSON.
    pub kind: &'static str,
    /// For people; ends with a newline unless empty.
    pub text: String,
    /// For programs: an object.
    pub json: serde_json::Value,
    /// Numbers by name that an `assert` may ask for.
    pub facts: Vec<(String, f64)>,
}

/// Looks at rows and passes them on.
pub trait Look: Send + Sync {
    /// Looks.
    ///
    /// # Errors
    /// A [`Failure`] when what it writes cannot be written.
    fn look(&self, rows: &Data, surroundings: &Surroundings) -> Result<Report, Failure>;
}

/// Checks a condition.
pub trait Check: Send + Sync {
    /// Checks; `facts` are the numbers of the reports above and of the rows that flow past, if some do.
    ///
    /// # Errors
    /// A [`Failure`] when the condition is false or asks for what nobody knows.
    fn check(&self, facts: &[(String, f64)], rows: Option<&Data>) -> Result<Report, Failure>;
}

/// Takes the final fit out.
pub trait Keep: Send + Sync {
    /// Keeps it.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    fn keep(&self, pipeline: &FittedPipeline, surroundings: &Surroundings) -> Result<Report, Failure>;
}
