//! Laws of whole graphs: random ones of up to 30 operations, each taken from the list with inputs that suit it.

use super::{Numbers, close};
use pipewright_tensor::op::{Differentiable, Domain, Op, Sample, SampleInput, Sides};
use pipewright_tensor::{Graph, Node, Program, Shape, Values, interpret};
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A graph with its loss, and the numbers to run it with.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) graph: Graph,
    pub(crate) loss: Node,
    pub(crate) batch: usize,
    pub(crate) inputs: Vec<Vec<f64>>,
    pub(crate) parameters: Vec<f64>,
    /// What the loss is differentiated by, inputs and parameters.
    pub(crate) leaves: Vec<Node>,
    /// The results of the operations.
    pub(crate) results: Vec<Node>,
    /// How many of them no other operation reads.
    ends: usize,
    /// The values of all nodes, while the graph is made.
    values: Values<f64>,
}

/// No number of a graph is larger, so that neither precision is lost by its size.
const LARGEST: f64 = 30.0;
/// How far from a kink or a pole every number stays.
const MARGIN: f64 = 0.02;

impl Case {
    fn new(operations: usize, batch: usize, samples: &[Sample], seed: u64) -> Case {
        let mut graph = Graph::new();
        let loss = graph.constant(Shape::SCALAR, 0.0);
        let values = interpret(&graph, batch, &[], &[]);
        let (inputs, parameters, leaves, results) = Default::default();
        let mut case = Case { graph, loss, batch, inputs, parameters, leaves, results, ends: 0, values };
        let mut numbers = Numbers(seed);
        let mut is_used = Vec::new();
        let mut attempts = 0;
        while case.results.len() < operations && attempts < 100 * operations {
            attempts += 1;
            let sample = &samples[(numbers.unit() * samples.len() as f64) as usize];
            case.record(sample, &mut is_used, &mut numbers);
        }
        // The loss is the sum of the means of what nothing reads.
        let ends: Vec<Node> =
            case.results.iter().copied().zip(&is_used).filter(|(_, used)| !**used).map(|(node, _)| node).collect();
        case.ends = ends.len();
        for end in ends {
            let mean = case.graph.mean(end);
            case.loss = case.graph.add(case.loss, mean);
        }
        case
    }

    /// Records an operation on results that suit it, or on new inputs and parameters where none does; leaves it out if
    /// its result is too large.
    fn record(&mut self, sample: &Sample, is_used: &mut Vec<bool>, numbers: &mut Numbers) {
        let suiting: Vec<Vec<Node>> = sample.inputs.iter().map(|input| self.suiting(input)).collect();
        // An operation on leaves alone is seldom what makes a graph deep.
        let is_deep = suiting.iter().flatten().any(|node| self.results.contains(node));
        if !is_deep && numbers.unit() < 0.95 {
            return;
        }
        let kept = self.clone_parts();
        let mut nodes = Vec::new();
        for (input, suiting) in sample.inputs.iter().zip(&suiting) {
            let results: Vec<Node> = suiting.iter().copied().filter(|node| self.results.contains(node)).collect();
            let place = |node: &Node| self.results.iter().position(|result| result == node);
            let is_end = |node: &Node| place(node).is_some_and(|place| !is_used[place]);
            let ends: Vec<Node> = results.iter().copied().filter(is_end).collect();
            let choice =
                [ends, results, suiting.clone()].into_iter().find(|nodes| !nodes.is_empty() && numbers.unit() < 0.9);
            let node = match choice {
                Some(nodes) => nodes[(numbers.unit() * nodes.len() as f64) as usize],
                None => self.leaf(input, numbers),
            };
            nodes.push(node);
        }
        let distinct = sample.inputs.iter().filter(|input| matches!(input.domain, Domain::Distinct(_))).count();
        let result = self.graph.apply(sample.op, &nodes);
        let values = self.run(&self.inputs, &self.parameters);
        let is_small = values.get(result).iter().all(|value| value.abs() < LARGEST);
        let is_apart = distinct < 2
            || values.get(nodes[0]).iter().zip(values.get(nodes[1])).all(|(left, right)| (left - right).abs() > MARGIN);
        if !is_small || !is_apart {
            self.restore(kept);
            return;
        }
        for node in nodes {
            if let Some(place) = self.results.iter().position(|&result| result == node) {
                is_used[place] = true;
            }
        }
        self.values = values;
        self.results.push(result);
        is_used.push(false);
    }

    /// What is there already and suits an input.
    fn suiting(&self, input: &SampleInput) -> Vec<Node> {
        let known = self.results.iter().chain(&self.leaves).copied();
        let suits =
            |node: &Node| self.graph.shape(*node) == input.shape && suits(input, self.values.get(*node), self.batch);
        if is_data(input) { Vec::new() } else { known.filter(suits).collect() }
    }

    /// A new input, or a new parameter where the shape is fixed.
    fn leaf(&mut self, input: &SampleInput, numbers: &mut Numbers) -> Node {
        let values: Vec<f64> = numbers.values(input, self.batch).iter().map(|&value| f64::from(value as f32)).collect();
        let [rows, columns] = input.shape.resolve(self.batch);
        let node = if input.shape == Shape::fixed(rows, columns) {
            self.parameters.extend(values);
            self.graph.parameter(rows, columns)
        } else {
            self.inputs.push(values);
            self.graph.input_of(input.shape)
        };
        if !is_data(input) {
            self.leaves.push(node);
        }
        node
    }

    fn clone_parts(&self) -> (Graph, Vec<Vec<f64>>, Vec<f64>, Vec<Node>) {
        (self.graph.clone(), self.inputs.clone(), self.parameters.clone(), self.leaves.clone())
    }

    fn restore(&mut self, parts: (Graph, Vec<Vec<f64>>, Vec<f64>, Vec<Node>)) {
        (self.graph, self.inputs, self.parameters, self.leaves) = parts;
    }

    pub(crate) fn run(&self, inputs: &[Vec<f64>], parameters: &[f64]) -> Values<f64> {
        let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        interpret(&self.graph, self.batch, &inputs, parameters)
    }

    /// The slope of the loss along a direction, by two steps of difference quotients and what they tend to; nothing
    /// where they differ so much that it is not known well.
    fn slope(&self, direction: &[Vec<f64>]) -> Option<f64> {
        let moved = |step: f64| {
            let (mut inputs, mut parameters) = (self.inputs.clone(), self.parameters.clone());
            let mut start = 0;
            for (&parameter, along) in self.graph.parameters().iter().zip(&direction[inputs.len()..]) {
                let count = self.graph.shape(parameter).count(self.batch);
                parameters[start..start + count]
                    .iter_mut()
                    .zip(along)
                    .for_each(|(value, along)| *value += step * along);
                start += count;
            }
            for (input, along) in inputs.iter_mut().zip(direction) {
                input.iter_mut().zip(along).for_each(|(value, along)| *value += step * along);
            }
            self.run(&inputs, &parameters).get(self.loss)[0]
        };
        let quotient = |step: f64| (moved(step) - moved(-step)) / (2.0 * step);
        let (coarse, fine) = (quotient(2e-4), quotient(1e-4));
        close(coarse, fine, 1e-4).then_some((4.0 * fine - coarse) / 3.0)
    }
}

/// Is an input data that the operation has a slope along, though none that it tells?
fn is_data(input: &SampleInput) -> bool {
    input.differentiable == Differentiable::No
        && matches!(input.domain, Domain::Unit | Domain::Distribution | Domain::Index(_))
}

/// Do values lie in the domain of an input, away from its edges?
fn suits(input: &SampleInput, values: &[f64], batch: usize) -> bool {
    let [_, columns] = input.shape.resolve(batch);
    match input.domain {
        Domain::Any => values.iter().all(|value| value.abs() <= 4.0),
        Domain::NonZero => values.iter().all(|value| (0.1..=4.0).contains(&value.abs())),
        Domain::Positive => values.iter().all(|value| (0.1..=4.0).contains(value)),
        Domain::Unit | Domain::Distribution | Domain::Index(_) => false,
        Domain::Distinct(_) => values.chunks(columns.max(1)).all(|row| {
            row.iter().enumerate().all(|(place, left)| row[..place].iter().all(|right| (left - right).abs() > MARGIN))
        }),
    }
}

static CASES: AtomicUsize = AtomicUsize::new(0);
static REJECTED: AtomicUsize = AtomicUsize::new(0);
static OPERATIONS: AtomicUsize = AtomicUsize::new(0);
static ENDS: AtomicUsize = AtomicUsize::new(0);

fn case() -> impl Strategy<Value = Case> {
    (1_usize..=30, 1_usize..5, 1_usize..4, 1_usize..4, any::<u64>()).prop_map(
        |(operations, batch, columns, inner, seed)| {
            Case::new(operations, batch, &Op::samples(Sides { columns, inner }), seed)
        },
    )
}

/// Graphs of few operations whose results have rows of the batch, which often stay apart.
fn rows_apart() -> impl Strategy<Value = Case> {
    (1_usize..=12, 1_usize..5, 1_usize..4, 1_usize..4, any::<u64>()).prop_map(
        |(operations, batch, columns, inner, seed)| {
            let mut samples = Op::samples(Sides { columns, inner });
            samples.retain(|sample| {
                let shapes: Vec<Shape> = sample.inputs.iter().map(|input| input.shape).collect();
                let rows = |batch: usize| sample.op.shape(&shapes).expect("a sample fits").resolve(batch)[0];
                rows(1) != rows(2)
            });
            Case::new(operations, batch, &samples, seed)
        },
    )
}

static BY_ROW: AtomicUsize = AtomicUsize::new(0);

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The gradient along a random direction is the slope.
    fn check_gradients(case in case(), seed: u64) {
        let mut case = case;
        let mut numbers = Numbers(seed);
        let leaves = case.leaves.clone();
        let gradients = case.graph.gradients(case.loss, &leaves);
        let nodes: Vec<Node> = case.graph.inputs().iter().chain(case.graph.parameters()).copied().collect();
        let direction: Vec<Vec<f64>> = nodes.iter().map(|node| {
            let is_leaf = leaves.contains(node);
            let count = case.graph.shape(*node).count(case.batch);
            (0..count).map(|_| if is_leaf { 2.0 * numbers.unit() - 1.0 } else { 0.0 }).collect()
        }).collect();
        CASES.fetch_add(1, Ordering::Relaxed);
        OPERATIONS.fetch_add(case.results.len(), Ordering::Relaxed);
        ENDS.fetch_add(case.ends, Ordering::Relaxed);
        match case.slope(&direction) {
            None => {
                REJECTED.fetch_add(1, Ordering::Relaxed);
            }
            Some(slope) => {
                let values = case.run(&case.inputs, &case.parameters);
                let found: f64 = nodes.iter().zip(&direction).filter_map(|(node, along)| {
                    let place = leaves.iter().position(|leaf| leaf == node)?;
                    Some(values.get(gradients[place]).iter().zip(along).map(|(g, u)| g * u).sum::<f64>())
                }).sum();
                prop_assert!(close(found, slope, 1e-6), "{found} is not {slope}\n{}", case.graph);
            }
        }
    }

    /// A program agrees with the interpreter bit for bit, and single precision with double.
    #[test]
    fn programs_of_random_graphs_agree_with_the_interpreter(case in case()) {
        let mut case = case;
        let leaves = case.leaves.clone();
        let gradients = case.graph.gradients(case.loss, &leaves);
        let outputs: Vec<Node> = [case.loss].into_iter().chain(case.results.iter().copied()).chain(gradients).collect();
        let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
        let parameters = single(&case.parameters);
        let inputs: Vec<Vec<f32>> = case.inputs.iter().map(|input| single(input)).collect();
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let mut program = Program::<f32>::new(&case.graph, &outputs, case.batch + 1);
        program.run(case.batch, &inputs, &parameters);
        let values = interpret(&case.graph, case.batch, &inputs, &parameters);
        let doubles = case.run(&case.inputs, &case.parameters);
        for (index, &output) in outputs.iter().enumerate() {
            let pairs = program.output(index).iter().zip(values.get(output));
            for ((found, wanted), &double) in pairs.zip(doubles.get(output)) {
                prop_assert_eq!(found.to_bits(), wanted.to_bits(), "{}\n{}\n{}", output, case.graph, program);
                // What is compared are results; a gradient may be as steep as it likes.
                let is_near = index > case.results.len() || close(f64::from(*found), double, 2e-3);
                prop_assert!(is_near, "{output}: {found} is far from {double}\n{}", case.graph);
            }
        }
    }

    /// Where there are gradients by row, they sum to the gradients.
    fn check_gradients_by_row(case in rows_apart()) {
        let mut case = case;
        let parameters: Vec<Node> = case.graph.parameters().to_vec();
        for parameter in parameters.into_iter().filter(|node| case.leaves.contains(node)) {
            let whole = case.graph.gradients(case.loss, &[parameter])[0];
            let Ok(rows) = case.graph.row_gradients(case.loss, &[parameter]) else { continue };
            BY_ROW.fetch_add(1, Ordering::Relaxed);
            let values = case.run(&case.inputs, &case.parameters);
            let (wanted, found) = (values.get(whole), values.get(rows[0]));
            prop_assert_eq!(found.len(), case.batch * wanted.len());
            for (place, &sum) in wanted.iter().enumerate() {
                let found: f64 = found.iter().skip(place).step_by(wanted.len()).sum();
                prop_assert!(close(found, sum, 1e-9), "{found} is not {sum}\n{}", case.graph);
            }
        }
    }

    /// A simplified graph gives the same bits, in either precision.
    #[test]
    fn simplified_graphs_keep_their_bits(case in case()) {
        let mut case = case;
        let leaves = case.leaves.clone();
        let gradients = case.graph.gradients(case.loss, &leaves);
        let results = case.results.iter().copied().take(3);
        let outputs: Vec<Node> = [case.loss].into_iter().chain(gradients).chain(results).collect();
        super::derived::check_simplified(&case.graph, &outputs, case.batch, &case.inputs, &case.parameters)?;
    }
}

/// Few graphs have slopes that are not known well, and they are of some size.
#[test]
fn gradients_of_random_graphs_are_slopes() {
    check_gradients();
    let [cases, rejected, operations, ends] =
        [&CASES, &REJECTED, &OPERATIONS, &ENDS].map(|counter| counter.load(Ordering::Relaxed));
    println!(
        "{rejected} of {cases} random graphs rejected ({:.1} %); {operations} operations, {ends} of them ends",
        100.0 * rejected as f64 / cases as f64
    );
    assert!(5 * rejected < cases, "{rejected} of {cases} rejected");
    assert!(operations > 10 * cases && 2 * ends < operations, "{operations} operations, {ends} ends");
}

#[test]
fn gradients_by_row_of_random_graphs_sum_to_gradients() {
    check_gradients_by_row();
    let compared = BY_ROW.load(Ordering::Relaxed);
    println!("{compared} gradients compared");
    assert!(compared > 10, "{compared} gradients by row");
}
