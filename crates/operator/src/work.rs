//! The forms of work: what the planner arranges and the engine carries out, with no verb's name in sight.
//!
//! Rows are [`Data`]; what models predict are [`Outputs`]: probabilities by class, or numbers. Results are [`Output`]s.

use crate::result::{Evaluation, FoldResult, Output};
use crate::{ArgumentError, Data, Effect, Environment, FittedPipeline, Footprint, Preparation, Task, Value};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Chunks, Expression, FitContext, Schema, Table};
use pipewright_learn::Outputs;
use pipewright_world::random::Key;
use std::fmt;
use std::sync::Arc;

/// A stage with its arguments, ready to work.
#[derive(Debug, Clone)]
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
    Evaluator(Arc<dyn Evaluator>),
    /// Looks at a table and passes it on.
    Inspect(Arc<dyn Inspect>),
    /// Works on the results so far.
    Consumer(Arc<dyn Consumer>),
    /// Takes the final fit out.
    ModelSink(Arc<dyn ModelSink>),
    /// Takes the fitted steps above it out.
    Freeze(Arc<dyn Freeze>),
    /// Opens branches: the planner walks the stages of each.
    Fork,
}

impl Bound {
    /// What the planner knows of it; `verb` is the effect that the verb declares.
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
pub struct Pushdown {
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
    fn sketch(&self, environment: &Environment) -> Result<Option<Sketch>, Failure>;

    /// Reads it all, or as a stream where it is larger than memory may be; notices go to `progress`.
    ///
    /// # Errors
    /// A [`Failure`] with file and line.
    fn read(&self, wanted: &Pushdown, environment: &Environment, progress: &dyn Progress) -> Result<Data, Failure>;
}

/// Makes another table of a table, learning nothing.
pub trait Rows: Send + Sync {
    /// What the planner knows of it; `verb` is the effect that the verb declares.
    fn footprint(&self, verb: Effect) -> Footprint;

    /// The schema of what it makes.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of the wrong kind.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Makes it.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn apply(&self, table: &Table, key: Key, progress: &dyn Progress) -> Result<Table, Failure>;
}

/// Makes a table of a pipeline's own and of another one.
pub trait Combine: Send + Sync {
    /// What the planner knows of it, besides what it knows of the other table.
    fn footprint(&self, verb: Effect) -> Footprint;

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

/// A transformer: it is fitted on training rows and applied to any rows.
pub trait Step: Send + Sync {
    /// What the planner knows of it; `verb` is the effect that the verb declares, and the arguments may make it another.
    fn footprint(&self, verb: Effect) -> Footprint;

    /// The schema that its state will yield.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that it cannot take.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Fits it.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure>;
}

/// What fitting a step yields.
#[derive(Clone)]
pub struct Learned {
    /// What any rows go through.
    pub state: Arc<dyn Fitted>,
    /// What the rows go through that it was fitted on, where that is something else: out-of-fold codes, fewer rows.
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
    /// A state that is applied to all rows alike.
    #[must_use]
    pub fn new(state: Arc<dyn Fitted>) -> Learned {
        Learned { state, training: None }
    }

    /// What becomes of the rows that it was fitted on.
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

/// What a fitted step asks of the rows that it is applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct Needs {
    /// Is what it makes of some rows the same, whatever rows stand beside them? Then it works chunk by chunk.
    pub by_row: bool,
    /// The columns that it reads by name, whatever their role: rows cannot do without them.
    pub reads: Vec<Arc<str>>,
    /// The columns that it drops without reading them: rows can do without them.
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
    /// The needs of a step that works row by row on columns that it finds by name, and drops none unread.
    #[must_use]
    pub fn by_row() -> Needs {
        Needs { by_row: true, reads: Vec::new(), drops: Dropped::Columns(Vec::new()) }
    }
}

/// A fitted step.
pub trait Fitted: Send + Sync {
    /// What it asks of rows.
    fn needs(&self) -> Needs;

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

    /// What was learned, as a small table.
    fn show(&self) -> Table;

    /// The name of its kind of state in bundles: that of one of the verb's [`StateKind`](crate::StateKind)s.
    fn tag(&self) -> &'static str;

    /// Plain data from which the [`StateKind`](crate::StateKind) makes it again.
    fn save(&self) -> serde_json::Value;

    /// What is worth saying about it.
    fn notices(&self) -> Vec<Failure> {
        Vec::new()
    }
}

/// What a model accepts of the features besides numbers that are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepts {
    /// Missing values.
    pub missing: bool,
    /// Categories and text.
    pub categories: bool,
    /// Dates and times of day.
    pub dates: bool,
}

/// A model with its arguments, before the target is known.
pub trait Training: Send + Sync {
    /// How the model is called in reports: `mlp[64,32,1]`.
    fn label(&self) -> String;

    /// Whether the target, were it numbers with `distinct` values, would be classes to this model; `None` where the
    /// model does not care.
    fn wants_classes(&self, distinct: usize) -> Option<bool>;

    /// What it accepts of the features besides numbers: what it does not accept, an implied stage encodes.
    fn accepts(&self) -> Accepts;

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
    /// A [`ArgumentError`] where an argument does not fit the task.
    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError>;

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
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure>;
}

/// A trained model.
pub trait FittedModel: Send + Sync {
    /// Predicts for every row: a probability for every class of the task, or a number.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or holds what cannot be predicted from.
    fn predict(&self, rows: &Table) -> Result<Outputs, Failure>;

    /// What was learned, as a table: coefficients per feature, the layers of a network.
    fn show(&self) -> Table;

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
    fn split(&self, rows: &Table, task: &Task, key: Key, progress: &dyn Progress) -> Result<Vec<Round>, Failure>;
}

/// Parts rows, and makes a verdict of what the parts say.
pub trait Evaluator: Splitter {
    /// Checks metrics and scheme against the task, before anything is fitted.
    ///
    /// # Errors
    /// A [`ArgumentError`] naming the argument.
    fn check(&self, task: &Task) -> Result<(), ArgumentError>;

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
    fn score(&self, held_out: HeldOut<'_>, task: &Task) -> Result<FoldResult, Failure>;

    /// The evaluation of a model by the results of all rounds.
    fn evaluation(&self, results: Vec<FoldResult>, model: &str, task: &Task, seed: u64) -> Evaluation;

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

/// What a judge scores: the held-out rows of one round and what was predicted for them.
#[derive(Debug, Clone)]
pub struct HeldOut<'a> {
    /// The place of the round among all rounds of the judge.
    pub round: usize,
    /// The positions of the held-out rows in the table that was split, ascending.
    pub rows: Arc<[u32]>,
    /// The target of the held-out rows, and the columns whose roles a judge heeds.
    pub truth: &'a Table,
    /// What the model predicts.
    pub outputs: Outputs,
    /// What the baseline predicts.
    pub baseline: Outputs,
}

/// Looks at rows and passes them on.
pub trait Inspect: Send + Sync {
    /// Looks.
    ///
    /// # Errors
    /// A [`Failure`] when what it writes cannot be written.
    fn inspect(&self, rows: &Data, environment: &Environment) -> Result<Output, Failure>;
}

/// Works on the results of the stages above: checks a condition on them, or writes them.
pub trait Consumer: Send + Sync {
    /// Does it need an evaluation among the results?
    fn needs_evaluation(&self) -> bool {
        false
    }

    /// Does its work; `results` are those of the stages above in the order of the script, and `rows` flow past, if some
    /// do.
    ///
    /// # Errors
    /// A [`Failure`] when a condition is false or asks for what no result holds, or a file cannot be written.
    fn consume(
        &self,
        results: &[Arc<Output>],
        rows: Option<&Data>,
        environment: &Environment,
    ) -> Result<Output, Failure>;
}

/// Chooses one of several candidates by how each was judged.
pub trait Choose: Send + Sync {
    /// The place of the candidate that wins.
    ///
    /// # Errors
    /// A [`Failure`] when none can be chosen.
    fn choose(&self, evaluations: &[Arc<Output>]) -> Result<usize, Failure>;
}

/// Takes the final fit out.
pub trait ModelSink: Send + Sync {
    /// Keeps it.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    fn store(&self, pipeline: &Arc<FittedPipeline>, environment: &Environment) -> Result<Output, Failure>;
}

/// Takes fitted steps out, without a model.
pub trait Freeze: Send + Sync {
    /// Keeps them.
    ///
    /// # Errors
    /// A [`Failure`] when they cannot be written.
    fn freeze(&self, preparation: &Preparation, environment: &Environment) -> Result<Output, Failure>;
}

/// The name of the trait: what is behind it says nothing of itself.
macro_rules! debug_by_name {
    ($($name:ident),* $(,)?) => {
        $(impl fmt::Debug for dyn $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("dyn ", stringify!($name)))
            }
        })*
    };
}

debug_by_name! {
    Source, Rows, Step, Combine, Fitted, Training, Learner, FittedModel, Splitter, Evaluator, Inspect, Consumer, Choose,
    ModelSink, Freeze,
}
