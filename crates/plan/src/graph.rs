//! The graph of jobs: what the engine runs. A job depends only on jobs before it.
//!
//! **Invariant (honest folds):** no job that learns for a round can be reached from a row that the round holds out.
//! [`JobGraph::check`] walks the graph and proves it; lowering calls it each time.

use pipewright_frame::About;
use pipewright_operator::work::{
    Check, Combine, Fitted, Judge, Keep, Learner, Look, Rows, Source, Splitter, Step, Wanted,
};
use pipewright_operator::{FittedPipeline, Task};
use pipewright_world::random::Key;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The place of a job in its graph.
pub type JobId = usize;

/// The place of a stage: which pipeline of the script, which stage of the pipeline (implied ones count).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageId {
    /// The pipeline.
    pub pipeline: usize,
    /// The stage.
    pub stage: usize,
}

/// Which part of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    Read(Arc<dyn Source>, Wanted),
    /// table → table
    Rows(Arc<dyn Rows>, Key),
    /// table, other table → table; the name is that of the other table, where its columns have sources of their own
    Combine(Arc<dyn Combine>, Option<String>, Key),
    /// table → rounds
    Split(Arc<dyn Splitter>, Task, Key),
    /// table, rounds → table
    Pick(usize, Part),
    /// table → state
    Fit(Arc<dyn Step>, About),
    /// state, table → table
    Apply,
    /// state, table that it was fitted on → table
    ApplyTraining,
    /// table, validation table or none → model
    Learn(Arc<dyn Learner>, Key),
    /// model, table → predictions
    Predict,
    /// held-out rows, predictions, predictions of the baseline, rounds → result of this round
    Score(Arc<dyn Judge>, Task, usize),
    /// result of a round … → evaluation
    Verdict(Arc<dyn Judge>, Arc<VerdictHead>),
    /// table → output
    Look(Arc<dyn Look>),
    /// output … [, table] → output
    Check(Arc<dyn Check>),
    /// table, state …, model → output
    Keep(Arc<dyn Keep>, Arc<Frame>),
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
}

/// What a fitted pipeline holds besides its states and its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The verb of each state, in order.
    pub verbs: Vec<String>,
    /// The model's name.
    pub model_name: String,
    /// What it predicts.
    pub task: Task,
    /// The whole script, nothing implied.
    pub script: String,
    /// The seed.
    pub seed: u64,
    /// The only columns that the steps look at and pass on, where they are not all.
    pub columns: Option<Vec<Arc<str>>>,
}

impl Frame {
    /// Does the pipeline want this column of new rows?
    #[must_use]
    pub fn wants(&self, column: &pipewright_frame::Column) -> bool {
        column.role == pipewright_frame::Role::Feature
            && *column.name != *self.task.target
            && self.columns.as_ref().is_none_or(|columns| columns.contains(&column.name))
    }

    /// Puts states and model into the frame.
    ///
    /// # Panics
    /// If there are not as many states as verbs.
    #[must_use]
    pub fn fill(
        &self,
        input: Vec<pipewright_frame::Column>,
        states: Vec<Arc<dyn Fitted>>,
        model: Arc<dyn pipewright_operator::work::FittedModel>,
    ) -> FittedPipeline {
        assert_eq!(states.len(), self.verbs.len(), "a state a verb");
        let records = self.verbs.iter().zip(states);
        FittedPipeline {
            input,
            steps: records
                .map(|(verb, fitted)| pipewright_operator::StepRecord { verb: verb.clone(), fitted })
                .collect(),
            model_name: self.model_name.clone(),
            model,
            task: self.task.clone(),
            script: self.script.clone(),
            seed: self.seed,
        }
    }
}

/// One job.
#[derive(Clone)]
pub struct Job {
    /// What it does.
    pub work: Work,
    /// What it needs, in the order that its work names.
    pub inputs: Vec<JobId>,
    /// Equal keys, equal results.
    pub key: u64,
    /// The stage it works for.
    pub stage: StageId,
    /// The round it belongs to; none for what happens once.
    pub round: Option<usize>,
}

/// Jobs in an order in which each depends only on earlier ones.
#[derive(Clone, Default)]
pub struct JobGraph {
    jobs: Vec<Job>,
    by_key: HashMap<u64, JobId>,
}

impl JobGraph {
    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Adds a job, or finds the one that does the same: equal keys are one job. `what` names the work with all that
    /// it depends on besides its inputs.
    pub fn add(&mut self, work: Work, what: &str, inputs: &[JobId], stage: StageId, round: Option<usize>) -> JobId {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        for &input in inputs {
            self.jobs[input].key.hash(&mut hasher);
        }
        let key = hasher.finish();
        if let Some(&known) = self.by_key.get(&key) {
            return known;
        }
        self.jobs.push(Job { work, inputs: inputs.to_vec(), key, stage, round });
        self.by_key.insert(key, self.jobs.len() - 1);
        self.jobs.len() - 1
    }

    /// How many jobs of each kind there are, for the plan's text.
    #[must_use]
    pub fn count(&self, of: impl Fn(&Work) -> bool) -> usize {
        self.jobs.iter().filter(|job| of(&job.work)).count()
    }

    /// Proves that the folds are honest.
    ///
    /// # Errors
    /// The first job that breaks the rule, and why.
    pub fn check(&self) -> Result<(), String> {
        let mut origins: Vec<Origin> = Vec::with_capacity(self.jobs.len());
        for (id, job) in self.jobs.iter().enumerate() {
            if job.inputs.iter().any(|&input| input >= id) {
                return Err(format!("job {id} depends on a later one"));
            }
            let origin = self.origin(job, &origins);
            let learns = matches!(job.work, Work::Fit(..) | Work::ApplyTraining | Work::Learn(..) | Work::Split(..));
            if let (true, Some(round)) = (learns, job.round) {
                let is_honest = origin.train.is_some_and(|(_, index)| index == round);
                if !is_honest || origin.whole || origin.test.is_some() {
                    return Err(format!(
                        "job {id} of round {round} learns from other rows than its training rows: {origin:?}"
                    ));
                }
            }
            origins.push(origin);
        }
        Ok(())
    }

    /// The rows that a job's value depends on.
    fn origin(&self, job: &Job, origins: &[Origin]) -> Origin {
        match &job.work {
            Work::Read(..) => Origin { whole: true, ..Origin::default() },
            // Which rows are dealt to which round may depend on all of them: on the classes of the target.
            Work::Pick(index, part) if self.jobs[job.inputs[1]].round.is_none() => match part {
                Part::Train => Origin { train: Some((job.inputs[1], *index)), ..Origin::default() },
                Part::Test => Origin { test: Some((job.inputs[1], *index)), ..Origin::default() },
            },
            // A split inside a round parts rows that are training rows already: nothing changes.
            _ => job.inputs.iter().fold(Origin::default(), |origin, &input| origin.and(origins[input])),
        }
    }
}

/// Which rows a value depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Origin {
    /// All rows, before any split; or those of several rounds, which together are as good as all.
    whole: bool,
    /// The training rows of a split's round.
    train: Option<(JobId, usize)>,
    /// The held-out rows of a split's round.
    test: Option<(JobId, usize)>,
}

impl Origin {
    fn and(self, other: Origin) -> Origin {
        let differ = |one: Option<(JobId, usize)>, two: Option<_>| one.is_some() && two.is_some() && one != two;
        let mixed = differ(self.train, other.train) || differ(self.test, other.test);
        Origin {
            whole: self.whole || other.whole || mixed,
            train: self.train.or(other.train),
            test: self.test.or(other.test),
        }
    }
}
