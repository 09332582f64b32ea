//! A column repeated: the adjoint of the sum of columns.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Bᵢⱼ = aᵢ; āᵢ = Σⱼ B̄ᵢⱼ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatColumns {
    /// Number of repetitions.
    pub columns: Size,
}

impl Rule for RepeatColumns {
    const NAME: &'static str = "repeat_columns";
    const EXPECTS: &'static str = "one column";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[column] = inputs else { return None };
        (column.columns == Size::Fixed(1)).then_some(Shape { rows: column.rows, columns: self.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let column = inputs[0].values;
        let width = output.len() / column.len().max(1);
        if width > 0 {
            output.chunks_exact_mut(width).zip(column).for_each(|(line, &value)| line.fill(value));
        }
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.sum_columns(upstream))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn with_batch(&self, batch: usize) -> RepeatColumns {
        RepeatColumns { columns: self.columns.with_batch(batch) }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput { shape: Shape::batch(1), domain: Domain::Any, differentiable: Differentiable::Yes };
        vec![Sample {
            op: Op::RepeatColumns(RepeatColumns { columns: Size::Fixed(sides.columns) }),
            inputs: vec![input],
        }]
    }
}
