//! Networks for tables: stacks of dense layers, trained by gradient descent in small batches.
//!
//! [`Network`] is the configuration, [`Trainer`] a training under way, [`NetworkModel`] what was learned.
//! Training runs on one thread, but for products that are large enough to be cut; folds, candidates and members of an
//! ensemble run beside each other above it.
//!
//! ```
//! use pipewright_learn::net::Network;
//! use pipewright_learn::{Examples, Features, Ignore, Learner, Model, Outputs, Target};
//! use pipewright_world::random::Key;
//! // A class that no straight line separates: the product of two signs.
//! let points: Vec<(f64, f64)> = (0..400).map(|i| ((i % 20) as f64 / 9.5 - 1.0, (i / 20) as f64 / 9.5 - 1.0)).collect();
//! let values = points.iter().map(|p| p.0).chain(points.iter().map(|p| p.1)).collect();
//! let codes = points.iter().map(|p| u32::from(p.0 * p.1 > 0.0)).collect();
//! let features = Features::new(400, ["x".to_string(), "y".to_string()].into(), values);
//! let examples = Examples::new(features, Target::Classes { codes, count: 2 });
//! let network = Network { hidden: vec![16], epochs: 60, ..Network::default() };
//! let model = network.fit(&examples, None, Key::new(1), &Ignore).unwrap();
//! let Outputs::Probabilities { values, .. } = model.predict(&examples.features) else { unreachable!() };
//! let right = points.iter().enumerate().filter(|(i, p)| (values[2 * i + 1] > 0.5) == (p.0 * p.1 > 0.0)).count();
//! assert!(right > 360);
//! ```

mod architecture;
mod floats;
mod model;
mod optimizer;
mod order;
mod rows;
mod trainer;

pub use architecture::{Activation, Head, Loss, natural_outputs};
pub use model::{Layer, NetworkModel};
pub use optimizer::{Adam, AdamW, Optimizer, OptimizerConfig, RmsProp, Sgd};
pub(crate) use rows::row_major;
pub use trainer::{Checkpoint, Epoch, Source, Trainer};

use crate::data::Examples;
use crate::learner::Learner;
use crate::spilled::Spilled;
use pipewright_diagnostic::{Failure, Watch};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// The configuration of a network and its training.
///
/// The default is two hidden layers of 64 and 32 with the rectifier, one output, and ten epochs of Adam in batches
/// of 32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// The width of the last layer: 1 for two classes or numbers, K for K classes (see [`natural_outputs`]).
    pub outputs: usize,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// How weights follow gradients.
    pub optimizer: OptimizerConfig,
    /// How often training goes through all rows.
    pub epochs: usize,
    /// Rows of a batch; the last batch of an epoch has what is left.
    pub batch: usize,
    /// What is made small; `None` for cross-entropy of classes and the mean squared error of (standardised) numbers.
    pub loss: Option<Loss>,
    /// Stop when the loss of the validation rows (of the training rows, if there are no others) has not become
    /// smaller for this many epochs, and take the weights of the best one.
    pub early_stop: Option<usize>,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            hidden: vec![64, 32],
            outputs: 1,
            activation: Activation::default(),
            optimizer: OptimizerConfig::default(),
            epochs: 10,
            batch: 32,
            loss: None,
            early_stop: None,
        }
    }
}

impl Learner for Network {
    type Model = NetworkModel;

    fn fit(
        &self,
        train: &Examples,
        validation: Option<&Examples>,
        key: Key,
        watch: &dyn Watch,
    ) -> Result<NetworkModel, Failure> {
        trainer::train(self, trainer::Source::from(train), validation.map(trainer::Source::from), key, watch)
    }

    fn streams(&self) -> bool {
        true
    }

    fn fit_spilled(
        &self,
        train: &Spilled,
        validation: Option<&Spilled>,
        key: Key,
        watch: &dyn Watch,
    ) -> Result<NetworkModel, Failure> {
        trainer::train(self, trainer::Source::from(train), validation.map(trainer::Source::from), key, watch)
    }
}

#[cfg(test)]
mod tests;
