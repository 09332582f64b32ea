//! The matrix product, with either factor transposed.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// C = A·B, with A or B replaced by its transpose; Ā = C̄·Bᵀ and B̄ = Aᵀ·C̄, transposed where the factor is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatMul {
    /// Is the left factor used as its transpose?
    pub transpose_left: bool,
    /// Is the right factor used as its transpose?
    pub transpose_right: bool,
}

impl MatMul {
    /// As `forward`; `finish` gets every block of the output once it is there, and the place of its first element.
    pub(crate) fn forward_then<T: Element>(
        &self,
        left: View<'_, T>,
        right: View<'_, T>,
        output: &mut [T],
        finish: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let [rows, inner] = if self.transpose_left { [left.shape[1], left.shape[0]] } else { left.shape };
        let columns = right.shape[usize::from(!self.transpose_right)];
        let left = kernel::Factor { values: left.values, transposed: self.transpose_left };
        let right = kernel::Factor { values: right.values, transposed: self.transpose_right };
        kernel::product_then([rows, inner, columns], left, right, output, finish);
    }
}

impl Rule for MatMul {
    const NAME: &'static str = "matmul";
    const EXPECTS: &'static str = "matrices whose inner sides agree";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[left, right] = inputs else { return None };
        let left = if self.transpose_left { left.transposed() } else { left };
        let right = if self.transpose_right { right.transposed() } else { right };
        (left.columns == right.rows).then_some(Shape { rows: left.rows, columns: right.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        self.forward_then(inputs[0], inputs[1], output, |_, _| {});
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let (left, right) = (inputs[0], inputs[1]);
        let mut product = |left, right, transpose_left, transpose_right| {
            Some(graph.apply(Op::MatMul(MatMul { transpose_left, transpose_right }), &[left, right]))
        };
        let (is_left, is_right) = (self.transpose_left, self.transpose_right);
        // The gradient of a transposed factor is the transpose of the gradient: the product with its factors exchanged.
        let of_left =
            if is_left { product(right, upstream, is_right, true) } else { product(upstream, right, false, !is_right) };
        let of_right =
            if is_right { product(upstream, left, true, is_left) } else { product(left, upstream, !is_left, false) };
        vec![of_left, of_right]
    }

    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        let inner = inputs[0][usize::from(!self.transpose_left)];
        2 * inner as u64 * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let transposes = [(false, false), (true, false), (false, true), (true, true)];
        let input = |shape: Shape, transposed: bool| SampleInput {
            shape: if transposed { shape.transposed() } else { shape },
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        let with = |left: Shape, right: Shape| {
            transposes.map(|(transpose_left, transpose_right)| Sample {
                op: Op::MatMul(MatMul { transpose_left, transpose_right }),
                inputs: vec![input(left, transpose_left), input(right, transpose_right)],
            })
        };
        let mut samples = with(Shape::batch(sides.inner), Shape::fixed(sides.inner, sides.columns)).to_vec();
        samples.extend(with(Shape::batch(sides.inner).transposed(), Shape::batch(sides.columns)));
        samples
    }
}
