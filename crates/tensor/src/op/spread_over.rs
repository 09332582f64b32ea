//! A row divided evenly among all rows, or a column among all columns: the adjoint of their means.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, both_axes, count, over};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape, Size};

/// Bᵢⱼ = aⱼ / s over s rows, or aᵢ / s over s columns, with s = side; āⱼ = Σᵢ B̄ᵢⱼ / s or āᵢ = Σⱼ B̄ᵢⱼ / s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpreadOver {
    /// What it runs over.
    pub over: Axis,
    /// The rows or columns of the result.
    pub side: Size,
}

impl Rule for SpreadOver {
    const NAME: &'static str = "spread_over";
    const EXPECTS: &'static str = "one row, or one column";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[shares] = inputs else { return None };
        (self.over.side(shares) == Size::Fixed(1)).then_some(self.over.extended(shares, self.side))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let side = output.len() / inputs[0].values.len().max(1);
        kernel::broadcast(self.over, inputs[0].values, output);
        kernel::map_in_place(output, |value| over(value, side));
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.mean_over(upstream, self.over))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> SpreadOver {
        SpreadOver { side: self.side.with_batch(batch), ..*self }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let whole = Shape::batch(sides.columns);
        both_axes(|over| Sample {
            op: Op::SpreadOver(SpreadOver { over, side: over.side(whole) }),
            inputs: vec![SampleInput {
                shape: over.reduced(whole),
                domain: Domain::Any,
                differentiable: Differentiable::Yes,
            }],
        })
    }
}
