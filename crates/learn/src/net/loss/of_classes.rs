//! Graphs of losses of classes, row by row. Formulas are at [`super::Loss`].

use pipewright_tensor::{Graph, Node};

/// y·s(−z)^γ·l(−z) + (1 − y)·s(z)^γ·l(z) with s the sigmoid and l(z) = ln(1 + eᶻ); s(z) = e^−l(−z).
pub(super) fn binary_focal(graph: &mut Graph, sums: Node, target: Node, gamma: f64) -> Node {
    let opposite = graph.negate(sums);
    let [up, down] = [sums, opposite].map(|sums| graph.softplus(sums));
    let one = graph.constant(graph.shape(target), 1.0);
    let rest = graph.subtract(one, target);
    let mut of_class = |share: Node, own: Node, other: Node| {
        let exponent = graph.scale(other, -gamma);
        let factor = graph.exp(exponent);
        let loss = graph.multiply(factor, own);
        graph.multiply(share, loss)
    };
    let (first, second) = (of_class(rest, up, down), of_class(target, down, up));
    graph.add(first, second)
}

/// −Σ y·(1 − p)^γ·ln p over the classes.
pub(super) fn focal(graph: &mut Graph, sums: Node, target: Node, gamma: f64) -> Node {
    /// 1 − p is at least this, so that its logarithm is finite: half the spacing of single precision below 1.
    const LEAST: f64 = 1.0 / (1 << 25) as f64;
    let shape = graph.shape(sums);
    let total = graph.log_sum_exp(sums);
    let total = graph.repeat_columns(total, shape.columns);
    let logs = graph.subtract(sums, total);
    let chances = graph.softmax(sums);
    let [one, least] = [1.0, LEAST].map(|value| graph.constant(shape, value));
    let others = graph.subtract(one, chances);
    let others = graph.maximum(others, least);
    let exponents = graph.log(others);
    let exponents = graph.scale(exponents, gamma);
    let factors = graph.exp(exponents);
    let losses = graph.multiply(factors, logs);
    let losses = graph.multiply(target, losses);
    let sum = graph.sum_columns(losses);
    graph.negate(sum)
}

/// max(0, 1 − (2y − 1)·z).
pub(super) fn binary_hinge(graph: &mut Graph, sums: Node, target: Node) -> Node {
    let one = graph.constant(graph.shape(target), 1.0);
    let twice = graph.scale(target, 2.0);
    let sign = graph.subtract(twice, one);
    let margin = graph.multiply(sign, sums);
    let missing = graph.subtract(one, margin);
    graph.relu(missing)
}

/// Σ (1 − y)·max(0, 1 − zₜ + z) / K over the classes, with zₜ = Σ y·z.
pub(super) fn hinge(graph: &mut Graph, sums: Node, target: Node, count: usize) -> Node {
    let shape = graph.shape(sums);
    let own = graph.multiply(target, sums);
    let own = graph.sum_columns(own);
    let own = graph.repeat_columns(own, shape.columns);
    let one = graph.constant(shape, 1.0);
    let lead = graph.subtract(sums, own);
    let missing = graph.add(lead, one);
    let missing = graph.relu(missing);
    let others = graph.subtract(one, target);
    let missing = graph.multiply(others, missing);
    let sum = graph.sum_columns(missing);
    graph.scale(sum, 1.0 / count as f64)
}
