//! The square root.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = √a; ā = b̄ / 2b, infinite at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sqrt;

impl Lane for Sqrt {
    const NAME: &'static str = "sqrt";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Positive, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::sqrt(a)
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let double = graph.scale(output, 2.0);
        vec![Some(graph.divide(upstream, double))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Sqrt(Sqrt)]
    }
}
