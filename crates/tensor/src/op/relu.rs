//! ReLU, the rectified linear unit.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = max(a, 0), NaN if a is; ā = b̄ where b > 0, else 0 (at 0 too, as is usual).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relu;

impl Lane for Relu {
    const NAME: &'static str = "relu";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        // The comparison fails for NaN too, which then propagates.
        if a <= T::ZERO { T::ZERO } else { a }
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.gate(output, upstream))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Relu(Relu)]
    }
}
