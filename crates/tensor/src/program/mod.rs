//! A graph compiled to a flat list of instructions over one arena, for repeated runs.
//!
//! Compiling removes what no output needs, fuses a product with the bias, the activation and the elementwise operations
//! that follow it, fuses chains of elementwise operations, and plans which results share memory. A run allocates
//! nothing, except what rayon may when it hands over a block: large operations are split into blocks for idle threads.
//! Call it from a thread of the pool (inside `rayon::scope`); otherwise every split has to enter and leave the pool.

mod compile;
mod plan;

use crate::Element;
use crate::aligned::Aligned;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::op::{self, Op, View};
use crate::shape::Shape;
use std::fmt;

/// A compiled graph with its memory.
///
/// ```
/// use pipewright_tensor::{Graph, Program};
/// let mut graph = Graph::new();
/// let x = graph.input(2);
/// let w = graph.parameter(2, 1);
/// let y = graph.matmul(x, w);
/// let mut program = Program::<f32>::new(&graph, &[y], 10);
/// program.run(3, &[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], &[10.0, 1.0]);
/// assert_eq!(program.output(0), [12.0, 34.0, 56.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Program<T: Element> {
    instructions: Vec<Instruction>,
    inputs: Vec<Shape>,
    parameter_count: usize,
    outputs: Vec<Operand>,
    outputs_end: usize,
    arena: Aligned<T>,
    batch_max: usize,
    batch: usize,
}

/// Location of the values of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Input(usize),
    Parameter(usize),
    Arena(usize),
}

/// A matrix in a run.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Operand {
    place: Place,
    shape: Shape,
    /// Rows and columns in the current batch.
    sides: [usize; 2],
}

impl Operand {
    fn new(place: Place, shape: Shape) -> Operand {
        Operand { place, shape, sides: shape.resolve(0) }
    }

    fn count(&self) -> usize {
        self.sides[0] * self.sides[1]
    }
}

/// An instruction.
#[derive(Debug, Clone, PartialEq)]
enum Action {
    /// A matrix product, fused with what follows it: a bias, an elementwise operation of one input, and a chain that
    /// reads their result.
    Product {
        product: op::MatMul,
        left: Operand,
        right: Operand,
        bias: Option<Operand>,
        activation: Option<Op>,
        steps: Vec<Step>,
    },
    /// Elementwise operations, block by block.
    Chain(Vec<Step>),
    /// Any other operation.
    Call(Op, Vec<Operand>),
    /// A copy, for an output that is an input or another output.
    Copy(Operand),
}

/// An elementwise operation of a chain; its result is the register of its position.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    op: Op,
    left: Reference,
    right: Reference,
}

/// Operand of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reference {
    /// A matrix of the chain's shape, or the single number of a fill or spread.
    Operand(Operand),
    /// The result of an earlier step.
    Register(usize),
    /// The product that the chain follows.
    Product,
}

#[derive(Debug, Clone, PartialEq)]
struct Instruction {
    action: Action,
    output: Operand,
    cost: Cost,
}

/// Cost of an instruction for the largest batch.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    /// Floating-point operations.
    operations: u64,
    /// Bytes that it reads and writes, each matrix once.
    bytes: u64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} FLOP, {} bytes", self.operations, self.bytes)
    }
}

/// Elements per block of a chain: its registers stay in the first-level cache.
const BLOCK: usize = 256;
/// Elements per block if there are no more than this: less setup.
const SMALL_BLOCK: usize = 32;
/// Maximum number of steps of a chain, which bounds its registers.
const STEPS_MAX: usize = 12;

impl<T: Element> Program<T> {
    /// Compiles what `outputs` need, for batches of up to `batch_max` rows.
    ///
    /// # Panics
    /// If the arena would be larger than memory can address.
    #[must_use]
    pub fn new(graph: &Graph, outputs: &[Node], batch_max: usize) -> Program<T> {
        compile::compile(graph, outputs, batch_max)
    }

    /// Computes the outputs for a batch, from the inputs in order and the flat array of parameters.
    ///
    /// # Panics
    /// If `batch` is larger than `batch_max`, or the size of a slice does not match the graph.
    pub fn run(&mut self, batch: usize, inputs: &[&[T]], parameters: &[T]) {
        assert!(batch <= self.batch_max, "a batch of at most {} rows", self.batch_max);
        assert_eq!(parameters.len(), self.parameter_count, "the flat array of parameters");
        assert_eq!(inputs.len(), self.inputs.len(), "a slice for each input");
        for (index, (input, shape)) in inputs.iter().zip(&self.inputs).enumerate() {
            assert_eq!(input.len(), shape.count(batch), "the size of input {index}");
        }
        if batch != self.batch {
            self.batch = batch;
            let resolve = |operand: &mut Operand| operand.sides = operand.shape.resolve(batch);
            self.outputs.iter_mut().for_each(resolve);
            for Instruction { action, output, .. } in &mut self.instructions {
                resolve(output);
                action.for_each_operand(resolve);
            }
        }
        for instruction in &self.instructions {
            instruction.run(inputs, parameters, &mut self.arena);
        }
    }

    /// Returns the values of an output after a run, row-major.
    #[must_use]
    pub fn output(&self, index: usize) -> &[T] {
        let output = self.outputs[index];
        let Place::Arena(start) = output.place else { unreachable!("outputs are in the arena") };
        &self.arena[start..start + output.count()]
    }

    /// Returns the values of the outputs from `first` on, contiguous like the parameters: if these outputs are the
    /// gradients of all parameters in order, a flat array with the parameters' layout.
    ///
    /// # Panics
    /// If the shape of one of these outputs depends on the batch.
    #[must_use]
    pub fn flat_outputs(&self, first: usize) -> &[T] {
        assert!(
            self.outputs[first..].iter().all(|output| output.shape.count(0) == output.shape.count(1)),
            "outputs of fixed shape lie close to each other"
        );
        let start = match self.outputs.get(first) {
            Some(Operand { place: Place::Arena(start), .. }) => *start,
            _ => self.outputs_end,
        };
        &self.arena[start..self.outputs_end]
    }
}

/// Memory that an instruction reads: everything except its own output.
struct Memory<'a, T> {
    inputs: &'a [&'a [T]],
    parameters: &'a [T],
    before: &'a [T],
    after: &'a [T],
    after_start: usize,
}

impl<'a, T> Memory<'a, T> {
    #[inline(always)]
    fn values(&self, operand: Operand) -> &'a [T] {
        let count = operand.count();
        match operand.place {
            Place::Input(index) => self.inputs[index],
            Place::Parameter(start) => &self.parameters[start..start + count],
            Place::Arena(start) if start >= self.after_start => &self.after[start - self.after_start..][..count],
            Place::Arena(start) => &self.before[start..start + count],
        }
    }

    #[inline(always)]
    fn view(&self, operand: Operand) -> View<'a, T> {
        View { values: self.values(operand), shape: operand.sides }
    }
}

impl Action {
    /// The matrices that are read, each once.
    fn operands(&self) -> Vec<Operand> {
        let mut operands: Vec<Operand> = Vec::new();
        self.clone().for_each_operand(|operand| {
            if !operands.contains(operand) {
                operands.push(*operand);
            }
        });
        operands
    }

    /// Passes the matrices that are read.
    fn for_each_operand(&mut self, mut take: impl FnMut(&mut Operand)) {
        match self {
            Action::Product { left, right, bias, steps, .. } => {
                [left, right].into_iter().chain(bias).for_each(&mut take);
                steps.iter_mut().for_each(|step| step.for_each_operand(&mut take));
            }
            Action::Chain(steps) => steps.iter_mut().for_each(|step| step.for_each_operand(&mut take)),
            Action::Call(_, operands) => operands.iter_mut().for_each(take),
            Action::Copy(source) => take(source),
        }
    }
}

impl Instruction {
    fn run<T: Element>(&self, inputs: &[&[T]], parameters: &[T], arena: &mut [T]) {
        let Place::Arena(start) = self.output.place else { unreachable!("results are in the arena") };
        let count = self.output.count();
        let (before, rest) = arena.split_at_mut(start);
        let (output, after) = rest.split_at_mut(count);
        let memory = Memory { inputs, parameters, before, after, after_start: start + count };
        match &self.action {
            Action::Product { product, left, right, bias, activation, steps } => {
                let finish = |start: usize, block: &mut [T]| {
                    match (bias, activation) {
                        (Some(bias), None) => kernel::add_row_in_place(block, memory.values(*bias), |sum| sum),
                        (Some(bias), Some(op)) => op.lanes_after_row(memory.values(*bias), block),
                        (None, _) => {}
                    }
                    Chain { steps, memory: &memory, total: count }.run(start, block);
                };
                product.forward_then(memory.view(*left), memory.view(*right), output, finish);
            }
            Action::Chain(steps) => {
                let chain = Chain { steps, memory: &memory, total: count };
                kernel::in_pieces(BLOCK, 0, output, &|start, piece| chain.run(start, piece));
            }
            Action::Call(op, operands) => match *operands.as_slice() {
                [input] => op.forward(&[memory.view(input)], output),
                [left, right] => op.forward(&[memory.view(left), memory.view(right)], output),
                [first, second, third] => {
                    op.forward(&[memory.view(first), memory.view(second), memory.view(third)], output);
                }
                _ => unreachable!("operations have one to three inputs"),
            },
            Action::Copy(source) => output.copy_from_slice(memory.values(*source)),
        }
    }
}

/// Elementwise operations over `total` elements.
struct Chain<'a, T> {
    steps: &'a [Step],
    memory: &'a Memory<'a, T>,
    total: usize,
}

impl<T: Element> Chain<'_, T> {
    /// Runs the elements from `start` on, one block through all steps at a time. `output` contains the product that
    /// they follow, if any.
    fn run(&self, start: usize, output: &mut [T]) {
        match self.steps {
            [] => {}
            [step] if step.reads_product() => {
                let read = |reference: Reference| match reference {
                    Reference::Operand(operand) => Some(&self.memory.values(operand)[start..start + output.len()]),
                    Reference::Product | Reference::Register(_) => None,
                };
                step.op.lanes_in_place(read(step.left), read(step.right), output);
            }
            [step] => self.step::<0>(step, &[], &[], start, output),
            [_, _] => self.run_with::<1, BLOCK>(start, output),
            _ if output.len() <= SMALL_BLOCK => self.run_with::<{ STEPS_MAX - 1 }, SMALL_BLOCK>(start, output),
            _ => self.run_with::<{ STEPS_MAX - 1 }, BLOCK>(start, output),
        }
    }

    /// Like [`Chain::run`], with `REGISTERS` registers, at least as many as there are steps before the last, of `BLOCK`
    /// elements.
    fn run_with<const REGISTERS: usize, const BLOCK: usize>(&self, start: usize, output: &mut [T]) {
        let (last, earlier) = self.steps.split_last().expect("a chain has a step");
        let mut registers = [[T::ZERO; BLOCK]; REGISTERS];
        let mut product = [T::ZERO; BLOCK];
        for (index, output) in output.chunks_mut(BLOCK).enumerate() {
            let (start, count) = (start + index * BLOCK, output.len());
            product[..count].copy_from_slice(output);
            for (position, step) in earlier.iter().enumerate() {
                let (done, rest) = registers.split_at_mut(position);
                self.step(step, done, &product, start, &mut rest[0][..count]);
            }
            self.step(last, &registers, &product, start, output);
        }
    }

    /// One step for the elements from `start` on.
    #[inline(always)]
    fn step<const BLOCK: usize>(
        &self,
        step: &Step,
        done: &[[T; BLOCK]],
        product: &[T],
        start: usize,
        output: &mut [T],
    ) {
        let count = output.len();
        let read = |reference: Reference| match reference {
            Reference::Operand(operand) => &self.memory.values(operand)[start..start + count],
            Reference::Register(position) => &done[position][..count],
            Reference::Product => &product[..count],
        };
        match (&step.op, step.left) {
            (Op::Fill(_), Reference::Operand(number)) => output.fill(self.memory.values(number)[0]),
            (Op::Spread(_), Reference::Operand(number)) => {
                output.fill(op::over(self.memory.values(number)[0], self.total));
            }
            (op, _) => op.lanes(read(step.left), read(step.right), output),
        }
    }
}

impl Step {
    fn reads_product(&self) -> bool {
        self.left == Reference::Product || self.right == Reference::Product
    }

    /// Passes the matrices that it reads.
    fn for_each_operand(&mut self, mut take: impl FnMut(&mut Operand)) {
        for reference in [&mut self.left, &mut self.right] {
            if let Reference::Operand(operand) = reference {
                take(operand);
            }
        }
    }
}

/// With what each instruction costs for the largest batch, and all together.
impl<T: Element> fmt::Display for Program<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "arena of {} elements for up to {} rows", self.arena.len(), self.batch_max)?;
        let mut total = Cost { operations: 0, bytes: 0 };
        for instruction in &self.instructions {
            writeln!(f, "{instruction} ({})", instruction.cost)?;
            total.operations += instruction.cost.operations;
            total.bytes += instruction.cost.bytes;
        }
        writeln!(f, "in all {total}")
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Input(index) => write!(f, "input{index}"),
            Place::Parameter(start) => write!(f, "p{start}"),
            Place::Arena(start) => write!(f, "@{start}"),
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} = ", self.output, self.output.shape)?;
        match &self.action {
            Action::Product { product, left, right, bias, activation, steps } => {
                write!(f, "{}({left}, {right})", Op::MatMul(*product))?;
                if let Some(bias) = bias {
                    write!(f, " + {bias}")?;
                }
                if let Some(activation) = activation {
                    write!(f, " → {activation}")?;
                }
                if !steps.is_empty() {
                    f.write_str(" → ")?;
                }
                write_steps(steps, f)
            }
            Action::Chain(steps) => write_steps(steps, f),
            Action::Call(op, operands) => {
                let operands: Vec<String> = operands.iter().map(Operand::to_string).collect();
                write!(f, "{op}({})", operands.join(", "))
            }
            Action::Copy(source) => write!(f, "{source}"),
        }
    }
}

fn write_steps(steps: &[Step], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (position, step) in steps.iter().enumerate() {
        if position > 0 {
            f.write_str("; ")?;
        }
        write!(f, "r{position} = {}({}", step.op, step.left)?;
        if step.right != step.left {
            write!(f, ", {}", step.right)?;
        }
        f.write_str(")")?;
    }
    Ok(())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Operand(operand) => operand.fmt(f),
            Reference::Register(position) => write!(f, "r{position}"),
            Reference::Product => f.write_str("product"),
        }
    }
}
