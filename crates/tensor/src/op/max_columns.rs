//! The largest number of every row.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// bᵢ = maxⱼ Aᵢⱼ, NaN if one is, −∞ if there are no columns; Āᵢⱼ = b̄ᵢ / kᵢ where Aᵢⱼ = bᵢ, else 0, with kᵢ the number
/// of such j.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxColumns;

impl Rule for MaxColumns {
    const NAME: &'static str = "max_columns";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(Axis::Columns.reduced(matrix))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::max_columns(inputs[0].values, inputs[0].shape[1], output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let columns = graph.shape(inputs[0]).columns;
        let largest = graph.repeat_columns(output, columns);
        let is_less = graph.greater(largest, inputs[0]);
        let shape = graph.shape(inputs[0]);
        let one = graph.constant(shape, 1.0);
        let is_largest = graph.subtract(one, is_less);
        let ties = graph.sum_columns(is_largest);
        let share = graph.divide(upstream, ties);
        let shares = graph.repeat_columns(share, columns);
        vec![Some(graph.gate(is_largest, shares))]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Distinct(0),
            differentiable: Differentiable::Yes,
        };
        vec![Sample { op: Op::MaxColumns(MaxColumns), inputs: vec![input] }]
    }
}
