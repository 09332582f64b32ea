//! Whoever looks on while a graph runs.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_operator::work::{Fitted, FittedModel};
use pipewright_plan::{Fingerprint, Job, NodeId};
use std::sync::Mutex;

/// Looks on; every method may be called from any thread.
pub trait Observer: Sync {
    /// Should the run stop?
    fn cancelled(&self) -> bool {
        false
    }

    /// `done` of `total` jobs are done.
    fn jobs(&self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// The job of this fingerprint has done `done` of its `total` steps.
    fn steps(&self, job: Fingerprint, done: u64, total: u64) {
        let _ = (job, done, total);
    }

    /// A stage has fitted a step, in these rounds of splits (outermost first; none for what is fitted once).
    fn fitted(&self, stage: NodeId, rounds: &[usize], state: &dyn Fitted) {
        let _ = (stage, rounds, state);
    }

    /// A stage has trained a model, in these rounds.
    fn trained(&self, stage: NodeId, rounds: &[usize], model: &dyn FittedModel) {
        let _ = (stage, rounds, model);
    }
}

/// Looks away.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// Something worth saying that a job said.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The stage that it worked for.
    pub stage: NodeId,
    /// The round that it belonged to.
    pub round: Option<usize>,
    /// What it said.
    pub failure: Failure,
}

/// The watch of one job.
pub(crate) struct JobWatch<'a> {
    pub job: &'a Job,
    pub observer: &'a dyn Observer,
    pub notices: &'a Mutex<Vec<Failure>>,
}

impl Progress for JobWatch<'_> {
    fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }

    fn report(&self, done: u64, total: u64) {
        self.observer.steps(self.job.fingerprint, done, total);
    }

    fn notice(&self, notice: Failure) {
        self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(notice);
    }
}
