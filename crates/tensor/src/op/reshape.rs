//! The same elements, row-major, in another shape.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// B has the elements of A in the same order; Ā has those of B̄. Both have the same number of elements for every batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reshape {
    /// The shape of the result.
    pub shape: Shape,
}

impl Rule for Reshape {
    const NAME: &'static str = "reshape";
    const EXPECTS: &'static str = "a matrix with as many elements as the result, whatever the batch";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        matrix.has_count_of(self.shape).then_some(self.shape)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        output.copy_from_slice(inputs[0].values);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(inputs[0]);
        vec![Some(graph.reshape(upstream, shape))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> Reshape {
        Reshape { shape: self.shape.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let wide = Shape::batch(sides.columns * sides.inner);
        let rows = Size::Batch.times(Size::Fixed(sides.inner)).unwrap_or(Size::Batch);
        let tall = Shape { rows, columns: Size::Fixed(sides.columns) };
        let sample = |from: Shape, to: Shape| Sample {
            op: Op::Reshape(Reshape { shape: to }),
            inputs: vec![SampleInput { shape: from, domain: Domain::Any, differentiable: Differentiable::Yes }],
        };
        vec![sample(wide, tall), sample(tall, wide), sample(wide, wide.transposed())]
    }
}
