//! A number divided evenly among all elements: the adjoint of the mean.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::Shape;

/// Bᵢⱼ = a / (m·n); ā = Σᵢⱼ B̄ᵢⱼ / (m·n).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The shape of the result.
    pub shape: Shape,
}

impl Rule for Spread {
    const NAME: &'static str = "spread";
    const EXPECTS: &'static str = "one number";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs == [Shape::SCALAR]).then_some(self.shape)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        output.fill(super::over(inputs[0].values[0], output.len()));
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.mean(upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> Spread {
        Spread { shape: self.shape.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput { shape: Shape::SCALAR, domain: Domain::Any, differentiable: Differentiable::Yes };
        vec![Sample { op: Op::Spread(Spread { shape: Shape::batch(sides.columns) }), inputs: vec![input] }]
    }
}
