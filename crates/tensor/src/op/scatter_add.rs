//! Rows added up by row number: the adjoint of a gather.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count, whole_below};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Cₖⱼ = Σ Aᵢⱼ over the rows i whose number is k, in the order of the rows; rows with a number out of range are
/// skipped, and their gradient is NaN, as in a gather. Āᵢⱼ = C̄(kᵢ)ⱼ; the index has no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterAdd {
    /// The rows of the result.
    pub rows: Size,
}

impl Rule for ScatterAdd {
    const NAME: &'static str = "scatter_add";
    const EXPECTS: &'static str = "a matrix and a column of row numbers, one for each of its rows";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix, index] = inputs else { return None };
        let is_index = index == Shape { rows: matrix.rows, columns: Size::Fixed(1) };
        is_index.then_some(Shape { rows: self.rows, columns: matrix.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let [_, columns] = inputs[0].shape;
        output.fill(T::ZERO);
        if columns == 0 {
            return;
        }
        let rows = output.len() / columns;
        for (line, &number) in inputs[0].values.chunks_exact(columns).zip(inputs[1].values) {
            if let Some(row) = whole_below(number, rows) {
                let sums = &mut output[row * columns..][..columns];
                sums.iter_mut().zip(line).for_each(|(sum, &value)| *sum += value);
            }
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.gather(upstream, inputs[1])), None]
    }

    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(inputs[0]) + count(output)
    }

    fn with_batch(&self, batch: usize) -> ScatterAdd {
        ScatterAdd { rows: self.rows.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let inputs = vec![
            SampleInput {
                shape: Shape::batch(sides.columns),
                domain: Domain::Any,
                differentiable: Differentiable::Yes,
            },
            SampleInput { shape: Shape::batch(1), domain: Domain::Index(4), differentiable: Differentiable::No },
        ];
        vec![Sample { op: Op::ScatterAdd(ScatterAdd { rows: Size::Fixed(4) }), inputs }]
    }
}
