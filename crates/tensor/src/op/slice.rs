//! Some neighbouring columns of a matrix.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Bᵢⱼ = Aᵢ,ₛ₊ⱼ with s = start and j < count; Ā = B̄ at these columns, 0 at the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slice {
    /// The first column.
    pub start: usize,
    /// How many columns.
    pub count: usize,
}

impl Rule for Slice {
    const NAME: &'static str = "slice";
    const EXPECTS: &'static str = "a matrix that has these columns";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        let Size::Fixed(columns) = matrix.columns else { return None };
        let end = self.start.checked_add(self.count)?;
        (end <= columns).then_some(Shape { rows: matrix.rows, columns: Size::Fixed(self.count) })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let columns = inputs[0].shape[1];
        if self.count > 0 {
            for (line, output) in inputs[0].values.chunks_exact(columns).zip(output.chunks_exact_mut(self.count)) {
                output.copy_from_slice(&line[self.start..][..self.count]);
            }
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let columns = graph.shape(inputs[0]).columns.resolve(0);
        vec![Some(graph.pad(upstream, self.start, columns - self.start - self.count))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        let columns = sides.columns;
        let parts = [(0, columns), (columns / 2, columns - columns / 2), (0, columns / 2)];
        parts.map(|(start, count)| Sample { op: Op::Slice(Slice { start, count }), inputs: vec![input] }).to_vec()
    }
}
