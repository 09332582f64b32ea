//! SELU, which preserves mean 0 and variance 1 from layer to layer.

use super::{Differentiable, Domain, Lane, Op, TRANSCENDENTAL_COST};
use crate::Element;
use crate::graph::{Graph, Node};

/// λ, the slope of the positive side.
pub(super) const LAMBDA: f64 = 1.050_700_987_355_480_5;
/// α: the negative side tends to −λ·α.
pub(super) const ALPHA: f64 = 1.673_263_242_354_377_2;

/// b = λ·a where a > 0, else λ·α·(eᵃ − 1), with the constants of Klambauer and others, "Self-normalizing neural
/// networks" (2017); ā = b̄·λ where a > 0, else b̄·λ·α·eᵃ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selu;

impl Lane for Selu {
    const NAME: &'static str = "selu";
    const ARITY: usize = 1;
    const COST: u64 = TRANSCENDENTAL_COST;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::NonZero, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        let negative = if a > T::ZERO { T::ZERO } else { a };
        let below = T::from_f64(LAMBDA * ALPHA) * negative.exp_m1_negative();
        if a > T::ZERO { T::from_f64(LAMBDA) * a } else { below }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let slope = graph.selu_slope(inputs[0]);
        vec![Some(graph.multiply(upstream, slope))]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Selu(Selu)]
    }
}
