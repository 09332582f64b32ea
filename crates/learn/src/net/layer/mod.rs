//! The layers of networks: one file each, with its widths, its parameters and its graph.
//!
//! A layer is plain data. [`Layer::width`] checks whether it fits what comes before it, [`Layer::parts`] lists its
//! parameters, and [`Layer::record`] records it in a graph, once as it is trained and once as it predicts.

mod activation;
mod dense;
mod dropout;

pub use activation::Activation;
pub use dense::Dense;
pub use dropout::Dropout;

use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::{Graph, Node};
use serde::{Deserialize, Serialize};

/// A layer: a function of a matrix with a row per row of the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum Layer {
    Dense(Dense),
    Activation(Activation),
    Dropout(Dropout),
}

/// Does `$body` with the layer bound to `$rule`.
macro_rules! for_each_layer {
    ($layer:expr, $rule:ident => $body:expr) => {
        match $layer {
            Layer::Dense($rule) => $body,
            Layer::Activation($rule) => $body,
            Layer::Dropout($rule) => $body,
        }
    };
}

impl Layer {
    /// Returns the number of outputs for this number of inputs.
    pub(super) fn width(&self, inputs: usize) -> usize {
        for_each_layer!(self, rule => rule.width(inputs))
    }

    /// Appends the parameters, given the number of inputs.
    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        for_each_layer!(self, rule => rule.parts(inputs, parts));
    }

    /// Records the outputs.
    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        for_each_layer!(self, rule => rule.record(recorder, values))
    }

    /// Checks its settings.
    fn check(&self) -> Result<(), String> {
        for_each_layer!(self, rule => rule.check())
    }

    /// Does training need random numbers?
    fn is_random(&self) -> bool {
        for_each_layer!(self, rule => rule.is_random())
    }
}

/// What a layer is to the others.
trait Rule {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn width(&self, inputs: usize) -> usize {
        inputs
    }

    fn parts(&self, _inputs: usize, _parts: &mut Vec<Part>) {}

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node;

    fn is_random(&self) -> bool {
        false
    }
}

/// A parameter: a matrix, and its values at the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Rows and columns.
    pub(super) sides: [usize; 2],
    pub(super) start: Start,
}

impl Part {
    /// The number of weights.
    pub(super) fn count(self) -> u128 {
        self.sides[0] as u128 * self.sides[1] as u128
    }
}

/// The values of a parameter at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Uniform in ±√(6 / (rows + columns)) (Glorot, Bengio 2010): kernels.
    Glorot,
    /// 0: biases.
    Zeros,
}

/// Checks the settings of layers.
///
/// # Errors
/// [`code::BAD_VALUE`] with what is out of its range.
pub(super) fn check(layers: &[Layer]) -> Result<(), Failure> {
    layers.iter().try_for_each(Layer::check).map_err(|problem| Failure::new(code::BAD_VALUE, problem))
}

/// Returns the widths between layers: the inputs, and the outputs of each layer.
pub(super) fn widths(layers: &[Layer], inputs: usize) -> Vec<usize> {
    let mut widths = vec![inputs];
    for layer in layers {
        widths.push(layer.width(widths[widths.len() - 1]));
    }
    widths
}

/// Returns the parameters of a chain of layers, in the order of the flat array.
pub(super) fn parts(layers: &[Layer], inputs: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    for (layer, width) in layers.iter().zip(widths(layers, inputs)) {
        layer.parts(width, &mut parts);
    }
    parts
}

/// Does the training of one of these layers need random numbers?
pub(super) fn any_random(layers: &[Layer]) -> bool {
    layers.iter().any(Layer::is_random)
}

/// Records layers in a graph, one after another.
pub(super) struct Recorder<'a> {
    graph: &'a mut Graph,
    /// The parameters that are not yet used.
    parameters: std::vec::IntoIter<Node>,
    purpose: Purpose,
    /// The number of random layers so far.
    random_layers: u64,
}

/// What a graph is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    /// A step of training, with the number of the step (1 × 1) and the key of random layers if there are any.
    Training(Option<(Node, u64)>),
    /// Predictions.
    Prediction,
}

impl<'a> Recorder<'a> {
    /// Starts a graph: records all parameters.
    pub(super) fn new(graph: &'a mut Graph, parts: &[Part], purpose: Purpose) -> Recorder<'a> {
        let parameters: Vec<Node> = parts.iter().map(|part| graph.parameter(part.sides[0], part.sides[1])).collect();
        Recorder { graph, parameters: parameters.into_iter(), purpose, random_layers: 0 }
    }

    /// Records a chain of layers.
    pub(super) fn chain(&mut self, layers: &[Layer], inputs: Node) -> Node {
        layers.iter().fold(inputs, |values, layer| layer.record(self, values))
    }

    /// The next parameter.
    fn parameter(&mut self) -> Node {
        self.parameters.next().expect("as many parameters as parts")
    }

    /// The step and a key of its own for a random layer; `None` in predictions.
    fn random(&mut self) -> Option<(Node, u64)> {
        let Purpose::Training(Some((step, key))) = self.purpose else { return None };
        self.random_layers += 1;
        Some((step, key.wrapping_add(self.random_layers - 1)))
    }
}
