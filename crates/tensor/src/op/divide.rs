//! The quotient of two matrices, element by element.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = a / b; ā = c̄ / b, b̄ = −(c̄ / b)·c.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divide;

impl Lane for Divide {
    const NAME: &'static str = "divide";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Any, Differentiable::Yes), (Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        a / b
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let left = graph.divide(upstream, inputs[1]);
        let right = graph.multiply(left, output);
        vec![Some(left), Some(graph.negate(right))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Divide(Divide)]
    }
}
