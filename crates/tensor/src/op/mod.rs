//! The operations: one file each, with its shape rule, forward rule, backward rule and cost, and one line in the list
//! at the end of this file.
//!
//! **Invariant:** a backward rule returns the contribution to the gradient of each input and adds up nothing; that is
//! the driver's work. Held by `tests/laws.rs`, which walks the list.

use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape, Size};
use std::fmt;

/// The values of an input and its rows and columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) shape: [usize; 2],
}

/// The rule of an operation.
pub(crate) trait Rule: Copy {
    /// Its name.
    const NAME: &'static str;
    /// What its inputs must be, for messages.
    const EXPECTS: &'static str;

    /// Returns the shape of the result, or `None` if the inputs do not fit.
    fn shape(&self, inputs: &[Shape]) -> Option<Shape>;

    /// Computes the result; every element of `output` is written.
    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]);

    /// For each input, Jᵀ·`upstream` as new nodes, or `None` where the operation has no derivative.
    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>>;

    /// Floating-point operations; a transcendental function counts as [`TRANSCENDENTAL_COST`].
    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64;

    /// Returns the same operation in a graph with a fixed batch of `batch` rows.
    fn with_batch(&self, _batch: usize) -> Self {
        *self
    }

    /// Returns examples for tests.
    fn samples(sides: Sides) -> Vec<Sample>;
}

/// An elementwise operation; the rest of [`Rule`] follows from this, and such operations can be fused.
pub(crate) trait Lane: Copy {
    /// Its name.
    const NAME: &'static str;
    /// Number of inputs, 1 or 2.
    const ARITY: usize;
    /// Floating-point operations per element.
    const COST: u64 = 1;
    /// Domains of its inputs in tests, and whether it is differentiable there.
    const DOMAINS: &'static [(Domain, Differentiable)];

    /// Computes one element of the result. `b` is `a` if there is one input.
    fn lane<T: Element>(&self, a: T, b: T) -> T;

    /// As [`Rule::backward`].
    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>>;

    /// Returns its variants, for tests.
    fn variants() -> Vec<Op>;
}

impl<L: Lane> Rule for L {
    const NAME: &'static str = L::NAME;
    const EXPECTS: &'static str = "inputs of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let first = *inputs.first()?;
        (inputs.len() == L::ARITY && inputs.iter().all(|&shape| shape == first)).then_some(first)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        match inputs {
            [input] => kernel::map(input.values, output, |a| self.lane(a, a)),
            [left, right] => kernel::zip(left.values, right.values, output, |a, b| self.lane(a, b)),
            _ => unreachable!("the shape rule lets one or two inputs pass"),
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], output: Node, upstream: Node) -> Vec<Option<Node>> {
        Lane::backward(self, graph, inputs, output, upstream)
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        L::COST * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let shape = Shape { rows: Size::Batch, columns: Size::Fixed(sides.columns) };
        let inputs: Vec<SampleInput> =
            L::DOMAINS.iter().map(|&(domain, differentiable)| SampleInput { shape, domain, differentiable }).collect();
        L::variants().into_iter().map(|op| Sample { op, inputs: inputs.clone() }).collect()
    }
}

/// Cost of a transcendental function, in floating-point operations.
pub(crate) const TRANSCENDENTAL_COST: u64 = 10;

pub(crate) fn count([rows, columns]: [usize; 2]) -> u64 {
    rows as u64 * columns as u64
}

/// The sides of the matrices of an example.
#[derive(Debug, Clone, Copy)]
pub struct Sides {
    /// Columns of the result, or of the input.
    pub columns: usize,
    /// The inner side of a product.
    pub inner: usize,
}

/// An operation with sample inputs for tests.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The operation.
    pub op: Op,
    /// Its inputs.
    pub inputs: Vec<SampleInput>,
}

/// An input of a [`Sample`].
#[derive(Debug, Clone, Copy)]
pub struct SampleInput {
    /// Its shape.
    pub shape: Shape,
    /// Domain of its values.
    pub domain: Domain,
    /// Does the operation differentiate with respect to it?
    pub differentiable: Differentiable,
}

/// Does an operation differentiate with respect to an input?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differentiable {
    /// It does.
    Yes,
    /// The input is data, or the derivative is 0 wherever there is one.
    No,
}

/// A set of values on which an operation is smooth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Between -2 and 2.
    Any,
    /// Between 0.2 and 2 in magnitude.
    NonZero,
    /// Between 0.2 and 2.
    Positive,
    /// Between 0 and 1.
    Unit,
    /// Between 0 and 1, every row summing to 1.
    Distribution,
    /// No two of a row closer than 0.1, nor one of a row to one of another input whose number here differs, 0 or 1.
    Distinct(usize),
    /// Whole numbers below this.
    Index(usize),
}

/// The list of operations; everything that needs all of them derives from it.
macro_rules! operations {
    (elementwise { $($lane_file:ident :: $Lane:ident,)* } others { $($file:ident :: $Other:ident,)* }) => {
        $(mod $lane_file; pub use $lane_file::$Lane;)*
        $(mod $file; pub use $file::$Other;)*

        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its type")]
        pub enum Op {
            $($Lane($Lane),)*
            $($Other($Other),)*
        }

        /// Does `$body` with the operation bound to `$rule`.
        macro_rules! for_each_op {
            ($op:expr, $rule:ident => $body:expr) => {
                match $op {
                    $(Op::$Lane($rule) => $body,)*
                    $(Op::$Other($rule) => $body,)*
                }
            };
        }

        impl Op {
            /// Returns test inputs for every operation and every variant of it.
            #[must_use]
            pub fn samples(sides: Sides) -> Vec<Sample> {
                let mut samples = Vec::new();
                $(samples.extend(<$Lane as Rule>::samples(sides));)*
                $(samples.extend(<$Other as Rule>::samples(sides));)*
                samples
            }

            /// The same operation in a graph whose batch is always `batch` rows.
            #[must_use]
            pub fn with_batch(&self, batch: usize) -> Op {
                match self {
                    $(Op::$Lane(_) => *self,)*
                    $(Op::$Other(rule) => Op::$Other(Rule::with_batch(rule, batch)),)*
                }
            }

            /// Is it elementwise?
            pub(crate) fn is_elementwise(&self) -> bool {
                matches!(self, $(Op::$Lane(_))|*)
            }

            /// Applies an elementwise operation to slices; the result is in `output`.
            pub(crate) fn lanes<T: Element>(&self, left: &[T], right: &[T], output: &mut [T]) {
                match self {
                    $(Op::$Lane(rule) => match <$Lane as Lane>::ARITY {
                        1 => kernel::map(left, output, |a| rule.lane(a, a)),
                        _ => kernel::zip(left, right, output, |a, b| rule.lane(a, b)),
                    },)*
                    other => unreachable!("{other} is not elementwise"),
                }
            }

            /// Applies an elementwise operation in place: without a slice, `output` is read.
            pub(crate) fn lanes_in_place<T: Element>(
                &self,
                left: Option<&[T]>,
                right: Option<&[T]>,
                output: &mut [T],
            ) {
                match self {
                    $(Op::$Lane(rule) => match (left, right) {
                        (Some(left), None) => kernel::zip_in_place(output, left, |own, left| rule.lane(left, own)),
                        (None, Some(right)) => kernel::zip_in_place(output, right, |own, right| rule.lane(own, right)),
                        (None, None) => kernel::map_in_place(output, |own| rule.lane(own, own)),
                        (Some(left), Some(right)) => kernel::zip(left, right, output, |a, b| rule.lane(a, b)),
                    },)*
                    other => unreachable!("{other} is not elementwise"),
                }
            }

            /// Applies an elementwise operation of one input, in place, to the sum of a matrix and a row.
            pub(crate) fn lanes_after_row<T: Element>(&self, row: &[T], matrix: &mut [T]) {
                match self {
                    $(Op::$Lane(rule) => kernel::add_row_in_place(matrix, row, |a| rule.lane(a, a)),)*
                    other => unreachable!("{other} is not elementwise"),
                }
            }
        }
    };
}

operations! {
    elementwise {
        add::Add,
        subtract::Subtract,
        multiply::Multiply,
        divide::Divide,
        negate::Negate,
        scale::Scale,
        relu::Relu,
        gate::Gate,
        sigmoid::Sigmoid,
        tanh::Tanh,
        exp::Exp,
        log::Log,
        log1p::Log1p,
        sqrt::Sqrt,
        recip::Recip,
        softplus::Softplus,
        erf::Erf,
        gelu::Gelu,
        silu::Silu,
        selu::Selu,
        mish::Mish,
        selu_slope::SeluSlope,
        mish_slope::MishSlope,
        abs::Abs,
        sin::Sin,
        cos::Cos,
        maximum::Maximum,
        minimum::Minimum,
        power::Power,
        greater::Greater,
        sigmoid_cross_entropy::SigmoidCrossEntropy,
    }
    others {
        matmul::MatMul,
        add_row::AddRow,
        sum_rows::SumRows,
        repeat_rows::RepeatRows,
        sum_columns::SumColumns,
        repeat_columns::RepeatColumns,
        sum::Sum,
        fill::Fill,
        mean::Mean,
        spread::Spread,
        softmax::Softmax,
        mean_squared_error::MeanSquaredError,
        binary_cross_entropy::BinaryCrossEntropy,
        softmax_cross_entropy::SoftmaxCrossEntropy,
        softmax_cross_entropy_rows::SoftmaxCrossEntropyRows,
        log_sum_exp::LogSumExp,
        max_columns::MaxColumns,
        select::Select,
        concat::Concat,
        slice::Slice,
        pad::Pad,
        transpose::Transpose,
        reshape::Reshape,
        batch_matmul::BatchMatMul,
        gather::Gather,
        scatter_add::ScatterAdd,
        one_hot::OneHot,
        mean_over::MeanOver,
        spread_over::SpreadOver,
        normalize::Normalize,
        deviation::Deviation,
        dropout::Dropout,
        dropout_mask::DropoutMask,
        grouped::Grouped,
    }
}

impl Op {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        fn name_of<R: Rule>(_: &R) -> &'static str {
            R::NAME
        }
        for_each_op!(self, rule => name_of(rule))
    }

    /// The shape of the result.
    ///
    /// # Errors
    /// A message that names the operation and the shapes that do not fit.
    pub fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        fn shape_of<R: Rule>(rule: &R, inputs: &[Shape]) -> Result<Shape, String> {
            rule.shape(inputs).ok_or_else(|| {
                let shapes: Vec<String> = inputs.iter().map(Shape::to_string).collect();
                format!("`{}` takes {}, not {}", R::NAME, R::EXPECTS, shapes.join(" and "))
            })
        }
        for_each_op!(self, rule => shape_of(rule, inputs))
    }

    /// Returns the floating-point operations for inputs and a result of these sizes.
    #[must_use]
    pub fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        for_each_op!(self, rule => Rule::cost(rule, inputs, output))
    }

    pub(crate) fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        for_each_op!(self, rule => Rule::forward(rule, inputs, output));
    }

    pub(crate) fn backward(
        &self,
        graph: &mut Graph,
        inputs: &[Node],
        output: Node,
        upstream: Node,
    ) -> Vec<Option<Node>> {
        for_each_op!(self, rule => Rule::backward(rule, graph, inputs, output, upstream))
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Op::Scale(scale) => write!(f, "[{}]", scale.factor),
            Op::MatMul(product) => f.write_str(transposes(product.transpose_left, product.transpose_right)),
            Op::BatchMatMul(product) => {
                write!(f, "[{} blocks]", product.blocks)?;
                f.write_str(transposes(product.transpose_left, product.transpose_right))
            }
            Op::Slice(slice) => write!(f, "[{}..{}]", slice.start, slice.start + slice.count),
            Op::Pad(pad) => write!(f, "[{}, {}]", pad.before, pad.after),
            Op::MeanOver(op) => write!(f, "[{}]", op.over),
            Op::SpreadOver(op) => write!(f, "[{}]", op.over),
            Op::Normalize(op) => write!(f, "[{}, {}]", op.over, op.epsilon),
            Op::Deviation(op) => write!(f, "[{}, {}]", op.over, op.epsilon),
            Op::DropoutMask(mask) => write!(f, "[key {}]", mask.key),
            Op::Grouped(op) => write!(f, "[{} groups, {:?}]", op.groups, op.wanted),
            Op::Dropout(dropout) => write!(f, "[{}, key {}]", dropout.rate, dropout.key),
            _ => Ok(()),
        }
    }
}

/// Which factors of a product are transposed.
fn transposes(left: bool, right: bool) -> &'static str {
    match (left, right) {
        (false, false) => "",
        (true, false) => "[ᵀ·]",
        (false, true) => "[·ᵀ]",
        (true, true) => "[ᵀ·ᵀ]",
    }
}

pub use grouped::Wanted;

/// A sample for either axis.
fn both_axes(sample: impl Fn(Axis) -> Sample) -> Vec<Sample> {
    [Axis::Rows, Axis::Columns].map(sample).to_vec()
}

/// Returns `number` as a whole number, if it is one below `end`.
pub(crate) fn whole_below<T: Element>(number: T, end: usize) -> Option<usize> {
    let number = number.to_f64();
    let is_whole = number >= 0.0 && number < end as f64 && number.trunc() == number;
    is_whole.then_some(number as usize)
}

/// sum / count, and 0 if the count is 0.
pub(crate) fn over<T: Element>(sum: T, count: usize) -> T {
    sum / T::from_f64(count.max(1) as f64)
}
