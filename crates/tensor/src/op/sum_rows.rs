//! The sum of the rows of a matrix: the gradient of a bias.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// bⱼ = Σᵢ Aᵢⱼ, in the order of the rows; Āᵢⱼ = b̄ⱼ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumRows;

impl Rule for SumRows {
    const NAME: &'static str = "sum_rows";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(Shape { rows: Size::Fixed(1), columns: matrix.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::sum_rows(inputs[0].values, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let rows = graph.shape(inputs[0]).rows;
        vec![Some(graph.repeat_rows(upstream, rows))]
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
        vec![Sample { op: Op::SumRows(SumRows), inputs: vec![input] }]
    }
}
