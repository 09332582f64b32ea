//! A matrix filled with one number: the adjoint of the sum.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::Shape;

/// Bᵢⱼ = a; ā = Σᵢⱼ B̄ᵢⱼ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// The shape of the result.
    pub shape: Shape,
}

impl Rule for Fill {
    const NAME: &'static str = "fill";
    const EXPECTS: &'static str = "one number";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs == [Shape::SCALAR]).then_some(self.shape)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        output.fill(inputs[0].values[0]);
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.sum(upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> Fill {
        Fill { shape: self.shape.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput { shape: Shape::SCALAR, domain: Domain::Any, differentiable: Differentiable::Yes };
        vec![Sample { op: Op::Fill(Fill { shape: Shape::batch(sides.columns) }), inputs: vec![input] }]
    }
}
