//! Rows of a table by row number: embedding lookup.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count, whole_below};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Cᵢⱼ = T(kᵢ)ⱼ for an index k of whole numbers; a row whose number is out of range is all NaN. T̄ = the rows of C̄
/// added up by their numbers; the index has no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gather;

impl Rule for Gather {
    const NAME: &'static str = "gather";
    const EXPECTS: &'static str = "a table and a column of row numbers";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[table, index] = inputs else { return None };
        (index.columns == Size::Fixed(1)).then_some(Shape { rows: index.rows, columns: table.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let [rows, columns] = inputs[0].shape;
        if columns == 0 {
            return;
        }
        for (line, &number) in output.chunks_exact_mut(columns).zip(inputs[1].values) {
            match whole_below(number, rows) {
                Some(row) => line.copy_from_slice(&inputs[0].values[row * columns..][..columns]),
                None => line.fill(T::from_f64(f64::NAN)),
            }
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let rows = graph.shape(inputs[0]).rows;
        vec![Some(graph.scatter_add(upstream, inputs[1], rows)), None]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let inputs = vec![
            SampleInput {
                shape: Shape::fixed(3, sides.columns),
                domain: Domain::Any,
                differentiable: Differentiable::Yes,
            },
            SampleInput { shape: Shape::batch(1), domain: Domain::Index(3), differentiable: Differentiable::No },
        ];
        vec![Sample { op: Op::Gather(Gather), inputs }]
    }
}
