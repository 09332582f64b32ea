//! What the settings of a training do: dropout, accumulation, clipping, averages of weights, mixup.

use super::layer::{Dropout, Layer, Purpose, Recorder};
use super::tests::{accuracy, bits, features, parabola, sectors, signs, small};
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
    let output = Recorder::new(&mut graph, &[], &[], Purpose::Training(Some((step_node, 7)))).chain(layers, inputs);
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

/// The weights after each epoch of a training.
fn epochs(network: &Network, train: &Dataset) -> Vec<Vec<f32>> {
    let mut trainer = Trainer::start(network, train, None, Key::new(2)).unwrap();
    let mut weights = Vec::new();
    while !trainer.is_done() {
        trainer.epoch(&NoProgress).unwrap();
        let checkpoint = serde_json::to_value(trainer.checkpoint()).unwrap();
        weights.push(serde_json::from_value(checkpoint["parameters"].clone()).unwrap());
    }
    weights
}

fn weights(model: &NetworkModel) -> Vec<f32> {
    bits(model).into_iter().map(f32::from_bits).collect()
}

fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

#[test]
fn accumulated_batches_are_one_larger_batch() {
    let weighted = signs(210).with_weights((0..210).map(|row| 1.0 + f64::from(row % 4)).collect()).unwrap();
    // 210 rows are six batches of 32 and one of 18, or one batch of 96, one of 96 and one of 18.
    for train in [signs(210), parabola(210), weighted] {
        let fit = |batch: usize, accumulate: usize| {
            let training = Training { batch, accumulate, ..small(5).training };
            weights(&Network { training, ..small(5) }.fit_with(&train, &Fit::new().seed(3)).unwrap())
        };
        let (together, apart, small) = (fit(96, 1), fit(32, 3), fit(32, 1));
        let difference = largest_difference(&together, &apart);
        assert!(difference < 1e-4, "{difference}");
        assert!(largest_difference(&together, &small) > 1e-2, "smaller batches learn something else");
    }
}

#[test]
fn clipped_steps_are_no_longer_than_allowed() {
    // A step of gradient descent is lr times the gradient: with one batch per epoch, each epoch moves by at most lr·clip.
    let train = parabola(100);
    let optimizer = OptimizerConfig::Sgd(Sgd { lr: 0.5, ..Sgd::default() });
    let lengths = |clip: Option<f64>| -> Vec<f64> {
        let training = Training { optimizer, batch: 100, clip, ..small(6).training };
        let steps = epochs(&Network { training, ..small(6) }, &train);
        let length =
            |pair: &[Vec<f32>]| pair[0].iter().zip(&pair[1]).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        steps.windows(2).map(length).collect()
    };
    let (free, clipped) = (lengths(None), lengths(Some(0.01)));
    assert!(free[0] > 0.01, "{free:?}");
    assert!(clipped.iter().all(|length| (length - 0.005).abs() < 1e-6), "{clipped:?}");
    assert_eq!(lengths(Some(1e6)), free, "a limit that is far away changes no bit");
}

#[test]
fn averaged_weights_follow_their_formula_and_predict() {
    let train = signs(64);
    let training = Training { batch: 64, ema: Some(0.7), ..small(5).training };
    let network = Network { training, ..small(5) };
    let steps = epochs(&network, &train);
    // One step per epoch: the average starts at the weights after the first.
    let mut average: Vec<f64> = steps[0].iter().map(|&weight| f64::from(weight)).collect();
    for step in &steps[1..] {
        average.iter_mut().zip(step).for_each(|(average, &weight)| *average = 0.7 * *average + 0.3 * f64::from(weight));
    }
    let wanted: Vec<f32> = average.into_iter().map(|weight| weight as f32).collect();
    let model = network.fit_with(&train, &Fit::new().seed(2)).unwrap();
    assert!(largest_difference(&weights(&model), &wanted) < 1e-6);
    assert!(largest_difference(&weights(&model), &steps[4]) > 1e-4, "not those of the last step");
    let plain = Network { training: Training { ema: None, ..network.training.clone() }, ..network.clone() };
    assert_eq!(epochs(&plain, &train), steps, "training itself does not know of the average");
}

#[test]
fn mixed_rows_keep_a_network_from_learning_noise_by_heart() {
    let codes = (0..120).map(|row| u32::from(Key::new(5).uniform(row) < 0.5)).collect();
    let noise = Dataset::new(features(120, 6, 3), Target::Classes { codes, count: 2 });
    let fit = |mixup: Option<f64>, train: &Dataset, outputs: usize, epochs: usize| {
        let training = Training { mixup, ..small(epochs).training };
        Network { outputs, training, ..small(epochs) }.fit_with(train, &Fit::new().seed(1)).unwrap()
    };
    let surest = |model: &NetworkModel| {
        let Outputs::Probabilities { values, .. } = model.predict(&noise.features).unwrap() else { panic!("classes") };
        values.iter().map(|p| (p - 0.5).abs()).sum::<f64>() / values.len() as f64
    };
    let (plain, mixed) = (surest(&fit(None, &noise, 1, 150)), surest(&fit(Some(1.0), &noise, 1, 150)));
    assert!(mixed < 0.75 * plain, "{mixed} {plain}");
    let learned = fit(Some(0.2), &sectors(900), 3, 60);
    assert!(accuracy(&learned, &sectors(900)) > 0.93, "{}", accuracy(&learned, &sectors(900)));
}

/// All settings at once.
fn everything() -> Network {
    let optimizer = OptimizerConfig::default().with_lr(0.01);
    let training = Training {
        optimizer,
        epochs: 6,
        batch: 24,
        label_smoothing: 0.1,
        class_weights: ClassWeights::Balanced,
        clip: Some(0.5),
        accumulate: 2,
        ema: Some(0.9),
        mixup: Some(0.4),
        loss: Some(Loss::Focal { gamma: 1.5 }),
        early_stop: Some(20),
    };
    Network { hidden: vec![256, 16], dropout: 0.1, training, ..Network::default() }
}

#[test]
fn all_settings_at_once_resume_and_keep_their_bits_on_any_number_of_threads() {
    let (train, validation) = (signs(500), signs(90));
    let fit = Fit::new().validation(&validation).seed(6);
    let whole = on_any_threads(|| bits(&everything().fit_with(&train, &fit).unwrap()));
    for stop in [1, 4] {
        let key = Key::new(6);
        let mut first = Trainer::start(&everything(), &train, Some((&validation).into()), key).unwrap();
        for _ in 0..stop {
            first.epoch(&NoProgress).unwrap();
        }
        let saved = serde_json::to_string(&first.checkpoint()).unwrap();
        let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
        let other = Network { training: Training { ema: None, ..everything().training }, ..everything() };
        let refused = Trainer::resume(&other, &train, Some((&validation).into()), key, checkpoint.clone());
        assert_eq!(refused.unwrap_err().code, code::BAD_BUNDLE, "an average that is not asked for");
        let mut second = Trainer::resume(&everything(), &train, Some((&validation).into()), key, checkpoint).unwrap();
        while !second.is_done() {
            second.epoch(&NoProgress).unwrap();
        }
        assert_eq!(bits(&second.finish()), whole, "stopped after epoch {stop}");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let refused = |training: Training| {
        let failure = Network { training, ..small(1) }.fit(&signs(20)).unwrap_err();
        assert_eq!(failure.code, code::BAD_VALUE, "{failure}");
    };
    let base = Training::default;
    for clip in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(Training { clip: Some(clip), ..base() });
    }
    for ema in [1.0, -0.1, f64::NAN] {
        refused(Training { ema: Some(ema), ..base() });
    }
    for mixup in [0.0, 1.5, f64::NAN] {
        refused(Training { mixup: Some(mixup), ..base() });
    }
    refused(Training { accumulate: 0, ..base() });
    refused(Training { mixup: Some(0.2), loss: Some(Loss::Hinge), ..base() });
    let optimizer = OptimizerConfig::ScheduleFree(ScheduleFree::default());
    refused(Training { ema: Some(0.9), optimizer, ..base() });
}
