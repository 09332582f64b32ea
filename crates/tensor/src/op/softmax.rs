//! The softmax of every row.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, TRANSCENDENTAL_COST, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// Bᵢⱼ = e^(Aᵢⱼ − mᵢ) / Σₖ e^(Aᵢₖ − mᵢ) with mᵢ = maxₖ Aᵢₖ, which cannot overflow; Āᵢⱼ = Bᵢⱼ·(B̄ᵢⱼ − Σₖ B̄ᵢₖ·Bᵢₖ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax;

impl Rule for Softmax {
    const NAME: &'static str = "softmax";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[logits] = inputs else { return None };
        Some(logits)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::softmax(inputs[0].values, inputs[0].shape[1], output);
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let weighted = graph.multiply(upstream, output);
        let sums = graph.sum_columns(weighted);
        let columns = graph.shape(output).columns;
        let sums = graph.repeat_columns(sums, columns);
        let centred = graph.subtract(upstream, sums);
        vec![Some(graph.multiply(output, centred))]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        (TRANSCENDENTAL_COST + 4) * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        vec![Sample { op: Op::Softmax(Softmax), inputs: vec![input] }]
    }
}
