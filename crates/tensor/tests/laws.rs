//! Laws of every operation, tested for the whole list of operations: a new one needs no test of its own.

#[path = "laws/derived.rs"]
mod derived;
#[path = "laws/random.rs"]
mod random;

use pipewright_tensor::op::{Differentiable, Domain, Op, Sample, SampleInput, Sides};
use pipewright_tensor::{Graph, Node, Program, Shape, interpret};
use proptest::prelude::*;

/// Numbers from a seed, for inputs (a linear congruential generator: the tests need no better).
struct Numbers(u64);

impl Numbers {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Values in the domain of an input, over a batch.
    fn values(&mut self, input: &SampleInput, batch: usize) -> Vec<f64> {
        let [rows, columns] = input.shape.resolve(batch);
        if let Domain::Distinct(class) = input.domain {
            return (0..rows).flat_map(|_| self.distinct(class, columns)).collect();
        }
        let mut values: Vec<f64> = (0..rows * columns)
            .map(|_| {
                let unit = self.unit();
                match input.domain {
                    Domain::Any => 4.0 * unit - 2.0,
                    Domain::NonZero => (0.2 + 1.8 * unit) * if self.unit() < 0.5 { -1.0 } else { 1.0 },
                    Domain::Positive => 0.2 + 1.8 * unit,
                    Domain::Unit => unit,
                    Domain::Distribution => 0.1 + unit,
                    Domain::Index(end) => (unit * end as f64).floor(),
                    Domain::Distinct(_) => unreachable!("distinct numbers are made row by row"),
                }
            })
            .collect();
        if input.domain == Domain::Distribution && columns > 0 {
            for row in values.chunks_exact_mut(columns) {
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|value| *value /= sum);
            }
        }
        values
    }

    /// A row of [`Domain::Distinct`]: levels without repetition, a little moved.
    fn distinct(&mut self, class: usize, columns: usize) -> Vec<f64> {
        let mut levels: Vec<usize> = (0..columns + 2).collect();
        for place in 0..columns {
            let other = place + (self.unit() * (levels.len() - place) as f64) as usize;
            levels.swap(place, other);
        }
        let middle = columns as f64 / 2.0;
        levels[..columns]
            .iter()
            .map(|&level| 0.4 * (level as f64 - middle) + 0.2 * class as f64 + 0.05 * self.unit())
            .collect()
    }
}

/// A sample as a graph: Σ weight · op(inputs), with inputs as parameters where that is possible.
///
/// Parameters cannot have the batch's rows, so the batch is made part of the shapes.
struct Scalar {
    graph: Graph,
    parameters: Vec<f64>,
    wanted: Vec<Node>,
    result: Node,
    loss: Node,
}

impl Scalar {
    /// The slope of a node along one number of the parameters, as a difference quotient.
    fn slope(&self, place: usize, of: Node, batch: usize) -> f64 {
        let step = 1e-5;
        let at = |offset: f64| {
            let mut parameters = self.parameters.clone();
            parameters[place] += offset;
            interpret(&self.graph, batch, &[], &parameters).get(of)[0]
        };
        (at(step) - at(-step)) / (2.0 * step)
    }
}

/// The operation and the sample's shapes with `batch` rows fixed.
fn fixed(sample: &Sample, batch: usize) -> (Op, Vec<[usize; 2]>) {
    let shapes = sample.inputs.iter().map(|input| input.shape.resolve(batch)).collect();
    (sample.op.with_batch(batch), shapes)
}

fn scalar(sample: &Sample, batch: usize, numbers: &mut Numbers) -> Scalar {
    let (op, shapes) = fixed(sample, batch);
    let mut graph = Graph::new();
    let inputs: Vec<Node> = shapes.iter().map(|&[rows, columns]| graph.parameter(rows, columns)).collect();
    let mut parameters: Vec<f64> = Vec::new();
    for input in &sample.inputs {
        parameters.extend(numbers.values(input, batch));
    }
    let result = graph.apply(op, &inputs);
    let [rows, columns] = graph.shape(result).resolve(batch);
    let weights = graph.parameter(rows, columns);
    parameters.extend((0..rows * columns).map(|_| 2.0 * numbers.unit() - 1.0));
    let weighted = graph.multiply(result, weights);
    let loss = graph.sum(weighted);
    Scalar { graph, parameters, wanted: inputs, result, loss }
}

/// Of all operations, or of those whose name holds what `PIPEWRIGHT_ONLY` says.
#[allow(clippy::disallowed_methods)]
fn samples(columns: usize, inner: usize) -> Vec<Sample> {
    let only = std::env::var("PIPEWRIGHT_ONLY").unwrap_or_default();
    let mut samples = Op::samples(Sides { columns, inner });
    samples.retain(|sample| sample.op.name().contains(&only));
    samples
}

/// Those that fit when the batch is a number: without rows, a stack of a matrix for each row has lost its matrices'
/// sides.
fn samples_of(batch: usize, columns: usize, inner: usize) -> Vec<Sample> {
    let mut samples = samples(columns, inner);
    samples.retain(|sample| {
        let (op, shapes) = fixed(sample, batch);
        let shapes: Vec<Shape> = shapes.iter().map(|&[rows, columns]| Shape::fixed(rows, columns)).collect();
        batch > 0 || op.shape(&shapes).is_ok()
    });
    samples
}

fn close(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance * (1.0 + left.abs().max(right.abs()))
}

/// The gradients of the mean of an operation with respect to two of its inputs, which may be one node.
fn contributions(op: Op, shapes: &[[usize; 2]], at: &[Vec<f64>], pair: [usize; 2], is_shared: bool) -> Vec<Vec<f64>> {
    let mut graph = Graph::new();
    let mut nodes: Vec<Node> = shapes.iter().map(|&[rows, columns]| graph.parameter(rows, columns)).collect();
    if is_shared {
        nodes[pair[1]] = nodes[pair[0]];
    }
    let result = graph.apply(op, &nodes);
    let loss = graph.mean(result);
    let gradients = graph.gradients(loss, &pair.map(|index| nodes[index]));
    let values = interpret(&graph, 1, &[], &at.concat());
    gradients.iter().map(|&node| values.get(node).to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The gradient is the slope: (f(x + h) − f(x − h)) / 2h for every element of every input.
    #[test]
    fn gradients_are_slopes(batch in 0_usize..4, columns in 1_usize..5, inner in 1_usize..4, seed: u64) {
        for sample in samples_of(batch, columns, inner) {
            let mut numbers = Numbers(seed);
            let mut scalar = scalar(&sample, batch, &mut numbers);
            let gradients = scalar.graph.gradients(scalar.loss, &scalar.wanted);
            let values = interpret(&scalar.graph, batch, &[], &scalar.parameters);
            let mut start = 0;
            for (index, (&node, &gradient)) in scalar.wanted.iter().zip(&gradients).enumerate() {
                let count = scalar.graph.shape(node).count(batch);
                prop_assert_eq!(scalar.graph.shape(node), scalar.graph.shape(gradient));
                let is_differentiable = sample.inputs[index].differentiable == Differentiable::Yes;
                for element in 0..count {
                    let found = values.get(gradient)[element];
                    if !is_differentiable {
                        prop_assert_eq!(found, 0.0, "{} has no gradient for input {}", sample.op, index);
                        continue;
                    }
                    let slope = scalar.slope(start + element, scalar.loss, batch);
                    // A distribution's neighbours are none, but targets are data: no slope is taken there.
                    prop_assert!(close(found, slope, 1e-6), "{}, input {index}: {found} is not {slope}", sample.op);
                }
                start += count;
            }
        }
    }

    /// Gradients are graph: the gradient of a weighted sum of the gradient is the slope of that sum.
    #[test]
    fn gradients_of_gradients_are_slopes(batch in 1_usize..4, columns in 1_usize..4, inner in 1_usize..3, seed: u64) {
        for sample in samples(columns, inner) {
            let mut numbers = Numbers(seed);
            let mut scalar = scalar(&sample, batch, &mut numbers);
            let pairs = scalar.wanted.iter().copied().zip(&sample.inputs);
            let pairs = pairs.filter(|(_, input)| input.differentiable == Differentiable::Yes);
            let wanted: Vec<Node> = pairs.map(|(node, _)| node).collect();
            let gradients = scalar.graph.gradients(scalar.loss, &wanted);
            let mut total = scalar.graph.constant(Shape::SCALAR, 0.0);
            for gradient in gradients {
                let [rows, columns] = scalar.graph.shape(gradient).resolve(batch);
                let weights = scalar.graph.parameter(rows, columns);
                scalar.parameters.extend((0..rows * columns).map(|_| 2.0 * numbers.unit() - 1.0));
                let weighted = scalar.graph.multiply(gradient, weights);
                let sum = scalar.graph.sum(weighted);
                total = scalar.graph.add(total, sum);
            }
            let second = scalar.graph.gradients(total, &wanted);
            let values = interpret(&scalar.graph, batch, &[], &scalar.parameters);
            let mut start = 0;
            for node in scalar.wanted.clone() {
                let count = scalar.graph.shape(node).count(batch);
                let Some(place) = wanted.iter().position(|&other| other == node) else {
                    start += count;
                    continue;
                };
                for element in 0..count {
                    let slope = scalar.slope(start + element, total, batch);
                    let found = values.get(second[place])[element];
                    prop_assert!(close(found, slope, 1e-6), "{}: {found} is not {slope}", sample.op);
                }
                start += count;
            }
        }
    }

    /// ⟨v, J·u⟩ = ⟨Jᵀ·v, u⟩, with J·u as a difference quotient along a random direction u.
    #[test]
    fn gradients_are_adjoint(batch in 1_usize..4, columns in 1_usize..5, inner in 1_usize..4, seed: u64) {
        for sample in samples(columns, inner) {
            let mut numbers = Numbers(seed);
            let mut scalar = scalar(&sample, batch, &mut numbers);
            let gradients = scalar.graph.gradients(scalar.loss, &scalar.wanted);
            let values = interpret(&scalar.graph, batch, &[], &scalar.parameters);
            let mut direction = Vec::new();
            for (&node, input) in scalar.wanted.iter().zip(&sample.inputs) {
                let is_differentiable = input.differentiable == Differentiable::Yes;
                let count = scalar.graph.shape(node).count(batch);
                direction.extend((0..count).map(|_| if is_differentiable { 2.0 * numbers.unit() - 1.0 } else { 0.0 }));
            }
            let backward: f64 =
                gradients.iter().flat_map(|&node| values.get(node)).zip(&direction).map(|(g, u)| g * u).sum();
            let moved = |step: f64| {
                let mut parameters = scalar.parameters.clone();
                parameters.iter_mut().zip(&direction).for_each(|(value, u)| *value += step * u);
                interpret(&scalar.graph, batch, &[], &parameters).get(scalar.result).to_vec()
            };
            let weights = &scalar.parameters[direction.len()..];
            let (ahead, behind) = (moved(1e-5), moved(-1e-5));
            let forward: f64 = ahead.iter().zip(&behind).zip(weights).map(|((a, b), v)| v * (a - b) / 2e-5).sum();
            prop_assert!(close(forward, backward, 1e-6), "{}: {forward} is not {backward}", sample.op);
        }
    }

    /// The diamond: where two inputs of an operation are one node, its gradient is the sum of both contributions.
    #[test]
    fn an_input_used_twice_gets_both_contributions(batch in 1_usize..4, columns in 1_usize..4, seed: u64) {
        for sample in samples(columns, columns) {
            let count = sample.inputs.len();
            for (first, second) in (0..count).flat_map(|second| (0..second).map(move |first| (first, second))) {
                let both = [first, second].map(|index| sample.inputs[index]);
                let (op, shapes) = fixed(&sample, batch);
                let is_data = both.iter().any(|input| input.differentiable == Differentiable::No);
                if is_data || shapes[first] != shapes[second] {
                    continue;
                }
                let mut numbers = Numbers(seed);
                let mut at: Vec<Vec<f64>> = sample.inputs.iter().map(|input| numbers.values(input, batch)).collect();
                let width = |input: &&SampleInput| match input.domain {
                    Domain::Positive => 0,
                    Domain::NonZero => 1,
                    _ => 2,
                };
                // The narrower of the two domains suits both.
                let narrower = both.iter().min_by_key(width).expect("two inputs");
                at[first] = numbers.values(narrower, batch);
                at[second] = at[first].clone();
                let shared = contributions(op, &shapes, &at, [first, second], true);
                let apart = contributions(op, &shapes, &at, [first, second], false);
                for (element, &both) in shared[0].iter().enumerate() {
                    prop_assert!(close(both, apart[0][element] + apart[1][element], 1e-12), "{op}");
                }
            }
        }
    }

    /// A program agrees with the interpreter bit for bit: forward and backward, for the largest batch and smaller ones.
    #[test]
    fn programs_agree_with_the_interpreter(batch in 0_usize..40, columns in 1_usize..20, inner in 1_usize..9, seed: u64) {
        for sample in samples(columns, inner) {
            let mut graph = Graph::new();
            let mut numbers = Numbers(seed);
            let batch_max = 40;
            let mut inputs: Vec<Vec<f32>> = Vec::new();
            let mut parameters: Vec<f32> = Vec::new();
            let mut nodes = Vec::new();
            for input in &sample.inputs {
                let values: Vec<f32> = numbers.values(input, batch).iter().map(|&value| value as f32).collect();
                let shape = input.shape;
                let [rows, columns] = shape.resolve(1);
                nodes.push(if shape.count(1) == shape.count(2) {
                    parameters.extend(values);
                    graph.parameter(rows, columns)
                } else {
                    inputs.push(values);
                    graph.input_of(shape)
                });
            }
            let result = graph.apply(sample.op, &nodes);
            let squared = graph.multiply(result, result);
            let loss = graph.mean(squared);
            let gradients = graph.gradients(loss, &nodes);
            let outputs: Vec<Node> = [result, loss, nodes[0]].into_iter().chain(gradients).chain([result]).collect();
            let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            let mut program = Program::<f32>::new(&graph, &outputs, batch_max);
            let values = interpret(&graph, batch, &inputs, &parameters);
            program.run(batch, &inputs, &parameters);
            for (index, &output) in outputs.iter().enumerate() {
                let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
                let (found, wanted) = (bits(program.output(index)), bits(values.get(output)));
                prop_assert_eq!(found, wanted, "{}, output {}\n{}", sample.op, index, program);
            }
        }
    }

    /// Single precision is double precision, rounded: to 1e-4 of the size of the numbers.
    #[test]
    fn single_precision_is_near_double(batch in 0_usize..9, columns in 1_usize..6, inner in 1_usize..6, seed: u64) {
        for sample in samples_of(batch, columns, inner) {
            let scalar = scalar(&sample, batch, &mut Numbers(seed));
            let single: Vec<f32> = scalar.parameters.iter().map(|&value| value as f32).collect();
            let rounded: Vec<f64> = single.iter().map(|&value| f64::from(value)).collect();
            let double = interpret(&scalar.graph, batch, &[], &rounded);
            let single = interpret(&scalar.graph, batch, &[], &single);
            for (&d, &s) in double.get(scalar.result).iter().zip(single.get(scalar.result)) {
                prop_assert!(close(d, f64::from(s), 1e-4), "{}: {d} {s}", sample.op);
            }
        }
    }

    /// The shape rule, the size of the result and the cost belong together.
    #[test]
    fn shape_rules_give_the_real_shape(batch in 0_usize..9, columns in 1_usize..6, inner in 1_usize..6, seed: u64) {
        for sample in samples_of(batch, columns, inner) {
            let shapes: Vec<_> = sample.inputs.iter().map(|input| input.shape).collect();
            let shape = sample.op.shape(&shapes).expect("a sample fits its operation");
            let scalar = scalar(&sample, batch, &mut Numbers(seed));
            prop_assert_eq!(scalar.graph.shape(scalar.result).resolve(batch), shape.resolve(batch));
            let values = interpret(&scalar.graph, batch, &[], &scalar.parameters);
            prop_assert_eq!(values.get(scalar.result).len(), shape.count(batch));
            let resolved: Vec<_> = shapes.iter().map(|shape| shape.resolve(batch)).collect();
            let cost = sample.op.cost(&resolved, shape.resolve(batch));
            prop_assert!(cost > 0 || batch == 0 || shape.count(batch) == 0, "{} costs nothing", sample.op);
        }
    }
}

/// A network's graph with every kind of join, against the interpreter.
#[test]
fn a_network_agrees_with_the_interpreter() {
    for activation in 0..4 {
        let mut graph = Graph::new();
        let x = graph.input(7);
        let y = graph.input(1);
        let mut values = x;
        let widths = [7, 19, 5, 1];
        for (layer, pair) in widths.windows(2).enumerate() {
            let kernel = graph.parameter(pair[0], pair[1]);
            let bias = graph.parameter(1, pair[1]);
            let product = graph.matmul(values, kernel);
            let sums = graph.add_row(product, bias);
            values = match (activation, layer) {
                (_, 2) | (0, _) => sums,
                (1, _) => graph.relu(sums),
                (2, _) => graph.sigmoid(sums),
                _ => graph.tanh(sums),
            };
        }
        let loss = graph.binary_cross_entropy(values, y);
        let parameters = graph.parameters().to_vec();
        let gradients = graph.gradients(loss, &parameters);
        let outputs: Vec<Node> = [loss].into_iter().chain(gradients.iter().copied()).collect();
        let mut program = Program::<f32>::new(&graph, &outputs, 50);
        let mut numbers = Numbers(3);
        let mut fill = |count: usize| (0..count).map(|_| (2.0 * numbers.unit() - 1.0) as f32).collect::<Vec<f32>>();
        let flat = fill(graph.parameter_count());
        for batch in [50, 1, 0, 33, 50] {
            let (x, y) = (fill(batch * 7), fill(batch));
            program.run(batch, &[&x, &y], &flat);
            let values = interpret(&graph, batch, &[&x, &y], &flat);
            let expected: Vec<f32> = gradients.iter().flat_map(|&node| values.get(node)).copied().collect();
            assert_eq!(program.output(0), values.get(loss));
            assert_eq!(program.flat_outputs(1), expected, "{program}");
        }
    }
}

/// What follows a product is done with it, block by block where it is cut: as if each were done by itself.
#[test]
fn what_follows_a_product_agrees_with_the_interpreter() {
    let (inner, columns) = (160, 130);
    let mut graph = Graph::new();
    let (x, z) = (graph.input(inner), graph.input(columns));
    let (w, v) = (graph.parameter(inner, columns), graph.parameter(inner, columns));
    let bias = graph.parameter(1, columns);
    let product = |graph: &mut Graph, weights| graph.matmul(x, weights);
    let shifted = |graph: &mut Graph, weights| {
        let product = graph.matmul(x, weights);
        graph.add_row(product, bias)
    };

    let gated = product(&mut graph, w);
    let gated = graph.gate(z, gated);
    let less = shifted(&mut graph, v);
    let less = graph.subtract(less, z);
    let long = shifted(&mut graph, w);
    let long = graph.tanh(long);
    let long = graph.multiply(z, long);
    let long = graph.negate(long);
    let long = graph.add(long, z);
    let (left, right) = (product(&mut graph, w), product(&mut graph, v));
    let both = graph.subtract(left, right);
    let twice = product(&mut graph, v);
    let twice = graph.multiply(twice, twice);
    let outputs = [gated, less, long, both, twice].map(|node| graph.sum_rows(node));
    let outputs: Vec<Node> = [gated, less, long, both, twice].into_iter().chain(outputs).collect();

    let mut program = Program::<f32>::new(&graph, &outputs, 1500);
    let mut numbers = Numbers(8);
    let mut fill = |count: usize| (0..count).map(|_| (2.0 * numbers.unit() - 1.0) as f32).collect::<Vec<f32>>();
    let flat = fill(graph.parameter_count());
    for batch in [1500, 3, 0, 1, 900] {
        let (x, z) = (fill(batch * inner), fill(batch * columns));
        program.run(batch, &[&x, &z], &flat);
        let values = interpret(&graph, batch, &[&x, &z], &flat);
        for (place, &node) in outputs.iter().enumerate() {
            assert!(program.output(place) == values.get(node), "output {place}, {batch} rows of\n{program}");
        }
    }
    // A product that is read once is done with its reader, unless that has one; one that is read twice stands alone.
    let text = program.to_string();
    assert_eq!(text.matches("matmul").count(), 6, "{text}");
    assert_eq!(text.matches("product").count(), 4, "{text}");
}

/// The gradient of a gradient: gradients are graph.
#[test]
fn gradients_have_gradients() {
    let mut graph = Graph::new();
    let x = graph.parameter(1, 1);
    let square = graph.multiply(x, x);
    let cube = graph.multiply(square, x);
    let loss = graph.sum(cube);
    let first = graph.gradients(loss, &[x])[0];
    let second = graph.gradients(first, &[x])[0];
    let values = interpret(&graph, 1, &[], &[2.0_f64]);
    assert_eq!((values.get(first)[0], values.get(second)[0]), (12.0, 12.0));
}

/// Logits far beyond the range of the exponential give the limit, not ∞ or a NaN; a NaN stays one.
#[test]
fn losses_do_not_overflow() {
    let loss = |record: fn(&mut Graph, Node, Node) -> Node, columns: usize, logits: &[f32], target: &[f32]| {
        let mut graph = Graph::new();
        let (z, y) = (graph.input(columns), graph.input(columns));
        let loss = record(&mut graph, z, y);
        interpret(&graph, logits.len() / columns, &[logits, target], &[]).get(loss)[0]
    };
    assert_eq!(loss(Graph::binary_cross_entropy, 1, &[500.0, -500.0], &[1.0, 0.0]), 0.0);
    assert_eq!(loss(Graph::binary_cross_entropy, 1, &[500.0], &[0.0]), 500.0);
    assert!(loss(Graph::binary_cross_entropy, 1, &[f32::NAN], &[0.0]).is_nan());
    assert_eq!(loss(Graph::softmax_cross_entropy, 2, &[1000.0, -1000.0], &[1.0, 0.0]), 0.0);
    assert_eq!(loss(Graph::softmax_cross_entropy, 2, &[1000.0, -1000.0], &[0.0, 1.0]), 2000.0);
    assert!(loss(Graph::softmax_cross_entropy, 2, &[f32::NAN, 0.0], &[0.0, 1.0]).is_nan());
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let mut graph = Graph::new();
    let x = graph.input(20);
    let w = graph.parameter(32, 1);
    let product = Op::MatMul(pipewright_tensor::op::MatMul { transpose_left: false, transpose_right: false });
    let message = graph.try_apply(product, &[x, w]).unwrap_err();
    assert_eq!(message, "`matmul` takes matrices whose inner sides agree, not N×20 and 32×1");
}

#[test]
fn graphs_and_programs_print_themselves() {
    let mut graph = Graph::new();
    let x = graph.input(2);
    let w = graph.parameter(2, 3);
    let b = graph.parameter(1, 3);
    let product = graph.matmul(x, w);
    let sums = graph.add_row(product, b);
    let y = graph.relu(sums);
    assert_eq!(
        graph.to_string(),
        "%0: N×2 = input 0\n%1: 2×3 = parameter at 0\n%2: 1×3 = parameter at 6\n\
         %3: N×3 = matmul(%0, %1)\n%4: N×3 = add_row(%3, %2)\n%5: N×3 = relu(%4)\n"
    );
    let program = Program::<f32>::new(&graph, &[y], 4);
    assert_eq!(
        program.to_string(),
        "arena of 16 elements for up to 4 rows\n@0: N×3 = matmul(input0, p0) + p6 → relu (72 FLOP, 116 bytes)\n\
         in all 72 FLOP, 116 bytes\n"
    );
}
