//! Adjustments of a model: what is learned from its predictions for rows that it has not seen, such as a calibration of
//! its probabilities.

use super::{FittedModel, Splitter};
use crate::{ArgumentError, Registry, Task};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Table;
use pipewright_learn::Predictions;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Learns from out-of-fold predictions how to change the predictions of a model.
pub trait Adjust: Send + Sync {
    /// Checks it against the task, before anything is fitted.
    ///
    /// # Errors
    /// An [`ArgumentError`] if it does not fit the task.
    fn check(&self, task: &Task) -> Result<(), ArgumentError>;

    /// Returns the inner folds whose predictions it learns from; every row is tested once.
    fn splitter(&self) -> Arc<dyn Splitter>;

    /// Learns from predictions; `truth` has the target, and the weights if there are any.
    ///
    /// # Errors
    /// A [`Failure`] if the rows are unsuitable, for example of one class.
    fn fit(&self, truth: &Table, task: &Task, predictions: &Predictions) -> Result<Arc<dyn Adjustment>, Failure>;

    /// Returns its own seed, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

/// A fitted adjustment: plain data.
pub trait Adjustment: Send + Sync {
    /// The name of its kind in bundles, by which the registry finds it again.
    fn tag(&self) -> &'static str;

    /// Changes predictions.
    ///
    /// # Errors
    /// A [`Failure`] for predictions of another kind.
    fn apply(&self, predictions: Predictions) -> Result<Predictions, Failure>;

    /// Does it add regions (intervals or sets)?
    fn is_conformal(&self) -> bool {
        false
    }

    /// Plain data from which [`AdjustmentKind::load`] makes it again.
    fn save(&self) -> Json;
}

/// A kind of adjustment that bundles hold.
#[derive(Debug, Clone, Copy)]
pub struct AdjustmentKind {
    /// Its name: [`Adjustment::tag`].
    pub tag: &'static str,
    /// Makes an adjustment from what [`Adjustment::save`] gave.
    pub load: fn(&Json) -> Result<Arc<dyn Adjustment>, Failure>,
}

/// A model whose predictions are adjusted.
#[derive(Debug)]
pub struct Adjusted {
    model: Arc<dyn FittedModel>,
    adjustments: Vec<Arc<dyn Adjustment>>,
}

/// The field by which a saved model is known to be adjusted.
const ADJUSTMENTS: &str = "adjustments";

impl Adjusted {
    /// Adjusts the predictions of a model, in this order.
    #[must_use]
    pub fn new(model: Arc<dyn FittedModel>, adjustments: Vec<Arc<dyn Adjustment>>) -> Adjusted {
        Adjusted { model, adjustments }
    }

    /// Restores a model, adjusted or not, from the result of [`FittedModel::save`]; `load` restores the model itself.
    ///
    /// # Errors
    /// `BAD_BUNDLE` for an adjustment that is not known or damaged; those of `load`.
    pub fn load(
        saved: &Json,
        registry: &Registry,
        load: fn(&Json) -> Result<Arc<dyn FittedModel>, Failure>,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let (Some(Json::Array(adjustments)), Some(model)) = (saved.get(ADJUSTMENTS), saved.get("model")) else {
            return load(saved);
        };
        let bad = |what: &str| Failure::new(code::BAD_BUNDLE, format!("an adjustment of the model {what}"));
        let of = |saved: &Json| {
            let tag = saved.get("tag").and_then(Json::as_str).ok_or_else(|| bad("has no name"))?;
            let kind = registry.adjustments.iter().find(|kind| kind.tag == tag);
            let kind = kind.ok_or_else(|| bad(&format!("is not known: {tag}")))?;
            (kind.load)(saved.get("state").unwrap_or(&Json::Null))
        };
        let adjustments = adjustments.iter().map(of).collect::<Result<_, _>>()?;
        Ok(Arc::new(Adjusted { model: load(model)?, adjustments }))
    }
}

impl FittedModel for Adjusted {
    fn predict(&self, rows: &Table) -> Result<Predictions, Failure> {
        self.adjustments.iter().try_fold(self.model.predict(rows)?, |said, adjustment| adjustment.apply(said))
    }

    fn is_conformal(&self) -> bool {
        self.adjustments.iter().any(|adjustment| adjustment.is_conformal())
    }

    fn levels(&self) -> &[f64] {
        self.model.levels()
    }

    fn show(&self) -> Table {
        self.model.show()
    }

    fn save(&self) -> Json {
        let of = |adjustment: &Arc<dyn Adjustment>| json!({"tag": adjustment.tag(), "state": adjustment.save()});
        json!({ADJUSTMENTS: self.adjustments.iter().map(of).collect::<Vec<_>>(), "model": self.model.save()})
    }
}
