//! Laws of every operation, walked over the list of operations: whoever adds one adds no test.

use pipewright_tensor::op::{Differentiable, Domain, Op, Sample, SampleInput, Sides};
use pipewright_tensor::{Graph, Node, Program, interpret};
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
        let mut values: Vec<f64> = (0..rows * columns)
            .map(|_| {
                let unit = self.unit();
                match input.domain {
                    Domain::Any => 4.0 * unit - 2.0,
                    Domain::NonZero => (0.2 + 1.8 * unit) * if self.unit() < 0.5 { -1.0 } else { 1.0 },
                    Domain::Positive => 0.2 + 1.8 * unit,
                    Domain::Unit => unit,
                    Domain::Distribution => 0.1 + unit,
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

/// The sample's shapes with `batch` rows fixed.
fn fixed(sample: &Sample, batch: usize) -> Option<(Op, Vec<[usize; 2]>)> {
    let shapes = sample.inputs.iter().map(|input| input.shape.resolve(batch)).collect();
    let shape = sample.op.shape(&sample.inputs.iter().map(|input| input.shape).collect::<Vec<_>>()).ok()?;
    let [rows, columns] = shape.resolve(batch);
    let fixed = pipewright_tensor::Shape::fixed(rows, columns);
    let op = match sample.op {
        Op::Fill(mut op) => {
            op.shape = fixed;
            Op::Fill(op)
        }
        Op::Spread(mut op) => {
            op.shape = fixed;
            Op::Spread(op)
        }
        Op::RepeatRows(mut op) => {
            op.rows = fixed.rows;
            Op::RepeatRows(op)
        }
        Op::RepeatColumns(mut op) => {
            op.columns = fixed.columns;
            Op::RepeatColumns(op)
        }
        other => other,
    };
    Some((op, shapes))
}

fn scalar(sample: &Sample, batch: usize, numbers: &mut Numbers) -> Scalar {
    let (op, shapes) = fixed(sample, batch).expect("a sample fits its operation");
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

fn close(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance * (1.0 + left.abs().max(right.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The gradient is the slope: (f(x + h) − f(x − h)) / 2h for every element of every input.
    #[test]
    fn gradients_are_slopes(batch in 0_usize..4, columns in 1_usize..5, inner in 1_usize..4, seed: u64) {
        for sample in samples(columns, inner) {
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
                    let step = 1e-5;
                    let mut at = |offset: f64| {
                        let kept = scalar.parameters[start + element];
                        scalar.parameters[start + element] = kept + offset;
                        let value = interpret(&scalar.graph, batch, &[], &scalar.parameters).get(scalar.loss)[0];
                        scalar.parameters[start + element] = kept;
                        value
                    };
                    let slope = (at(step) - at(-step)) / (2.0 * step);
                    // A distribution's neighbours are none, but targets are data: no slope is taken there.
                    prop_assert!(close(found, slope, 1e-6), "{}, input {index}: {found} is not {slope}", sample.op);
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

    /// The diamond: where both inputs of an operation are one node, its gradient is the sum of both contributions.
    #[test]
    fn an_input_used_twice_gets_both_contributions(batch in 1_usize..4, columns in 1_usize..4, seed: u64) {
        for sample in samples(columns, columns).into_iter().filter(|sample| sample.inputs.len() == 2) {
            let all = sample.inputs.iter().all(|input| input.differentiable == Differentiable::Yes);
            let (op, shapes) = fixed(&sample, batch).expect("a sample fits its operation");
            if !all || shapes[0] != shapes[1] {
                continue;
            }
            let mut numbers = Numbers(seed);
            // The narrower of the two domains suits both.
            let at = numbers.values(&sample.inputs[1], batch);
            let [rows, columns] = shapes[0];
            let loss_of = |is_shared: bool| {
                let mut graph = Graph::new();
                let left = graph.parameter(rows, columns);
                let right = if is_shared { left } else { graph.parameter(rows, columns) };
                let result = graph.apply(op, &[left, right]);
                let loss = graph.mean(result);
                let wanted = if is_shared { vec![left] } else { vec![left, right] };
                let gradients = graph.gradients(loss, &wanted);
                let parameters = if is_shared { at.clone() } else { [at.clone(), at.clone()].concat() };
                let values = interpret(&graph, batch, &[], &parameters);
                gradients.iter().map(|&node| values.get(node).to_vec()).collect::<Vec<_>>()
            };
            let (shared, apart) = (loss_of(true), loss_of(false));
            for (element, &both) in shared[0].iter().enumerate() {
                prop_assert!(close(both, apart[0][element] + apart[1][element], 1e-12), "{op}");
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
                } else if shape == pipewright_tensor::Shape::batch(columns) {
                    inputs.push(values);
                    graph.input(columns)
                } else {
                    // The batch's rows as columns: a transposed input, which only a product can make.
                    continue;
                });
            }
            if nodes.len() < sample.inputs.len() {
                continue;
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
                prop_assert_eq!(program.output(index), values.get(output), "{}, output {}\n{}", sample.op, index, program);
            }
        }
    }

    /// Single precision is double precision, rounded: to 1e-4 of the size of the numbers.
    #[test]
    fn single_precision_is_near_double(batch in 0_usize..9, columns in 1_usize..6, inner in 1_usize..6, seed: u64) {
        for sample in samples(columns, inner) {
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
        for sample in samples(columns, inner) {
            let shapes: Vec<_> = sample.inputs.iter().map(|input| input.shape).collect();
            let shape = sample.op.shape(&shapes).expect("a sample fits its operation");
            let scalar = scalar(&sample, batch, &mut Numbers(seed));
            prop_assert_eq!(scalar.graph.shape(scalar.result).resolve(batch), shape.resolve(batch));
            let values = interpret(&scalar.graph, batch, &[], &scalar.parameters);
            prop_assert_eq!(values.get(scalar.result).len(), shape.count(batch));
            let resolved: Vec<_> = shapes.iter().map(|shape| shape.resolve(batch)).collect();
            prop_assert_eq!(sample.op.cost(&resolved, shape.resolve(batch)) > 0, batch > 0 || shape.count(0) > 0
                && sample.op.cost(&resolved, shape.resolve(0)) > 0);
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
        "arena of 16 elements for up to 4 rows\n@0: N×3 = matmul(input0, p0) + p6 → relu\n"
    );
}
