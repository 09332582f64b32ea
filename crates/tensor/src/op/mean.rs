//! The mean of all elements.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// b = Σᵢⱼ Aᵢⱼ / (m·n), 0 for no elements; Āᵢⱼ = b̄ / (m·n).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean;

impl Rule for Mean {
    const NAME: &'static str = "mean";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs.len() == 1).then_some(Shape::SCALAR)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let values = inputs[0].values;
        output[0] = super::over(kernel::sum_of(values, values, |value, _| value), values.len());
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(inputs[0]);
        vec![Some(graph.spread(upstream, shape))]
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
        vec![Sample { op: Op::Mean(Mean), inputs: vec![input] }]
    }
}
