//! What the settings of a training do: dropout.

use super::layer::{Dropout, Layer, Purpose, Recorder};
use super::tests::{accuracy, bits, features, signs, small};
use super::*;
use crate::data::{Outputs, Target};
use crate::learner::NoProgress;
use crate::threads::on_any_threads;
use pipewright_diagnostic::code;
use pipewright_tensor::{Graph, Shape, interpret};
use pipewright_world::random::Key;

/// The outputs of layers without parameters for rows of ones, in a step of training.
fn of_ones(layers: &[Layer], step: f32, rows: usize) -> Vec<f32> {
    let mut graph = Graph::new();
    let inputs = graph.input(4);
    let step_node = graph.input_of(Shape::SCALAR);
    let output = Recorder::new(&mut graph, &[], Purpose::Training(Some((step_node, 7)))).chain(layers, inputs);
    interpret::<f32>(&graph, rows, &[&vec![1.0; 4 * rows], &[step]], &[]).get(output).to_vec()
}

#[test]
fn dropout_zeroes_its_share_and_divides_the_rest() {
    let layers = [Layer::Dropout(Dropout { rate: 0.25 })];
    let found = of_ones(&layers, 0.0, 5000);
    let dropped = found.iter().filter(|&&value| value == 0.0).count() as f64 / found.len() as f64;
    assert!((dropped - 0.25).abs() < 0.02, "{dropped}");
    assert!(found.iter().all(|&value| value == 0.0 || value == 1.0 / 0.75));
    assert_ne!(found, of_ones(&layers, 1.0, 5000), "each step drops others");
    // Two layers of one step drop independently: both keep 9/16.
    let twice = of_ones(&[layers[0].clone(), layers[0].clone()], 0.0, 5000);
    let kept = twice.iter().filter(|&&value| value > 0.0).count() as f64 / twice.len() as f64;
    assert!((kept - 0.5625).abs() < 0.02, "{kept}");
}

/// The probability of the second class, from the weights alone.
fn forward(model: &NetworkModel, row: &[f64]) -> f64 {
    let mut values = row.to_vec();
    for (place, layer) in model.layers().iter().enumerate() {
        let sum = |unit: usize| {
            let products = values.iter().enumerate();
            let products = products.map(|(input, value)| value * f64::from(layer.kernel[input * layer.outputs + unit]));
            products.sum::<f64>() + f64::from(layer.bias[unit])
        };
        let is_last = place + 1 == model.layers().len();
        values = (0..layer.outputs).map(sum).map(|sum| if is_last { sum } else { sum.max(0.0) }).collect();
    }
    1.0 / (1.0 + (-values[0]).exp())
}

#[test]
fn predictions_and_validation_losses_know_no_dropout() {
    let (train, validation) = (signs(400), signs(150));
    let training = Training { early_stop: Some(50), ..small(15).training };
    let network = Network { dropout: 0.4, training, ..small(15) };
    let mut trainer = Trainer::start(&network, &train, Some((&validation).into()), Key::new(3)).unwrap();
    let mut losses = Vec::new();
    while !trainer.is_done() {
        losses.push(trainer.epoch(&NoProgress).unwrap().validation_loss.unwrap());
    }
    let model = trainer.finish();
    let Outputs::Probabilities { values, .. } = model.predict(&validation.features).unwrap() else { panic!("classes") };
    let Target::Classes { codes, .. } = validation.target() else { panic!("classes") };
    let mut loss = 0.0;
    for (row, pair) in values.chunks_exact(2).enumerate() {
        let inputs: Vec<f64> = (0..4).map(|column| validation.features.column(column)[row]).collect();
        assert!((pair[1] - forward(&model, &inputs)).abs() < 1e-5, "row {row}");
        loss -= pair[codes[row] as usize].ln() / 150.0;
    }
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((loss - best).abs() < 1e-5, "{loss} {best}");
}

#[test]
fn dropout_keeps_a_network_from_learning_noise_by_heart() {
    let codes = (0..120).map(|row| u32::from(Key::new(5).uniform(row) < 0.5)).collect();
    let noise = Dataset::new(features(120, 6, 3), Target::Classes { codes, count: 2 });
    let remembered = |dropout: f64| {
        let model = Network { dropout, ..small(150) }.fit_with(&noise, &Fit::new().seed(1)).unwrap();
        accuracy(&model, &noise)
    };
    let (without, with) = (remembered(0.0), remembered(0.5));
    assert!(without > 0.95 && with < without - 0.1, "{without} {with}");
    let learned = Network { dropout: 0.1, ..small(60) }.fit_with(&signs(1000), &Fit::new().seed(1)).unwrap();
    assert!(accuracy(&learned, &signs(1000)) > 0.93, "what is there to learn is learned");
}

#[test]
fn random_layers_train_the_same_on_any_number_of_threads() {
    let train = signs(1500);
    for batch in [32, 1024] {
        let training = Training { batch, ..small(2).training };
        let network = Network { hidden: vec![256, 64], dropout: 0.3, training, ..small(2) };
        let with = on_any_threads(|| bits(&network.fit_with(&train, &Fit::new().seed(4)).unwrap()));
        let without = Network { dropout: 0.0, ..network.clone() };
        assert_ne!(with, bits(&without.fit_with(&train, &Fit::new().seed(4)).unwrap()));
    }
}

#[test]
fn a_share_of_dropped_units_that_is_none_is_refused() {
    for rate in [1.0, -0.1, f64::NAN] {
        let failure = Network { dropout: rate, ..small(1) }.fit(&signs(20)).unwrap_err();
        assert_eq!(failure.code, code::BAD_VALUE, "{rate}");
    }
}
