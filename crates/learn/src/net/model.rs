//! A trained network: plain data that predicts.

use super::Network;
use super::architecture::Architecture;
use super::floats;
use super::head::Head;
use super::layer::{self, Activation, Dense};
use super::predict::{self, Inputs};
use crate::data::{Features, Outputs};
use crate::learner::{Accepts, Model};
use crate::summary::{LayerSummary, Summary};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// A trained network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkModel {
    layers: Vec<Layer>,
    activation: Activation,
    head: Head,
}

/// A dense layer: values · kernel + bias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// `inputs` × `outputs` weights, row-major.
    #[serde(with = "floats")]
    pub kernel: Vec<f32>,
    /// `outputs` biases.
    #[serde(with = "floats")]
    pub bias: Vec<f32>,
}

impl NetworkModel {
    /// The model of a network with these weights.
    pub(super) fn new(network: &Network, architecture: &Architecture, weights: &[f32]) -> NetworkModel {
        let mut rest = weights;
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken.to_vec()
        };
        let widths = [&[architecture.inputs], network.hidden.as_slice(), &[network.outputs]].concat();
        let layer = |pair: &[usize]| {
            let [inputs, outputs] = [pair[0], pair[1]];
            Layer { inputs, outputs, kernel: take(inputs * outputs), bias: take(outputs) }
        };
        let layers = widths.windows(2).map(layer).collect();
        NetworkModel { layers, activation: network.activation, head: architecture.head }
    }

    /// The layers, from the inputs to the outputs.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the activation of all layers but the last.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Returns the meaning of the outputs.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    pub(super) fn architecture(&self) -> Architecture {
        let dense = |layer: &Layer| layer::Layer::Dense(Dense { units: layer.outputs });
        let last = self.layers.len().saturating_sub(1);
        let hidden = self.layers[..last].iter().flat_map(|own| [dense(own), layer::Layer::Activation(self.activation)]);
        let layers = hidden.chain(self.layers[last..].iter().map(dense)).collect();
        Architecture { inputs: self.inputs(), layers, head: self.head }
    }

    /// Predicts for rows in single precision, row-major: the probability of the second class for two classes, of each
    /// class for more, or the number.
    ///
    /// ```
    /// use pipewright_learn::net::Network;
    /// use pipewright_learn::{Dataset, Features, Learner, Target};
    /// let features = Features::from_rows(["x"], &[[-1.0], [0.0], [1.0]]);
    /// let train = Dataset::new(features, Target::Numbers(vec![0.0, 1.0, 2.0]));
    /// let model = Network::default().fit(&train)?;
    /// assert_eq!(model.predict_rows(&[-1.0, 0.0, 1.0, 2.0]).len(), 4);
    /// # Ok::<(), pipewright_diagnostic::Failure>(())
    /// ```
    ///
    /// # Panics
    /// If the length is not a multiple of the number of inputs.
    #[must_use]
    pub fn predict_rows(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.inputs();
        assert_eq!(rows.len() % width, 0, "rows of {width} numbers");
        let mut outputs = self.run(&Inputs::Rows { values: rows, width });
        if let Some((start, scale)) = self.head.units() {
            outputs.iter_mut().for_each(|value| *value = (start + scale * f64::from(*value)) as f32);
        }
        outputs
    }

    /// Returns all outputs in row-major order.
    fn run(&self, inputs: &Inputs<'_>) -> Vec<f32> {
        let weights: Vec<f32> =
            self.layers.iter().flat_map(|layer| layer.kernel.iter().chain(&layer.bias)).copied().collect();
        predict::outputs(&self.architecture(), &weights, inputs)
    }
}

impl Model for NetworkModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        self.head.outputs_of(&self.run(&Inputs::Columns(features)))
    }

    fn validate(&self) -> Result<(), Failure> {
        let damaged = |what: &str| Err(Failure::new(code::BAD_BUNDLE, format!("a network with {what}")));
        if self.layers.is_empty() {
            return damaged("no layer");
        }
        let mut width = self.layers[0].inputs;
        let mut total = 0_usize;
        for layer in &self.layers {
            let kernel_count = layer.inputs.checked_mul(layer.outputs);
            if layer.inputs != width {
                return damaged("layers that are inconsistent");
            }
            if kernel_count != Some(layer.kernel.len()) || layer.bias.len() != layer.outputs {
                return damaged("a number of weights that does not match its sizes");
            }
            if layer.outputs == 0 || total.checked_add(layer.kernel.len()).is_none() {
                return damaged("a layer of impossible size");
            }
            if !layer.kernel.iter().chain(&layer.bias).all(|weight| weight.is_finite()) {
                return damaged("a weight that is not finite");
            }
            total += layer.kernel.len();
            width = layer.outputs;
        }
        self.head.validate(width).or_else(damaged)
    }

    fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    fn summary(&self) -> Summary {
        let hidden = self.activation.name();
        let last = self.head.activation();
        let activations = std::iter::repeat_n(hidden, self.layers.len().saturating_sub(1)).chain([last]);
        let summary = |(layer, activation): (&Layer, &str)| LayerSummary {
            kind: "dense",
            inputs: layer.inputs,
            outputs: layer.outputs,
            activation: activation.to_owned(),
            parameters: layer.kernel.len() + layer.bias.len(),
        };
        Summary::Layers(self.layers.iter().zip(activations).map(summary).collect())
    }
}
