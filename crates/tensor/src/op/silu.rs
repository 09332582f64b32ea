//! SiLU (swish): a·σ(a).

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = a·σ(a); ā = b̄·(σ(a) + b·(1 − σ(a))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silu;

impl Lane for Silu {
    const NAME: &'static str = "silu";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        a * a.sigmoid()
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let weight = graph.sigmoid(inputs[0]);
        let part = graph.multiply(output, weight);
        let rest = graph.subtract(output, part);
        let slope = graph.add(weight, rest);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Silu(Silu)]
    }
}
