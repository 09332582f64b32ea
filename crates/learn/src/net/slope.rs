//! Gradients of a network's outputs with respect to its inputs.

use super::head::Head;
use super::model::NetworkModel;
use crate::data::Features;
use crate::learner::{Model, check_width};
use pipewright_diagnostic::{Failure, go_on};
use pipewright_tensor::{Graph, Node, Program};

/// Rows that are computed together.
const BLOCK: usize = 256;

impl NetworkModel {
    /// Returns the scores of each row and the gradient of each of them with respect to each column, in double precision:
    /// rows × scores, and rows × scores × columns. The scores are the predictions for numbers (their logarithms, if
    /// the loss is of positive numbers), the log-odds for two classes, and for more a score per class, of which the probabilities are the softmax.
    ///
    /// ```
    /// use pipewright_learn::net::{Activation, Network};
    /// use pipewright_learn::{Dataset, Features, Learner, Target};
    /// let features = Features::from_rows(["x"], &[[-1.0], [0.0], [1.0]]);
    /// let train = Dataset::new(features.clone(), Target::Numbers(vec![0.0, 1.0, 2.0]));
    /// let model = Network { activation: Activation::None, ..Network::default() }.fit(&train)?;
    /// let (values, slopes) = model.slopes(&features)?;
    /// assert!((values[1] - values[0] - slopes[0]).abs() < 1e-12);
    /// # Ok::<(), pipewright_diagnostic::Failure>(())
    /// ```
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`](pipewright_diagnostic::code::WRONG_WIDTH) if the number of columns differs.
    pub fn slopes(&self, features: &Features) -> Result<(Vec<f64>, Vec<f64>), Failure> {
        check_width(self.inputs(), features)?;
        let (graph, nodes) = self.recorded();
        let outputs = nodes.len() - 1;
        let (rows, columns) = (features.rows(), self.inputs());
        let parameters = self.layers().iter().flat_map(|layer| layer.kernel.iter().chain(&layer.bias));
        let parameters: Vec<f64> = parameters.map(|&weight| f64::from(weight)).collect();
        let mut program = Program::<f64>::new(&graph, &nodes, rows.clamp(1, BLOCK));
        let (factor, shift) = match self.head() {
            Head::Number { mean, deviation } => (deviation, mean),
            Head::Positive { mean } => (1.0, mean.ln()),
            Head::Binary | Head::Classes { .. } => (1.0, 0.0),
        };
        let (mut values, mut slopes) =
            (Vec::with_capacity(rows * outputs), Vec::with_capacity(rows * outputs * columns));
        for start in (0..rows).step_by(BLOCK) {
            go_on()?;
            let block = start..rows.min(start + BLOCK);
            let row = |row: usize| (0..columns).map(move |column| features.column(column)[row]);
            let inputs: Vec<f64> = block.clone().flat_map(row).collect();
            program.run(block.len(), &[&inputs], &parameters);
            values.extend(program.output(0).iter().map(|value| shift + factor * value));
            for row in 0..block.len() {
                let own = row * columns..(row + 1) * columns;
                let of = |output: usize| program.output(output + 1)[own.clone()].iter().map(|slope| factor * slope);
                slopes.extend((0..outputs).flat_map(of));
            }
        }
        Ok((values, slopes))
    }

    /// The graph of the last layer's sums, and the gradients of each of them. A row's gradient is that of the sum over
    /// rows, since no row's output depends on another row.
    fn recorded(&self) -> (Graph, Vec<Node>) {
        let mut graph = Graph::new();
        let last = self.architecture().outputs_to_predict(&mut graph);
        let input = graph.inputs()[0];
        let mut nodes = vec![last];
        for output in 0..self.head().outputs() {
            let column = graph.slice(last, output, 1);
            let sum = graph.sum(column);
            nodes.extend(graph.gradients(sum, &[input]));
        }
        (graph, nodes)
    }
}
