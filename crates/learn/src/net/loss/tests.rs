//! Losses and their gradients are those of PyTorch.

use super::*;
use crate::data::{Dataset, Features, Target};
use crate::net::class_weights::row_weights;
use crate::net::rows::{Batch, Rows};
use crate::net::tests::{parabola, sectors, signs, small};
use crate::net::{ClassWeights, Network, Training};
use crate::{Learner, Model};
use pipewright_tensor::interpret;
use serde_json::Value as Json;

const FROZEN: &str = include_str!("../../../tests/oracles/losses.json");

fn numbers(list: &Json) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The loss of a case of the oracle.
fn loss_of(case: &Json) -> Loss {
    let name = case["loss"].as_str().unwrap();
    let own: serde_json::Map<String, Json> = case["settings"].as_object().unwrap().clone();
    let own: serde_json::Map<String, Json> =
        own.into_iter().filter(|(name, _)| ["delta", "level", "gamma"].contains(&name.as_str())).collect();
    let value = if own.is_empty() { Json::from(name) } else { serde_json::json!({ name: own }) };
    serde_json::from_value(value).unwrap()
}

/// The head, the rows of the target as a batch has them, and the weights.
fn prepared(case: &Json) -> (Head, Vec<f64>, Option<Vec<f64>>) {
    let target = numbers(&case["target"]);
    if numbers(&case["sums"]).len() == target.len() {
        let is_of_numbers = loss_of(case).is_for_numbers();
        let head = if is_of_numbers { Head::Number { mean: 0.0, deviation: 1.0 } } else { Head::Binary };
        return (head, target, None);
    }
    let rows = target.len();
    let head = Head::Classes { count: 4 };
    let codes = target.iter().map(|&code| code as u32).collect();
    let data = Dataset::new(Features::from_rows(["x"], &vec![[0.0]; rows]), Target::Classes { codes, count: 4 });
    let weights = case["settings"].get("class_weights").map(|given| {
        let factors = ClassWeights::Given(numbers(given)).factors(&data.labels).unwrap().unwrap();
        row_weights(&data.labels, Some(&factors))
    });
    let smoothing = case["settings"].get("smoothing").map_or(0.0, |share| share.as_f64().unwrap());
    let mut batch = Batch::default();
    let gathered = Rows::new((&data).into(), head, weights, smoothing);
    gathered.gather(&(0..rows as u32).collect::<Vec<u32>>(), &mut batch);
    let (inputs, count) = batch.inputs(None);
    let widened = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
    (head, widened(inputs[1]), (count > 2).then(|| widened(inputs[2])))
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let frozen: Json = serde_json::from_str(FROZEN).unwrap();
    let cases = frozen["cases"].as_array().unwrap();
    for case in cases {
        let (head, target, weights) = prepared(case);
        for by_rows in [false, true] {
            let mut graph = Graph::new();
            let (sums, truth) = (graph.input(head.outputs()), graph.input(head.outputs()));
            let loss = match &weights {
                None if !by_rows => loss_of(case).mean(&mut graph, head, sums, truth),
                _ => {
                    let losses = loss_of(case).rows(&mut graph, head, sums, truth);
                    let factors = graph.input(1);
                    let weighted = graph.multiply(losses, factors);
                    graph.mean(weighted)
                }
            };
            let gradient = graph.gradients(loss, &[sums])[0];
            let rows = numbers(&case["sums"]).len() / head.outputs();
            let ones = vec![1.0; rows];
            let inputs: [&[f64]; 3] = [&numbers(&case["sums"]), &target, weights.as_deref().unwrap_or(&ones)];
            let values = interpret::<f64>(&graph, rows, &inputs[..graph.inputs().len()], &[]);
            let found = values.get(loss).iter().chain(values.get(gradient));
            let wanted = [case["value"].as_f64().unwrap()].into_iter().chain(numbers(&case["gradient"]));
            for (found, wanted) in found.zip(wanted) {
                let error = (found - wanted).abs();
                assert!(error <= 1e-6 * wanted.abs().max(1.0), "{found} {wanted} of {} {by_rows}", case["loss"]);
            }
        }
    }
    assert_eq!(cases.len(), 17);
}

fn with_loss(loss: Loss, outputs: usize) -> Network {
    Network { outputs, training: Training { loss: Some(loss), ..small(60).training }, ..small(60) }
}

fn predictions(network: &Network, train: &Dataset) -> Vec<f64> {
    network.fit(train).unwrap().predict(&train.features).unwrap().values().to_vec()
}

#[test]
fn quantiles_leave_their_share_of_the_rows_below() {
    // Spread grows with x, which the network has to learn.
    let rows: Vec<[f64; 1]> = (0..1200).map(|row| [f64::from(row % 40) / 20.0 - 1.0]).collect();
    let noise = |row: usize| crate::Key::new(4).uniform(row as u64) * 2.0 - 1.0;
    let target = rows.iter().enumerate().map(|(row, [x])| 50.0 + (x + 1.5) * noise(row)).collect();
    let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
    let Target::Numbers(truth) = train.target() else { unreachable!("numbers") };
    for level in [0.1, 0.5, 0.9] {
        let found = predictions(&with_loss(Loss::Quantile { level }, 1), &train);
        let below = found.iter().zip(truth).filter(|(found, truth)| truth < found).count() as f64 / 1200.0;
        assert!((below - level).abs() < 0.05, "{below} of rows below the {level}-quantile");
    }
}

#[test]
fn robust_losses_follow_most_rows_and_not_outliers() {
    let mut train = parabola(600);
    let Target::Numbers(mut values) = train.target().clone() else { unreachable!("numbers") };
    let clean = values.clone();
    values.iter_mut().step_by(12).for_each(|value| *value += 2000.0);
    train = Dataset::new(train.features, Target::Numbers(values));
    let error = |loss: Loss| {
        let found = predictions(&with_loss(loss, 1), &train);
        found.iter().zip(&clean).map(|(found, clean)| (found - clean).abs()).sum::<f64>() / 600.0
    };
    let squared = error(Loss::MeanSquaredError);
    for loss in [Loss::Huber { delta: 0.1 }, Loss::LogCosh, Loss::Quantile { level: 0.5 }] {
        assert!(error(loss) < 0.7 * squared, "{loss:?}: {} {squared}", error(loss));
    }
}

#[test]
fn counts_and_amounts_are_predicted_on_their_own_scale() {
    // Means from 20 to 2000, in proportion to e^(2.3 x).
    let features = parabola(800).features;
    let mean = |row: usize| 200.0 * (2.3 * features.column(0)[row]).exp();
    let noise = |row: usize| 0.8 + 0.4 * crate::Key::new(9).uniform(row as u64);
    let target: Vec<f64> = (0..800).map(|row| (mean(row) * noise(row)).round()).collect();
    let train = Dataset::new(features.clone(), Target::Numbers(target));
    for loss in [Loss::Poisson, Loss::Gamma] {
        let found = predictions(&with_loss(loss, 1), &train);
        let ratio = |row: usize| (found[row] / mean(row)).ln().abs();
        let off = (0..800).map(ratio).sum::<f64>() / 800.0;
        assert!(found.iter().all(|&value| value > 0.0) && off < 0.1, "{loss:?}: off by a factor of e^{off}");
    }
}

#[test]
fn every_loss_of_classes_learns_classes() {
    for (train, outputs) in [(signs(800), 1), (sectors(800), 3)] {
        for loss in [Loss::Focal { gamma: 2.0 }, Loss::Hinge] {
            let model = with_loss(loss, outputs).fit(&train).unwrap();
            let accuracy = crate::net::tests::accuracy(&model, &train);
            assert!(accuracy > 0.93, "{loss:?} with {outputs} outputs: {accuracy}");
        }
    }
}

#[test]
fn smoothing_keeps_probabilities_from_the_ends_and_weights_move_them() {
    let (train, one_in_ten) = (signs(600), signs(600));
    let outer = |network: &Network, train: &Dataset| predictions(network, train).into_iter().fold(0.0, f64::max);
    let smoothed = |label_smoothing| Training { label_smoothing, ..small(60).training };
    let [plain, smooth] = [0.0, 0.2].map(|share| outer(&Network { training: smoothed(share), ..small(60) }, &train));
    assert!(plain > 0.99 && smooth < 0.95, "{plain} {smooth}");

    // One row in ten is of the second class, whatever its features.
    let codes = (0..600).map(|row| u32::from(row % 10 == 0)).collect();
    let rare = Dataset::new(one_in_ten.features, Target::Classes { codes, count: 2 });
    let mean = |class_weights: ClassWeights| {
        let training = Training { class_weights, ..small(3).training };
        let values = predictions(&Network { training, ..small(3) }, &rare);
        values.chunks(2).map(|pair| pair[1]).sum::<f64>() / 600.0
    };
    let [plain, balanced] = [ClassWeights::Equal, ClassWeights::Balanced].map(mean);
    assert!((plain - 0.1).abs() < 0.05 && (balanced - 0.5).abs() < 0.1, "{plain} {balanced}");
    let given = mean(ClassWeights::Given(vec![1.0, 9.0]));
    assert!((given - balanced).abs() < 1e-3, "the factors of balanced classes are 5/9 and 5: {given} {balanced}");
}

#[test]
fn losses_for_another_target_and_settings_out_of_range_are_refused() {
    let code_of = |training: Training, train: &Dataset, outputs: usize| {
        Network { outputs, training, ..small(1) }.fit(train).unwrap_err().code
    };
    let loss = |loss| Training { loss: Some(loss), ..Training::default() };
    let (numbers, classes) = (parabola(30), sectors(30));
    for of_numbers in [Loss::LogCosh, Loss::Poisson, Loss::Quantile { level: 0.5 }] {
        assert_eq!(code_of(loss(of_numbers), &classes, 3), code::WRONG_TASK);
    }
    for of_classes in [Loss::Hinge, Loss::Focal { gamma: 1.0 }, Loss::SoftmaxCrossEntropy] {
        assert_eq!(code_of(loss(of_classes), &numbers, 1), code::WRONG_TASK);
    }
    for bad in [Loss::Huber { delta: 0.0 }, Loss::Quantile { level: 1.0 }, Loss::Huber { delta: f64::NAN }] {
        assert_eq!(code_of(loss(bad), &numbers, 1), code::BAD_VALUE);
    }
    let negative = Dataset::new(numbers.features.clone(), Target::Numbers((0..30).map(f64::from).collect()));
    assert_eq!(code_of(loss(Loss::Gamma), &negative, 1), code::VALUE_OUT_OF_RANGE, "a 0");
    let nothing = Dataset::new(numbers.features.clone(), Target::Numbers(vec![0.0; 30]));
    assert_eq!(code_of(loss(Loss::Poisson), &nothing, 1), code::VALUE_OUT_OF_RANGE);
    let smoothed = Training { label_smoothing: 0.1, ..Training::default() };
    assert_eq!(code_of(smoothed.clone(), &numbers, 1), code::WRONG_TASK);
    assert_eq!(code_of(Training { loss: Some(Loss::Hinge), ..smoothed }, &classes, 3), code::BAD_VALUE);
    let weighted = |factors| Training { class_weights: ClassWeights::Given(factors), ..Training::default() };
    for factors in [vec![1.0; 2], vec![0.0; 3], vec![1.0, -1.0, 1.0], vec![1.0, f64::NAN, 1.0]] {
        assert_eq!(code_of(weighted(factors), &classes, 3), code::BAD_VALUE);
    }
    assert_eq!(code_of(weighted(vec![1.0]), &numbers, 1), code::WRONG_TASK);
}
