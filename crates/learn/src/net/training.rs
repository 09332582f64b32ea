//! The settings of a training by mini-batch gradient descent.

use super::loss::Loss;
use super::optimizer::OptimizerConfig;
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
    /// Early stopping: stop when the loss of the validation rows (of the training rows, if there are none) has not
    /// decreased for this many epochs, and keep the weights of the best epoch.
    pub early_stop: Option<usize>,
}

impl Default for Training {
    fn default() -> Training {
        Training { optimizer: OptimizerConfig::default(), epochs: 50, batch: 32, loss: None, early_stop: None }
    }
}
