//! A trained network: plain data that predicts.

use super::architecture::{Activation, Architecture, Head};
use super::floats;
use super::rows::row_major;
use crate::data::{Features, Outputs};
use crate::learner::{Accepts, Model};
use crate::summary::{LayerSummary, Summary};
use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::Program;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

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

/// Maximum number of rows per prediction block; a function of sizes only, so that results do not depend on threads.
const BLOCK_ROWS: usize = 1024;
/// Maximum number of values per block, if that leaves a few rows.
const BLOCK_NUMBERS: usize = 1 << 22;
const BLOCK_ROWS_MIN: usize = 32;

impl NetworkModel {
    pub(super) fn new(architecture: &Architecture, parameters: &[f32]) -> NetworkModel {
        let mut rest = parameters;
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken.to_vec()
        };
        let layers = architecture
            .widths
            .windows(2)
            .map(|pair| Layer {
                inputs: pair[0],
                outputs: pair[1],
                kernel: take(pair[0] * pair[1]),
                bias: take(pair[1]),
            })
            .collect();
        NetworkModel { layers, activation: architecture.activation, head: architecture.head }
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

    fn architecture(&self) -> Architecture {
        let mut widths = vec![self.inputs()];
        widths.extend(self.layers.iter().map(|layer| layer.outputs));
        Architecture { widths, activation: self.activation, head: self.head }
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
        if let Head::Number { mean, deviation } = self.head {
            outputs.iter_mut().for_each(|value| *value = (mean + deviation * f64::from(*value)) as f32);
        }
        outputs
    }

    /// Returns all outputs in row-major order.
    fn run(&self, inputs: &Inputs<'_>) -> Vec<f32> {
        let rows = inputs.count();
        let block_rows = (BLOCK_NUMBERS / self.inputs().max(1)).clamp(BLOCK_ROWS_MIN, BLOCK_ROWS);
        let parameters: Vec<f32> =
            self.layers.iter().flat_map(|layer| layer.kernel.iter().chain(&layer.bias)).copied().collect();
        let (graph, output) = self.architecture().prediction();
        let program = Program::<f32>::new(&graph, &[output], rows.min(block_rows));
        let width = self.head.outputs();
        let mut outputs = vec![0.0; rows * width];
        outputs.par_chunks_mut(block_rows * width).enumerate().for_each_init(
            || (program.clone(), Vec::new()),
            |(program, memory), (block, outputs)| {
                let (start, count) = (block * block_rows, outputs.len() / width);
                program.run(count, &[inputs.block(start..start + count, memory)], &parameters);
                outputs.copy_from_slice(program.output(0));
            },
        );
        outputs
    }
}

/// Inputs to predict from.
enum Inputs<'a> {
    /// Row-major.
    Rows { values: &'a [f32], width: usize },
    /// Column-major.
    Columns(&'a Features),
}

impl Inputs<'_> {
    fn count(&self) -> usize {
        match self {
            Inputs::Rows { values, width } => values.len() / width,
            Inputs::Columns(features) => features.rows(),
        }
    }

    /// Returns some rows in row-major order, in the lent buffer if needed.
    fn block<'s>(&'s self, rows: Range<usize>, memory: &'s mut Vec<f32>) -> &'s [f32] {
        match self {
            Inputs::Rows { values, width } => &values[rows.start * width..rows.end * width],
            Inputs::Columns(features) => {
                memory.resize(rows.len() * features.columns(), 0.0);
                row_major(features, rows.start, memory);
                memory
            }
        }
    }
}

impl Model for NetworkModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        let outputs = self.run(&Inputs::Columns(features));
        match self.head {
            Head::Binary => Outputs::Probabilities {
                values: outputs.iter().map(|&p| f64::from(p)).flat_map(|p| [1.0 - p, p]).collect(),
                classes: 2,
            },
            Head::Classes { count } => Outputs::Probabilities {
                values: outputs.chunks_exact(count).flat_map(normalised).collect(),
                classes: count,
            },
            Head::Number { mean, deviation } => {
                Outputs::Numbers(outputs.iter().map(|&value| mean + deviation * f64::from(value)).collect())
            }
        }
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
        match self.head {
            head if head.outputs() != width => damaged("a number of outputs that does not match its head"),
            Head::Number { mean, deviation } if !(mean.is_finite() && deviation.is_finite() && deviation > 0.0) => {
                damaged("a scale of the target that is not finite")
            }
            Head::Classes { count: 0 | 1 } => damaged("less than two classes"),
            _ => Ok(()),
        }
    }

    fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    fn summary(&self) -> Summary {
        let hidden = self.activation.name();
        let last = match self.head {
            Head::Binary => "sigmoid",
            Head::Classes { .. } => "softmax",
            Head::Number { .. } => "linear",
        };
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

/// Converts probabilities from single precision to ones that sum to 1 in double precision.
fn normalised(row: &[f32]) -> impl Iterator<Item = f64> + '_ {
    let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
    row.iter().map(move |&p| f64::from(p) / sum)
}
