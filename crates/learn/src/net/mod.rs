//! Neural networks for tables: stacks of dense layers, trained by mini-batch gradient descent.
//!
//! [`Network`] is the configuration, [`Trainer`] a training in progress, [`NetworkModel`] the trained network. Training
//! runs on one thread, except for products large enough to be split; folds, candidates and ensemble members run in
//! parallel above it.
//!
//! ```
//! use pipewright_learn::net::{Network, Training};
//! use pipewright_learn::metric::{self, Judged};
//! use pipewright_learn::{Dataset, Features, Learner, Model, Target};
//! // A class that no straight line separates: the product of two signs.
//! let points: Vec<[f64; 2]> = (0..400).map(|i| [(i % 20) as f64 / 9.5 - 1.0, (i / 20) as f64 / 9.5 - 1.0]).collect();
//! let codes = points.iter().map(|[x, y]| u32::from(x * y > 0.0)).collect();
//! let train = Dataset::new(Features::from_rows(["x", "y"], &points), Target::Classes { codes, count: 2 });
//! let training = Training { epochs: 60, ..Training::default() };
//! let network = Network { hidden: vec![16], training, ..Network::default() };
//! let model = network.fit(&train)?;
//! let predicted = model.predict(&train.features)?;
//! assert!(metric::ACCURACY.score(&Judged::new(&train.labels, &predicted))? > 0.9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod class_weights;
mod descent;
mod floats;
mod gradients;
mod head;
pub mod layer;
mod loss;
mod mixup;
mod model;
mod optimizer;
mod order;
mod predict;
pub mod real;
mod rows;
mod schedule;
mod slope;
mod stack;
mod trainer;
mod training;

pub use class_weights::ClassWeights;
pub use head::{Head, natural_outputs};
pub use layer::Activation;
pub use loss::Loss;
pub use model::{Layer, NetworkModel};
pub use optimizer::{
    Adagrad, Adam, AdamW, Lion, Muon, NAdam, Optimizer, OptimizerConfig, RAdam, RmsProp, ScheduleFree, Sgd,
};
pub use real::{RealMlp, RealMlpModel};
pub(crate) use rows::row_major;
pub use schedule::{Plateau, Schedule};
pub use stack::{Stack, StackModel};
pub use trainer::{Checkpoint, Epoch, Source, Trainer};
pub use training::Training;

use crate::data::Dataset;
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::on_disk::OnDisk;
use layer::{Dense, Dropout};
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
    /// The share of the units of each hidden layer that are dropped in a step of training, after their activation: see
    /// [`layer::Dropout`].
    pub dropout: f64,
    /// How it is trained.
    pub training: Training,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            hidden: vec![64, 32],
            outputs: 1,
            activation: Activation::default(),
            dropout: 0.0,
            training: Training::default(),
        }
    }
}

impl Network {
    /// The layers: hidden ones, each with its activation and dropout, and a last one of sums.
    fn layers(&self) -> Vec<layer::Layer> {
        let hidden = |&units: &usize| {
            let dropout = Dropout { rate: self.dropout };
            let dropout = (self.dropout != 0.0).then_some(layer::Layer::Dropout(dropout));
            let block = [layer::Layer::Dense(Dense { units }), layer::Layer::Activation(self.activation)];
            block.into_iter().chain(dropout)
        };
        self.hidden.iter().flat_map(hidden).chain([layer::Layer::Dense(Dense { units: self.outputs })]).collect()
    }
}

impl Learner for Network {
    type Model = NetworkModel;

    fn accepts(&self) -> Accepts {
        NetworkModel::ACCEPTS.and_weights().and_rows_on_disk()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<NetworkModel, Failure> {
        let (architecture, weights) = descent::train((self.layers(), self.outputs), &self.training, train, fit)?;
        Ok(NetworkModel::new(self, &architecture, &weights))
    }

    fn fit_on_disk(&self, train: &OnDisk, fit: &Fit<'_, OnDisk>) -> Result<NetworkModel, Failure> {
        let (architecture, weights) = descent::train((self.layers(), self.outputs), &self.training, train, fit)?;
        Ok(NetworkModel::new(self, &architecture, &weights))
    }
}

#[cfg(test)]
mod stack_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod training_tests;
