//! Passes values where another matrix is positive; the derivative of ReLU.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = b where a > 0, else 0; b̄ = c̄ where a > 0, else 0. `a` has no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate;

impl Lane for Gate {
    const NAME: &'static str = "gate";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::NonZero, Differentiable::No), (Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        if a > T::ZERO { b } else { T::ZERO }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![None, Some(graph.gate(inputs[0], upstream))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Gate(Gate)]
    }
}
