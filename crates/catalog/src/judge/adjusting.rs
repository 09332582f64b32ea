//! What `calibrate`, `threshold` and `conformal` share: each learns something from out-of-fold predictions, keeps it as
//! plain data, and changes predictions by it.

use super::evaluator::Eval;
use super::scheme::Scheme;
use crate::exchange;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Table;
use pipewright_learn::{Labels, Predictions};
use pipewright_operator::work::{Adjust, Adjustment, Splitter};
use pipewright_operator::{ArgumentError, Task};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use std::sync::Arc;

/// What is learned from out-of-fold predictions.
pub(super) trait Rule: Send + Sync + 'static {
    type Learned: Learned;

    /// Why it does not fit the task, if it does not.
    fn refuses(&self, task: &Task) -> Option<ArgumentError>;

    fn learn(&self, predictions: &Predictions, truth: &Labels) -> Result<Self::Learned, Failure>;
}

/// What a [`Rule`] has learned.
pub(super) trait Learned: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of its kind in bundles.
    const TAG: &'static str;
    /// Does it add regions?
    const CONFORMAL: bool = false;

    fn change(&self, predictions: Predictions) -> Result<Predictions, Failure>;

    /// Validates what came from a file.
    fn validate(&self) -> Result<(), Failure>;
}

/// A rule, with the inner folds whose predictions it learns from.
pub(super) struct Adjusting<R> {
    pub(super) rule: R,
    pub(super) folds: usize,
    pub(super) seed: Option<u64>,
}

impl<R: Rule> Adjust for Adjusting<R> {
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        self.rule.refuses(task).map_or(Ok(()), Err)
    }

    fn splitter(&self) -> Arc<dyn Splitter> {
        Arc::new(Eval::inner(Scheme::Folds(self.folds), None, None))
    }

    fn fit(&self, truth: &Table, task: &Task, predictions: &Predictions) -> Result<Arc<dyn Adjustment>, Failure> {
        let labels = exchange::labels(truth, task)?;
        Ok(Arc::new(Adjusts(self.rule.learn(predictions, &labels)?)))
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

struct Adjusts<L>(L);

impl<L: Learned> Adjustment for Adjusts<L> {
    fn tag(&self) -> &'static str {
        L::TAG
    }

    fn apply(&self, predictions: Predictions) -> Result<Predictions, Failure> {
        self.0.change(predictions)
    }

    fn is_conformal(&self) -> bool {
        L::CONFORMAL
    }

    fn save(&self) -> Json {
        serde_json::to_value(&self.0).expect("an adjustment is plain data with text keys")
    }
}

/// Makes an adjustment from what a bundle holds.
pub(super) fn load<L: Learned>(saved: &Json) -> Result<Arc<dyn Adjustment>, Failure> {
    let learned: L = serde_json::from_value(saved.clone()).map_err(|error| {
        Failure::new(code::BAD_BUNDLE, format!("an adjustment `{}` cannot be read: {error}", L::TAG))
    })?;
    learned.validate()?;
    Ok(Arc::new(Adjusts(learned)))
}
