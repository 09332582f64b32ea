//! The operations as methods of [`Graph`].

use super::{Graph, Node};
use crate::op::{self, Op};
use crate::shape::{Axis, Shape, Size};

/// The operations.
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

    /// Repeats a row (1 × n).
    #[track_caller]
    pub fn repeat_rows(&mut self, input: Node, rows: Size) -> Node {
        self.apply(Op::RepeatRows(op::RepeatRows { rows }), &[input])
    }

    /// Repeats a column (m × 1).
    #[track_caller]
    pub fn repeat_columns(&mut self, input: Node, columns: Size) -> Node {
        self.apply(Op::RepeatColumns(op::RepeatColumns { columns }), &[input])
    }

    /// The sum of all elements, 1 × 1.
    pub fn sum(&mut self, input: Node) -> Node {
        self.apply(Op::Sum(op::Sum), &[input])
    }

    /// Fills a matrix with a single number.
    #[track_caller]
    pub fn fill(&mut self, input: Node, shape: Shape) -> Node {
        self.apply(Op::Fill(op::Fill { shape }), &[input])
    }

    /// The mean of all elements, 1 × 1; 0 if there are none.
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

    /// ln(1 + input).
    pub fn log1p(&mut self, input: Node) -> Node {
        self.apply(Op::Log1p(op::Log1p), &[input])
    }

    /// √input.
    pub fn sqrt(&mut self, input: Node) -> Node {
        self.apply(Op::Sqrt(op::Sqrt), &[input])
    }

    /// 1 / input.
    pub fn recip(&mut self, input: Node) -> Node {
        self.apply(Op::Recip(op::Recip), &[input])
    }

    /// ln(1 + e^input).
    pub fn softplus(&mut self, input: Node) -> Node {
        self.apply(Op::Softplus(op::Softplus), &[input])
    }

    /// The error function of `input`.
    pub fn erf(&mut self, input: Node) -> Node {
        self.apply(Op::Erf(op::Erf), &[input])
    }

    /// input · Φ(input), with Φ the distribution function of the standard normal distribution.
    pub fn gelu(&mut self, input: Node) -> Node {
        self.apply(Op::Gelu(op::Gelu), &[input])
    }

    /// input · σ(input).
    pub fn silu(&mut self, input: Node) -> Node {
        self.apply(Op::Silu(op::Silu), &[input])
    }

    /// The scaled exponential rectifier of `input`.
    pub fn selu(&mut self, input: Node) -> Node {
        self.apply(Op::Selu(op::Selu), &[input])
    }

    /// input · tanh(ln(1 + e^input)).
    pub fn mish(&mut self, input: Node) -> Node {
        self.apply(Op::Mish(op::Mish), &[input])
    }

    /// The derivative of [`Graph::selu`] at `input`.
    pub fn selu_slope(&mut self, input: Node) -> Node {
        self.apply(Op::SeluSlope(op::SeluSlope), &[input])
    }

    /// The derivative of [`Graph::mish`] at `input`.
    pub fn mish_slope(&mut self, input: Node) -> Node {
        self.apply(Op::MishSlope(op::MishSlope), &[input])
    }

    /// |input|.
    pub fn abs(&mut self, input: Node) -> Node {
        self.apply(Op::Abs(op::Abs), &[input])
    }

    /// sin(input).
    pub fn sin(&mut self, input: Node) -> Node {
        self.apply(Op::Sin(op::Sin), &[input])
    }

    /// cos(input).
    pub fn cos(&mut self, input: Node) -> Node {
        self.apply(Op::Cos(op::Cos), &[input])
    }

    /// The larger of the two, element by element.
    #[track_caller]
    pub fn maximum(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Maximum(op::Maximum), &[left, right])
    }

    /// The smaller of the two, element by element.
    #[track_caller]
    pub fn minimum(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Minimum(op::Minimum), &[left, right])
    }

    /// base^exponent, element by element, for positive bases.
    #[track_caller]
    pub fn power(&mut self, base: Node, exponent: Node) -> Node {
        self.apply(Op::Power(op::Power), &[base, exponent])
    }

    /// 1 where `left` is greater than `right`, else 0.
    #[track_caller]
    pub fn greater(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Greater(op::Greater), &[left, right])
    }

    /// The cross-entropy of each probability σ(logits) to its target in [0, 1].
    #[track_caller]
    pub fn sigmoid_cross_entropy(&mut self, logits: Node, target: Node) -> Node {
        self.apply(Op::SigmoidCrossEntropy(op::SigmoidCrossEntropy), &[logits, target])
    }

    /// The cross-entropy of softmax(logits) to targets that sum to 1, row by row, m × 1.
    #[track_caller]
    pub fn softmax_cross_entropy_rows(&mut self, logits: Node, target: Node) -> Node {
        self.apply(Op::SoftmaxCrossEntropyRows(op::SoftmaxCrossEntropyRows), &[logits, target])
    }

    /// ln Σ e^input of every row, m × 1.
    pub fn log_sum_exp(&mut self, input: Node) -> Node {
        self.apply(Op::LogSumExp(op::LogSumExp), &[input])
    }

    /// The largest number of every row, m × 1.
    pub fn max_columns(&mut self, input: Node) -> Node {
        self.apply(Op::MaxColumns(op::MaxColumns), &[input])
    }

    /// `left` where `condition` is positive, else `right`.
    #[track_caller]
    pub fn select(&mut self, condition: Node, left: Node, right: Node) -> Node {
        self.apply(Op::Select(op::Select), &[condition, left, right])
    }

    /// Concatenates two matrices side by side.
    #[track_caller]
    pub fn concat(&mut self, left: Node, right: Node) -> Node {
        self.apply(Op::Concat(op::Concat), &[left, right])
    }

    /// Slices `count` columns from `start`.
    #[track_caller]
    pub fn slice(&mut self, input: Node, start: usize, count: usize) -> Node {
        self.apply(Op::Slice(op::Slice { start, count }), &[input])
    }

    /// Pads with columns of zeros before and after those of `input`.
    #[track_caller]
    pub fn pad(&mut self, input: Node, before: usize, after: usize) -> Node {
        self.apply(Op::Pad(op::Pad { before, after }), &[input])
    }

    /// The transpose.
    pub fn transpose(&mut self, input: Node) -> Node {
        self.apply(Op::Transpose(op::Transpose), &[input])
    }

    /// Reshapes: the same elements in row-major order.
    #[track_caller]
    pub fn reshape(&mut self, input: Node, shape: Shape) -> Node {
        self.apply(Op::Reshape(op::Reshape { shape }), &[input])
    }

    /// Batched matrix product of two stacks.
    #[track_caller]
    pub fn batch_matmul(&mut self, left: Node, right: Node, product: op::BatchMatMul) -> Node {
        self.apply(Op::BatchMatMul(product), &[left, right])
    }

    /// Gathers the rows of `table` given by the row numbers in `index` (m × 1).
    #[track_caller]
    pub fn gather(&mut self, table: Node, index: Node) -> Node {
        self.apply(Op::Gather(op::Gather), &[table, index])
    }

    /// Adds up the rows of `input` by the row numbers in `index` (m × 1), below `rows`.
    #[track_caller]
    pub fn scatter_add(&mut self, input: Node, index: Node, rows: Size) -> Node {
        self.apply(Op::ScatterAdd(op::ScatterAdd { rows }), &[input, index])
    }

    /// One-hot encoding of `index` (m × 1): one row per index.
    #[track_caller]
    pub fn one_hot(&mut self, index: Node, columns: usize) -> Node {
        self.apply(Op::OneHot(op::OneHot { columns }), &[index])
    }

    /// The mean of every column (over rows, 1 × n) or of every row (over columns, m × 1).
    pub fn mean_over(&mut self, input: Node, over: Axis) -> Node {
        self.apply(Op::MeanOver(op::MeanOver { over }), &[input])
    }

    /// A row divided evenly among `side` rows, or a column among `side` columns.
    #[track_caller]
    pub fn spread_over(&mut self, input: Node, over: Axis, side: Size) -> Node {
        self.apply(Op::SpreadOver(op::SpreadOver { over, side }), &[input])
    }

    /// (input − mean) / √(variance + epsilon), in every column (over rows) or every row (over columns).
    pub fn normalize(&mut self, input: Node, over: Axis, epsilon: f64) -> Node {
        self.apply(Op::Normalize(op::Normalize { over, epsilon }), &[input])
    }

    /// √(variance + epsilon) of every column (over rows, 1 × n) or of every row (over columns, m × 1).
    pub fn deviation(&mut self, input: Node, over: Axis, epsilon: f64) -> Node {
        self.apply(Op::Deviation(op::Deviation { over, epsilon }), &[input])
    }

    /// Dropout: sets random elements of `input` to 0 and scales the others to preserve the mean; the mask is determined
    /// by `step` (1 × 1).
    #[track_caller]
    pub fn dropout(&mut self, input: Node, step: Node, dropout: op::Dropout) -> Node {
        self.apply(Op::Dropout(dropout), &[input, step])
    }

    /// The factors of a dropout, 0 or 1 / (1 − rate), determined by `step`; both are 1 × 1.
    #[track_caller]
    pub fn dropout_mask(&mut self, step: Node, rate: Node, mask: op::DropoutMask) -> Node {
        self.apply(Op::DropoutMask(mask), &[step, rate])
    }

    /// The products of groups of columns with a matrix for each group, or one of its factors.
    #[track_caller]
    pub fn grouped(&mut self, first: Node, second: Node, grouped: op::Grouped) -> Node {
        self.apply(Op::Grouped(grouped), &[first, second])
    }
}
