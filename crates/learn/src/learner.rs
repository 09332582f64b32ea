//! The two traits of learning.

use crate::data::{Examples, Features, Outputs};
use crate::spilled::Spilled;
use pipewright_diagnostic::{Failure, code};
pub use pipewright_diagnostic::{Ignore, Watch};
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

    /// Can it learn from inputs outside memory?
    fn streams(&self) -> bool {
        false
    }

    /// As [`Learner::fit`], from inputs outside memory; the model is the same, bit for bit, that the same rows in
    /// memory give.
    ///
    /// # Errors
    /// As [`Learner::fit`]; [`code::LIMIT_REACHED`] for a model that needs all rows in memory.
    fn fit_spilled(
        &self,
        train: &Spilled,
        validation: Option<&Spilled>,
        key: Key,
        watch: &dyn Watch,
    ) -> Result<Self::Model, Failure> {
        let _ = (train, validation, key, watch);
        Err(Failure::new(code::LIMIT_REACHED, "this model needs all rows in memory"))
    }
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
