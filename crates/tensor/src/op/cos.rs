//! The cosine.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = cos a; ā = −b̄·sin a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cos;

impl Lane for Cos {
    const NAME: &'static str = "cos";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::cos(a)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let sine = graph.sin(inputs[0]);
        let product = graph.multiply(upstream, sine);
        vec![Some(graph.negate(product))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Cos(Cos)]
    }
}
