//! The larger of two numbers.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = max(a, b), NaN if one is; b̄ = c̄ where b > a, else 0, and ā = c̄ − b̄: on ties the gradient goes to a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maximum;

impl Lane for Maximum {
    const NAME: &'static str = "maximum";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Distinct(0), Differentiable::Yes), (Domain::Distinct(1), Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        if a >= b || Element::is_nan(a) { a } else { b }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let ahead = graph.subtract(inputs[1], inputs[0]);
        let right = graph.gate(ahead, upstream);
        vec![Some(graph.subtract(upstream, right)), Some(right)]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Maximum(Maximum)]
    }
}
