//! The sum of two matrices.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = a + b; ā = c̄, b̄ = c̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Add;

impl Lane for Add {
    const NAME: &'static str = "add";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Any, Differentiable::Yes), (Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        a + b
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let _ = graph;
        vec![Some(upstream), Some(upstream)]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Add(Add)]
    }
}
