//! Named compositions of operations.

use super::{Graph, Node};
use crate::shape::{Axis, Shape, Size};

/// Compositions of operations.
impl Graph {
    /// Broadcasts a scalar, a row or a column to `shape`; a matrix of that shape is returned unchanged.
    ///
    /// # Panics
    /// If the input is none of these.
    #[track_caller]
    pub fn broadcast(&mut self, input: Node, shape: Shape) -> Node {
        let from = self.shape(input);
        match from {
            _ if from == shape => input,
            Shape::SCALAR => self.fill(input, shape),
            Shape { rows: Size::Fixed(1), columns } if columns == shape.columns => self.repeat_rows(input, shape.rows),
            Shape { rows, columns: Size::Fixed(1) } if rows == shape.rows => self.repeat_columns(input, shape.columns),
            _ => panic!("a matrix of {from} cannot be repeated to {shape}"),
        }
    }

    /// Layer normalisation: every row normalised over its columns, times `gain` plus `bias` (1 × n each).
    #[track_caller]
    pub fn layer_norm(&mut self, input: Node, gain: Node, bias: Node, epsilon: f64) -> Node {
        let normal = self.normalize(input, Axis::Columns, epsilon);
        self.scaled_and_moved(normal, gain, bias)
    }

    /// Batch normalisation: every column normalised over the rows, times `gain` plus `bias` (1 × n each).
    #[track_caller]
    pub fn batch_norm(&mut self, input: Node, gain: Node, bias: Node, epsilon: f64) -> Node {
        let normal = self.normalize(input, Axis::Rows, epsilon);
        self.scaled_and_moved(normal, gain, bias)
    }

    #[track_caller]
    fn scaled_and_moved(&mut self, input: Node, gain: Node, bias: Node) -> Node {
        let rows = self.shape(input).rows;
        let gains = self.repeat_rows(gain, rows);
        let scaled = self.multiply(input, gains);
        self.add_row(scaled, bias)
    }

    /// Weighted mean: Σ weights · losses / Σ weights, 1 × 1, for weights of at least 0; 0 if all are 0.
    #[track_caller]
    pub fn weighted_mean(&mut self, losses: Node, weights: Node) -> Node {
        let weighted = self.multiply(losses, weights);
        let sum = self.sum(weighted);
        let total = self.sum(weights);
        let one = self.constant(Shape::SCALAR, 1.0);
        let divisor = self.select(total, total, one);
        self.divide(sum, divisor)
    }

    /// The largest number of every column, 1 × n.
    pub fn max_rows(&mut self, input: Node) -> Node {
        let columns = self.transpose(input);
        let largest = self.max_columns(columns);
        self.transpose(largest)
    }

    /// The largest of all numbers, 1 × 1.
    pub fn max(&mut self, input: Node) -> Node {
        let largest = self.max_columns(input);
        self.max_rows(largest)
    }
}
