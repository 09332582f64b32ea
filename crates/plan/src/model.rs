//! The plan: a graph of checked stages, and the paths through it.

use crate::target::TargetFacts;
use pipewright_diagnostic::Span;
use pipewright_frame::{Complete, Schema};
use pipewright_operator::result::Values;
use pipewright_operator::work::{Learner, Pool, Search};
use pipewright_operator::{Args, Bound, Footprint, Task, Transform, Verb};
use std::sync::Arc;

/// Results of one pass over the data.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Names and kinds of the columns of the whole source.
    pub source: Schema,
    /// The columns of the table at the first stage that learns, if it could be computed.
    pub prepared: Option<Schema>,
    /// The columns of that table in which no value is missing, if a stage asks for them.
    pub complete: Option<Complete>,
    /// The values of the target, if there is one.
    pub target: Option<TargetFacts>,
    /// The same for joined tables, in the order of the stages that join them.
    pub others: Vec<Option<Pin>>,
}

/// Index of a stage in its plan: in the order of the script, implied stages included.
pub type NodeId = usize;

/// A checked stage.
#[derive(Debug)]
pub struct Node {
    /// The stages whose tables it takes: the one before it and, for a join, the last stage of the other table.
    pub inputs: Vec<NodeId>,
    /// Its verb.
    pub verb: &'static Verb,
    /// Its arguments.
    pub args: Args,
    /// Its bound work.
    pub bound: Bound,
    /// What it learns from, and which rows and columns it reads; includes that of a joined table.
    pub footprint: Footprint,
    /// Its span in the script; for an implied stage, where it would be inserted.
    pub span: Span,
    /// The stage as a script would write it, with its decisions spelled out.
    pub text: String,
    /// The stage in canonical form, with all defaults; identifies jobs.
    pub canonical: String,
    /// Number of earlier stages with the same verb on its path; selects its random stream.
    pub ordinal: u64,
    /// Is it implied, that is, added by the plan?
    pub implied: bool,
    /// A remark printed with the plan.
    pub remark: Option<String>,
    /// The columns after it, as far as they are known.
    pub schema: Option<Schema>,
    /// The other table that it joins.
    pub other: Option<Box<Other>>,
}

/// A table that a stage joins.
#[derive(Debug, Clone)]
pub struct Other {
    /// Its stages.
    pub branch: Branch,
    /// Its name, if its columns have sources of their own, that is, if it comes from another file.
    pub name: Option<String>,
}

/// A path through a pipeline, from its source to its end: the only one, or one per arm of a `fork`.
#[derive(Debug, Clone, Default)]
pub struct Branch {
    /// The arm of a `fork` that it passes through.
    pub arm: Option<Arc<str>>,
    /// Its stages.
    pub path: Vec<NodeId>,
    /// Index on the path of the first stage of the arm; the stages before it are shared by all arms.
    pub forked_at: Option<usize>,
    /// The target, if there is one.
    pub target: Option<Arc<str>>,
    /// Transform of the target.
    pub transform: Option<Transform>,
    /// The positive one of two classes, if the script names it.
    pub positive: Option<Arc<str>>,
    /// The task, once the data has been read.
    pub task: Option<Task>,
    /// The learner for that task.
    pub learner: Option<Arc<dyn Learner>>,
    /// About the memory that the table of the source takes, if it can be known.
    pub source_bytes: Option<u64>,
    /// Was the head of the data all of it?
    pub source_is_whole: bool,
    /// The candidates of the search that it passes through; its own path is that of the first one.
    pub searched: Option<Arc<Searched>>,
    /// Orders of rows that only the rows can tell to go forward in time.
    pub in_time: Vec<TimeOrder>,
}

/// A search: versions of the same stages, of which one will be chosen.
#[derive(Debug)]
pub struct Searched {
    /// The versions, at least one.
    pub candidates: Vec<Candidate>,
    /// Their points.
    pub pool: Arc<Pool>,
    /// What chooses between them.
    pub search: Arc<dyn Search>,
}

/// A version of the stages that a search decides.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its stages, from the source to the training.
    pub branch: Branch,
    /// The values that make it, by their names, as a script would write them.
    pub values: Values,
}

/// An order of rows that has to go forward in time: a stage depends on it, and the rows are as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOrder {
    /// The column with the role time.
    pub time: Arc<str>,
    /// Must no two rows have the same time? A target of earlier rows would else be one of the same time.
    pub strict: bool,
    /// Time may go back from one group of these columns to the next.
    pub within: Vec<Arc<str>>,
    /// The stage.
    pub at: Span,
}

/// A checked pipeline.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// The paths through it; several if it forks.
    pub branches: Vec<Branch>,
    /// Does a stage that learns ask in which columns no value is missing?
    pub asks_complete: bool,
    /// Its stages in the layout of a script.
    pub(crate) outline: Vec<Line>,
}

/// A line of the text of a pipeline.
#[derive(Debug)]
pub(crate) enum Line {
    /// A stage. One that several branches share is that of the first branch.
    Stage(NodeId),
    /// A stage with choices, as written.
    Written(String),
    /// A stage with arms.
    Fork {
        /// The verb.
        verb: &'static str,
        /// The arms, by name.
        arms: Vec<(Arc<str>, Vec<Line>)>,
    },
}

/// A checked script: a graph of stages, and the paths through it.
#[derive(Debug, Default)]
pub struct Plan {
    /// Its stages, in topological order.
    pub nodes: Vec<Node>,
    /// Its pipelines.
    pub pipelines: Vec<Pipeline>,
    /// The default seed.
    pub seed: u64,
}
