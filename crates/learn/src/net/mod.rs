//! Neural networks for tables: stacks of dense layers, trained by mini-batch gradient descent.
//!
//! [`Network`] is the configuration, [`Trainer`] a training in progress, [`NetworkModel`] the trained network. Training
//! runs on one thread, except for products large enough to be split; folds, candidates and ensemble members run in
//! parallel above it.
//!
//! ```
//! use pipewright_learn::net::Network;
//! use pipewright_learn::metric::{self, Judged};
//! use pipewright_learn::{Dataset, Features, Learner, Model, Target};
//! // A class that no straight line separates: the product of two signs.
//! let points: Vec<[f64; 2]> = (0..400).map(|i| [(i % 20) as f64 / 9.5 - 1.0, (i / 20) as f64 / 9.5 - 1.0]).collect();
//! let codes = points.iter().map(|[x, y]| u32::from(x * y > 0.0)).collect();
//! let train = Dataset::new(Features::from_rows(["x", "y"], &points), Target::Classes { codes, count: 2 });
//! let network = Network { hidden: vec![16], epochs: 60, ..Network::default() };
//! let model = network.fit(&train)?;
//! let predicted = model.predict(&train.features)?;
//! assert!(metric::ACCURACY.score(&Judged::new(&train.labels, &predicted))? > 0.9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod floats;
mod model;
mod optimizer;
mod order;
pub mod real;
mod rows;
mod schedule;
mod trainer;

pub use architecture::{Activation, Head, Loss, natural_outputs};
pub use model::{Layer, NetworkModel};
pub use optimizer::{
    Adagrad, Adam, AdamW, Lion, Muon, NAdam, Optimizer, OptimizerConfig, RAdam, RmsProp, ScheduleFree, Sgd,
};
pub use real::{RealMlp, RealMlpModel};
pub(crate) use rows::row_major;
pub use schedule::{Plateau, Schedule};
pub use trainer::{Checkpoint, Epoch, Source, Trainer};

use crate::data::Dataset;
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::on_disk::OnDisk;
use pipewright_diagnostic::Failure;
use serde::{Deserialize, Serialize};

/// The configuration of a network and its training.
///
/// The default is two hidden layers of 64 and 32 units with ReLU, one output, and 50 epochs of Adam in batches of 32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// The width of the last layer: 1 for two classes or numbers, K for K classes (see [`natural_outputs`]).
    pub outputs: usize,
    /// The activation of the hidden layers.
    pub activation: Activation,
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

impl Default for Network {
    fn default() -> Network {
        Network {
            hidden: vec![64, 32],
            outputs: 1,
            activation: Activation::default(),
            optimizer: OptimizerConfig::default(),
            epochs: 50,
            batch: 32,
            loss: None,
            early_stop: None,
        }
    }
}

impl Learner for Network {
    type Model = NetworkModel;

    fn accepts(&self) -> Accepts {
        NetworkModel::ACCEPTS.and_weights().and_rows_on_disk()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<NetworkModel, Failure> {
        trainer::train(self, train, fit)
    }

    fn fit_on_disk(&self, train: &OnDisk, fit: &Fit<'_, OnDisk>) -> Result<NetworkModel, Failure> {
        trainer::train(self, train, fit)
    }
}

#[cfg(test)]
mod tests;
