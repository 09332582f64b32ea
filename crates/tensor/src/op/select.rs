//! One of two matrices, element by element.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// dᵢⱼ = aᵢⱼ where cᵢⱼ > 0, else bᵢⱼ, also if c is NaN; ā = d̄ where c > 0, else 0, and b̄ the rest. `c` has no
/// gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Select;

impl Rule for Select {
    const NAME: &'static str = "select";
    const EXPECTS: &'static str = "three matrices of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[condition, left, right] = inputs else { return None };
        (condition == left && left == right).then_some(left)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::select(inputs[0].values, inputs[1].values, inputs[2].values, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(upstream);
        let zero = graph.constant(shape, 0.0);
        let left = graph.gate(inputs[0], upstream);
        vec![None, Some(left), Some(graph.select(inputs[0], zero, upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |domain, differentiable| SampleInput { shape: Shape::batch(sides.columns), domain, differentiable };
        let inputs = vec![
            input(Domain::NonZero, Differentiable::No),
            input(Domain::Any, Differentiable::Yes),
            input(Domain::Any, Differentiable::Yes),
        ];
        vec![Sample { op: Op::Select(Select), inputs }]
    }
}
