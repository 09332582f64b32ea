//! The plan: a graph of checked stages, and the ways through it.

use crate::target::TargetFacts;
use pipewright_diagnostic::Span;
use pipewright_frame::Schema;
use pipewright_operator::work::Learner;
use pipewright_operator::{Args, Bound, Footprint, Task, Transform, Verb};
use std::sync::Arc;

/// What one pass over the data has found.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Names and kinds of the whole source.
    pub source: Schema,
    /// The columns of the table at the first stage that learns, if it could be made.
    pub prepared: Option<Schema>,
    /// The values of the target, where there is one.
    pub target: Option<TargetFacts>,
    /// The same of the other tables that come in, in the order of the stages that bring them.
    pub others: Vec<Option<Pin>>,
}

/// The place of a stage in its plan: in the order of the script, implied ones among them.
pub type NodeId = usize;

/// A checked stage.
pub struct Node {
    /// The stages whose tables it takes: the one before it and, for a join, the last of the other table.
    pub inputs: Vec<NodeId>,
    /// Its verb.
    pub verb: &'static Verb,
    /// Its arguments.
    pub args: Args,
    /// What does the work.
    pub bound: Bound,
    /// What it learns from, and which rows and columns it looks at; that of a joined table included.
    pub footprint: Footprint,
    /// Where it stands; for an implied stage, where it would stand.
    pub span: Span,
    /// The stage as a script would write it, with its decisions spelled out.
    pub text: String,
    /// The stage in one spelling, whatever the script left to its defaults; it identifies jobs.
    pub canonical: String,
    /// How many stages before it on its way have the same verb: its own place among the random streams of the verb.
    pub ordinal: u64,
    /// Was it added by the plan?
    pub implied: bool,
    /// What there is to say about it in the plan's text.
    pub remark: Option<String>,
    /// The columns after it, as far as they are known.
    pub schema: Option<Schema>,
    /// The other table that it brings in.
    pub other: Option<Box<Other>>,
}

/// Another table that a stage brings in.
#[derive(Clone)]
pub struct Other {
    /// How it is made.
    pub branch: Branch,
    /// Its name, where its columns have their own sources: where it is not made from the same file.
    pub name: Option<String>,
}

/// One way through a pipeline, from its source to its end: the only one, or one per arm of a `fork`.
#[derive(Clone, Default)]
pub struct Branch {
    /// The arm of a `fork` that it goes through.
    pub arm: Option<Arc<str>>,
    /// Its stages.
    pub path: Vec<NodeId>,
    /// The first stage of the arm, as a place on the path: the stages before it are those of every arm.
    pub forked_at: Option<usize>,
    /// The column to predict, where there is one.
    pub target: Option<Arc<str>>,
    /// What models learn instead of the target itself.
    pub transform: Option<Transform>,
    /// What is to be predicted, once the data has been seen.
    pub task: Option<Task>,
    /// The learner for that task.
    pub learner: Option<Arc<dyn Learner>>,
    /// Did the head of the data hold all of it?
    pub source_is_whole: bool,
}

/// A checked pipeline.
#[derive(Default)]
pub struct Pipeline {
    /// The ways through it; more than one where it forks.
    pub branches: Vec<Branch>,
    /// Its stages as they are laid out in a script.
    pub(crate) outline: Vec<Line>,
}

/// A line of a pipeline's text.
pub(crate) enum Line {
    /// A stage. Where it stands once for several branches, it is that of the first.
    Stage(NodeId),
    /// A stage with arms.
    Fork {
        /// The verb.
        verb: &'static str,
        /// The arms by name.
        arms: Vec<(Arc<str>, Vec<Line>)>,
    },
}

/// A checked script: a graph of stages, and the ways through it.
#[derive(Default)]
pub struct Plan {
    /// Its stages; each takes tables of earlier ones only.
    pub nodes: Vec<Node>,
    /// Its pipelines.
    pub pipelines: Vec<Pipeline>,
    /// The seed of everything that has none of its own.
    pub seed: u64,
}
