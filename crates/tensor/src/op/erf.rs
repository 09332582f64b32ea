//! The error function.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = erf a = 2/√π ∫₀ᵃ e^(−t²) dt; ā = b̄·2/√π·e^(−a²).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erf;

impl Lane for Erf {
    const NAME: &'static str = "erf";
    const ARITY: usize = 1;
    const COST: u64 = 2 * TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        Element::erf(a)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let square = graph.multiply(inputs[0], inputs[0]);
        let exponent = graph.negate(square);
        let bell = graph.exp(exponent);
        let slope = graph.scale(bell, std::f64::consts::FRAC_2_SQRT_PI);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Erf(Erf)]
    }
}
