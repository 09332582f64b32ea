//! The two traits of learning, and how a long training is watched.

use crate::data::{Examples, Features, Outputs};
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;
use serde::{Serialize, de::DeserializeOwned};

/// A configuration that can learn.
pub trait Learner: Send + Sync {
    /// What it learns.
    type Model: Model;

    /// Learns from `train`. Where the configuration stops early, `validation` says when; else it is not looked at.
    /// All randomness comes from `key`.
    ///
    /// # Errors
    /// A [`Failure`] when the data cannot be learned from or training leaves the range of numbers; a model with
    /// a non-finite number is never returned.
    fn fit(
        &self,
        train: &Examples,
        validation: Option<&Examples>,
        key: Key,
        watch: &dyn Watch,
    ) -> Result<Self::Model, Failure>;
}

/// What was learned: plain data that predicts.
pub trait Model: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Predicts for every row; the columns are those of the training features, in their order.
    fn predict(&self, features: &Features) -> Outputs;

    /// Checks a model that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names what is wrong.
    fn validate(&self) -> Result<(), Failure>;

    /// The number of input columns.
    fn inputs(&self) -> usize;
}

/// Whoever watches a training: told of progress, asked whether to stop, given warnings.
pub trait Watch: Sync {
    /// Should the work stop? Asked many times a second.
    fn cancelled(&self) -> bool {
        false
    }

    /// `done` of `total` steps are done; the unit is the learner's own (epochs, iterations).
    fn progress(&self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// Something worth saying that does not stop the work.
    fn notice(&self, notice: Failure) {
        let _ = notice;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Ignore;

impl Watch for Ignore {}
