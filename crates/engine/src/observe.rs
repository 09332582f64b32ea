//! Callbacks during a run.

use pipewright_diagnostic::{Failure, Progress, Stop, go_on};
use pipewright_operator::work::{Fitted, FittedModel};
use pipewright_plan::{Fingerprint, Job, NodeId};
use pipewright_world::World;
use std::sync::Mutex;
use std::time::Duration;

/// Callbacks during a run. Every method may be called from any thread.
pub trait Observer: Sync {
    /// Returns the flag that stops the run; asked for once.
    fn stop(&self) -> Stop {
        Stop::default()
    }

    /// Called when `done` of `total` jobs are done.
    fn jobs(&self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// Called when the job with this fingerprint has done `done` of its `total` steps.
    fn steps(&self, job: Fingerprint, done: u64, total: u64) {
        let _ = (job, done, total);
    }

    /// Called when a stage has fitted a step, in these rounds of splits (outermost first; empty outside of splits).
    fn fitted(&self, stage: NodeId, rounds: &[usize], state: &dyn Fitted) {
        let _ = (stage, rounds, state);
    }

    /// Called when a stage has trained a model, in these rounds.
    fn trained(&self, stage: NodeId, rounds: &[usize], model: &dyn FittedModel) {
        let _ = (stage, rounds, model);
    }
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// A warning or note from a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The stage of the job.
    pub stage: NodeId,
    /// The round of the job.
    pub round: Option<usize>,
    /// The message.
    pub failure: Failure,
}

/// Forwards the progress of one job.
pub(crate) struct JobWatch<'a> {
    pub job: &'a Job,
    pub observer: &'a dyn Observer,
    pub world: &'a dyn World,
    pub notices: &'a Mutex<Vec<Failure>>,
}

impl Progress for JobWatch<'_> {
    fn cancelled(&self) -> bool {
        go_on().is_err()
    }

    fn report(&self, done: u64, total: u64) {
        self.observer.steps(self.job.fingerprint, done, total);
    }

    fn elapsed(&self) -> Duration {
        self.world.elapsed()
    }

    fn notice(&self, notice: Failure) {
        self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(notice);
    }
}
