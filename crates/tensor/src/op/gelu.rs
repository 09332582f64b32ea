//! GELU, with the exact normal distribution function.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = a·Φ(a) with Φ(a) = erfc(−a/√2) / 2, the probability that a standard normal number is below a;
/// ā = b̄·(Φ(a) + a·φ(a)) with φ(a) = e^(−a²/2) / √(2π).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gelu;

impl Lane for Gelu {
    const NAME: &'static str = "gelu";
    const ARITY: usize = 1;
    const COST: u64 = 2 * TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        let half = T::from_f64(0.5);
        half * a * Element::erfc(-(a * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)))
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let a = inputs[0];
        let argument = graph.scale(a, std::f64::consts::FRAC_1_SQRT_2);
        let centred = graph.erf(argument);
        let shape = graph.shape(a);
        let one = graph.constant(shape, 1.0);
        let double = graph.add(centred, one);
        let below = graph.scale(double, 0.5);
        let square = graph.multiply(argument, argument);
        let exponent = graph.negate(square);
        let bell = graph.exp(exponent);
        let density = graph.scale(bell, 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
        let moment = graph.multiply(a, density);
        let slope = graph.add(below, moment);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Gelu(Gelu)]
    }
}
