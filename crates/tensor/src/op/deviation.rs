//! The standard deviation of every column or every row, kept away from 0.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, both_axes, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// s = √(var + ε) over the rows of each column, or over the columns of each row, as [`super::Normalize`] divides by;
/// Ā = s̄·(A − μ) / (k·s), where k numbers are in a column or a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// What it runs over.
    pub over: Axis,
    /// ε, what is added to the variance.
    pub epsilon: f64,
}

impl Rule for Deviation {
    const NAME: &'static str = "deviation";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(self.over.reduced(matrix))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::deviation(self.over, T::from_f64(self.epsilon), inputs[0].values, inputs[0].shape, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let side = self.over.side(graph.shape(inputs[0]));
        let share = graph.spread_over(upstream, self.over, side);
        let normal = graph.normalize(inputs[0], self.over, self.epsilon);
        vec![Some(graph.multiply(share, normal))]
    }

    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        4 * count(inputs[0]) + 2 * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        both_axes(|over| Sample { op: Op::Deviation(Deviation { over, epsilon: 0.1 }), inputs: vec![input] })
    }
}
