//! The sum of the columns of a matrix: one number for each row.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// bᵢ = Σⱼ Aᵢⱼ; Āᵢⱼ = b̄ᵢ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumColumns;

impl Rule for SumColumns {
    const NAME: &'static str = "sum_columns";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(Shape { rows: matrix.rows, columns: Size::Fixed(1) })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let [_, columns] = inputs[0].shape;
        for (row, sum) in output.iter_mut().enumerate() {
            let line = &inputs[0].values[row * columns..(row + 1) * columns];
            *sum = kernel::sum_of(line, line, |value, _| value);
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let columns = graph.shape(inputs[0]).columns;
        vec![Some(graph.repeat_columns(upstream, columns))]
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
        vec![Sample { op: Op::SumColumns(SumColumns), inputs: vec![input] }]
    }
}
