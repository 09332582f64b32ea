//! Layers are those of PyTorch, in training and in predictions.

use super::*;
use crate::net::Activation as A;
use pipewright_tensor::Program;
use serde_json::Value as Json;

const FROZEN: &str = include_str!("../../../tests/oracles/layers.json");
const ROWS: usize = 6;
const WIDTH: usize = 4;

fn numbers(list: &Json) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn dense(units: usize) -> Layer {
    Layer::Dense(Dense { units })
}

fn layer_of(name: &str) -> Layer {
    let batch_norm = Layer::BatchNorm(BatchNorm::default());
    let layer_norm = Layer::LayerNorm(LayerNorm::default());
    match name {
        "dense" => dense(3),
        "batch_norm" => batch_norm,
        "layer_norm" => layer_norm,
        "glu" => Layer::Glu(Glu {}),
        "residual" => {
            Layer::Residual(Residual { layers: vec![dense(5), Layer::Activation(A::Tanh), batch_norm, dense(WIDTH)] })
        }
        "branches" => {
            let first = vec![dense(2), Layer::Activation(A::Silu)];
            Layer::Branches(Branches { branches: vec![first, Vec::new(), vec![layer_norm]] })
        }
        name => Layer::Activation(serde_json::from_value(Json::from(name)).unwrap()),
    }
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0), "{found} {wanted}: {what}");
    }
}

#[test]
fn outputs_gradients_and_running_statistics_are_those_of_pytorch() {
    let frozen: Json = serde_json::from_str(FROZEN).unwrap();
    let batches: Vec<Vec<f64>> = frozen["batches"].as_array().unwrap().iter().map(numbers).collect();
    for case in frozen["cases"].as_array().unwrap() {
        let name = case["layer"].as_str().unwrap();
        let layers = [layer_of(name)];
        let (parts, running) = (parts(&layers, WIDTH), running(&layers, WIDTH));
        let width = outputs(&layers, WIDTH).unwrap();
        let parameters = numbers(&case["parameters"]);

        let mut graph = Graph::new();
        let (inputs, upstream) = (graph.input(WIDTH), graph.input(width));
        let mut recorder = Recorder::new(&mut graph, &parts, &[], Purpose::Training(None));
        let output = recorder.chain(&layers, inputs);
        let statistics = recorder.batch_statistics();
        let weighted = graph.multiply(output, upstream);
        let loss = graph.sum(weighted);
        let wanted: Vec<Node> = [inputs].into_iter().chain(graph.parameters().to_vec()).collect();
        let gradients = graph.gradients(loss, &wanted);
        let all: Vec<Node> =
            [output].into_iter().chain(statistics.iter().flatten().copied()).chain(gradients).collect();
        let mut program = Program::<f64>::new(&graph, &all, ROWS);
        let mut state: Vec<f32> = running.iter().flat_map(|running| running.start()).collect();
        for batch in &batches {
            program.run(ROWS, &[batch, &numbers(&case["upstream"])], &parameters);
            let mut rest = state.as_mut_slice();
            for (place, own) in running.iter().enumerate() {
                let (values, others) = rest.split_at_mut(2 * own.width);
                let row = |output: usize| program.output(output).iter().map(|&value| value as f32).collect::<Vec<_>>();
                own.update(values, &row(1 + 2 * place), &row(2 + 2 * place), ROWS);
                rest = others;
            }
        }
        assert_close(program.output(0), &numbers(&case["outputs"]), name);
        let first = 1 + 2 * running.len();
        assert_close(program.output(first), &numbers(&case["input_gradient"]), name);
        let gradients: Vec<f64> = (first + 1..all.len()).flat_map(|output| program.output(output)).copied().collect();
        assert_close(&gradients, &numbers(&case["gradients"]), name);
        let widened: Vec<f64> = state.iter().map(|&value| f64::from(value)).collect();
        assert_close(&widened, &numbers(&case["running"]), name);

        let mut graph = Graph::new();
        let inputs = graph.input(WIDTH);
        let output = Recorder::new(&mut graph, &parts, &running, Purpose::Prediction).chain(&layers, inputs);
        let mut program = Program::<f64>::new(&graph, &[output], ROWS);
        let weights = [parameters, numbers(&case["running"])].concat();
        program.run(ROWS, &[&batches[2]], &weights);
        assert_close(program.output(0), &numbers(&case["predictions"]), name);
    }
}

#[test]
fn what_does_not_fit_is_found_where_it_is() {
    let glu = || Layer::Glu(Glu {});
    let residual = |layers| Layer::Residual(Residual { layers });
    let misfit = |layers: &[Layer]| outputs(layers, 4).unwrap_err();
    assert_eq!(misfit(&[dense(7), glu()]).path, [1]);
    assert_eq!(misfit(&[dense(7), glu()]).message, "gated units need an even number of inputs, and there are 7");
    assert_eq!(misfit(&[dense(8), residual(vec![dense(3)])]).path, [1]);
    let inner = misfit(&[dense(8), residual(vec![dense(5), glu(), dense(8)])]);
    assert_eq!(inner.path, [1, 0, 1], "the second layer of the only chain in the second layer");
    let branches = Layer::Branches(Branches { branches: vec![vec![dense(2)], vec![dense(3), glu()]] });
    assert_eq!(misfit(&[branches]).path, [0, 1, 1]);
    let deep = (0..20).fold(dense(4), |inner, _| residual(vec![inner]));
    assert!(misfit(&[deep]).message.contains("nested"));
    assert_eq!(outputs(&[], 4), Ok(4));
}

#[test]
fn statistics_of_a_single_row_are_not_counted() {
    let own = Running { width: 1, momentum: 0.5 };
    let mut values = [2.0, 3.0];
    own.update(&mut values, &[100.0], &[0.0], 1);
    assert_eq!(values, [2.0, 3.0]);
    own.update(&mut values, &[4.0], &[1.0], 2);
    assert_eq!(values, [3.0, 2.5], "a variance of 1 with divisor 2 is one of 2 with divisor 1");
}
