//! The graph: what is to be computed, recorded with its shapes before any number is there.

mod compositions;
mod methods;

use crate::gradient;
use crate::op::Op;
use crate::shape::Shape;
use crate::transform;
use std::fmt;

/// A node of one graph.
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
    /// Given for each run; the how-manieth.
    Input(usize),
    /// A part of the flat array of parameters, from this place on.
    Parameter(usize),
    /// The same number everywhere.
    Constant(f64),
    /// Computed from earlier nodes.
    Op(Op, Vec<Node>),
}

/// A static graph of operations on matrices.
///
/// Nodes are recorded in an order in which they can be computed, so a graph has no cycles. Every recording checks
/// shapes. Parameters lie one after another in a single flat array, in the order in which they were recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    nodes: Vec<(Source, Shape)>,
    inputs: Vec<Node>,
    parameters: Vec<Node>,
    parameter_count: usize,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Graph {
        Graph::default()
    }

    /// Records an input of `columns` columns with a row for each row of the batch.
    pub fn input(&mut self, columns: usize) -> Node {
        self.input_of(Shape::batch(columns))
    }

    /// Records an input of a shape of its own: a single number for a run, or so many rows for each row of the batch.
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
    /// A sentence that names the operation and the shapes that do not fit.
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

    /// Records the gradients of `loss` (1 × 1) with respect to each of `wanted`, row of the batch by row: as matrices
    /// of a row for each row of the batch, each with the elements of what is wanted in their order. They sum to the
    /// gradients.
    ///
    /// # Errors
    /// A sentence that names the operation in which rows meet, or for which there is no rule.
    ///
    /// # Panics
    /// If `loss` is not a single number.
    pub fn row_gradients(&mut self, loss: Node, wanted: &[Node]) -> Result<Vec<Node>, String> {
        transform::row_gradients(self, loss, wanted)
    }

    /// The same computation in fewer nodes, and the `outputs` in it: what is constant is computed, what is there twice
    /// is there once, and what no output needs is left out. Inputs and parameters stay as they are, needed or not.
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

    /// The inputs, in the order in which runs are given them.
    #[must_use]
    pub fn inputs(&self) -> &[Node] {
        &self.inputs
    }

    /// The parameters, in the order of the flat array.
    #[must_use]
    pub fn parameters(&self) -> &[Node] {
        &self.parameters
    }

    /// How many numbers all parameters are.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// Floating-point operations that computing every node costs for a batch.
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
