//! The reciprocal.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = 1 / a; ā = −b̄·b².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recip;

impl Lane for Recip {
    const NAME: &'static str = "recip";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        T::ONE / a
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let square = graph.multiply(output, output);
        let product = graph.multiply(upstream, square);
        vec![Some(graph.negate(product))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Recip(Recip)]
    }
}
