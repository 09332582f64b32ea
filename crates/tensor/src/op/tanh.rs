//! The hyperbolic tangent.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = tanh a; ā = b̄ − b̄·b².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tanh;

impl Lane for Tanh {
    const NAME: &'static str = "tanh";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        a.tanh()
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let square = graph.multiply(output, output);
        let loss = graph.multiply(upstream, square);
        vec![Some(graph.subtract(upstream, loss))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Tanh(Tanh)]
    }
}
