//! The natural logarithm.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = ln a; ā = b̄ / a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Log;

impl Lane for Log {
    const NAME: &'static str = "log";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Positive, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::ln(a)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.divide(upstream, inputs[0]))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Log(Log)]
    }
}
