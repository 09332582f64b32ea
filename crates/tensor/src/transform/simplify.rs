//! Graph simplification: constant folding, common subexpressions, dead code.
//!
//! **Invariant:** every output keeps its bits, in both precisions. So nothing is reordered, and a constant is folded
//! only if single precision gives the rounded double-precision result.

use crate::Element;
use crate::graph::{Graph, Node, Source};
use crate::op::{self, Op, View};
use crate::shape::Shape;
use std::collections::HashMap;

/// Returns the graph that computes `outputs`, and the outputs in it.
pub(crate) fn simplified(graph: &Graph, outputs: &[Node]) -> (Graph, Vec<Node>) {
    let (rewritten, outputs) = rebuilt(graph, outputs);
    // Folding constants leaves nodes that nothing needs.
    rebuilt(&rewritten, &outputs)
}

fn rebuilt(graph: &Graph, outputs: &[Node]) -> (Graph, Vec<Node>) {
    let needed = needed(graph, outputs);
    let mut rebuild = Rebuild { graph: Graph::new(), known: HashMap::new() };
    let mut places: Vec<Option<Node>> = Vec::with_capacity(graph.len());
    for node in graph.nodes() {
        let shape = graph.shape(node);
        places.push(match graph.source(node) {
            Source::Input(_) => Some(rebuild.graph.input_of(shape)),
            Source::Parameter(_) => {
                let [rows, columns] = shape.resolve(0);
                Some(rebuild.graph.parameter(rows, columns))
            }
            _ if !needed[node.index()] => None,
            Source::Constant(value) => Some(rebuild.constant(shape, *value)),
            Source::Op(op, inputs) => {
                let inputs: Vec<Node> = inputs.iter().filter_map(|input| places[input.index()]).collect();
                Some(rebuild.operation(*op, &inputs, shape))
            }
        });
    }
    let outputs = outputs.iter().filter_map(|output| places[output.index()]).collect();
    (rebuild.graph, outputs)
}

/// For each node: does an output need it?
fn needed(graph: &Graph, outputs: &[Node]) -> Vec<bool> {
    let mut needed = vec![false; graph.len()];
    outputs.iter().for_each(|output| needed[output.index()] = true);
    for node in graph.nodes().rev() {
        if let (true, Source::Op(_, inputs)) = (needed[node.index()], graph.source(node)) {
            inputs.iter().for_each(|input| needed[input.index()] = true);
        }
    }
    needed
}

/// A graph being rebuilt, with its known nodes.
struct Rebuild {
    graph: Graph,
    /// Nodes by what they compute. The text of an operation tells all of its numbers apart, 0 from −0 too.
    known: HashMap<String, Node>,
}

impl Rebuild {
    fn constant(&mut self, shape: Shape, value: f64) -> Node {
        let graph = &mut self.graph;
        let key = format!("{shape} {:016x}", value.to_bits());
        *self.known.entry(key).or_insert_with(|| graph.constant(shape, value))
    }

    fn operation(&mut self, op: Op, inputs: &[Node], shape: Shape) -> Node {
        if let Some(same) = self.unchanged(&op, inputs) {
            return same;
        }
        if let Some(value) = self.value(&op, inputs, shape) {
            return self.constant(shape, value);
        }
        let graph = &mut self.graph;
        *self.known.entry(format!("{op:?} {inputs:?}")).or_insert_with(|| graph.apply(op, inputs))
    }

    fn constant_at(&self, node: Node) -> Option<f64> {
        match self.graph.source(node) {
            Source::Constant(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the input that the operation returns unchanged.
    fn unchanged(&self, op: &Op, inputs: &[Node]) -> Option<Node> {
        // Neither 0 nor 1 may be another number of equal value: x − (−0) changes −0.
        let is = |node: Node, value: f64| self.constant_at(node).is_some_and(|own| own.to_bits() == value.to_bits());
        let first = *inputs.first()?;
        match *op {
            Op::Multiply(_) if is(inputs[1], 1.0) => Some(first),
            Op::Multiply(_) if is(first, 1.0) => Some(inputs[1]),
            Op::Divide(_) if is(inputs[1], 1.0) => Some(first),
            Op::Subtract(_) if is(inputs[1], 0.0) => Some(first),
            Op::Scale(op::Scale { factor: 1.0 }) => Some(first),
            Op::Reshape(op::Reshape { shape }) if shape == self.graph.shape(first) => Some(first),
            Op::Fill(op::Fill { shape: Shape::SCALAR }) => Some(first),
            Op::Negate(_) | Op::Transpose(_) => match self.graph.source(first) {
                Source::Op(inner, inputs) if inner == op => Some(inputs[0]),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the value of every element of the result, if it is known and the same in either precision.
    fn value(&self, op: &Op, inputs: &[Node], shape: Shape) -> Option<f64> {
        let inputs: Vec<f64> = inputs.iter().map(|&input| self.constant_at(input)).collect::<Option<_>>()?;
        match op {
            Op::Fill(_) | Op::RepeatRows(_) | Op::RepeatColumns(_) => Some(inputs[0]),
            Op::Transpose(_) | Op::Reshape(_) | Op::Slice(_) => Some(inputs[0]),
            Op::Spread(_) if !shape.has_batch() => {
                let count = shape.count(0);
                agreed(op::over(inputs[0], count), op::over(inputs[0] as f32, count))
            }
            Op::Select(_) => agreed(single(op, &inputs), single(op, &inputs)),
            op if op.is_elementwise() => agreed(single(op, &inputs), single(op, &inputs)),
            _ => None,
        }
    }
}

/// Applies an elementwise operation to one element.
fn single<T: Element>(op: &Op, inputs: &[f64]) -> T {
    let values: Vec<[T; 1]> = inputs.iter().map(|&value| [T::from_f64(value)]).collect();
    let views: Vec<View<'_, T>> = values.iter().map(|values| View { values, shape: [1, 1] }).collect();
    let mut output = [T::ZERO];
    op.forward(&views, &mut output);
    output[0]
}

/// Returns the double-precision result, if it rounds to the single-precision one and is not NaN.
fn agreed(double: f64, single: f32) -> Option<f64> {
    (!double.is_nan() && (double as f32).to_bits() == single.to_bits()).then_some(double)
}
