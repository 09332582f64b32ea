//! The binary cross-entropy of logits, for targets in [0, 1].

use super::{
    Differentiable, Domain, Lane, Op, Rule, Sample, SampleInput, Sides, SigmoidCrossEntropy, TRANSCENDENTAL_COST, View,
    count,
};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// l = Σᵢⱼ [max(Zᵢⱼ, 0) − Zᵢⱼ·Yᵢⱼ + ln(1 + e^−|Zᵢⱼ|)] / (m·n), which is −Y ln σ(Z) − (1 − Y) ln(1 − σ(Z)) without
/// overflow or cancellation; Z̄ = (σ(Z) − Y)·l̄ / (m·n). The targets are data and get no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryCrossEntropy;

impl Rule for BinaryCrossEntropy {
    const NAME: &'static str = "binary_cross_entropy";
    const EXPECTS: &'static str = "two matrices of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs.len() == 2 && inputs[0] == inputs[1]).then_some(Shape::SCALAR)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (logits, target) = (inputs[0].values, inputs[1].values);
        let sum = kernel::sum_of(logits, target, |z, y| SigmoidCrossEntropy.lane(z, y));
        output[0] = super::over(sum, logits.len());
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let probability = graph.sigmoid(inputs[0]);
        let difference = graph.subtract(probability, inputs[1]);
        let shape = graph.shape(inputs[0]);
        let share = graph.spread(upstream, shape);
        vec![Some(graph.multiply(difference, share)), None]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        (2 * TRANSCENDENTAL_COST + 5) * count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |domain, differentiable| SampleInput { shape: Shape::batch(sides.columns), domain, differentiable };
        let inputs = vec![input(Domain::Any, Differentiable::Yes), input(Domain::Unit, Differentiable::No)];
        vec![Sample { op: Op::BinaryCrossEntropy(BinaryCrossEntropy), inputs }]
    }
}
