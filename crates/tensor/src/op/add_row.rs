//! A row added to every row of a matrix: the bias of a layer.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// Cᵢⱼ = Aᵢⱼ + bⱼ; Ā = C̄, b̄ⱼ = Σᵢ C̄ᵢⱼ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddRow;

impl Rule for AddRow {
    const NAME: &'static str = "add_row";
    const EXPECTS: &'static str = "a matrix and a row as wide";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix, row] = inputs else { return None };
        (row == Shape { rows: Size::Fixed(1), columns: matrix.columns }).then_some(matrix)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        output.copy_from_slice(inputs[0].values);
        kernel::add_row_in_place(output, inputs[1].values, |sum| sum);
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(upstream), Some(graph.sum_rows(upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |shape| SampleInput { shape, domain: Domain::Any, differentiable: Differentiable::Yes };
        let inputs = vec![input(Shape::batch(sides.columns)), input(Shape::fixed(1, sides.columns))];
        vec![Sample { op: Op::AddRow(AddRow), inputs }]
    }
}
