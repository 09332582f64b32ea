//! The graph of jobs: what the engine runs. A job depends only on jobs before it, and belongs to a scope.
//!
//! A *scope* is a path of rounds: `[]` for what is done once, `[(split, 2)]` for the third round of a split, and
//! `[(split, 2), (inner split, 0)]` for a round of a split inside that round. [`JobGraph::check`] proves that no job
//! that learns in a scope depends on a row that one of the scope's rounds holds out (the `proof` module).

use crate::fingerprint::{Fingerprint, Identity};
use crate::model::NodeId;
use crate::proof;
use pipewright_frame::FitContext;
use pipewright_operator::work::{
    Choose, Combine, Consumer, Evaluator, Fitted, FittedModel, Freeze, Inspect, Learner, ModelSink, Pushdown, Rows,
    Source, Splitter, Step,
};
use pipewright_operator::{FittedPipeline, Preparation, Record, StepRecord, Task};
use pipewright_world::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The place of a job in its graph.
pub type JobId = usize;

/// Which part of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The rows to learn from.
    Train,
    /// The rows held out.
    Test,
}

/// What a job does; the comment names inputs and output.
#[derive(Clone)]
pub enum Work {
    /// → table
    Read(Arc<dyn Source>, Pushdown),
    /// table → table
    Rows(Arc<dyn Rows>, Key),
    /// table, other table → table; the name is that of the other table, where its columns have sources of their own
    Combine(Arc<dyn Combine>, Option<String>, Key),
    /// table → rounds
    Split(Arc<dyn Splitter>, Task, Key),
    /// table, rounds → table
    Pick(usize, Part),
    /// table → state; `learns` says whether the state depends on the values of the rows
    Fit {
        /// What is fitted.
        step: Arc<dyn Step>,
        /// What it may know besides the rows.
        context: FitContext,
        /// Does the state depend on the values of the rows?
        learns: bool,
    },
    /// state, table → table
    Apply,
    /// state, table that it was fitted on → table
    ApplyTraining,
    /// table, validation table or none → model
    Learn(Arc<dyn Learner>, Key),
    /// model, table → predictions
    Predict,
    /// held-out rows, predictions, predictions of the baseline, rounds → result of this round
    Score(Arc<dyn Evaluator>, Task, usize),
    /// result of a round … → evaluation
    Verdict(Arc<dyn Evaluator>, Arc<VerdictHead>),
    /// evaluation … → the place of the candidate that wins
    Choose(Arc<dyn Choose>),
    /// choice, candidate … → the value of the candidate that wins; no other candidate is ever made
    Chosen,
    /// table → output
    Inspect(Arc<dyn Inspect>),
    /// output … [, table] → output
    Consumer(Arc<dyn Consumer>),
    /// table like new rows, training rows, state …, model, evaluation … → output
    ModelSink(Arc<dyn ModelSink>, Arc<PipelineHead>),
    /// table like new rows, state … → output
    Freeze(Arc<dyn Freeze>, Arc<PipelineHead>),
}

/// What a verdict says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictHead {
    /// How the model is called.
    pub model: String,
    /// What is predicted.
    pub task: Task,
    /// The seed of the splits.
    pub seed: u64,
    /// The arm of a `fork` that is judged.
    pub arm: Option<Arc<str>>,
}

/// What fitted steps hold besides their states.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineHead {
    /// The verb of each state, in order.
    pub verbs: Vec<String>,
    /// The model's name and what it predicts; none where steps are frozen.
    pub model: Option<(String, Task)>,
    /// The column to predict, where there is one.
    pub target: Option<Arc<str>>,
    /// The whole script, nothing implied.
    pub script: String,
    /// The seed.
    pub seed: u64,
    /// The only columns that the steps look at and pass on, where they are not all.
    pub columns: Option<Vec<Arc<str>>>,
}

impl PipelineHead {
    /// Does the pipeline want this column of new rows?
    #[must_use]
    pub fn wants(&self, column: &pipewright_frame::Column) -> bool {
        column.role == pipewright_frame::Role::Feature
            && self.target.as_ref() != Some(&column.name)
            && self.columns.as_ref().is_none_or(|columns| columns.contains(&column.name))
    }

    /// The fitted steps of these states.
    ///
    /// # Panics
    /// If there are not as many states as verbs.
    #[must_use]
    pub fn preparation(&self, input: Vec<pipewright_frame::Column>, states: Vec<Arc<dyn Fitted>>) -> Preparation {
        assert_eq!(states.len(), self.verbs.len(), "one state per verb");
        let steps = self.verbs.iter().zip(states).map(|(verb, fitted)| StepRecord { verb: verb.clone(), fitted });
        Preparation {
            input,
            steps: steps.collect(),
            target: self.target.clone(),
            script: self.script.clone(),
            seed: self.seed,
        }
    }

    /// The fitted pipeline of these states and this model; `None` where there is no model.
    #[must_use]
    pub fn pipeline(
        &self,
        preparation: Preparation,
        model: Arc<dyn FittedModel>,
        record: Record,
    ) -> Option<FittedPipeline> {
        let (model_name, task) = self.model.clone()?;
        let Preparation { input, steps, script, seed, .. } = preparation;
        Some(FittedPipeline { input, steps, model_name, model, task, script, seed, record: Some(record) })
    }
}

/// One job.
#[derive(Clone)]
pub struct Job {
    /// What it does.
    pub work: Work,
    /// What it needs, in the order that its work names.
    pub inputs: Vec<JobId>,
    /// Equal fingerprints, equal results.
    pub fingerprint: Fingerprint,
    /// The stage it works for.
    pub stage: NodeId,
    /// The rounds it belongs to; the root for what is done once.
    pub scope: ScopeId,
}

/// The place of a scope in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ScopeId(Option<usize>);

impl ScopeId {
    /// What is done once.
    pub const ROOT: ScopeId = ScopeId(None);
}

/// A round of a split, inside another scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    /// The scope that the split is in.
    pub parent: ScopeId,
    /// The job that parts the rows.
    pub split: JobId,
    /// Which of its rounds.
    pub index: usize,
}

/// Jobs in an order in which each depends only on earlier ones. A graph only grows: the places of jobs stay.
#[derive(Clone, Default)]
pub struct JobGraph {
    jobs: Vec<Job>,
    by_fingerprint: BTreeMap<Fingerprint, JobId>,
    scopes: Vec<Round>,
    by_round: BTreeMap<Round, ScopeId>,
}

impl JobGraph {
    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Adds a job, or finds the one that does the same. `identity` says what it does with all that its result depends
    /// on besides its inputs.
    pub fn add(&mut self, work: Work, identity: Identity, inputs: &[JobId], stage: NodeId, scope: ScopeId) -> JobId {
        let fingerprint = identity.with_inputs(inputs.iter().map(|&input| self.jobs[input].fingerprint));
        if let Some(&known) = self.by_fingerprint.get(&fingerprint) {
            return known;
        }
        self.jobs.push(Job { work, inputs: inputs.to_vec(), fingerprint, stage, scope });
        self.by_fingerprint.insert(fingerprint, self.jobs.len() - 1);
        self.jobs.len() - 1
    }

    /// The scope of one round of a split that is done in `parent`.
    pub fn enter(&mut self, parent: ScopeId, split: JobId, index: usize) -> ScopeId {
        let round = Round { parent, split, index };
        *self.by_round.entry(round).or_insert_with(|| {
            self.scopes.push(round);
            ScopeId(Some(self.scopes.len() - 1))
        })
    }

    /// The innermost round of a scope; none for the root.
    #[must_use]
    pub fn round(&self, scope: ScopeId) -> Option<&Round> {
        scope.0.map(|index| &self.scopes[index])
    }

    /// The rounds of a scope, outermost first.
    #[must_use]
    pub fn rounds(&self, scope: ScopeId) -> Vec<Round> {
        let innermost = self.round(scope).copied();
        let mut path: Vec<Round> =
            std::iter::successors(innermost, |round| self.round(round.parent).copied()).collect();
        path.reverse();
        path
    }

    /// The inputs that a job needs before it is known which candidate wins: all, or the choice alone.
    #[must_use]
    pub fn needed_first(&self, job: JobId) -> &[JobId] {
        let job = &self.jobs[job];
        if matches!(job.work, Work::Chosen) { &job.inputs[..1] } else { &job.inputs }
    }

    /// How many jobs of a kind there are, for the plan's text.
    #[must_use]
    pub fn count(&self, of: impl Fn(&Work) -> bool) -> usize {
        self.jobs.iter().filter(|job| of(&job.work)).count()
    }

    /// Proves that the rounds are honest, at any depth.
    ///
    /// # Errors
    /// The first job that breaks the rule, and why.
    pub fn check(&self) -> Result<(), String> {
        proof::check(self)
    }
}
