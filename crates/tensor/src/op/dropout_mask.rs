//! The random factors of dropout, as a matrix to multiply with.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count, dropout};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// Mᵢⱼ = 0 with probability `rate`, else 1 / (1 − rate), from a step and a rate (1 × 1 each): the factors of
/// [`Dropout`](super::Dropout) with a rate that may change from step to step. They have no gradient. A rate that is not
/// at least 0 and below 1 gives NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropoutMask {
    /// The shape of the mask.
    pub shape: Shape,
    /// Distinguishes this mask from others of the same step.
    pub key: u64,
}

impl Rule for DropoutMask {
    const NAME: &'static str = "dropout_mask";
    const EXPECTS: &'static str = "a step and a rate (1×1 each)";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs == [Shape::SCALAR; 2]).then_some(self.shape)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (step, rate) = (inputs[0].values[0].to_f64(), inputs[1].values[0].to_f64());
        if !(0.0..1.0).contains(&rate) {
            return output.fill(T::from_f64(f64::NAN));
        }
        let kept = T::from_f64(1.0 / (1.0 - rate));
        kernel::dropout_mask(dropout::words(self.key, step), dropout::threshold(rate), kept, output);
    }

    fn backward(&self, _: &mut Graph, _: &[Node], _: Node, _: Node) -> Vec<Option<Node>> {
        vec![None, None]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        2 * count(output)
    }

    fn with_batch(&self, batch: usize) -> DropoutMask {
        let Shape { rows, columns } = self.shape;
        DropoutMask { shape: Shape { rows: rows.with_batch(batch), columns: columns.with_batch(batch) }, ..*self }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let scalar =
            |domain| SampleInput { shape: Shape::SCALAR, domain, differentiable: Differentiable::No };
        let op = Op::DropoutMask(DropoutMask { shape: Shape::batch(sides.columns), key: 7 });
        vec![Sample { op, inputs: vec![scalar(Domain::Index(100)), scalar(Domain::Unit)] }]
    }
}

#[cfg(test)]
mod tests {
    use crate::op::{Dropout, DropoutMask, Rule, View};
    use crate::shape::Shape;

    #[test]
    fn it_is_the_dropout_of_ones() {
        let (ones, step) = (vec![1.0_f32; 1000], [3.0]);
        let inputs = [View { values: &ones, shape: [1000, 1] }, View { values: &step, shape: [1, 1] }];
        let mut expected = vec![0.0; 1000];
        Dropout { rate: 0.25, key: 9 }.forward(&inputs, &mut expected);
        let scalars = [View { values: &step, shape: [1, 1] }, View { values: &[0.25], shape: [1, 1] }];
        let mut found = vec![0.0; 1000];
        let mask = DropoutMask { shape: Shape::fixed(1000, 1), key: 9 };
        mask.forward(&scalars, &mut found);
        assert_eq!(found, expected);
        mask.forward(&[scalars[0], View { values: &[1.0], shape: [1, 1] }], &mut found);
        assert!(found[0].is_nan());
    }
}
