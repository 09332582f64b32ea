//! The products of the matrices of two stacks, with either factor of each transposed.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// Both inputs are stacks of `blocks` matrices, one below the other; the result is the stack of Cₖ = Aₖ·Bₖ, with Aₖ or
/// Bₖ replaced by its transpose. Āₖ = C̄ₖ·Bₖᵀ and B̄ₖ = Aₖᵀ·C̄ₖ, transposed where the factor is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchMatMul {
    /// How many matrices a stack has.
    pub blocks: Size,
    /// Are the left factors used as their transposes?
    pub transpose_left: bool,
    /// Are the right factors used as their transposes?
    pub transpose_right: bool,
}

impl Rule for BatchMatMul {
    const NAME: &'static str = "batch_matmul";
    const EXPECTS: &'static str = "two stacks of as many matrices whose inner sides agree";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[left, right] = inputs else { return None };
        let block = |stack: Shape, transposed: bool| {
            let block = Shape { rows: stack.rows.divided(self.blocks)?, columns: stack.columns };
            Some(if transposed { block.transposed() } else { block })
        };
        let (left, right) = (block(left, self.transpose_left)?, block(right, self.transpose_right)?);
        let rows = left.rows.times(self.blocks)?;
        (left.columns == right.rows).then_some(Shape { rows, columns: right.columns })
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (left, right) = (inputs[0], inputs[1]);
        if left.values.is_empty() || right.values.is_empty() || output.is_empty() {
            return output.fill(T::ZERO);
        }
        let ([left_rows, left_columns], [right_rows, right_columns]) = (left.shape, right.shape);
        // The sides tell how many blocks there are, in every combination by another of them.
        let blocks = match (self.transpose_left, self.transpose_right) {
            (false, false) => right_rows / left_columns,
            (true, false) => output.len() / (left_columns * right_columns),
            (false, true) => right_rows * left_rows / output.len(),
            (true, true) => left_rows / right_columns,
        };
        let (left_rows, right_rows) = (left_rows / blocks, right_rows / blocks);
        let [rows, inner] = if self.transpose_left { [left_columns, left_rows] } else { [left_rows, left_columns] };
        let columns = if self.transpose_right { right_rows } else { right_columns };
        let left = kernel::Factor { values: left.values, transposed: self.transpose_left };
        let right = kernel::Factor { values: right.values, transposed: self.transpose_right };
        kernel::batch_product(blocks, [rows, inner, columns], left, right, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let (left, right) = (inputs[0], inputs[1]);
        let blocks = self.blocks;
        let mut product = |left, right, transpose_left, transpose_right| {
            Some(graph.batch_matmul(left, right, BatchMatMul { blocks, transpose_left, transpose_right }))
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
        // A row of a block's left factor meets every column of the result.
        2 * count(inputs[0]) * output[1] as u64
    }

    fn with_batch(&self, batch: usize) -> BatchMatMul {
        BatchMatMul { blocks: self.blocks.with_batch(batch), ..*self }
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let mut samples = Vec::new();
        for blocks in [Size::Batch, Size::Fixed(2)] {
            for (transpose_left, transpose_right) in [(false, false), (true, false), (false, true), (true, true)] {
                let input = |rows, columns, is_transposed: bool| {
                    let [rows, columns] = if is_transposed { [columns, rows] } else { [rows, columns] };
                    let rows = blocks.times(Size::Fixed(rows)).unwrap_or(blocks);
                    let shape = Shape { rows, columns: Size::Fixed(columns) };
                    SampleInput { shape, domain: Domain::Any, differentiable: Differentiable::Yes }
                };
                let (left, right) = (
                    input(2, sides.inner, transpose_left),
                    input(sides.inner, sides.columns, transpose_right),
                );
                let op = Op::BatchMatMul(BatchMatMul { blocks, transpose_left, transpose_right });
                samples.push(Sample { op, inputs: vec![left, right] });
            }
        }
        samples
    }
}
