//! The derivative of SELU.

use super::selu::{ALPHA, LAMBDA};
use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = λ where a > 0, else λ·α·eᵃ; ā = 0 where a > 0, else b̄·b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeluSlope;

impl Lane for SeluSlope {
    const NAME: &'static str = "selu_slope";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        let negative = if a > T::ZERO { T::ZERO } else { a };
        let below = T::from_f64(LAMBDA * ALPHA) * Element::exp(negative);
        if a > T::ZERO { T::from_f64(LAMBDA) } else { below }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let side = graph.negate(inputs[0]);
        let slope = graph.gate(side, output);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::SeluSlope(SeluSlope)]
    }
}
