//! The cross-entropy of every logit, for targets in [0, 1].

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = max(z, 0) − z·y + ln(1 + e^−|z|), which is −y ln σ(z) − (1 − y) ln(1 − σ(z)) without overflow or cancellation;
/// z̄ = (σ(z) − y)·c̄. The targets are data and get no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SigmoidCrossEntropy;

impl Lane for SigmoidCrossEntropy {
    const NAME: &'static str = "sigmoid_cross_entropy";
    const ARITY: usize = 2;
    const COST: u64 = 2 * TRANSCENDENTAL_COST + 4;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Any, Differentiable::Yes), (Domain::Unit, Differentiable::No)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        // A NaN of the logit survives in the last term.
        let positive = if a > T::ZERO { a } else { T::ZERO };
        positive - a * b + Element::exp(-Element::abs(a)).ln_1p_unit()
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let probability = graph.sigmoid(inputs[0]);
        let difference = graph.subtract(probability, inputs[1]);
        vec![Some(graph.multiply(difference, upstream)), None]
    }

    fn variants() -> Vec<Op> {
        vec![Op::SigmoidCrossEntropy(SigmoidCrossEntropy)]
    }
}
