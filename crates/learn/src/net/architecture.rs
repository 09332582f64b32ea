//! The architecture of a network: its layers, its head, and their graphs.

use super::head::Head;
use super::layer::{self, Layer, Part, Purpose, Recorder, Running, Start};
use super::loss::Loss;
use super::optimizer::Group;
use pipewright_tensor::{Graph, Node, Shape};
use pipewright_world::random::Key;

/// Layers between features and a head.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    /// The number of features.
    pub(super) inputs: usize,
    pub(super) layers: Vec<Layer>,
    pub(super) head: Head,
}

/// A graph from features to a loss and its gradients.
pub(super) struct TrainingGraph {
    pub(super) graph: Graph,
    pub(super) loss: Node,
    /// The mean and the standard deviation of a batch for each of [`Architecture::running`].
    pub(super) statistics: Vec<[Node; 2]>,
    /// Gradients of all parameters, in their order.
    pub(super) gradients: Vec<Node>,
    /// Is the number of the step an input?
    pub(super) takes_step: bool,
}

impl Architecture {
    /// All parameters, in the order of the flat array.
    pub(super) fn parts(&self) -> Vec<Part> {
        layer::parts(&self.layers, self.inputs)
    }

    /// The running statistics, which follow the parameters in predictions.
    pub(super) fn running(&self) -> Vec<Running> {
        layer::running(&self.layers, self.inputs)
    }

    /// The parameters as an optimiser of matrices takes them. The kernel of the last layer is a list to it.
    pub(super) fn groups(&self) -> Vec<Group> {
        let parts = self.parts();
        let last = parts.iter().rposition(|part| part.start == Start::Glorot);
        let group = |(index, part): (usize, &Part)| {
            let [rows, columns] = part.sides;
            let sides = if Some(index) == last { [1, rows * columns] } else { part.sides };
            Group { sides, lr: 1.0, decay: 1.0 }
        };
        parts.iter().enumerate().map(group).collect()
    }

    /// The number of weights of all layers.
    pub(super) fn weights(&self) -> u128 {
        self.parts().into_iter().map(Part::count).sum()
    }

    /// About the memory of a training with this many rows at a time.
    pub(super) fn training_bytes(&self, batch_rows: usize) -> u128 {
        // Of each weight: its value, its gradient, two moments, the best one so far, and a copy of the program.
        const PER_WEIGHT: u128 = 6;
        // Of each output of a layer: the number and its gradient.
        const PER_NUMBER: u128 = 2;
        let numbers = self.inputs as u128 + layer::numbers(&self.layers, self.inputs);
        (PER_WEIGHT * self.weights() + PER_NUMBER * numbers * batch_rows as u128) * size_of::<f32>() as u128
    }

    /// The graph of the predictions.
    pub(super) fn prediction(&self) -> (Graph, Node) {
        let mut graph = Graph::new();
        let last = self.outputs_to_predict(&mut graph);
        let output = self.head.record(&mut graph, last);
        (graph, output)
    }

    /// Records the graph of the loss of predictions. Its inputs are the features, the target as encoded by the head, and
    /// the weight of each row if rows are weighted.
    pub(super) fn score(&self, loss: Loss, weighted: bool) -> (Graph, Node) {
        let mut graph = Graph::new();
        let last = self.outputs_to_predict(&mut graph);
        let loss = self.loss(&mut graph, loss, last, weighted);
        (graph, loss)
    }

    /// Records the graph of the loss and its gradients. Its inputs are the features, the number of the step if a layer
    /// is random, the target as encoded by the head, and the weight of each row if rows are weighted.
    pub(super) fn training(&self, loss: Loss, weighted: bool, key: Key) -> TrainingGraph {
        let mut graph = Graph::new();
        let features = graph.input(self.inputs);
        let takes_step = layer::any_random(&self.layers);
        let random = takes_step.then(|| (graph.input_of(Shape::SCALAR), key.child("dropout").bits(0)));
        let mut recorder = Recorder::new(&mut graph, &self.parts(), &[], Purpose::Training(random));
        let last = recorder.chain(&self.layers, features);
        let statistics = recorder.batch_statistics();
        let loss = self.loss(&mut graph, loss, last, weighted);
        let parameters = graph.parameters().to_vec();
        let gradients = graph.gradients(loss, &parameters);
        TrainingGraph { graph, loss, statistics, gradients, takes_step }
    }

    /// Records the outputs of the last layer as it predicts. Input 0 is the features.
    pub(super) fn outputs_to_predict(&self, graph: &mut Graph) -> Node {
        let features = graph.input(self.inputs);
        Recorder::new(graph, &self.parts(), &self.running(), Purpose::Prediction).chain(&self.layers, features)
    }

    /// Records the mean loss of a batch, each row times its weight.
    fn loss(&self, graph: &mut Graph, loss: Loss, last: Node, weighted: bool) -> Node {
        let target = graph.input(self.head.outputs());
        if !weighted {
            return loss.mean(graph, self.head, last, target);
        }
        let losses = loss.rows(graph, self.head, last, target);
        let weights = graph.input(1);
        let weighted = graph.multiply(losses, weights);
        graph.mean(weighted)
    }

    /// Returns the initial parameters.
    pub(super) fn initial_parameters(&self, key: Key) -> Vec<f32> {
        let (mut parameters, mut kernels) = (Vec::new(), 0);
        for part in self.parts() {
            let [rows, columns] = part.sides;
            match part.start {
                Start::Ones => parameters.resize(parameters.len() + rows * columns, 1.0),
                Start::Zeros => parameters.resize(parameters.len() + rows * columns, 0.0),
                Start::Glorot => {
                    let stream = key.child("init").index(kernels);
                    let limit = (6.0 / (rows + columns) as f64).sqrt();
                    let weight = |position| (limit * (2.0 * stream.uniform(position) - 1.0)) as f32;
                    parameters.extend((0..(rows * columns) as u64).map(weight));
                    kernels += 1;
                }
            }
        }
        parameters
    }
}
