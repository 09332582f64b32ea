//! A matrix padded with columns of zeros: the adjoint of a slice.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Bᵢⱼ = Aᵢ,ⱼ₋ₛ for s ≤ j < s + n with s = before and n the columns of A, else 0; Ā = these columns of B̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    /// Number of columns of zeros on the left.
    pub before: usize,
    /// Number of columns of zeros on the right.
    pub after: usize,
}

impl Rule for Pad {
    const NAME: &'static str = "pad";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        let Size::Fixed(columns) = matrix.columns else { return None };
        let columns = columns.checked_add(self.before)?.checked_add(self.after)?;
        Some(Shape { rows: matrix.rows, columns: Size::Fixed(columns) })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let [_, columns] = inputs[0].shape;
        let width = self.before + columns + self.after;
        output.fill(T::ZERO);
        if columns > 0 {
            for (line, output) in inputs[0].values.chunks_exact(columns).zip(output.chunks_exact_mut(width)) {
                output[self.before..][..columns].copy_from_slice(line);
            }
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let count = graph.shape(inputs[0]).columns.resolve(0);
        vec![Some(graph.slice(upstream, self.before, count))]
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
        let pads = [(0, 0), (1, 2), (0, sides.inner)];
        pads.map(|(before, after)| Sample { op: Op::Pad(Pad { before, after }), inputs: vec![input] }).to_vec()
    }
}
