//! The network as a graph: its layers, their parameters, and how fast each of these learns.

use super::{Factors, RealMlp};
use crate::net::optimizer::Group;
use crate::summary::LayerSummary;
use pipewright_tensor::op::{DropoutMask, Grouped, Wanted};
use pipewright_tensor::{Graph, Node, Shape, Size};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// A smooth activation of hidden layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// The scaled exponential rectifier (Klambauer and others 2017).
    Selu,
    /// z·tanh(ln(1 + eᶻ)) (Misra 2019).
    Mish,
    /// max(z, 0).
    Relu,
    /// z·σ(z) (Hendrycks, Gimpel 2016).
    Silu,
    /// z·Φ(z).
    Gelu,
}

impl Curve {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Curve::Selu => "selu",
            Curve::Mish => "mish",
            Curve::Relu => "relu",
            Curve::Silu => "silu",
            Curve::Gelu => "gelu",
        }
    }

    fn record(self, graph: &mut Graph, sums: Node) -> Node {
        match self {
            Curve::Selu => graph.selu(sums),
            Curve::Mish => graph.mish(sums),
            Curve::Relu => graph.relu(sums),
            Curve::Silu => graph.silu(sums),
            Curve::Gelu => graph.gelu(sums),
        }
    }
}

/// The embedding of each number x: x itself, and W₂·cos(2π·w₁·x + b₁) + b₂.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// The number of frequencies w₁.
    pub frequencies: usize,
    /// The number of outputs, besides x.
    pub width: usize,
    /// The standard deviation of the frequencies at the start.
    pub deviation: f64,
}

/// The sizes and the layers of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layers {
    /// Columns of numbers.
    pub(super) numbers: usize,
    /// Columns of marks and levels.
    pub(super) others: usize,
    /// The rows of each table of embeddings.
    pub(super) tables: Vec<usize>,
    /// The columns of the tables.
    pub(super) table_width: usize,
    pub(super) hidden: Vec<usize>,
    pub(super) outputs: usize,
    pub(super) curve: Curve,
    pub(super) periodic: Option<Periodic>,
    /// Is there a scaling layer in front?
    pub(super) scaling: bool,
    /// Do activations have a weight per unit?
    pub(super) parametric: bool,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Frequencies,
    Phases,
    Mixing,
    MixingBias,
    Table,
    Scaling,
    /// Of a layer, by its place.
    Kernel(usize),
    Bias(usize),
    /// The weights of the activation of a layer.
    Bend(usize),
}

/// A parameter, with its rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) sides: [usize; 2],
}

impl Part {
    pub(super) fn count(self) -> usize {
        self.sides[0] * self.sides[1]
    }
}

/// A graph of the network.
pub(super) struct Recorded {
    pub(super) graph: Graph,
    /// The sums of every layer; the last are the outputs.
    pub(super) sums: Vec<Node>,
}

/// The graph of a training step. Its inputs are the rows, with dropout the step and the rate, the target, and the
/// weights if rows are weighted.
pub(super) struct TrainingGraph {
    pub(super) graph: Graph,
    pub(super) loss: Node,
    /// Gradients of all parameters, in their order.
    pub(super) gradients: Vec<Node>,
}

/// How a training graph is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Training {
    /// Softmax cross-entropy, else the mean squared error.
    pub(super) classes: bool,
    pub(super) weighted: bool,
    /// The key of the masks, if there is dropout.
    pub(super) dropout: Option<u64>,
}

impl Layers {
    /// The width of what enters the first layer.
    fn width(&self) -> usize {
        let periodic = self.periodic.map_or(0, |periodic| periodic.width);
        self.numbers * (1 + periodic) + self.others + self.tables.len() * self.table_width
    }

    /// The widths of all layers, from the inputs to the outputs.
    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![self.width()];
        widths.extend(&self.hidden);
        widths.push(self.outputs);
        widths
    }

    /// All parameters, in the order of the flat array.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut add = |role, rows, columns| parts.push(Part { role, sides: [rows, columns] });
        if let Some(Periodic { frequencies, width, .. }) = self.periodic.filter(|_| self.numbers > 0) {
            add(Role::Frequencies, self.numbers * frequencies, 1);
            add(Role::Phases, 1, self.numbers * frequencies);
            add(Role::Mixing, self.numbers * width, frequencies);
            add(Role::MixingBias, 1, self.numbers * width);
        }
        self.tables.iter().for_each(|&rows| add(Role::Table, rows, self.table_width));
        let widths = self.widths();
        if self.scaling {
            add(Role::Scaling, 1, widths[0]);
        }
        for (layer, pair) in widths.windows(2).enumerate() {
            add(Role::Kernel(layer), pair[0], pair[1]);
            add(Role::Bias(layer), 1, pair[1]);
            if self.parametric && layer < self.hidden.len() {
                add(Role::Bend(layer), 1, pair[1]);
            }
        }
        parts
    }

    /// The number of parameters; `None` if it overflows.
    pub(super) fn parameter_count(&self) -> Option<usize> {
        let sides = |part: Part| part.sides[0].checked_mul(part.sides[1]);
        self.parts().into_iter().try_fold(0_usize, |sum, part| sum.checked_add(sides(part)?))
    }

    /// How fast each parameter learns and decays.
    pub(super) fn groups(&self, mlp: &RealMlp) -> Vec<Group> {
        let Factors { scaling, embedding, bias, bend } = mlp.factors;
        let group = |part: Part| {
            let (factor, decays) = match part.role {
                Role::Frequencies | Role::Phases | Role::Mixing | Role::MixingBias => (embedding, true),
                Role::Table | Role::Kernel(_) => (1.0, true),
                Role::Scaling => (scaling, true),
                Role::Bias(_) => (bias, false),
                Role::Bend(_) => (bend, true),
            };
            // Steps of optimisers that normalise gradients do not depend on the gradient's scale. So a kernel W with
            // sums x·W/√d is a kernel W/√d whose steps are shorter by √d; its decay, a share of it, is the same.
            let step = match part.role {
                Role::Kernel(_) if mlp.ntp => factor / (part.sides[0].max(1) as f64).sqrt(),
                _ => factor,
            };
            // The factor counts twice in the decay of the reference implementation, whose rates were tuned with that.
            let decay = if decays { factor * factor } else { 0.0 };
            // To an optimiser of matrices, all but the kernels of hidden layers are lists.
            let is_hidden = matches!(part.role, Role::Kernel(layer) if layer < self.hidden.len());
            Group { sides: if is_hidden { part.sides } else { [1, part.count()] }, lr: step, decay }
        };
        self.parts().into_iter().map(group).collect()
    }

    /// The graph without dropout, as in predictions.
    pub(super) fn prediction(&self) -> Recorded {
        self.record(None)
    }

    /// The graph of the loss and its gradients.
    pub(super) fn training(&self, training: Training) -> TrainingGraph {
        let Recorded { mut graph, sums } = self.record(training.dropout);
        let last = *sums.last().expect("there is a last layer");
        let target = graph.input(self.outputs);
        let loss = match (training.classes, training.weighted) {
            (true, false) => graph.softmax_cross_entropy(last, target),
            (false, false) => graph.mean_squared_error(last, target),
            (is_class, true) => {
                let losses = if is_class {
                    graph.softmax_cross_entropy_rows(last, target)
                } else {
                    let errors = graph.subtract(last, target);
                    graph.multiply(errors, errors)
                };
                let weights = graph.input(1);
                let weighted = graph.multiply(losses, weights);
                graph.mean(weighted)
            }
        };
        let parameters = graph.parameters().to_vec();
        let gradients = graph.gradients(loss, &parameters);
        TrainingGraph { graph, loss, gradients }
    }

    /// The layers, for people to read; `last` is the activation of the outputs.
    pub(super) fn summary(&self, last: &str) -> Vec<LayerSummary> {
        let parts = self.parts();
        let layer = |kind, inputs, outputs, activation: &str, roles: &[Role]| LayerSummary {
            kind,
            inputs,
            outputs,
            activation: activation.to_owned(),
            parameters: parts.iter().filter(|part| roles.contains(&part.role)).map(|part| part.count()).sum(),
        };
        let mut layers = Vec::new();
        if let Some(own) = self.periodic.filter(|_| self.numbers > 0) {
            let roles = [Role::Frequencies, Role::Phases, Role::Mixing, Role::MixingBias];
            layers.push(layer("periodic", self.numbers, self.numbers * (1 + own.width), "linear", &roles));
        }
        if !self.tables.is_empty() {
            let outputs = self.tables.len() * self.table_width;
            layers.push(layer("embedding", self.tables.len(), outputs, "linear", &[Role::Table]));
        }
        let widths = self.widths();
        if self.scaling {
            layers.push(layer("scaling", widths[0], widths[0], "linear", &[Role::Scaling]));
        }
        for (place, pair) in widths.windows(2).enumerate() {
            let activation = if place < self.hidden.len() { self.curve.name() } else { last };
            let roles = [Role::Kernel(place), Role::Bias(place), Role::Bend(place)];
            layers.push(layer("dense", pair[0], pair[1], activation, &roles));
        }
        layers
    }

    /// Are all sizes possible?
    pub(super) fn is_sound(&self) -> bool {
        let widths = [&self.hidden[..], &self.tables, &[self.outputs, self.table_width]].concat();
        let periodic =
            self.periodic.is_none_or(|own| own.frequencies > 0 && own.width > 0 && own.deviation.is_finite());
        // A product of sizes below this does not overflow.
        const SIDE_MAX: usize = 1 << 24;
        let periodic_size = self.periodic.map_or(0, |own| own.frequencies.max(own.width));
        let fits = |size: &usize| (1..=SIDE_MAX).contains(size);
        let columns = self.numbers.saturating_add(self.others);
        periodic
            && periodic_size <= SIDE_MAX
            && columns <= SIDE_MAX
            && self.tables.len() <= SIDE_MAX
            && widths.iter().all(fits)
    }

    fn record(&self, dropout: Option<u64>) -> Recorded {
        let mut graph = Graph::new();
        let (dense, tables) = (self.numbers + self.others, self.tables.len());
        let rows = graph.input(dense + tables);
        let dropout = dropout.map(|key| (key, graph.input_of(Shape::SCALAR), graph.input_of(Shape::SCALAR)));
        let nodes: Vec<Node> = self.parts().iter().map(|part| graph.parameter(part.sides[0], part.sides[1])).collect();
        let mut parameters = nodes.into_iter();
        let mut next = || parameters.next().expect("as many parameters as parts");

        let dense = if tables > 0 { graph.slice(rows, 0, dense) } else { rows };
        let mut values = dense;
        if let Some(periodic) = self.periodic.filter(|_| self.numbers > 0) {
            let numbers = graph.slice(dense, 0, self.numbers);
            let embedded = self.embed(&mut graph, numbers, periodic, [next(), next(), next(), next()]);
            values = graph.concat(dense, embedded);
        }
        for table in 0..tables {
            let codes = graph.slice(rows, self.numbers + self.others + table, 1);
            let embedded = graph.gather(next(), codes);
            values = graph.concat(values, embedded);
        }
        if self.scaling {
            let factors = graph.repeat_rows(next(), Size::Batch);
            values = graph.multiply(values, factors);
        }
        let mut sums = Vec::new();
        for layer in 0..=self.hidden.len() {
            let (kernel, bias) = (next(), next());
            let product = graph.matmul(values, kernel);
            let own = graph.add_row(product, bias);
            sums.push(own);
            if layer == self.hidden.len() {
                break;
            }
            values = self.curve.record(&mut graph, own);
            if self.parametric {
                let weights = graph.repeat_rows(next(), Size::Batch);
                let bend = graph.subtract(values, own);
                let bend = graph.multiply(bend, weights);
                values = graph.add(bend, own);
            }
            if let Some((key, step, rate)) = dropout {
                let shape = graph.shape(values);
                let mask = graph.dropout_mask(step, rate, DropoutMask { shape, key: key.wrapping_add(layer as u64) });
                values = graph.multiply(values, mask);
            }
        }
        Recorded { graph, sums }
    }

    /// The periodic part of the embedding of numbers.
    fn embed(
        &self,
        graph: &mut Graph,
        numbers: Node,
        periodic: Periodic,
        [frequencies, phases, mixing, bias]: [Node; 4],
    ) -> Node {
        debug_assert_eq!(graph.shape(mixing).columns, Size::Fixed(periodic.frequencies), "a weight per frequency");
        let by_number = Grouped { groups: self.numbers, wanted: Wanted::Result };
        let turns = graph.scale(frequencies, TAU);
        let angles = graph.grouped(numbers, turns, by_number);
        let angles = graph.add_row(angles, phases);
        let waves = graph.cos(angles);
        let mixed = graph.grouped(waves, mixing, by_number);
        graph.add_row(mixed, bias)
    }
}
