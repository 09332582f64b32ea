//! Reverse-mode differentiation: the driver asks every operation for its contributions and adds them up.

use crate::graph::{Graph, Node, Source};
use crate::shape::Shape;

/// Records the gradients of `loss` with respect to `wanted`, as nodes of the same graph.
///
/// Only nodes that depend on something wanted are visited, so nothing is recorded for the gradient of data.
pub(crate) fn gradients(graph: &mut Graph, loss: Node, wanted: &[Node]) -> Vec<Node> {
    assert_eq!(graph.shape(loss), Shape::SCALAR, "a gradient is that of a single number");
    let depends = dependents(graph, wanted);
    let mut upstream: Vec<Option<Node>> = vec![None; graph.len()];
    upstream[loss.index()] = Some(graph.constant(Shape::SCALAR, 1.0));
    let visited: Vec<Node> = graph.nodes().take(loss.index() + 1).collect();
    for &node in visited.iter().rev() {
        let (Some(gradient), true) = (upstream[node.index()], depends[node.index()]) else { continue };
        let Source::Op(op, inputs) = graph.source(node).clone() else { continue };
        let contributions = op.backward(graph, &inputs, node, gradient);
        assert_eq!(contributions.len(), inputs.len(), "{op} gives a contribution for each input");
        for (input, contribution) in inputs.into_iter().zip(contributions) {
            let (Some(contribution), true) = (contribution, depends[input.index()]) else { continue };
            assert_eq!(graph.shape(contribution), graph.shape(input), "a gradient of {op} has the input's shape");
            upstream[input.index()] = Some(match upstream[input.index()] {
                Some(earlier) => graph.add(earlier, contribution),
                None => contribution,
            });
        }
    }
    wanted
        .iter()
        .map(|&node| upstream[node.index()].unwrap_or_else(|| graph.constant(graph.shape(node), 0.0)))
        .collect()
}

/// For each node: is it one of `wanted`, or does it depend on one?
fn dependents(graph: &Graph, wanted: &[Node]) -> Vec<bool> {
    let mut depends = vec![false; graph.len()];
    for node in graph.nodes() {
        depends[node.index()] = wanted.contains(&node)
            || matches!(graph.source(node), Source::Op(_, inputs) if inputs.iter().any(|input| depends[input.index()]));
    }
    depends
}
