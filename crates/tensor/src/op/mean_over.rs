//! The mean of every column or every row.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, both_axes, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// bⱼ = Σᵢ Aᵢⱼ / m over the rows, or bᵢ = Σⱼ Aᵢⱼ / n over the columns, 0 of nothing; Āᵢⱼ = b̄ⱼ / m or b̄ᵢ / n.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanOver {
    /// What it runs over.
    pub over: Axis,
}

impl Rule for MeanOver {
    const NAME: &'static str = "mean_over";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(self.over.reduced(matrix))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::mean_over(self.over, inputs[0].values, inputs[0].shape, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let side = self.over.side(graph.shape(inputs[0]));
        vec![Some(graph.spread_over(upstream, self.over, side))]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        both_axes(|over| Sample { op: Op::MeanOver(MeanOver { over }), inputs: vec![input] })
    }
}
