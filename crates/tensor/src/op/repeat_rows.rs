//! A row repeated: the adjoint of the sum of rows.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Bᵢⱼ = aⱼ; āⱼ = Σᵢ B̄ᵢⱼ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatRows {
    /// Number of repetitions.
    pub rows: Size,
}

impl Rule for RepeatRows {
    const NAME: &'static str = "repeat_rows";
    const EXPECTS: &'static str = "one row";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[row] = inputs else { return None };
        (row.rows == Size::Fixed(1)).then_some(Shape { rows: self.rows, columns: row.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let row = inputs[0].values;
        if !row.is_empty() {
            output.chunks_exact_mut(row.len()).for_each(|line| line.copy_from_slice(row));
        }
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.sum_rows(upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> RepeatRows {
        RepeatRows { rows: self.rows.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::fixed(1, sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        vec![Sample { op: Op::RepeatRows(RepeatRows { rows: Size::Batch }), inputs: vec![input] }]
    }
}
