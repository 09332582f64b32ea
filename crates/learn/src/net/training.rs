//! The settings of a training by mini-batch gradient descent.

use super::class_weights::ClassWeights;
use super::loss::Loss;
use super::optimizer::OptimizerConfig;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// How a network is trained. The default is 50 epochs of Adam in batches of 32.
///
/// ```
/// use pipewright_learn::net::{OptimizerConfig, Training};
/// let training = Training { epochs: 100, optimizer: OptimizerConfig::default().with_lr(0.01), ..Training::default() };
/// assert_eq!(training.batch, 32);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per gradient step; the last batch of an epoch has what is left.
    pub batch: usize,
    /// The loss; `None` selects cross-entropy for classes and the mean squared error for (standardised) numbers.
    pub loss: Option<Loss>,
    /// The share of the target that is spread evenly among all classes (label smoothing): C. Szegedy and others,
    /// "Rethinking the Inception Architecture" (2016). Early stopping judges without it.
    pub label_smoothing: f64,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// The largest norm of the gradient of a step; longer ones are shortened to it.
    pub clip: Option<f64>,
    /// Batches per step, whose gradients are averaged: as one larger batch, in less memory.
    pub accumulate: usize,
    /// The decay d of an exponential moving average of the weights, which predicts in their place: after each step, a ←
    /// d·a + (1 − d)·w (B. Polyak, A. Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992); PyTorch's
    /// `get_ema_multi_avg_fn`.
    pub ema: Option<f64>,
    /// Mixup: rows of a batch are mixed in shares of Beta(α, α), with this α.
    pub mixup: Option<f64>,
    /// Early stopping: stop when the loss of the validation rows (of the training rows, if there are none) has not
    /// decreased for this many epochs, and keep the weights of the best epoch.
    pub early_stop: Option<usize>,
}

impl Default for Training {
    fn default() -> Training {
        Training {
            optimizer: OptimizerConfig::default(),
            epochs: 50,
            batch: 32,
            loss: None,
            label_smoothing: 0.0,
            class_weights: ClassWeights::Equal,
            clip: None,
            accumulate: 1,
            ema: None,
            mixup: None,
            early_stop: None,
        }
    }
}

impl Training {
    /// Checks the settings, which train this loss on classes or on numbers.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if one is out of range, [`code::WRONG_TASK`] if one is for another target.
    pub(super) fn check(&self, loss: Loss, has_classes: bool) -> Result<(), Failure> {
        let refuse = |code, message: &str| Err(Failure::new(code, message));
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return refuse(code::BAD_VALUE, "the share of label smoothing must be at least 0 and below 1");
        }
        if self.label_smoothing > 0.0 && !has_classes {
            return refuse(code::WRONG_TASK, "label smoothing is for classes, but the target is a number");
        }
        if self.label_smoothing > 0.0 && !loss.takes_mixtures() {
            return refuse(code::BAD_VALUE, "the hinge loss has no use for label smoothing");
        }
        if self.clip.is_some_and(|norm| !(norm.is_finite() && norm > 0.0)) {
            return refuse(code::BAD_VALUE, "the norm to clip gradients to must be above 0");
        }
        if self.accumulate == 0 {
            return refuse(code::BAD_VALUE, "a step needs at least one batch");
        }
        if self.ema.is_some_and(|decay| !(0.0..1.0).contains(&decay)) {
            return refuse(code::BAD_VALUE, "the decay of averaged weights must be at least 0 and below 1");
        }
        if self.ema.is_some() && matches!(self.optimizer, OptimizerConfig::ScheduleFree(_)) {
            return refuse(code::BAD_VALUE, "the schedule-free optimiser averages weights itself, without `ema`");
        }
        if self.mixup.is_some_and(|alpha| !(alpha > 0.0 && alpha <= 1.0)) {
            return refuse(code::BAD_VALUE, "alpha of mixup must be above 0 and at most 1");
        }
        if self.mixup.is_some() && has_classes && !loss.takes_mixtures() {
            return refuse(code::BAD_VALUE, "the hinge loss has no use for mixtures of classes");
        }
        Ok(())
    }
}
