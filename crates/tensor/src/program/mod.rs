//! A graph compiled to a flat list of instructions over one arena, for running many times.
//!
//! Compiling leaves out what no output needs, joins a product with the bias and activation behind it, joins chains of
//! elementwise operations, and plans which results share memory. A run allocates nothing.

mod compile;
mod plan;

use crate::Element;
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
pub struct Program<T> {
    instructions: Vec<Instruction>,
    inputs: Vec<Shape>,
    parameter_count: usize,
    outputs: Vec<Operand>,
    outputs_end: usize,
    arena: Vec<T>,
    registers: Vec<T>,
    batch_max: usize,
    batch: usize,
}

/// Where the values of a node are.
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
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq)]
enum Action {
    /// A matrix product, with what follows it: a bias and an elementwise operation.
    Product { product: op::MatMul, left: Operand, right: Operand, bias: Option<Operand>, activation: Option<Op> },
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

/// What a step reads.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reference {
    /// A matrix of the chain's shape, or the single number that is filled or spread.
    Operand(Operand),
    /// The result of an earlier step.
    Register(usize),
}

#[derive(Debug, Clone, PartialEq)]
struct Instruction {
    action: Action,
    output: Operand,
    cost: Cost,
}

/// What an instruction does for the largest batch.
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

/// Elements of a block of a chain: its registers stay in the first-level cache.
const BLOCK: usize = 256;

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
    /// If `batch` is larger than the program was compiled for, or a slice has another size than the graph says.
    pub fn run(&mut self, batch: usize, inputs: &[&[T]], parameters: &[T]) {
        assert!(batch <= self.batch_max, "a batch of at most {} rows", self.batch_max);
        assert_eq!(parameters.len(), self.parameter_count, "the flat array of parameters");
        assert_eq!(inputs.len(), self.inputs.len(), "a slice for each input");
        for (index, (input, shape)) in inputs.iter().zip(&self.inputs).enumerate() {
            assert_eq!(input.len(), shape.count(batch), "the size of input {index}");
        }
        self.batch = batch;
        for instruction in &self.instructions {
            instruction.run(batch, inputs, parameters, &mut self.arena, &mut self.registers);
        }
    }

    /// The values of an output after a run, row after row.
    #[must_use]
    pub fn output(&self, index: usize) -> &[T] {
        let Operand { place: Place::Arena(start), shape } = self.outputs[index] else {
            unreachable!("outputs are in the arena")
        };
        &self.arena[start..start + shape.count(self.batch)]
    }

    /// The values of the outputs from `first` on, one after another as the parameters are: where outputs are the
    /// gradients of all parameters in order, a flat array with the parameters' layout.
    ///
    /// # Panics
    /// If one of these outputs has as many rows as the batch.
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

/// What an instruction reads: everything except its own output.
struct Memory<'a, T> {
    batch: usize,
    inputs: &'a [&'a [T]],
    parameters: &'a [T],
    before: &'a [T],
    after: &'a [T],
    after_start: usize,
}

impl<'a, T> Memory<'a, T> {
    #[inline]
    fn values(&self, operand: Operand) -> &'a [T] {
        let count = operand.shape.count(self.batch);
        match operand.place {
            Place::Input(index) => self.inputs[index],
            Place::Parameter(start) => &self.parameters[start..start + count],
            Place::Arena(start) if start >= self.after_start => &self.after[start - self.after_start..][..count],
            Place::Arena(start) => &self.before[start..start + count],
        }
    }

    fn view(&self, operand: Operand) -> View<'a, T> {
        View { values: self.values(operand), shape: operand.shape.resolve(self.batch) }
    }
}

impl Action {
    /// The matrices that are read, each once.
    fn operands(&self) -> Vec<Operand> {
        let all: Vec<Operand> = match self {
            Action::Product { left, right, bias, .. } => [*left, *right].into_iter().chain(*bias).collect(),
            Action::Chain(steps) => {
                let references = steps.iter().flat_map(|step| [step.left, step.right]);
                references
                    .filter_map(|reference| match reference {
                        Reference::Operand(operand) => Some(operand),
                        Reference::Register(_) => None,
                    })
                    .collect()
            }
            Action::Call(_, operands) => operands.clone(),
            Action::Copy(source) => vec![*source],
        };
        let mut operands: Vec<Operand> = Vec::with_capacity(all.len());
        for operand in all {
            if !operands.contains(&operand) {
                operands.push(operand);
            }
        }
        operands
    }
}

impl Instruction {
    fn run<T: Element>(&self, batch: usize, inputs: &[&[T]], parameters: &[T], arena: &mut [T], registers: &mut [T]) {
        let Place::Arena(start) = self.output.place else { unreachable!("results are in the arena") };
        let count = self.output.shape.count(batch);
        let (before, rest) = arena.split_at_mut(start);
        let (output, after) = rest.split_at_mut(count);
        let memory = Memory { batch, inputs, parameters, before, after, after_start: start + count };
        match &self.action {
            Action::Product { product, left, right, bias, activation } => {
                Op::MatMul(*product).forward(&[memory.view(*left), memory.view(*right)], output);
                let activation = activation.as_ref();
                match (bias, activation) {
                    (Some(bias), None) => kernel::add_row_in_place(output, memory.values(*bias), |sum| sum),
                    (Some(bias), Some(op)) => op.lanes_after_row(memory.values(*bias), output),
                    (None, _) => {}
                }
            }
            Action::Chain(steps) => run_chain(steps, &memory, output, registers),
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

/// Carries a chain through, a block of all its steps at a time.
fn run_chain<T: Element>(steps: &[Step], memory: &Memory<'_, T>, output: &mut [T], registers: &mut [T]) {
    let total = output.len();
    let (last, earlier) = steps.split_last().expect("a chain has a step");
    let block = if earlier.is_empty() { total.max(1) } else { BLOCK };
    for (index, output) in output.chunks_mut(block).enumerate() {
        let start = index * block;
        for (position, step) in earlier.iter().enumerate() {
            let (done, rest) = registers.split_at_mut(position * BLOCK);
            step.run(memory, done, start, total, &mut rest[..output.len()]);
        }
        last.run(memory, registers, start, total, output);
    }
}

impl Step {
    /// One block: the elements from `start` on of a chain over `total`.
    #[inline]
    fn run<T: Element>(&self, memory: &Memory<'_, T>, done: &[T], start: usize, total: usize, output: &mut [T]) {
        let count = output.len();
        let read = |reference: Reference| match reference {
            Reference::Operand(operand) => &memory.values(operand)[start..start + count],
            Reference::Register(position) => &done[position * BLOCK..][..count],
        };
        match (&self.op, self.left) {
            (Op::Fill(_), Reference::Operand(number)) => output.fill(memory.values(number)[0]),
            (Op::Spread(_), Reference::Operand(number)) => output.fill(op::over(memory.values(number)[0], total)),
            (op, _) => op.lanes(read(self.left), read(self.right), output),
        }
    }
}

/// With what each instruction costs for the largest batch, and all together.
impl<T> fmt::Display for Program<T> {
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
            Action::Product { product, left, right, bias, activation } => {
                write!(f, "{}({left}, {right})", Op::MatMul(*product))?;
                if let Some(bias) = bias {
                    write!(f, " + {bias}")?;
                }
                activation.map_or(Ok(()), |op| write!(f, " → {op}"))
            }
            Action::Chain(steps) => {
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
            Action::Call(op, operands) => {
                let operands: Vec<String> = operands.iter().map(Operand::to_string).collect();
                write!(f, "{op}({})", operands.join(", "))
            }
            Action::Copy(source) => write!(f, "{source}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Operand(operand) => operand.fmt(f),
            Reference::Register(position) => write!(f, "r{position}"),
        }
    }
}
