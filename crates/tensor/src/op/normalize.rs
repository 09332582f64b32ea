//! Columns or rows scaled to mean 0 and variance 1: batch and layer normalisation.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, both_axes, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// B = (A − μ) / s with μ the mean and s = √(var + ε) over the rows of each column, or over the columns of each row;
/// the variance is that of all numbers, Σ(A − μ)² / k. Ā = (B̄ − mean(B̄) − B·mean(B̄·B)) / s, with means over the
/// same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalize {
    /// What it runs over.
    pub over: Axis,
    /// ε, what is added to the variance.
    pub epsilon: f64,
}

impl Rule for Normalize {
    const NAME: &'static str = "normalize";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(matrix)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::normalize(self.over, T::from_f64(self.epsilon), inputs[0].values, inputs[0].shape, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(output);
        let deviation = graph.deviation(inputs[0], self.over, self.epsilon);
        let deviation = graph.broadcast(deviation, shape);
        let mean = graph.mean_over(upstream, self.over);
        let mean = graph.broadcast(mean, shape);
        let product = graph.multiply(upstream, output);
        let slope = graph.mean_over(product, self.over);
        let slope = graph.broadcast(slope, shape);
        let along = graph.multiply(output, slope);
        let centred = graph.subtract(upstream, mean);
        let across = graph.subtract(centred, along);
        vec![Some(graph.divide(across, deviation))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        6 * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        // Smooth enough for difference quotients.
        both_axes(|over| Sample { op: Op::Normalize(Normalize { over, epsilon: 0.1 }), inputs: vec![input] })
    }
}
