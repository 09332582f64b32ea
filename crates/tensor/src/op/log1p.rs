//! ln(1 + a).

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = ln(1 + a), exact for small a; ā = b̄ / (1 + a).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Log1p;

impl Lane for Log1p {
    const NAME: &'static str = "log1p";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Positive, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::ln_1p(a)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let shape = graph.shape(inputs[0]);
        let one = graph.constant(shape, 1.0);
        let sum = graph.add(inputs[0], one);
        vec![Some(graph.divide(upstream, sum))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Log1p(Log1p)]
    }
}
