//! The exponential function.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = eᵃ; ā = b̄·b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exp;

impl Lane for Exp {
    const NAME: &'static str = "exp";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::exp(a)
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.multiply(upstream, output))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Exp(Exp)]
    }
}
