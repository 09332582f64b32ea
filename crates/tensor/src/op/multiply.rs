//! The product of two matrices, element by element.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = a·b; ā = c̄·b, b̄ = c̄·a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multiply;

impl Lane for Multiply {
    const NAME: &'static str = "multiply";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Any, Differentiable::Yes), (Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        a * b
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.multiply(upstream, inputs[1])), Some(graph.multiply(upstream, inputs[0]))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Multiply(Multiply)]
    }
}
