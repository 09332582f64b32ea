//! The logistic function.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = 1 / (1 + e⁻ᵃ), computed from e^−|a|, which cannot overflow; ā = b̄·(b − b²).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid;

impl Lane for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        a.sigmoid()
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let square = graph.multiply(output, output);
        let slope = graph.subtract(output, square);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Sigmoid(Sigmoid)]
    }
}
