//! Two matrices side by side.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// C = [A B]; Ā = the first columns of C̄, B̄ = the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concat;

impl Rule for Concat {
    const NAME: &'static str = "concat";
    const EXPECTS: &'static str = "two matrices with as many rows";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[left, right] = inputs else { return None };
        let (Size::Fixed(before), Size::Fixed(after)) = (left.columns, right.columns) else { return None };
        (left.rows == right.rows).then_some(Shape { rows: left.rows, columns: Size::Fixed(before + after) })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (left, right) = (inputs[0], inputs[1]);
        let (before, after) = (left.shape[1], right.shape[1]);
        for row in 0..left.shape[0] {
            let line = &mut output[row * (before + after)..][..before + after];
            line[..before].copy_from_slice(&left.values[row * before..][..before]);
            line[before..].copy_from_slice(&right.values[row * after..][..after]);
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let width = |node| graph.shape(node).columns.resolve(0);
        let (before, after) = (width(inputs[0]), width(inputs[1]));
        vec![Some(graph.slice(upstream, 0, before)), Some(graph.slice(upstream, before, after))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |columns| SampleInput {
            shape: Shape::batch(columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        vec![Sample { op: Op::Concat(Concat), inputs: vec![input(sides.columns), input(sides.inner)] }]
    }
}
