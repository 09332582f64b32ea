//! The graph: what is to be computed, recorded with its shapes before any number is there.

use crate::gradient;
use crate::op::{self, Op};
use crate::shape::{Shape, Size};
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
        let node = self.push(Source::Input(self.inputs.len()), Shape::batch(columns));
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

/// The operations by name.
impl Graph {
    /// left + right.
    #[track_caller]
    pub fn add(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Add(op::Add), &[left, right])
    }

    /// left − right.
    #[track_caller]
    pub fn subtract(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Subtract(op::Subtract), &[left, right])
    }

    /// left · right, element by element.
    #[track_caller]
    pub fn multiply(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Multiply(op::Multiply), &[left, right])
    }

    /// left / right, element by element.
    #[track_caller]
    pub fn divide(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Divide(op::Divide), &[left, right])
    }

    /// −input.
    pub fn negate(&mut self, input: Node) -> Node {
        self.apply(Op::Negate(op::Negate), &[input])
    }

    /// factor · input.
    pub fn scale(&mut self, input: Node, factor: f64) -> Node {
        self.apply(Op::Scale(op::Scale { factor }), &[input])
    }

    /// max(input, 0).
    pub fn relu(&mut self, input: Node) -> Node {
        self.apply(Op::Relu(op::Relu), &[input])
    }

    /// `input` where `gate` is positive, 0 elsewhere.
    #[track_caller]
    pub fn gate(&mut self, gate: Node, input: Node) -> Node {
        self.apply(Op::Gate(op::Gate), &[gate, input])
    }

    /// 1 / (1 + e^−input).
    pub fn sigmoid(&mut self, input: Node) -> Node {
        self.apply(Op::Sigmoid(op::Sigmoid), &[input])
    }

    /// tanh(input).
    pub fn tanh(&mut self, input: Node) -> Node {
        self.apply(Op::Tanh(op::Tanh), &[input])
    }

    /// e^input.
    pub fn exp(&mut self, input: Node) -> Node {
        self.apply(Op::Exp(op::Exp), &[input])
    }

    /// ln(input).
    pub fn log(&mut self, input: Node) -> Node {
        self.apply(Op::Log(op::Log), &[input])
    }

    /// e^input over the sum of its row.
    pub fn softmax(&mut self, input: Node) -> Node {
        self.apply(Op::Softmax(op::Softmax), &[input])
    }

    /// left · right, the matrix product.
    #[track_caller]
    pub fn matmul(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::MatMul(op::MatMul { transpose_left: false, transpose_right: false }), &[left, right])
    }

    /// Adds a row (1 × n) to every row of a matrix.
    #[track_caller]
    pub fn add_row(&mut self, matrix: Node, row: Node) -> Node {
        self.apply(Op::AddRow(op::AddRow), &[matrix, row])
    }

    /// The sum of all rows, 1 × n.
    pub fn sum_rows(&mut self, input: Node) -> Node {
        self.apply(Op::SumRows(op::SumRows), &[input])
    }

    /// The sum of all columns, m × 1.
    pub fn sum_columns(&mut self, input: Node) -> Node {
        self.apply(Op::SumColumns(op::SumColumns), &[input])
    }

    /// A row (1 × n) repeated.
    #[track_caller]
    pub fn repeat_rows(&mut self, input: Node, rows: Size) -> Node {
        self.apply(Op::RepeatRows(op::RepeatRows { rows }), &[input])
    }

    /// A column (m × 1) repeated.
    #[track_caller]
    pub fn repeat_columns(&mut self, input: Node, columns: Size) -> Node {
        self.apply(Op::RepeatColumns(op::RepeatColumns { columns }), &[input])
    }

    /// The sum of all elements, 1 × 1.
    pub fn sum(&mut self, input: Node) -> Node {
        self.apply(Op::Sum(op::Sum), &[input])
    }

    /// A single number everywhere.
    #[track_caller]
    pub fn fill(&mut self, input: Node, shape: Shape) -> Node {
        self.apply(Op::Fill(op::Fill { shape }), &[input])
    }

    /// The mean of all elements, 1 × 1; 0 of no elements.
    pub fn mean(&mut self, input: Node) -> Node {
        self.apply(Op::Mean(op::Mean), &[input])
    }

    /// A single number divided evenly among all elements.
    #[track_caller]
    pub fn spread(&mut self, input: Node, shape: Shape) -> Node {
        self.apply(Op::Spread(op::Spread { shape }), &[input])
    }

    /// The mean squared difference, 1 × 1.
    #[track_caller]
    pub fn mean_squared_error(&mut self, prediction: Node, target: Node) -> Node {
        self.apply(Op::MeanSquaredError(op::MeanSquaredError), &[prediction, target])
    }

    /// The mean cross-entropy of probabilities σ(logits) to targets in [0, 1], 1 × 1.
    #[track_caller]
    pub fn binary_cross_entropy(&mut self, logits: Node, target: Node) -> Node {
        self.apply(Op::BinaryCrossEntropy(op::BinaryCrossEntropy), &[logits, target])
    }

    /// The mean over rows of the cross-entropy of softmax(logits) to rows of targets that sum to 1, 1 × 1.
    #[track_caller]
    pub fn softmax_cross_entropy(&mut self, logits: Node, target: Node) -> Node {
        self.apply(Op::SoftmaxCrossEntropy(op::SoftmaxCrossEntropy), &[logits, target])
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
