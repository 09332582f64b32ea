//! Graphs of losses of numbers, row by row. Formulas are at [`super::Loss`].

use pipewright_tensor::{Graph, Node};
use std::f64::consts::LN_2;

/// With n = min(|e|, δ): n·(|e| − ½·n), which is ½·e² up to δ.
pub(super) fn huber(graph: &mut Graph, sums: Node, target: Node, delta: f64) -> Node {
    let error = graph.subtract(target, sums);
    let size = graph.abs(error);
    let limit = graph.constant(graph.shape(size), delta);
    let near = graph.minimum(size, limit);
    let half = graph.scale(near, 0.5);
    let rest = graph.subtract(size, half);
    graph.multiply(near, rest)
}

/// |e| + ln(1 + e^(−2·|e|)) − ln 2, which does not overflow.
pub(super) fn log_cosh(graph: &mut Graph, sums: Node, target: Node) -> Node {
    let error = graph.subtract(target, sums);
    let size = graph.abs(error);
    let twice = graph.scale(size, -2.0);
    let rest = graph.softplus(twice);
    let sum = graph.add(size, rest);
    let constant = graph.constant(graph.shape(sum), LN_2);
    graph.subtract(sum, constant)
}

pub(super) fn quantile(graph: &mut Graph, sums: Node, target: Node, level: f64) -> Node {
    let error = graph.subtract(target, sums);
    let [above, below] = [level, level - 1.0].map(|factor| graph.scale(error, factor));
    graph.maximum(above, below)
}

pub(super) fn poisson(graph: &mut Graph, sums: Node, target: Node) -> Node {
    let mean = graph.exp(sums);
    let product = graph.multiply(target, sums);
    graph.subtract(mean, product)
}

pub(super) fn gamma(graph: &mut Graph, sums: Node, target: Node) -> Node {
    let opposite = graph.negate(sums);
    let inverse = graph.exp(opposite);
    let ratio = graph.multiply(target, inverse);
    graph.add(sums, ratio)
}
