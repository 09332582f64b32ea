//! Mish: a·tanh(softplus(a)).

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = a·tanh(ln(1 + eᵃ)), the weight as a quotient of polynomials in e^−|a|, which neither overflows nor cancels;
/// ā = b̄·(t + a·σ(a)·(1 − t²)) with t = tanh(ln(1 + eᵃ)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mish;

impl Lane for Mish {
    const NAME: &'static str = "mish";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST + 5;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        let e = Element::exp(-Element::abs(a));
        let two = T::from_f64(2.0);
        let above = T::ONE + two * e;
        let below = e * (two + e);
        // NaN fails the comparison and propagates through the factor `a`.
        let weight = if a > T::ZERO { above / (above + two * e * e) } else { below / (below + two) };
        a * weight
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let slope = graph.mish_slope(inputs[0]);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Mish(Mish)]
    }
}
