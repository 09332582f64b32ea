//! The magnitude.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = |a|; ā = b̄ where a > 0, −b̄ where a < 0, 0 at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Abs;

impl Lane for Abs {
    const NAME: &'static str = "abs";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::abs(a)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let above = graph.gate(inputs[0], upstream);
        let opposite = graph.negate(inputs[0]);
        let below = graph.gate(opposite, upstream);
        vec![Some(graph.subtract(above, below))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Abs(Abs)]
    }
}
