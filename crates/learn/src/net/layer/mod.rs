//! The layers of networks: one file each, with its widths, its parameters and its graph.
//!
//! A layer is plain data. [`Layer::width`] checks whether it fits what comes before it, [`Layer::parts`] lists its
//! parameters, and [`Layer::record`] records it in a graph, once as it is trained and once as it predicts.

mod activation;
mod batch_norm;
mod branches;
mod dense;
mod dropout;
mod glu;
mod layer_norm;
mod residual;
#[cfg(test)]
mod tests;

pub use activation::Activation;
pub use batch_norm::BatchNorm;
pub(super) use batch_norm::Running;
pub use branches::Branches;
pub use dense::Dense;
pub use dropout::Dropout;
pub use glu::Glu;
pub use layer_norm::LayerNorm;
pub use residual::Residual;

use crate::summary::LayerSummary;
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
    BatchNorm(BatchNorm),
    LayerNorm(LayerNorm),
    Glu(Glu),
    Residual(Residual),
    Branches(Branches),
}

/// Does `$body` with the layer bound to `$rule`.
macro_rules! for_each_layer {
    ($layer:expr, $rule:ident => $body:expr) => {
        match $layer {
            Layer::Dense($rule) => $body,
            Layer::Activation($rule) => $body,
            Layer::Dropout($rule) => $body,
            Layer::BatchNorm($rule) => $body,
            Layer::LayerNorm($rule) => $body,
            Layer::Glu($rule) => $body,
            Layer::Residual($rule) => $body,
            Layer::Branches($rule) => $body,
        }
    };
}

impl Layer {
    /// Its kind.
    fn name(&self) -> &'static str {
        match self {
            Layer::Dense(_) => "dense",
            Layer::Activation(_) => "activation",
            Layer::Dropout(_) => "dropout",
            Layer::BatchNorm(_) => "batch_norm",
            Layer::LayerNorm(_) => "layer_norm",
            Layer::Glu(_) => "glu",
            Layer::Residual(_) => "residual",
            Layer::Branches(_) => "branches",
        }
    }

    /// Returns the number of outputs for this number of inputs.
    ///
    /// # Errors
    /// What does not fit.
    fn width(&self, inputs: usize) -> Result<usize, String> {
        for_each_layer!(self, rule => rule.width(inputs))
    }

    /// The chains of layers inside of it.
    fn inner(&self) -> &[Vec<Layer>] {
        for_each_layer!(self, rule => rule.inner())
    }

    /// Appends the parameters, given the number of inputs.
    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        for_each_layer!(self, rule => rule.parts(inputs, parts));
    }

    /// Appends the running statistics, given the number of inputs.
    fn running(&self, inputs: usize, running: &mut Vec<Running>) {
        for_each_layer!(self, rule => rule.running(inputs, running));
    }

    /// Records the outputs.
    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        for_each_layer!(self, rule => rule.record(recorder, values))
    }

    /// Checks its settings, and those of the layers inside of it.
    fn check(&self) -> Result<(), String> {
        for_each_layer!(self, rule => rule.check())?;
        self.inner().iter().flatten().try_for_each(Layer::check)
    }

    /// Does training need random numbers?
    fn is_random(&self) -> bool {
        for_each_layer!(self, rule => rule.is_random()) || self.inner().iter().any(|layers| any_random(layers))
    }
}

/// What a layer is to the others.
trait Rule {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn inner(&self) -> &[Vec<Layer>] {
        &[]
    }

    fn width(&self, inputs: usize) -> Result<usize, String> {
        Ok(inputs)
    }

    fn parts(&self, _inputs: usize, _parts: &mut Vec<Part>) {}

    fn running(&self, _inputs: usize, _running: &mut Vec<Running>) {}

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
    /// 1: gains.
    Ones,
}

/// A layer that does not fit what comes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The place of the layer in its chain, from 0; of a layer inside of others, after those of each of them and of the
    /// chain in it.
    pub path: Vec<usize>,
    /// What does not fit.
    pub message: String,
}

/// Returns the number of outputs of a chain of layers.
///
/// ```
/// use pipewright_learn::net::layer::{Dense, Glu, Layer, outputs};
/// let layers = [Layer::Dense(Dense { units: 7 }), Layer::Glu(Glu {})];
/// assert_eq!(outputs(&layers, 3).unwrap_err().path, [1]);
/// assert_eq!(outputs(&layers[..1], 3), Ok(7));
/// ```
///
/// # Errors
/// The first layer that does not fit what comes before it.
pub fn outputs(layers: &[Layer], inputs: usize) -> Result<usize, Misfit> {
    if depth(layers) > DEPTH_MAX {
        let message = format!("layers are nested more than {DEPTH_MAX} deep");
        return Err(Misfit { path: Vec::new(), message });
    }
    outputs_of(layers, inputs)
}

fn outputs_of(layers: &[Layer], inputs: usize) -> Result<usize, Misfit> {
    let mut width = inputs;
    for (place, layer) in layers.iter().enumerate() {
        for (chain, inner) in layer.inner().iter().enumerate() {
            outputs_of(inner, width).map_err(|Misfit { path, message }| Misfit {
                path: [&[place, chain], path.as_slice()].concat(),
                message,
            })?;
        }
        width = layer.width(width).map_err(|message| Misfit { path: vec![place], message })?;
    }
    Ok(width)
}

/// Checks the settings of layers, and that they fit each other and the number of outputs that is needed.
///
/// # Errors
/// [`code::BAD_VALUE`] with what is out of its range, [`code::WRONG_WIDTH`] with what does not fit.
pub(super) fn check(layers: &[Layer], inputs: usize, needed: usize) -> Result<(), Failure> {
    layers.iter().try_for_each(Layer::check).map_err(|problem| Failure::new(code::BAD_VALUE, problem))?;
    let found = outputs(layers, inputs).map_err(|misfit| Failure::new(code::WRONG_WIDTH, misfit.message))?;
    match found == needed {
        true => Ok(()),
        false => {
            let message = format!("the layers have {found} outputs, and the target needs {needed}");
            Err(Failure::new(code::WRONG_WIDTH, message))
        }
    }
}

/// How deep layers may be nested.
const DEPTH_MAX: usize = 8;

fn depth(layers: &[Layer]) -> usize {
    layers.iter().flat_map(Layer::inner).map(|inner| 1 + depth(inner)).max().unwrap_or(0)
}

/// Calls `visit` with each layer of a chain that fits, and the number of its inputs.
fn with_widths<'a>(layers: &'a [Layer], inputs: usize, mut visit: impl FnMut(&'a Layer, usize)) {
    let mut width = inputs;
    for layer in layers {
        visit(layer, width);
        width = layer.width(width).expect("the layers were checked");
    }
}

fn add_parts(layers: &[Layer], inputs: usize, parts: &mut Vec<Part>) {
    with_widths(layers, inputs, |layer, width| layer.parts(width, parts));
}

fn add_running(layers: &[Layer], inputs: usize, running: &mut Vec<Running>) {
    with_widths(layers, inputs, |layer, width| layer.running(width, running));
}

/// The layers, for people to read; those inside of others count as parts of them.
pub(super) fn summary(layers: &[Layer], inputs: usize) -> Vec<LayerSummary> {
    let mut summaries = Vec::new();
    with_widths(layers, inputs, |layer, inputs| {
        let mut own = Vec::new();
        layer.parts(inputs, &mut own);
        let activation = if let Layer::Activation(activation) = layer { activation.name() } else { "linear" };
        summaries.push(LayerSummary {
            kind: layer.name(),
            inputs,
            outputs: layer.width(inputs).expect("the layers were checked"),
            activation: activation.to_owned(),
            parameters: own.into_iter().map(|part| part.count() as usize).sum(),
        });
    });
    summaries
}

/// Returns the parameters of a chain of layers, in the order of the flat array.
pub(super) fn parts(layers: &[Layer], inputs: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    add_parts(layers, inputs, &mut parts);
    parts
}

/// Returns the running statistics of a chain of layers, which follow the parameters in predictions.
pub(super) fn running(layers: &[Layer], inputs: usize) -> Vec<Running> {
    let mut running = Vec::new();
    add_running(layers, inputs, &mut running);
    running
}

/// Returns the number of outputs of all layers together, those inside of others too.
pub(super) fn numbers(layers: &[Layer], inputs: usize) -> u128 {
    let mut sum = 0;
    with_widths(layers, inputs, |layer, width| {
        sum += layer.width(width).expect("the layers were checked") as u128;
        sum += layer.inner().iter().map(|inner| numbers(inner, width)).sum::<u128>();
    });
    sum
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
    /// The running statistics that are not yet used.
    statistics: std::vec::IntoIter<Node>,
    /// The mean and the standard deviation of the columns of the batch, for each layer that has running ones.
    batch_statistics: Vec<[Node; 2]>,
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
    /// Starts a graph: records all parameters, and for predictions the running statistics after them.
    pub(super) fn new(graph: &'a mut Graph, parts: &[Part], running: &[Running], purpose: Purpose) -> Recorder<'a> {
        let parameters: Vec<Node> = parts.iter().map(|part| graph.parameter(part.sides[0], part.sides[1])).collect();
        let mut statistics = Vec::new();
        if purpose == Purpose::Prediction {
            let rows = running.iter().flat_map(|running| [running.width; 2]);
            statistics.extend(rows.map(|width| graph.parameter(1, width)));
        }
        Recorder {
            graph,
            parameters: parameters.into_iter(),
            statistics: statistics.into_iter(),
            batch_statistics: Vec::new(),
            purpose,
            random_layers: 0,
        }
    }

    /// The statistics of the batch that running ones are updated with.
    pub(super) fn batch_statistics(self) -> Vec<[Node; 2]> {
        self.batch_statistics
    }

    /// Records a chain of layers.
    pub(super) fn chain(&mut self, layers: &[Layer], inputs: Node) -> Node {
        layers.iter().fold(inputs, |values, layer| layer.record(self, values))
    }

    /// The next parameter.
    fn parameter(&mut self) -> Node {
        self.parameters.next().expect("as many parameters as parts")
    }

    /// The next running mean and variance.
    fn running(&mut self) -> [Node; 2] {
        let mut next = || self.statistics.next().expect("as many statistics as layers that have some");
        [next(), next()]
    }

    /// The step and a key of its own for a random layer; `None` in predictions.
    fn random(&mut self) -> Option<(Node, u64)> {
        let Purpose::Training(Some((step, key))) = self.purpose else { return None };
        self.random_layers += 1;
        Some((step, key.wrapping_add(self.random_layers - 1)))
    }
}
