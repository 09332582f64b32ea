//! Losses.

use super::head::Head;
use pipewright_tensor::{Graph, Node};
use serde::{Deserialize, Serialize};

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

impl Loss {
    /// Records the mean loss of a batch.
    pub(super) fn mean(self, graph: &mut Graph, head: Head, last: Node, target: Node) -> Node {
        match self {
            Loss::MeanSquaredError => {
                let output = head.record(graph, last);
                graph.mean_squared_error(output, target)
            }
            Loss::BinaryCrossEntropy => graph.binary_cross_entropy(last, target),
            Loss::SoftmaxCrossEntropy => graph.softmax_cross_entropy(last, target),
        }
    }

    /// Records the loss of each row.
    pub(super) fn rows(self, graph: &mut Graph, head: Head, last: Node, target: Node) -> Node {
        match self {
            Loss::MeanSquaredError => {
                let output = head.record(graph, last);
                let errors = graph.subtract(output, target);
                let squares = graph.multiply(errors, errors);
                let sums = graph.sum_columns(squares);
                graph.scale(sums, 1.0 / head.outputs() as f64)
            }
            Loss::BinaryCrossEntropy => graph.sigmoid_cross_entropy(last, target),
            Loss::SoftmaxCrossEntropy => graph.softmax_cross_entropy_rows(last, target),
        }
    }
}
