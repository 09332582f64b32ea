//! Network architecture: layers, activations, losses, and their graphs.

use super::optimizer::Group;
use crate::data::{Labels, Target};
use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::{Graph, Node};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// Activation of a hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(z, 0).
    #[default]
    Relu,
    /// 1 / (1 + e⁻ᶻ).
    Sigmoid,
    /// tanh z.
    Tanh,
    /// Identity: the layer is linear.
    None,
}

impl Activation {
    /// Its name: `relu`, `sigmoid`, `tanh`, or `linear` for none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::None => "linear",
        }
    }

    fn record(self, graph: &mut Graph, sums: Node) -> Node {
        match self {
            Activation::Relu => graph.relu(sums),
            Activation::Sigmoid => graph.sigmoid(sums),
            Activation::Tanh => graph.tanh(sums),
            Activation::None => sums,
        }
    }
}

/// The loss that training minimises: the mean over the rows of a batch, each times its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error: (prediction − target)²; for classes, of their probabilities.
    MeanSquaredError,
    /// Binary cross-entropy: −ln of the probability of the true one of two classes.
    BinaryCrossEntropy,
    /// Softmax cross-entropy: −ln of the probability of the true class.
    SoftmaxCrossEntropy,
}

/// Meaning of the outputs of the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// One output: the logit of the second of two classes.
    Binary,
    /// One output per class: the logits of a softmax.
    Classes {
        /// Number of classes.
        count: usize,
    },
    /// One output: (number − mean) / deviation.
    Number {
        /// The (weighted) mean of the target over the training rows.
        mean: f64,
        /// Its standard deviation over the training rows (with divisor n, or the sum of weights); 1 if that is 0.
        deviation: f64,
    },
}

/// Returns the width of the last layer that fits a target: 1 for two classes or numbers, K for K classes.
#[must_use]
pub fn natural_outputs(target: &Target) -> usize {
    match target {
        Target::Classes { count: 2, .. } | Target::Numbers(_) => 1,
        Target::Classes { count, .. } => *count,
    }
}

impl Head {
    /// Creates the head of a network with `outputs` outputs for a target.
    pub(super) fn new(labels: &Labels, outputs: usize) -> Result<Head, Failure> {
        let wrong_width = |wanted: &str| {
            let plural = if outputs == 1 { "" } else { "s" };
            Failure::new(
                code::WRONG_WIDTH,
                format!("the network has {outputs} output{plural}, the target needs {wanted}"),
            )
            .help("the last size of a network is its output width; `auto` derives it")
        };
        match labels.target() {
            Target::Classes { count: 0 | 1, .. } => Err(Failure::new(code::ONE_CLASS, "the target has only one class")),
            Target::Classes { count: 2, .. } if outputs == 1 => Ok(Head::Binary),
            Target::Classes { count, .. } if outputs == *count => Ok(Head::Classes { count: *count }),
            Target::Classes { count: 2, .. } => Err(wrong_width("1 (two classes)")),
            Target::Classes { count, .. } => Err(wrong_width(&format!("{count} (one per class)"))),
            Target::Numbers(values) if outputs == 1 => {
                let (mean, deviation) = mean_and_deviation(values, labels.weights());
                if !(mean.is_finite() && deviation.is_finite()) {
                    return Err(Failure::new(code::VALUE_OUT_OF_RANGE, "the target's values are too large to sum"));
                }
                Ok(Head::Number { mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } })
            }
            Target::Numbers(_) => Err(wrong_width("1 (a number)")),
        }
    }

    /// Returns the requested loss if it fits, or the default of the head.
    pub(super) fn loss(self, asked: Option<Loss>) -> Result<Loss, Failure> {
        let own = match self {
            Head::Binary => Loss::BinaryCrossEntropy,
            Head::Classes { .. } => Loss::SoftmaxCrossEntropy,
            Head::Number { .. } => Loss::MeanSquaredError,
        };
        match asked {
            None => Ok(own),
            Some(loss) if loss == own || loss == Loss::MeanSquaredError => Ok(loss),
            Some(Loss::BinaryCrossEntropy) => {
                Err(Failure::new(code::WRONG_TASK, "binary cross-entropy is for two classes and one output"))
            }
            Some(_) => Err(Failure::new(code::WRONG_TASK, "softmax cross-entropy is for classes with one output each")),
        }
    }

    /// Returns the number of outputs.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            Head::Binary | Head::Number { .. } => 1,
            Head::Classes { count } => count,
        }
    }

    /// Records the outputs as probabilities, or unchanged if they are numbers.
    fn record(self, graph: &mut Graph, last: Node) -> Node {
        match self {
            Head::Binary => graph.sigmoid(last),
            Head::Classes { .. } => graph.softmax(last),
            Head::Number { .. } => last,
        }
    }
}

/// Mean and standard deviation (with divisor n, or the sum of the weights).
pub(super) fn mean_and_deviation(values: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let count = weights.map_or(values.len().max(1) as f64, |weights| weights.iter().sum());
    let mean = values.iter().enumerate().map(|(row, value)| weight(row) * value).sum::<f64>() / count;
    let square = |(row, value): (usize, &f64)| weight(row) * ((value - mean) * (value - mean));
    let variance = values.iter().enumerate().map(square).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// A stack of dense layers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    /// Widths, from the inputs to the outputs.
    pub(super) widths: Vec<usize>,
    pub(super) activation: Activation,
    pub(super) head: Head,
}

/// A graph from features to a loss and its gradients.
pub(super) struct TrainingGraph {
    pub(super) graph: Graph,
    pub(super) loss: Node,
    /// Gradients of all parameters, in their order.
    pub(super) gradients: Vec<Node>,
}

impl Architecture {
    /// Records the graph of the outputs: input 0 is the features; parameters are the kernel (inputs × outputs) and bias
    /// (1 × outputs) of each layer.
    fn layers(&self, graph: &mut Graph) -> Node {
        let mut values = graph.input(self.widths[0]);
        let last = self.widths.len() - 2;
        for (index, pair) in self.widths.windows(2).enumerate() {
            let kernel = graph.parameter(pair[0], pair[1]);
            let bias = graph.parameter(1, pair[1]);
            let product = graph.matmul(values, kernel);
            let sums = graph.add_row(product, bias);
            values = if index < last { self.activation.record(graph, sums) } else { sums };
        }
        values
    }

    /// The parameters as an optimiser of matrices takes them. The kernel of the last layer is a list to it.
    pub(super) fn groups(&self) -> Vec<Group> {
        let last = self.widths.len() - 2;
        let group = |(layer, pair): (usize, &[usize])| {
            let kernel = if layer < last { [pair[0], pair[1]] } else { [1, pair[0] * pair[1]] };
            [kernel, [1, pair[1]]].map(|sides| Group { sides, lr: 1.0, decay: 1.0 })
        };
        self.widths.windows(2).enumerate().flat_map(group).collect()
    }

    /// The number of weights of all layers.
    pub(super) fn weights(&self) -> u128 {
        self.widths.windows(2).map(|pair| (pair[0] as u128 + 1) * pair[1] as u128).sum()
    }

    /// About the memory of a training with this many rows at a time.
    pub(super) fn training_bytes(&self, batch_rows: usize) -> u128 {
        // Of each weight: its value, its gradient, two moments, the best one so far, and a copy of the program.
        const PER_WEIGHT: u128 = 6;
        // Of each unit: its sum, its activation, and the gradients of both.
        const PER_UNIT: u128 = 4;
        let units: u128 = self.widths.iter().map(|&width| width as u128).sum();
        (PER_WEIGHT * self.weights() + PER_UNIT * units * batch_rows as u128) * size_of::<f32>() as u128
    }

    /// The graph of the predictions.
    pub(super) fn prediction(&self) -> (Graph, Node) {
        let mut graph = Graph::new();
        let last = self.layers(&mut graph);
        let output = self.head.record(&mut graph, last);
        (graph, output)
    }

    /// Records the graph of the loss and its gradients; input 1 is the target as encoded by the head, input 2 the
    /// weight of each row if rows are weighted.
    pub(super) fn training(&self, loss: Loss, weighted: bool) -> TrainingGraph {
        let mut graph = Graph::new();
        let last = self.layers(&mut graph);
        let target = graph.input(self.head.outputs());
        let loss = if weighted {
            let losses = self.losses(&mut graph, loss, last, target);
            let weights = graph.input(1);
            let weighted = graph.multiply(losses, weights);
            graph.mean(weighted)
        } else {
            match loss {
                Loss::MeanSquaredError => {
                    let output = self.head.record(&mut graph, last);
                    graph.mean_squared_error(output, target)
                }
                Loss::BinaryCrossEntropy => graph.binary_cross_entropy(last, target),
                Loss::SoftmaxCrossEntropy => graph.softmax_cross_entropy(last, target),
            }
        };
        let parameters = graph.parameters().to_vec();
        let gradients = graph.gradients(loss, &parameters);
        TrainingGraph { graph, loss, gradients }
    }

    /// The loss of each row.
    fn losses(&self, graph: &mut Graph, loss: Loss, last: Node, target: Node) -> Node {
        match loss {
            Loss::MeanSquaredError => {
                let output = self.head.record(graph, last);
                let errors = graph.subtract(output, target);
                let squares = graph.multiply(errors, errors);
                let sums = graph.sum_columns(squares);
                graph.scale(sums, 1.0 / self.head.outputs() as f64)
            }
            Loss::BinaryCrossEntropy => graph.sigmoid_cross_entropy(last, target),
            Loss::SoftmaxCrossEntropy => graph.softmax_cross_entropy_rows(last, target),
        }
    }

    /// Returns the initial parameters: kernels uniform in ±√(6 / (inputs + outputs)) (Glorot, Bengio 2010), biases 0.
    pub(super) fn initial_parameters(&self, key: Key) -> Vec<f32> {
        let mut parameters = Vec::new();
        for (index, pair) in self.widths.windows(2).enumerate() {
            let stream = key.child("init").index(index as u64);
            let limit = (6.0 / (pair[0] + pair[1]) as f64).sqrt();
            let count = (pair[0] * pair[1]) as u64;
            parameters.extend((0..count).map(|position| (limit * (2.0 * stream.uniform(position) - 1.0)) as f32));
            parameters.resize(parameters.len() + pair[1], 0.0);
        }
        parameters
    }
}
