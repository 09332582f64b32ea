//! The graph of jobs that the engine runs. A job depends only on earlier jobs, and belongs to a scope.
//!
//! A *scope* is a path of rounds: `[]` for jobs that run once, `[(split, 2)]` for the third round of a split, and
//! `[(split, 2), (inner split, 0)]` for a round of a split inside that round. [`JobGraph::check`] proves that no job
//! that learns in a scope depends on a row that one of the scope's rounds holds out (the `proof` module).

use crate::fingerprint::{Fingerprint, Identity};
use crate::model::NodeId;
use crate::proof;
use pipewright_frame::FitContext;
use pipewright_operator::result::Values;
use pipewright_operator::work::{
    Adjust, Choose, Combine, Consumer, Evaluator, Exam, Explain, Fitted, FittedModel, Freeze, Inspect, Learner,
    ModelSink, Pool, Pushdown, Rows, Search, Source, Splitter, Step,
};
use pipewright_operator::{FittedPipeline, Preparation, Record, StepRecord, Task};
use pipewright_world::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Index of a job in its graph.
pub type JobId = usize;

/// Part of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The training rows.
    Train,
    /// The held-out rows.
    Test,
}

/// The work of a job; the comments give inputs → output.
#[derive(Debug, Clone)]
pub enum Work {
    /// → table
    Read(Arc<dyn Source>, Pushdown),
    /// table → table
    Rows(Arc<dyn Rows>, Key),
    /// table, other table → table; with the name of the other table, if its columns have sources of their own
    Combine(Arc<dyn Combine>, Option<String>, Key),
    /// table → rounds
    Split(Arc<dyn Splitter>, Task, Key),
    /// table, rounds → table
    Pick(usize, Part),
    /// Appends the rows of a table to evaluate on. Inputs: table, the table that its row-by-row stages have started from,
    /// other table, states of these stages …
    Append,
    /// table, table with others appended → a single round, which holds out the others
    Apart(Arc<dyn Splitter>),
    /// table → state; `learns` says whether the state depends on the values of the rows
    Fit {
        /// The step to fit.
        step: Arc<dyn Step>,
        /// Its context besides the rows.
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
    /// model, training rows, rounds, predictions for the held-out rows of each round … → model
    Adjust(Arc<[Arc<dyn Adjust>]>, Task),
    /// Explains what was fitted in one round. Inputs: training rows, held-out rows, rounds, model, states.
    Explain(Arc<dyn Explain>, Task, usize, Key),
    /// Combines the explanations of all rounds.
    Explanation(Arc<dyn Explain>, Arc<VerdictHead>),
    /// model, table → predictions
    Predict,
    /// held-out rows, predictions, predictions of the baseline, rounds → result of this round
    Score(Arc<dyn Evaluator>, Task, usize),
    /// result of a round … → evaluation
    Verdict(Arc<dyn Evaluator>, Arc<VerdictHead>),
    /// table, rounds → sitting, if the pipeline may be assessed on the rows that the round holds out
    Admit(Arc<dyn Exam>, Arc<ExamHead>),
    /// sitting, evaluation → output
    Assess(Arc<dyn Exam>),
    /// (index, evaluation) of each candidate tried … → the index of the candidate to try next
    Suggest(Arc<dyn Search>, Arc<Pool>),
    /// evaluation … → ranking of the candidates
    Choose(Arc<dyn Choose>),
    /// ranking, candidate … → value of the candidate in this place of the ranking; those ranked elsewhere are not
    /// computed for it
    Chosen(usize),
    /// → the index of a candidate
    Candidate(usize),
    /// index of the winner, (index, evaluation) of each trial … → output
    Searched(Arc<SearchHead>),
    /// table → output
    Inspect(Arc<dyn Inspect>),
    /// output … [, table] → output
    Consumer(Arc<dyn Consumer>, Arc<ScriptHead>),
    /// table like new rows, training rows, state …, model, evaluation … → output
    ModelSink(Arc<dyn ModelSink>, Arc<PipelineHead>),
    /// table like new rows, state … → output
    Freeze(Arc<dyn Freeze>, Arc<PipelineHead>),
}

/// Description of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictHead {
    /// The label of the model.
    pub model: String,
    /// The task.
    pub task: Task,
    /// The seed of the splits.
    pub seed: u64,
    /// The arm of a `fork` that is evaluated.
    pub arm: Option<Arc<str>>,
    /// The values that make each candidate, if a search in every round chooses between them; the winners of the rounds
    /// follow their results.
    pub candidates: Option<Arc<[Values]>>,
}

/// Description of a pipeline that is to be assessed on rows that were set apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ExamHead {
    /// The task.
    pub task: Task,
    /// A hash of everything that its predictions depend on besides the rows.
    pub plan: String,
    /// The explicit script.
    pub script: String,
}

/// Description of a search.
#[derive(Debug, Clone)]
pub struct SearchHead {
    /// What searches.
    pub search: Arc<dyn Search>,
    /// The task.
    pub task: Task,
    /// The values that make each candidate.
    pub candidates: Arc<[Values]>,
    /// Of each trial, the share of the rows on which the candidate is evaluated.
    pub shares: Vec<f64>,
    /// The arm of a `fork` in which it searches.
    pub arm: Option<Arc<str>>,
}

/// A script, as results tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptHead {
    /// The explicit script.
    pub script: String,
    /// The seed.
    pub seed: u64,
}

/// Everything about fitted steps besides their states.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineHead {
    /// The verb of each state, in order.
    pub verbs: Vec<String>,
    /// The model's name and task; none for frozen steps.
    pub model: Option<(String, Task)>,
    /// The target, if there is one.
    pub target: Option<Arc<str>>,
    /// The explicit script.
    pub script: String,
    /// The seed.
    pub seed: u64,
    /// The columns that the steps read and pass on; `None` for all.
    pub columns: Option<Vec<Arc<str>>>,
}

impl PipelineHead {
    /// Does the pipeline use this column of new rows?
    #[must_use]
    pub fn wants(&self, column: &pipewright_frame::Column) -> bool {
        column.role == pipewright_frame::Role::Feature
            && self.target.as_ref() != Some(&column.name)
            && self.columns.as_ref().is_none_or(|columns| columns.contains(&column.name))
    }

    /// Builds the fitted steps from these states.
    ///
    /// # Panics
    /// If the numbers of states and verbs differ.
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

    /// Builds the fitted pipeline from these states and this model; `None` if there is no model.
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

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its work.
    pub work: Work,
    /// Its inputs, in the order given by its work.
    pub inputs: Vec<JobId>,
    /// Its fingerprint: equal fingerprints, equal results.
    pub fingerprint: Fingerprint,
    /// The stage that it belongs to.
    pub stage: NodeId,
    /// The scope that it belongs to; the root for jobs that run once.
    pub scope: ScopeId,
    /// When it is not worth starting any more.
    pub deadline: Option<Deadline>,
}

/// The end of the time of a search: when its share of the budget of the stage is up, what only evaluates candidates is
/// skipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deadline {
    /// The stage that searches.
    pub stage: NodeId,
    /// The time for all searches of the stage.
    pub budget: Duration,
    /// The index of the search among those of the stage.
    pub place: usize,
}

/// Index of a scope in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ScopeId(Option<usize>);

impl ScopeId {
    /// The root scope: jobs that run once.
    pub const ROOT: ScopeId = ScopeId(None);
}

/// A round of a split within another scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Round {
    /// The scope that the split is in.
    pub parent: ScopeId,
    /// The job that splits the rows.
    pub split: JobId,
    /// Index of the round.
    pub index: usize,
    /// Is it the only one, whose training rows are all that the stages below see?
    pub is_whole: bool,
}

/// Jobs in topological order. A graph only grows, so indices of jobs stay valid.
#[derive(Debug, Clone, Default)]
pub struct JobGraph {
    jobs: Vec<Job>,
    by_fingerprint: BTreeMap<Fingerprint, JobId>,
    scopes: Vec<Round>,
    by_round: BTreeMap<Round, ScopeId>,
    /// That of jobs added now.
    deadline: Option<Deadline>,
    /// The scopes in which a stage searches.
    searches: BTreeMap<NodeId, Vec<ScopeId>>,
}

impl JobGraph {
    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Adds a job, or finds the equal one. `identity` covers everything that its result depends on besides its inputs.
    pub fn add(&mut self, work: Work, identity: Identity, inputs: &[JobId], stage: NodeId, scope: ScopeId) -> JobId {
        let fingerprint = identity.with_inputs(inputs.iter().map(|&input| self.jobs[input].fingerprint));
        if let Some(&known) = self.by_fingerprint.get(&fingerprint) {
            if self.deadline.is_none() {
                self.jobs[known].deadline = None;
            }
            return known;
        }
        let deadline = self.deadline;
        self.jobs.push(Job { work, inputs: inputs.to_vec(), fingerprint, stage, scope, deadline });
        self.by_fingerprint.insert(fingerprint, self.jobs.len() - 1);
        self.jobs.len() - 1
    }

    /// Returns the deadline of the search of a stage in a scope.
    pub fn deadline_of(&mut self, stage: NodeId, scope: ScopeId, budget: Duration) -> Deadline {
        let scopes = self.searches.entry(stage).or_default();
        let place = scopes.iter().position(|&known| known == scope).unwrap_or_else(|| {
            scopes.push(scope);
            scopes.len() - 1
        });
        Deadline { stage, budget, place }
    }

    /// Sets the deadline of the jobs that are added from now on, and returns the one before. A job that is added again
    /// without one has none.
    pub fn until(&mut self, deadline: Option<Deadline>) -> Option<Deadline> {
        std::mem::replace(&mut self.deadline, deadline)
    }

    /// Returns when a deadline is over, counted from the first job that has one: the searches of a stage share its budget.
    #[must_use]
    pub fn end(&self, deadline: &Deadline) -> Duration {
        let searches = self.searches.get(&deadline.stage).map_or(1, Vec::len).max(1);
        deadline.budget.mul_f64((deadline.place + 1) as f64 / searches as f64)
    }

    /// Returns the scope of one round of a split in `parent`.
    pub fn enter(&mut self, parent: ScopeId, split: JobId, index: usize) -> ScopeId {
        self.scope(Round { parent, split, index, is_whole: false })
    }

    /// Returns the scope of the rows that a holdout leaves.
    pub fn enter_rest(&mut self, split: JobId) -> ScopeId {
        self.scope(Round { parent: ScopeId::ROOT, split, index: 0, is_whole: true })
    }

    fn scope(&mut self, round: Round) -> ScopeId {
        *self.by_round.entry(round).or_insert_with(|| {
            self.scopes.push(round);
            ScopeId(Some(self.scopes.len() - 1))
        })
    }

    /// Returns the innermost round of a scope; `None` for the root.
    fn round(&self, scope: ScopeId) -> Option<&Round> {
        scope.0.map(|index| &self.scopes[index])
    }

    /// Returns the index of the innermost fold of a scope; `None` for jobs that run once.
    #[must_use]
    pub fn fold(&self, scope: ScopeId) -> Option<usize> {
        self.round(scope).filter(|round| !round.is_whole).map(|round| round.index)
    }

    /// Returns the indices of the folds of a scope, outermost first.
    #[must_use]
    pub fn folds(&self, scope: ScopeId) -> Vec<usize> {
        self.rounds(scope).iter().filter(|round| !round.is_whole).map(|round| round.index).collect()
    }

    /// Returns the rounds of a scope, outermost first.
    #[must_use]
    pub fn rounds(&self, scope: ScopeId) -> Vec<Round> {
        let innermost = self.round(scope).copied();
        let mut path: Vec<Round> =
            std::iter::successors(innermost, |round| self.round(round.parent).copied()).collect();
        path.reverse();
        path
    }

    /// The inputs that a job needs before the winning candidate is known: all, or only the choice.
    #[must_use]
    pub fn needed_first(&self, job: JobId) -> &[JobId] {
        let job = &self.jobs[job];
        if matches!(job.work, Work::Chosen(_)) { &job.inputs[..1] } else { &job.inputs }
    }

    /// Counts the jobs of a kind, for the text of the plan.
    #[must_use]
    pub fn count(&self, of: impl Fn(&Work) -> bool) -> usize {
        self.jobs.iter().filter(|job| of(&job.work)).count()
    }

    /// Proves that no job learns from held-out rows, at any depth of nesting.
    ///
    /// # Errors
    /// The first job that breaks the rule, and why.
    pub fn check(&self) -> Result<(), String> {
        proof::check(self)
    }
}
