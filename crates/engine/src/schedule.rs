//! The schedule: every job runs once its inputs are there.

use crate::execute::{Value, execute};
use crate::observe::{JobWatch, Notice, Observer};
use pipewright_diagnostic::{Failure, code};
use pipewright_operator::Surroundings;
use pipewright_operator::result::Output;
use pipewright_plan::{JobGraph, JobId, StageId};
use rayon::Scope;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a run has brought.
#[derive(Default)]
pub struct Outcome {
    /// The values that were to be kept, by the key of their job.
    pub kept: HashMap<u64, Value>,
    /// The results of stages by job.
    pub outputs: BTreeMap<JobId, Arc<Output>>,
    /// What jobs had to say, in the order of the graph.
    pub notices: Vec<Notice>,
    /// The time that each stage took, in the order of the script.
    pub times: BTreeMap<StageId, StageTime>,
    /// Why the run stopped, if it did not end.
    pub failure: Option<JobFailure>,
}

/// How often and how long a stage worked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StageTime {
    /// How many times it learned, or worked if it does not learn.
    pub runs: usize,
    /// The time of all its jobs together.
    pub time: Duration,
}

/// A failure and the job that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFailure {
    /// The stage that it worked for.
    pub stage: StageId,
    /// The round that it belonged to.
    pub round: Option<usize>,
    /// What went wrong.
    pub failure: Failure,
}

/// Runs all jobs in the current thread pool. Jobs whose keys are in `known` are not run; every value is kept if
/// `keep_all` says so, else results of stages only.
#[must_use]
pub fn run(
    graph: &JobGraph,
    known: HashMap<u64, Value>,
    keep_all: bool,
    surroundings: &Surroundings,
    observer: &dyn Observer,
) -> Outcome {
    let schedule = Schedule::new(graph, keep_all, surroundings, observer);
    let mut ready = Vec::new();
    {
        let mut state = schedule.lock();
        let given: Vec<(JobId, Value)> = graph
            .jobs()
            .iter()
            .enumerate()
            .filter_map(|(id, job)| known.get(&job.key).map(|value| (id, value.clone())))
            .collect();
        drop(known);
        for (id, _) in &given {
            state.jobs[*id].done = true;
        }
        for (id, value) in given {
            ready.extend(schedule.finish(&mut state, id, value));
        }
        ready.retain(|&id| !state.jobs[id].done);
        let starters = (0..graph.jobs().len()).filter(|&id| graph.jobs()[id].inputs.is_empty() && !state.jobs[id].done);
        ready.extend(starters);
        ready.sort_unstable();
        ready.dedup();
    }
    rayon::scope(|scope| schedule.spawn(scope, ready));
    schedule.outcome()
}

struct Schedule<'a> {
    graph: &'a JobGraph,
    /// The jobs that need each job's value.
    consumers: Vec<Vec<JobId>>,
    keep_all: bool,
    surroundings: &'a Surroundings,
    observer: &'a dyn Observer,
    state: Mutex<State>,
}

struct State {
    jobs: Vec<JobState>,
    done: usize,
    failure: Option<(JobId, Failure)>,
}

#[derive(Default)]
struct JobState {
    /// Inputs that are not there yet.
    waits_for: usize,
    /// Consumers that have not run yet.
    needed_by: usize,
    value: Option<Value>,
    done: bool,
    notices: Vec<Failure>,
    time: Duration,
    ran: bool,
}

impl<'a> Schedule<'a> {
    fn new(
        graph: &'a JobGraph,
        keep_all: bool,
        surroundings: &'a Surroundings,
        observer: &'a dyn Observer,
    ) -> Schedule<'a> {
        let mut consumers = vec![Vec::new(); graph.jobs().len()];
        for (id, job) in graph.jobs().iter().enumerate() {
            job.inputs.iter().for_each(|&input| consumers[input].push(id));
        }
        let jobs = graph
            .jobs()
            .iter()
            .zip(&consumers)
            .map(|(job, consumers)| JobState {
                waits_for: job.inputs.len(),
                needed_by: consumers.len(),
                ..JobState::default()
            })
            .collect();
        let state = Mutex::new(State { jobs, done: 0, failure: None });
        Schedule { graph, consumers, keep_all, surroundings, observer, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A job's panic is caught before it can poison the lock; a poisoned state would still be consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Spawns jobs; a pool thread takes its own newest first, so the first job is spawned last.
    fn spawn<'s>(&'s self, scope: &Scope<'s>, ready: Vec<JobId>) {
        for id in ready.into_iter().rev() {
            scope.spawn(move |scope| {
                let next = self.work(id);
                self.spawn(scope, next);
            });
        }
    }

    /// Runs one job and returns those that it has made ready.
    fn work(&self, id: JobId) -> Vec<JobId> {
        let Some(inputs) = self.inputs(id) else { return Vec::new() };
        let job = &self.graph.jobs()[id];
        let notices = Mutex::new(Vec::new());
        let watch = JobWatch { job, observer: self.observer, notices: &notices };
        let start = self.surroundings.world.elapsed();
        let result = if self.observer.cancelled() {
            Err(Failure::new(code::CANCELLED, "the run was stopped; nothing is left half written"))
        } else {
            catch_unwind(AssertUnwindSafe(|| execute(job, inputs, self.surroundings, &watch, self.observer)))
                .unwrap_or_else(|panic| Err(bug(panic.as_ref())))
        };
        let time = self.surroundings.world.elapsed().saturating_sub(start);
        let mut state = self.lock();
        let own = &mut state.jobs[id];
        (own.time, own.ran) = (time, true);
        own.notices = notices.into_inner().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(value) => {
                let ready = self.finish(&mut state, id, value);
                self.observer.jobs(state.done, self.graph.jobs().len());
                ready
            }
            Err(failure) => {
                if state.failure.as_ref().is_none_or(|(first, _)| id < *first) {
                    state.failure = Some((id, failure));
                }
                Vec::new()
            }
        }
    }

    /// The inputs of a job, or nothing if an earlier one has failed. Later jobs stop then; earlier ones go on, so
    /// that the first failure in the graph's order is found whatever the threads do.
    fn inputs(&self, id: JobId) -> Option<Vec<Value>> {
        let mut state = self.lock();
        if state.failure.as_ref().is_some_and(|(failed, _)| *failed < id) {
            return None;
        }
        let inputs = &self.graph.jobs()[id].inputs;
        let values =
            inputs.iter().map(|&input| state.jobs[input].value.clone().expect("a ready job has its inputs")).collect();
        for &input in inputs {
            self.release(&mut state, input);
        }
        Some(values)
    }

    fn release(&self, state: &mut State, id: JobId) {
        let job = &mut state.jobs[id];
        job.needed_by -= 1;
        if job.needed_by == 0 && !self.keep_all && !matches!(job.value, Some(Value::Output(_))) {
            job.value = None;
        }
    }

    fn finish(&self, state: &mut State, id: JobId, value: Value) -> Vec<JobId> {
        state.done += 1;
        state.jobs[id].done = true;
        state.jobs[id].value = Some(value);
        let mut ready = Vec::new();
        for &consumer in &self.consumers[id] {
            state.jobs[consumer].waits_for -= 1;
            if state.jobs[consumer].waits_for == 0 && !state.jobs[consumer].done {
                ready.push(consumer);
            }
        }
        ready
    }

    fn outcome(self) -> Outcome {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut outcome = Outcome::default();
        // Whether a job behind the one that failed has run is chance: what it has to say is left out.
        let end = state.failure.as_ref().map_or(usize::MAX, |(failed, _)| *failed);
        for (id, (job, state)) in self.graph.jobs().iter().zip(state.jobs).enumerate() {
            let notices = state.notices.into_iter().filter(|_| id <= end);
            outcome.notices.extend(notices.map(|failure| Notice { stage: job.stage, round: job.round, failure }));
            if state.ran {
                let time = outcome.times.entry(job.stage).or_default();
                time.time += state.time;
                time.runs += usize::from(is_run(&job.work));
            }
            match state.value {
                Some(Value::Output(output)) if id < end => drop(outcome.outputs.insert(id, output)),
                Some(value) if self.keep_all => drop(outcome.kept.insert(job.key, value)),
                _ => {}
            }
        }
        outcome.failure = state.failure.map(|(id, failure)| {
            let job = &self.graph.jobs()[id];
            JobFailure { stage: job.stage, round: job.round, failure }
        });
        outcome
    }
}

/// Does the job count as a run of its stage? Picking, applying and predicting only follow from one.
fn is_run(work: &pipewright_plan::Work) -> bool {
    use pipewright_plan::Work;
    !matches!(
        work,
        Work::Pick(..) | Work::Apply | Work::ApplyTraining | Work::Predict | Work::Split(..) | Work::Score(..)
    )
}

fn bug(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::new(code::BUG, format!("a bug in Pipewright: {}", text.unwrap_or("no message")))
        .help("please report it together with the script")
}
