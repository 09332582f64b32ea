//! Scheduling: every job runs once its inputs are available.

use crate::execute::{Value, execute};
use crate::observe::{JobWatch, Notice, Observer};
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_frame::Schema;
use pipewright_operator::{Data, Environment};
use pipewright_plan::{Job, JobGraph, JobId, NodeId, Work};
use rayon::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The outcome of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Messages of jobs, in the order of the graph.
    pub notices: Vec<Notice>,
    /// The time of each stage, in the order of the script.
    pub times: BTreeMap<NodeId, StageTime>,
    /// The failure that stopped the run, if any.
    pub failure: Option<JobFailure>,
}

/// Number of runs and time of a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StageTime {
    /// Number of fits, or of executions if it does not learn.
    pub runs: usize,
    /// Total time of all its jobs.
    pub time: Duration,
}

/// A failure and the failed job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFailure {
    /// The job.
    pub job: JobId,
    /// The stage of the job.
    pub stage: NodeId,
    /// The innermost round of the job.
    pub round: Option<usize>,
    /// What went wrong.
    pub failure: Failure,
}

/// Which values are retained after the jobs that need them have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// Those that were demanded.
    Demanded,
    /// Those that were demanded, and those needed by jobs that may be demanded later.
    ForLater,
    /// All of them.
    All,
}

/// An incremental run of a graph, which may grow between two demands: nothing is computed twice.
///
/// Only demanded jobs and their dependencies are run. Of the candidates of a choice, the winner is demanded once it is
/// known; the others are not run, unless something else needs them.
pub struct Run<'a> {
    environment: &'a Environment,
    observer: &'a dyn Observer,
    state: State,
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl<'a> Run<'a> {
    /// Creates a run without results.
    #[must_use]
    pub fn new(environment: &'a Environment, observer: &'a dyn Observer) -> Run<'a> {
        Run { environment, observer, state: State::default() }
    }

    /// Computes the values of these jobs, in the current thread pool. Does nothing after a failure.
    pub fn demand(&mut self, graph: &JobGraph, jobs: &[JobId], retain: Retain) {
        let schedule = Schedule::new(graph, jobs, retain, std::mem::take(&mut self.state), self);
        let ready = schedule.start(jobs);
        rayon::scope(|scope| schedule.spawn(scope, ready));
        self.state = schedule.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    /// Returns the value of a job, if it was computed and retained.
    #[must_use]
    pub fn value(&self, job: JobId) -> Option<&Value> {
        self.state.jobs.get(job)?.value.as_ref()
    }

    /// Returns the columns of the rows of a job, even if the rows were dropped.
    #[must_use]
    pub fn schema(&self, job: JobId) -> Option<&Schema> {
        self.state.jobs.get(job)?.schema.as_ref()
    }

    /// Returns the number of rows of a job's table, also after the table was dropped; `None` for streams.
    #[must_use]
    pub fn rows(&self, job: JobId) -> Option<usize> {
        self.state.jobs.get(job)?.rows
    }

    /// Returns the failure that stopped the run, if any.
    #[must_use]
    pub fn failure(&self, graph: &JobGraph) -> Option<JobFailure> {
        let (id, failure) = self.state.failure.clone()?;
        let job = &graph.jobs()[id];
        let round = graph.fold(job.scope);
        Some(JobFailure { job: id, stage: job.stage, round, failure })
    }

    /// Returns messages of jobs, and times.
    #[must_use]
    pub fn outcome(&self, graph: &JobGraph) -> Outcome {
        let mut outcome = Outcome { failure: self.failure(graph), ..Outcome::default() };
        // Whether jobs after the failed one have run depends on timing: their messages are left out.
        let end = self.state.failure.as_ref().map_or(usize::MAX, |(failed, _)| *failed);
        for (id, (job, state)) in graph.jobs().iter().zip(&self.state.jobs).enumerate() {
            let notices = state.notices.iter().filter(|_| id <= end).cloned();
            let round = graph.fold(job.scope);
            outcome.notices.extend(notices.map(|failure| Notice { stage: job.stage, round, failure }));
            if state.ran {
                let time = outcome.times.entry(job.stage).or_default();
                time.time += state.time;
                time.runs += usize::from(is_run(&job.work));
            }
        }
        outcome
    }
}

struct Schedule<'a> {
    graph: &'a JobGraph,
    /// The jobs that need each job's value.
    consumers: Vec<Vec<JobId>>,
    retain: Retain,
    environment: &'a Environment,
    observer: &'a dyn Observer,
    /// Those around the demand, which hold for its jobs too.
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: Vec<JobState>,
    demanded: usize,
    done: usize,
    /// Ready jobs that no task has taken.
    waiting: BTreeSet<JobId>,
    /// Number of tasks that have not taken a job yet.
    spawned: usize,
    /// Number of tasks at work on a job.
    running: usize,
    /// Do any rows exceed the memory limit?
    streams: bool,
    failure: Option<(JobId, Failure)>,
    /// When the first job started that only evaluates a candidate.
    searching_since: Option<Duration>,
}

#[derive(Default)]
struct JobState {
    /// Should its value be computed?
    demanded: bool,
    /// Should its value be retained?
    kept: bool,
    /// Number of missing inputs.
    waits_for: usize,
    /// Number of consumers that have not run yet.
    needed_by: usize,
    value: Option<Value>,
    schema: Option<Schema>,
    /// The number of rows, of tables in memory.
    rows: Option<usize>,
    done: bool,
    notices: Vec<Failure>,
    time: Duration,
    ran: bool,
}

impl State {
    /// Takes the first job for a task.
    fn begin(&mut self) -> JobId {
        self.spawned -= 1;
        self.running += 1;
        self.waiting.pop_first().expect("there is a job for each task")
    }
}

impl<'a> Schedule<'a> {
    fn new(graph: &'a JobGraph, jobs: &[JobId], retain: Retain, mut state: State, run: &Run<'a>) -> Schedule<'a> {
        let mut consumers = vec![Vec::new(); graph.jobs().len()];
        for (id, job) in graph.jobs().iter().enumerate() {
            job.inputs.iter().for_each(|&input| consumers[input].push(id));
        }
        state.jobs.resize_with(graph.jobs().len(), JobState::default);
        for job in &mut state.jobs {
            // Dropped values are recomputed on demand.
            (job.demanded, job.done, job.kept) = (job.value.is_some(), job.value.is_some(), false);
        }
        let may_run = match retain {
            Retain::Demanded => reachable(graph, jobs, &state),
            Retain::ForLater | Retain::All => vec![true; graph.jobs().len()],
        };
        for (id, consumers) in consumers.iter().enumerate() {
            let waits = |&&consumer: &&JobId| may_run[consumer] && !state.jobs[consumer].done;
            state.jobs[id].needed_by = consumers.iter().filter(waits).count();
        }
        jobs.iter().for_each(|&job| state.jobs[job].kept = true);
        let (environment, observer, bounds) = (run.environment, run.observer, Bounds::current());
        let schedule = Schedule { graph, consumers, retain, environment, observer, bounds, state: Mutex::new(state) };
        let mut state = schedule.lock();
        (0..graph.jobs().len()).for_each(|id| schedule.forget(&mut state, id));
        drop(state);
        schedule
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A job's panic is caught before it can poison the lock; a poisoned state would still be consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Demands these jobs, and returns those that are ready.
    fn start(&self, jobs: &[JobId]) -> Vec<JobId> {
        let mut state = self.lock();
        if state.failure.is_some() {
            return Vec::new();
        }
        let mut ready = Vec::new();
        jobs.iter().for_each(|&job| self.demand(&mut state, job, &mut ready));
        ready.sort_unstable();
        ready
    }

    /// Demands a job and its dependencies; ready ones are added to `ready`.
    fn demand(&self, state: &mut State, job: JobId, ready: &mut Vec<JobId>) {
        let mut open = vec![job];
        while let Some(id) = open.pop() {
            if state.jobs[id].demanded || state.jobs[id].done {
                continue;
            }
            state.jobs[id].demanded = true;
            state.demanded += 1;
            let needed = self.graph.needed_first(id);
            open.extend(needed);
            let mut waits_for = needed.iter().filter(|&&input| !state.jobs[input].done).count();
            if waits_for == 0
                && let Some(winner) = self.winner(state, id)
            {
                // The choice was made before the winner was requested.
                open.push(winner);
                waits_for = usize::from(!state.jobs[winner].done);
            }
            state.jobs[id].waits_for = waits_for;
            if waits_for == 0 {
                ready.push(id);
            }
        }
    }

    /// Returns the candidate that a job forwards, if it is a decided choice.
    fn winner(&self, state: &State, id: JobId) -> Option<JobId> {
        let job = &self.graph.jobs()[id];
        match (&job.work, &state.jobs[*job.inputs.first()?].value) {
            (Work::Chosen(place), Some(Value::Ranking(ranking))) => job.inputs.get(ranking.get(*place)? + 1).copied(),
            _ => None,
        }
    }

    /// Adds jobs that are ready, and spawns a task for each. A task takes the first job in the order of the graph that is
    /// ready by then: so a round ends before the next one begins, and a candidate is evaluated before the next one.
    fn spawn<'s>(&'s self, scope: &Scope<'s>, ready: Vec<JobId>) {
        for _ in 0..self.tasks(ready) {
            scope.spawn(move |scope| {
                let id = self.lock().begin();
                let next = self.work(id);
                self.lock().running -= 1;
                self.spawn(scope, next);
            });
        }
    }

    /// Adds jobs that are ready, and returns how many may start: all, or one at a time for rows that exceed the memory
    /// limit, which is one for all jobs.
    fn tasks(&self, ready: Vec<JobId>) -> usize {
        let mut state = self.lock();
        state.waiting.extend(ready);
        let free = state.waiting.len() - state.spawned;
        let count = match state.streams {
            true => usize::from(state.spawned + state.running == 0).min(free),
            false => free,
        };
        state.spawned += count;
        count
    }

    /// Runs one job and returns those that have become ready.
    fn work(&self, id: JobId) -> Vec<JobId> {
        let Some(inputs) = self.inputs(id) else { return Vec::new() };
        let job = &self.graph.jobs()[id];
        let notices = Mutex::new(Vec::new());
        let progress = JobWatch { job, observer: self.observer, world: &*self.environment.world, notices: &notices };
        let start = self.environment.world.elapsed();
        let is_late = self.is_late(job, start);
        let result = self.bounds.go_on().and_then(|()| {
            if is_late {
                return Ok(Value::Skipped);
            }
            let rounds = self.graph.folds(job.scope);
            let work = || execute(job, &rounds, inputs, self.environment, &progress, self.observer);
            let work = AssertUnwindSafe(|| self.bounds.around(work));
            catch_unwind(work).unwrap_or_else(|panic| Err(bug(panic.as_ref())))
        });
        let time = self.environment.world.elapsed().saturating_sub(start);
        let mut state = self.lock();
        let own = &mut state.jobs[id];
        (own.time, own.ran) = (time, true);
        own.notices = notices.into_inner().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(value) => {
                let ready = self.finish(&mut state, id, value);
                self.observer.jobs(state.done, state.demanded);
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

    /// Is the time of the search up to which a job belongs? It counts from the first such job.
    fn is_late(&self, job: &Job, now: Duration) -> bool {
        let Some(deadline) = &job.deadline else { return false };
        let start = *self.lock().searching_since.get_or_insert(now);
        now.saturating_sub(start) > self.graph.end(deadline)
    }

    /// Returns the inputs of a job, or `None` if an earlier one has failed. Later jobs then stop; earlier ones
    /// continue, so that the first failure in the graph's order is found whatever the timing.
    fn inputs(&self, id: JobId) -> Option<Vec<Value>> {
        let mut state = self.lock();
        if state.failure.as_ref().is_some_and(|(failed, _)| *failed < id) {
            return None;
        }
        let all = &self.graph.jobs()[id].inputs;
        let winner = self.winner(&state, id);
        let needed: Vec<JobId> = self.graph.needed_first(id).iter().copied().chain(winner).collect();
        let value = |&input: &JobId| state.jobs[input].value.clone().expect("a ready job has its inputs");
        let values = needed.iter().map(value).collect();
        for &input in all {
            state.jobs[input].needed_by -= 1;
            self.forget(&mut state, input);
        }
        Some(values)
    }

    /// Drops a value that is no longer needed.
    fn forget(&self, state: &mut State, id: JobId) {
        let job = &mut state.jobs[id];
        if job.needed_by == 0 && !job.kept && self.retain != Retain::All {
            job.value = None;
        }
    }

    /// Stores a value, and returns the jobs that have become ready.
    fn finish(&self, state: &mut State, id: JobId, value: Value) -> Vec<JobId> {
        state.done += 1;
        state.jobs[id].done = true;
        if let Value::Data(data) = &value {
            state.streams |= matches!(data, Data::Stream(_));
            state.jobs[id].schema = Some(data.schema());
            state.jobs[id].rows = if let Data::Table(table) = data { Some(table.rows()) } else { None };
        }
        state.jobs[id].value = Some(value);
        let mut ready = Vec::new();
        for &consumer in &self.consumers[id] {
            if !state.jobs[consumer].demanded || state.jobs[consumer].done {
                continue;
            }
            let is_choice = self.graph.needed_first(consumer).contains(&id);
            match self.winner(state, consumer) {
                Some(winner) if is_choice && winner != id => {
                    state.jobs[consumer].waits_for = usize::from(!state.jobs[winner].done);
                    self.demand(state, winner, &mut ready);
                }
                Some(winner) if winner != id => continue,
                None if !is_choice => continue,
                _ => state.jobs[consumer].waits_for -= 1,
            }
            if state.jobs[consumer].waits_for == 0 {
                ready.push(consumer);
            }
        }
        self.forget(state, id);
        ready
    }
}

/// Returns the unfinished jobs needed for these, including candidates, and these.
fn reachable(graph: &JobGraph, jobs: &[JobId], state: &State) -> Vec<bool> {
    let mut reached = vec![false; graph.jobs().len()];
    let mut open = jobs.to_vec();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut reached[id], true) && !state.jobs[id].done {
            open.extend(&graph.jobs()[id].inputs);
        }
    }
    reached
}

/// Does the job count as a run of its stage? Picking, applying and predicting do not.
fn is_run(work: &Work) -> bool {
    !matches!(
        work,
        Work::Pick(..)
            | Work::Apply
            | Work::ApplyTraining
            | Work::Predict
            | Work::Split(..)
            | Work::Append
            | Work::Apart(_)
            | Work::Score(..)
            | Work::Choose(_)
            | Work::Suggest(..)
            | Work::Chosen(_)
            | Work::Candidate(_)
            | Work::Admit(..)
            | Work::Assess(_)
    )
}

fn bug(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::new(code::BUG, format!("a bug in Pipewright: {}", text.unwrap_or("no message")))
        .help("please report it together with the script")
}

#[cfg(test)]
mod tests;
