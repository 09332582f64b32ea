//! The negative.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = −a; ā = −b̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Negate;

impl Lane for Negate {
    const NAME: &'static str = "negate";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        -a
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.negate(upstream))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Negate(Negate)]
    }
}
