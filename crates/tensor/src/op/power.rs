//! A number to the power of another.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = aᵇ for a > 0; ā = c̄·b·aᵇ⁻¹, b̄ = c̄·c·ln a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power;

impl Lane for Power {
    const NAME: &'static str = "power";
    const ARITY: usize = 2;
    const COST: u64 = 2 * TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Positive, Differentiable::Yes), (Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        Element::power(a, b)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        let (a, b) = (inputs[0], inputs[1]);
        let shape = graph.shape(a);
        let one = graph.constant(shape, 1.0);
        let less = graph.subtract(b, one);
        let lower = graph.power(a, less);
        let slope = graph.multiply(b, lower);
        let left = graph.multiply(upstream, slope);
        let logarithm = graph.log(a);
        let growth = graph.multiply(output, logarithm);
        vec![Some(left), Some(graph.multiply(upstream, growth))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Power(Power)]
    }
}
