//! The derivative of Mish.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = t + a·s·(1 − t²) with t = tanh(ln(1 + eᵃ)) and s = σ(a), both from e^−|a|: one exponential for all of it.
/// ā = b̄·s·(1 − t²)·(2 + a·(1 − s − 2·t·s)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MishSlope;

impl Lane for MishSlope {
    const NAME: &'static str = "mish_slope";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST + 12;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        let e = Element::exp(-Element::abs(a));
        let two = T::from_f64(2.0);
        // t = above / (above + rest), 1 − t = rest / (above + rest).
        let (above, rest) = if a > T::ZERO { (T::ONE + two * e, two * e * e) } else { (e * (two + e), two) };
        let whole = above + rest;
        let logistic = if a > T::ZERO { T::ONE } else { e };
        let below = whole * whole * (T::ONE + e);
        // NaN fails the comparisons and propagates through the factor `a`.
        above / whole + a * (logistic * rest * (above + whole) / below)
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let a = inputs[0];
        let shape = graph.shape(a);
        let (one, two) = (graph.constant(shape, 1.0), graph.constant(shape, 2.0));
        let smooth = graph.softplus(a);
        let weight = graph.tanh(smooth);
        let logistic = graph.sigmoid(a);
        let square = graph.multiply(weight, weight);
        let rest = graph.subtract(one, square);
        let both = graph.multiply(weight, logistic);
        let twice = graph.multiply(two, both);
        let sum = graph.add(logistic, twice);
        let inner = graph.subtract(one, sum);
        let moment = graph.multiply(a, inner);
        let factor = graph.add(two, moment);
        let scale = graph.multiply(logistic, rest);
        let slope = graph.multiply(scale, factor);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::MishSlope(MishSlope)]
    }
}
