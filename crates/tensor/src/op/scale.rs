//! The product with a constant.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = factor·a; ā = factor·b̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// What every element is multiplied by.
    pub factor: f64,
}

impl Lane for Scale {
    const NAME: &'static str = "scale";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        T::from_f64(self.factor) * a
    }

    fn backward(&self, graph: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.scale(upstream, self.factor))]
    }

    fn variants() -> Vec<Op> {
        [-1.5, 0.5].map(|factor| Op::Scale(Scale { factor })).to_vec()
    }
}
