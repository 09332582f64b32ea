//! Comparison: is a number greater than another?

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// c = 1 where a > b, else 0, also if one of them is NaN; neither has a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greater;

impl Lane for Greater {
    const NAME: &'static str = "greater";
    const ARITY: usize = 2;
    const DOMAINS: &'static [(Domain, Differentiable)] =
        &[(Domain::Distinct(0), Differentiable::No), (Domain::Distinct(1), Differentiable::No)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, b: T) -> T {
        if a > b { T::ONE } else { T::ZERO }
    }

    fn backward(&self, _: &mut Graph, _: &[Node], _: Node, _: Node) -> Vec<Option<Node>> {
        vec![None, None]
    }

    fn variants() -> Vec<Op> {
        vec![Op::Greater(Greater)]
    }
}
