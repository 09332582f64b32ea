//! Per-row gradients: how much each row of the batch contributes to the gradient of a loss.
//!
//! From the loss down to nodes with one row per row of the batch, gradients are the usual ones: as long as rows are not
//! mixed, row i of a gradient comes from row i of the batch only. At a matrix of fixed shape, the sum over rows that
//! its gradient would be is left out, and the summands are laid out as rows of a matrix.

use crate::graph::{Graph, Node, Source};
use crate::op::{self, Op};
use crate::shape::{Axis, Shape, Size};

/// Dependence of a node on the wanted nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Independent.
    Apart,
    /// Wanted, or computed from wanted nodes only; its shape is fixed.
    Fixed,
    /// Per row of the batch.
    Rows,
    /// Rows of the batch are added up in it.
    Summary,
}

/// As [`Graph::row_gradients`].
pub(crate) fn row_gradients(graph: &mut Graph, loss: Node, wanted: &[Node]) -> Result<Vec<Node>, String> {
    assert_eq!(graph.shape(loss), Shape::SCALAR, "a gradient is that of a single number");
    let kinds = kinds(graph, wanted)?;
    if kinds[loss.index()] == Kind::Fixed {
        return Err("the loss does not come from rows of the batch".to_owned());
    }
    let mut upstream: Vec<Option<Node>> = vec![None; kinds.len()];
    upstream[loss.index()] = Some(graph.constant(Shape::SCALAR, 1.0));
    let visited: Vec<Node> = graph.nodes().take(loss.index() + 1).collect();
    for &node in visited.iter().rev() {
        let (Some(gradient), true) = (upstream[node.index()], kinds[node.index()] != Kind::Apart) else { continue };
        let Source::Op(op, inputs) = graph.source(node).clone() else { continue };
        let step = Step { op, inputs: &inputs, output: node, gradient, kinds: &kinds };
        for (input, contribution) in inputs.iter().zip(step.contributions(graph)?) {
            let (Some(contribution), true) = (contribution, kinds[input.index()] != Kind::Apart) else { continue };
            upstream[input.index()] = Some(match upstream[input.index()] {
                Some(earlier) => graph.add(earlier, contribution),
                None => contribution,
            });
        }
    }
    let gradients = wanted.iter().map(|&node| {
        let shape = Shape::batch(graph.shape(node).count(0));
        upstream[node.index()].unwrap_or_else(|| graph.constant(shape, 0.0))
    });
    Ok(gradients.collect())
}

fn kinds(graph: &Graph, wanted: &[Node]) -> Result<Vec<Kind>, String> {
    let mut kinds: Vec<Kind> = Vec::with_capacity(graph.len());
    for node in graph.nodes() {
        let shape = graph.shape(node);
        let inputs: &[Node] = match graph.source(node) {
            Source::Op(_, inputs) => inputs,
            _ => &[],
        };
        let depends = inputs.iter().any(|input| kinds[input.index()] != Kind::Apart);
        let sums = |kind: Kind| matches!(kind, Kind::Rows | Kind::Summary);
        kinds.push(if wanted.contains(&node) {
            if shape.has_batch() {
                return Err(format!("gradients by row are those of matrices of fixed shape, not {shape}"));
            }
            Kind::Fixed
        } else if !depends {
            Kind::Apart
        } else if shape.has_batch() {
            Kind::Rows
        } else if inputs.iter().any(|input| sums(kinds[input.index()])) {
            Kind::Summary
        } else {
            Kind::Fixed
        });
    }
    Ok(kinds)
}

/// An operation on the way from the loss to what is wanted.
struct Step<'a> {
    op: Op,
    inputs: &'a [Node],
    output: Node,
    gradient: Node,
    kinds: &'a [Kind],
}

impl Step<'_> {
    /// Returns the gradient of each input, row by row if its shape is fixed.
    fn contributions(&self, graph: &mut Graph) -> Result<Vec<Option<Node>>, String> {
        let has = |kind: Kind| self.inputs.iter().any(|input| self.kinds[input.index()] == kind);
        match self.kinds[self.output.index()] {
            Kind::Summary if has(Kind::Fixed) => Err(self.sentence("adds what comes from no row of the batch")),
            Kind::Summary if has(Kind::Rows) && !self.adds_rows() => Err(self.sentence("lets rows of the batch meet")),
            Kind::Summary => Ok(self.usual(graph)),
            Kind::Rows if has(Kind::Summary) || !self.keeps_rows(graph) => {
                Err(self.sentence("lets rows of the batch meet"))
            }
            Kind::Rows => {
                let mut contributions = self.usual(graph);
                for (index, input) in self.inputs.iter().enumerate() {
                    if self.kinds[input.index()] == Kind::Fixed {
                        contributions[index] = Some(self.of_fixed(graph, index)?);
                    }
                }
                Ok(contributions)
            }
            Kind::Fixed => self.through_fixed(graph),
            Kind::Apart => Ok(vec![None; self.inputs.len()]),
        }
    }

    fn sentence(&self, reason: &str) -> String {
        format!("there are no gradients by row through `{}`, which {reason}", self.op)
    }

    /// The rule for gradients of the whole batch.
    fn usual(&self, graph: &mut Graph) -> Vec<Option<Node>> {
        self.op.backward(graph, self.inputs, self.output, self.gradient)
    }

    /// Is the result a sum over rows of the batch, up to a factor?
    fn adds_rows(&self) -> bool {
        match self.op {
            Op::Sum(_) | Op::Mean(_) | Op::SumRows(_) => true,
            Op::MeanSquaredError(_) | Op::BinaryCrossEntropy(_) | Op::SoftmaxCrossEntropy(_) => true,
            Op::MeanOver(op::MeanOver { over }) => over == Axis::Rows,
            _ => false,
        }
    }

    /// Does each row of the batch in the result come from this row of the inputs alone?
    fn keeps_rows(&self, graph: &Graph) -> bool {
        let has_batch = |index: usize| graph.shape(self.inputs[index]).has_batch();
        if self.inputs.iter().chain([&self.output]).any(|&node| graph.shape(node).columns.has_batch()) {
            return false;
        }
        match self.op {
            Op::AddRow(_) | Op::RepeatRows(_) | Op::RepeatColumns(_) | Op::SumColumns(_) | Op::Fill(_) => true,
            Op::Softmax(_) | Op::LogSumExp(_) | Op::MaxColumns(_) | Op::SoftmaxCrossEntropyRows(_) => true,
            Op::Select(_) | Op::Concat(_) | Op::Slice(_) | Op::Pad(_) | Op::Dropout(_) => true,
            Op::Reshape(_) => has_batch(0),
            Op::MatMul(op::MatMul { transpose_left, .. }) => !transpose_left && has_batch(0) && !has_batch(1),
            Op::BatchMatMul(op::BatchMatMul { blocks, .. }) => blocks.has_batch(),
            Op::Gather(_) => !has_batch(0),
            Op::MeanOver(op::MeanOver { over }) | Op::SpreadOver(op::SpreadOver { over, .. }) => over == Axis::Columns,
            Op::Normalize(op::Normalize { over, .. }) | Op::Deviation(op::Deviation { over, .. }) => {
                over == Axis::Columns
            }
            op => op.is_elementwise(),
        }
    }

    /// The gradient, row by row, of an input of fixed shape where the result has rows of the batch.
    fn of_fixed(&self, graph: &mut Graph, index: usize) -> Result<Node, String> {
        let gradient = self.gradient;
        let shape = Shape::batch(graph.shape(self.inputs[index]).count(0));
        let parts = match (self.op, index) {
            (Op::MatMul(op::MatMul { transpose_right: false, .. }), 1) => {
                block_products(graph, self.inputs[0], gradient)
            }
            (Op::MatMul(op::MatMul { transpose_right: true, .. }), 1) => {
                block_products(graph, gradient, self.inputs[0])
            }
            (Op::AddRow(_), 1) | (Op::RepeatRows(_), 0) => block_sums(graph, gradient),
            (Op::Fill(_), 0) => {
                let sums = graph.sum_columns(gradient);
                block_sums(graph, sums)
            }
            (Op::Gather(_), 0) => {
                let rows = graph.shape(self.inputs[0]).rows.resolve(0);
                let places = graph.one_hot(self.inputs[1], rows);
                block_products(graph, places, gradient)
            }
            _ => return Err(self.sentence("has no rule for an input of fixed shape")),
        };
        Ok(if graph.shape(parts) == shape { parts } else { graph.reshape(parts, shape) })
    }

    /// The gradients, row by row, where result and inputs have fixed shapes.
    fn through_fixed(&self, graph: &mut Graph) -> Result<Vec<Option<Node>>, String> {
        if let Op::Reshape(_) = self.op {
            return Ok(vec![Some(self.gradient)]);
        }
        if !self.op.is_elementwise() {
            return Err(self.sentence("has no rule for inputs of fixed shape"));
        }
        // The usual rule, on the elements of each matrix as a row that is repeated for each row of the batch.
        let mut repeated = |node: Node| {
            let row = graph.reshape(node, Shape::fixed(1, graph.shape(node).count(0)));
            graph.repeat_rows(row, Size::Batch)
        };
        let inputs: Vec<Node> = self.inputs.iter().map(|&input| repeated(input)).collect();
        let output = repeated(self.output);
        Ok(self.op.backward(graph, &inputs, output, self.gradient))
    }
}

/// For each row of the batch, the product leftᵀ·right of its rows in both.
fn block_products(graph: &mut Graph, left: Node, right: Node) -> Node {
    let product = op::BatchMatMul { blocks: Size::Batch, transpose_left: true, transpose_right: false };
    graph.batch_matmul(left, right, product)
}

/// For each row of the batch, the sum of its rows.
fn block_sums(graph: &mut Graph, input: Node) -> Node {
    let rows = graph.shape(input).rows;
    if rows == Size::Batch {
        return input;
    }
    let ones = graph.constant(Shape { rows, columns: Size::Fixed(1) }, 1.0);
    block_products(graph, ones, input)
}
