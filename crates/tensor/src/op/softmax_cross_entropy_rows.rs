//! The cross-entropy of the softmax of every row of logits, for rows of targets that sum to 1.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, TRANSCENDENTAL_COST, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// lᵢ = Σⱼ Yᵢⱼ·(ln Σₖ e^(Zᵢₖ − mᵢ) − (Zᵢⱼ − mᵢ)) with mᵢ = maxₖ Zᵢₖ; Z̄ᵢⱼ = (softmax(Z)ᵢⱼ − Yᵢⱼ)·l̄ᵢ. The targets are
/// data and get no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoftmaxCrossEntropyRows;

impl Rule for SoftmaxCrossEntropyRows {
    const NAME: &'static str = "softmax_cross_entropy_rows";
    const EXPECTS: &'static str = "two matrices of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[logits, target] = inputs else { return None };
        (logits == target).then_some(Axis::Columns.reduced(logits))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::softmax_cross_entropy_rows(inputs[0].values, inputs[1].values, inputs[0].shape[1], output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let probability = graph.softmax(inputs[0]);
        let difference = graph.subtract(probability, inputs[1]);
        let columns = graph.shape(inputs[0]).columns;
        let repeated = graph.repeat_columns(upstream, columns);
        vec![Some(graph.multiply(difference, repeated)), None]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        (TRANSCENDENTAL_COST + 6) * count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |domain, differentiable| SampleInput { shape: Shape::batch(sides.columns), domain, differentiable };
        let inputs = vec![input(Domain::Any, Differentiable::Yes), input(Domain::Distribution, Differentiable::No)];
        vec![Sample { op: Op::SoftmaxCrossEntropyRows(SoftmaxCrossEntropyRows), inputs }]
    }
}
