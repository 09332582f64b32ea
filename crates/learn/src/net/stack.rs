//! Networks of any layers.

use super::architecture::Architecture;
use super::descent;
use super::floats;
use super::head::Head;
use super::layer::{self, Dense, Layer};
use super::predict::{self, Inputs};
use super::training::Training;
use crate::data::{Dataset, Features, Outputs};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::on_disk::OnDisk;
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// A network of any layers, and its training.
///
/// ```
/// use pipewright_learn::net::layer::{BatchNorm, Dense, Dropout, Layer, Residual};
/// use pipewright_learn::net::{Activation, Stack, Training};
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target};
/// let points: Vec<[f64; 2]> = (0..400).map(|i| [(i % 20) as f64 / 9.5 - 1.0, (i / 20) as f64 / 9.5 - 1.0]).collect();
/// let target = points.iter().map(|[x, y]| x * y).collect();
/// let train = Dataset::new(Features::from_rows(["x", "y"], &points), Target::Numbers(target));
/// let block = vec![Layer::Dense(Dense { units: 16 }), Layer::Activation(Activation::Silu)];
/// let stack = Stack {
///     layers: vec![
///         Layer::Dense(Dense { units: 16 }),
///         Layer::BatchNorm(BatchNorm::default()),
///         Layer::Residual(Residual { layers: block }),
///         Layer::Dropout(Dropout { rate: 0.1 }),
///     ],
///     outputs: 1,
///     training: Training { epochs: 5, ..Training::default() },
/// };
/// let model = stack.fit(&train)?;
/// assert_eq!(model.predict(&train.features)?.rows(), 400);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The layers before the last one, from the inputs on.
    pub layers: Vec<Layer>,
    /// The width of the last layer, a dense one: 1 for two classes or numbers, K for K classes (see
    /// [`natural_outputs`](super::natural_outputs)).
    pub outputs: usize,
    /// How it is trained.
    pub training: Training,
}

impl Stack {
    pub(super) fn all_layers(&self) -> Vec<Layer> {
        let last = Layer::Dense(Dense { units: self.outputs });
        self.layers.iter().cloned().chain([last]).collect()
    }
}

impl Learner for Stack {
    type Model = StackModel;

    fn accepts(&self) -> Accepts {
        StackModel::ACCEPTS.and_weights().and_rows_on_disk()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<StackModel, Failure> {
        descent::train((self.all_layers(), self.outputs), &self.training, train, fit).map(StackModel::new)
    }

    fn fit_on_disk(&self, train: &OnDisk, fit: &Fit<'_, OnDisk>) -> Result<StackModel, Failure> {
        descent::train((self.all_layers(), self.outputs), &self.training, train, fit).map(StackModel::new)
    }
}

/// A trained [`Stack`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackModel {
    inputs: usize,
    layers: Vec<Layer>,
    head: Head,
    /// The parameters of all layers in order, then the running statistics.
    #[serde(with = "floats")]
    weights: Vec<f32>,
}

impl StackModel {
    pub(super) fn new((architecture, weights): (Architecture, Vec<f32>)) -> StackModel {
        let Architecture { inputs, layers, head } = architecture;
        StackModel { inputs, layers, head, weights }
    }

    fn architecture(&self) -> Architecture {
        Architecture { inputs: self.inputs, layers: self.layers.clone(), head: self.head }
    }

    /// The layers, the last one too.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The parameters of all layers in order, then the running means and variances.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}

impl Model for StackModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        self.head.outputs_of(&predict::outputs(&self.architecture(), &self.weights, &Inputs::Columns(features)))
    }

    fn validate(&self) -> Result<(), Failure> {
        let damaged = |what: &str| Err(Failure::new(code::BAD_BUNDLE, format!("a network with {what}")));
        if self.inputs == 0 || layer::check(&self.layers, self.inputs, self.head.outputs()).is_err() {
            return damaged("layers that are inconsistent");
        }
        let architecture = self.architecture();
        let running: u128 = architecture.running().iter().map(|running| 2 * running.width as u128).sum();
        if architecture.weights() + running != self.weights.len() as u128 {
            return damaged("a number of weights that does not match its sizes");
        }
        if !self.weights.iter().all(|weight| weight.is_finite()) {
            return damaged("a weight that is not finite");
        }
        let mut rest = &self.weights[architecture.weights() as usize..];
        for running in architecture.running() {
            let (values, others) = rest.split_at(2 * running.width);
            if values[running.width..].iter().any(|variance| *variance < 0.0) {
                return damaged("a variance below 0");
            }
            rest = others;
        }
        self.head.validate(self.head.outputs()).or_else(damaged)
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn summary(&self) -> Summary {
        let mut summaries = layer::summary(&self.layers, self.inputs);
        if let Some(last) = summaries.last_mut() {
            self.head.activation().clone_into(&mut last.activation);
        }
        Summary::Layers(summaries)
    }
}
