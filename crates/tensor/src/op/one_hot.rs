//! One-hot encoding of whole numbers.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count, whole_below};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::shape::{Shape, Size};

/// Bᵢⱼ = 1 where j = kᵢ, else 0; a row is all NaN if k is not a whole number below `columns`. The index has no
/// gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneHot {
    /// Number of classes.
    pub columns: usize,
}

impl Rule for OneHot {
    const NAME: &'static str = "one_hot";
    const EXPECTS: &'static str = "a column of whole numbers";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[index] = inputs else { return None };
        let columns = Size::Fixed(self.columns);
        (index.columns == Size::Fixed(1)).then_some(Shape { rows: index.rows, columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        output.fill(T::ZERO);
        if self.columns == 0 {
            return;
        }
        for (line, &number) in output.chunks_exact_mut(self.columns).zip(inputs[0].values) {
            match whole_below(number, self.columns) {
                Some(column) => line[column] = T::ONE,
                None => line.fill(T::from_f64(f64::NAN)),
            }
        }
    }

    fn backward(&self, _: &mut Graph, _: &[Node], _: Node, _: Node) -> Vec<Option<Node>> {
        vec![None]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(1),
            domain: Domain::Index(sides.columns),
            differentiable: Differentiable::No,
        };
        vec![Sample { op: Op::OneHot(OneHot { columns: sides.columns }), inputs: vec![input] }]
    }
}
