//! The sum of all elements.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// b = Σᵢⱼ Aᵢⱼ; Āᵢⱼ = b̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum;

impl Rule for Sum {
    const NAME: &'static str = "sum";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs.len() == 1).then_some(Shape::SCALAR)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let values = inputs[0].values;
        output[0] = kernel::sum_of(values, values, |value, _| value);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(inputs[0]);
        vec![Some(graph.fill(upstream, shape))]
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
        vec![Sample { op: Op::Sum(Sum), inputs: vec![input] }]
    }
}
