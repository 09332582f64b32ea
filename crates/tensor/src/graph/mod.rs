//! Computation graphs, recorded with their shapes before any values exist.

mod compositions;
mod methods;

use crate::gradient;
use crate::op::Op;
use crate::shape::Shape;
use crate::transform;
use std::fmt;

/// A node of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u32);

impl Node {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

/// Where the values of a node come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// Index of the input passed to `run`.
    Input(usize),
    /// Offset in the flat array of parameters.
    Parameter(usize),
    /// The same number everywhere.
    Constant(f64),
    /// Computed from earlier nodes.
    Op(Op, Vec<Node>),
}

/// A static graph of operations on matrices.
///
/// Nodes are recorded in topological order, so a graph has no cycles. Shapes are checked on recording. Parameters are
/// stored contiguously in a single flat array, in the order in which they were recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    nodes: Vec<(Source, Shape)>,
    inputs: Vec<Node>,
    parameters: Vec<Node>,
    parameter_count: usize,
}

impl Graph {
    /// Creates an empty graph.
    #[must_use]
    pub fn new() -> Graph {
        Graph::default()
    }

    /// Records an input of `columns` columns with one row per row of the batch.
    pub fn input(&mut self, columns: usize) -> Node {
        self.input_of(Shape::batch(columns))
    }

    /// Records an input of any shape, for example a single number per run, or several rows per row of the batch.
    pub fn input_of(&mut self, shape: Shape) -> Node {
        let node = self.push(Source::Input(self.inputs.len()), shape);
        self.inputs.push(node);
        node
    }

    /// Records a parameter: the next `rows` × `columns` numbers of the flat array.
    pub fn parameter(&mut self, rows: usize, columns: usize) -> Node {
        let shape = Shape::fixed(rows, columns);
        let node = self.push(Source::Parameter(self.parameter_count), shape);
        self.parameters.push(node);
        self.parameter_count += shape.count(0);
        node
    }

    /// Records a matrix that has `value` everywhere.
    pub fn constant(&mut self, shape: Shape, value: f64) -> Node {
        self.push(Source::Constant(value), shape)
    }

    /// Records an operation.
    ///
    /// # Errors
    /// A message that names the operation and the shapes that do not fit.
    pub fn try_apply(&mut self, op: Op, inputs: &[Node]) -> Result<Node, String> {
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.shape(input)).collect();
        let shape = op.shape(&shapes)?;
        Ok(self.push(Source::Op(op, inputs.to_vec()), shape))
    }

    /// Records an operation whose shapes are known to fit.
    ///
    /// # Panics
    /// If they do not.
    #[track_caller]
    pub fn apply(&mut self, op: Op, inputs: &[Node]) -> Node {
        match self.try_apply(op, inputs) {
            Ok(node) => node,
            Err(sentence) => panic!("{sentence}"),
        }
    }

    /// Records the gradients of `loss` (1 × 1) with respect to each of `wanted`.
    ///
    /// # Panics
    /// If `loss` is not a single number.
    pub fn gradients(&mut self, loss: Node, wanted: &[Node]) -> Vec<Node> {
        gradient::gradients(self, loss, wanted)
    }

    /// Records the per-row gradients of `loss` (1 × 1) with respect to each of `wanted`: matrices with one row per row
    /// of the batch, each with the elements of the wanted node in order. They sum to the gradients.
    ///
    /// # Errors
    /// A message that names the operation that mixes rows, or for which there is no rule.
    ///
    /// # Panics
    /// If `loss` is not a single number.
    pub fn row_gradients(&mut self, loss: Node, wanted: &[Node]) -> Result<Vec<Node>, String> {
        transform::row_gradients(self, loss, wanted)
    }

    /// Simplifies the graph, and maps `outputs` to it: constants are folded, common subexpressions shared, and nodes
    /// that no output needs removed. Inputs and parameters stay, needed or not.
    ///
    /// Every output keeps its bits.
    #[must_use]
    pub fn simplified(&self, outputs: &[Node]) -> (Graph, Vec<Node>) {
        transform::simplified(self, outputs)
    }

    /// The shape of a node.
    #[must_use]
    pub fn shape(&self, node: Node) -> Shape {
        self.nodes[node.index()].1
    }

    /// Returns the inputs, in the order in which runs receive them.
    #[must_use]
    pub fn inputs(&self) -> &[Node] {
        &self.inputs
    }

    /// The parameters, in the order of the flat array.
    #[must_use]
    pub fn parameters(&self) -> &[Node] {
        &self.parameters
    }

    /// Returns the total number of parameters.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// Returns the floating-point operations needed to compute every node for a batch.
    #[must_use]
    pub fn cost(&self, batch: usize) -> u64 {
        self.nodes().map(|node| self.node_cost(node, batch)).sum()
    }

    pub(crate) fn node_cost(&self, node: Node, batch: usize) -> u64 {
        match self.source(node) {
            Source::Op(op, inputs) => {
                let shapes: Vec<[usize; 2]> = inputs.iter().map(|&input| self.shape(input).resolve(batch)).collect();
                op.cost(&shapes, self.shape(node).resolve(batch))
            }
            _ => 0,
        }
    }

    pub(crate) fn source(&self, node: Node) -> &Source {
        &self.nodes[node.index()].0
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (0..self.nodes.len() as u32).map(Node)
    }

    fn push(&mut self, source: Source, shape: Shape) -> Node {
        let node = Node(u32::try_from(self.nodes.len()).expect("a graph has fewer than 2^32 nodes"));
        self.nodes.push((source, shape));
        node
    }
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in self.nodes() {
            write!(f, "{node}: {} = ", self.shape(node))?;
            match self.source(node) {
                Source::Input(index) => writeln!(f, "input {index}")?,
                Source::Parameter(offset) => writeln!(f, "parameter at {offset}")?,
                Source::Constant(value) => writeln!(f, "constant {value}")?,
                Source::Op(op, inputs) => {
                    let inputs: Vec<String> = inputs.iter().map(Node::to_string).collect();
                    writeln!(f, "{op}({})", inputs.join(", "))?;
                }
            }
        }
        Ok(())
    }
}
