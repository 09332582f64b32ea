//! Laws of graphs made from graphs: simplified ones, and gradients row by row.

use super::{Numbers, close, samples_of};
use pipewright_tensor::op::BatchMatMul;
use pipewright_tensor::{Axis, Element, Graph, Node, Shape, Size, interpret};
use proptest::prelude::*;

fn bits<T: Element>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

/// Simplified, the outputs keep their bits, and inputs and parameters their places.
pub(crate) fn check_simplified(
    graph: &Graph,
    outputs: &[Node],
    batch: usize,
    inputs: &[Vec<f64>],
    parameters: &[f64],
) -> Result<(), TestCaseError> {
    fn agree<T: Element>(
        [graph, simplified]: [&Graph; 2],
        [outputs, others]: [&[Node]; 2],
        batch: usize,
        inputs: &[Vec<f64>],
        parameters: &[f64],
    ) -> Result<(), TestCaseError> {
        let typed = |values: &[f64]| values.iter().map(|&value| T::from_f64(value)).collect::<Vec<T>>();
        let inputs: Vec<Vec<T>> = inputs.iter().map(|input| typed(input)).collect();
        let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
        let parameters = typed(parameters);
        let (before, after) =
            (interpret(graph, batch, &inputs, &parameters), interpret(simplified, batch, &inputs, &parameters));
        for (&output, &other) in outputs.iter().zip(others) {
            prop_assert_eq!(graph.shape(output), simplified.shape(other));
            prop_assert_eq!(bits(before.get(output)), bits(after.get(other)), "{}\n{}\n{}", output, graph, simplified);
        }
        Ok(())
    }
    let (simplified, others) = graph.simplified(outputs);
    prop_assert_eq!(others.len(), outputs.len());
    prop_assert!(simplified.cost(batch) <= graph.cost(batch));
    agree::<f64>([graph, &simplified], [outputs, &others], batch, inputs, parameters)?;
    agree::<f32>([graph, &simplified], [outputs, &others], batch, inputs, parameters)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Of every operation with its gradients.
    #[test]
    fn operations_keep_their_bits(batch in 0_usize..4, columns in 1_usize..5, inner in 1_usize..4, seed: u64) {
        for sample in samples_of(batch, columns, inner) {
            let scalar = super::scalar(&sample, batch, &mut Numbers(seed));
            let mut graph = scalar.graph;
            let gradients = graph.gradients(scalar.loss, &scalar.wanted);
            let outputs: Vec<Node> = [scalar.result, scalar.loss].into_iter().chain(gradients).collect();
            check_simplified(&graph, &outputs, batch, &[], &scalar.parameters)?;
        }
    }

    /// Gradients by row sum to the gradient, and each is the gradient of a batch of that row alone, over the rows.
    #[test]
    fn gradients_by_row_are_those_of_single_rows(batch in 1_usize..6, seed: u64) {
        for network in NETWORKS {
            let mut numbers = Numbers(seed);
            let mut graph = Graph::new();
            let (x, category, target) = (graph.input(3), graph.input(1), graph.input(2));
            let loss = network(&mut graph, [x, category, target]);
            let wanted = graph.parameters().to_vec();
            let whole = graph.gradients(loss, &wanted);
            let rows = graph.row_gradients(loss, &wanted).expect("every operation has a rule");
            let mut fill = |count: usize| (0..count).map(|_| 2.0 * numbers.unit() - 1.0).collect::<Vec<f64>>();
            let (x, target, parameters) = (fill(3 * batch), fill(2 * batch), fill(graph.parameter_count()));
            let target: Vec<f64> = target.iter().map(|value| value.abs()).collect();
            let category: Vec<f64> = (0..batch).map(|row| ((row * 7 + seed as usize % 5) % 4) as f64).collect();
            let values = interpret(&graph, batch, &[&x, &category, &target], &parameters);
            for row in 0..batch {
                let inputs = [&x[3 * row..3 * row + 3], &category[row..row + 1], &target[2 * row..2 * row + 2]];
                let alone = interpret(&graph, 1, &inputs, &parameters);
                for (&gradient, &by_row) in whole.iter().zip(&rows) {
                    let wanted = alone.get(gradient);
                    let found = &values.get(by_row)[row * wanted.len()..][..wanted.len()];
                    for (&found, &wanted) in found.iter().zip(wanted) {
                        prop_assert!(close(found * batch as f64, wanted, 1e-12), "{found} {wanted}\n{graph}");
                    }
                }
            }
            for (&gradient, &by_row) in whole.iter().zip(&rows) {
                prop_assert_eq!(graph.shape(by_row).rows, Size::Batch);
                let wanted = values.get(gradient);
                for (place, &wanted) in wanted.iter().enumerate() {
                    let sum: f64 = values.get(by_row).iter().skip(place).step_by(graph.shape(gradient).count(1)).sum();
                    prop_assert!(close(sum, wanted, 1e-12), "{sum} {wanted}\n{graph}");
                }
            }
        }
    }
}

/// Networks over an input of 3 columns, a category below 4, and targets of 2 columns, with a mean loss.
const NETWORKS: [fn(&mut Graph, [Node; 3]) -> Node; 4] = [dense, embedded, blocks, scaled];

/// Two layers with a norm between them.
fn dense(graph: &mut Graph, [x, _, target]: [Node; 3]) -> Node {
    let (w, b, gain, bias) =
        (graph.parameter(3, 4), graph.parameter(1, 4), graph.parameter(1, 4), graph.parameter(1, 4));
    let product = graph.matmul(x, w);
    let sums = graph.add_row(product, b);
    let normal = graph.layer_norm(sums, gain, bias, 1e-5);
    let active = graph.tanh(normal);
    let w = graph.parameter(4, 2);
    let logits = graph.matmul(active, w);
    graph.binary_cross_entropy(logits, target)
}

/// A vector of the category beside the input, and a factor in common.
fn embedded(graph: &mut Graph, [x, category, target]: [Node; 3]) -> Node {
    let (table, w, factor) = (graph.parameter(4, 2), graph.parameter(5, 2), graph.parameter(1, 1));
    let vectors = graph.gather(table, category);
    let wide = graph.concat(x, vectors);
    let product = graph.matmul(wide, w);
    let shape = graph.shape(product);
    let factors = graph.broadcast(factor, shape);
    let logits = graph.multiply(product, factors);
    let probability = graph.softmax(logits);
    graph.mean_squared_error(probability, target)
}

/// A vector for each number of the input, the same layer for each, and the sum of products of pairs.
fn blocks(graph: &mut Graph, [x, _, target]: [Node; 3]) -> Node {
    let tall = graph.reshape(x, Shape { rows: Size::Blocks(3), columns: Size::Fixed(1) });
    let (w, b) = (graph.parameter(1, 2), graph.parameter(1, 2));
    let product = graph.matmul(tall, w);
    let sums = graph.add_row(product, b);
    let angles = graph.cos(sums);
    let pair = BatchMatMul { blocks: Size::Batch, transpose_left: true, transpose_right: false };
    let products = graph.batch_matmul(angles, angles, pair);
    let flat = graph.reshape(products, Shape::batch(4));
    let w = graph.parameter(4, 2);
    let logits = graph.matmul(flat, w);
    let losses = graph.softmax_cross_entropy_rows(logits, target);
    graph.mean(losses)
}

/// Weights that are scaled and multiplied before they are used, and used as their transpose.
fn scaled(graph: &mut Graph, [x, _, target]: [Node; 3]) -> Node {
    let (w, v, flat) = (graph.parameter(2, 3), graph.parameter(2, 3), graph.parameter(1, 2));
    let weights = graph.multiply(w, v);
    let weights = graph.scale(weights, 0.7);
    let product = graph.apply(
        pipewright_tensor::op::Op::MatMul(pipewright_tensor::op::MatMul {
            transpose_left: false,
            transpose_right: true,
        }),
        &[x, weights],
    );
    let column = graph.reshape(flat, Shape::fixed(2, 1));
    let mixed = graph.matmul(product, column);
    let both = graph.repeat_columns(mixed, Size::Fixed(2));
    let errors = graph.subtract(both, target);
    let squares = graph.multiply(errors, errors);
    let sums = graph.mean_over(squares, Axis::Rows);
    graph.sum(sums)
}

#[test]
fn rows_that_meet_have_no_gradients_by_row() {
    let mut graph = Graph::new();
    let x = graph.input(3);
    let (w, gain, bias) = (graph.parameter(3, 2), graph.parameter(1, 2), graph.parameter(1, 2));
    let product = graph.matmul(x, w);
    let normal = graph.batch_norm(product, gain, bias, 1e-5);
    let loss = graph.mean(normal);
    let sentence = graph.row_gradients(loss, &[w]).unwrap_err();
    assert_eq!(
        sentence,
        "there are no gradients by row through `normalize[rows, 0.00001]`, which lets rows of the batch meet"
    );
    let penalty = graph.multiply(w, w);
    let penalty = graph.sum(penalty);
    let sentence = graph.row_gradients(penalty, &[w]).unwrap_err();
    assert_eq!(sentence, "the loss does not come from rows of the batch");
    let mean = graph.mean(product);
    let loss = graph.add(mean, penalty);
    let sentence = graph.row_gradients(loss, &[w]).unwrap_err();
    assert_eq!(sentence, "there are no gradients by row through `add`, which adds what comes from no row of the batch");
}

#[test]
fn simplified_graphs_are_small() {
    let mut graph = Graph::new();
    let x = graph.input(2);
    graph.parameter(5, 1);
    let w = graph.parameter(2, 1);
    let one = graph.constant(Shape::SCALAR, 1.0);
    let ones = graph.fill(one, Shape::batch(2));
    let same = graph.multiply(x, ones);
    let left = graph.matmul(same, w);
    let right = graph.matmul(x, w);
    let sum = graph.add(left, right);
    let (simplified, _) = graph.simplified(&[sum]);
    assert_eq!(
        simplified.to_string(),
        "%0: N×2 = input 0\n%1: 5×1 = parameter at 0\n%2: 2×1 = parameter at 5\n%3: N×1 = matmul(%0, %2)\n\
         %4: N×1 = add(%3, %3)\n"
    );
}
