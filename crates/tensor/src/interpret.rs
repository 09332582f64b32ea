//! The interpreter: computes every node of a graph, one by one. It is the reference semantics, which a compiled
//! [`crate::Program`] must match.

use crate::Element;
use crate::graph::{Graph, Node, Source};
use crate::op::View;

/// The values of all nodes.
#[derive(Debug, Clone)]
pub struct Values<T>(Vec<Vec<T>>);

impl<T> Values<T> {
    /// Returns the values of a node in row-major order.
    #[must_use]
    pub fn get(&self, node: Node) -> &[T] {
        &self.0[node.index()]
    }
}

/// Computes all nodes over a batch of `batch` rows, from the inputs in order and the flat array of parameters.
///
/// # Panics
/// If the size of an input or of the parameters does not match the graph.
#[must_use]
pub fn interpret<T: Element>(graph: &Graph, batch: usize, inputs: &[&[T]], parameters: &[T]) -> Values<T> {
    assert_eq!(inputs.len(), graph.inputs().len(), "a slice for each input");
    assert_eq!(parameters.len(), graph.parameter_count(), "the flat array of parameters");
    let mut values: Vec<Vec<T>> = Vec::with_capacity(graph.len());
    for node in graph.nodes() {
        let count = graph.shape(node).count(batch);
        let value = match graph.source(node) {
            Source::Input(index) => {
                assert_eq!(inputs[*index].len(), count, "the size of input {index}");
                inputs[*index].to_vec()
            }
            Source::Parameter(offset) => parameters[*offset..offset + count].to_vec(),
            Source::Constant(value) => vec![T::from_f64(*value); count],
            Source::Op(op, inputs) => {
                let views: Vec<View<'_, T>> = inputs
                    .iter()
                    .map(|&input| View { values: &values[input.index()], shape: graph.shape(input).resolve(batch) })
                    .collect();
                let mut output = vec![T::ZERO; count];
                op.forward(&views, &mut output);
                output
            }
        };
        values.push(value);
    }
    Values(values)
}
