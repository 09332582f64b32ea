//! Softplus, a smooth ReLU.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = ln(1 + eᵃ) = max(a, 0) + ln(1 + e^−|a|), which cannot overflow; ā = b̄·σ(a).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softplus;

impl Lane for Softplus {
    const NAME: &'static str = "softplus";
    const ARITY: usize = 1;
    const COST: u64 = 2 * TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        a.softplus()
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let slope = graph.sigmoid(inputs[0]);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Softplus(Softplus)]
    }
}
