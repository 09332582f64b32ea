//! The cross-entropy of the softmax of logits, for rows of targets that sum to 1.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, TRANSCENDENTAL_COST, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// l = Σᵢⱼ Yᵢⱼ·(ln Σₖ e^(Zᵢₖ − mᵢ) − (Zᵢⱼ − mᵢ)) / m with mᵢ = maxₖ Zᵢₖ, 0 for no rows; Z̄ = (softmax(Z) − Y)·l̄ / m.
/// The targets are data and get no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoftmaxCrossEntropy;

impl Rule for SoftmaxCrossEntropy {
    const NAME: &'static str = "softmax_cross_entropy";
    const EXPECTS: &'static str = "two matrices of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs.len() == 2 && inputs[0] == inputs[1]).then_some(Shape::SCALAR)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (logits, [rows, columns]) = (inputs[0].values, inputs[0].shape);
        output[0] = super::over(kernel::softmax_cross_entropy(logits, inputs[1].values, columns), rows);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let probability = graph.softmax(inputs[0]);
        let difference = graph.subtract(probability, inputs[1]);
        let Shape { rows, columns } = graph.shape(inputs[0]);
        // A share for each row, the same in all columns.
        let share = graph.spread(upstream, Shape { rows, columns: Size::Fixed(1) });
        let share = graph.repeat_columns(share, columns);
        vec![Some(graph.multiply(difference, share)), None]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        (TRANSCENDENTAL_COST + 6) * count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |domain, differentiable| SampleInput { shape: Shape::batch(sides.columns), domain, differentiable };
        let inputs = vec![input(Domain::Any, Differentiable::Yes), input(Domain::Distribution, Differentiable::No)];
        vec![Sample { op: Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy), inputs }]
    }
}
