//! Compilation of a graph to instructions: liveness, fusion, memory layout.

use super::plan::Arena;
use super::{Action, Cost, Instruction, Operand, Place, Program, Reference, STEPS_MAX, Step};
use crate::Element;
use crate::aligned::Aligned;
use crate::graph::{Graph, Node, Source};
use crate::op::Op;

pub(super) fn compile<T: Element>(graph: &Graph, outputs: &[Node], batch_max: usize) -> Program<T> {
    let groups = Groups::new(graph, outputs);
    let mut layout = Layout::new(graph, outputs, batch_max);
    let roots: Vec<Node> = graph.nodes().filter(|&node| groups.is_root(node)).collect();
    let last_use = last_uses(graph, &groups, &roots);

    let mut instructions = Vec::with_capacity(roots.len() + outputs.len());
    for (position, &root) in roots.iter().enumerate() {
        let output = layout.result(root, position, last_use[root.index()].unwrap_or(position));
        let action = groups.action(graph, root, &layout);
        let cost = Cost {
            operations: groups.operations(graph, root, batch_max),
            bytes: bytes::<T>(&action, output, batch_max),
        };
        instructions.push(Instruction { action, output, cost });
    }
    for (&node, &output) in outputs.iter().zip(&layout.outputs) {
        let source = layout.operand(node);
        if source != output {
            let action = Action::Copy(source);
            let cost = Cost { operations: 0, bytes: bytes::<T>(&action, output, batch_max) };
            instructions.push(Instruction { action, output, cost });
        }
    }

    let mut arena = Aligned::new(layout.arena.size());
    for &(operand, value) in &layout.constants {
        let Place::Arena(start) = operand.place else { unreachable!("constants are in the arena") };
        arena[start..start + operand.shape.count(batch_max)].fill(T::from_f64(value));
    }
    Program {
        inputs: graph.inputs().iter().map(|&input| graph.shape(input)).collect(),
        parameter_count: graph.parameter_count(),
        outputs: layout.outputs,
        outputs_end: layout.outputs_end,
        instructions,
        arena,
        batch_max,
        batch: 0,
    }
}

/// Returns the bytes that an instruction reads and writes.
fn bytes<T>(action: &Action, output: Operand, batch: usize) -> u64 {
    let operands = action.operands();
    let elements: usize = operands.iter().chain([&output]).map(|operand| operand.shape.count(batch)).sum();
    elements as u64 * size_of::<T>() as u64
}

/// Which nodes are needed, and which are fused into the instruction of another.
struct Groups {
    /// How many needed nodes and outputs read each node; 0 for dead nodes.
    readers: Vec<usize>,
    /// The node into whose instruction a node is fused, if any.
    absorbed_by: Vec<Option<Node>>,
    is_operation: Vec<bool>,
}

impl Groups {
    fn new(graph: &Graph, outputs: &[Node]) -> Groups {
        let mut readers = vec![0; graph.len()];
        for output in outputs {
            readers[output.index()] += 1;
        }
        // Outputs are never fused into other instructions.
        let is_output: Vec<bool> = readers.iter().map(|&count| count > 0).collect();
        for node in graph.nodes().rev() {
            if let (1.., Source::Op(_, inputs)) = (readers[node.index()], graph.source(node)) {
                inputs.iter().for_each(|input| readers[input.index()] += 1);
            }
        }
        let is_operation = graph.nodes().map(|node| matches!(graph.source(node), Source::Op(..))).collect();
        let mut groups = Groups { readers, absorbed_by: vec![None; graph.len()], is_operation };
        groups.join_products(graph, &is_output);
        groups.join_chains(graph, &is_output);
        groups
    }

    /// Fuses product, bias and activation: computed by the instruction of the last of them.
    fn join_products(&mut self, graph: &Graph, is_output: &[bool]) {
        let joins = |groups: &Groups, node: Node| groups.readers[node.index()] == 1 && !is_output[node.index()];
        for node in graph.nodes() {
            let Source::Op(Op::AddRow(_), inputs) = graph.source(node) else { continue };
            let is_product = matches!(graph.source(inputs[0]), Source::Op(Op::MatMul(_), _));
            if self.readers[node.index()] > 0 && is_product && joins(self, inputs[0]) {
                self.absorbed_by[inputs[0].index()] = Some(node);
            }
        }
        for node in graph.nodes() {
            let Source::Op(op, inputs) = graph.source(node) else { continue };
            let [input] = inputs[..] else { continue };
            let has_product = match graph.source(input) {
                Source::Op(Op::AddRow(_), inner) => self.absorbed_by[inner[0].index()] == Some(input),
                _ => false,
            };
            if self.readers[node.index()] > 0 && op.is_elementwise() && has_product && joins(self, input) {
                self.absorbed_by[input.index()] = Some(node);
            }
        }
    }

    /// Fuses an elementwise operation with a single elementwise reader into that reader's instruction; and so a
    /// product, but no more than one.
    fn join_chains(&mut self, graph: &Graph, is_output: &[bool]) {
        let mut steps = vec![1; graph.len()];
        let mut follows_product = vec![false; graph.len()];
        for node in graph.nodes() {
            if self.readers[node.index()] == 0 || !self.is_chain(graph, node) {
                continue;
            }
            let Source::Op(op, inputs) = graph.source(node) else { continue };
            if !op.is_elementwise() {
                continue; // What is filled or spread is a single number, not an element.
            }
            for &input in inputs {
                let is_product = self.is_product(graph, input);
                let brings_product = is_product || follows_product[input.index()];
                let steps_of_input = if is_product { 0 } else { steps[input.index()] };
                let joins = self.readers[input.index()] == 1
                    && !is_output[input.index()]
                    && (is_product || self.is_chain(graph, input))
                    && graph.shape(input) == graph.shape(node)
                    && !(brings_product && follows_product[node.index()])
                    && steps[node.index()] + steps_of_input <= STEPS_MAX;
                if joins {
                    self.absorbed_by[input.index()] = Some(node);
                    steps[node.index()] += steps_of_input;
                    follows_product[node.index()] |= brings_product;
                }
            }
        }
    }

    /// Is it a product, or its fused bias or activation?
    fn is_product(&self, graph: &Graph, node: Node) -> bool {
        let Source::Op(op, inputs) = graph.source(node) else { return false };
        match op {
            Op::MatMul(_) => true,
            Op::AddRow(_) => self.is_absorbed_by(inputs[0], node),
            _ => self.ends_product(graph, node),
        }
    }

    /// Is it the activation of a product with a bias?
    fn ends_product(&self, graph: &Graph, node: Node) -> bool {
        let Source::Op(op, inputs) = graph.source(node) else { return false };
        let [input] = inputs[..] else { return false };
        let is_bias = matches!(graph.source(input), Source::Op(Op::AddRow(_), _));
        op.is_elementwise() && is_bias && self.is_absorbed_by(input, node)
    }

    /// Can the node be a step of a chain?
    fn is_chain(&self, graph: &Graph, node: Node) -> bool {
        let Source::Op(op, _) = graph.source(node) else { return false };
        (op.is_elementwise() && !self.ends_product(graph, node)) || matches!(op, Op::Fill(_) | Op::Spread(_))
    }

    /// Does the node have an instruction of its own?
    fn is_root(&self, node: Node) -> bool {
        self.readers[node.index()] > 0 && self.absorbed_by[node.index()].is_none() && self.is_operation[node.index()]
    }

    fn is_absorbed_by(&self, node: Node, reader: Node) -> bool {
        self.absorbed_by[node.index()] == Some(reader)
    }

    /// Passes what the instruction of `root` reads from elsewhere.
    fn reads(&self, graph: &Graph, root: Node, read: &mut impl FnMut(Node)) {
        if let Source::Op(_, inputs) = graph.source(root) {
            for &input in inputs {
                if self.is_absorbed_by(input, root) {
                    self.reads(graph, input, read);
                } else {
                    read(input);
                }
            }
        }
    }

    /// The floating-point operations of the instruction of `root`.
    fn operations(&self, graph: &Graph, root: Node, batch: usize) -> u64 {
        let Source::Op(_, inputs) = graph.source(root) else { return 0 };
        let absorbed: Vec<Node> = inputs.iter().copied().filter(|&node| self.is_absorbed_by(node, root)).collect();
        let below: u64 = absorbed.iter().map(|&node| self.operations(graph, node, batch)).sum();
        graph.node_cost(root, batch) + below
    }

    fn action(&self, graph: &Graph, root: Node, layout: &Layout<'_>) -> Action {
        let Source::Op(op, inputs) = graph.source(root) else { unreachable!("a root is an operation") };
        if self.is_chain(graph, root) {
            let mut chain = Vec::new();
            self.steps(graph, root, layout, &mut chain);
            return match self.product_in(graph, root).map(|product| self.action(graph, product, layout)) {
                Some(Action::Product { product, left, right, bias, activation, .. }) => {
                    Action::Product { product, left, right, bias, activation, steps: chain }
                }
                _ => Action::Chain(chain),
            };
        }
        match op {
            Op::MatMul(product) => Action::Product {
                product: *product,
                left: layout.operand(inputs[0]),
                right: layout.operand(inputs[1]),
                bias: None,
                activation: None,
                steps: Vec::new(),
            },
            Op::AddRow(_) if self.is_absorbed_by(inputs[0], root) => match self.action(graph, inputs[0], layout) {
                Action::Product { product, left, right, activation, steps, .. } => {
                    let bias = Some(layout.operand(inputs[1]));
                    Action::Product { product, left, right, bias, activation, steps }
                }
                other => unreachable!("a bias follows a product, not {other:?}"),
            },
            op if op.is_elementwise() => match self.action(graph, inputs[0], layout) {
                Action::Product { product, left, right, bias, steps, .. } => {
                    Action::Product { product, left, right, bias, activation: Some(*op), steps }
                }
                other => unreachable!("an activation follows a product, not {other:?}"),
            },
            op => Action::Call(*op, inputs.iter().map(|&input| layout.operand(input)).collect()),
        }
    }

    /// Returns the product that is fused with a chain.
    fn product_in(&self, graph: &Graph, node: Node) -> Option<Node> {
        let Source::Op(_, inputs) = graph.source(node) else { return None };
        let absorbed = inputs.iter().copied().filter(|&input| self.is_absorbed_by(input, node));
        absorbed.into_iter().find_map(|input| match self.is_product(graph, input) {
            true => Some(input),
            false => self.product_in(graph, input),
        })
    }

    /// Appends the steps that compute `node`, after those of its inputs.
    fn steps(&self, graph: &Graph, node: Node, layout: &Layout<'_>, steps: &mut Vec<Step>) {
        let Source::Op(op, inputs) = graph.source(node) else { unreachable!("a step is an operation") };
        let mut references = [None; 2];
        for (reference, &input) in references.iter_mut().zip(inputs) {
            *reference = Some(if !self.is_absorbed_by(input, node) {
                Reference::Operand(layout.operand(input))
            } else if self.is_product(graph, input) {
                Reference::Product
            } else {
                self.steps(graph, input, layout, steps);
                Reference::Register(steps.len() - 1)
            });
        }
        let left = references[0].expect("an operation has an input");
        steps.push(Step { op: *op, left, right: references[1].unwrap_or(left) });
    }
}

/// For each node, the last instruction that reads it.
fn last_uses(graph: &Graph, groups: &Groups, roots: &[Node]) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.len()];
    for (position, &root) in roots.iter().enumerate() {
        groups.reads(graph, root, &mut |node| last[node.index()] = Some(position));
    }
    last
}

/// Memory layout: outputs first, contiguous, then constants, then shared memory.
struct Layout<'a> {
    graph: &'a Graph,
    batch_max: usize,
    places: Vec<Option<Place>>,
    outputs: Vec<Operand>,
    outputs_end: usize,
    constants: Vec<(Operand, f64)>,
    arena: Arena,
}

impl<'a> Layout<'a> {
    fn new(graph: &'a Graph, outputs: &[Node], batch_max: usize) -> Layout<'a> {
        let mut places = vec![None; graph.len()];
        let mut end = 0_usize;
        let mut output_operands = Vec::with_capacity(outputs.len());
        for &node in outputs {
            let shape = graph.shape(node);
            let place = Place::Arena(end);
            output_operands.push(Operand::new(place, shape));
            if matches!(graph.source(node), Source::Op(..)) && places[node.index()].is_none() {
                places[node.index()] = Some(place);
            }
            end = end.checked_add(shape.count(batch_max)).expect("outputs fit into memory");
        }
        let mut arena = Arena::new(end);
        let mut constants = Vec::new();
        for node in graph.nodes() {
            let shape = graph.shape(node);
            match graph.source(node) {
                Source::Input(index) => places[node.index()] = Some(Place::Input(*index)),
                Source::Parameter(start) => places[node.index()] = Some(Place::Parameter(*start)),
                Source::Constant(value) => {
                    let place = Place::Arena(arena.place(shape.count(batch_max), 0, usize::MAX));
                    places[node.index()] = Some(place);
                    constants.push((Operand::new(place, shape), *value));
                }
                Source::Op(..) => {}
            }
        }
        Layout { graph, batch_max, places, outputs: output_operands, outputs_end: end, constants, arena }
    }

    /// Returns the place of the result of the instruction at `position`.
    fn result(&mut self, node: Node, position: usize, last_use: usize) -> Operand {
        let shape = self.graph.shape(node);
        if self.places[node.index()].is_none() {
            let start = self.arena.place(shape.count(self.batch_max), position, last_use);
            self.places[node.index()] = Some(Place::Arena(start));
        }
        self.operand(node)
    }

    fn operand(&self, node: Node) -> Operand {
        let place = self.places[node.index()].expect("inputs are placed before what reads them");
        Operand::new(place, self.graph.shape(node))
    }
}
